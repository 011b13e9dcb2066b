"""Losses of closures against one search of scipy's for each, on graphs of every kind."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import csgraph_from_dense, dijkstra

from geoparty.travel import losses, search
from geoparty.travel.graph import Links, one_way

N_NODES, N_EDGES, N_ORIGINS = 14, 26, 9


def drawn(seed):
    """Edges with one-way, closed, parallel and empty ones; links of origins and targets."""
    rng = np.random.default_rng(seed)
    one, two = rng.integers(0, N_NODES, (2, N_EDGES))
    two[one == two] = (one[one == two] + 1) % N_NODES
    along, against = rng.choice([0.0, 1.0, 2.0, 3.5, 7.0, np.inf], (2, N_EDGES))
    both = rng.random(N_EDGES) < 0.7
    against[both] = along[both]
    seeds = Links.of(
        np.zeros(3, np.int64), rng.integers(0, N_NODES, 3), rng.choice([0.0, 4.0, 9.0], 3), 1
    )
    point = np.repeat(np.arange(N_ORIGINS), 2)
    taps = Links.of(
        point, rng.integers(0, N_NODES, len(point)), rng.choice([0.0, 1.0, 5.0], len(point)), 9
    )
    direct = rng.choice([np.inf, np.inf, 6.0, 20.0], N_ORIGINS)
    first = np.unique([0, *rng.integers(1, N_EDGES, 9), N_EDGES])
    return one, two, along, against, seeds, taps, direct, first


def asked(one, two, along, against, seeds, taps, direct):
    """Minutes of the origins by scipy: a target, the nodes, and the origins over their links."""
    matrix = np.full((N_NODES + 1,) * 2, np.inf)
    np.minimum.at(matrix, (two, one), along)
    np.minimum.at(matrix, (one, two), against)
    np.minimum.at(matrix, (np.full(len(seeds.node), N_NODES), seeds.node), seeds.minutes)
    dist = dijkstra(csgraph_from_dense(matrix, null_value=np.inf), indices=N_NODES)
    return np.minimum(search.tap(dist, taps.first, taps.node, taps.minutes), direct)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_losses_are_those_of_one_search_for_each_closure(seed):
    one, two, along, against, seeds, taps, direct, first = drawn(seed)
    edges = np.concatenate([two, one]), np.concatenate([one, two])
    cost = np.concatenate([along, against])
    graph = one_way(*(e[np.isfinite(cost)] for e in (*edges, cost)), N_NODES)
    dist, before = search.spread(
        graph.start, graph.other, graph.cost, seeds.node, seeds.minutes, np.inf
    )
    now = asked(one, two, along, against, seeds, taps, direct)
    of_node = np.full(N_NODES, np.inf)
    np.minimum.at(of_node, seeds.node, seeds.minutes)
    given = (taps.first, taps.node, taps.minutes, direct)
    what = (first, one, two, along, against)
    begin, who, then = losses.closed(*graph.forwards, dist, before, of_node, *what, *given)
    for c in range(len(first) - 1):
        # an edge as long between the same nodes is taken to be the same one drawn twice
        parts = along.copy(), against.copy()
        for e in range(first[c], first[c + 1]):
            for a, b, minutes in ((one[e], two[e], along[e]), (two[e], one[e], against[e])):
                parts[0][(one == a) & (two == b) & (along == minutes)] = np.inf
                parts[1][(two == a) & (one == b) & (against == minutes)] = np.inf
        expected = asked(one, two, *parts, seeds, taps, direct)
        got = now.copy()
        got[who[begin[c] : begin[c + 1]]] = then[begin[c] : begin[c + 1]]
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_tour_encloses_what_lies_below():
    before = np.array([-1, 0, 0, 1, 1, 2, -1], np.int32)
    come, left = losses.tour(before)
    below = [np.flatnonzero((come >= come[v]) & (come < left[v])).tolist() for v in range(7)]
    assert below == [[0, 1, 2, 3, 4, 5], [1, 3, 4], [2, 5], [3], [4], [5], [6]]
