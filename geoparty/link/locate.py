"""Points against commune polygons: in which they lie, and how far from their own."""

from __future__ import annotations

from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from geoparty import schema
from geoparty.errors import ArgumentError, Problem

TOLERANCE_M = 100.0
"""Commune lines of different origin and scale disagree by tens of metres; a point this near
its own commune counts as inside."""
Geo = TypeVar("Geo", gpd.GeoSeries, gpd.GeoDataFrame)
_WGS84 = Geod(ellps="WGS84")
_DEGREES = TOLERANCE_M / 100_000  # at least the tolerance in degrees, up to 25 degrees north


def communes_at(points: gpd.GeoSeries, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return every pair of point and commune that covers it: columns row, commune_code.

    ``row`` is from the points' index. Missing and empty points have no pair; a point on a
    shared line, or where communes overlap, has several.
    """
    points, communes = _degrees(points), _degrees(communes)
    usable = points[points.notna() & ~points.is_empty]
    tree = shapely.STRtree(usable.to_numpy())
    polygon, point = tree.query(communes.geometry.to_numpy(), predicate="intersects")
    pairs = pd.DataFrame(
        {"row": usable.index.to_numpy()[point], "commune_code": communes.index.to_numpy()[polygon]}
    )
    return pairs.sort_values(["row", "commune_code"], ignore_index=True)


def location_of(
    points: gpd.GeoSeries, commune_code: pd.Series[Any], communes: gpd.GeoDataFrame
) -> pd.Series[Any]:
    """Return one of :data:`geoparty.schema.LOCATIONS` for each point and its own commune.

    ``given`` up to :data:`TOLERANCE_M` outside the commune's line. All on one index.
    """
    pairs = communes_at(points, communes)
    usable = points.notna() & ~points.is_empty
    inside_any = points.index.isin(pairs["row"])
    own = pairs["commune_code"].to_numpy() == commune_code.reindex(pairs["row"]).to_numpy()
    inside_own = points.index.isin(pairs.loc[own, "row"])
    out = pd.Series("missing", index=points.index, dtype="str", name="location")
    out[usable & inside_any] = "outside_commune"
    out[usable & ~inside_any] = "outside_all"
    out[usable & inside_own] = "given"
    doubtful = out.index[out.str.startswith("outside")]
    near = _is_near(points.loc[doubtful], commune_code.loc[doubtful], communes)
    out[doubtful[near]] = "given"
    return out


def _is_near(
    points: gpd.GeoSeries, commune_code: pd.Series[Any], communes: gpd.GeoDataFrame
) -> np.ndarray[Any, Any]:
    """Whether each point is within the tolerance of its own commune, in metres."""
    points, communes = _degrees(points), _degrees(communes)
    near = np.zeros(len(points), dtype=bool)
    known = commune_code.isin(communes.index).to_numpy()
    place = points.to_numpy()[known]
    own = communes.geometry.reindex(commune_code[known]).to_numpy()
    close = shapely.dwithin(own, place, _DEGREES)
    line = shapely.get_coordinates(shapely.shortest_line(own[close], place[close]))
    start, end = line[::2], line[1::2]
    metres = _WGS84.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2]
    at = np.flatnonzero(known)[close]
    near[at] = np.asarray(metres) <= TOLERANCE_M
    return near


def _degrees(frame: Geo) -> Geo:
    if frame.crs is None:
        raise ArgumentError(Problem(key="link.no_crs"))
    return frame if frame.crs == schema.CRS else frame.to_crs(schema.CRS)
