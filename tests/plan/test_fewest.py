"""The fewest classes, chains and sharing out: against enumeration, and what they promise."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from geoparty.plan import fewest, improve, sharing
from geoparty.plan.chains import seat_by_chains
from geoparty.plan.effort import Effort, Steps
from geoparty.plan.greedy import first_plan
from geoparty.plan.instance import Classes, Instance, left_out, person_minutes
from geoparty.plan.longest import shorten_longest
from geoparty.plan.sharing import share_out
from geoparty.plan.sized_search import Search


def instance(reach, sizes, *, max_size, min_size=1, n_sites=None):
    """An instance with a minute more for each host farther down the list."""
    unit, host = np.nonzero(reach)
    minutes = csr_array((1.0 + host, (unit, host)), shape=np.shape(reach))
    return Instance(
        minutes=minutes,
        sizes=np.array(sizes),
        min_size=min_size,
        max_size=max_size,
        n_sites=n_sites or len(sizes),
        fixed=np.empty(0, dtype=np.int64),
    )


def drawn(seed):
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 7)), int(rng.integers(2, 4))
    reach = rng.random((n, m)) < 0.6
    reach[np.arange(n), rng.integers(0, m, n)] = True
    low = int(rng.integers(1, 4))
    return instance(reach, rng.integers(1, 5, n), max_size=int(rng.integers(4, 9)), min_size=low)


def enumerated(question):
    """Fewest classes of plans that serve everybody; inf where none does."""
    near = question.minutes.toarray() > 0
    best = np.inf
    for where in itertools.product(*[np.flatnonzero(row).tolist() for row in near]):
        n = 0
        for host in set(where):
            at = question.sizes[np.array(where) == host]
            n += fewest_of(at.tolist(), question.min_size, question.max_size)
        best = min(best, n)
    return best


def fewest_of(sizes, low, high):
    """Fewest classes within sizes that hold these units, by trying all ways to part them."""
    for n in range(1, len(sizes) + 1):
        for of in itertools.product(range(n), repeat=len(sizes)):
            loads = np.bincount(of, sizes, minlength=n)
            if loads.min() >= low and loads.max() <= high:
                return n
    return np.inf


@pytest.mark.parametrize("seed", range(30))
def test_no_plan_has_fewer_classes_than_the_bound(seed):
    question = drawn(seed)
    known = enumerated(question)
    if np.isfinite(known):
        bound, draft = fewest.fewest_classes(question, Effort.of_seconds(9.0))
        assert bound <= known
        if draft is not None:
            loads = draft.loads(question.sizes)
            assert loads.max() <= question.max_size
            assert left_out(draft, question.sizes) or len(draft.hosts) >= known


def test_the_bound_counts_hosts_with_few_people_in_reach():
    """Three places each alone with its host: three classes, though one would have room for all."""
    bound, draft = fewest.fewest_classes(instance(np.eye(3), [2, 2, 2], max_size=9), effort())
    assert bound == 3.0
    assert sorted(draft.hosts.tolist()) == [0, 1, 2]


def effort():
    return Effort.of_seconds(9.0)


def chained():
    """The first class is full; who waits reaches it alone, one of its units reaches the second."""
    reach = [[1, 0], [1, 1], [1, 0], [0, 1]]
    question = instance(reach, [2, 2, 2, 1], max_size=4)
    plan = Classes(hosts=np.array([0, 1]), of_unit=np.array([-1, 0, 0, 1]))
    return Search(question, plan, penalty=100.0)


def test_a_chain_seats_who_waits():
    search = chained()
    search.settle()
    assert search.load[0] == 2
    seat_by_chains(search)
    assert search.plan().of_unit.tolist() == [0, 1, 0, 1]
    assert search.load.tolist()[:3] == [0, 4, 3]


def test_sharing_out_keeps_sizes_and_never_lengthens():
    rng = np.random.default_rng(3)
    points, hosts = rng.uniform(0, 60, (80, 2)), rng.uniform(0, 60, (12, 2))
    minutes = csr_array(np.linalg.norm(points[:, None] - hosts, axis=2))
    question = Instance(
        minutes=minutes,
        sizes=rng.integers(1, 5, 80),
        min_size=5,
        max_size=26,
        n_sites=9,
        fixed=np.empty(0, dtype=np.int64),
    )
    start = first_plan(question)
    search = Search(question, start, penalty=1e5)
    search.settle()
    assert not search.load[0]
    before = person_minutes(search.plan(), question)
    share_out(search, effort())
    plan = search.plan()
    loads = plan.loads(question.sizes)
    assert person_minutes(plan, question) < before
    assert not left_out(plan, question.sizes)
    assert loads.min() >= 5
    assert loads.max() <= 26


def test_sharing_out_after_a_class_was_closed_seats_people_where_they_can_go(monkeypatch):
    shared = []
    monkeypatch.setattr(sharing, "seat_by_chains", lambda search: shared.append(search.value))
    question = instance([[1, 0, 1], [0, 1, 0], [0, 1, 1]], [2, 2, 2], max_size=4)
    plan = Classes(hosts=np.array([0, 1, 2]), of_unit=np.array([2, 1, 1]))
    search = Search(question, plan, penalty=100.0)
    search.close_small()
    assert search.host.tolist()[1] == -1
    share_out(search, effort())
    assert shared
    assert np.isfinite(shared).all()


@pytest.mark.parametrize("seed", range(10))
def test_search_for_the_fewest_keeps_its_promises(seed, monkeypatch):
    monkeypatch.setattr(improve, "SMALL_ARCS", -1)
    question = drawn(seed)
    start = first_plan(question)
    found = improve.improve(question, start, fewest=True, time_limit_s=5.0)
    known = enumerated(question)
    if np.isfinite(known) and not left_out(found.plan, question.sizes):
        assert found.least_sites <= known <= len(found.plan.hosts)


class CalledOffError(Exception):
    pass


def test_shortening_the_longest_trip_can_be_called_off():
    minutes = csr_array([[1.0, 5.0], [5.0, 1.0], [3.0, 3.0]])
    question = replace(instance(np.ones((3, 2)), [2, 2, 2], max_size=6, n_sites=1), minutes=minutes)
    plan = Classes(hosts=np.array([0]), of_unit=np.zeros(3, dtype=np.int64))

    def call_off(done, total):
        raise CalledOffError

    calm = shorten_longest(question, minutes, plan, time_limit_s=9.0, steps=Steps(None, 1))
    assert (calm.longest_min, calm.bound_min) == (5.0, 5.0)
    with pytest.raises(CalledOffError):
        shorten_longest(question, minutes, plan, time_limit_s=9.0, steps=Steps(call_off, 1))
