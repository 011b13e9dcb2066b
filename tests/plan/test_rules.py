"""Every rule of a class plan against full enumeration, its law, and its words."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geoparty.errors import ArgumentError
from geoparty.plan import Facts, plan_classes
from geoparty.plan.around import plan_around, worth
from geoparty.plan.case import _priority_min, prepare
from geoparty.plan.effort import Effort
from geoparty.plan.greedy import first_plan
from geoparty.plan.obey import obey
from geoparty.settings import Classes

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLACES, HOSTS = [f"P{i}" for i in range(6)], ["H0", "H1", "H2"]
COMMUNES = ["a", "a", "b", "b", "c", "d"]
COST = {"H0": 3.0, "H1": 2.0, "H2": 4.0}


@st.composite
def cases(draw):
    """Six places, three hosts; sizes and minutes drawn whole so that ties happen."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=6, max_size=6))
    row = st.lists(st.integers(1, 60), min_size=3, max_size=3)
    minutes = draw(st.lists(row, min_size=6, max_size=6))
    return sizes, np.array(minutes, dtype=float), draw(st.integers(1, 6)), draw(st.integers(9, 25))


def ask(sizes, minutes, low=1, high=100, *, weight=None, **rules):
    facts = Facts(
        commune=pd.Series(COMMUNES[: len(sizes)], index=PLACES[: len(sizes)]),
        weight=None if weight is None else pd.Series(weight, index=PLACES[: len(sizes)]),
        class_cost=pd.Series(COST),
    )
    rules = {"n_sites": 2, "min_size": low, "max_size": high, **rules}
    demand = pd.Series(sizes, index=PLACES[: len(sizes)], dtype="Int64")
    table = csr_array(np.asarray(minutes, dtype=float))
    return plan_classes(demand, pd.Index(HOSTS), table, classes=Classes(**rules), facts=facts)


def best(sizes, minutes, low, high, n_sites, fits=lambda groups: True, value=None):
    """Best (left out, value) over all ways to make at most so many classes, one list a class.

    ``fits`` says whether classes, pairs of host and units, keep the rule; ``value`` is what is
    minimised, person-minutes where not given.
    """
    value = value or (lambda groups: sum(sizes[i] * minutes[i, j] for j, g in groups for i in g))
    found = None
    for slots in itertools.combinations_with_replacement(range(3), n_sites):
        for where in itertools.product(range(-1, n_sites), repeat=len(sizes)):
            groups = [
                (j, units)
                for k, j in enumerate(slots)
                if (units := [i for i, w in enumerate(where) if w == k])
            ]
            if not all(low <= sum(sizes[i] for i in g) <= high for _, g in groups):
                continue
            if not fits(groups):
                continue
            out = sum(s for s, w in zip(sizes, where, strict=True) if w < 0)
            both = (out, value(groups))
            found = both if found is None else min(found, both)
    return found


def reached(answer):
    return answer.unserved["candidates"].sum(), pytest.approx(answer.objective_min)


@SLOW
@given(cases(), st.integers(1, 3))
def test_at_most_so_many_communes_in_a_class(case, most):
    answer = ask(*case, max_communes=most)

    def fits(groups):
        return all(len({COMMUNES[i] for i in g}) <= most for _, g in groups)

    assert best(*case, 2, fits) == reached(answer)
    assert answer.gap <= 1e-6
    communes = answer.assignments["place_id"].map(dict(zip(PLACES, COMMUNES, strict=True)))
    assert communes.groupby(answer.assignments["site_id"]).nunique().le(most).all()


@SLOW
@given(cases(), st.integers(1, 9))
def test_classes_cost_at_most_the_budget(case, budget):
    answer = ask(*case, budget=budget)

    def fits(groups):
        return sum(COST[HOSTS[j]] for j, _ in groups) <= budget

    assert best(*case, 2, fits) == reached(answer)
    assert sum(COST[host] for host in answer.sites["place_id"]) <= budget


