"""Streams nobody walks across while fords are closed, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoparty.settings import Season

Floats = NDArray[np.float64]
Orders = NDArray[np.int16]
Bools = NDArray[np.bool_]

UNKNOWN_ORDER = 99
"""Stands for a stream whose order is not known: larger than any season lets people cross."""


@dataclass(frozen=True)
class Water:
    """Streams as lines in metres, with the order of each."""

    lines: NDArray[Any]
    order: Orders

    @cached_property
    def _segments(self) -> tuple[Floats, Orders]:
        """Straight pieces of the lines as x, y, x, y, and the order of each."""
        coords, line = shapely.get_coordinates(self.lines, return_index=True)
        first = np.flatnonzero(line[1:] == line[:-1])
        pieces = np.concatenate([coords[first], coords[first + 1]], axis=1)
        return pieces, self.order[line[first]]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.linestrings(self._segments[0].reshape(-1, 2, 2)))

    def order_met(self, start: Floats, end: Floats, *, within_m: float = 0.0) -> Orders:
        """Return the largest order of the streams each straight walk meets, 0 for none."""
        if not len(self.lines) or not len(start):
            return np.zeros(len(start), np.int16)
        from geoparty.travel.meet import meeting

        pieces, order = self._segments
        walks = np.concatenate([start, end], axis=1)
        which, piece = meeting(walks, pieces, within_m=within_m)
        met = np.zeros(len(start), np.int16)
        np.maximum.at(met, which, order[piece])
        return met

    def order_on(self, shapes: NDArray[Any], *, within_m: float = 0.0) -> Orders:
        """Return the largest order of the streams each shape meets, 0 for none."""
        met = np.zeros(len(shapes), np.int16)
        if not len(self.lines) or not len(shapes):
            return met
        order = self._segments[1]
        if within_m:
            which, piece = self._tree.query(shapes, predicate="dwithin", distance=within_m)
        else:
            which, piece = self._tree.query(shapes, predicate="intersects")
        np.maximum.at(met, which, order[piece])
        return met

    def above(self, passable_order: int) -> NDArray[Any]:
        """Return the lines nobody crosses where this order can be passed."""
        lines: NDArray[Any] = self.lines[self.order > passable_order]
        return lines


def bars(season: Season, order_met: Orders) -> Bools:
    """Return which walks a season closes, by the order of the streams they meet.

    Examples
    --------
    >>> from geoparty.settings import WET
    >>> bars(WET.model_copy(update={"passable_order": 1}), np.array([0, 1, 2, 99])).tolist()
    [False, False, True, True]
    """
    if season.fords_open:
        return np.zeros(len(order_met), bool)
    closed: Bools = order_met > season.passable_order
    return closed
