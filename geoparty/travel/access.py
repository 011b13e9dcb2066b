"""How people get from a place to the road: straight walking legs, and what blocks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty.errors import ArgumentError, Problem
from geoparty.travel.network import Network
from geoparty.travel.pieces import INSIDE_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEGS = 4
"""Ways to the road kept for a place: its nearest stretches of road."""
WIDER = 1.5
WIDER_M = 200.0
"""Stretches up to this many times (and metres) farther than the nearest are looked at."""


@dataclass(frozen=True)
class Legs:
    """Walking legs between places and the road, the same for every season.

    ``place`` and ``edge`` are positions; ``along_m`` is where on the edge, ``straight_m`` how
    far, ``order_met`` the largest order of the streams it meets (0: none).
    """

    place: Ints
    edge: Ints
    along_m: Floats
    straight_m: Floats
    order_met: NDArray[np.int16]

    def take(self, chosen: Bools | Ints) -> Legs:
        """Return some of the legs."""
        return Legs(
            self.place[chosen],
            self.edge[chosen],
            self.along_m[chosen],
            self.straight_m[chosen],
            self.order_met[chosen],
        )


def points_xy(network: Network, points: gpd.GeoSeries) -> Floats:
    """Return the points in the network's metres, NaN where there is no point."""
    if points.crs is None:
        raise ArgumentError(Problem(key="travel.no_crs"))
    geometry = points.to_crs(network.crs).to_numpy()
    geometry = np.where(shapely.is_empty(geometry), None, geometry)
    return np.column_stack([shapely.get_x(geometry), shapely.get_y(geometry)])


def find_legs(network: Network, xy: Floats, reach_m: Floats, *, keeps_all: Bools) -> Legs:
    """Find the ways to the road for each point, no longer than its reach.

    Kept are the nearest stretches of road, and where streams cut all of them off the nearest
    one on the point's own bank; all stretches for points that keep all, so that a road drawn
    beside a place never takes another from it.
    """
    known = np.flatnonzero(np.isfinite(xy[:, 0]))
    if not len(network.road_rows) or not len(known):
        return Legs(*(np.zeros(0, t) for t in (np.int64, np.int64, float, float, np.int16)))
    points = shapely.points(xy[known])
    # without the distance to search in, which would look at all the roads within it
    (which, _), nearest = network.road_tree.query_nearest(
        points, return_distance=True, all_matches=False
    )
    within = nearest <= reach_m[known[which]]
    which, nearest = which[within], nearest[within]
    place, points = known[which], points[which]
    wanted = np.where(keeps_all[place], np.inf, nearest * WIDER + WIDER_M)
    radius = np.minimum(wanted, reach_m[place])
    legs = _legs(network, xy, place, points, radius)
    rank = pd.Series(legs.place).groupby(legs.place).cumcount().to_numpy()
    kept = legs.take((rank < LEGS) | keeps_all[legs.place])
    return _with_own_bank(network, xy, place, points, radius, kept, reach_m)


def _legs(network: Network, xy: Floats, place: Ints, points: NDArray[Any], radius: Floats) -> Legs:
    """All legs within each point's radius, nearest first, one per node or stretch."""
    which, row = network.road_tree.query(points, predicate="dwithin", distance=radius)
    edge = network.road_rows[row]
    line = network.road_lines[row]
    straight = shapely.distance(points[which], line)
    along = shapely.line_locate_point(line, points[which])
    length = network.edges["length_m"].to_numpy()[edge]
    tail, head = network.edges["tail"].to_numpy()[edge], network.edges["head"].to_numpy()[edge]
    end = np.where(along <= 0, tail, np.where(along >= length, head, -1 - edge))
    order = np.lexsort((edge, straight, place[which]))
    pair = pd.DataFrame({"place": which, "end": end}).iloc[order]
    order = order[~pair.duplicated().to_numpy()]
    inside = np.minimum(INSIDE_M, length / 2)
    spot = shapely.line_interpolate_point(line, np.clip(along, inside, length - inside))
    foot = np.column_stack([shapely.get_x(spot), shapely.get_y(spot)])
    met = network.water.order_met(xy[place[which]], foot)
    return Legs(place[which], edge, along, straight, met).take(order)


def _with_own_bank(
    network: Network,
    xy: Floats,
    place: Ints,
    points: NDArray[Any],
    radius: Floats,
    legs: Legs,
    reach_m: Floats,
) -> Legs:
    """Add, for points with legs over streams only, the nearest leg that meets none."""
    found = [legs]
    dry = np.unique(legs.place[legs.order_met == 0])
    while len(network.water.lines):
        lacking = ~np.isin(place, dry)
        place, points, radius = place[lacking], points[lacking], radius[lacking]
        if not len(place):
            break
        more = _legs(network, xy, place, points, radius)
        more = more.take(more.order_met == 0)
        _, first = np.unique(more.place, return_index=True)
        found.append(more.take(first))
        dry = more.place[first]
        open_ = radius < reach_m[place]
        place, points = place[open_], points[open_]
        radius = np.minimum(radius[open_] * 2, reach_m[place])
    return Legs(
        *(np.concatenate([getattr(f, name) for f in found]) for name in Legs.__dataclass_fields__)
    )
