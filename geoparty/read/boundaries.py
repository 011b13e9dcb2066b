"""Commune polygons and border lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from geoparty import schema
from geoparty.errors import InputError, Problem
from geoparty.read import values
from geoparty.read.clean import clean, require_filled
from geoparty.read.grids import open_file
from geoparty.read.rows import Faults
from geoparty.read.vectors import check_geometry, read_vector
from geoparty.read.vn2000 import province_problem

POLYGONS = frozenset({"Polygon", "MultiPolygon"})
LINES = frozenset({"LineString", "MultiLineString", "LinearRing"})
_KINDS = {"xa": "xã", "phuong": "phường", "dac khu": "đặc khu", "thi tran": "thị trấn"}
_LEAST_AREA_SHARE = 0.5
"""A repaired polygon that keeps less of its area than this has collapsed."""


def read_communes(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> schema.Read:
    """Read commune polygons from GeoParquet or any file GDAL opens.

    Codes keep their leading zeros. An invalid polygon is repaired, with a warning that states
    how its area changed; one that collapses is set aside.

    Parameters
    ----------
    path
        The file, in any CRS that it names.
    columns
        Our column name = the file's own; other columns are recognised by their headers.
    encoding
        ``tcvn3`` or ``vni``: convert the columns that are in it; ``unicode``: convert none.
    crs
        Coordinate system of the file where it states none or a wrong one: ``EPSG:9205``, or
        the meridian of a VN-2000 zone, ``103-00``.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame in EPSG:4326, index ``commune_code``, ``schema.COMMUNES`` and
        SOURCE_COLUMNS; ``area_km2`` is measured on the ellipsoid where it is not given.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it; a required column
        is missing; two communes with the same code.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "communes.geojson"
    >>> box = shapely.box(103, 21, 103.1, 21.1)
    >>> frame = gpd.GeoDataFrame({"Mã xã": [3127], "Tên": ["Bản Mẫu"]}, geometry=[box], crs=4326)
    >>> frame.to_file(path)
    >>> read_communes(path).frame["commune_name"].to_dict()
    {'03127': 'Bản Mẫu'}
    """
    path = open_file(path)
    raw = read_vector(
        path,
        "communes",
        required=["commune_code", "commune_name"],
        columns=columns,
        encoding=encoding,
        crs=crs,
    )
    faults = Faults(raw.source)
    frame = clean(raw, schema.COMMUNES, faults, keep=frozenset(schema.COMMUNES))
    for name in ("commune_code", "commune_name"):
        require_filled(frame, [name], faults, headers=raw.headers)
    frame = _split_kind(frame)
    check_geometry(raw.geometry, POLYGONS, faults)
    geometry = _repair(raw.geometry, faults)
    _refuse_duplicates(frame, faults, raw.headers["commune_code"])
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=geometry, crs=schema.CRS)
    read = faults.settle(schema.conform(out, schema.COMMUNES))
    provinces = read.frame["province_name"].dropna().unique()
    if problem := province_problem(read.frame.geometry, provinces, raw.crs):
        raise InputError(replace(problem, file=path.name))
    if read.frame.empty:
        raise InputError(read.problems)
    filled = _measure(read.frame)
    return raw.account(replace(read, frame=filled.set_index("commune_code")))


def read_border(path: Path | str, *, crs: str | None = None) -> schema.Read:
    """Read the lines of the national land border.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame of lines in EPSG:4326 with SOURCE_COLUMNS.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it.
    """
    return read_lines(path, crs=crs)


def read_lines(path: Path | str, *, crs: str | None = None) -> schema.Read:
    """Read a file of lines that needs no columns."""
    path = open_file(path)
    raw = read_vector(path, "", required=[], crs=crs)
    faults = Faults(raw.source)
    check_geometry(raw.geometry, LINES, faults)
    frame = gpd.GeoDataFrame(raw.source, geometry=raw.geometry, crs=schema.CRS)
    return raw.account(faults.settle(frame))


def square_metres(area_m2: float) -> str:
    r"""Return an area in a form no language reads otherwise: whole, grouped by spaces (SI).

    Examples
    --------
    >>> square_metres(1234567.8).replace("\N{NO-BREAK SPACE}", " ")
    '1 234 568 m²'
    """
    return f"{area_m2:,.0f} m²".replace(",", "\N{NO-BREAK SPACE}")


def area_km2(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Return areas on the WGS 84 ellipsoid, km2; NaN for what is no polygon.

    Examples
    --------
    >>> area_km2(gpd.GeoSeries([shapely.box(103, 21, 103.1, 21.1)], crs=4326)).round(1).tolist()
    [115.1]
    """
    ellipsoid = pyproj.Geod(ellps="WGS84")
    areas = pd.Series(float("nan"), index=geometry.index)
    polygons = geometry[geometry.geom_type.isin(POLYGONS) & ~geometry.is_empty]
    turned = shapely.orient_polygons(polygons.array)
    areas[polygons.index] = [abs(ellipsoid.geometry_area_perimeter(g)[0]) / 1e6 for g in turned]
    return areas


