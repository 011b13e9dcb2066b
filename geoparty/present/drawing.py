"""The map on paper, drawn once in millimetres; :mod:`geoparty.present.ink` puts it out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoparty import schema, words
from geoparty.present import labels
from geoparty.present.palette import LEVEL_COLOURS, LEVEL_SHAPES
from geoparty.words import Language

_KM_PER_DEGREE = 111.195
_LEGEND_MM = 36.0
_MOST_NAMES = 200
"""Communes on a map whose names are still written."""
_PAPERS_MM = {"A4": (210, 297), "A3": (297, 420)}
_Points = npt.NDArray[np.float64]
_LINES = {"stream": ("#6ba3d6", 0.12), "road": ("#7a4f16", 0.18), "border": ("#7a1f5c", 0.6)}


@dataclass(frozen=True)
class Path:
    """A line or area through points, millimetres from the top left corner."""

    points: _Points
    stroke: str | None = None
    fill: str | None = None
    width_mm: float = 0.1
    closed: bool = False


@dataclass(frozen=True)
class Text:
    """A line of text; ``y`` is its baseline. With ``halo`` it is read on any ground."""

    x: float
    y: float
    text: str
    size_mm: float = 3.2
    anchor: Literal["start", "middle"] = "start"
    halo: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing of a size in millimetres, first things first."""

    width_mm: float
    height_mm: float
    items: tuple[Path | Text, ...]


def sheet_mm(results: schema.Results, paper: str) -> tuple[int, int]:
    """Return width and height of an ``A4`` or ``A3`` sheet, upright or across as the area is."""
    short, long = _PAPERS_MM[paper]
    wide, high = _extent(results)[2:]
    return (long, short) if wide > high else (short, long)


def map_picture(
    results: schema.Results, *, width_mm: float, height_mm: float, language: Language
) -> Picture:
    """Return the map of a result: ground, border, places by level, names, legend, scale, north.

    Most severe levels are drawn last, so that they are never hidden. Places without a usable
    location are not drawn; the legend says how many there are.
    """
    frame = _Frame.around(results, width_mm, height_mm - _LEGEND_MM)
    items = [
        *_ground(results, frame),
        *_places(results.places, frame),
        *_site_marks(results.sites, frame),
        *_names(results.communes, frame),
        *_scale_and_north(frame, language),
        *_legend(results, width_mm, height_mm, language),
    ]
    return Picture(width_mm, height_mm, tuple(items))


@dataclass(frozen=True)
class _Frame:
    """Degrees to millimetres: equirectangular, true to scale at the middle latitude."""

    west: float
    north: float
    mm_per_degree: float
    shrink: float
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def around(cls, results: schema.Results, width: float, height: float) -> _Frame:
        west, north, wide, high = _extent(results)
        scale = min((width - 4) / wide, (height - 4) / high)
        left, top = (width - wide * scale) / 2, (height - high * scale) / 2
        shrink = math.cos(math.radians(north - high / 2))
        return cls(west, north, scale, shrink, left, top, width, height)

    def mm(self, degrees: _Points) -> _Points:
        x = self.left + (degrees[:, 0] - self.west) * self.shrink * self.mm_per_degree
        y = self.top + (self.north - degrees[:, 1]) * self.mm_per_degree
        return np.column_stack([x, y])

    @property
    def detail(self) -> float:
        """A tenth of a millimetre, in degrees."""
        return 0.1 / self.mm_per_degree


def _extent(results: schema.Results) -> tuple[float, float, float, float]:
    """Return west and north of what there is, and its width and height in degrees of latitude."""
    boxes = [results.communes.total_bounds, results.places.total_bounds]
    if np.isnan(boxes).all():
        boxes = [np.array([102.0, 8.0, 110.0, 24.0])]
    west, south = np.nanmin(np.array(boxes)[:, :2], axis=0)
    east, north = np.nanmax(np.array(boxes)[:, 2:], axis=0)
    shrink = math.cos(math.radians((south + north) / 2))
    return west, north, max(east - west, 0.01) * shrink, max(north - south, 0.01)


