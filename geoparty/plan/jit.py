"""Compiled kernels, kept on disk between runs; imported only where one is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile at the first call, on one thread, and keep the machine code beside the module."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))
