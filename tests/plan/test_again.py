"""Plans answered at once from the last one: within the rules, never called proven."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geoparty.plan import Facts, adjust_plan, plan_classes, staying_share, trade_off
from geoparty.settings import Classes

FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLACES, HOSTS = pd.Index([f"P{i}" for i in range(8)]), pd.Index(["H0", "H1", "H2", "H3"])
CHANGES = [
    {"fixed": ("H3",)},
    {"forbidden": ("H0",)},
    {"fixed": ("H2",), "forbidden": ("H1",)},
    {"n_sites": 1},
    {"n_sites": 3},
    {"max_size": 15},
    {"max_travel_min": 30.0},
    {"max_communes": 2},
    {"budget": 2.0},
    {"assigned": {"P0": "H2"}},
    {"split": "any"},
]


@st.composite
def questions(draw):
    sizes = draw(st.lists(st.integers(1, 9), min_size=8, max_size=8))
    row = st.lists(st.integers(1, 60), min_size=4, max_size=4)
    minutes = draw(st.lists(row, min_size=8, max_size=8))
    return pd.Series(sizes, index=PLACES), csr_array(np.array(minutes, dtype=float))


def facts():
    commune = pd.Series(list("aabbccdd"), index=PLACES)
    return Facts(commune=commune, class_cost=pd.Series(1.0, index=HOSTS))


@FEW
@given(questions(), st.sampled_from(CHANGES))
def test_the_answer_keeps_the_rules_and_claims_no_proof(question, change):
    demand, minutes = question
    rules = Classes(n_sites=2, min_size=2, max_size=40, split="large")
    last = plan_classes(demand, HOSTS, minutes, classes=rules, facts=facts())
    wanted = Classes.model_validate(rules.model_dump() | change)
    quick = adjust_plan(last, demand, HOSTS, minutes, classes=wanted, facts=facts())
    full = plan_classes(demand, HOSTS, minutes, classes=wanted, facts=facts())
    out = [int(plan.unserved["candidates"].sum()) for plan in (full, quick)]
    assert out[0] <= out[1]
    if out[0] == out[1]:
        assert full.objective_min <= quick.objective_min + 1e-6
    assert quick.status != "optimal"
    if not out[0]:  # what is left out by a quick answer alone is no proof that it must be
        assert quick.status in ("best_found", "partial")
    assert np.isnan(quick.gap)
    assert quick.sites["n_candidates"].between(2, wanted.max_size).all()
    assert quick.assignments["travel_min"].le(wanted.max_travel_min).all()
    held = set(quick.sites["place_id"])
    assert not held & set(wanted.forbidden)
    assert len(quick.sites) <= wanted.n_sites
    served = quick.assignments.groupby("place_id")["candidates"].sum()
    left = quick.unserved.set_index("place_id")["candidates"]
    assert served.add(left, fill_value=0).reindex(PLACES).tolist() == demand.tolist()


def test_an_unchanged_question_gives_the_plan_back():
    minutes = csr_array(np.abs(np.arange(8)[:, None] * 9.0 - np.array([0.0, 20, 40, 60])) + 1)
    demand = pd.Series(5, index=PLACES)
    rules = Classes(n_sites=2, min_size=5)
    last = plan_classes(demand, HOSTS, minutes, classes=rules)
    again = adjust_plan(last, demand, HOSTS, minutes, classes=rules)
    pd.testing.assert_frame_equal(again.sites, last.sites)
    pd.testing.assert_frame_equal(again.assignments, last.assignments)


def test_a_moved_class_is_where_it_was_put():
    minutes = csr_array(np.abs(np.arange(8)[:, None] * 9.0 - np.array([0.0, 20, 40, 60])) + 1)
    demand = pd.Series(5, index=PLACES)
    rules = Classes(n_sites=2, min_size=5)
    last = plan_classes(demand, HOSTS, minutes, classes=rules)
    old = last.sites["place_id"].iloc[0]
    new = next(h for h in HOSTS if h not in set(last.sites["place_id"]))
    moved = rules.model_copy(update={"fixed": (new,), "forbidden": (old,)})
    made = adjust_plan(last, demand, HOSTS, minutes, classes=moved)
    assert new in set(made.sites["place_id"])
    assert not made.unserved["candidates"].sum()


def test_a_site_without_rivals_stays_and_one_with_a_twin_moves():
    minutes = np.full((8, 4), 50.0)
    minutes[:4, 0], minutes[4:, 1], minutes[4:, 2] = 5.0, 5.0, 5.2
    demand, rules = pd.Series(5, index=PLACES), Classes(n_sites=2, min_size=5)
    last = plan_classes(demand, HOSTS, csr_array(minutes), classes=rules)
    firm = staying_share(last, demand, HOSTS, csr_array(minutes), classes=rules)["firm_to"]
    assert firm["H0"] == pytest.approx(0.5)
    assert firm["H1"] < 0.1


def test_the_curve_from_a_last_plan_is_no_worse_than_without():
    minutes = csr_array(np.abs(np.arange(8)[:, None] * 9.0 - np.array([0.0, 20, 40, 60])) + 1)
    demand, rules = pd.Series(5, index=PLACES), Classes(n_sites=2, min_size=5)
    last = plan_classes(demand, HOSTS, minutes, classes=rules)
    alone, warm = (
        trade_off(demand, HOSTS, minutes, classes=rules, n_sites=[1, 2, 3], last=plan)
        for plan in (None, last)
    )
    assert (warm["person_hours"] <= alone["person_hours"] + 1e-9).all()


def test_a_quick_answer_that_leaves_people_out_does_not_say_that_it_must_be_so():
    minutes = csr_array(np.abs(np.arange(8)[:, None] * 9.0 - np.array([0.0, 20, 40, 60])) + 1)
    demand, rules = pd.Series(5, index=PLACES), Classes(n_sites=2, min_size=5)
    last = plan_classes(demand, HOSTS, minutes, classes=rules)
    hard = Classes(min_size=11, max_size=14)  # no sum of fives
    quick = adjust_plan(last, demand, HOSTS, minutes, classes=hard)
    full = plan_classes(demand, HOSTS, minutes, classes=hard)
    assert (quick.status, full.status) == ("partial", "infeasible")
    assert "plan.most_not_proven" in {problem.key for problem in quick.problems}
