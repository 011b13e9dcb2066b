"""GeoJSON after RFC 7946, built column by column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty import schema
from geoparty.errors import ArgumentError, Problem

DECIMALS = 7
"""Decimals of a degree: one centimetre, the most the contract allows."""
_VALUE_DECIMALS = 3
_Json = dict[str, "_Json"] | list["_Json"] | str | int | float | bool | None


def feature_collection(
    frame: gpd.GeoDataFrame, columns: Sequence[str] | None = None, *, note: str | None = None
) -> bytes:
    """Return a frame as a GeoJSON FeatureCollection, one feature a row, in row order.

    Coordinates are WGS 84 with at most seven decimals, outer rings run counter-clockwise,
    and a row without a geometry has ``null`` there. Anything unknown is ``null``; so are
    infinite minutes (no way through), which ``is_cut_off_<season>`` tells from unknown.
    Fractions are rounded to three decimals, dates are ISO 8601.

    Parameters
    ----------
    frame
        Any frame with a geometry and a CRS; a named index becomes the first property.
    columns
        Properties to write, in this order; all of them if not given.
    note
        A sentence for the reader, kept as the member ``note`` of the collection.

    Raises
    ------
    ArgumentError
        The frame has no CRS, or lacks a column asked for.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"members": pd.array([3, 0, None], dtype="Int64")},
    ...     geometry=gpd.points_from_xy([103.0, 103.1, 103.2], [21.0, 21.1, 21.2]),
    ...     crs=4326,
    ... )
    >>> [f["properties"] for f in json.loads(feature_collection(frame))["features"]]
    [{'members': 3}, {'members': 0}, {'members': None}]
    """
    if frame.crs is None:
        raise ArgumentError(Problem(key="present.no_crs"))
    named = frame.index.name is not None and frame.index.name not in frame.columns
    table = frame.reset_index(drop=not named)
    if columns is None:
        columns = [c for c in table.columns if c != table.geometry.name]
    schema.require_columns(table, columns, of="GeoJSON")
    geometry = geometry_json(table.geometry.to_crs(schema.CRS))
    properties = json_rows(pd.DataFrame(table[list(columns)]))
    features = [
        f'{{"type":"Feature","properties":{p},"geometry":{g}}}'
        for p, g in zip(properties, geometry, strict=True)
    ]
    head = f'"note":{_dumps(note)},' if note else ""
    body = ",\n".join(features)
    return f'{{"type":"FeatureCollection",{head}"features":[\n{body}\n]}}\n'.encode()


def geometry_json(geometry: gpd.GeoSeries, *, decimals: int = DECIMALS) -> list[str]:
    """Return each geometry as GeoJSON text, rounded and wound; ``null`` where there is none."""
    shapes = shapely.force_2d(geometry.to_numpy())
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes = np.where(finite & ~shapely.is_empty(shapes), shapes, None)
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    texts = shapely.to_geojson(shapely.orient_polygons(rounded))
    return ["null" if text is None else text for text in texts]


def json_rows(table: pd.DataFrame) -> list[str]:
    """Return each row as a JSON object; unknown and infinite values are ``null``."""
    if not len(table.columns):
        return ["{}"] * len(table)
    cells = [_cells(str(name), table[name]) for name in table.columns]
    return [f"{{{','.join(row)}}}" for row in zip(*cells, strict=True)]


def plain(value: object) -> _Json:
    """Return a value as JSON can hold it: unknown and infinite numbers become None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (set, frozenset)):
        return [plain(v) for v in sorted(value)]
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return round(value, _VALUE_DECIMALS) if np.isfinite(value) else None
    if isinstance(value, (bool, int, str)):
        return value
    return str(value)


def _dumps(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _cells(name: str, column: pd.Series[Any]) -> list[str]:
    """Return ``"name":value`` for each row; distinct values are encoded once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(column):
        column = column.round(_VALUE_DECIMALS)
    key = json.dumps(name, ensure_ascii=False)
    if column.dtype == object and not column.map(lambda v: isinstance(v, str) or v is None).all():
        return [f"{key}:{_dumps(value)}" for value in column]
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = [f"{key}:{_dumps(value)}" for value in values.tolist()]
    cells: list[str] = np.array([*texts, f"{key}:null"], dtype=object)[codes].tolist()
    return cells
