"""Defects of commune boundaries as a coverage, measured, and their repair."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty.errors import Problem
from geoparty.read.boundaries import area_km2, square_metres
from geoparty.schema import CRS

_LEAST_M2 = 1.0
"""Smaller overlaps and gaps are noise of the seventh decimal."""
_WIDEST_GAP_DEG = 0.002
"""Gaps up to this wide (about 200 m) are closed by a repair; wider ones may be lakes."""


@dataclass(frozen=True)
class Coverage:
    """Where communes overlap or leave gaps, and how each polygon is drawn.

    ``overlaps``: code_a, code_b, area_m2, geometry. ``gaps``: codes (of those round it),
    area_m2, geometry. ``communes``, index commune_code: invalid_edge_km, n_parts,
    n_repeated_points. All geometry in EPSG:4326, areas on the ellipsoid.
    """

    overlaps: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    communes: pd.DataFrame
    problems: tuple[Problem, ...]


def measure_coverage(communes: gpd.GeoDataFrame) -> Coverage:
    """Measure overlaps, gaps, repeated points and parts of commune polygons.

    Parameters
    ----------
    communes
        Polygons in EPSG:4326, index ``commune_code``.

    Examples
    --------
    >>> boxes = [shapely.box(103, 21, 103.1, 21.1), shapely.box(103.09, 21, 103.2, 21.1)]
    >>> frame = gpd.GeoDataFrame(geometry=boxes, index=["03127", "03151"], crs=4326)
    >>> measure_coverage(frame).overlaps["area_m2"].round(-5).tolist()
    [11500000.0]
    """
    polygons = communes.geometry.array
    edges = gpd.GeoSeries(shapely.coverage_invalid_edges(polygons), index=communes.index, crs=CRS)
    overlaps = _overlaps(communes, np.flatnonzero(~edges.is_empty.to_numpy()))
    gaps = _gaps(communes)
    per_commune = pd.DataFrame(
        {
            "invalid_edge_km": _length_km(edges),
            "n_parts": shapely.get_num_geometries(polygons),
            "n_repeated_points": _repeated_points(polygons),
        },
        index=communes.index,
    )
    return Coverage(overlaps, gaps, per_commune, tuple(_problems(overlaps, gaps, per_commune)))


def repair_coverage(communes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return communes without overlaps and narrow gaps, and how the area of each changed.

    An overlap goes to the neighbour with the longest common border, as does a gap up to about
    200 m wide. The second frame (index commune_code) has area_before_km2, area_after_km2 and
    change_km2, of the communes that changed, the greatest change first.

    Raises
    ------
    ValueError
        A geometry is no polygon.
    """
    cleaned = shapely.coverage_clean(communes.geometry.array, gap_width=_WIDEST_GAP_DEG)
    repaired = communes.set_geometry(gpd.GeoSeries(cleaned, index=communes.index, crs=CRS))
    before, after = area_km2(communes.geometry), area_km2(repaired.geometry)
    effect = pd.DataFrame(
        {"area_before_km2": before, "area_after_km2": after, "change_km2": after - before}
    )
    changed = effect[effect["change_km2"].abs() * 1e6 >= _LEAST_M2]
    order = changed["change_km2"].abs().sort_values(ascending=False, kind="stable").index
    return repaired, changed.loc[order]


def _overlaps(communes: gpd.GeoDataFrame, suspects: np.ndarray) -> gpd.GeoDataFrame:
    polygons = communes.geometry.array[suspects]
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.intersection(polygons[left], polygons[right])
    codes = communes.index.to_numpy()[suspects]
    found = gpd.GeoDataFrame(
        {"code_a": codes[left], "code_b": codes[right]},
        geometry=_polygonal(shared),
        crs=CRS,
    )
    return _largest_first(found)


def _gaps(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    whole = shapely.union_all(communes.geometry.array)
    parts = shapely.get_parts(whole)
    holes = [ring for part in parts for ring in part.interiors]
    gaps = shapely.polygons(holes) if holes else np.array([], dtype=object)
    tree = shapely.STRtree(communes.geometry.array)
    at, commune = tree.query(gaps, predicate="intersects")
    codes = (
        pd.Series(communes.index.to_numpy()[commune]).groupby(at).agg(lambda c: " ".join(sorted(c)))
    )
    found = gpd.GeoDataFrame(
        {"codes": codes.reindex(range(len(gaps))).to_numpy()}, geometry=list(gaps), crs=CRS
    )
    return _largest_first(found)


def _polygonal(shapes: np.ndarray) -> list[object]:
    """Return the polygons of intersections that may also have lines and points."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    out = shapes.copy()
    for at in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[at])
        out[at] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    out[shapely.get_dimensions(out) < 2] = None
    return list(out)


def _largest_first(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    measured = found.assign(area_m2=area_km2(found.geometry).fillna(0.0) * 1e6)
    real = measured[measured["area_m2"] >= _LEAST_M2]
    return real.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def _length_km(lines: gpd.GeoSeries) -> np.ndarray:
    from pyproj import Geod

    ellipsoid = Geod(ellps="WGS84")
    return np.array([ellipsoid.geometry_length(line) / 1000 for line in lines])


def _repeated_points(polygons: np.ndarray) -> np.ndarray:
    """Return how many points of each polygon repeat the one before."""
    rings, ring_of = shapely.get_parts(shapely.boundary(polygons), return_index=True)
    points, at = shapely.get_coordinates(rings, return_index=True)
    same = (np.diff(points, axis=0) == 0).all(axis=1) & (np.diff(at) == 0)
    return np.bincount(ring_of[at[1:][same]], minlength=len(polygons))


def _problems(
    overlaps: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame, communes: pd.DataFrame
) -> list[Problem]:
    problems = []
    if len(overlaps):
        shown = [
            f"{a} – {b}: {square_metres(area)}"
            for a, b, area in zip(
                overlaps["code_a"], overlaps["code_b"], overlaps["area_m2"], strict=True
            )
        ]
        params = {"n": len(overlaps), "detail": shown}
        problems.append(Problem(key="read.overlaps", params=params, severity="warning"))
    if len(gaps):
        shown = [
            f"{codes.replace(' ', ' – ')}: {square_metres(area)}"
            for codes, area in zip(gaps["codes"], gaps["area_m2"], strict=True)
        ]
        params = {"n": len(gaps), "detail": shown}
        problems.append(Problem(key="read.gaps", params=params, severity="warning"))
    return problems
