"""Travel: a province on terrain, matrices, seasons, the country.

Compiled kernels are warmed while inputs are built. pandana, where it is installed, is the peer of
the country.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pyproj
from affine import Affine
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks import Case, Size
from benchmarks.landscape import (
    CRS,
    SEED,
    SOUTH,
    WEST,
    Given,
    make_places,
    make_roads,
    make_streams,
    noise,
    warm,
)
from geoparty import travel
from geoparty.settings import DRY, WET, Travel
from geoparty.travel.graph import Graph, Links
from geoparty.travel.minutes import points_on

PANDANA = importlib.util.find_spec("pandana") is not None


def build_province(size: Size) -> Given:
    """Make a province: roads, streams, hills, places and targets."""
    side, n_targets = {"small": (40, 20), "full": (450, 400)}[size]
    rng = np.random.default_rng(SEED)
    length = side * 222.0
    cells = max(8, int(length // 90))
    terrain = Given(
        elevation_m=noise(cells, rng, {8: 400.0, 32: 150.0, 128: 40.0}),
        transform=Affine(length / cells, 0, WEST, 0, -length / cells, SOUTH + length),
        crs=pyproj.CRS(CRS),
    )
    given = Given(
        roads=make_roads(side, 222.0, rng),
        streams=make_streams(max(2, side // 15), length, rng),
        terrain=terrain,
        places=make_places(10 * n_targets, length, rng),
    )
    given.targets = given.places.iloc[:n_targets]
    given.network = travel.build_network(
        given.roads, travel=Travel(), seasons=(DRY, WET), streams=given.streams
    )
    warm()
    return given


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
    places = make_places(n_places, length, rng)
    roads = make_roads(side, 400.0, rng)
    warm()
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
        name="country",
        build=build_country,
        run=run_country,
        check=check_matrix,
        peer=pandana_country if PANDANA else None,
        peer_name="the same network and pandana's build",
    ),
]
