"""A large grid walked with slope; GRASS (``r.walk -k``) is the peer where it is installed.

Its figure holds importing the same rasters, some hundredths of the whole.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks import Case, Size
from benchmarks.landscape import CRS, SEED, SOUTH, WEST, Given, noise
from geoparty import travel

HILLS = {8: 600.0, 32: 200.0, 128: 60.0, 512: 15.0}


def build_grid(size: Size) -> Given:
    """Make hills of 30 m cells with two kinds of ground, and sources."""
    n = {"small": 300, "full": 5000}[size]
    rng = np.random.default_rng(SEED)
    height = noise(n, rng, HILLS)
    speed = np.where(noise(n, rng, {60: 1.0}) < -0.3, 2.0, 3.0).astype(np.float32)
    sources = rng.integers(0, n, (max(4, n * n // 62_500), 2))
    travel.terrain_minutes(speed[:20, :20], height[:20, :20], [(1, 1)], cell_m=30, limit_min=600)
    return Given(height=height, speed=speed, sources=sources)


def run_grid(given: Given) -> NDArray[np.float64]:
    """Walk."""
    return travel.terrain_minutes(
        given.speed, given.height, given.sources, cell_m=30, limit_min=600
    )


def check_grid(given: Given, minutes: NDArray[np.float64]) -> bool:
    """Ask a corner of the grid again by scipy, with its border held at what was found."""
    n = min(60, len(minutes))
    cell = np.arange(n * n).reshape(n, n)
    slow, tails, heads, costs = 3.6 / given.speed[:n, :n].astype(float), [], [], []
    steps = [(a, b) for a in range(-2, 3) for b in range(-2, 3) if 0 < a * a + b * b < 6]
    for a, b in (s for s in steps if s[0] * s[0] + s[1] * s[1] != 4):
        here = np.s_[max(0, -a) : n - max(0, a), max(0, -b) : n - max(0, b)]
        there = np.s_[max(0, a) : n - max(0, -a), max(0, b) : n - max(0, -b)]
        length = 30 * np.hypot(a, b)
        mean = slow[here] + slow[there]
        if a * a + b * b == 5:
            down, across = (a // 2, 0) if abs(a) == 2 else (0, b // 2)
            r, c = np.mgrid[here]
            mean = mean + slow[r + down, c + across] + slow[r + a - down, c + b - across]
        mean = mean / (4 if a * a + b * b == 5 else 2)
        slope = (given.height[:n, :n][here].astype(float) - given.height[:n, :n][there]) / length
        tails.append(cell[here].ravel())
        heads.append(cell[there].ravel())
        costs.append((mean * length * np.exp(3.5 * np.abs(slope + 0.05) - 0.175)).ravel() / 60)
    rim = np.unique(np.concatenate([cell[:, -2:].ravel(), cell[-2:].ravel()]))
    inside = given.sources[(given.sources < n).all(axis=1)]
    start = np.full(n * n, np.inf)
    start[rim] = minutes[:n, :n].ravel()[rim]
    start[cell[tuple(inside.T)]] = 0
    seeds = np.flatnonzero(np.isfinite(start))
    tail = np.concatenate([*tails, np.full(len(seeds), n * n)])
    graph = csr_array(
        (
            np.concatenate([*costs, np.maximum(start[seeds], 1e-12)]),
            (tail, np.concatenate([*heads, seeds])),
        ),
        shape=(n * n + 1,) * 2,
    )
    expected = dijkstra(graph, indices=n * n)[:-1].reshape(n, n)
    reached = expected <= 599
    return np.allclose(minutes[:n, :n][reached], expected[reached], rtol=1e-5, atol=1e-6)


GRASS = """
r.in.gdal -o input=z.tif output=z --q
r.in.gdal -o input=s.tif output=s --q
g.region raster=z
v.in.ascii input=p.txt output=p separator=space --q
r.walk -k elevation=z friction=s output=o start_points=p max_cost=36000 memory=4000 --q
"""


def grass_grid(given: Given) -> None:
    """Do the same walk by GRASS."""
    import rasterio

    n = len(given.height)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        profile = {"driver": "GTiff", "height": n, "width": n, "count": 1, "dtype": "float32"}
        at = Affine(30, 0, WEST, 0, -30, SOUTH + 30 * n)
        for name, values in (("z", given.height), ("s", 3.6 / given.speed)):
            path = here / f"{name}.tif"
            with rasterio.open(path, "w", crs=CRS, transform=at, **profile) as f:
                f.write(values, 1)
        row, column = given.sources.T
        xy = np.column_stack([WEST + 30 * (column + 0.5), SOUTH + 30 * (n - row - 0.5)])
        np.savetxt(here / "p.txt", xy, fmt="%.1f")
        (here / "go.sh").write_text("set -e" + GRASS, "utf-8")
        for command in (["-c", CRS, "-e", "l"], ["l/PERMANENT", "--exec", "bash", "go.sh"]):
            subprocess.run(["grass", *command], cwd=here, check=True, capture_output=True)


CASES = [
    Case(
        name="grid with slope",
        build=build_grid,
        run=run_grid,
        check=check_grid,
        peer=grass_grid if shutil.which("grass") else None,
        peer_name="GRASS r.walk -k",
    ),
]
