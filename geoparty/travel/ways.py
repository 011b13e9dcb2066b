"""A network in one season, ready to search: graph, links of points, and what is faster on foot.

With terrain there is one graph of roads and cells: people walk from cell to cell, uphill and
down, and step on or off a road wherever it touches a cell. Streams close moves, fords and
bridges are the ways across. Without terrain, or for a point outside it, people walk straight
to the road (times the detour factor), or straight to the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geoparty.settings import Season
from geoparty.travel.access import Legs, find_legs
from geoparty.travel.cells import Walks, find_walks
from geoparty.travel.graph import Graph, Links, one_way
from geoparty.travel.network import Network
from geoparty.travel.pieces import Pieces
from geoparty.travel.speeds import edge_kph, walk_kph
from geoparty.travel.water import bars

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEAR_CELLS = 2.0
"""On terrain, people walk straight to a road or a target no more cells away than this."""
FOOT_M = 1e-3
"""Who comes to a road this near to a node of it stands on the node."""


@dataclass(frozen=True)
class Points:
    """Points on a network, with their ways to the roads and cells in every season."""

    xy: Floats
    is_on_terrain: Bools
    legs: Legs
    walks: Walks
    has_terrain: bool = False

    @property
    def is_known(self) -> Bools:
        """Which of them have a position."""
        return np.isfinite(self.xy[:, 0])

    @property
    def is_lost(self) -> Bools:
        """Which of them are off the terrain or on a barrier, with no road in reach: not measured.

        Without terrain none is: what no road reaches then is not reached.
        """
        has_leg = np.zeros(len(self.xy), bool)
        has_leg[self.legs.place] = True
        return self.has_terrain & ~self.is_on_terrain & ~has_leg

    def take(self, chosen: Ints) -> Points:
        """Return some of the points."""
        number = np.full(len(self.xy), -1)
        number[chosen] = np.arange(len(chosen))
        legs = self.legs.take(number[self.legs.place] >= 0)
        walks = self.walks.take(number[self.walks.point] >= 0)
        return Points(
            self.xy[chosen],
            self.is_on_terrain[chosen],
            replace(legs, place=number[legs.place]),
            replace(walks, point=number[walks.point]),
            self.has_terrain,
        )

    @classmethod
    def of(cls, network: Network, xy: Floats) -> Points:
        """Find the ways of some points."""
        reach = np.full(len(xy), network.travel.max_walk_to_road_km * 1000)
        if network.cells is None:
            off = np.zeros(len(xy), bool)
            return cls(xy, off, find_legs(network, xy, reach, keeps_all=off), Walks.none())
        walks = find_walks(network.cells, network.water, xy)
        on_terrain = np.bincount(walks.point, minlength=len(xy)) > 0
        reach[on_terrain] = NEAR_CELLS * network.cells.cell_m
        legs = find_legs(network, xy, reach, keeps_all=on_terrain)
        return cls(xy, on_terrain, legs, walks, has_terrain=True)


@dataclass(frozen=True)
class Ways:
    """One season of a network, its roads in the network's pieces or in finer ones."""

    network: Network
    season: Season
    finer: Pieces | None = None

    @property
    def pieces(self) -> Pieces:
        """The pieces of roads the graph is made of."""
        return self.finer if self.finer is not None else self.network.pieces

    def cut_at_feet(self, points: list[Points], edges: Bools) -> Ways:
        """Return the season with a node wherever a leg of the points comes to one of some edges.

        How long such an edge takes is then told by the graph alone, not by the links of points.
        """
        edge = np.concatenate([p.legs.edge for p in points])
        along = np.concatenate([p.legs.along_m for p in points])
        asked = edges[edge]
        edge, along = edge[asked], along[asked]
        if not len(edge):
            return self
        length = self._length_m[edge]
        lines = self.network.edges.geometry.to_numpy()[edge]
        spot = shapely.line_interpolate_point(lines, along)
        xy = np.column_stack([shapely.get_x(spot), shapely.get_y(spot)])
        share = np.clip(along / length, 0, 1)
        return replace(self, finer=self.pieces.cut_at(edge, share, xy, FOOT_M / length))

    @cached_property
    def _length_m(self) -> Floats:
        """Length of every edge."""
        length: Floats = self.network.edges["length_m"].to_numpy(float)
        return length

    @cached_property
    def edge_minutes(self) -> tuple[Floats, Floats]:
        """Minutes along each edge of the network, and against it."""
        return self.network.edge_minutes(self.season)

    @cached_property
    def is_walked(self) -> tuple[Bools, Bools]:
        """Which edges people walk in this season, along and against."""
        walk = walk_kph(self.network.travel, self.season)
        along, against = edge_kph(self.network.edges, self.network.travel, self.season)
        return along <= walk, against <= walk

    @cached_property
    def piece_minutes(self) -> tuple[Floats, Floats]:
        """Minutes along each piece of an edge, and against it."""
        pieces = self.pieces
        along, against = (m[pieces.edge] * pieces.share for m in self.edge_minutes)
        return along, against

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether every piece of road is as fast one way as the other."""
        return bool(np.array_equal(*self.piece_minutes))

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
        cells, n = self.network.cells, len(self.pieces.node_xy)
        if cells is None:
            return self._roads_on(n)
        roads = self._roads_on(n + cells.n_cells)
        from geoparty.travel import moves

        return Graph(
            *moves.join(
                roads.start,
                roads.other,
                roads.cost,
                cells.height_m,
                cells.slow,
                cells.open_moves(self.season),
                cells.cell_m,
                self.off_path,
            )
        )

    def _roads_on(self, n_nodes: int, *, with_walks: bool = True) -> Graph:
        """Return roads, and walks between them and the cells."""
        pieces = self.pieces
        along, against = self.piece_minutes
        tail, head, minutes = (
            [pieces.head, pieces.tail],
            [pieces.tail, pieces.head],
            [along, against],
        )
        if with_walks and self.network.cells is not None:
            walks = self.network.portals
            node, cell = walks.point, len(pieces.node_xy) + walks.cell
            tail, head = [*tail, cell, node], [*head, node, cell]
            minutes += walks.minutes(self.off_path, self.season)
        a, b, cost = (np.concatenate(part) for part in (tail, head, minutes))
        keep = np.isfinite(cost) & (a != b)
        return one_way(a[keep], b[keep], cost[keep], n_nodes)

    def minutes_to(self, targets: Links) -> Floats:
        """Return minutes from every node to the nearest target; with terrain, last from the cells.

        The graph of all moves is not made for it.
        """
        cells = self.network.cells
        if cells is None:
            from geoparty.travel import search

            graph = self.graph
            dist: Floats
            dist, _ = search.spread(
                graph.start, graph.other, graph.cost, targets.node, targets.minutes, np.inf
            )
            return dist
        roads = self._roads_on(len(self.network.pieces.node_xy), with_walks=False)
        return self.network.ground.spread(roads, cells, self.season, self.off_path, targets)

    def straight_rate(self, points: Points) -> Floats:
        """Return minutes for a metre of straight walk from each point."""
        return np.where(points.is_on_terrain, self.off_path, self.straight)

    def links(self, points: Points, *, into: bool) -> Links:
        """Return the ways from points into the graph in this season, or out of it to them."""
        pieces, legs = self.pieces, points.legs
        walk = self.leg_minutes(points)
        piece, share = self.piece_of(legs)
        along, against = (minutes[piece] for minutes in self.piece_minutes)
        to_tail, to_head = (against, along) if into else (along, against)
        there, back = points.walks.minutes(self.off_path, self.season)
        return Links.of(
            np.concatenate([legs.place, legs.place, points.walks.point]),
            np.concatenate(
                [pieces.tail[piece], pieces.head[piece], len(pieces.node_xy) + points.walks.cell]
            ),
            np.concatenate(
                [
                    # from the one end of a piece to the other the graph itself knows the way
                    np.where(share < 1, walk + _part(share, to_tail), np.inf),
                    np.where(share > 0, walk + _part(1 - share, to_head), np.inf),
                    there if into else back,
                ]
            ),
            len(points.xy),
        )

    def leg_minutes(self, points: Points) -> Floats:
        """Return minutes for each leg between the points and the road, ``inf`` where closed."""
        legs = points.legs
        walk = legs.straight_m * self.straight_rate(points)[legs.place]
        return np.where(bars(self.season, legs.order_met), np.inf, walk)

    def piece_of(self, legs: Legs) -> tuple[Ints, Floats]:
        """Return the piece each leg ends on, and the share of it before the leg."""
        pieces, length = self.pieces, self._length_m[legs.edge]
        piece, share = pieces.at(legs.edge, np.clip(legs.along_m / length, 0, 1))
        near = FOOT_M / (length * pieces.share[piece])
        return piece, np.where(share <= near, 0.0, np.where(1 - share <= near, 1.0, share))

    def pairs(self, origins: Points, targets: Points, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Return what the graph does not know: straight walks, and rides along one stretch.

        Every origin and target within the origin's reach, and minutes.
        """
        origin, target = near_pairs(origins.xy, targets.xy, reach_m)
        far = np.where(self._walks_far(targets), self.walk_reach_m(targets), -1.0)
        more = near_pairs(targets.xy, origins.xy, far)
        origin, target = np.concatenate([origin, more[1]]), np.concatenate([target, more[0]])
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

    def _walks_far(self, points: Points) -> Bools:
        """Which points on a network with terrain are off it, and walk straight all the same."""
        return points.has_terrain & ~points.is_on_terrain

    def walked(self, origins: Points, targets: Points, origin: Ints, target: Ints) -> Floats:
        """Return minutes for walking straight, ``inf`` where too far or over a closed stream.

        Where one of two points is off the terrain people walk as far there as back.
        """
        start, end = origins.xy[origin], targets.xy[target]
        straight = np.linalg.norm(end - start, axis=1)
        here, there = self.walk_reach_m(origins)[origin], self.walk_reach_m(targets)[target]
        near = straight <= np.maximum(here, there)
        over_cells = origins.is_on_terrain[origin] & targets.is_on_terrain[target]
        rate = np.where(over_cells, self.off_path, self.straight)
        minutes = np.where(near, straight * rate, np.inf)
        if not self.season.fords_open:
            met = self.network.water.order_met(start[near], end[near])
            minutes[np.flatnonzero(near)[bars(self.season, met)]] = np.inf
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
        apart = share_two[two] - share[one]
        forth, against = (minutes[piece[one]] for minutes in self.piece_minutes)
        along = _part(np.abs(apart), np.where(apart >= 0, forth, against))
        # who comes to the road at nodes has the graph for it
        at_ends = [np.isin(s, (0.0, 1.0)) for s in (share[one], share_two[two])]
        along = np.where(at_ends[0] & at_ends[1], np.inf, along)
        return place[one], place_two[two], walk[one] + along + walk_two[two]


def _part(share: Floats, minutes: Floats) -> Floats:
    """Return the minutes of a share of a piece; none of it takes none, even where it is closed."""
    with np.errstate(invalid="ignore"):
        return np.where(share > 0, share * minutes, 0.0)


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
