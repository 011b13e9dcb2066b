"""The way itself: a line, with what of it is walked and what is ridden."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geoparty import schema
from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Season
from geoparty.travel.graph import Links
from geoparty.travel.minutes import points_on
from geoparty.travel.network import Network
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def routes(
    network: Network,
    origins: gpd.GeoSeries,
    targets: gpd.GeoSeries,
    *,
    season: Season | str,
    is_paired: bool = False,
    draw: bool = True,
) -> gpd.GeoDataFrame:
    """Return the fastest way from each origin to the nearest target, or to its own.

    Parameters
    ----------
    is_paired
        Origin ``i`` goes to target ``i``, by position.
    draw
        Without it there are minutes only, which is quicker.

    Returns
    -------
    GeoDataFrame
        On the index of ``origins``: travel_min as :func:`geoparty.travel.network_minutes` or
        :func:`geoparty.travel.paired_minutes` gives it, walk_min and ride_min which add up to
        it, and the line in EPSG:4326 (None: no way, or not measured). Walks over terrain are
        drawn from cell to cell.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geoparty.settings import DRY, Travel
    >>> from geoparty.travel import build_network
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["commune"], "surface": "paved", "is_ford": False, "has_bridge": False},
    ...     geometry=[LineString([(103.0, 21.5), (103.1, 21.5)])], crs="EPSG:4326",
    ... )
    >>> network = build_network(roads, travel=Travel(), seasons=(DRY,))
    >>> place = gpd.GeoSeries([Point(103.1, 21.51)], crs="EPSG:4326")
    >>> centre = gpd.GeoSeries([Point(103.0, 21.5)], crs="EPSG:4326")
    >>> way = routes(network, place, centre, season="dry")
    >>> way[["walk_min", "ride_min"]].round(1).values.tolist()
    [[17.1, 22.2]]
    """
    if is_paired and len(origins) != len(targets):
        params = {"n_origins": len(origins), "n_targets": len(targets)}
        raise ArgumentError(Problem(key="travel.lengths_differ", params=params))
    here, there = points_on(network, origins), points_on(network, targets)
    table = np.full((len(origins), 3), np.nan)
    lines = np.full(len(origins), None, dtype=object)
    if not network.is_empty:
        goal = np.zeros(len(origins), np.int64)
        known = here.is_known
        if is_paired:
            _, first, goal = np.unique(there.xy, axis=0, return_index=True, return_inverse=True)
            known = known & there.is_known[first][goal]
            there = points_on(network, targets.iloc[first])
        finder = _Finder.of(network.ways(season), here, there, goal if is_paired else None)
        for i in np.flatnonzero(known):
            table[i, 0], table[i, 1], lines[i] = finder.way(int(i), draw=draw)
        lost = here.is_lost | (there.is_lost[goal] if is_paired else False)
        table[lost & np.isinf(table[:, 0]), 0] = np.nan
        table[:, 2] = np.maximum(table[:, 0] - table[:, 1], 0.0)
    geometry = gpd.GeoSeries(lines, index=origins.index, crs=network.crs).to_crs(schema.CRS)
    names = ["travel_min", "walk_min", "ride_min"]
    return gpd.GeoDataFrame(
        pd.DataFrame(table, index=origins.index, columns=names), geometry=geometry
    )


@dataclass(frozen=True)
class _Trails:
    """The way of each origin through the graph: its nodes, and the links at either end."""

    minutes: Floats
    tap: Ints
    seed: Ints
    first: Ints
    node: Ints


@dataclass(frozen=True)
class _Finder:
    """Shortest ways to the target of each origin, and what is needed to draw them."""

    ways: Ways
    here: Points
    there: Points
    taps: Links
    seeds: Links
    trails: _Trails
    direct: dict[int, tuple[int, float]]

    @classmethod
    def of(cls, ways: Ways, here: Points, there: Points, goal: Ints | None) -> _Finder:
        """Find the ways: to target ``goal[i]`` of origin ``i``, or to the nearest."""
        seeds, taps = ways.links(there, into=False), ways.links(here, into=True)
        origin, target, minutes = _direct(ways, here, there, goal)
        order = np.argsort(-minutes, kind="stable")
        pairs = zip(target[order].tolist(), minutes[order].tolist(), strict=True)
        direct = dict(zip(origin[order].tolist(), pairs, strict=True))
        found = _search(ways, seeds, taps, goal)
        return cls(ways, here, there, taps, seeds, found, direct)

    def way(self, i: int, *, draw: bool) -> tuple[float, float, shapely.LineString | None]:
        """Return minutes, those walked, and the line of one origin's way."""
        best = float(self.trails.minutes[i])
        target, minutes = self.direct.get(i, (-1, np.inf))
        if np.isfinite(minutes) and minutes <= best:
            walk, line = self._straight(i, target, minutes)
            return minutes, walk, line if draw else None
        if not np.isfinite(best):
            return np.inf, np.nan, None
        walk = max(best - self._ridden(i), 0.0)
        return best, walk, self._line(i) if draw else None

    def _straight(self, i: int, target: int, minutes: float) -> tuple[float, shapely.LineString]:
        """Walk straight to the target, or go along the one stretch both are on."""
        ends = self.here.xy[i], self.there.xy[target]
        pair = np.array([i]), np.array([target])
        if self.ways.walked(self.here, self.there, *pair)[0] <= minutes:
            return minutes, shapely.LineString(ends)
        one, two = self.here.legs, self.there.legs
        here, there = self.ways.leg_minutes(self.here), self.ways.leg_minutes(self.there)
        feet = [
            (float(here[a] + there[b]), int(a), int(b))
            for a in np.flatnonzero(one.place == i)
            for b in np.flatnonzero((two.place == target) & (two.edge == one.edge[a]))
        ]
        walk, a, b = min(feet, key=lambda foot: abs(minutes - self._over(*foot)))
        edge, against = int(one.edge[a]), int(one.along_m[a] > two.along_m[b])
        line = self._stretch(edge, one.along_m[a], two.along_m[b])
        walk = minutes if self.ways.is_walked[against][edge] else float(walk)
        return walk, shapely.LineString([ends[0], *line, ends[1]])

    def _over(self, walk: float, a: int, b: int) -> float:
        """Return the minutes of two legs and the road between them."""
        edge = int(self.here.legs.edge[a])
        apart = float(self.there.legs.along_m[b] - self.here.legs.along_m[a])
        share = abs(apart) / float(self.ways.network.edges["length_m"].iloc[edge])
        return walk + share * float(self.ways.edge_minutes[int(apart < 0)][edge])

    def _steps(self, i: int) -> tuple[Ints, Ints, Ints]:
        """Return the nodes of a way, the piece of road of each step (-1: none), and its sense."""
        node = self.trails.node[self.trails.first[i] : self.trails.first[i + 1]]
        key, piece, against = self._pieces
        n = len(self.ways.network.pieces.node_xy)
        step = node[:-1] * (n + 1) + node[1:]
        at = np.minimum(np.searchsorted(key, step), len(key) - 1) if len(key) else step * 0
        on_road = (node[:-1] < n) & (node[1:] < n) & (len(key) > 0)
        return (
            node,
            np.where(on_road, piece[at] if len(key) else -1, -1),
            (against[at] if len(key) else at),
        )

    @cached_property
    def _pieces(self) -> tuple[Ints, Ints, Ints]:
        """Return what leads from node to node: a key, the fastest piece, and whether against it."""
        pieces, n = self.ways.network.pieces, len(self.ways.network.pieces.node_xy)
        key = np.concatenate(
            [pieces.tail * (n + 1) + pieces.head, pieces.head * (n + 1) + pieces.tail]
        )
        piece = np.tile(np.arange(len(pieces.tail)), 2)
        against = np.repeat([0, 1], len(pieces.tail))
        order = np.lexsort((np.concatenate(self.ways.piece_minutes), key))
        first = order[np.unique(key[order], return_index=True)[1]]
        return key[first], piece[first], against[first]

    @cached_property
    def _rides(self) -> Floats:
        """Minutes ridden on each piece, along and against; none where it is walked."""
        edge = self.ways.network.pieces.edge
        both = zip(self.ways.piece_minutes, self.ways.is_walked, strict=True)
        return np.array([np.where(walked[edge], 0.0, minutes) for minutes, walked in both])

    def _ridden(self, i: int) -> float:
        """Return the minutes ridden on the way of an origin."""
        _, piece, against = self._steps(i)
        on_road = piece >= 0
        ride = float(self._rides[against[on_road], piece[on_road]].sum())
        for points, links, link, into in self._ends(i):
            ride += self._ridden_at_end(points, links, link, into=into)
        return ride

    def _ends(self, i: int) -> list[tuple[Points, Links, int, bool]]:
        """Return the links at the ends of a way."""
        return [
            (self.here, self.taps, int(self.trails.tap[i]), True),
            (self.there, self.seeds, int(self.trails.seed[i]), False),
        ]

    def _ridden_at_end(self, points: Points, links: Links, link: int, *, into: bool) -> float:
        """Return the minutes ridden between a point's foot on the road and the next node."""
        made, n_legs = int(links.which[link]), len(points.legs.place)
        if made >= 2 * n_legs:
            return 0.0
        leg = made % n_legs
        to_tail = made < n_legs
        if self.ways.is_walked[int(to_tail == into)][int(points.legs.edge[leg])]:
            return 0.0
        return float(links.minutes[link] - self.ways.leg_minutes(points)[leg])

    def _line(self, i: int) -> shapely.LineString:
        """Draw the way of an origin."""
        node, piece, against = self._steps(i)
        (_, _, tap, _), (_, _, seed, _) = self._ends(i)
        spots = [self.here.xy[i], *self._end(self.here, self.taps, tap), self._spot(node[0])]
        edge = np.where(piece >= 0, self.ways.network.pieces.edge[piece], -1)
        breaks = np.flatnonzero((edge[1:] != edge[:-1]) | (against[1:] != against[:-1])) + 1
        for run in np.split(np.arange(len(piece)), breaks) if len(piece) else []:
            if edge[run[0]] < 0:
                spots += [self._spot(node[k + 1]) for k in run]
                continue
            ends = [self._bounds(int(piece[k])) for k in (run[0], run[-1])]
            back = int(against[run[0]])
            spots += self._stretch(int(edge[run[0]]), ends[0][back], ends[1][1 - back])
        spots += self._end(self.there, self.seeds, seed)[::-1]
        spots.append(self.there.xy[int(self.seeds.point[seed])])
        return shapely.LineString(spots)

    def _end(self, points: Points, links: Links, link: int) -> list[Floats]:
        """Return the line from a point to the node of one of its links."""
        made, legs = int(links.which[link]), points.legs
        if made >= 2 * len(legs.place):
            return [self._spot(int(links.node[link]))]
        leg = made % len(legs.place)
        low, high = self._bounds(int(self.ways.piece_of(legs)[0][leg]))
        end = low if made < len(legs.place) else high
        return self._stretch(int(legs.edge[leg]), float(legs.along_m[leg]), end)

    def _bounds(self, piece: int) -> tuple[float, float]:
        """Return where along its edge a piece begins and ends."""
        pieces, edges = self.ways.network.pieces, self.ways.network.edges
        length = float(edges["length_m"].iloc[int(pieces.edge[piece])])
        return float(pieces.low[piece]) * length, float(pieces.high[piece]) * length

    def _stretch(self, edge: int, start: float, end: float) -> list[Floats]:
        """Return the vertices of an edge from one place along it to another."""
        line = self.ways.network.edges.geometry.iloc[edge]
        if line.geom_type != "LineString":
            return []
        return list(shapely.get_coordinates(substring(line, start, end)))

    def _spot(self, node: int) -> Floats:
        """Return where a node is."""
        network, n = self.ways.network, len(self.ways.network.pieces.node_xy)
        if node < n or network.cells is None:
            spot: Floats = network.pieces.node_xy[node]
            return spot
        centre: Floats = network.cells.centres(np.array([node - n]))[0]
        return centre


