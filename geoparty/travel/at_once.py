"""Several searches at once: kernels let other threads run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Answer = TypeVar("Answer")

MOST_THREADS = 4
"""Each search at once takes memory of its own."""


def at_once(ask: Callable[[Given], Answer], given: Iterable[Given]) -> Generator[Answer]:
    """Yield the answer to each of the things given, in their order.

    Who stops taking answers, as by an error, waits for those begun only.

    Examples
    --------
    >>> list(at_once(len, ["a", "", "bc"]))
    [1, 0, 2]
    """
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS))
    try:
        yield from pool.map(ask, given)
    finally:
        pool.shutdown(cancel_futures=True)
