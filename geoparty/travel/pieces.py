"""Roads cut where they pass from cell to cell, so that every cell they touch has a node of theirs.

The cuts lie where the lattice of the terrain has them, whatever other roads there are: a road
that is added cuts the old ones once more and moves nothing, so it lengthens nobody's way.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INSIDE_M = 0.5
"""A walk to a road by a stream ends this far inside its stretch, so on the stretch's own bank."""
SLIVER_M = 1e-6
"""Cuts nearer than this to one another, or to an end of their edge, are one."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of each edge, in order along it; edge ``e`` has ``count[e]`` from ``first[e]``.

    Each reaches from the share ``low`` of the length of its edge to the share ``high``.
    """

    node_xy: Floats
    edge: Ints
    tail: Ints
    head: Ints
    first: Ints
    count: Ints
    low: Floats
    high: Floats

    @property
    def share(self) -> Floats:
        """How much of its edge each piece is."""
        return self.high - self.low

    def at(self, edge: Ints, share: Floats) -> tuple[Ints, Floats]:
        """Return the piece at a share of each edge's length, and the share of the piece there."""
        # edge and share in one number, which rises from piece to piece
        piece = np.searchsorted(self.edge + self.high, edge + share, side="left")
        piece = np.clip(piece, self.first[edge], self.first[edge] + self.count[edge] - 1)
        within = (share - self.low[piece]) / self.share[piece]
        return piece, np.clip(within, 0.0, 1.0)

    def cut_at(self, edge: Ints, share: Floats, xy: Floats, least: Floats) -> Pieces:
        """Return the pieces cut at more shares of their edges' lengths, at the positions given.

        The new nodes come last. What is nearer than ``least`` to a cut needs no cut of its own.
        """
        order = np.lexsort((share, edge))
        edge, share, xy, least = edge[order], share[order], xy[order], least[order]
        piece, _ = self.at(edge, share)
        apart = (share - self.low[piece] > least) & (self.high[piece] - share > least)
        last = -1
        for i in np.flatnonzero(apart).tolist():
            if last >= 0 and edge[last] == edge[i] and share[i] - share[last] <= least[i]:
                apart[i] = False
            else:
                last = i
        piece, share, xy = piece[apart], share[apart], xy[apart]
        count = 1 + np.bincount(piece, minlength=len(self.edge))
        own = np.repeat(np.arange(len(self.edge)), count)
        step = np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count)
        begins, ends = step > 0, step < count[own] - 1
        node = len(self.node_xy) + np.arange(len(xy))
        low, high = self.low[own], self.high[own]
        tail, head = self.tail[own], self.head[own]
        low[begins] = high[ends] = share
        tail[begins] = head[ends] = node
        pieces = np.bincount(self.edge[own], minlength=len(self.first))
        return Pieces(
            np.concatenate([self.node_xy, xy]),
            self.edge[own],
            tail,
            head,
            np.cumsum(pieces) - pieces,
            pieces,
            low,
            high,
        )


def cut_edges(
    node_xy: Floats, edges: gpd.GeoDataFrame, lattice: tuple[float, float, float] | None
) -> Pieces:
    """Cut the edges at the lines of a lattice: west and north of a corner, and metres a cell."""
    length = edges["length_m"].to_numpy(float)
    tail, head = edges["tail"].to_numpy(np.int64), edges["head"].to_numpy(np.int64)
    cut, along, xy = _cuts(edges, length, lattice)
    count = 1 + np.bincount(cut, minlength=len(length))
    first = np.cumsum(count) - count
    edge = np.repeat(np.arange(len(length)), count)
    step = np.arange(len(edge)) - first[edge]
    is_last = step == count[edge] - 1
    inner = len(node_xy) + first[edge] - edge + step
    high = np.ones(len(edge))
    high[~is_last] = along / length[cut]
    low = np.zeros(len(edge))
    low[1:][~is_last[:-1]] = high[:-1][~is_last[:-1]]
    return Pieces(
        np.concatenate([node_xy, xy]),
        edge,
        np.where(step == 0, tail[edge], inner - 1),
        np.where(is_last, head[edge], inner),
        first,
        count,
        low,
        high,
    )


