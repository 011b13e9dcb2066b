"""The bound on classes of few communes: never above full enumeration, and above the plain bound."""

import itertools
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from geoparty.plan import improve
from geoparty.plan.effort import Effort
from geoparty.plan.greedy import first_plan
from geoparty.plan.instance import Classes, Instance, left_out
from geoparty.plan.obey import obey


def drawn(seed):
    """Six units of up to four communes, three hosts, two classes, one or two communes a class."""
    rng = np.random.default_rng(seed)
    return Instance(
        minutes=csr_array(rng.integers(1, 60, (6, 3)).astype(float)),
        sizes=rng.integers(1, 9, 6),
        min_size=int(rng.integers(1, 8)),
        max_size=int(rng.integers(15, 40)),
        n_sites=int(rng.integers(2, 4)),
        fixed=np.empty(0, dtype=np.int64),
        several=bool(rng.integers(2)),
        group=rng.integers(0, 4, 6),
        most_groups=int(rng.integers(1, 3)),
    )


def enumerated(question):
    """The best plan that serves everybody, by trying all; none where there is none."""
    minutes, best = question.minutes.toarray() * question.sizes[:, None], (np.inf, None)
    hosts = itertools.combinations_with_replacement
    hosts = hosts if question.several else itertools.combinations
    for slots in hosts(range(3), question.n_sites):
        for of in itertools.product(range(len(slots)), repeat=6):
            plan = Classes(hosts=np.array(slots), of_unit=np.array(of))
            total = float(minutes[np.arange(6), plan.hosts[plan.of_unit]].sum())
            if total < best[0] and keeps_rules(question, plan):
                best = total, plan
    return best


def keeps_rules(question, plan):
    for k in np.unique(plan.of_unit):
        members = plan.of_unit == k
        load = question.sizes[members].sum()
        mixed = len(np.unique(question.group[members]))
        if not question.min_size <= load <= question.max_size or mixed > question.most_groups:
            return False
    return True


def bounds(question, plan):
    """The bound with the rule and without."""
    without = replace(question, group=None, most_groups=0)
    effort = Effort.of_seconds
    return tuple(improve.least_minutes(q, plan, effort(9.0)) for q in (question, without))


def test_no_plan_is_shorter_than_the_bound():
    tight = []
    for seed in range(24):
        question = drawn(seed)
        total, plan = enumerated(question)
        if plan is None:
            continue
        whole = replace(question, n_sites=max(question.n_sites, len(plan.hosts)))
        ruled, plain = bounds(whole, plan)
        assert ruled <= total + 1e-6
        assert ruled >= plain - 0.01 * total
        tight.append((ruled - plain) / total)
    assert len(tight) > 8
    assert max(tight) > 0.05


def test_no_plan_has_fewer_classes_than_the_bound():
    """Everybody near one host with room for all, two communes a class: as many classes as pairs."""
    question = replace(drawn(0), group=np.arange(6), most_groups=2, n_sites=6, several=True)
    question = replace(question, min_size=1, max_size=60)
    start = obey(question, first_plan(question))
    plan = improve.improve(question, start, fewest=True, time_limit_s=9.0).plan
    assert len(plan.hosts) == 3
    assert improve._least_sites(question, plan, Effort.of_seconds(9.0)) == 3.0


def test_communes_that_may_not_share_a_class_cost_what_they_do():
    """Four communes around one good host of two classes: the other two go far."""
    question = Instance(
        minutes=csr_array(np.array([[1.0, 50.0]] * 4)),
        sizes=np.array([5, 5, 5, 5]),
        min_size=1,
        max_size=40,
        n_sites=2,
        fixed=np.empty(0, dtype=np.int64),
        several=False,
        group=np.arange(4),
        most_groups=2,
    )
    start = obey(question, first_plan(question))
    found = improve.improve(question, start, fewest=False, time_limit_s=9.0)
    assert not left_out(found.plan, question.sizes)
    ruled, plain = bounds(question, found.plan)
    assert plain < 100.0
    assert 2 * plain < ruled <= 510.0 + 1e-6