@pytest.mark.parametrize("weight", [[1.0, 1.5, 1.0], [1.0, 1.1, 1.0], [2.0, 3.0, 2.0]])
def test_who_weighs_more_is_not_left_out(weight):
    minutes = [[1.0, 5.0, 5.0], [60.0, 60.0, 60.0], [2.0, 5.0, 5.0]]
    answer = ask([20, 20, 20], minutes, 1, 40, weight=weight, n_sites=1)
    assert "P1" in answer.assignments["place_id"].to_list()
    assert answer.objective_min == 20 * (60 * weight[1] + weight[0])
    assert answer.bound_min == pytest.approx(answer.objective_min)
    plain = ask([20, 20, 20], minutes, 1, 40, n_sites=1)
    assert plain.unserved["place_id"].to_list() == ["P1"]


@SLOW
@given(cases())
def test_the_longest_trip_then_the_total(case):
    sizes, minutes, *_ = case
    answer = ask(*case, objective="longest")

    def value(groups):
        trips = [(sizes[i], minutes[i, j]) for j, g in groups for i in g]
        return max((t for _, t in trips), default=0), sum(s * t for s, t in trips)

    out, (longest, total) = best(*case, 2, value=value)
    assert (out, total) == reached(answer)
    assert answer.sites["max_min"].max() == longest or not len(answer.sites)
    assert answer.status in ("optimal", "infeasible")


@SLOW
@given(cases(), st.lists(st.sampled_from([1.0, 1.5, 3.0]), min_size=6, max_size=6))
def test_weights_multiply_minutes_and_are_shown(case, weight):
    sizes, minutes, *_ = case
    answer = ask(*case, weight=weight)
    first = _priority_min(np.array(weight), csr_array(minutes))

    def value(groups):
        trips = [(sizes[i], weight[i] * minutes[i, j] + first[i]) for j, g in groups for i in g]
        return sum(s * t for s, t in trips)

    rows = answer.assignments
    added = (rows["candidates"] * rows["place_id"].map(dict(zip(PLACES, first, strict=True)))).sum()
    out, total = best(*case, 2, value=value)
    assert (out, total - added) == reached(answer)
    shown = answer.assignments.set_index("place_id")["weight"]
    assert shown.to_dict() == {p: weight[PLACES.index(p)] for p in shown.index}
    assert answer.person_min <= answer.objective_min + 1e-6


@SLOW
@given(cases())
def test_a_political_centre_serves_its_communes_alone(case):
    answer = ask(*case, political_centres={"H0": ("a", "b")})

    def fits(groups):
        return all(j != 0 or {COMMUNES[i] for i in g} <= {"a", "b"} for j, g in groups)

    assert best(*case, 2, fits) == reached(answer)


@SLOW
@given(cases())
def test_running_classes_stay_beside_the_number_asked_for(case):
    sizes, minutes, _, high = case
    answer = ask(sizes, minutes, 1, high, n_sites=1, running=("H2",), budget=4)

    def fits(groups):
        new = sum(COST[HOSTS[j]] for j, _ in groups if j != 2)
        return any(j == 2 for j, _ in groups) and new <= 4

    assert best(sizes, minutes, 1, high, 2, fits) == reached(answer)


@SLOW
@given(cases())
def test_a_place_decided_by_hand_goes_where_it_was_put(case):
    sizes, minutes, _, high = case
    answer = ask(sizes, minutes, 1, high, assigned={"P0": "H2"})

    def fits(groups):
        at_two = any(j == 2 for j, _ in groups)
        return at_two and all(0 not in g or j == 2 for j, g in groups)

    assert best(sizes, minutes, 1, high, 2, fits) == reached(answer)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 2), min_size=3, max_size=3), st.integers(3, 4), st.randoms())
def test_splitting_anywhere_plans_every_person_alone(sizes, high, random):
    minutes = np.array([[random.randint(1, 60) for _ in range(3)] for _ in sizes], dtype=float)
    answer = ask(sizes, minutes, 1, high, split="any")
    apart = np.repeat(np.arange(len(sizes)), sizes)
    alone = best([1] * len(apart), minutes[apart], 1, high, 2)
    assert alone == reached(answer)
    assert ask(sizes, minutes, 1, high).objective_min >= answer.objective_min or len(
        ask(sizes, minutes, 1, high).unserved
    )


