"""A network in one season, ready to search: graph, links of points, and what is faster on foot.

With terrain there is one graph of roads and cells: people walk from cell to cell, uphill and
down, and step on or off a road wherever it touches a cell. Streams close moves, fords and
bridges are the ways across. Without terrain, or for a point outside it, people walk straight
to the road (times the detour factor), or straight to the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geoparty.settings import Season
from geoparty.travel.access import Legs, find_legs
from geoparty.travel.cells import Walks, find_walks
from geoparty.travel.graph import Graph, Links, both_ways, one_way
from geoparty.travel.network import Network, edge_kph
from geoparty.travel.water import over_stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEAR_CELLS = 2.0
"""On terrain, people walk straight to a road or a target no more cells away than this."""


@dataclass(frozen=True)
class Points:
    """Points on a network, with their ways to the roads and cells in every season."""

    xy: Floats
    is_on_terrain: Bools
    legs: Legs
    walks: Walks

    @property
    def is_known(self) -> Bools:
        """Which of them have a position."""
        return np.isfinite(self.xy[:, 0])

    @classmethod
    def of(cls, network: Network, xy: Floats) -> Points:
        """Find the ways of some points."""
        reach = np.full(len(xy), network.travel.max_walk_to_road_km * 1000)
        if network.cells is None:
            nothing = Walks(*(np.zeros(0, t) for t in (np.int64, np.int64, float, float, bool)))
            return cls(xy, np.zeros(len(xy), bool), find_legs(network, xy, reach), nothing)
        walks = find_walks(network.cells, network.stream_index, xy)
        on_terrain = np.bincount(walks.point, minlength=len(xy)) > 0
        reach[on_terrain] = NEAR_CELLS * network.cells.cell_m
        return cls(xy, on_terrain, find_legs(network, xy, reach), walks)


@dataclass(frozen=True)
class Ways:
    """One season of a network."""

    network: Network
    season: Season

    @cached_property
    def edge_minutes(self) -> Floats:
        """Minutes to pass each edge of the network."""
        return self.network.edge_minutes(self.season)

    @cached_property
    def is_walked(self) -> Bools:
        """Which edges people walk in this season."""
        kph = edge_kph(self.network.edges, self.network.travel, self.season)
        walked: Bools = kph <= self.network.travel.walk_kph * self.season.walk_factor
        return walked

    @cached_property
    def piece_minutes(self) -> Floats:
        """Minutes to pass each piece of an edge."""
        pieces = self.network.pieces
        return self.edge_minutes[pieces.edge] / pieces.count[pieces.edge]

    @property
    def off_path(self) -> float:
        """Minutes for a metre across level country."""
        return 1 / (self.network.walk_m_per_min(self.season) * self.network.travel.off_path_factor)

    @property
    def straight(self) -> float:
        """Minutes for a metre as the crow flies, on the paths there will be."""
        return self.network.travel.detour_factor / self.network.walk_m_per_min(self.season)

    @cached_property
    def graph(self) -> Graph:
        """The graph to search, backwards; with terrain its last nodes are the cells."""
        pieces, cells = self.network.pieces, self.network.cells
        n = len(pieces.node_xy)
        if cells is None:
            return both_ways(pieces.tail, pieces.head, self.piece_minutes, n)
        roads = self._roads_on(n + cells.n_cells)
        from geoparty.travel import moves

        closed = np.zeros((0, 0), np.uint16) if self.season.fords_open else cells.closed
        return Graph(
            *moves.join(
                roads.start,
                roads.other,
                roads.cost,
                cells.height_m,
                closed,
                cells.cell_m,
                self.off_path,
            )
        )

    def _roads_on(self, n_nodes: int) -> Graph:
        """Return roads, and walks between them and the cells."""
        pieces, walks = self.network.pieces, self.network.portals
        node, cell = walks.point, len(pieces.node_xy) + walks.cell
        off, on = (self._open(one, walks.is_over_stream) for one in walks.minutes(self.off_path))
        ride = self.piece_minutes
        tail = np.concatenate([pieces.tail, pieces.head, cell, node])
        head = np.concatenate([pieces.head, pieces.tail, node, cell])
        minutes = np.concatenate([ride, ride, off, on])
        keep = np.isfinite(minutes) & (tail != head)
        return one_way(tail[keep], head[keep], minutes[keep], n_nodes)

    def _open(self, minutes: Floats, is_over_stream: Bools) -> Floats:
        return minutes if self.season.fords_open else np.where(is_over_stream, np.inf, minutes)

    def straight_rate(self, points: Points) -> Floats:
        """Return minutes for a metre of straight walk from each point."""
        return np.where(points.is_on_terrain, self.off_path, self.straight)

    def links(self, points: Points, *, into: bool) -> Links:
        """Return the ways from points into the graph in this season, or out of it to them."""
        pieces, legs = self.network.pieces, points.legs
        walk = self.leg_minutes(points)
        piece, share = self.piece_of(legs)
        ride = self.piece_minutes[piece]
        there, back = points.walks.minutes(self.off_path)
        cell = self._open(there if into else back, points.walks.is_over_stream)
        return Links.of(
            np.concatenate([legs.place, legs.place, points.walks.point]),
            np.concatenate(
                [pieces.tail[piece], pieces.head[piece], len(pieces.node_xy) + points.walks.cell]
            ),
            np.concatenate([walk + share * ride, walk + (1 - share) * ride, cell]),
            len(points.xy),
        )

    def leg_minutes(self, points: Points) -> Floats:
        """Return minutes for each leg between the points and the road, ``inf`` where closed."""
        legs = points.legs
        walk = legs.straight_m * self.straight_rate(points)[legs.place]
        return self._open(walk, legs.is_over_stream)

    def piece_of(self, legs: Legs) -> tuple[Ints, Floats]:
        """Return the piece each leg ends on, and the share of it before the leg."""
        pieces = self.network.pieces
        length = self.network.edges["length_m"].to_numpy(float)[legs.edge]
        count = pieces.count[legs.edge]
        at = np.clip(legs.along_m / length, 0, 1) * count
        step = np.minimum(at.astype(np.int64), count - 1)
        return pieces.first[legs.edge] + step, at - step

    def pairs(self, origins: Points, targets: Points, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Return what the graph does not know: straight walks, and rides along one stretch.

        Every origin and target within the origin's reach, and minutes.
        """
        origin, target = near_pairs(origins.xy, targets.xy, reach_m)
        walked = self.walked(origins, targets, origin, target)
        o, t, along = self.same_piece(origins, targets)
        minutes = np.concatenate([walked, along])
        keep = np.isfinite(minutes)
        return (
            np.concatenate([origin, o])[keep],
            np.concatenate([target, t])[keep],
            minutes[keep],
        )

    def walk_reach_m(self, origins: Points) -> Floats:
        """Return how far from each origin a straight walk to the target is thought of."""
        reach = np.full(len(origins.xy), self.network.travel.max_walk_to_road_km * 1000)
        if self.network.cells is not None:
            reach[origins.is_on_terrain] = NEAR_CELLS * self.network.cells.cell_m
        return reach

    def walked(self, origins: Points, targets: Points, origin: Ints, target: Ints) -> Floats:
        """Return minutes for walking straight, ``inf`` where too far or over a closed stream."""
        start, end = origins.xy[origin], targets.xy[target]
        straight = np.linalg.norm(end - start, axis=1)
        near = straight <= self.walk_reach_m(origins)[origin]
        minutes = np.where(near, straight * self.straight_rate(origins)[origin], np.inf)
        if not self.season.fords_open:
            near[near] = over_stream(self.network.stream_index, start[near], end[near])
            minutes[near] = np.inf
        return minutes

    def same_piece(self, origins: Points, targets: Points) -> tuple[Ints, Ints, Floats]:
        """Rides between an origin and a target that reach the road on the same piece."""
        ends = []
        for points in (origins, targets):
            legs = points.legs
            walk = self.leg_minutes(points)
            piece, share = self.piece_of(legs)
            order = np.argsort(piece, kind="stable")
            ends.append((piece[order], share[order], walk[order], legs.place[order]))
        (piece, share, walk, place), (there, *_) = ends
        low, high = np.searchsorted(there, piece), np.searchsorted(there, piece, side="right")
        one = np.repeat(np.arange(len(piece)), high - low)
        two = np.arange(len(one)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
        two += low[one]
        _, share_two, walk_two, place_two = ends[1]
        along = np.abs(share[one] - share_two[two]) * self.piece_minutes[piece[one]]
        return place[one], place_two[two], walk[one] + along + walk_two[two]


def near_pairs(origins: Floats, targets: Floats, reach_m: Floats) -> tuple[Ints, Ints]:
    """Return every origin and target no farther apart than the origin's reach."""
    here = np.flatnonzero(np.isfinite(origins[:, 0]) & (reach_m >= 0))
    there = np.flatnonzero(np.isfinite(targets[:, 0]))
    if not len(here) or not len(there):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = KDTree(targets[there])
    found = tree.query_ball_point(origins[here], reach_m[here])
    origin = np.repeat(here, [len(one) for one in found])
    return origin, there[np.concatenate([np.asarray(one, np.int64) for one in found])]
