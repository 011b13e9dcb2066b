"""Class plans: known answers, enumeration, laws, and every explained refusal."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geoparty import words
from geoparty.errors import ArgumentError, SettingsError
from geoparty.plan import plan_classes
from geoparty.settings import Classes

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def table(minutes):
    """A csr_array that keeps zeros; NaN is out of reach."""
    minutes = np.asarray(minutes, dtype=float)
    row, column = np.nonzero(~np.isnan(minutes))
    return csr_array((minutes[row, column], (row, column)), shape=minutes.shape)


def plan(sizes, minutes, hosts=None, **rules):
    minutes = table(minutes)
    places = [f"P{i}" for i in range(minutes.shape[0])]
    hosts = hosts or [f"H{j}" for j in range(minutes.shape[1])]
    demand = pd.Series(sizes, index=places, dtype="Int64")
    rules = {"min_size": 0, "n_sites": 2, **rules}
    return plan_classes(demand, pd.Index(hosts), minutes, classes=Classes(**rules))


def packings(sizes, low, high):
    """Numbers of classes the sizes can be packed into, each from low to high."""
    if not sizes:
        return {0}
    out = set()
    rest = range(1, len(sizes))
    for r in range(len(sizes)):
        for more in itertools.combinations(rest, r):
            load = sizes[0] + sum(sizes[k] for k in more)
            if low <= load <= high:
                others = [sizes[k] for k in rest if k not in more]
                out |= {1 + n for n in packings(others, low, high)}
    return out


def enumerated(sizes, minutes, n_sites, low, high, fixed=()):
    """Best (left out, classes or 0, person-minutes) over all assignments."""
    n, m = minutes.shape
    best = None
    for where in itertools.product(range(-1, m), repeat=n):
        if any(j >= 0 and np.isnan(minutes[i, j]) for i, j in enumerate(where)):
            continue
        groups = [[sizes[i] for i in range(n) if where[i] == j] for j in range(m)]
        counts = [packings(g, max(low, 1), high) for g in groups]
        if not all(counts) or any(not groups[j] for j in fixed):
            continue
        fewest = sum(min(c) for c in counts)
        if n_sites != "auto" and fewest > n_sites:
            continue
        left = sum(s for s, j in zip(sizes, where, strict=True) if j < 0)
        total = sum(sizes[i] * minutes[i, j] for i, j in enumerate(where) if j >= 0)
        value = (left, fewest if n_sites == "auto" else 0, total)
        best = value if best is None else min(best, value)
    return best


def value(answer, n_sites):
    left = answer.unserved["candidates"].sum()
    return left, len(answer.sites) if n_sites == "auto" else 0, answer.objective_min


@st.composite
def cases(draw):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    sizes = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    cell = st.one_of(st.integers(0, 30).map(float), st.just(np.nan))
    minutes = draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))
    n_sites = draw(st.one_of(st.just("auto"), st.integers(1, 4)))
    low = draw(st.integers(0, 8))
    return sizes, np.array(minutes), n_sites, low, draw(st.integers(max(9, low), 20))


@SLOW
@given(cases())
def test_plan_equals_enumeration(case):
    sizes, minutes, n_sites, low, high = case
    answer = plan(sizes, minutes, n_sites=n_sites, min_size=low, max_size=high)
    assert answer.gap <= 1e-6
    assert value(answer, n_sites) == pytest.approx(enumerated(*case))
    assert (answer.status == "infeasible") == (len(answer.unserved) > 0)
    assert answer.status != "partial"


@SLOW
@given(cases(), st.randoms(use_true_random=False))
def test_row_order_never_matters(case, random):
    sizes, minutes, n_sites, low, high = case
    order = list(range(len(sizes)))
    random.shuffle(order)
    rules = {"n_sites": n_sites, "min_size": low, "max_size": high}
    one = plan(sizes, minutes, **rules)
    other = plan([sizes[i] for i in order], minutes[order], **rules)
    assert value(one, n_sites) == pytest.approx(value(other, n_sites))


@SLOW
@given(cases())
def test_an_added_site_never_lengthens_travel(case):
    sizes, minutes, _, _, high = case
    plans = [plan(sizes, minutes, n_sites=p, max_size=high) for p in (1, 2, 3)]
    for fewer, more in itertools.pairwise(plans):
        left = [p.unserved["candidates"].sum() for p in (fewer, more)]
        assert left[1] <= left[0]
        if left[0] == left[1]:
            assert more.objective_min <= fewer.objective_min + 1e-6


@SLOW
@given(cases())
def test_everybody_is_assigned_or_listed(case):
    sizes, minutes, n_sites, low, high = case
    answer = plan(sizes, minutes, n_sites=n_sites, min_size=low, max_size=high)
    served = answer.assignments.groupby("place_id")["candidates"].sum()
    out = answer.unserved.set_index("place_id")["candidates"]
    total = served.add(out, fill_value=0)
    assert {k: int(v) for k, v in total.items()} == {f"P{i}": s for i, s in enumerate(sizes)}
    assert answer.sites["n_candidates"].between(max(low, 1), high).all()
    loads = answer.assignments.groupby("site_id")["candidates"].sum()
    assert loads.to_dict() == answer.sites["n_candidates"].to_dict()


def test_not_reported_is_listed_and_zero_needs_no_class():
    answer = plan([5, None, 0], [[1], [2], [3]])
    assert answer.status == "optimal"
    assert answer.unserved.to_numpy().tolist() == [["P1", pd.NA, "plan.not_reported"]]
    assert answer.assignments["place_id"].tolist() == ["P0"]


def test_nobody_to_serve_is_an_empty_plan():
    answer = plan([None, 0], [[1], [2]])
    assert (answer.status, answer.objective_min, len(answer.sites)) == ("optimal", 0.0, 0)


def test_no_host_within_the_limit_names_the_place():
    answer = plan([5, 5], [[1], [130]])
    assert answer.status == "infeasible"
    assert answer.unserved.to_numpy().tolist() == [["P1", 5, "plan.no_host"]]
    assert "P1" in answer.problems[0].text("vi")


def test_too_few_people_for_a_class_names_the_places():
    answer = plan([4, 5, 20], [[1, np.nan], [2, np.nan], [np.nan, 3]], min_size=15)
    assert answer.unserved["reason"].tolist() == ["plan.too_few_nearby"] * 2
    assert answer.sites["place_id"].tolist() == ["H1"]


def test_too_few_classes_serves_the_most():
    answer = plan([40, 60, 50], [[1, 2], [1, 2], [1, 2]], n_sites=1, max_size=100)
    assert answer.status == "infeasible"
    assert answer.unserved["candidates"].sum() == 50
    assert answer.unserved["reason"].tolist() == ["plan.no_room"]


def test_auto_finds_the_fewest_then_the_shortest():
    minutes = [[0, 90, 9], [90, 0, 9], [90, 50, 100]]
    answer = plan([10, 10, 10], minutes, n_sites="auto", max_travel_min=60)
    assert answer.sites["place_id"].tolist() == ["H0", "H1"]
    assert answer.objective_min == pytest.approx(10 * (0 + 0 + 50))


def test_a_host_may_hold_several_classes():
    answer = plan([60, 70], [[1], [2]], n_sites=2, max_size=100)
    assert answer.sites["place_id"].tolist() == ["H0", "H0"]
    assert answer.status == "optimal"


def test_a_place_larger_than_a_class_is_split_and_said():
    answer = plan([250], [[3]], n_sites="auto", max_size=100)
    assert answer.sites["n_candidates"].tolist() == [84, 83, 83]
    assert [p.key for p in answer.problems] == ["plan.place_split"]
    assert answer.status == "optimal"


def test_fixed_is_held_and_forbidden_is_not():
    minutes = [[1, 5, 9], [1, 5, 9], [1, 5, 9]]
    answer = plan([9, 9, 9], minutes, n_sites=2, fixed=("H2",), forbidden=("H0",))
    assert answer.sites["place_id"].tolist() == ["H1", "H2"]


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ({"fixed": ("H0",), "forbidden": ("H0",)}, "plan.fixed_and_forbidden"),
        ({"fixed": ("X",)}, "plan.unknown_hosts"),
        ({"fixed": ("H0", "H1"), "n_sites": 1}, "plan.fixed_too_many"),
        ({"fixed": ("H0",), "min_size": 50}, "plan.fixed_too_few"),
        ({"fixed": ("H0", "H1"), "min_size": 15}, "plan.fixed_not_held"),
    ],
)
def test_contradictions_are_explained(rules, key):
    answer = plan([10, 10], [[1, 2], [3, 4]], **rules)
    assert answer.status == ("partial" if key == "plan.fixed_not_held" else "infeasible")
    assert key in [p.key for p in answer.problems]


@pytest.mark.parametrize(
    ("sizes", "minutes", "text"),
    [
        ([1, 2], [[-1], [0]], "negative or not a number: 1"),
        ([-1, 2], [[1], [0]], "P0"),
    ],
)
def test_bad_numbers_are_refused(sizes, minutes, text):
    with pytest.raises(ArgumentError, match=text):
        plan(sizes, minutes)


def test_shapes_and_repeats_are_refused_together():
    demand = pd.Series([1, 1], index=["A", "A"])
    with pytest.raises(ArgumentError) as caught:
        plan_classes(demand, pd.Index(["H"]), table([[1]]), classes=Classes())
    assert [p.key for p in caught.value.problems] == ["plan.shapes", "plan.duplicate_ids"]


def test_min_over_max_is_refused():
    with pytest.raises(SettingsError, match="min_size 9 is larger"):
        plan([1], [[1]], min_size=9, max_size=8)


def test_same_question_same_answer():
    rng = np.random.default_rng(3)
    sizes, minutes = rng.integers(1, 9, 30).tolist(), rng.uniform(0, 200, (30, 8))
    one, two = (plan(sizes, minutes, n_sites="auto", min_size=5, max_size=30) for _ in "ab")
    pd.testing.assert_frame_equal(one.sites, two.sites)
    pd.testing.assert_frame_equal(one.assignments, two.assignments)


def test_words_are_complete():
    for key, entry in words.catalogue("plan").items():
        assert set(entry) == {"vi", "en"}, key
