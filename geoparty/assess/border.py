"""Communes on the land border: by their boundary, by the official list, and where these differ."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoparty import schema
from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Rules

AGREEMENTS = ("both", "neither", "geometry_only", "list_only", "not_compared")
"""What boundary and list say of a commune, where both say something."""
_BESIDE_M = 1.0
"""Whose ground lies on either side of a boundary is looked up this far from it."""
_LEAST_STEP_M = 10.0
_LEAST_TOLERANCE_M = 0.01
_DEGREE_M = 110_000.0
"""A degree of latitude is nowhere shorter; only used to look generously around the communes."""

_Floats = npt.NDArray[np.float64]
_Shapes = npt.NDArray[np.object_]
_Ints = npt.NDArray[np.intp]


def border_communes(
    communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame | None, *, rules: Rules
) -> pd.DataFrame:
    """Return which communes are border communes, by boundary or by list.

    A commune is one whose boundary coincides with the land border (Decree 34/2014/ND-CP, amended
    by 299/2025), or that the official list names. Its boundary coincides when at least
    ``rules.border_min_length_m`` of it come within ``rules.border_tolerance_m`` of the border,
    counting only boundary beyond which no other commune lies. Boundary where the polygons of
    two communes overlap proves nothing: a commune with no other contact is left to the list.

    Parameters
    ----------
    communes
        Polygons with a CRS; ``is_listed_border`` where there is a list. Lengths are measured in
        the UTM zone of the area.
    border
        Lines of the land border with a CRS, or None where there is no such file.

    Returns
    -------
    pandas.DataFrame
        On the index of ``communes``: ``is_border`` (boolean, ``<NA>`` where neither boundary nor
        list says), ``border_km`` (length that coincides, ``NaN`` not measured),
        ``border_agreement`` (one of ``AGREEMENTS``).

    Raises
    ------
    ArgumentError
        A layer has no CRS.

    Examples
    --------
    >>> squares = gpd.GeoDataFrame(
    ...     geometry=[shapely.box(x, 21, x + 0.1, 21.1) for x in (103.0, 103.1, 103.2)],
    ...     crs="EPSG:4326",
    ... )
    >>> line = gpd.GeoDataFrame(
    ...     geometry=[shapely.LineString([(103, 20.9), (103, 21.2)])], crs="EPSG:4326"
    ... )
    >>> border_communes(squares, line, rules=Rules())["is_border"].tolist()
    [True, False, False]
    """
    listed = pd.Series(pd.NA, index=communes.index, dtype="boolean")
    if "is_listed_border" in communes.columns:
        listed = communes["is_listed_border"].astype("boolean")
    km, disputed_km = _border_km(communes, border, rules=rules)
    least_km = rules.border_min_length_m / 1000
    enough, perhaps = ((total > 0) & (total >= least_km) for total in (km, km + disputed_km))
    touches = pd.Series(enough, index=communes.index, dtype="boolean")
    touches = touches.mask(np.isnan(km) | (perhaps & ~enough))
    return pd.DataFrame(
        {
            "is_border": touches.mask(touches.isna(), listed) | listed.fillna(False),
            "border_km": km,
            "border_agreement": _agreement(touches, listed),
        },
        index=communes.index,
    )


def border_problems(communes: pd.DataFrame) -> tuple[Problem, ...]:
    """Return warnings about communes where boundary and list disagree, or polygons overlap.

    ``communes`` has ``commune_name`` and the columns of :func:`border_communes`. A commune whose
    length was measured and yet is not decided meets the border only in an overlap.

    Examples
    --------
    >>> communes = pd.DataFrame(
    ...     {"commune_name": ["A"], "border_km": [2.0], "border_agreement": ["geometry_only"]}
    ... )
    >>> [problem.key for problem in border_problems(communes)]
    ['assess.border_geometry_only']
    """
    problems = []
    for what in ("geometry_only", "list_only"):
        names = communes.loc[communes["border_agreement"] == what, "commune_name"].tolist()
        if names:
            problems.append(_warning(f"assess.border_{what}", names))
    if "is_border" in communes.columns:
        disputed = communes["border_km"].notna() & communes["is_border"].isna()
        if disputed.any():
            names = communes.loc[disputed, "commune_name"].tolist()
            problems.append(_warning("assess.border_disputed", names))
    return tuple(problems)


def _warning(key: str, names: list[str]) -> Problem:
    params = {"n": len(names), "names": [str(name) for name in names]}
    return Problem(key=key, params=params, severity="warning")


def _agreement(touches: pd.Series[Any], listed: pd.Series[Any]) -> npt.NDArray[np.object_]:
    yes, on_list = touches.fillna(False).to_numpy(bool), listed.fillna(False).to_numpy(bool)
    cases = {
        "not_compared": (touches.isna() | listed.isna()).to_numpy(bool),
        "both": yes & on_list,
        "geometry_only": yes,
        "list_only": on_list,
    }
    return np.select(list(cases.values()), list(cases), default="neither").astype(object)


class _Pieces(NamedTuple):
    """Short straight pieces of boundary: owner (position), middle, length, unit direction."""

    owner: _Ints
    middle: _Floats
    length: _Floats
    direction: _Floats

    def take(self, at: npt.NDArray[Any]) -> _Pieces:
        return _Pieces(*(values[at] for values in self))


def _border_km(
    communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame | None, *, rules: Rules
) -> tuple[_Floats, _Floats]:
    """Measure each commune's own boundary on the border, and that in an overlap, in km."""
    km, disputed = np.full(len(communes), np.nan), np.zeros(len(communes))
    _require_crs(communes, "communes")
    if border is None or border.geometry.is_empty.all():
        return km, disputed
    _require_crs(border, "border")
    shapes = communes.geometry.to_crs(schema.CRS)
    known = np.flatnonzero(~(shapes.isna() | shapes.is_empty).to_numpy(bool))
    km[known] = 0.0
    tolerance = max(rules.border_tolerance_m, _LEAST_TOLERANCE_M)
    lines = _lines_near(border.geometry.to_crs(schema.CRS), shapes.iloc[known], tolerance)
    at = known[_boxes_meet(shapes.iloc[known], lines, tolerance)]
    if not len(at):
        return km, disputed
    metric = shapes.estimate_utm_crs()
    polygons = shapely.orient_polygons(shapes.iloc[at].to_crs(metric).to_numpy())
    tree = shapely.STRtree(gpd.GeoSeries(lines, crs=schema.CRS).to_crs(metric).to_numpy())
    pieces = _pieces_near(polygons, tree, tolerance)
    inside, beyond = (_of_others(polygons, pieces, side) for side in (_BESIDE_M, -_BESIDE_M))
    for total, counted in ((km, ~beyond & ~inside), (disputed, ~beyond & inside)):
        part = pieces.take(counted)
        total[at] += np.bincount(part.owner, part.length, minlength=len(at)) / 1000
    return km, disputed


