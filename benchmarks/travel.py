"""Travel: a large grid, a province on terrain, matrices, fords, the country.

Road networks are jittered lattices with a third of the roads missing; compiled kernels are
warmed while inputs are built. GRASS (``r.walk -k``) is the peer of the grid where it is
installed; its figure holds importing the same rasters, some hundredths of the whole. pandana,
where it is installed, is that of the country.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks import Case, Size
from geoparty import travel
from geoparty.settings import DRY, WET, Travel
from geoparty.travel.graph import Graph, Links
from geoparty.travel.minutes import points_on
from geoparty.travel.openings import openable
from geoparty.travel.state import State

PANDANA = importlib.util.find_spec("pandana") is not None
SEED = 20_260_726
CRS = "EPSG:32648"
WEST, SOUTH = 300_000.0, 2_300_000.0
Given = SimpleNamespace


def _noise(n: int, rng: np.random.Generator, waves: dict[int, float]) -> NDArray[np.float32]:
    """Return hills: random heights at several spacings, straight between them."""
    height = np.zeros((n, n), np.float32)
    for k, relief in waves.items():
        grid = rng.normal(0, relief, (k + 2, k + 2)).astype(np.float32)
        at = np.linspace(0, k, n)
        i, f = at.astype(int), (at % 1).astype(np.float32)
        rows = grid[i] * (1 - f[:, None]) + grid[i + 1] * f[:, None]
        height += rows[:, i] * (1 - f) + rows[:, i + 1] * f
    return height


HILLS = {8: 600.0, 32: 200.0, 128: 60.0, 512: 15.0}


def build_grid(size: Size) -> Given:
    """Make hills of 30 m cells with two kinds of ground, and sources."""
    n = {"small": 300, "full": 5000}[size]
    rng = np.random.default_rng(SEED)
    height = _noise(n, rng, HILLS)
    speed = np.where(_noise(n, rng, {60: 1.0}) < -0.3, 2.0, 3.0).astype(np.float32)
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


def _roads(side: int, step: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
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


def _streams(n: int, length: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    y = np.arange(SOUTH - 500, SOUTH + length + 500, 200.0)
    lines = [
        np.column_stack([x + np.cumsum(rng.normal(0, 60, len(y))), y])
        for x in rng.uniform(WEST, WEST + length, n)
    ]
    return gpd.GeoDataFrame(geometry=[shapely.LineString(c) for c in lines], crs=CRS)


def _places(n: int, length: float, rng: np.random.Generator) -> gpd.GeoSeries:
    xy = np.array([WEST, SOUTH]) + rng.uniform(0, length, (n, 2))
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS)


def build_province(size: Size) -> Given:
    """Make a province: roads, streams, hills, places and targets."""
    side, n_targets = {"small": (40, 20), "full": (450, 400)}[size]
    rng = np.random.default_rng(SEED)
    length = side * 222.0
    cells = max(8, int(length // 90))
    terrain = Given(
        elevation_m=_noise(cells, rng, {8: 400.0, 32: 150.0, 128: 40.0}),
        transform=Affine(length / cells, 0, WEST, 0, -length / cells, SOUTH + length),
        crs=pyproj.CRS(CRS),
    )
    given = Given(
        roads=_roads(side, 222.0, rng),
        streams=_streams(max(2, side // 15), length, rng),
        terrain=terrain,
        places=_places(10 * n_targets, length, rng),
    )
    given.targets = given.places.iloc[:n_targets]
    given.network = travel.build_network(
        given.roads, travel=Travel(), seasons=(DRY, WET), streams=given.streams
    )
    _warm()
    return given


def _warm() -> None:
    """Compile every kernel on a country of a few roads."""
    rng = np.random.default_rng(SEED)
    places = _places(6, 1500.0, rng)
    flat = np.zeros((20, 20), np.float32)
    terrain: Any = Given(
        elevation_m=flat,
        transform=Affine(90, 0, WEST, 0, -90, SOUTH + 1800),
        crs=pyproj.CRS(CRS),
    )
    for heights in (None, terrain):
        network = travel.build_network(
            _roads(6, 250.0, rng),
            travel=Travel(),
            seasons=(DRY, WET),
            streams=_streams(2, 1500.0, rng),
            terrain=heights,
        )
        for season in (DRY, WET):
            travel.network_minutes(network, places, places, season=season)
            travel.od_minutes(network, places, places, season=season)
            travel.crossings(network, places, places, season=season, cut_off_min=30)


def run_province(given: Given) -> list[pd.Series]:
    """Build the network with terrain and walk and ride it in both seasons."""
    network = travel.build_network(
        given.roads,
        travel=Travel(),
        seasons=(DRY, WET),
        streams=given.streams,
        terrain=given.terrain,
    )
    return [
        travel.network_minutes(network, given.places, given.targets, season=season)
        for season in (DRY, WET)
    ]


def check_province(given: Given, answer: list[pd.Series]) -> bool:
    """Targets are there already, nobody is faster when it is wet, everybody arrives dry."""
    dry, wet = answer
    home = (dry.loc[given.targets.index] == 0).all()
    return bool(home and (wet >= dry - 1e-9).all() and np.isfinite(dry).all())


def run_matrix(given: Given) -> csr_array:
    """Minutes from every place to every target within two hours."""
    given.ways = given.network.ways(DRY)
    return travel.od_minutes(given.network, given.places, given.targets, season=DRY, limit_min=120)


def _arrays(given: Given) -> tuple[Graph, Links, Links]:
    ways = given.network.ways(DRY)
    here, there = (points_on(given.network, p) for p in (given.places, given.targets))
    return ways.graph, ways.links(there, into=False), ways.links(here, into=True)


def scipy_matrix(given: Given, rows: slice = slice(None)) -> NDArray[np.float64]:
    """Do the same by scipy's Dijkstra, one target at a time, straight walks left out."""
    graph, seeds, taps = _arrays(given)
    n, point = graph.n_nodes, np.repeat(np.arange(len(seeds.first) - 1), np.diff(seeds.first))
    order = np.lexsort((-seeds.minutes, seeds.node, point))
    tail = np.concatenate([np.repeat(np.arange(n), np.diff(graph.start)), n + point[order]])
    head = np.concatenate([graph.other, seeds.node[order]])
    cost = np.concatenate([graph.cost, seeds.minutes[order]])
    table = pd.DataFrame({"tail": tail, "head": head, "cost": np.maximum(cost, 1e-12)})
    table = table.groupby(["tail", "head"], sort=False)["cost"].min().reset_index()
    size = n + len(given.targets)
    matrix = csr_array((table["cost"], (table["tail"], table["head"])), shape=(size, size))
    found = []
    for target in range(len(given.targets))[rows]:
        dist = dijkstra(matrix, indices=n + target, limit=120)
        by_tap = dist[taps.node] + taps.minutes
        found.append(np.minimum.reduceat(np.append(by_tap, np.inf), taps.first[:-1]))
    return np.array(found)


