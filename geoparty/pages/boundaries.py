"""Commune shapes for the map: simplified together, packed small, served by this server.

Only boundaries and lines of the land go this way, as files anybody who can reach the
server can fetch; places and counts travel on the session's own channel.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st
import streamlit.components.v1 as components

from geoparty.schema import Results

_STEPS = 5000
"""Simplification keeps details larger than the extent divided by this: under half a pixel
until the map is zoomed in three times."""
_FINEST_DEG = 0.0001
_MOST_LINE_POINTS = 60_000
_NAME = "geoparty_map"


@st.cache_resource(show_spinner=False)
def folder() -> Path:
    """Return the folder this server serves map files from, with Leaflet and our layer in it."""
    where = Path(tempfile.mkdtemp(prefix="geoparty-map-"))
    present = files("geoparty.present")
    for name in ("vendor/leaflet.js", "vendor/leaflet.css", "layer.js"):
        (where / Path(name).name).write_bytes(present.joinpath(name).read_bytes())
    return where


def address(name: str) -> str:
    """Return where the map's frame finds a file of :func:`folder`, on this server."""
    components.declare_component(_NAME, path=str(folder()))
    return f"../{__name__}.{_NAME}/{name}"


def publish(data: bytes, suffix: str) -> str:
    """Put a file where the map can fetch it, named by its content; return its address."""
    name = f"{hashlib.sha256(data).hexdigest()[:20]}{suffix}"
    path = folder() / name
    if not path.exists():
        path.write_bytes(data)
    return address(name)


def packed(results: Results, communes: gpd.GeoDataFrame) -> bytes:
    """Return communes and the lines among them as the map layer reads them, compressed.

    ``communes`` keep their order; the layer's messages speak of them by position.
    """
    west, south, east, north = communes.total_bounds
    step = max((east - west) / _STEPS, (north - south) / _STEPS, _FINEST_DEG)
    origin, scale = np.array([west, south]), step / 8
    shapes = _simplified(communes.geometry.to_numpy(), step)
    rows = zip(
        communes.index,
        communes["commune_name"],
        communes["province_code"].fillna(""),
        shapes,
        strict=True,
    )
    data = {
        "origin": [float(west), float(south)],
        "scale": float(scale),
        "communes": [
            {"c": code, "n": name, "p": province, "r": _rings(shape, origin, scale)}
            for code, name, province, shape in rows
        ],
        "outlines": [
            ring
            for outline in _outlines(communes, shapes)
            for ring in _rings(outline, origin, scale)
        ],
        "lines": list(_lines(results, communes, step, origin, scale)),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 6, mtime=0)


def _simplified(shapes: np.ndarray[Any, Any], step: float) -> np.ndarray[Any, Any]:
    if shapely.get_num_coordinates(shapes).sum() < 2000:
        return shapes
    return np.asarray(shapely.coverage_simplify(shapes, step))


def _outlines(communes: gpd.GeoDataFrame, shapes: np.ndarray[Any, Any]) -> list[Any]:
    """Return the outline of each province."""
    valid = shapely.make_valid(shapes)
    groups = communes["province_code"].fillna("").to_numpy()
    return [shapely.union_all(valid[groups == code]) for code in np.unique(groups)]


def _rings(shape: shapely.Geometry, origin: np.ndarray[Any, Any], scale: float) -> list[list[int]]:
    """Return the rings of polygons, or the parts of lines, as steps between whole numbers."""
    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_type_id(parts) == 3]
    lines = parts[shapely.get_type_id(parts) == 1]
    return [
        _steps(shapely.get_coordinates(part), origin, scale)
        for part in [*(shapely.get_rings(areas) if len(areas) else ()), *lines]
    ]


def _steps(points: np.ndarray[Any, Any], origin: np.ndarray[Any, Any], scale: float) -> list[int]:
    whole = np.rint((points - origin) / scale).astype(np.int64)
    moves = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    kept = np.any(moves != 0, axis=1)
    kept[0] = True
    return [int(n) for n in moves[kept].ravel()]


def _lines(
    results: Results,
    communes: gpd.GeoDataFrame,
    step: float,
    origin: np.ndarray[Any, Any],
    scale: float,
) -> Iterator[dict[str, Any]]:
    area = shapely.box(*communes.total_bounds)
    for kind, frame in (
        ("stream", results.streams),
        ("road", results.roads),
        ("border", results.border),
    ):
        if frame is None or frame.empty:
            continue
        shapes = frame.geometry.to_numpy()
        shapes = shapes[shapely.intersects(shapes, area)]
        if kind != "border" and shapely.get_num_coordinates(shapes).sum() > _MOST_LINE_POINTS:
            continue
        clipped = shapely.clip_by_rect(shapely.simplify(shapes, step), *area.bounds)
        yield {"k": kind, "r": [r for s in clipped for r in _rings(s, origin, scale)]}
