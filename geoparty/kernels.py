"""Kernels compiled at their first call, their machine code kept on disk while no kernel changes.

numba keeps machine code beside a module as long as the file of that module stands. What a kernel
calls from other modules is compiled into it, though: a mend there would reach nobody who has the
old code on disk. Here code is kept as long as the source of every kernel of the package stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile at the first call, on one thread, and let other threads run meanwhile."""
    return compiled_with()(function)


def compiled_with(**options: Any) -> Callable[[F], F]:  # noqa: ANN401 - as numba.njit
    """Compile as :func:`compiled`, with options of :func:`numba.njit`."""

    def compiling(function: F) -> F:
        kernel = numba.njit(cache=True, nogil=True, **options)(function)
        kept = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
        if kept is not None:  # numba has no public way to say what a kernel depends on
            kept._source_stamp = _stamp()  # noqa: SLF001
        return cast("F", kernel)

    return compiling


@cache
def _stamp() -> str:
    """Return a digest of the modules that have kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        source = path.read_bytes()
        if b"@compiled" in source:
            digest.update(source)
    return digest.hexdigest()