def _direct(
    ways: Ways, here: Points, there: Points, goal: Ints | None
) -> tuple[Ints, Ints, Floats]:
    """Return the ways that need no node: straight walks, and rides along one stretch."""
    if goal is None:
        return ways.pairs(here, there, ways.walk_reach_m(here))
    origin = np.arange(len(goal))
    o, t, along = ways.same_piece(here, there)
    own = goal[o] == t
    minutes = np.concatenate([ways.walked(here, there, origin, goal), along[own]])
    origin, target = np.concatenate([origin, o[own]]), np.concatenate([goal, t[own]])
    keep = np.isfinite(minutes)
    return origin[keep], target[keep], minutes[keep]


def _search(ways: Ways, seeds: Links, taps: Links, goal: Ints | None) -> _Trails:
    """Search from the targets, each as far as its origins need."""
    from geoparty.travel import search
    from geoparty.travel.trails import trails

    graph, n = ways.graph, len(taps.first) - 1
    arrays = (graph.start, graph.other, graph.cost)
    links = (taps.first, taps.node, taps.minutes)
    if goal is None:
        first, bound = np.array([0, len(seeds.node)]), np.array([np.inf])
        order, bounds = np.arange(n), np.array([0, n])
    else:
        first, order = seeds.first, np.argsort(goal, kind="stable")
        bounds = np.searchsorted(goal[order], np.arange(len(first)))
        given = (first, seeds.node, seeds.minutes)
        minutes = search.by_target(*arrays, graph.part, *given, *links, bounds, order)
        far = np.where(np.isfinite(minutes), minutes, -1.0)
        bound = np.full(len(first) - 1, -1.0)
        np.maximum.at(bound, goal[order], far)
    found = trails(*arrays, first, seeds.node, seeds.minutes, *links, bounds, order, bound)
    return _in_order(order, _Trails(*found))


def _in_order(order: Ints, found: _Trails) -> _Trails:
    """Return trails by origin instead of by target."""
    back = np.argsort(order, kind="stable")
    length = np.diff(found.first)[back]
    first = np.concatenate([[0], np.cumsum(length)])
    step = np.arange(first[-1]) - np.repeat(first[:-1], length)
    node = found.node[np.repeat(found.first[:-1][back], length) + step]
    return _Trails(
        found.minutes[back], found.tap[back], found.seed[back], first, node.astype(np.int64)
    )
