"""Searches over any graph: scipy's Dijkstra is the judge."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoparty.travel import search
from geoparty.travel.graph import both_ways, one_way


def drawn(seed):
    """Edges one way, some of no length, some a million times as long, some twice."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 120))
    m = int(rng.integers(1, 5 * n))
    tail, head = rng.integers(0, n, (2, m))
    minutes = rng.choice([0.0, 0.3, 1.0, 7.0, 9e5], m) * rng.choice([1.0, rng.random()], m)
    seeds = rng.choice(n, min(n, 3), replace=False)
    return n, tail, head, minutes, seeds, rng.choice([0.0, 0.5, 4000.0], len(seeds))


def by_scipy(graph, seeds, start_min):
    """Minutes from a further node that has an edge to each seed; zeros are made very short."""
    n = graph.n_nodes
    tail = np.concatenate([np.repeat(np.arange(n), np.diff(graph.start)), np.full(len(seeds), n)])
    head = np.concatenate([graph.other, seeds])
    cost = np.maximum(np.concatenate([graph.cost, start_min]), 1e-12)
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    least = np.ones(len(cost), bool)
    least[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    matrix = csr_array((cost[least], (tail[least], head[least])), shape=(n + 1, n + 1))
    return dijkstra(matrix, indices=n)[:-1]


@settings(max_examples=60)
@given(seed=st.integers(0, 100_000))
def test_the_nearest_of_many_is_that_of_scipy(seed):
    n, tail, head, minutes, seeds, start_min = drawn(seed)
    graph = one_way(tail, head, minutes, n)
    dist, before = search.spread(graph.start, graph.other, graph.cost, seeds, start_min, np.inf)
    np.testing.assert_allclose(dist, by_scipy(graph, seeds, start_min), rtol=1e-9, atol=1e-9)
    for node in np.flatnonzero(before >= 0):
        one = before[node]
        edges = slice(graph.start[one], graph.start[one + 1])
        step = graph.cost[edges][graph.other[edges] == node].min()
        np.testing.assert_allclose(dist[one] + step, dist[node], rtol=1e-12, atol=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 100_000))
def test_the_matrix_is_that_of_scipy_and_symmetric_where_roads_are(seed):
    n, tail, head, minutes, *_ = drawn(seed)
    graph = both_ways(tail, head, minutes, n)
    each = np.arange(n + 1)
    here, no_time = np.arange(n, dtype=np.int32), np.zeros(n)
    first, row, found = search.matrix(
        graph.start, graph.other, graph.cost, each, here, no_time, each, here, no_time, n, 1e4
    )
    full = np.full((n, n), np.inf)
    full[np.repeat(np.arange(n), np.diff(first)), row] = found
    for target in range(0, n, 7):
        expected = by_scipy(graph, np.array([target]), np.zeros(1))
        expected[expected > 1e4] = np.inf
        np.testing.assert_allclose(full[target], expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(full, full.T, rtol=1e-9, atol=1e-9)
    via = (full[:, :, None] + full[None, :, :]).min(axis=1)
    assert (full <= np.where(via > 1e4, np.inf, via) * (1 + 1e-9) + 1e-9).all()
