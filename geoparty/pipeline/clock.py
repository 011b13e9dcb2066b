"""Seconds per stage, and progress told at each boundary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
STAGES = ("read", "link", "travel", "assess", "plan")


class Clock:
    """Seconds per stage, and progress told at each boundary."""

    def __init__(self, progress: Progress | None, seconds: dict[str, float] | None = None) -> None:
        self.progress, self.seconds = progress, seconds if seconds is not None else {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, under the stage's name."""
        if self.progress:
            self.progress(name, STAGES.index(name), len(STAGES))
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        if self.progress:
            self.progress(name, STAGES.index(name) + 1, len(STAGES))
