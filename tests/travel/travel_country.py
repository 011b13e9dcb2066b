"""Small countries to travel in, drawn in metres around a point of Điện Biên."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pyproj
from affine import Affine
from shapely import LineString, Point

from geoparty.settings import DRY, WET, Travel
from geoparty.travel import Network, build_network

CRS = "EPSG:32648"
EAST, NORTH = 300_000.0, 2_370_000.0
TRAVEL = Travel()
PAVED = TRAVEL.speed_kph["commune"] * 1000 / 60
WALK = TRAVEL.walk_kph * 1000 / 60
LEG = TRAVEL.detour_factor / WALK


def line(*xy):
    return LineString([(EAST + x, NORTH + y) for x, y in xy])


def points(*xy, crs=CRS):
    return gpd.GeoSeries(
        [None if p is None else Point(EAST + p[0], NORTH + p[1]) for p in xy], crs=crs
    )


def roads(*lines, road_class="commune", surface="paved", is_ford=False, has_bridge=False):
    columns = {
        "road_class": road_class,
        "surface": surface,
        "is_ford": is_ford,
        "has_bridge": has_bridge,
    }
    return gpd.GeoDataFrame(columns, index=range(len(lines)), geometry=list(lines), crs=CRS)


def streams(*lines):
    return gpd.GeoDataFrame(geometry=list(lines), crs=CRS)


def network(frame, water=None, *, travel=TRAVEL, terrain=None) -> Network:
    return build_network(frame, travel=travel, seasons=(DRY, WET), streams=water, terrain=terrain)


def random_country(seed, *, n=7):
    """A jittered lattice of roads with gaps, streams across, and places about."""
    rng = np.random.default_rng(seed)
    at = {
        (i, j): rng.uniform(-200, 200, 2) + np.array([1000.0 * i, 1000.0 * j])
        for i in range(n)
        for j in range(n)
    }
    pairs = [(a, (a[0] + 1, a[1])) for a in at] + [(a, (a[0], a[1] + 1)) for a in at]
    kept = [(a, b) for a, b in pairs if b in at and rng.random() < 0.7]
    lines = [line(at[a], at[b]) for a, b in kept]
    frame = roads(*lines)
    frame["road_class"] = rng.choice(["district", "commune", "village", "path"], len(lines))
    frame["surface"] = rng.choice(["paved", "gravel", "dirt"], len(lines))
    frame["has_bridge"] = rng.random(len(lines)) < 0.3
    water = streams(
        *(
            line((x, -500), (x + rng.uniform(-900, 900), 1000 * n))
            for x in rng.uniform(0, 1000 * n, 3)
        )
    )
    places = points(*rng.uniform(-500, 1000 * n, (12, 2)))
    return frame, water, places


@dataclass(frozen=True)
class Heights:
    """A terrain in the country's metres, cells of 100 m, its corner at the origin."""

    elevation_m: np.ndarray
    side: float = 100.0
    crs: pyproj.CRS = field(default_factory=lambda: pyproj.CRS(CRS))

    @property
    def transform(self):
        north = NORTH + self.side * self.elevation_m.shape[0]
        return Affine(self.side, 0, EAST, 0, -self.side, north)


def hilly(seed, *, n=30, relief=400.0):
    rng = np.random.default_rng(seed)
    small = rng.uniform(0, relief, (n // 10 + 2, n // 10 + 2))
    grid = np.linspace(0, small.shape[0] - 1.01, n)
    i, f = grid.astype(int), grid % 1
    rows = small[i] * (1 - f[:, None]) + small[i + 1] * f[:, None]
    return Heights((rows[:, i] * (1 - f) + rows[:, i + 1] * f).astype(np.float32))