def _names(communes: gpd.GeoDataFrame, frame: _Frame) -> Iterator[Text]:
    named = communes[communes.geometry.notna() & communes["commune_name"].notna()]
    if len(named) > _MOST_NAMES:
        return
    middles = shapely.point_on_surface(named.geometry.to_crs(schema.CRS).to_numpy())
    at = frame.mm(shapely.get_coordinates(middles))
    for (x, y), name in zip(at.tolist(), named["commune_name"], strict=True):
        yield Text(x, y + 0.8, str(name), size_mm=2.3, anchor="middle", halo=True)


def _ground(results: schema.Results, frame: _Frame) -> Iterator[Path]:
    shapes = results.communes.geometry.dropna().to_crs(schema.CRS).to_numpy()
    if shapely.get_num_coordinates(shapes).sum() > 2000:
        shapes = shapely.coverage_simplify(shapes, frame.detail)
    parts = shapely.get_parts(shapes)
    for ring in shapely.get_exterior_ring(parts[shapely.get_dimensions(parts) == 2]):
        points = frame.mm(shapely.get_coordinates(ring))
        yield Path(points, stroke="#9aa0a6", fill="#f6f6f4", width_mm=0.1, closed=True)
    lines = {"stream": results.streams, "road": results.roads, "border": results.border}
    for kind, lines_frame in lines.items():
        if lines_frame is not None and len(lines_frame):
            stroke, width = _LINES[kind]
            for points in _line_points(lines_frame, frame):
                yield Path(points, stroke=stroke, width_mm=width)


def _line_points(lines: gpd.GeoDataFrame, frame: _Frame) -> Iterator[_Points]:
    box = (
        frame.west - frame.left / frame.mm_per_degree,
        frame.north - (frame.height - frame.top) / frame.mm_per_degree,
        frame.west + (frame.width - frame.left) / frame.mm_per_degree / frame.shrink,
        frame.north + frame.top / frame.mm_per_degree,
    )
    shapes = lines.geometry.to_crs(schema.CRS).to_numpy()
    near = shapely.clip_by_rect(shapely.simplify(shapes, frame.detail), *box)
    for part in shapely.get_parts(near[~shapely.is_empty(near)]):
        yield frame.mm(shapely.get_coordinates(part))


def _places(places: gpd.GeoDataFrame, frame: _Frame) -> Iterator[Path]:
    located = places[places.geometry.notna() & ~places.geometry.is_empty].to_crs(schema.CRS)
    radius = 1.3 if len(located) < 300 else 0.8 if len(located) < 5000 else 0.35
    levels = located["gap_level"].astype(object).to_numpy()
    points = frame.mm(shapely.get_coordinates(located.geometry.to_numpy()))
    for level in reversed(schema.GAP_LEVELS):
        for x, y in points[levels == level]:
            yield from mark(LEVEL_SHAPES[level], x, y, radius, LEVEL_COLOURS[level])


def _site_marks(sites: gpd.GeoDataFrame, frame: _Frame) -> Iterator[Path]:
    located = sites[sites.geometry.notna()].to_crs(schema.CRS)
    for x, y in frame.mm(shapely.get_coordinates(located.geometry.to_numpy())):
        yield from mark("star", x, y, 2.0, None)


def mark(shape: str, x: float, y: float, radius: float, colour: str | None) -> Iterator[Path]:
    """Yield the paths of a marker; a ring is a disc with a white middle."""
    points = _OUTLINES[shape] * radius + (x, y)
    yield Path(points, stroke="#1b1b1b", fill=colour, width_mm=0.09, closed=True)
    if shape == "ring":
        middle = _OUTLINES["circle"] * radius * 0.45 + (x, y)
        yield Path(middle, stroke="#1b1b1b", fill="#1b1b1b", width_mm=0.09, closed=True)


def _outline(angles_deg: list[float], radii: list[float]) -> _Points:
    turned = np.radians(angles_deg)
    points: _Points = np.column_stack([np.sin(turned), -np.cos(turned)]) * np.c_[radii]
    return points


