"""Open vector files: features with their coordinates checked and brought to WGS 84."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoparty.errors import InputError, Problem, raise_errors
from geoparty.read.convert import convert
from geoparty.read.crs import settle_crs, to_wgs84
from geoparty.read.grids import Row, damaged
from geoparty.read.headers import Headers, nearest_header, recognise_headers
from geoparty.read.persons import refuse_persons
from geoparty.read.raw import Raw, other_columns
from geoparty.read.rows import Faults
from geoparty.read.sources import refuse_pointers

_AT_ONCE = 2000
"""Features whose attributes are written out at once."""
_MOST_FEATURES = 5_000_000
_PARQUET = frozenset({".parquet", ".geoparquet"})


def read_vector(
    path: Path,
    table: str,
    *,
    required: list[str],
    columns: Mapping[str, str] | None = None,
    need_crs: bool = True,
    encoding: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
) -> Raw:
    """Read the features of a file that GDAL opens, or GeoParquet.

    ``required`` columns may be written ``"a|b"``: one of them. ``table`` is a table of
    ``headers.toml``, or empty where no columns are needed. ``crs`` is what the project says of
    the file's coordinates. Features are numbered from 1.

    Raises
    ------
    InputError
        The file does not open, has no features, no CRS, coordinates that contradict its CRS,
        or lacks a required column.
    """
    frame, layer_name = _open(path, layer)
    if frame.empty:
        raise InputError(Problem(key="read.no_rows", file=path.name))
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else None
    if geometry is None and need_crs:
        raise InputError(Problem(key="read.no_geometry", file=path.name))
    headers = [str(c) for c in frame.columns if geometry is None or c != geometry.name]
    mapped, problems = _columns(frame, headers, table, required, columns, path)
    if not need_crs:
        geometry = None
    if geometry is not None:
        geometry, notes = settle_crs(geometry, crs)
        problems += notes
    problems = [replace(problem, file=path.name) for problem in problems]
    raise_errors(problems)
    source = pd.DataFrame(
        {"file": path.name, "sheet": layer_name, "row": np.arange(1, len(frame) + 1)}
    )
    free = other_columns(headers, set(mapped.values())) if table else {}
    raw = Raw(
        cells=_picked(frame, mapped, source.index),
        others=_picked(frame, {name: name for name in free}, source.index),
        source=source,
        headers=mapped,
        problems=tuple(problems),
        geometry=None if geometry is None else to_wgs84(geometry),
        crs=None if geometry is None else geometry.crs,
    )
    return convert(raw, encoding, input_name=table) if mapped else raw


def _columns(
    frame: pd.DataFrame,
    headers: list[str],
    table: str,
    required: list[str],
    columns: Mapping[str, str] | None,
    path: Path,
) -> tuple[dict[str, str], list[Problem]]:
    """Return which attribute each of our columns is, personal records refused."""
    if not table:
        return {}, []
    refuse_persons(headers, _attributes(frame, headers), file=path.name, sheet="")
    found = recognise_headers(headers, table, columns=columns)
    problems = list(found.problems)
    for name in required:
        if not any(option in found.columns for option in name.split("|")):
            near = nearest_header(headers, table, name.split("|")[0])
            params = {"name": name.replace("|", " / "), "near": near}
            problems.append(Problem(key="read.missing_column", params=params))
    return found.columns, problems


def _attributes(frame: pd.DataFrame, headers: list[str]) -> Iterator[Row]:
    """Yield the attributes of every feature."""
    for at in range(0, len(frame), _AT_ONCE):
        part = frame.iloc[at : at + _AT_ONCE]
        yield from map(list, zip(*(part[name].tolist() for name in headers), strict=True))


def _picked(frame: pd.DataFrame, columns: dict[str, str], index: pd.Index[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {ours: frame[theirs].array for ours, theirs in columns.items()}, index=index
    )


def vector_headers(
    path: Path, table: str, *, columns: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...], Headers]:
    """Return the layer, the attribute names, and what they were taken to mean."""
    frame, layer_name = _open(path, None)
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    headers = [str(c) for c in frame.columns if c != geometry]
    refuse_persons(headers, _attributes(frame, headers), file=path.name, sheet=layer_name)
    return layer_name, tuple(headers), recognise_headers(headers, table, columns=columns)


def check_geometry(
    geometry: gpd.GeoSeries, kinds: frozenset[str], faults: Faults, *, optional: bool = False
) -> None:
    """Set aside features with no geometry, of another kind, or with impossible coordinates."""
    empty = np.asarray(geometry.isna() | geometry.is_empty)
    if not optional:
        faults.add(empty, "read.no_shape")
    wrong = ~empty & ~geometry.geom_type.isin(kinds).to_numpy()
    faults.add(wrong, "read.wrong_shape", detail=geometry.geom_type)
    points, at = shapely.get_coordinates(geometry.array, return_index=True)
    bad = np.zeros(len(geometry), dtype=bool)
    bad[at[~np.isfinite(points).all(axis=1)]] = True
    faults.add(bad, "read.not_finite")
    outside = (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
    off = np.zeros(len(geometry), dtype=bool)
    off[at[outside]] = True
    faults.add(off & ~bad, "read.off_the_globe")
    bounds = geometry.bounds
    faults.add(bounds["maxx"] - bounds["minx"] > 180, "read.around_the_globe")


_QGIS_STYLES = "layer_styles"
"""The table in which QGIS keeps the styles of a GeoPackage's layers."""


def _open(path: Path, layer: str | None) -> tuple[Any, str]:
    refuse_pointers(path)
    try:
        if path.suffix.lower() in _PARQUET:
            return _open_parquet(path), ""
        layers = pyogrio.list_layers(path)
        if not len(layers):
            raise InputError(Problem(key="read.no_rows", file=path.name))
        layers = layers[layers[:, 0] != _QGIS_STYLES] if len(layers) > 1 else layers
        if layer is None and len(layers) > 1:
            raise InputError(
                Problem(
                    key="read.several_layers",
                    params={"names": ", ".join(layers[:5, 0])},
                    file=path.name,
                )
            )
        named = layer or str(layers[0, 0])
        frame = pyogrio.read_dataframe(path, layer=named, on_invalid="ignore")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise damaged(path, error) from None
    except (ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise damaged(path, error) from None
    return frame, str(layers[0, 0]) if layer is None and path.suffix == ".gpkg" else layer or ""


def _open_parquet(path: Path) -> gpd.GeoDataFrame:
    """Return the features, counted first: a few bytes may stand for millions of them."""
    from pyarrow.lib import ArrowException
    from pyarrow.parquet import ParquetFile
    from pyproj.exceptions import ProjError

    wrong = (
        *(ArrowException, ProjError, shapely.errors.ShapelyError),
        *(KeyError, TypeError, AttributeError, ValueError, OSError),
    )
    try:
        rows = ParquetFile(path).metadata.num_rows
        frame = gpd.read_parquet(path) if rows <= _MOST_FEATURES else None
    except wrong as error:
        raise damaged(path, error) from None
    if frame is None:
        params = {"n": rows, "most": _MOST_FEATURES}
        raise InputError(Problem(key="read.too_many_features", params=params, file=path.name))
    return frame.reset_index(drop=True)
