"""Places and commune centres: points, or tables with longitude and latitude."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty import schema
from geoparty.errors import InputError, Problem
from geoparty.read import values
from geoparty.read.boundaries import POLYGONS
from geoparty.read.clean import ABOVE, carry_others, clean, require_filled
from geoparty.read.inputs import read_input
from geoparty.read.raw import Raw
from geoparty.read.rows import Faults, Then
from geoparty.read.vectors import check_geometry

_POINTS = frozenset({"Point", "MultiPoint"})
_WHICH = {"place_id", "place_name", "commune_code", "valid_from", "valid_to"}
"""Columns without which it is open which place a row is, or whether it is one of today."""


def read_places(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> schema.Read:
    r"""Read villages, groups, schools and stations.

    A table (.xlsx, .xls, .ods, .csv) may have longitude and latitude in degrees; a polygon is
    taken at a point inside it.

    Parameters
    ----------
    path
        The file.
    columns
        Our column name = the file's own (``lon``, ``lat`` too); others are recognised.
    encoding
        ``tcvn3`` or ``vni``: convert the columns that are in it; ``unicode``: convert none.
    crs
        Coordinate system of the file where it states none or a wrong one: ``EPSG:9205``, or
        the meridian of a VN-2000 zone, ``103-00``.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame in EPSG:4326 with ``schema.PLACES`` and SOURCE_COLUMNS;
        geometry is None and ``place_id`` is NA where not given. Columns that are not ours are
        kept as text under their own headers, to group by.

    Raises
    ------
    InputError
        The file does not open; a required column is missing; coordinates are not degrees, or
        contradict the CRS of the file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "places.csv"
    >>> text = "Mã thôn;Thôn;Mã xã;Kinh độ;Vĩ độ\nA;Bản Ten;3127;103,05;21,4\nB;Bản Na;3127;;\n"
    >>> _ = path.write_text(text)
    >>> read_places(path).frame[["place_id", "place_name", "commune_code", "geometry"]]
      place_id place_name commune_code             geometry
    0        A    Bản Ten        03127  POINT (103.05 21.4)
    1        B     Bản Na        03127                 None
    """
    raw = read_input(
        path,
        "places",
        required=["place_name"],
        columns=columns,
        encoding=encoding,
        crs=crs,
    )
    faults = Faults(raw.source)
    told = frozenset(schema.PLACES) - _WHICH
    keep = frozenset({"place_kind"})
    frame = clean(raw, schema.PLACES | ABOVE, faults, keep=keep, doubt=told)
    require_filled(frame, ["place_name"], faults, headers=raw.headers)
    if "place_id" in frame:
        twice = frame["place_id"].duplicated(keep=False) & frame["place_id"].notna()
        column = raw.headers["place_id"]
        faults.add(twice, "read.duplicate_id", column=column, detail=frame["place_id"])
    return _settle(
        frame.join(carry_others(raw)),
        _points(raw, faults, then="doubt"),
        schema.PLACES,
        raw,
        faults,
    )


def read_centres(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> schema.Read:
    """Read the points of the commune centres.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame of points in EPSG:4326, ``commune_code`` and SOURCE_COLUMNS.

    Raises
    ------
    InputError
        As for :func:`read_places`; ``commune_code`` is required.
    """
    raw = read_input(
        path, "centres", required=["commune_code"], columns=columns, encoding=encoding, crs=crs
    )
    faults = Faults(raw.source)
    wanted = {"commune_code": schema.COMMUNES["commune_code"]}
    frame = clean(raw, wanted, faults)
    require_filled(frame, ["commune_code"], faults, headers=raw.headers)
    codes = frame["commune_code"]
    twice = codes.duplicated(keep=False) & codes.notna()
    column = raw.headers["commune_code"]
    faults.add(twice, "read.duplicate_id", column=column, detail=codes)
    points = _points(raw, faults, then="reject")
    faults.add(points.isna() & ~faults.is_rejected, "read.no_shape")
    return _settle(frame, points, wanted, raw, faults)


def _settle(
    frame: pd.DataFrame,
    points: gpd.GeoSeries,
    columns: dict[str, schema.Column],
    raw: Raw,
    faults: Faults,
) -> schema.Read:
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=points, crs=schema.CRS)
    read = faults.settle(schema.conform(out, columns))
    return raw.account(read)


def _points(raw: Raw, faults: Faults, *, then: Then) -> gpd.GeoSeries:
    """Return the points; ``then`` is for rows of a table with bad longitudes and latitudes."""
    if raw.geometry is None:
        return _from_columns(raw, faults, then)
    check_geometry(raw.geometry, _POINTS | POLYGONS, faults, optional=True)
    is_point = raw.geometry.geom_type == "Point"
    usable = raw.geometry.where(~faults.is_rejected)
    inside = usable.where(is_point, usable.representative_point())
    return inside.where(~inside.is_empty, None)


def _from_columns(raw: Raw, faults: Faults, then: Then) -> gpd.GeoSeries:
    index = raw.source.index
    if "lon" not in raw.cells or "lat" not in raw.cells:
        return gpd.GeoSeries([None] * len(index), index=index, crs=schema.CRS)
    (lon, bad_lon), (lat, bad_lat) = (_degrees(raw, name, faults, then) for name in ("lon", "lat"))
    half = (lon.isna() ^ lat.isna()) & ~bad_lon & ~bad_lat
    faults.add(half, "read.half_a_point", then=then, column=raw.headers["lat"])
    swapped = (lat.abs() > 90) & (lat.abs() <= 180) & (lon.abs() <= 90)
    off = ((lon.abs() > 180) | (lat.abs() > 90)) & ~swapped
    pair = lon.astype("str") + " " + lat.astype("str")
    for mask, whole, single in (
        (swapped, "read.swapped", "read.swapped_row"),
        (off, "read.metres_as_degrees", "read.off_the_globe"),
    ):
        if mask.sum() > 0.5 * lon.notna().sum():
            _refuse(raw, whole, lon[mask].iloc[0], lat[mask].iloc[0])
        faults.add(mask, single, then=then, column=raw.headers["lon"], detail=pair)
    ok = lon.notna() & lat.notna() & ~swapped & ~off
    points = np.full(len(index), None, dtype=object)
    points[ok] = shapely.points(lon[ok], lat[ok])
    return gpd.GeoSeries(points, index=index, crs=schema.CRS)


def _refuse(raw: Raw, key: str, x: float, y: float) -> None:
    params = {"crs": "WGS 84", "x": f"{x:.6g}", "y": f"{y:.6g}"}
    file = str(raw.source["file"].iloc[0])
    raise InputError(Problem(key=key, params=params, file=file, column=raw.headers["lon"]))


def _degrees(
    raw: Raw, name: str, faults: Faults, then: Then
) -> tuple[pd.Series[float], pd.Series[bool]]:
    parsed, found = values.parse(raw.cells[name], values.real)
    bad = found != ""
    cells = raw.cells[name]
    faults.add(bad, "read.not_number", then=then, column=raw.headers[name], detail=cells)
    return parsed.astype("float64"), bad
