"""The map as one small message for ``layer.js``; the app and ``map.html`` share it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoparty import schema, words
from geoparty.present import labels
from geoparty.present.land import geo
from geoparty.present.palette import LEVEL_COLOURS, LEVEL_SHAPES
from geoparty.words import Language

SCALE = 1e-5
"""Degrees of one step of a point in a message: about one metre."""

__all__ = [
    "bounds",
    "cards",
    "geo",
    "level_kinds",
    "level_legend",
    "line_legend",
    "pairs",
    "points",
    "script_json",
    "spoken",
]

_DANGEROUS = {c: f"\\u{ord(c):04x}" for c in "<>&'`$\u2028\u2029"}
_LINE_STYLES = {
    "border": ("#7a1f5c", 3, [9, 4, 2, 4]),
    "road": ("#7a4f16", 2, []),
    "stream": ("#6ba3d6", 2, []),
}


def script_json(value: object) -> str:
    r"""Return a value as JSON that is safe inside ``<script>`` and JavaScript template strings.

    Examples
    --------
    >>> script_json({"name": "</script>`${x}`"})
    '{"name":"\\u003c/script\\u003e\\u0060\\u0024{x}\\u0060"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char, code in _DANGEROUS.items():  # a tenth of the time of one translation
        text = text.replace(char, code)
    return text


def spoken(language: Language) -> dict[str, str]:
    """Return what the map says of itself to those who use it by keys or by ear."""
    names = ("keys", "chosen", "nothing", "zoom_in", "zoom_out")
    return {name: words.text(f"present.map_{name}", language) for name in names}


def points(shapes: npt.NDArray[Any], names: Iterable[Any], kinds: Iterable[int]) -> dict[str, Any]:
    """Return points as ``layer.js`` reads them; shapes that are no point are left out.

    Parameters
    ----------
    shapes
        Shapely geometries in degrees, ``None`` where there is none.
    names, kinds
        For each shape what it is called, and its position in the message's ``kinds``.

    Returns
    -------
    dict
        ``x`` and ``y`` in steps of :data:`SCALE` from the point before, ``k`` a letter from "0"
        for the kind, ``n`` the names, ``id`` the position of each point among the shapes.

    Examples
    --------
    >>> points(np.array([shapely.Point(1, 2), None]), ["A", "B"], [3, 0])
    {'x': [100000], 'y': [200000], 'k': '3', 'n': ['A'], 'id': [0]}
    """
    drawn = np.flatnonzero((shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes))
    steps = np.round(shapely.get_coordinates(shapes[drawn]) / SCALE).astype(np.int64)
    moved = np.diff(steps, axis=0, prepend=[[0, 0]])
    kind, name = np.array(list(kinds), np.int64), np.array(list(names), object)
    return {
        "x": moved[:, 0].tolist(),
        "y": moved[:, 1].tolist(),
        "k": (kind[drawn] + ord("0")).astype(np.uint8).tobytes().decode("ascii"),
        "n": np.where(pd.isna(name), "", name)[drawn].tolist(),
        "id": drawn.tolist(),
    }


def level_kinds() -> list[dict[str, Any]]:
    """Return how each gap level is drawn, in the order of ``schema.GAP_LEVELS``."""
    return [
        {
            "colour": LEVEL_COLOURS[level],
            "shape": LEVEL_SHAPES[level],
            "size": 0.8 if level == "covered" else 1,
        }
        for level in schema.GAP_LEVELS
    ]


def level_legend(places: pd.DataFrame, language: Language) -> list[dict[str, Any]]:
    """Return the legend rows of the gap levels, each with how many places have it."""
    counts = places["gap_level"].astype(object).value_counts()
    names = [words.text(f"levels.{level}", language) for level in schema.GAP_LEVELS]
    numbers = [int(counts.get(level, 0)) for level in schema.GAP_LEVELS]
    return [
        kind | {"label": labels.counted(name, n, language)}
        for name, n, kind in zip(names, numbers, level_kinds(), strict=True)
    ]


def line_legend(kinds: Iterable[str], language: Language) -> list[dict[str, Any]]:
    """Return the legend rows of the lines drawn: ``border``, ``road``, ``stream``."""
    rows = []
    for kind in kinds:
        colour, width, dash = _LINE_STYLES[kind]
        label = words.text(f"present.line_{kind}", language)
        rows.append({"colour": colour, "line": width, "dash": dash, "label": label})
    return rows


def pairs(
    assignments: pd.DataFrame, places: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> list[list[float]]:
    """Return a line from each assigned place to its class site: ``[x1, y1, x2, y2]`` degrees."""
    if assignments.empty:
        return []
    start = places.geometry.reindex(assignments["place_id"]).to_numpy()
    end = sites.geometry.reindex(assignments["site_id"]).to_numpy()
    ends = np.column_stack(
        [shapely.get_x(start), shapely.get_y(start), shapely.get_x(end), shapely.get_y(end)]
    ).round(5)
    apart = np.isfinite(ends).all(axis=1) & (ends[:, :2] != ends[:, 2:]).any(axis=1)
    return [[float(v) for v in row] for row in ends[apart]]


def bounds(*frames: gpd.GeoDataFrame) -> list[list[float]] | None:
    """Return ``[[south, west], [north, east]]`` around frames, None where nothing is drawn."""
    boxes = np.array([frame.geometry.to_crs(schema.CRS).total_bounds for frame in frames])
    if not boxes.size or np.isnan(boxes).all():
        return None
    west, south = np.nanmin(boxes[:, :2], axis=0).round(5).tolist()
    east, north = np.nanmax(boxes[:, 2:], axis=0).round(5).tolist()
    return [[south, west], [north, east]]


def cards(frame: pd.DataFrame, run: dict[str, Any], language: Language) -> list[dict[str, Any]]:
    """Return the columns of a frame for details on click: label, values as words or numbers.

    Each is ``{label, values}``, or ``{label, words, index}`` where few distinct texts repeat;
    null is unknown, and the infinite reads as no way through.
    """
    seasons = labels.season_labels(run, language)
    worded = labels.worded(pd.DataFrame(frame), language)
    hidden = words.text("present.masked", language)
    cards = []
    for name in worded.columns.drop("masked", errors="ignore"):
        card: dict[str, Any] = {"label": labels.header(str(name), seasons, language)}
        column = worded[name]
        card |= _values(column.astype("str") if name in _NUMBERED else column, language)
        masked = labels.masked(frame, str(name))
        if masked.any() and "values" in card:
            card["values"] = [
                hidden if m else v for v, m in zip(card["values"], masked, strict=True)
            ]
        cards.append(card)
    return cards


def _values(column: pd.Series[Any], language: Language) -> dict[str, Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%d/%m/%Y")
    if pd.api.types.is_integer_dtype(column):
        return {"values": [None if pd.isna(v) else int(v) for v in column.astype(object)]}
    if pd.api.types.is_float_dtype(column):
        no_way = words.text("present.no_way", language)
        rounded = column.astype(float).round(1).tolist()
        return {"values": [None if v != v else no_way if v in _INFINITE else v for v in rounded]}
    codes, texts = pd.factorize(column.astype(object))
    return {"words": [str(t) for t in texts], "index": codes.tolist()}


_NUMBERED = ("row",)
"""Whole numbers that are names of something: no sign between their thousands."""
_INFINITE = (float("inf"), float("-inf"))
