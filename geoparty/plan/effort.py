"""How long a search may go on: counted work first, so that runs repeat; the clock as a guard."""

from __future__ import annotations

from time import perf_counter

WORK_A_SECOND = 500e6
"""Work units (one unit in one class looked at) counted as a second; ordinary machines do more, so
that the count ends a search before the clock does and the same question gets the same answer."""


class Effort:
    """Work and time a search may still spend; parts of it can be given to stages."""

    def __init__(self, *, work: float, until: float, parent: Effort | None = None) -> None:
        self.work = work
        self.until = until
        self._parent = parent

    @classmethod
    def of_seconds(cls, seconds: float) -> Effort:
        """Return the effort of so many seconds from now."""
        return cls(work=seconds * WORK_A_SECOND, until=perf_counter() + seconds)

    def part(self, share: float) -> Effort:
        """Return a share of what is left; what is spent of it is spent of the whole."""
        now = perf_counter()
        until = now + (self.until - now) * share
        return Effort(work=self.work * share, until=until, parent=self)

    def spend(self, work: float) -> None:
        """Count work done."""
        self.work -= work
        if self._parent is not None:
            self._parent.spend(work)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.work <= 0 or perf_counter() > self.until

    @property
    def seconds(self) -> float:
        """Seconds left on the clock, for the solver."""
        return max(0.5, self.until - perf_counter())