def _cuts(
    edges: gpd.GeoDataFrame, length: Floats, lattice: tuple[float, float, float] | None
) -> tuple[Ints, Floats, Floats]:
    """Return the edge of each cut, metres along it and position, in order along the edges."""
    nothing = np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2))
    if lattice is None or not len(edges):
        return nothing
    west, north, cell_m = lattice
    coords, edge = shapely.get_coordinates(edges.geometry.to_numpy(), return_index=True)
    begins = np.flatnonzero(edge[1:] == edge[:-1])
    start, end, owner = coords[begins], coords[begins + 1], edge[begins]
    run = np.linalg.norm(end - start, axis=1)
    so_far = np.cumsum(run) - run
    so_far -= so_far[np.searchsorted(owner, owner)]
    found = [
        _crossed(start[:, k], end[:, k], origin, cell_m) for k, origin in ((0, west), (1, north))
    ]
    which, share = (np.concatenate(part) for part in zip(*found, strict=True))
    along = so_far[which] + share * run[which]
    order = np.lexsort((along, owner[which]))
    which, share, along = which[order], share[order], along[order]
    cut = owner[which]
    keep = (along > SLIVER_M) & (along < length[cut] - SLIVER_M)
    which, share, along, cut = which[keep], share[keep], along[keep], cut[keep]
    apart = np.ones(len(cut), bool)
    apart[1:] = (cut[1:] != cut[:-1]) | (np.diff(along) > SLIVER_M)
    which, share = which[apart], share[apart]
    xy = start[which] + share[:, None] * (end[which] - start[which])
    return cut[apart], along[apart], xy


def _crossed(start: Floats, end: Floats, origin: float, cell_m: float) -> tuple[Ints, Floats]:
    """Return which segments cross lines of one direction, once a line, and at what share."""
    a, b = (start - origin) / cell_m, (end - origin) / cell_m
    low, high = np.floor(np.minimum(a, b)), np.floor(np.maximum(a, b))
    count = (high - low).astype(np.int64)
    which = np.repeat(np.arange(len(a)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    line = low[which] + 1 + step
    return which, np.clip((line - a[which]) / (b[which] - a[which]), 0.0, 1.0)


def on_own_bank(pieces: Pieces, edges: gpd.GeoDataFrame, node: Ints) -> Floats:
    """Return the positions of all nodes, some of them moved a little way along their road.

    Both nodes of a crossing stand on the stream itself: moved, each is on its own bank.
    """
    xy = pieces.node_xy.copy()
    is_asked = np.zeros(len(xy), bool)
    is_asked[node] = True
    is_road = ~edges["is_crossing"].to_numpy(bool)[pieces.edge]
    own = np.flatnonzero(is_road & (is_asked[pieces.tail] | is_asked[pieces.head]))
    end = np.concatenate([pieces.tail[own], pieces.head[own]])
    order = np.argsort(np.tile(own, 2), kind="stable")
    found, first = np.unique(end[order], return_index=True)
    moved = is_asked[found]
    found, at = found[moved], np.tile(own, 2)[order[first[moved]]]
    inside = INSIDE_M / edges["length_m"].to_numpy(float)[pieces.edge[at]]
    inside = np.minimum(inside, pieces.share[at] / 2)
    is_tail = pieces.tail[at] == found
    share = np.where(is_tail, pieces.low[at] + inside, pieces.high[at] - inside)
    lines = edges.geometry.to_numpy()[pieces.edge[at]]
    spot = shapely.line_interpolate_point(lines, share, normalized=True)
    xy[found] = np.column_stack([shapely.get_x(spot), shapely.get_y(spot)])
    return xy
