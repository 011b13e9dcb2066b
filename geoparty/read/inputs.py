"""Open an input that may be a table or a vector file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from geoparty.read.grids import open_file
from geoparty.read.osm import is_extract, osm_places
from geoparty.read.raw import Raw
from geoparty.read.tables import TABLE_SUFFIXES, read_table
from geoparty.read.vectors import read_vector


def read_input(
    path: Path | str,
    table: str,
    *,
    required: list[str],
    columns: Mapping[str, str] | None,
    encoding: str | None,
    crs: str | None = None,
    need_crs: bool = True,
) -> Raw:
    """Read the rows of a table, the features of a vector file, or places of OpenStreetMap.

    Raises
    ------
    InputError
        As for :func:`read_table` and :func:`read_vector`.
    """
    path = open_file(path)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return read_table(path, table, required=required, columns=columns, encoding=encoding)
    if is_extract(path) and table == "places":
        return osm_places(path)
    return read_vector(
        path,
        table,
        required=required,
        columns=columns,
        encoding=encoding,
        crs=crs,
        need_crs=need_crs,
    )
