"""Boundaries and lines as ``layer.js`` reads them: whole numbers, each pair from the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoparty import schema
from geoparty.present.relief import Heights, relief

_STEPS = 5000
"""Details smaller than the extent divided by this go: half a pixel until zoomed in thrice."""
_FINEST_DEG = 1e-4
_MOST_LINE_POINTS = 200_000
_FEW_POINTS = 2000
_MOST_NAMED = 400
_LARGEST_GAP_DEG2 = 1e-5
"""0.11 km²: no hole of a province is so small but a gap between boundaries; a commune is larger."""
_GAP_STEPS = 16
_MARGIN = 0.35
"""Land shown on each side of the communes, as a share of their extent."""

_Shapes = npt.NDArray[np.object_]


class _Grid(NamedTuple):
    """Whole numbers that degrees are written as."""

    origin: npt.NDArray[np.float64]
    step: float

    def coded(self, shape: object) -> list[list[int]]:
        """Return the rings of polygons and the parts of lines; those of one point are left out."""
        parts = shapely.get_parts(shape)
        dimension = shapely.get_dimensions(parts)
        lines = [*shapely.get_rings(parts[dimension == 2]), *parts[dimension == 1]]
        coded = (self._moves(shapely.get_coordinates(line)) for line in lines)
        return [moves for moves in coded if len(moves) > 2]

    def inside(self, shape: object) -> list[int]:
        """Return a point well inside a polygon, for its name; nothing without one."""
        if shape is None:
            return []
        point = shapely.get_coordinates(shapely.point_on_surface(shape))
        return [int(v) for v in np.rint((point - self.origin) / self.step).ravel()]

    def _moves(self, degrees: npt.NDArray[np.float64]) -> list[int]:
        whole = np.rint((degrees - self.origin) / self.step).astype(np.int64)
        moves = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
        kept = (moves != 0).any(axis=1)
        kept[:1] = True
        return [int(move) for move in moves[kept].ravel()]


def geo(
    communes: gpd.GeoDataFrame,
    *,
    border: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    streams: gpd.GeoDataFrame | None = None,
    terrain: Heights | None = None,
    around: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Return communes in their order, province outlines and the land they lie in.

    The land is the lines among them, a hillshade of the terrain, and the provinces of
    ``around`` that are not of the communes' own, as far as a margin shows them.

    Detail follows the extent: a province keeps more of each boundary than the country.
    Boundaries that communes share stay shared. A commune without a polygon keeps its place,
    with no rings. Roads or streams of more than 200,000 points are left out of the ground.

    Examples
    --------
    >>> square = gpd.GeoDataFrame(
    ...     {"commune_name": ["Pa Ủ"], "province_code": ["12"]},
    ...     index=["03001"], geometry=[shapely.box(0, 0, 1, 1)], crs=4326,
    ... )
    >>> geo(square)["communes"][0]["r"]
    [[40000, 0, 0, 40000, -40000, 0, 0, -40000, 40000, 0]]
    """
    shapes = _polygons(communes)
    box = communes.geometry.to_crs(schema.CRS).total_bounds
    box = np.where(np.isnan(box), 0.0, box)
    detail = max((box[2] - box[0]) / _STEPS, (box[3] - box[1]) / _STEPS, _FINEST_DEG)
    grid = _Grid(box[:2], detail / 8)
    shapes = _simplified(shapes, detail)
    provinces = communes["province_code"].astype(object)
    rows = list(zip(communes.index, communes["commune_name"], provinces, shapes, strict=True))
    few = len(rows) <= _MOST_NAMED
    lines = {"stream": streams, "road": roads, "border": border}
    return {
        "origin": [float(v) for v in grid.origin],
        "scale": float(grid.step),
        "communes": [
            {"c": str(c), "n": str(n), "p": "" if pd.isna(p) else str(p), "r": grid.coded(shape)}
            | ({"l": grid.inside(shape)} if few else {})
            for c, n, p, shape in rows
        ],
        "outlines": list(_outlines(shapes, provinces, grid)),
        "lines": [
            {"k": kind, "r": _lines(kind, frame, box, detail, grid)}
            for kind, frame in lines.items()
            if frame is not None and len(frame)
        ],
        "around": [] if around is None else list(_around(around, provinces, box, detail, grid)),
        "relief": None if terrain is None else relief(terrain, _wider(box)),
    }


