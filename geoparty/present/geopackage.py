"""GeoPackage with QGIS styles inside: it opens coloured, with words in the legend."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import schema, words
from geoparty.errors import ArgumentError, Problem
from geoparty.present.palette import LEVEL_COLOURS, LEVEL_SHAPES
from geoparty.words import Language

_QGIS_SHAPES = {
    "triangle": ("triangle", 0),
    "down": ("triangle", 180),
    "cross": ("cross_fill", 0),
    "ring": ("circle", 0),
}
_STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
_NO_DATE = "2000-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Legend:
    """How points are told apart in QGIS: by the values of a column.

    ``signs`` has what stands for each value: words, ``#rrggbb`` and a shape of the map.
    """

    column: str
    signs: Mapping[str, tuple[str, str, str]]


def geopackage_bytes(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    legend: Legend | None = None,
    language: Language = "vi",
    note: str | None = None,
    written_at: str = _NO_DATE,
) -> bytes:
    """Return frames as the layers of one GeoPackage, EPSG:4326, row order kept.

    A layer with the column of ``legend``, by itself ``gap_level``, opens in QGIS with its
    colours, shapes and names; polygons open as outlines. Unknown and infinite values are null (see
    :func:`geoparty.present.feature_collection`). ``note`` becomes every layer's description.
    The same frames and ``written_at`` (ISO 8601, UTC) give the same bytes.

    Raises
    ------
    ArgumentError
        A frame has no CRS.
    """
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "layers.gpkg")
        for name, frame in layers.items():
            if frame.crs is None:
                raise ArgumentError(Problem(key="present.no_crs"))
            ready = _plain(frame)
            kind = _geometry_type(ready.geometry)
            pyogrio.write_dataframe(
                ready,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"),
                dataset_options={"VERSION": "1.2"},  # what older GIS still read
            )
        with closing(sqlite3.connect(path)) as database, database:
            styles = {
                name: style_qml(frame, legend or by_level(language))
                for name, frame in layers.items()
            }
            _add_styles(database, styles, note or "", written_at)
        return path.read_bytes()


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame in types every GIS reads: text, whole numbers, fractions, dates, yes/no."""
    named = frame.index.name is not None and frame.index.name not in frame.columns
    out = frame.reset_index(drop=not named).to_crs(schema.CRS)
    for name in out.columns.drop(out.geometry.name):
        column = out[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            out[name] = column.astype(object)
        elif pd.api.types.is_float_dtype(column):
            out[name] = column.astype(float).replace([np.inf, -np.inf], np.nan)
    return out


def _geometry_type(geometry: gpd.GeoSeries) -> str:
    kinds = set(geometry.dropna().geom_type)
    if not kinds or kinds == {"Point"}:
        return "Point"
    if kinds <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon"
    return "MultiLineString" if kinds <= {"LineString", "MultiLineString"} else "Unknown"


def _add_styles(
    database: sqlite3.Connection, styles: Mapping[str, str], note: str, written_at: str
) -> None:
    database.execute(_STYLES_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        [written_at],
    )
    rows = [(name, "geom", style, written_at) for name, style in styles.items()]
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, useAsDefault, description, owner, update_time)"
        " VALUES ('', '', ?, ?, 'geoparty', ?, 1, '', '', ?)",
        rows,
    )
    database.execute(
        "UPDATE gpkg_contents SET last_change = ?, description = ?", [written_at, note]
    )


def by_level(language: Language) -> Legend:
    """Return the legend of gap levels."""
    signs = {
        level: (words.text(f"levels.{level}", language), LEVEL_COLOURS[level], LEVEL_SHAPES[level])
        for level in schema.GAP_LEVELS
    }
    return Legend("gap_level", signs)


def style_qml(frame: gpd.GeoDataFrame, legend: Legend) -> str:
    """Return the QGIS style of a layer: by a legend where it has its column, else one symbol."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    kind = _geometry_type(frame.geometry)
    if legend.column in frame and kind == "Point":
        renderer = ET.SubElement(
            root, "renderer-v2", type="categorizedSymbol", attr=legend.column, enableorderby="0"
        )
        categories = ET.SubElement(renderer, "categories")
        symbols = ET.SubElement(renderer, "symbols")
        for i, (value, (label, colour, shape)) in enumerate(legend.signs.items()):
            ET.SubElement(
                categories, "category", value=value, label=label, symbol=str(i), render="true"
            )
            _marker(symbols, str(i), colour, shape)
        return ET.tostring(root, encoding="unicode")
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol")
    symbols = ET.SubElement(renderer, "symbols")
    if kind == "Point":
        _marker(symbols, "0", "#ffffff", "star")
    elif kind == "MultiPolygon":
        options = {"color": "246,246,244,255", "outline_color": "59,64,69,255"}
        _symbol(symbols, "0", "fill", "SimpleFill", options | {"outline_width": "0.26"})
    else:
        options = {"line_color": "122,31,92,255", "line_width": "0.6"}
        _symbol(symbols, "0", "line", "SimpleLine", options)
    return ET.tostring(root, encoding="unicode")


def _marker(symbols: ET.Element, name: str, colour: str, shape: str) -> None:
    marker, angle = _QGIS_SHAPES.get(shape, (shape, 0))
    rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    options = {
        "name": marker,
        "angle": str(angle),
        "color": f"{rgb},255",
        "outline_color": "27,27,27,255",
        "outline_width": "0.8" if shape == "ring" else "0.2",
        "size": "2.6",
        "size_unit": "MM",
    }
    _symbol(symbols, name, "marker", "SimpleMarker", options)


def _symbol(
    symbols: ET.Element, name: str, kind: str, layer_class: str, options: dict[str, Any]
) -> None:
    symbol = ET.SubElement(symbols, "symbol", name=name, type=kind, alpha="1")
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0"})
    values = ET.SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(values, "Option", name=key, type="QString", value=value)