_C, _W = 1.1, 0.4
_OUTLINES: dict[str, _Points] = {
    "circle": _outline([i * 20 for i in range(18)], [1.0] * 18),
    "ring": _outline([i * 20 for i in range(18)], [1.0] * 18),
    "square": _outline([45, 135, 225, 315], [1.25] * 4),
    "diamond": _outline([0, 90, 180, 270], [1.25] * 4),
    "triangle": _outline([0, 120, 240], [1.3] * 3),
    "down": _outline([60, 180, 300], [1.3] * 3),
    "star": _outline([i * 36 for i in range(10)], [1.3, 0.55] * 5),
    "cross": np.array(
        [
            (-_C, -_W), (-_W, -_W), (-_W, -_C), (_W, -_C), (_W, -_W), (_C, -_W),
            (_C, _W), (_W, _W), (_W, _C), (-_W, _C), (-_W, _W), (-_C, _W),
        ]
    ),
}  # fmt: skip


def _scale_and_north(frame: _Frame, language: Language) -> Iterator[Path | Text]:
    km_per_mm = _KM_PER_DEGREE / frame.mm_per_degree
    longest = 40 * km_per_mm
    power = 10 ** math.floor(math.log10(longest))
    km = max(step * power for step in (1, 2, 5) if step * power <= longest)
    x, y, length = 3.0, frame.height - 3, km / km_per_mm
    bar = np.array([(x, y - 1.2), (x, y), (x + length, y), (x + length, y - 1.2)])
    yield Path(bar, stroke="#111111", width_mm=0.3)
    yield Text(x + length + 1.5, y, f"{km:g} km")
    x, y = frame.width - 6, 10.0
    arrow = np.array([(x, y - 7), (x - 2, y), (x, y - 1.6), (x + 2, y)])
    yield Path(arrow, fill="#111111", closed=True)
    yield Text(x, y + 3.6, words.text("present.north", language), anchor="middle")


def _legend(
    results: schema.Results, width: float, height: float, language: Language
) -> Iterator[Path | Text]:
    places = results.places
    counts = places["gap_level"].astype(object).value_counts()
    top, row, columns = height - _LEGEND_MM + 4, 5.2, 3
    rows: list[tuple[str, str | None, str]] = [
        (
            LEVEL_SHAPES[level],
            LEVEL_COLOURS[level],
            labels.counted(
                words.text(f"levels.{level}", language), int(counts.get(level, 0)), language
            ),
        )
        for level in schema.GAP_LEVELS
    ]
    if len(results.sites):
        label = words.text("present.sheet_sites", language)
        rows.append(("star", None, labels.counted(label, len(results.sites), language)))
    for i, (shape, colour, label) in enumerate(rows):
        x, y = 4 + (i % columns) * (width - 8) / columns, top + (i // columns) * row
        yield from mark(shape, x, y - 1, 1.2, colour)
        yield Text(x + 3, y, label)
    hidden = int((places.geometry.isna() | places.geometry.is_empty).sum())
    drawn = {"border": results.border, "road": results.roads, "stream": results.streams}
    kinds = [kind for kind, lines in drawn.items() if lines is not None and len(lines)]
    for i, kind in enumerate(kinds, start=len(rows)):
        x, y = 4 + (i % columns) * (width - 8) / columns, top + (i // columns) * row
        stroke, width_mm = _LINES[kind]
        line = np.array([(x - 2, y - 1), (x + 2, y - 1)])
        yield Path(line, stroke=stroke, width_mm=2 * width_mm)
        yield Text(x + 3, y, words.text(f"present.line_{kind}", language))
    notes = [labels.note(results.run, language)]
    notes.append(
        words.text("present.map_hidden", language, n=hidden, of=len(places)) if hidden else None
    )
    for i, note in enumerate(note for note in notes if note):
        yield Text(4, top + 4 * row + 0.4 + i * 4.2, note, size_mm=3)
