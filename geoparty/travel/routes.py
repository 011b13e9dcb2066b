"""The way itself: a line, with what of it is walked and what is ridden."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geoparty import schema
from geoparty.settings import Season
from geoparty.travel.graph import Links
from geoparty.travel.minutes import points_on
from geoparty.travel.network import Network
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def routes(
    network: Network, origins: gpd.GeoSeries, targets: gpd.GeoSeries, *, season: Season | str
) -> gpd.GeoDataFrame:
    """Return the fastest way from each origin to the nearest target.

    Returns
    -------
    GeoDataFrame
        On the index of ``origins``: travel_min as :func:`geoparty.travel.nearest_minutes` gives
        it, walk_min and ride_min which add up to it, and the line in EPSG:4326 (None: no way,
        or not measured). Walks over terrain are drawn from cell to cell.

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
    here = points_on(network, origins)
    names = ["travel_min", "walk_min", "ride_min"]
    table = np.full((len(origins), 3), np.nan)
    lines = np.full(len(origins), None, dtype=object)
    if not network.is_empty:
        finder = _Finder.of(network, here, points_on(network, targets), season)
        for i in np.flatnonzero(here.is_known):
            table[i, 0], table[i, 1], lines[i] = finder.way(int(i))
        table[:, 2] = np.maximum(table[:, 0] - table[:, 1], 0.0)
    geometry = gpd.GeoSeries(lines, index=origins.index, crs=network.crs).to_crs(schema.CRS)
    return gpd.GeoDataFrame(
        pd.DataFrame(table, index=origins.index, columns=names), geometry=geometry
    )


@dataclass(frozen=True)
class _Finder:
    """Shortest ways to the nearest target, and what is needed to draw them."""

    ways: Ways
    here: Points
    there: Points
    taps: Links
    seeds: Links
    dist: Floats
    before: NDArray[np.int32]
    seed_at: dict[int, int]
    direct: dict[int, tuple[int, float]]
    piece_at: dict[tuple[int, int], int]
    length: Floats
    lines: NDArray[Any]

    @classmethod
    def of(cls, network: Network, here: Points, there: Points, season: Season | str) -> _Finder:
        from geoparty.travel import search

        ways = network.ways(season)
        graph = ways.graph
        seeds, taps = ways.links(there, into=False), ways.links(here, into=True)
        dist, before = search.spread(
            graph.start, graph.other, graph.cost, seeds.node, seeds.minutes
        )
        order = np.argsort(-seeds.minutes, kind="stable")
        seed_at = dict(zip(seeds.node[order].tolist(), order.tolist(), strict=True))
        origin, target, minutes = ways.pairs(here, there, ways.walk_reach_m(here))
        order = np.argsort(-minutes, kind="stable")
        pairs = zip(target[order].tolist(), minutes[order].tolist(), strict=True)
        direct = dict(zip(origin[order].tolist(), pairs, strict=True))
        pieces = network.pieces
        order = np.argsort(-ways.piece_minutes, kind="stable")
        drawn = network.edges["length_m"].to_numpy(float), network.edges.geometry.to_numpy()
        ends = np.sort(np.column_stack([pieces.tail, pieces.head])[order], axis=1).tolist()
        piece_at = dict(zip(map(tuple, ends), order.tolist(), strict=True))
        return cls(ways, here, there, taps, seeds, dist, before, seed_at, direct, piece_at, *drawn)

    def way(self, i: int) -> tuple[float, float, shapely.LineString | None]:
        """Return minutes, those walked, and the line of one origin's way."""
        span = slice(self.taps.first[i], self.taps.first[i + 1])
        by_tap = self.dist[self.taps.node[span]] + self.taps.minutes[span]
        best = float(by_tap.min()) if len(by_tap) else np.inf
        target, minutes = self.direct.get(i, (-1, np.inf))
        if np.isfinite(minutes) and minutes <= best:
            return minutes, *self._straight(i, target, minutes)
        if not np.isfinite(best):
            return np.inf, np.nan, None
        return best, *self._along(i, span.start + int(by_tap.argmin()))

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
        edge = int(one.edge[a])
        line = self._stretch(edge, one.along_m[a], two.along_m[b])
        walk = minutes if self.ways.is_walked[edge] else float(walk)
        return walk, shapely.LineString([ends[0], *line, ends[1]])

    def _over(self, walk: float, a: int, b: int) -> float:
        """Return the minutes of two legs and the road between them."""
        edge = int(self.here.legs.edge[a])
        apart = abs(self.here.legs.along_m[a] - self.there.legs.along_m[b])
        return walk + float(apart / self.length[edge] * self.ways.edge_minutes[edge])

    def _along(self, i: int, tap: int) -> tuple[float, shapely.LineString]:
        """Follow the tree of shortest ways from the origin's best tap to a target."""
        nodes = [int(self.taps.node[tap])]
        while self.before[nodes[-1]] >= 0:
            nodes.append(int(self.before[nodes[-1]]))
        seed = self.seed_at[nodes[-1]]
        walk, line = self._end(self.here, self.taps, tap)
        spots = [self.here.xy[i], *line]
        for a, b in pairwise(nodes):
            more, line = self._step(a, b)
            walk += more
            spots += line
        more, line = self._end(self.there, self.seeds, seed)
        spots += [*line[::-1], self.there.xy[int(self.seeds.point[seed])]]
        return walk + more, shapely.LineString(spots)

    def _end(self, points: Points, links: Links, link: int) -> tuple[float, list[Floats]]:
        """Return the minutes walked and the line from a point to the node of one of its links."""
        made, legs = int(links.which[link]), points.legs
        if made >= 2 * len(legs.place):
            return float(links.minutes[link]), [self._spot(int(links.node[link]))]
        leg = made % len(legs.place)
        edge = int(legs.edge[leg])
        low, high = self._bounds(edge, int(self.ways.piece_of(legs)[0][leg]))
        end = low if made < len(legs.place) else high
        walk = (
            links.minutes[link] if self.ways.is_walked[edge] else self.ways.leg_minutes(points)[leg]
        )
        return float(walk), self._stretch(edge, float(legs.along_m[leg]), end)

    def _step(self, a: int, b: int) -> tuple[float, list[Floats]]:
        """Return the minutes walked and the line between two nodes."""
        piece = self.piece_at.get((min(a, b), max(a, b)))
        if piece is None:
            return float(self.dist[a] - self.dist[b]), [self._spot(a), self._spot(b)]
        pieces = self.ways.network.pieces
        edge = int(pieces.edge[piece])
        low, high = self._bounds(edge, piece)
        forward = int(pieces.tail[piece]) == a
        line = self._stretch(edge, *((low, high) if forward else (high, low)))
        return float(self.dist[a] - self.dist[b]) if self.ways.is_walked[edge] else 0.0, line

    def _bounds(self, edge: int, piece: int) -> tuple[float, float]:
        """Return where along its edge a piece begins and ends."""
        pieces = self.ways.network.pieces
        part = float(self.length[edge]) / int(pieces.count[edge])
        step = piece - int(pieces.first[edge])
        return step * part, (step + 1) * part

    def _stretch(self, edge: int, start: float, end: float) -> list[Floats]:
        """Return the vertices of an edge from one place along it to another."""
        line = self.lines[edge]
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
