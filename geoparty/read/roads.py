"""Road and stream lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoparty import schema
from geoparty.read import values
from geoparty.read.boundaries import LINES
from geoparty.read.clean import clean
from geoparty.read.grids import open_file
from geoparty.read.osm import is_extract, osm_roads, osm_streams
from geoparty.read.rows import Faults
from geoparty.read.vectors import check_geometry, read_vector

POINTS = frozenset({"Point", "MultiPoint"})
_NOT_ROADS = frozenset(
    {
        "duong sat",
        "railway",
        "rail",
        "proposed",
        "construction",
        "razed",
        "abandoned",
        "raceway",
        "corridor",
        "elevator",
        "platform",
        "bus stop",
        "rest area",
        "services",
        "no",
    }
)


def read_roads(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> schema.Read:
    """Read road lines; an OpenStreetMap extract (.osm.pbf) is read by its tags.

    A class or surface that is not known stays unknown, with a warning. Railways and roads not
    built are set aside.

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
        ``frame``: GeoDataFrame of lines in EPSG:4326 with ``schema.ROADS`` and SOURCE_COLUMNS;
        roads of an extract also say ``is_noded``: they meet only where they share a point.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it.
    """
    path = open_file(path)
    if is_extract(path):
        raw = osm_roads(path)
    else:
        raw = read_vector(path, "roads", required=[], columns=columns, encoding=encoding, crs=crs)
    faults = Faults(raw.source)
    check_geometry(raw.geometry, LINES, faults)
    for name in ("road_class", "road_kind"):
        if name in raw.cells:
            _set_aside_others(faults, raw.cells[name], raw.headers[name])
    if "length_m" in raw.cells:
        length, _ = values.parse(raw.cells["length_m"], values.real)
        wrong = (length.astype("float64") <= 0).to_numpy()
        column = raw.headers["length_m"]
        faults.add(wrong, "read.length_not_positive", then="warn", column=column, detail=length)
    frame = clean(raw, schema.ROADS, faults, keep=frozenset(schema.ROADS))
    if is_extract(path):
        frame["is_noded"] = True
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=raw.geometry, crs=schema.CRS)
    read = faults.settle(schema.conform(out, schema.ROADS))
    return raw.account(read)


def read_streams(
    path: Path | str, *, columns: Mapping[str, str] | None = None, crs: str | None = None
) -> schema.Read:
    """Read stream lines, with their order where the file has it.

    Of an OpenStreetMap extract (.osm.pbf) its open waterways are read.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame of lines in EPSG:4326 with ``schema.STREAMS`` and SOURCE_COLUMNS.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it.
    """
    return _read_shapes(path, "streams", schema.STREAMS, LINES, columns=columns, crs=crs)


def read_edits(
    path: Path | str, *, columns: Mapping[str, str] | None = None, crs: str | None = None
) -> schema.Read:
    """Read the planner's own changes to the roads: points and lines with a column ``edit``.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame in EPSG:4326 with ``schema.EDITS`` and SOURCE_COLUMNS; a row
        without a kind of edit, or with one that is not known, is set aside.

    Raises
    ------
    InputError
        The file does not open; no CRS, coordinates that contradict it, or no column ``edit``.
    """
    return _read_shapes(
        path, "edits", schema.EDITS, LINES | POINTS, columns=columns, crs=crs, required=("edit",)
    )


def _read_shapes(
    path: Path | str,
    table: str,
    columns_of: Mapping[str, schema.Column],
    kinds: frozenset[str],
    *,
    columns: Mapping[str, str] | None,
    crs: str | None,
    required: tuple[str, ...] = (),
) -> schema.Read:
    """Read a layer of lines or points with few columns, none of them needed but ``required``."""
    path = open_file(path)
    if table == "streams" and is_extract(path):
        raw = osm_streams(path)
    else:
        raw = read_vector(path, table, required=[*required], columns=columns, crs=crs)
    faults = Faults(raw.source)
    check_geometry(raw.geometry, kinds, faults)
    frame = clean(raw, columns_of, faults, keep=frozenset(columns_of) - {*required})
    for name in required:
        blank = frame[name].isna() & ~faults.is_rejected
        faults.add(blank, "read.missing_value", column=raw.headers[name])
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=raw.geometry, crs=schema.CRS)
    return raw.account(faults.settle(schema.conform(out, dict(columns_of))))


def _set_aside_others(faults: Faults, kinds: pd.Series[str], column: str) -> None:
    folded, _ = values.parse(kinds, lambda cell: (values.fold(cell), None))
    faults.add(
        folded.isin(_NOT_ROADS), "read.not_a_road", column=column, detail=kinds, severity="warning"
    )