def _polygons(communes: gpd.GeoDataFrame) -> _Shapes:
    shapes = shapely.force_2d(communes.geometry.to_crs(schema.CRS).to_numpy())
    out: _Shapes = np.full(len(shapes), None, dtype=object)
    areas = shapely.get_dimensions(shapes) == 2
    out[areas] = shapes[areas]
    return out


def _simplified(shapes: _Shapes, detail: float) -> _Shapes:
    if shapely.get_num_coordinates(shapes).sum() < _FEW_POINTS:
        return shapes
    out, there = shapes.copy(), pd.notna(shapes)
    out[there] = shapely.coverage_simplify(shapes[there], detail)
    return out


def _outlines(shapes: _Shapes, provinces: pd.Series[Any], grid: _Grid) -> Iterator[list[int]]:
    """Yield the rings around each province."""
    valid = shapely.make_valid(shapes)
    keys = provinces.fillna("").to_numpy(dtype=object)
    for key in sorted(set(keys)):
        yield from grid.coded(_joined(valid[keys == key], grid))


def _joined(shapes: _Shapes, grid: _Grid) -> _Shapes:
    """Return the polygons that shapes make together, without the gaps between boundaries.

    A hole is a gap where it is smaller than any commune, or too small to be seen.
    """
    gap_deg2 = max(_LARGEST_GAP_DEG2, (_GAP_STEPS * grid.step) ** 2)
    parts = shapely.get_parts(shapely.union_all(shapes, grid_size=grid.step))
    parts = parts[shapely.get_dimensions(parts) == 2]
    rings, part = shapely.get_rings(parts, return_index=True)
    is_shell = np.diff(part, prepend=-1) > 0
    kept = is_shell | (shapely.area(shapely.polygons(rings)) > gap_deg2)
    out: _Shapes = shapely.polygons(rings[kept], indices=part[kept])
    return out


def _wider(box: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a box with the land around it that a map of it shows."""
    margin = max(box[2] - box[0], box[3] - box[1]) * _MARGIN
    return np.asarray(box + np.array([-margin, -margin, margin, margin]))


def _around(
    all_communes: gpd.GeoDataFrame,
    own: pd.Series[Any],
    box: npt.NDArray[np.float64],
    detail: float,
    grid: _Grid,
) -> Iterator[dict[str, Any]]:
    """Yield name and rings of each other province in a box with its margin."""
    others = all_communes[~all_communes["province_code"].isin(set(own.dropna()))]
    others = others[others["province_code"].notna()].to_crs(schema.CRS)
    edges = _wider(box)
    near = others[np.asarray(others.intersects(shapely.box(*edges)))]
    shapes = _simplified(_polygons(near), 2 * detail)
    cut = shapely.clip_by_rect(shapely.make_valid(shapes), *edges)
    for name, rows in near.groupby("province_name", dropna=False).indices.items():
        outline = _joined(shapely.make_valid(cut[rows]), grid)
        yield {"n": "" if pd.isna(name) else str(name), "r": grid.coded(outline)}


def _lines(
    kind: str, frame: gpd.GeoDataFrame, box: npt.NDArray[np.float64], detail: float, grid: _Grid
) -> list[list[int]]:
    """Return the lines of a frame in or just around a box; too many of a kind are left out."""
    shapes = frame.geometry.to_crs(schema.CRS).to_numpy()
    shapes = shapes[shapely.intersects(shapes, shapely.box(*box))]
    if kind != "border" and shapely.get_num_coordinates(shapes).sum() > _MOST_LINE_POINTS:
        return []
    margin = detail * _STEPS / 50
    edges = box + np.array([-margin, -margin, margin, margin])
    near = shapely.clip_by_rect(shapely.simplify(shapes, detail), *edges)
    return [ring for shape in near for ring in grid.coded(shape)]
