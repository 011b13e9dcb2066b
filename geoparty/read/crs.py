"""The coordinate system of a file: stated, missing or contradicted; everything to WGS 84."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj.exceptions import CRSError

from geoparty.errors import Problem
from geoparty.read.vn2000 import crs_of, with_datum, zones_of
from geoparty.schema import CRS


def settle_crs(geometry: gpd.GeoSeries, stated: str | None) -> tuple[gpd.GeoSeries, list[Problem]]:
    """Return the geometry with the CRS it is really in, and what is wrong or was changed.

    ``stated`` is what the project says of the file; it wins over the file's own.
    """
    notes: list[Problem] = []
    if stated:
        try:
            crs = crs_of(stated)
        except CRSError:
            return geometry, [Problem(key="read.unknown_crs", params={"crs": stated})]
        if geometry.crs is not None and geometry.crs != crs:
            params = {"crs": crs.name, "old": geometry.crs.name}
            notes.append(Problem(key="read.crs_replaced", params=params, severity="warning"))
        geometry = geometry.set_crs(crs, allow_override=True)
    if geometry.crs is None:
        return geometry, [_unknown(geometry, "read.no_crs", {})]
    if zone := with_datum(geometry.crs):
        geometry = geometry.set_crs(zone.epsg, allow_override=True)
        params = {"crs": zone.name}
        notes.append(Problem(key="read.datum_added", params=params, severity="warning"))
    return geometry, [*notes, *_contradictions(geometry)]


def to_wgs84(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the geometry in EPSG:4326, without heights, on a plain index."""
    flat = geometry.set_axis(pd.RangeIndex(len(geometry)))
    if flat.has_z.any():
        flat = flat.force_2d()
    if flat.crs.to_epsg() == 4326 or flat.crs.to_authority() == ("OGC", "CRS84"):
        return flat.set_crs(CRS, allow_override=True)
    return flat.to_crs(CRS)


def _contradictions(geometry: gpd.GeoSeries) -> list[Problem]:
    bounds = geometry.bounds.to_numpy()
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        return []
    x, y = np.abs(known[:, [0, 2]]), np.abs(known[:, [1, 3]])
    params = {"crs": geometry.crs.name, "x": f"{known[0, 0]:.6g}", "y": f"{known[0, 1]:.6g}"}
    if not geometry.crs.is_geographic:
        degrees = (x <= 180).all() and (y <= 90).all()
        return [Problem(key="read.degrees_as_metres", params=params)] if degrees else []
    beyond = (x > 180).any(axis=1) | (y > 90).any(axis=1)
    if beyond.mean() <= 0.5:
        return []
    if (x[beyond] <= 90).all() and (y[beyond] <= 180).all():
        return [Problem(key="read.swapped", params=params)]
    return [_unknown(geometry, "read.metres_as_degrees", params)]


def _unknown(geometry: gpd.GeoSeries, key: str, params: dict[str, object]) -> Problem:
    """Return the problem, naming the VN-2000 zones the coordinates would fit."""
    fits = [f"{zone.name} (EPSG:{zone.epsg}: {zone.used_in})" for zone in zones_of(geometry)]
    if not fits:
        return Problem(key=key, params=params)
    return Problem(key=f"{key}_zones", params={**params, "zones": fits})
