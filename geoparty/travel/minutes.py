"""Minutes between points over the roads: nearest, paired, and every origin to every target."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Season
from geoparty.travel.access import points_xy
from geoparty.travel.graph import core
from geoparty.travel.network import Network
from geoparty.travel.ways import Points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def network_minutes(
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
        measured, for one of the reasons :func:`geoparty.travel.unmeasured` tells.

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
    >>> network_minutes(network, places, centre, season="dry").round(1).tolist()
    [22.2, 39.3, nan]
    """
    from geoparty.travel import search

    if network.is_empty:
        return _not_measured(origins)
    ways = network.ways(season)
    here, there = points_on(network, origins), points_on(network, targets)
    dist, taps = ways.minutes_to(ways.links(there, into=False)), ways.links(here, into=True)
    minutes = search.tap(dist, taps.first, taps.node, taps.minutes)
    reach = np.minimum(ways.walk_reach_m(here), minutes / ways.straight_rate(here))
    origin, _, direct = ways.pairs(here, there, reach)
    np.minimum.at(minutes, origin, direct)
    return _series(origins, minutes, here.is_known & ~(here.is_lost & np.isinf(minutes)))


def paired_minutes(
    network: Network, origins: gpd.GeoSeries, targets: gpd.GeoSeries, *, season: Season | str
) -> pd.Series[float]:
    """Return minutes from origin ``i`` to target ``i``, by position.

    As :func:`network_minutes`; ``NaN`` also where the target has no point.

    Raises
    ------
    ArgumentError
        Not as many targets as origins.
    """
    if len(origins) != len(targets):
        params = {"n_origins": len(origins), "n_targets": len(targets)}
        raise ArgumentError(Problem(key="travel.lengths_differ", params=params))
    from geoparty.travel.trails import trails

    if network.is_empty:
        return _not_measured(origins)
    ways = network.ways(season)
    here, there = points_on(network, origins), points_on(network, targets)
    _, first, goal = np.unique(there.xy, axis=0, return_index=True, return_inverse=True)
    there = points_on(network, targets.iloc[first])
    graph, seeds, taps = ways.graph, ways.links(there, into=False), ways.links(here, into=True)
    order = np.argsort(goal, kind="stable")
    bounds = np.searchsorted(goal[order], np.arange(len(first) + 1))
    minutes = np.empty(len(origins))
    minutes[order], *_ = trails(
        graph.start,
        graph.other,
        graph.cost,
        graph.part,
        seeds.first,
        seeds.node,
        seeds.minutes,
        taps.first,
        taps.node,
        taps.minutes,
        bounds,
        order,
        False,
    )
    walked = ways.walked(here, there, np.arange(len(origins)), goal)
    origin, target, along = ways.same_piece(here, there)
    paired = goal[origin] == target
    np.minimum.at(minutes, origin[paired], along[paired])
    minutes = np.minimum(minutes, walked)
    known = here.is_known & there.is_known[goal]
    lost = here.is_lost | there.is_lost[goal]
    return _series(origins, minutes, known & ~(lost & np.isinf(minutes)))


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
    from geoparty.travel import search

    limit = np.inf if limit_min is None else limit_min
    shape = (len(origins), len(targets))
    if network.is_empty:
        return csr_array(shape)
    ways = network.ways(season)
    here, there = points_on(network, origins), points_on(network, targets)
    graph, seeds, taps = ways.graph, ways.links(there, into=False), ways.links(here, into=True)
    nothing = np.zeros(0, np.int64)
    direct: tuple[Ints, Ints, Floats] = (nothing, nothing, np.zeros(0))
    if network.cells is None and ways.is_symmetric:
        small = core(graph, seeds, taps, limit)
        graph, seeds, taps, direct = small.graph, small.seeds, small.taps, small.direct
    first, row, minutes = search.matrix(
        graph.start,
        graph.other,
        graph.cost,
        seeds.first,
        seeds.node,
        seeds.minutes,
        *taps.by_node(graph.n_nodes),
        shape[0],
        limit,
    )
    column = np.repeat(np.arange(shape[1]), np.diff(first))
    reach = np.minimum(ways.walk_reach_m(here), limit / ways.straight_rate(here))
    origin, target, on_foot = ways.pairs(here, there, reach)
    keep = on_foot <= limit
    return _least(
        np.concatenate([row, direct[0], origin[keep]]),
        np.concatenate([column, direct[1], target[keep]]),
        np.concatenate([minutes, direct[2], on_foot[keep]]),
        shape,
    )


def points_on(network: Network, points: gpd.GeoSeries) -> Points:
    """Return points with their ways to the network; kept, for they are those of every season."""
    return network.kept_points(points_xy(network, points))


def _not_measured(origins: gpd.GeoSeries) -> pd.Series[float]:
    return pd.Series(np.nan, index=origins.index, name="travel_min")


def _series(origins: gpd.GeoSeries, minutes: Floats, is_known: Bools) -> pd.Series[float]:
    return pd.Series(np.where(is_known, minutes, np.nan), index=origins.index, name="travel_min")


def _least(row: Ints, column: Ints, minutes: Floats, shape: tuple[int, int]) -> csr_array:
    """Return the matrix of the least entries, zeros stored."""
    order = np.lexsort((minutes, column, row))
    row, column, minutes = row[order], column[order], minutes[order]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    start = np.searchsorted(row[first], np.arange(shape[0] + 1))
    return csr_array((minutes[first], column[first], start), shape=shape)
