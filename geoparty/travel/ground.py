"""Roads and terrain as one search has them, made once for all seasons of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoparty.settings import Season
from geoparty.travel.cells import Cells, Walks, walk_factor
from geoparty.travel.graph import Graph, Links
from geoparty.travel.water import UNKNOWN_ORDER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Orders = NDArray[np.int16]


@dataclass(frozen=True)
class Ground:
    """Walks between nodes of roads and cells, by node and by cell, in level metres.

    Level metres are those that take as long on level country off a path as the walk itself: what
    differs between seasons is only what a metre takes, and which streams are passed. ``tile`` is
    the part of the country each node is searched with.
    """

    tile: Small
    walk_first: Ints
    walk_cell: Small
    walk_back: Floats
    walk_order: Orders
    cell_first: Ints
    cell_node: Small
    cell_there: Floats
    cell_order: Orders

    @classmethod
    def of(cls, walks: Walks, n_nodes: int, shape: tuple[int, int]) -> Ground:
        """Hold walks, in the order of their points, by node and by cell."""
        from geoparty.travel import overland

        slope = walks.rise_m / np.maximum(walks.straight_m, 1e-3)
        flat = walks.straight_m * walks.slow
        first, entry = overland.held_by(walks.cell, shape[0] * shape[1])
        walk_first = np.searchsorted(walks.point, np.arange(n_nodes + 1)).astype(np.int64)
        return cls(
            overland.tiles_of(walk_first, walks.cell, *shape),
            walk_first,
            walks.cell.astype(np.int32),
            flat * walk_factor(-slope),
            walks.order_met,
            first,
            walks.point.astype(np.int32)[entry],
            (flat * walk_factor(slope))[entry],
            walks.order_met[entry],
        )

    def spread(
        self, roads: Graph, cells: Cells, season: Season, minutes_per_m: float, seeds: Links
    ) -> Floats:
        """Return minutes of every node of roads, then of every cell, from the nearest seed."""
        from geoparty.travel import overland

        passable = UNKNOWN_ORDER if season.fords_open else season.passable_order
        dist: Floats = overland.spread(
            roads.start,
            roads.other,
            roads.cost,
            self.tile,
            self.walk_first,
            self.walk_cell,
            self.walk_back,
            self.walk_order,
            self.cell_first,
            self.cell_node,
            self.cell_there,
            self.cell_order,
            cells.height_m,
            cells.slow,
            cells.open_moves(season),
            cells.cell_m,
            minutes_per_m,
            passable,
            seeds.node,
            seeds.minutes,
        )
        return dist