def check_matrix(given: Given, answer: csr_array) -> bool:
    """Three targets again by scipy; straight walks may be shorter, nothing may be longer."""
    expected = scipy_matrix(given, slice(3))
    full = np.full(answer.shape, np.inf)
    entries = answer.tocoo()
    full[entries.row, entries.col] = entries.data
    got = full.T[:3]
    expected[expected > 120] = np.inf
    same = np.isclose(got, expected, rtol=1e-6)
    return bool((got <= expected * (1 + 1e-6)).all() and same.mean() > 0.9)


RISEN = DRY.model_copy(update={"name": "risen", "fords_open": False})
"""Nothing but the fords is closed."""


def build_fords(size: Size) -> Given:
    """Make a province of roads with some 4,800 fords, and the state of its wet season."""
    side, n_targets, n_streams = {"small": (40, 20, 3), "full": (450, 400, 21)}[size]
    rng = np.random.default_rng(SEED)
    length = side * 222.0
    roads = _roads(side, 222.0, rng).assign(has_bridge=False)
    given = Given(places=_places(10 * n_targets, length, rng))
    given.targets = given.places.iloc[: n_targets // 10]
    given.network = travel.build_network(
        roads, travel=Travel(), seasons=(RISEN,), streams=_streams(n_streams, length, rng)
    )
    _warm()
    ways = given.network.ways(RISEN)
    given.state = State.of(ways, given.places, given.targets)
    given.fords = openable(ways)
    return given


def run_fords(given: Given) -> tuple[Any, ...]:
    """Ask for every ford what everybody would have if it alone could be passed."""
    return given.state.opened(given.fords)


def check_fords(given: Given, answer: tuple[Any, ...]) -> bool:
    """Open the one that brings most places nearer and ask everybody again."""
    which, who, minutes = answer
    n = len(given.fords.label)
    best = int(np.bincount(which, minlength=n).argmax())
    fords = given.fords
    span = slice(fords.first[best], fords.first[best + 1])
    edges = (fords.one[span], fords.two[span], fords.along[span], fords.against[span])
    then = given.state.with_open(given.state.graph.with_edges(*edges), fords, span)
    nearer = np.flatnonzero(then.now < given.state.now)
    order = np.argsort(who[which == best])
    same = np.array_equal(nearer, who[which == best][order])
    return same and np.allclose(then.now[nearer], minutes[which == best][order])


def scipy_fords(given: Given) -> list[float]:
    """Ask for one ford in a hundred by scipy, one search each."""
    graph, fords, state = given.state.graph, given.fords, given.state
    node = np.flatnonzero(np.isfinite(state.seed))
    n, found = graph.n_nodes, []
    tail = np.repeat(np.arange(n), np.diff(graph.start))
    for ford in range(0, len(fords.label), 100):
        span = slice(fords.first[ford], fords.first[ford + 1])
        one, two = fords.one[span], fords.two[span]
        row = np.concatenate([tail, one, two, np.full(len(node), n)])
        column = np.concatenate([graph.other, two, one, node])
        cost = np.concatenate([graph.cost, np.full(2 * len(one), 1e-12), state.seed[node]])
        order = np.lexsort((cost, column, row))
        row, column, cost = row[order], column[order], np.maximum(cost[order], 1e-12)
        first = np.ones(len(row), bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        entries = (cost[first], (row[first], column[first]))
        matrix = csr_array(entries, shape=(n + 1, n + 1))
        found.append(float(dijkstra(matrix, indices=n)[:-1].sum()))
    return found


def run_season(given: Given) -> Graph:
    """Make the graph and the ways of another season of a network that is there."""
    ways = given.network.ways(WET)
    ways.links(points_on(given.network, given.places), into=True)
    return ways.graph


def build_season(size: Size) -> Given:
    """Make a province and ask it once in the dry season."""
    given = build_province(size)
    run_matrix(given)
    return given


def check_season(given: Given, graph: Graph) -> bool:
    """Compare with the dry season: no more edges, and no faster ones."""
    dry = given.network.ways(DRY).graph
    return len(graph.cost) <= len(dry.cost) and graph.cost.sum() >= 0.99 * dry.cost.sum()


def build_country(size: Size) -> Given:
    """Make a country of two million nodes, 90,000 places and 10,000 sites."""
    side, n_places, n_targets = {"small": (60, 300, 40), "full": (1420, 90_000, 10_000)}[size]
    rng = np.random.default_rng(SEED)
    length = side * 400.0
    places = _places(n_places, length, rng)
    roads = _roads(side, 400.0, rng)
    _warm()
    return Given(roads=roads, places=places, targets=places.iloc[:n_targets])


def run_country(given: Given) -> csr_array:
    """Build the network and the sparse matrix."""
    given.network = travel.build_network(given.roads, travel=Travel(), seasons=(DRY,))
    return travel.od_minutes(given.network, given.places, given.targets, season=DRY, limit_min=120)


def pandana_country(given: Given) -> object:
    """Build pandana's contraction hierarchy of the same roads, and ask it nothing."""
    import pandana

    network = travel.build_network(given.roads, travel=Travel(), seasons=(DRY,))
    ways, pieces = network.ways(DRY), network.pieces
    minutes = pd.DataFrame({"minutes": ways.piece_minutes[0]})
    x, y = pieces.node_xy.T
    tail, head = pd.Series(pieces.tail), pd.Series(pieces.head)
    return pandana.Network(pd.Series(x), pd.Series(y), tail, head, minutes, twoway=True)


CASES = [
    Case(
        name="grid with slope",
        build=build_grid,
        run=run_grid,
        check=check_grid,
        peer=grass_grid if shutil.which("grass") else None,
        peer_name="GRASS r.walk -k",
    ),
    Case(
        name="province on terrain, dry and wet",
        build=build_province,
        run=run_province,
        check=check_province,
    ),
    Case(
        name="places to sites within two hours",
        build=build_province,
        run=run_matrix,
        check=check_matrix,
        peer=scipy_matrix,
        peer_name="scipy dijkstra",
    ),
    Case(
        name="another season of the same network",
        build=build_season,
        run=run_season,
        check=check_season,
    ),
    Case(
        name="every ford's exact gain",
        build=build_fords,
        run=run_fords,
        check=check_fords,
        peer=scipy_fords,
        peer_name="scipy dijkstra, 1 ford in 100",
    ),
    Case(
        name="country",
        build=build_country,
        run=run_country,
        check=check_matrix,
        peer=pandana_country if PANDANA else None,
        peer_name="the same network and pandana's build",
    ),
]
