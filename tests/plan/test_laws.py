"""What holds for every siting question, whatever the instance; and questions that make no sense."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoparty.errors import ArgumentError
from geoparty.plan import capacitated, max_cover, p_center, p_median, set_cover

QUICK = settings(max_examples=20, deadline=None)
ONES = np.ones(6, dtype=int)
QUESTIONS = {
    "p_median": lambda cost, p=2, **more: p_median(cost, p, **more),
    "p_center": lambda cost, p=2, **more: p_center(cost, p, **more),
    "max_cover": lambda cost, p=2, **more: max_cover(cost, p, 9, **more),
    "set_cover": lambda cost, p=2, **more: set_cover(cost, 9, **more),
    "capacitated": lambda cost, p=2, **more: capacitated(
        cost, p, size=np.ones(len(cost), dtype=int), max_size=4, **more
    ),
}
ALL = pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS.keys())


@st.composite
def sized(draw):
    n, m = draw(st.integers(2, 7)), draw(st.integers(2, 4))
    cell = st.integers(0, 20).map(float)
    cost = draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))
    size = draw(st.lists(st.integers(1, 5), min_size=n, max_size=n))
    return np.array(cost), np.array(size), draw(st.integers(1, m - 1)), draw(st.integers(5, 12))


def outcome(question, **changes):
    """People left out, then the total: less is better in this order."""
    cost, size, p, high = question
    asked = {"size": size, "max_size": high, **changes}
    answer = capacitated(asked.pop("cost", cost), asked.pop("p", p), **asked)
    return int(asked["size"][answer.left_out].sum()), pytest.approx(answer.objective), answer


def is_no_worse(after, before):
    return (after[0], after[2].objective) <= (before[0], before[2].objective + 1e-6)


@QUICK
@given(sized())
def test_another_site_or_more_room_is_never_worse(question):
    before = outcome(question)
    assert is_no_worse(outcome(question, p=question[2] + 1), before)
    assert is_no_worse(outcome(question, max_size=question[3] + 3), before)


@QUICK
@given(sized())
def test_a_least_size_or_a_fixed_site_is_never_better(question):
    free = outcome(question)
    assert is_no_worse(free, outcome(question, min_size=4))
    assert is_no_worse(free, outcome(question, fixed=[0]))
    assert is_no_worse(free, outcome(question, forbidden=[0]))


@QUICK
@given(sized(), st.sampled_from([0.37, 60.0]), st.randoms(use_true_random=False))
def test_scale_and_order_change_nothing_else(question, factor, random):
    cost, size, _, _ = question
    out, total, answer = outcome(question)
    scaled = outcome(question, cost=cost * factor)
    assert scaled[0] == out
    assert scaled[2].objective == pytest.approx(answer.objective * factor)
    order = list(range(len(cost)))
    random.shuffle(order)
    shuffled = outcome(question, cost=cost[order], size=size[order])
    assert (shuffled[0], shuffled[2].objective) == (out, total)


@ALL
@pytest.mark.parametrize("bad", [-1.0, np.nan], ids=["negative", "NaN"])
def test_costs_that_are_none_are_refused(ask, bad):
    cost = np.ones((6, 3))
    cost[4, 1] = bad
    with pytest.raises(ArgumentError, match="costs that are negative or not a number: 1"):
        ask(cost)


@ALL
def test_sites_fixed_and_forbidden_at_once_are_refused(ask):
    with pytest.raises(ArgumentError, match="both fixed and forbidden"):
        ask(np.ones((6, 3)), fixed=[1], forbidden=[1, 2])


@pytest.mark.parametrize("name", ["p_median", "p_center", "max_cover", "capacitated"])
def test_more_sites_than_candidates_are_refused(name):
    with pytest.raises(ArgumentError, match="p = 4 must be from 1 to 3"):
        QUESTIONS[name](np.ones((6, 3)), 4)


@ALL
def test_rows_nobody_reaches_are_left_out_and_the_rest_served(ask):
    cost = np.arange(18.0).reshape(6, 3) % 7
    cost[2] = np.inf
    answer = ask(cost)
    assert answer.left_out.tolist() == [2]
    assert (answer.assignment[np.arange(6) != 2] >= 0).all()


@ALL
def test_the_same_question_has_the_same_answer(ask):
    cost = np.zeros((6, 3))  # nothing but ties
    first, again = ask(cost), ask(cost)
    assert first.sites.tolist() == again.sites.tolist()
    assert first.assignment.tolist() == again.assignment.tolist()


def test_a_least_size_nobody_can_gather_leaves_all_out_by_name():
    answer = capacitated(np.ones((6, 3)), 2, size=ONES, min_size=7, max_size=9)
    assert answer.status == "infeasible"
    assert answer.left_out.tolist() == list(range(6))
    assert [problem.key for problem in answer.problems] == ["plan.rows_left_out"]


def test_weight_zero_is_served_and_counts_nothing():
    cost = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 1.0]])
    for answer in (
        p_median(cost, 1, weight=[0, 1, 1]),
        capacitated(cost, 1, size=[1, 1, 1], max_size=3, weight=[0, 1, 1]),
    ):
        assert (answer.sites.tolist(), answer.objective) == ([1], 1.0)
        assert (answer.assignment == 1).all()
