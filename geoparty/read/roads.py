"""Road and stream lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoparty import schema
from geoparty.errors import InputError, Problem
from geoparty.read import values
from geoparty.read.boundaries import LINES, read_lines
from geoparty.read.clean import clean
from geoparty.read.grids import damaged, open_file
from geoparty.read.raw import Raw
from geoparty.read.rows import Faults
from geoparty.read.sources import refuse_pointers
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
_TAGS = ("surface", "tracktype", "ford", "bridge")


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
        ``frame``: GeoDataFrame of lines in EPSG:4326 with ``schema.ROADS`` and SOURCE_COLUMNS.

    Raises
    ------
    InputError
        The file does not open; no CRS, or coordinates that contradict it.
    """
    path = open_file(path)
    if path.name.lower().endswith((".osm.pbf", ".pbf", ".osm")):
        raw = _read_osm(path)
    else:
        raw = read_vector(path, "roads", required=[], columns=columns, encoding=encoding, crs=crs)
    faults = Faults(raw.source)
    check_geometry(raw.geometry, LINES, faults)
    for name in ("road_class", "road_kind"):
        if name in raw.cells:
            _set_aside_others(faults, raw.cells[name], raw.headers[name])
    frame = clean(raw, schema.ROADS, faults, keep=frozenset(schema.ROADS))
    out = gpd.GeoDataFrame(frame.join(raw.source), geometry=raw.geometry, crs=schema.CRS)
    read = faults.settle(schema.conform(out, schema.ROADS))
    return raw.account(read)


def read_streams(path: Path | str, *, crs: str | None = None) -> schema.Read:
    """Read stream lines.

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


def _set_aside_others(faults: Faults, kinds: pd.Series[str], column: str) -> None:
    folded, _ = values.parse(kinds, lambda cell: (values.fold(cell), None))
    faults.reject(
        folded.isin(_NOT_ROADS), "read.not_a_road", column=column, detail=kinds, severity="warning"
    )


def _read_osm(path: Path) -> Raw:
    refuse_pointers(path)
    try:
        frame = pyogrio.read_dataframe(
            path,
            layer="lines",
            columns=["highway", "other_tags"],
            where="highway IS NOT NULL",
            on_invalid="ignore",
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise damaged(path, error) from None
    if frame.empty:
        raise InputError(Problem(key="read.no_rows", file=path.name))
    tags = {name: _tag(frame["other_tags"], name) for name in _TAGS}
    cells = pd.DataFrame(
        {
            "road_class": frame["highway"],
            "surface": tags["surface"].fillna(tags["tracktype"]),
            "is_ford": (tags["ford"] != "no").where(tags["ford"].notna(), None).astype("object"),
            "has_bridge": (tags["bridge"] != "no")
            .where(tags["bridge"].notna(), None)
            .astype("object"),
        }
    )
    source = pd.DataFrame(
        {"file": path.name, "sheet": "", "row": range(1, len(frame) + 1)}, index=frame.index
    )
    headers = {
        "road_class": "highway",
        "surface": "surface",
        "is_ford": "ford",
        "has_bridge": "bridge",
    }
    return Raw(cells, source, headers, geometry=frame.geometry)


def _tag(tags: pd.Series[str], name: str) -> pd.Series[str]:
    return tags.str.extract(rf'(?:^|,)"{name}"=>"([^"]*)"', expand=False)
