"""Communes that do not exist, in mountain country near the north-west."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from geoparty import schema
from geoparty.sample.noise import Floats, Ints, generator

LON, LAT = 103.0, 21.6
"""South-west corner of the invented country; what is really there plays no part."""
COMMUNE_KM2 = 220.0
KM_PER_DEGREE = 111.2
EDGE_STEP = 0.014
"""Vertices along an edge, in widths of a commune: about 150 m."""
LONGEST_WAVE, N_WAVES, WAVE_HEIGHT = 0.9, 4, 0.08
"""Waves that bend the edges: widths of a commune, number, and height over length."""
STEMS = ("Mường", "Nà", "Nậm", "Pá", "Huổi", "Co", "Phiêng", "Hua", "Noong", "Chiềng", "Pú", "Tả")
MARKS = ("Mẫu", "Thử", "Giả", "Ví", "Phỏng", "Nháp")
"""Words for sample, trial, sham, example: a name with one of them is nobody's commune."""
PROVINCES = (("98", "Giả Định Thượng"), ("99", "Giả Định Hạ"))


def invent_communes(n: int = 12, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Return ``n`` made-up communes that share their edges exactly.

    Their names carry a word for sample or sham, their codes (98001, 99001, ...) and their
    two provinces (98, 99) do not exist. One commune in each province is a phường.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``commune_code``; the columns of ``schema.COMMUNES``; EPSG:4326 polygons.

    Examples
    --------
    >>> communes = invent_communes(3, seed=1)
    >>> communes[["commune_name", "province_name"]].head(1).values.tolist()
    [['Giả Định', 'Giả Định Thượng']]
    >>> bool(shapely.coverage_is_valid(communes.geometry.values))
    True
    """
    rng = generator(seed, "communes")
    polygons = _to_country(_bend(_cells(n, rng), rng), n)
    while not _is_coverage(polygons):
        polygons = _to_country(_bend(_cells(n, rng), rng), n)
    polygons = polygons[_towns_first(shapely.centroid(polygons))]
    frame = gpd.GeoDataFrame(_labels(polygons, n), geometry=polygons, crs=schema.CRS)
    frame["area_km2"] = (frame.to_crs(frame.estimate_utm_crs()).area / 1e6).round(2)
    return frame.set_index("commune_code")[
        [c for c in schema.COMMUNES if c != "commune_code"] + ["geometry"]
    ]


def _is_coverage(polygons: NDArray[Any]) -> bool:
    """Tell whether the bending, in steps as it is, left no edge crossing another."""
    return bool(shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons))


def _cells(n: int, rng: np.random.Generator) -> NDArray[Any]:
    """Voronoi cells of relaxed points in a rounded region of area ``n``."""
    region = shapely.Point(0, 0).buffer(np.sqrt(n / np.pi), quad_segs=12)
    points = rng.uniform(-1, 1, size=(n, 2)) * np.sqrt(n / np.pi) * 0.75
    for _ in range(6):
        cells = _clipped_voronoi(points, region)
        points = np.column_stack(
            [shapely.get_x(shapely.centroid(cells)), shapely.get_y(shapely.centroid(cells))]
        ) + rng.normal(0, 0.04, size=(n, 2))
    return _clipped_voronoi(points, region)


def _clipped_voronoi(points: Floats, region: shapely.Polygon) -> NDArray[Any]:
    far = 50 * np.abs(points).max() + 50
    ring = far * np.array([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)])
    diagram = Voronoi(np.vstack([points, ring]))
    corners = [diagram.regions[diagram.point_region[i]] for i in range(len(points))]
    cells = np.array([shapely.Polygon(diagram.vertices[c]) for c in corners])
    # Node the cells against the region once, so that neighbours meet in the same points.
    lines = shapely.union_all([*shapely.boundary(cells), shapely.boundary(region)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.point_on_surface(faces)
    owner = np.array(
        [np.hypot(*(points - (p.x, p.y)).T).argmin() if region.contains(p) else -1 for p in inside]
    )
    return np.array([shapely.union_all(faces[owner == i]) for i in range(len(points))])


def _bend(cells: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Cut edges into short pieces and move every vertex by smooth fields of its position.

    Equal vertices move alike, so neighbours still share their edges; no field's slope reaches
    1, so edges cannot cross.
    """
    # segmentize cuts an edge into equal pieces, the same from either end but for rounding.
    dense = shapely.set_precision(shapely.segmentize(cells, EDGE_STEP), 1e-9)
    waves = LONGEST_WAVE / 2.0 ** np.arange(N_WAVES)
    angles = rng.uniform(0, 2 * np.pi, size=(N_WAVES, 2))
    phases = rng.uniform(0, 2 * np.pi, size=(N_WAVES, 2))

    def move(xy: Floats) -> Floats:
        for wave, angle, phase in zip(waves, angles, phases, strict=True):
            along = np.outer(xy[:, 0], np.cos(angle)) + np.outer(xy[:, 1], np.sin(angle))
            xy = xy + WAVE_HEIGHT * wave * np.sin(along * 2 * np.pi / wave + phase)
        return xy

    return np.asarray(shapely.transform(dense, move))


def _to_country(cells: NDArray[Any], n: int) -> NDArray[Any]:
    """Stretch to kilometres along the grain of the mountains, then to degrees."""
    km = np.sqrt(COMMUNE_KM2)
    radius = np.sqrt(n / np.pi)

    def place(xy: Floats) -> Floats:
        turned = xy @ np.array([[1.0, -0.3], [-0.3, 1.09]])
        lat = LAT + (turned[:, 1] + radius) * km / KM_PER_DEGREE
        lon = LON + (turned[:, 0] + radius) * km / (KM_PER_DEGREE * np.cos(np.radians(LAT)))
        return np.round(np.column_stack([lon, lat]), 6)

    return np.asarray(shapely.transform(cells, place))


def _towns_first(centres: NDArray[Any]) -> Ints:
    """Order west to east, but in each half, a province, the one in its middle comes first."""
    order = np.argsort(shapely.get_x(centres), kind="stable")
    out = []
    for half in np.split(order, [(len(order) + 1) // 2]):
        middle = shapely.centroid(shapely.multipoints(centres[half]))
        town = half[shapely.distance(centres[half], middle).argmin()]
        out += [town, *half[half != town]]
    return np.array(out, dtype=np.intp)


def _labels(polygons: NDArray[Any], n: int) -> pd.DataFrame:
    """Names, codes and provinces from west to east; the first of a province is its town."""
    first = (n + 1) // 2
    province = np.where(np.arange(n) < first, 0, 1)
    within = np.where(province == 0, np.arange(n), np.arange(n) - first)
    is_town = within == 0
    rural = np.cumsum(~is_town) - 1
    names = [_name(int(i)) for i in rural]
    towns = ("Giả Định", "Mẫu Sơn Giả")
    return pd.DataFrame(
        {
            "commune_code": [
                f"{PROVINCES[p][0]}{w + 1:03d}" for p, w in zip(province, within, strict=True)
            ],
            "commune_name": [
                towns[p] if t else name for p, t, name in zip(province, is_town, names, strict=True)
            ],
            "commune_type": np.where(is_town, "phường", "xã"),
            "province_code": [PROVINCES[p][0] for p in province],
            "province_name": [PROVINCES[p][1] for p in province],
            "is_listed_border": pd.array([pd.NA] * n, dtype="boolean"),
            "is_disadvantaged": pd.array([pd.NA] * n, dtype="boolean"),
        }
    )


def _name(i: int) -> str:
    mark = MARKS[(i + i // len(STEMS)) % len(MARKS)]
    repeat = i // (len(STEMS) * len(MARKS))
    return f"{STEMS[i % len(STEMS)]} {mark}" + (f" {repeat + 1}" if repeat else "")