def _split_kind(frame: pd.DataFrame) -> pd.DataFrame:
    names = frame["commune_name"].astype("object")
    split = [_kind_and_name(name) for name in names]
    kinds = pd.Series([kind for kind, _ in split], index=frame.index, dtype="str")
    own = frame["commune_type"].str.lower() if "commune_type" in frame else kinds
    stripped = pd.Series([name for _, name in split], index=frame.index, dtype="str")
    return frame.assign(commune_name=stripped, commune_type=own.fillna(kinds))


def _kind_and_name(name: object) -> tuple[str | None, str | None]:
    if not isinstance(name, str):
        return None, None
    for folded, kind in _KINDS.items():
        n = len(folded.split())
        head, rest = name.split()[:n], name.split()[n:]
        if rest and values.fold(" ".join(head)) == folded and " ".join(head).lower() == kind:
            return kind, " ".join(rest)
    return None, name


def _repair(geometry: gpd.GeoSeries, faults: Faults) -> gpd.GeoSeries:
    usable = ~faults.is_rejected & geometry.notna()
    broken = usable & ~geometry.is_valid
    if not broken.any():
        return geometry
    before = geometry[broken]
    why = pd.Series(shapely.is_valid_reason(before.array), index=before.index)
    after = gpd.GeoSeries(
        shapely.make_valid(before.array, method="structure", keep_collapsed=False),
        index=before.index,
        crs=geometry.crs,
    )
    kind_kept = after.geom_type.isin(POLYGONS) & ~after.is_empty
    old, new = area_km2(before), area_km2(after)
    collapsed = (~kind_kept | (new < _LEAST_AREA_SHARE * old)).reindex(
        geometry.index, fill_value=False
    )
    faults.add(collapsed, "read.collapsed", detail=why.reindex(geometry.index))
    areas = zip(why, old * 1e6, new * 1e6, strict=True)
    text = [f"{w}; {square_metres(o)} → {square_metres(n)}" for w, o, n in areas]
    detail = pd.Series(text, index=before.index).reindex(geometry.index)
    faults.add(broken & ~collapsed, "read.repaired", then="warn", detail=detail)
    return geometry.where(~broken, after.reindex(geometry.index))


def _refuse_duplicates(frame: pd.DataFrame, faults: Faults, column: str) -> None:
    codes = frame["commune_code"]
    twice = codes.duplicated(keep=False) & codes.notna()
    if twice.any():
        rows = faults.source[twice]
        raise InputError(
            [
                *(p for p in faults.problems if p.severity == "error"),
                Problem(
                    key="read.duplicate_code",
                    params={
                        "n": int(codes[twice].nunique()),
                        "detail": list(codes[twice].unique()),
                    },
                    file=str(rows["file"].iloc[0]),
                    rows=tuple(int(r) for r in rows["row"]),
                    column=column,
                ),
            ]
        )


def _measure(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    missing = frame["area_km2"].isna()
    if not missing.any():
        return frame
    measured = area_km2(frame.geometry[missing])
    return frame.assign(area_km2=frame["area_km2"].fillna(measured))
