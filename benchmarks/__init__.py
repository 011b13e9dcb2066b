"""Speed and size: one case per stage and size, seeded, answers checked.

``python -m benchmarks [STAGE] [--size small|full] [--json]`` runs the cases of
``benchmarks/<stage>.py``. Each module has a list ``CASES`` of :class:`Case`. Inputs are
built by ``build`` outside the clock; ``run`` is timed in a process of its own (so that peak
memory is the case's); ``check`` says whether the answer is right; ``peer``, where there is
one, is timed on the same inputs in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Size = Literal["small", "full"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One benchmark: how to build its input, what to time, and how to tell it is right.

    ``build(size)`` returns the input; ``run(input)`` the answer; ``check(input, answer)``
    whether it is right; ``peer(input)`` does the same work another way, named ``peer_name``.
    ``sizes`` are those it has; CI runs every ``small`` one (keep those under five seconds).
    ``needs_real_data`` cases are left out, and said, where the pack is absent.
    ``figures(answer)``, where one number is not enough, gives name, value and aim of several;
    ``peer_figures`` those of the peer's answer.
    """

    name: str
    build: Callable[[Size], Any]
    run: Callable[[Any], Any]
    check: Callable[[Any, Any], bool]
    peer: Callable[[Any], Any] | None = None
    peer_name: str = ""
    sizes: tuple[Size, ...] = ("small", "full")
    needs_real_data: bool = False
    figures: Callable[[Any], Iterable[tuple[str, float, str]]] | None = None
    peer_figures: Callable[[Any], Iterable[tuple[str, float, str]]] | None = None
