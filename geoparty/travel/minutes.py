"""Minutes between points over the roads: nearest, paired, and every origin to every target."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Season
from geoparty.travel.access import Legs, find_legs, over_stream, points_xy
from geoparty.travel.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CELLS = 20_000_000
"""Distances held at once: targets a batch times nodes."""


def nearest_minutes(
    network: Network, origins: gpd.GeoSeries, targets: gpd.GeoSeries, *, season: Season | str
) -> pd.Series[float]:
    """Return minutes from each origin to the nearest of the targets.

    People walk straight to the road (times the detour factor), follow the roads the fastest
    way, and walk from the road to the target; or walk straight all the way where that is
    faster. Where fords are closed no walk crosses a stream.

    Parameters
    ----------
    origins, targets
        Points of any CRS; no point gives ``NaN`` (origins) or is left out (targets).

    Returns
    -------
    Series
        ``travel_min`` on the index of ``origins``; ``inf``: no way through; ``NaN``: not
        measured, no point or no roads.

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
    >>> places = gpd.GeoSeries([Point(103.1, 21.5), Point(103.1, 21.51), None], crs="EPSG:4326")
    >>> centre = gpd.GeoSeries([Point(103.0, 21.5)], crs="EPSG:4326")
    >>> nearest_minutes(network, places, centre, season="dry").round(1).tolist()
    [22.2, 39.3, nan]
    """
    trip = _Trip.of(network, origins, targets, season)
    if trip is None:
        return _not_measured(origins)
    graph, starts, ends = trip.graph()
    minutes = np.full(len(ends), np.inf)
    if len(starts):
        minutes = dijkstra(graph, indices=starts, min_only=True)[ends]
        minutes = np.minimum(minutes, trip.walked_to_nearest(minutes))
    return _series(origins, minutes, ~np.isfinite(trip.origin_xy[:, 0]))


def paired_minutes(
    network: Network, origins: gpd.GeoSeries, targets: gpd.GeoSeries, *, season: Season | str
) -> pd.Series[float]:
    """Return minutes from origin ``i`` to target ``i``, by position.

    As :func:`nearest_minutes`; ``NaN`` also where the target has no point.

    Raises
    ------
    ArgumentError
        Not as many targets as origins.
    """
    if len(origins) != len(targets):
        params = {"n_origins": len(origins), "n_targets": len(targets)}
        raise ArgumentError(Problem(key="travel.lengths_differ", params=params))
    goal_xy = points_xy(network, targets)
    _, first, goal = np.unique(goal_xy, axis=0, return_index=True, return_inverse=True)
    trip = _Trip.of(network, origins, targets.iloc[first], season)
    if trip is None:
        return _not_measured(origins)
    graph, starts, ends = trip.graph()
    minutes = np.full(len(ends), np.inf)
    order = np.argsort(goal, kind="stable")
    bounds = np.searchsorted(goal[order], np.arange(len(first) + 1))
    for low, high in _batches(len(first), graph.shape[0]):
        mine = order[bounds[low] : bounds[high]]
        distance = dijkstra(graph, indices=starts[low:high])
        minutes[mine] = distance[goal[mine] - low, ends[mine]]
    walked = trip.walked(np.arange(len(origins)), goal)
    minutes = np.fmin(minutes, walked)
    unknown = ~np.isfinite(trip.origin_xy[:, 0]) | ~np.isfinite(goal_xy[:, 0])
    return _series(origins, minutes, unknown)


def od_minutes(
    network: Network,
    origins: gpd.GeoSeries,
    targets: gpd.GeoSeries,
    *,
    season: Season | str,
    limit_min: float | None = None,
) -> csr_array:
    """Return minutes from every origin to every target that can be reached within the limit.

    Returns
    -------
    csr_array
        Origins by targets, by position. Stored entries are minutes, zeros included; an entry
        not stored is out of reach, past the limit, or not measured.
    """
    limit = np.inf if limit_min is None else limit_min
    shape = (len(origins), len(targets))
    trip = _Trip.of(network, origins, targets, season)
    if trip is None:
        return csr_array(shape)
    graph, starts, ends = trip.graph()
    rows, columns, values = trip.walked_pairs(limit)
    found = [(rows, columns, values)]
    for low, high in _batches(len(starts), graph.shape[0]):
        distance = dijkstra(graph, indices=starts[low:high], limit=limit)[:, ends]
        column, row = np.nonzero(np.isfinite(distance))
        found.append((row, column + low, distance[column, row]))
    rows, columns, values = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    start = np.searchsorted(rows[first], np.arange(shape[0] + 1))
    return csr_array((values[first], columns[first], start), shape=shape)


def _not_measured(origins: gpd.GeoSeries) -> pd.Series[float]:
    return pd.Series(np.nan, index=origins.index, name="travel_min")


def _series(origins: gpd.GeoSeries, minutes: Floats, unknown: Bools) -> pd.Series[float]:
    return pd.Series(np.where(unknown, np.nan, minutes), index=origins.index, name="travel_min")


def _batches(n: int, size: int) -> list[tuple[int, int]]:
    step = max(1, CELLS // max(size, 1))
    return [(low, min(low + step, n)) for low in range(0, n, step)]


@dataclass(frozen=True)
class _Trip:
    """Origins and targets on a network in one season."""

    network: Network
    season: Season
    origin_xy: Floats
    target_xy: Floats

    @classmethod
    def of(
        cls, network: Network, origins: gpd.GeoSeries, targets: gpd.GeoSeries, season: Season | str
    ) -> _Trip | None:
        """Return the trip, or None on a network without roads, where nothing is measured."""
        chosen = network.season(season)
        if network.is_empty:
            return None
        return cls(network, chosen, points_xy(network, origins), points_xy(network, targets))

    @property
    def walk_min_per_m(self) -> float:
        """Minutes for a metre as the crow flies."""
        return self.network.travel.detour_factor / self.network.walk_m_per_min(self.season)

    def legs(self, xy: Floats) -> Legs:
        legs = find_legs(self.network, xy)
        return legs if self.season.fords_open else legs.take(~legs.is_over_stream)

    def graph(self) -> tuple[csr_array, Ints, Ints]:
        """Return the graph backwards from targets to origins, and the nodes of both.

        Stretches of road are split where legs reach them. Targets only send and origins only
        receive, so that nobody travels through a place because it was asked about.
        """
        edges, minutes = self.network.edges, self.network.edge_minutes(self.season)
        to, away = self.legs(self.target_xy), self.legs(self.origin_xy)
        legs = Legs(
            *(
                np.concatenate([getattr(to, name), getattr(away, name)])
                for name in Legs.__dataclass_fields__
            )
        )
        n = len(self.network.node_xy)
        foot = n + np.arange(len(legs.place))
        starts = n + len(foot) + np.arange(len(self.target_xy))
        ends = n + len(foot) + len(starts) + np.arange(len(self.origin_xy))
        tail, head = edges["tail"].to_numpy(np.int64), edges["head"].to_numpy(np.int64)
        piece_tail, piece_head, piece = _pieces(legs, foot, tail, head, edges, minutes)
        tail, head = np.concatenate([tail, piece_tail]), np.concatenate([head, piece_head])
        road = np.concatenate([minutes, piece])
        walk = legs.straight_m * self.walk_min_per_m
        k = len(to.place)
        rows = np.concatenate([tail, head, starts[to.place], foot[k:]])
        columns = np.concatenate([head, tail, foot[:k], ends[away.place]])
        values = np.concatenate([road, road, walk])
        return (
            _matrix(rows, columns, values, int(n + len(foot) + len(starts) + len(ends))),
            starts,
            ends,
        )

    def walked(self, origin: Ints, target: Ints) -> Floats:
        """Return minutes for walking straight, ``inf`` where too far or over a closed stream."""
        start, end = self.origin_xy[origin], self.target_xy[target]
        straight = np.linalg.norm(end - start, axis=1)
        near = straight <= self.network.travel.max_walk_to_road_km * 1000
        minutes = np.where(near, straight * self.walk_min_per_m, np.inf)
        if not self.season.fords_open:
            near &= np.isfinite(minutes)
            near[near] = over_stream(self.network, start[near], end[near])
            minutes[near] = np.inf
        return minutes

    def walked_pairs(self, limit: float) -> tuple[Ints, Ints, Floats]:
        """Return every origin and target that a straight walk joins, and its minutes."""
        radius = min(self.network.travel.max_walk_to_road_km * 1000, limit / self.walk_min_per_m)
        here = np.flatnonzero(np.isfinite(self.origin_xy[:, 0]))
        there = np.flatnonzero(np.isfinite(self.target_xy[:, 0]))
        if not len(here) or not len(there):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        near = KDTree(self.origin_xy[here]).query_ball_tree(KDTree(self.target_xy[there]), radius)
        origin = np.repeat(here, [len(one) for one in near])
        target = there[np.concatenate([np.asarray(one, np.int64) for one in near])]
        minutes = self.walked(origin, target)
        kept = minutes <= limit
        return origin[kept], target[kept], minutes[kept]

    def walked_to_nearest(self, bound: Floats) -> Floats:
        """Return minutes of the shortest straight walk, where it can be below the bound."""
        best = np.full(len(self.origin_xy), np.inf)
        there = np.flatnonzero(np.isfinite(self.target_xy[:, 0]))
        open_ = np.flatnonzero(np.isfinite(self.origin_xy[:, 0]))
        tree = KDTree(self.target_xy[there])
        k, done = 1, 0
        while len(open_) and done < len(there):
            k = min(k, len(there))
            straight, which = tree.query(self.origin_xy[open_], k=np.arange(done + 1, k + 1))
            for column in range(which.shape[1]):
                hopeful = straight[:, column] * self.walk_min_per_m < np.minimum(bound, best)[open_]
                walked = self.walked(open_[hopeful], there[which[hopeful, column]])
                best[open_[hopeful]] = np.minimum(best[open_[hopeful]], walked)
            farther = straight[:, -1] * self.walk_min_per_m
            farther = np.where(
                straight[:, -1] > self.network.travel.max_walk_to_road_km * 1000, np.inf, farther
            )
            open_ = open_[farther < np.minimum(bound, best)[open_]]
            done, k = k, k * 4
        return best


def _pieces(
    legs: Legs, foot: Ints, tail: Ints, head: Ints, edges: pd.DataFrame, minutes: Floats
) -> tuple[Ints, Ints, Floats]:
    """Split the edges that legs reach: tail, feet in order, head."""
    order = np.lexsort((legs.along_m, legs.edge))
    edge, along, foot = legs.edge[order], legs.along_m[order], foot[order]
    length = edges["length_m"].to_numpy()
    rate = minutes[edge] / length[edge]
    opens = np.concatenate([[True], edge[1:] != edge[:-1]])[: len(edge)]
    closes = np.concatenate([edge[1:] != edge[:-1], [True]])[-len(edge) :] if len(edge) else opens
    before = np.where(opens, tail[edge], np.concatenate([[0], foot[:-1]])[: len(edge)])
    gap = along - np.where(opens, 0.0, np.concatenate([[0.0], along[:-1]])[: len(edge)])
    rest = length[edge[closes]] - along[closes]
    return (
        np.concatenate([before, foot[closes]]),
        np.concatenate([foot, head[edge[closes]]]),
        np.maximum(np.concatenate([gap * rate, rest * rate[closes]]), 0.0),
    )


def _matrix(rows: Ints, columns: Ints, values: Floats, n: int) -> csr_array:
    """Assemble the graph, the shortest of parallel edges kept, closed ones left out."""
    keep = np.isfinite(values) & (rows != columns)
    rows, columns, values = rows[keep], columns[keep], values[keep]
    order = np.lexsort((values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    start = np.searchsorted(rows[first], np.arange(n + 1))
    return csr_array((values[first], columns[first], start), shape=(n, n))
