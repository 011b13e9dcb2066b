"""The way itself: a line, with what of it is walked and what is ridden."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty import schema
from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Season
from geoparty.travel.graph import Links
from geoparty.travel.minutes import points_on
from geoparty.travel.network import Network
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lines = NDArray[Any]


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
class _Side:
    """Points where ways begin or end, their links, and the piece and walk of each of their legs."""

    points: Points
    links: Links
    piece: Ints
    walk_min: Floats
    into: bool

    @classmethod
    def of(cls, ways: Ways, points: Points, *, into: bool) -> _Side:
        """Find what one side of all ways has; ``into`` the graph or out of it."""
        piece, _ = ways.piece_of(points.legs)
        return cls(points, ways.links(points, into=into), piece, ways.leg_minutes(points), into)

    def leg(self, link: int) -> tuple[int, bool]:
        """Return the leg a link is made of, and whether to the tail of its piece; -1: of none."""
        made, n_legs = int(self.links.which[link]), len(self.points.legs.place)
        return (made % n_legs, made < n_legs) if made < 2 * n_legs else (-1, False)


@dataclass(frozen=True)
class _Finder:
    """Shortest ways to the target of each origin, and what is needed to draw them."""

    ways: Ways
    here: _Side
    there: _Side
    trails: _Trails
    direct: dict[int, tuple[int, float]]

    @classmethod
    def of(cls, ways: Ways, here: Points, there: Points, goal: Ints | None) -> _Finder:
        """Find the ways: to target ``goal[i]`` of origin ``i``, or to the nearest."""
        start, end = _Side.of(ways, here, into=True), _Side.of(ways, there, into=False)
        origin, target, minutes = _direct(ways, here, there, goal)
        order = np.argsort(-minutes, kind="stable")
        pairs = zip(target[order].tolist(), minutes[order].tolist(), strict=True)
        direct = dict(zip(origin[order].tolist(), pairs, strict=True))
        return cls(ways, start, end, _search(ways, end.links, start.links, goal), direct)

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
        here, there = self.here.points, self.there.points
        ends = here.xy[i], there.xy[target]
        pair = np.array([i]), np.array([target])
        if self.ways.walked(here, there, *pair)[0] <= minutes:
            return minutes, shapely.LineString(ends)
        one, two = here.legs, there.legs
        feet = [
            (float(self.here.walk_min[a] + self.there.walk_min[b]), int(a), int(b))
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
        one, two = self.here.points.legs, self.there.points.legs
        edge, apart = int(one.edge[a]), float(two.along_m[b] - one.along_m[a])
        share = abs(apart) / float(self._length_m[edge])
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
        for side, link in self._ends(i):
            leg, to_tail = side.leg(link)
            if leg >= 0 and not self._is_walked_to(side, leg, to_tail=to_tail):
                ride += float(side.links.minutes[link] - side.walk_min[leg])
        return ride

    def _is_walked_to(self, side: _Side, leg: int, *, to_tail: bool) -> bool:
        """Whether the road between the foot of a leg and the next node is walked."""
        edge = int(side.points.legs.edge[leg])
        return bool(self.ways.is_walked[int(to_tail == side.into)][edge])

    def _ends(self, i: int) -> list[tuple[_Side, int]]:
        """Return the links at the ends of a way."""
        return [(self.here, int(self.trails.tap[i])), (self.there, int(self.trails.seed[i]))]

    def _line(self, i: int) -> shapely.LineString:
        """Draw the way of an origin."""
        node, piece, against = self._steps(i)
        (_, tap), (_, seed) = self._ends(i)
        spots = [self.here.points.xy[i], *self._end(self.here, tap), self._spot(node[0])]
        edge = np.where(piece >= 0, self.ways.network.pieces.edge[piece], -1)
        breaks = np.flatnonzero((edge[1:] != edge[:-1]) | (against[1:] != against[:-1])) + 1
        for run in np.split(np.arange(len(piece)), breaks) if len(piece) else []:
            if edge[run[0]] < 0:
                spots += [self._spot(node[k + 1]) for k in run]
                continue
            ends = [self._bounds(int(piece[k])) for k in (run[0], run[-1])]
            back = int(against[run[0]])
            spots += self._stretch(int(edge[run[0]]), ends[0][back], ends[1][1 - back])
        spots += self._end(self.there, seed)[::-1]
        target = int(np.searchsorted(self.there.links.first, seed, side="right")) - 1
        spots.append(self.there.points.xy[target])
        return shapely.LineString(spots)

    def _end(self, side: _Side, link: int) -> list[Floats]:
        """Return the line from a point to the node of one of its links."""
        leg, to_tail = side.leg(link)
        if leg < 0:
            return [self._spot(int(side.links.node[link]))]
        low, high = self._bounds(int(side.piece[leg]))
        legs = side.points.legs
        end = low if to_tail else high
        return self._stretch(int(legs.edge[leg]), float(legs.along_m[leg]), end)

    def _bounds(self, piece: int) -> tuple[float, float]:
        """Return where along its edge a piece begins and ends."""
        pieces = self.ways.network.pieces
        length = float(self._length_m[pieces.edge[piece]])
        return float(pieces.low[piece]) * length, float(pieces.high[piece]) * length

    @cached_property
    def _length_m(self) -> Floats:
        """Length of every edge."""
        length: Floats = self.ways.network.edges["length_m"].to_numpy(float)
        return length

    @cached_property
    def _lines(self) -> tuple[Lines, Floats, Ints]:
        """Lines of the edges, their vertices, and the first vertex of each."""
        lines = self.ways.network.edges.geometry.to_numpy()
        xy, edge = shapely.get_coordinates(lines, return_index=True)
        return lines, xy, np.searchsorted(edge, np.arange(len(lines) + 1))

    def _stretch(self, edge: int, start: float, end: float) -> list[Floats]:
        """Return the vertices of an edge from one place along it to another."""
        lines, xy, first = self._lines
        own = xy[first[edge] : first[edge + 1]]
        if len(own) < 2:
            return []
        tips = shapely.get_coordinates(shapely.line_interpolate_point(lines[edge], [start, end]))
        low, high = min(start, end), max(start, end)
        if low == high or low >= self._length_m[edge]:
            return [tips[0]]
        along = np.cumsum(np.sqrt((np.diff(own[:-1], axis=0) ** 2).sum(axis=1)))
        between = own[1:-1][(along > low) & (along < high)]
        return [tips[0], *(between if start < end else between[::-1]), tips[1]]

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
    from geoparty.travel.trails import trails

    graph, n = ways.graph, len(taps.first) - 1
    if goal is None:
        first, order, bounds = np.array([0, len(seeds.node)]), np.arange(n), np.array([0, n])
    else:
        first, order = seeds.first, np.argsort(goal, kind="stable")
        bounds = np.searchsorted(goal[order], np.arange(len(first)))
    found = trails(
        graph.start,
        graph.other,
        graph.cost,
        graph.part,
        first,
        seeds.node,
        seeds.minutes,
        taps.first,
        taps.node,
        taps.minutes,
        bounds,
        order,
        True,
    )
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
