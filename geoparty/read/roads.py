"""Road and stream lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoparty import schema
from geoparty.read import values
from geoparty.read.boundaries import LINES, read_lines
from geoparty.read.clean import clean
from geoparty.read.grids import open_file
from geoparty.read.osm import is_extract, osm_roads, osm_streams
from geoparty.read.rows import Faults
from geoparty.read.vectors import check_geometry, read_vector

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
    frame = clean(raw, schema.ROADS, faults, keep=frozenset(schema.ROADS))
    if is_extract(path):
        frame["is_noded"] = True
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=raw.geometry, crs=schema.CRS)
    read = faults.settle(schema.conform(out, schema.ROADS))
    return raw.account(read)


def read_streams(path: Path | str, *, crs: str | None = None) -> schema.Read:
    """Read stream lines; of an OpenStreetMap extract (.osm.pbf) its open waterways.

    Returns
    -------
    Read
        ``frame``: GeoDataFrame of lines in EPSG:4326 with SOURCE_COLUMNS.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it.
    """
    path = open_file(path)
    if not is_extract(path):
        return read_lines(path, crs=crs)
    raw = osm_streams(path)
    faults = Faults(raw.source)
    check_geometry(raw.geometry, LINES, faults)
    frame = gpd.GeoDataFrame(raw.source, geometry=raw.geometry, crs=schema.CRS)
    return raw.account(faults.settle(frame))


def _set_aside_others(faults: Faults, kinds: pd.Series[str], column: str) -> None:
    folded, _ = values.parse(kinds, lambda cell: (values.fold(cell), None))
    faults.reject(
        folded.isin(_NOT_ROADS), "read.not_a_road", column=column, detail=kinds, severity="warning"
    )
