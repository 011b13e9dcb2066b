"""Invented country for benchmarks of travel: hills, jittered roads, streams, places.

Road networks are jittered lattices with a third of the roads missing.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray

from geoparty import travel
from geoparty.settings import DRY, WET, Travel

SEED = 20_260_726
CRS = "EPSG:32648"
WEST, SOUTH = 300_000.0, 2_300_000.0
Given = SimpleNamespace


def noise(n: int, rng: np.random.Generator, waves: dict[int, float]) -> NDArray[np.float32]:
    """Return hills: random heights at several spacings, straight between them."""
    height = np.zeros((n, n), np.float32)
    for k, relief in waves.items():
        grid = rng.normal(0, relief, (k + 2, k + 2)).astype(np.float32)
        at = np.linspace(0, k, n)
        i, f = at.astype(int), (at % 1).astype(np.float32)
        rows = grid[i] * (1 - f[:, None]) + grid[i + 1] * f[:, None]
        height += rows[:, i] * (1 - f) + rows[:, i + 1] * f
    return height


def make_roads(side: int, step: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads of a lattice: classes, surfaces, bridges, a third missing."""
    i, j = np.mgrid[:side, :side]
    jitter = rng.uniform(-step / 3, step / 3, (side, side, 2))
    xy = np.stack([WEST + i * step, SOUTH + j * step], axis=-1) + jitter
    ends = [np.stack([xy[:-1], xy[1:]], 2), np.stack([xy[:, :-1], xy[:, 1:]], 2)]
    pairs = np.concatenate([e.reshape(-1, 2, 2) for e in ends])
    pairs = pairs[rng.random(len(pairs)) < 0.66]
    n = len(pairs)
    columns = {
        "road_class": rng.choice(["district", "commune", "village", "path"], n),
        "surface": rng.choice(["paved", "gravel", "dirt"], n),
        "is_ford": np.zeros(n, bool),
        "has_bridge": rng.random(n) < 0.5,
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.linestrings(pairs), crs=CRS)


def make_streams(n: int, length: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return streams that wind from south to north."""
    y = np.arange(SOUTH - 500, SOUTH + length + 500, 200.0)
    lines = [
        np.column_stack([x + np.cumsum(rng.normal(0, 60, len(y))), y])
        for x in rng.uniform(WEST, WEST + length, n)
    ]
    return gpd.GeoDataFrame(geometry=[shapely.LineString(c) for c in lines], crs=CRS)


def make_places(n: int, length: float, rng: np.random.Generator) -> gpd.GeoSeries:
    """Return places anywhere."""
    xy = np.array([WEST, SOUTH]) + rng.uniform(0, length, (n, 2))
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS)


def warm() -> None:
    """Compile every kernel on a country of a few roads."""
    rng = np.random.default_rng(SEED)
    places = make_places(6, 1500.0, rng)
    flat = np.zeros((20, 20), np.float32)
    terrain: Any = Given(
        elevation_m=flat,
        transform=Affine(90, 0, WEST, 0, -90, SOUTH + 1800),
        crs=pyproj.CRS(CRS),
    )
    for heights in (None, terrain):
        network = travel.build_network(
            make_roads(6, 250.0, rng),
            travel=Travel(),
            seasons=(DRY, WET),
            streams=make_streams(2, 1500.0, rng),
            terrain=heights,
        )
        for season in (DRY, WET):
            travel.network_minutes(network, places, places, season=season)
            travel.od_minutes(network, places, places, season=season)
            travel.crossings(network, places, places, season=season, cut_off_min=30)
