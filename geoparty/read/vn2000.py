"""VN-2000: which zone a file is in, and whether the result lies where it should.

The zones, their central meridians and the provinces that use them are those of the EPSG
registry as PROJ carries it; its transformation (EPSG:6960, Decision 05/2007/QĐ-BTNMT) shifts
VN-2000 to WGS 84.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geoparty.errors import Problem
from geoparty.read.values import fold

_SCALES = {0.9999: "TM-3", 0.9996: "UTM"}
"""Zones by their scale on the central meridian."""
_UNSHIFTED_DEG = 1e-5, 0.01
"""A result this far off, about 1 m to 1 km, has the projection without the datum (200 m)."""
_INSIDE = 500_000.0, 2_300_000.0
"""Metres on the central meridian of every zone, in the north of the country."""
_FITS = 0.9
_AWAY = 0.2
Floats = npt.NDArray[np.float64]
_ANGLE = re.compile(r"(1\d\d)\s*[-°:.]?\s*(\d\d)?\s*['′]?")


@dataclass(frozen=True)
class Zone:
    """A projected zone of VN-2000 and where it is used."""

    epsg: int
    name: str
    meridian: float
    bounds: tuple[tuple[float, float, float, float], ...]
    used_in: str

    def holds(self, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
        """Tell which points lie in the area the zone is used in."""
        inside = np.zeros(len(lon), dtype=bool)
        for west, south, east, north in self.bounds:
            inside |= (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        return inside


@cache
def zones() -> tuple[Zone, ...]:
    """Return the zones, by meridian.

    Examples
    --------
    >>> [zone.name for zone in zones() if "Dien Bien" in zone.used_in]
    ['VN-2000 / TM-3 103-00']
    """
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    found: dict[int, list[pyproj.database.CRSInfo]] = {}
    for info in query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS]):
        if info.name.startswith("VN-2000 / ") and info.area_of_use:
            found.setdefault(int(info.code), []).append(info)
    made = []
    for epsg, infos in found.items():
        areas = [info.area_of_use for info in infos if info.area_of_use]
        bounds = tuple((a.west, a.south, a.east, a.north) for a in areas)
        meridian = _meridian(pyproj.CRS.from_epsg(epsg))
        used = "; ".join((a.name or "").removeprefix("Vietnam - ").rstrip(".") for a in areas)
        made.append(Zone(epsg, infos[0].name, meridian or 0.0, bounds, used))
    return tuple(sorted(made, key=lambda zone: (zone.meridian, zone.epsg)))


def crs_of(text: str) -> pyproj.CRS:
    """Return the CRS a person names: ``EPSG:9205``, or a VN-2000 meridian as ``105-45``.

    Raises
    ------
    pyproj.exceptions.CRSError
        Neither.

    Examples
    --------
    >>> crs_of("105°45'").to_epsg(), crs_of("EPSG:3405").to_epsg()
    (9210, 3405)
    """
    if angle := _ANGLE.fullmatch(text.strip()):
        meridian = int(angle[1]) + int(angle[2] or 0) / 60
        for zone in zones():
            if "TM-3" in zone.name and np.isclose(zone.meridian, meridian):
                return pyproj.CRS.from_epsg(zone.epsg)
    return pyproj.CRS.from_user_input(text)


def with_datum(crs: pyproj.CRS) -> Zone | None:
    """Return the zone a CRS means that has its projection but not its datum; else None.

    Software that does not know VN-2000 writes the projection alone; read so, the result would
    be about 200 m off. A projection of three degrees is used for nothing else; one of six is
    UTM, so its name must say VN-2000.
    """
    meridian, scale = _meridian(crs), _parameter(crs, "Scale factor at natural origin")
    kind = _SCALES.get(scale or 0.0, "")
    if meridian is None or crs.is_bound or not kind:
        return None
    if kind == "UTM" and not re.search(r"VN.?2000|VIET.?NAM.?2000", crs.name.upper()):
        return None
    fit = [z for z in zones() if kind in z.name and np.isclose(z.meridian, meridian)]
    if not fit:
        return None
    as_labelled = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    there, here = (t.transform(*_INSIDE) for t in (_to_degrees(fit[0].epsg), as_labelled))
    off = np.hypot(*np.subtract(there, here))
    return fit[0] if _UNSHIFTED_DEG[0] < off < _UNSHIFTED_DEG[1] else None


def zones_of(geometry: gpd.GeoSeries) -> list[Zone]:
    """Return the zones in which plain metre coordinates come to lie where the zone is used."""
    x, y = _sample(geometry)
    if not len(x) or not (50_000 < np.median(x) < 1_000_000 and 800_000 < np.median(y) < 2_700_000):
        return []
    fits = []
    for zone in zones():
        lon, lat = _to_degrees(zone.epsg).transform(x, y)
        if zone.holds(lon, lat).mean() >= _FITS:
            fits.append(zone)
    return fits


def province_problem(
    geometry: gpd.GeoSeries, provinces: Iterable[str], crs: pyproj.CRS
) -> Problem | None:
    """Return a problem when polygons lie one or more zones away from their provinces.

    ``geometry`` is in EPSG:4326, ``crs`` what it was read in. A wrong central meridian moves
    everything east or west by the difference of the two: if with the meridian of the province
    the polygons would lie in it, that zone is named.
    """
    meridian = _meridian(crs)
    names = {f" {fold(name)} " for name in provinces}
    official = [z for z in zones() if any(n in f" {fold(z.used_in)} " for n in names)]
    lon, lat = _sample(geometry)
    if meridian is None or not official or not len(lon) or _held(official, lon, lat) >= _AWAY:
        return None
    fits = [z.name for z in official if _held([z], lon + z.meridian - meridian, lat) >= _FITS]
    if not fits:
        return None
    return Problem(key="read.wrong_meridian", params={"crs": crs.name, "zones": fits})


def meridian_problem(geometry: gpd.GeoSeries, communes: gpd.GeoDataFrame) -> Problem | None:
    """Return a problem when features lie outside the communes, but shifted would lie inside.

    A wrong central meridian moves everything east or west by the difference of the two.
    Both in EPSG:4326.
    """
    lon, lat = _sample(geometry)
    tree = shapely.STRtree(communes.geometry.array)
    inside = _share_inside(lon, lat, tree)
    if not len(lon) or inside >= 0.5:
        return None
    shares = {shift: _share_inside(lon + shift, lat, tree) for shift in _shifts()}
    best = max(shares, key=lambda shift: shares[shift])
    if shares[best] < _FITS:
        return None
    params = {"shift": _degrees(best), "share": round(100 * inside)}
    return Problem(key="read.shifted", params=params)


def _held(among: list[Zone], lon: Floats, lat: Floats) -> float:
    return float(np.logical_or.reduce([zone.holds(lon, lat) for zone in among]).mean())


def _share_inside(lon: Floats, lat: Floats, tree: shapely.STRtree) -> float:
    if not len(lon):
        return 0.0
    hits = tree.query(shapely.points(lon, lat), predicate="intersects")[0]
    return len(np.unique(hits)) / len(lon)


def _shifts() -> list[float]:
    meridians = sorted({zone.meridian for zone in zones()})
    steps = {round(4 * (a - b)) / 4 for a in meridians for b in meridians if a != b}
    return sorted(steps, key=abs)


def _sample(geometry: gpd.GeoSeries, most: int = 500) -> tuple[Floats, Floats]:
    known = geometry[geometry.notna() & ~geometry.is_empty]
    points = shapely.get_coordinates(shapely.centroid(known.array))
    points = points[np.isfinite(points).all(axis=1)]
    picked = points[:: max(1, len(points) // most)]
    return picked[:, 0], picked[:, 1]


def _meridian(crs: pyproj.CRS) -> float | None:
    return _parameter(crs, "Longitude of natural origin") if crs.is_projected else None


def _parameter(crs: pyproj.CRS, name: str) -> float | None:
    operation = crs.coordinate_operation
    values = {p.name: p.value for p in operation.params} if operation else {}
    return round(float(values[name]), 6) if name in values else None


@cache
def _to_degrees(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)


def _degrees(angle: float) -> str:
    whole, rest = divmod(round(abs(angle) * 60), 60)
    return f"{'+' if angle > 0 else '−'}{whole}°{rest:02d}′"
