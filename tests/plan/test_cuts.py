"""Cuts on classes against enumeration: the cheapest class, all cheap classes, violated cuts."""

import itertools

import numpy as np
import pytest

from geoparty.plan import capacitated, cut_kernels, cut_lists, cut_search, improve, packing


def host(seed):
    """One host: costs, sizes, prices, charged triples, least and most people."""
    rng = np.random.default_rng(seed)
    n, high = int(rng.integers(3, 11)), int(rng.integers(8, 25))
    triples = np.array(list(itertools.combinations(range(n), 3)))
    triples = triples[rng.permutation(len(triples))[:15]]
    cost, price = rng.integers(0, 12, n).astype(float), rng.integers(4, 16, n).astype(float)
    charge, low = rng.integers(0, 9, len(triples)) / 2, int(rng.integers(0, high))
    return cost, rng.integers(1, 6, n), price, triples, charge, low, high


def classes_of(cost, size, price, triples, charge, low, high):
    """Every class that fits, with its value: costs less prices, and what its pairs are charged."""
    held = np.array(list(itertools.product([False, True], repeat=len(cost))))[1:]
    value = held @ (cost - price) + (held[:, triples].sum(axis=2) // 2) @ charge
    load = held @ size
    fits = (load >= low) & (load <= high)
    names = [tuple(np.flatnonzero(row).tolist()) for row in held[fits]]
    return dict(zip(names, value[fits].tolist(), strict=True))


def arcs(cost, size, price):
    return np.array([0, len(cost)]), np.arange(len(cost)), cost, size, price


def test_the_cheapest_class_is_found():
    for seed in range(300):
        finds_the_cheapest(host(seed))


def finds_the_cheapest(question):
    cost, size, price, triples, charge, low, high = question
    known = classes_of(*question)
    values, sets, found = np.empty(1), np.empty((1, len(cost)), bool), np.empty(1, bool)
    work = cut_kernels.price_hosts(
        *arcs(cost, size, price), triples, charge, low, high, np.zeros(1), 9999, values, sets, found
    )
    assert work >= 0
    assert values[0] == pytest.approx(min([0.0, *known.values()]))
    assert found[0] == (values[0] < 0)
    if found[0]:
        assert known[tuple(np.flatnonzero(sets[0]).tolist())] == pytest.approx(values[0])


@pytest.mark.parametrize("seed", range(20))
def test_every_cheap_class_is_listed_once(seed):
    cost, size, price, triples, charge, low, high = host(seed)
    known, limit = classes_of(cost, size, price, triples, charge, low, high), seed % 9 - 6
    sets = np.empty((1100, len(cost)), bool)
    n, _ = cut_lists.list_classes(
        0, *arcs(cost, size, price), triples, charge, low, high, limit + 0.25, 99_999, sets, 0
    )
    listed = [tuple(np.flatnonzero(row).tolist()) for row in sets[:n]]
    assert sorted(listed) == sorted(k for k, value in known.items() if value < limit + 0.25)


@pytest.mark.parametrize("seed", range(20))
def test_violated_cuts_are_those_of_enumeration(seed):
    rng = np.random.default_rng(seed)
    sets, share = rng.random((9, 7)) < 0.4, rng.random(9) / 2
    cover = np.maximum(1.0, (sets * share[:, None]).sum(axis=0).max())  # nobody more than once
    share = share / cover
    out, by = np.empty((100, 3), np.int64), np.empty(100)
    n = cut_lists.violated(sets, share, 0.01, out, by)
    known = {}
    for triple in itertools.combinations(range(7), 3):
        excess = share @ (sets[:, triple].sum(axis=1) // 2) - 1
        if excess > 0.01:
            known[triple] = excess
    assert {tuple(t): b for t, b in zip(out[:n].tolist(), by[:n], strict=True)} == pytest.approx(
        known
    )


def clustered(seed, *, p=4):
    rng = np.random.default_rng(seed)
    points, size = rng.uniform(0, 100, (26, 2)), rng.integers(3, 21, 26)
    cost = np.floor(np.linalg.norm(points[:, None] - points, axis=2))
    return cost, p, size, int(np.ceil(size.sum() / p * 1.04))


@pytest.mark.parametrize("seed", range(4))
def test_cutting_and_branching_agree(seed, monkeypatch):
    """Tight instances, proven by cuts and listing, then by branching alone."""
    cost, p, size, room = clustered(seed)
    monkeypatch.setattr(improve, "SMALL_ARCS", -1)
    ended = []
    whole = cut_search.cut_and_list
    monkeypatch.setattr(
        "geoparty.plan.pack_search.cut_and_list",
        lambda *a, **k: ended.append(whole(*a, **k)) or ended[-1],
    )
    cut = capacitated(cost, p, size=size, max_size=room, min_size=5)
    assert all(bound == pytest.approx(cut.objective) for _, bound in ended)
    monkeypatch.setattr(packing, "MOST_UNITS", 0)
    branched = capacitated(cost, p, size=size, max_size=room, min_size=5)
    assert cut.status == branched.status == "optimal"
    assert cut.objective == branched.objective


class CalledOffError(Exception):
    pass


def test_branch_and_bound_tells_that_it_goes_on_and_can_be_called_off(monkeypatch):
    cost, p, size, room = clustered(3)
    monkeypatch.setattr(improve, "SMALL_ARCS", -1)
    told = []
    capacitated(
        cost, p, size=size, max_size=room, progress=lambda done, total: told.append((done, total))
    )
    assert told == sorted(told)
    assert told.count((2, 3)) > 9  # in the last stage branch and bound tells again and again
    until = iter(range(9))

    def call_off(done, total):
        if done == 2 and next(until) == 8:
            raise CalledOffError

    with pytest.raises(CalledOffError):
        capacitated(cost, p, size=size, max_size=room, progress=call_off)