def _require_crs(layer: gpd.GeoDataFrame, name: str) -> None:
    if layer.crs is None:
        raise ArgumentError(Problem(key="assess.no_crs", params={"layer": name}))


def _lines_near(border: gpd.GeoSeries, shapes: gpd.GeoSeries, tolerance: float) -> _Shapes:
    """Cut the border into its straight segments and keep those around the shapes."""
    _, ends = _segments(border[border.notna() & ~border.is_empty].to_numpy())
    west, south, east, north = shapes.total_bounds
    pad_x, pad_y = _degrees(tolerance, south, north)
    low, high = ends.min(axis=1), ends.max(axis=1)
    near = (low <= (east + pad_x, north + pad_y)) & (high >= (west - pad_x, south - pad_y))
    lines: _Shapes = shapely.linestrings(ends[near.all(axis=1)])
    return lines


def _boxes_meet(shapes: gpd.GeoSeries, lines: _Shapes, tolerance: float) -> _Ints:
    bounds = shapes.bounds.to_numpy()
    pad_x, pad_y = _degrees(tolerance, *shapes.total_bounds[[1, 3]])
    boxes = shapely.box(*(bounds + np.array([-pad_x, -pad_y, pad_x, pad_y])).T)
    found: _Ints = np.unique(shapely.STRtree(lines).query(boxes, predicate="intersects")[0])
    return found


def _degrees(metres: float, south: float, north: float) -> tuple[float, float]:
    latitude = metres / _DEGREE_M
    farthest = np.radians(min(max(abs(south), abs(north)), 89.0))
    return latitude / float(np.cos(farthest)), latitude


def _segments(shapes: _Shapes) -> tuple[_Ints, _Floats]:
    """Return every straight segment of the shapes: owner (position), and both ends (n, 2, 2)."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    if len(parts) and shapely.get_dimensions(parts[0]) == 2:
        rings, part = shapely.get_rings(parts, return_index=True)
        parts, owner = rings, owner[part]
    points, line = shapely.get_coordinates(parts, return_index=True)
    same = line[1:] == line[:-1]
    ends = np.stack([points[:-1], points[1:]], axis=1)[same]
    return owner[line[1:][same]], ends


def _pieces_near(polygons: _Shapes, tree: shapely.STRtree, tolerance: float) -> _Pieces:
    """Cut the boundaries into short pieces and keep those whose middle is near the border."""
    owner, ends = _segments(polygons)
    close = _near(tree, shapely.linestrings(ends), tolerance)
    owner, ends = owner[close], ends[close]
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(*along.T)
    count = np.maximum(np.ceil(length / max(tolerance / 2, _LEAST_STEP_M)), 1).astype(int)
    which = np.repeat(np.arange(len(owner)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    middle = ends[which, 0] + along[which] * ((step + 0.5) / count[which])[:, None]
    unit = along / np.where(length > 0, length, 1)[:, None]
    pieces = _Pieces(owner[which], middle, (length / count)[which], unit[which])
    return pieces.take(_near(tree, shapely.points(pieces.middle), tolerance))


def _near(tree: shapely.STRtree, shapes: _Shapes, tolerance: float) -> _Ints:
    near = tree.query_nearest(shapes, max_distance=tolerance, all_matches=False)[0]
    found: _Ints = np.unique(near)
    return found


def _of_others(polygons: _Shapes, pieces: _Pieces, left_m: float) -> npt.NDArray[np.bool_]:
    """Tell whether the ground to the left of each piece lies in another commune.

    Outer rings run counter-clockwise, so that a commune's own ground is to the left.
    """
    left = np.column_stack([-pieces.direction[:, 1], pieces.direction[:, 0]])
    points = shapely.points(pieces.middle + left * left_m)
    at, polygon = shapely.STRtree(polygons).query(points)
    other = polygon != pieces.owner[at]
    at, polygon = at[other], polygon[other]
    shapely.prepare(polygons)
    inside = shapely.intersects(polygons[polygon], points[at])
    found = np.zeros(len(points), dtype=bool)
    found[at[inside]] = True
    return found