def test_a_place_that_may_not_be_split_is_left_out_by_name():
    answer = ask([30, 5, 5], [[1, 2, 3]] * 3, 1, 20, split="never")
    assert answer.unserved.to_numpy().tolist() == [["P0", 30, "plan.too_large"]]
    assert "P0" in next(p for p in answer.problems if p.key == "plan.left_too_large").text("vi")


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ({"budget": 2.5, "max_size": 20}, "plan.left_no_budget"),
        ({"max_communes": 1, "min_size": 20}, "plan.left_communes_not_met"),
        ({"running": ("H0",), "min_size": 90}, "plan.running_too_few"),
        ({"running": ("X",)}, "plan.unknown_hosts"),
        ({"assigned": {"X": "H0"}}, "plan.unknown_assigned"),
        ({"assigned": {"P0": "X"}}, "plan.unknown_hosts"),
        ({"assigned": {"P0": "H0"}, "forbidden": ("H0",)}, "plan.fixed_and_forbidden"),
    ],
)
def test_what_cannot_be_is_explained(rules, key):
    answer = ask([10] * 6, [[1, 2, 3]] * 6, **{"n_sites": "auto", **rules})
    assert answer.status == "infeasible"
    told = next(p for p in answer.problems if p.key == key)
    assert told.text("vi") != told.text("en")


def test_weights_that_are_none_are_refused():
    with pytest.raises(ArgumentError, match="P1"):
        ask([5, 5], [[1, 2, 3]] * 2, weight=[1.0, 0.0])


@SLOW
@given(cases())
def test_looser_rules_never_worsen(case):
    for tight, loose in (
        ({"max_communes": 1}, {"max_communes": 2}),
        ({"budget": 4}, {"budget": 7}),
        ({"split": "large"}, {"split": "any"}),
        ({"objective": "longest"}, {"objective": "total"}),
    ):
        left, right = (ask(*case, **rules) for rules in (tight, loose))
        outs = [answer.unserved["candidates"].sum() for answer in (left, right)]
        assert outs[1] <= outs[0]
        if outs[0] == outs[1]:
            assert right.objective_min <= left.objective_min + 1e-6


def test_planning_part_by_part_keeps_every_rule_and_never_worsens():
    rng = np.random.default_rng(5)
    at, sites = rng.uniform(0, 60, (80, 2)), rng.uniform(0, 60, (20, 2))
    minutes = np.hypot(*(at[:, None] - sites).transpose(2, 0, 1))
    demand = pd.Series(rng.integers(1, 9, 80), index=[f"P{i}" for i in range(80)])
    hosts = pd.Index([f"H{j}" for j in range(20)])
    facts = Facts(commune=pd.Series((at[:, 0] // 10).astype(int).astype(str), index=demand.index))
    rules = Classes(n_sites="auto", min_size=10, max_size=60, max_communes=2, fixed=("H3",))
    instance = prepare(demand, hosts, csr_array(minutes), rules, facts).instance
    start = obey(instance, first_plan(instance))
    plan = plan_around(
        instance,
        start,
        fewest=True,
        effort=Effort.of_seconds(2.0),
        rng=np.random.default_rng(1),
    )
    assert worth(instance, plan, fewest=True) <= worth(instance, start, fewest=True)
    assert 3 in plan.hosts
    assert plan.loads(instance.sizes).min() >= 10
    assert plan.loads(instance.sizes).max() <= 60
    for k in range(len(plan.hosts)):
        assert len(np.unique(instance.group[plan.of_unit == k])) <= 2


def test_a_start_given_back_instead_of_the_best_is_noticed():
    minutes = np.ones((6, 3))
    minutes[4, 0] = 2
    answer = ask([1, 4, 4, 8, 8, 9], minutes, 1, 16, assigned={"P0": "H2"})
    assert answer.objective_min == answer.bound_min == 30


def test_the_solver_prints_nothing(capfd):
    ask([1, 4], [[1, 2, 3]] * 2)
    assert capfd.readouterr().out == ""
