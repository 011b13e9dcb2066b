"""Parts of a search for the p-median, and how much is done for the bound of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoparty.plan import median_kernels as kernels
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.median_dual import Levels
from geoparty.plan.rows import Rows


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the search to come: no answer in it is better than ``bound``.

    ``state`` of the sites the root has left, the cost some rows pay ``most``, ``price`` to start
    from.
    """

    bound: float
    state: Ints
    most: tuple[tuple[int, float], ...]
    price: npt.NDArray[np.float32]


@dataclass
class Node:
    """A part at work: the arcs left in it, its sites and their states."""

    rows: Rows
    sites: Ints
    state: Ints
    most: tuple[tuple[int, float], ...]
    price: Floats
    bound: float
    share: Floats

    @property
    def n_open(self) -> int:
        """Sites open in it."""
        return int((self.state == kernels.OPEN).sum())

    @property
    def n_free(self) -> int:
        """Sites neither open nor closed in it."""
        return int((self.state == kernels.FREE).sum())


@dataclass(frozen=True)
class Turn:
    """Steps of the bound, and how many in vain before they get shorter; of many sites, levels."""

    n_steps: int
    patience: int
    levels: Levels

    @property
    def again(self) -> Turn:
        """What is done once sites were fixed: less, and at the last level alone."""
        return Turn(max(50, self.n_steps // 2), self.patience, self.levels[-1:])


ROUGH, FINE = ((1e-2, 40), (3e-3, 60), (1e-3, 80)), ((3e-4, 120), (1e-4, 150))
FIRST = [Turn(1000, 12, ROUGH), Turn(1000, 12, FINE)]
ROOT_TURNS = [*FIRST, *[Turn(3000, 40, ((3e-5, 200),))] * 6]
NODE_TURN = Turn(80, 6, ((1e-4, 60), (3e-5, 90)))
"""What is done for the whole, turn by turn, and for each part."""
