"""The coordinate system of a file: stated, missing or contradicted; everything to WGS 84."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError

from geoparty.errors import Problem
from geoparty.read.vn2000 import crs_of, with_datum, zones_of
from geoparty.schema import CRS

_BESIDE_DEG = np.array([6.0, 15.0])
"""Degrees of longitude and latitude: files are kept in the zone beside their own too, and the
zones of VN-2000 are said to be used in some provinces only."""
NEAR_DEG = 0.5
"""About 50 km: a layer with nothing so near the communes is not of this project."""


def settle_crs(geometry: gpd.GeoSeries, stated: str | None) -> tuple[gpd.GeoSeries, list[Problem]]:
    """Return the geometry with the CRS it is really in, and what is wrong or was changed.

    ``stated`` is what the project says of the file; it wins over the file's own.
    """
    crs, notes = _settled(geometry.crs, stated)
    if crs is None:
        return geometry, notes or [_unknown(geometry, "read.no_crs", {})]
    geometry = geometry.set_crs(crs, allow_override=True)
    return geometry, [*notes, *_contradictions(geometry)]


def settle_raster_crs(
    crs: pyproj.CRS | None, bounds: tuple[float, float, float, float], stated: str | None
) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the CRS a raster of this extent is really in, and what is wrong or was changed.

    Of one in degrees the middle is looked at: those from 0 to 360 reach beyond 180.
    """
    extent = shapely.box(*bounds)
    settled, _ = _settled(crs, stated)
    looked_at = extent.centroid if settled is not None and settled.is_geographic else extent
    geometry, notes = settle_crs(gpd.GeoSeries([looked_at], crs=crs), stated)
    return geometry.crs, notes


def _settled(crs: pyproj.CRS | None, stated: str | None) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the CRS a label and the project come to, None where there is none that is known."""
    notes: list[Problem] = []
    if stated:
        try:
            given = crs_of(stated)
        except CRSError:
            return None, [Problem(key="read.unknown_crs", params={"crs": stated})]
        if crs is not None and crs != given:
            params = {"crs": given.name, "old": crs.name}
            notes.append(Problem(key="read.crs_replaced", params=params, severity="warning"))
        crs = given
    if crs is not None and (zone := with_datum(crs)):
        crs = pyproj.CRS.from_epsg(zone.epsg)
        params = {"crs": zone.name}
        notes.append(Problem(key="read.datum_added", params=params, severity="warning"))
    return crs, notes


def to_wgs84(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the geometry in EPSG:4326, without heights, on a plain index."""
    flat = geometry.set_axis(pd.RangeIndex(len(geometry)))
    if flat.has_z.any():
        flat = flat.force_2d()
    if flat.crs.to_epsg() == 4326 or flat.crs.to_authority() == ("OGC", "CRS84"):
        return flat.set_crs(CRS, allow_override=True)
    return flat.to_crs(CRS)


def elsewhere(
    bounds: npt.NDArray[np.float64], communes: gpd.GeoDataFrame, *, near_deg: float = NEAR_DEG
) -> Problem | None:
    """Return a problem when no feature comes near the communes; all in EPSG:4326.

    ``bounds`` has a row of west, south, east, north for each feature.

    Examples
    --------
    >>> home = gpd.GeoDataFrame(geometry=[shapely.box(103, 21, 104, 22)], crs=4326)
    >>> elsewhere(np.array([[103.2, 21.2, 103.3, 21.3]]), home) is None
    True
    >>> elsewhere(np.array([[21.2, 103.2, 21.3, 103.3]]), home).key
    'read.elsewhere'
    """
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    west, south, east, north = communes.total_bounds
    low, high = bounds[:, :2] - near_deg, bounds[:, 2:] + near_deg
    near = (low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1)
    if near.any() or not len(bounds):
        return None
    lon, lat = (bounds[0, :2] + bounds[0, 2:]) / 2
    params = {"lon": f"{lon:.2f}", "lat": f"{lat:.2f}"}
    params |= {"home_lon": f"{(west + east) / 2:.2f}", "home_lat": f"{(south + north) / 2:.2f}"}
    return Problem(key="read.elsewhere", params=params)


def _contradictions(geometry: gpd.GeoSeries) -> list[Problem]:
    bounds = geometry.bounds.to_numpy()
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        return []
    x, y = np.abs(known[:, [0, 2]]), np.abs(known[:, [1, 3]])
    params = {"crs": geometry.crs.name, "x": f"{known[0, 0]:.6g}", "y": f"{known[0, 1]:.6g}"}
    if not geometry.crs.is_geographic:
        degrees = (x <= 180).all() and (y <= 90).all()
        if degrees:
            return [Problem(key="read.degrees_as_metres", params=params)]
        return _out_of_use(known, geometry.crs, params)
    beyond = (x > 180).any(axis=1) | (y > 90).any(axis=1)
    if beyond.mean() <= 0.5:
        return _out_of_use(known, geometry.crs, params)
    if (x[beyond] <= 90).all() and (y[beyond] <= 180).all():
        return [Problem(key="read.swapped", params=params)]
    return [_unknown(geometry, "read.metres_as_degrees", params)]


def _out_of_use(
    bounds: npt.NDArray[np.float64], crs: pyproj.CRS, params: dict[str, object]
) -> list[Problem]:
    """Return a problem when nothing lies in or beside the area the CRS is made for."""
    code = crs.to_epsg()  # what a file writes out in full does not say where it is used
    area = (pyproj.CRS.from_epsg(code) if code else crs).area_of_use
    if area is None or area.west > area.east:
        return []
    middle = ((bounds[:, :2] + bounds[:, 2:]) / 2)[:: max(1, len(bounds) // 500)]
    to_degrees = pyproj.Transformer.from_crs(crs, CRS, always_xy=True)
    lon, lat = to_degrees.transform(middle[:, 0], middle[:, 1])
    at = np.column_stack([lon, lat])
    inside = (at >= np.array([area.west, area.south]) - _BESIDE_DEG).all(axis=1)
    inside &= (at <= np.array([area.east, area.north]) + _BESIDE_DEG).all(axis=1)
    if inside.any():
        return []
    return [Problem(key="read.out_of_use", params={**params, "used": area.name or ""})]


def _unknown(geometry: gpd.GeoSeries, key: str, params: dict[str, object]) -> Problem:
    """Return the problem, naming the VN-2000 zones the coordinates would fit."""
    fits = [f"{zone.name} (EPSG:{zone.epsg}: {zone.used_in})" for zone in zones_of(geometry)]
    if not fits:
        return Problem(key=key, params=params)
    return Problem(key=f"{key}_zones", params={**params, "zones": fits})
