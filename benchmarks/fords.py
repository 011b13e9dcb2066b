"""What every ford is worth, each asked for by itself; scipy does one in a hundred."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks import Case, Size
from benchmarks.landscape import SEED, Given, make_places, make_roads, make_streams, warm
from geoparty import travel
from geoparty.settings import DRY, Travel
from geoparty.travel.minutes import points_on
from geoparty.travel.openings import openable
from geoparty.travel.state import State

RISEN = DRY.model_copy(update={"name": "risen", "fords_open": False})
"""Nothing but the fords is closed."""


def build_fords(size: Size) -> Given:
    """Make a province of roads with some 4,800 fords, and the state of its wet season."""
    side, n_targets, n_streams = {"small": (40, 20, 3), "full": (450, 400, 21)}[size]
    rng = np.random.default_rng(SEED)
    length = side * 222.0
    roads = make_roads(side, 222.0, rng).assign(has_bridge=False)
    given = Given(places=make_places(10 * n_targets, length, rng))
    given.targets = given.places.iloc[: n_targets // 10]
    given.network = travel.build_network(
        roads, travel=Travel(), seasons=(RISEN,), streams=make_streams(n_streams, length, rng)
    )
    warm()
    ways = given.network.ways(RISEN)
    here, there = (points_on(given.network, p) for p in (given.places, given.targets))
    given.state = State.of(ways, here, there, given.places.index)
    given.fords = openable(ways)
    return given


def run_fords(given: Given) -> tuple[Any, ...]:
    """Ask for every ford what everybody would have if it alone could be passed."""
    nearer, _ = given.state.opened(given.fords)
    return nearer


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


CASES = [
    Case(
        name="every ford's exact gain",
        build=build_fords,
        run=run_fords,
        check=check_fords,
        peer=scipy_fords,
        peer_name="scipy dijkstra, 1 ford in 100",
    ),
]
