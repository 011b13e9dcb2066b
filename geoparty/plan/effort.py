"""How long a search may go on: counted work first, so that runs repeat; the clock as a guard."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

WORK_A_SECOND = 500e6
"""Work units (one unit in one class looked at) counted as a second; ordinary machines do more, so
that the count ends a search before the clock does and the same question gets the same answer."""


class Effort:
    """Work and time a search may still spend; parts of it can be given to stages.

    ``told`` is called whenever work was done, and calls the search off by raising.
    """

    def __init__(
        self,
        *,
        work: float,
        until: float,
        parent: Effort | None = None,
        told: Callable[[], None] | None = None,
    ) -> None:
        self.work = work
        self.until = until
        self._parent = parent
        self._told = told

    @classmethod
    def of_seconds(cls, seconds: float, told: Callable[[], None] | None = None) -> Effort:
        """Return the effort of so many seconds from now."""
        return cls(work=seconds * WORK_A_SECOND, until=perf_counter() + seconds, told=told)

    @classmethod
    def of_clock(cls, seconds: float | None, told: Callable[[], None] | None = None) -> Effort:
        """Return so many seconds from now, or no end, whatever work that is."""
        return cls(
            work=inf, until=perf_counter() + (inf if seconds is None else seconds), told=told
        )

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
        elif self._told is not None:
            self._told()

    def tell(self) -> None:
        """Tell that the search goes on, so that it can be called off."""
        self.spend(0.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.work <= 0 or perf_counter() > self.until

    @property
    def seconds(self) -> float:
        """Seconds left on the clock, for the solver."""
        return max(0.5, self.until - perf_counter())


class Steps:
    """Stages done of a search, told to whoever waits; told again between them, with the same count.

    Whoever waits calls the search off by raising.
    """

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress = progress
        self._done, self._total = 0, total

    def next(self) -> None:
        """Tell that one stage more is done."""
        self._done = min(self._done + 1, self._total)
        self.again()

    def again(self) -> None:
        """Tell the stages done."""
        if self._progress is not None:
            self._progress(self._done, self._total)
