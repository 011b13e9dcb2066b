"""Sites with sizes against enumeration and published optima, by solver and by search."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoparty.errors import ArgumentError
from geoparty.plan import capacitated, improve

QUICK = settings(max_examples=25, deadline=None)


@st.composite
def questions(draw):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    cell = st.one_of(st.integers(0, 20).map(float), st.just(np.inf))
    cost = draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))
    size = draw(st.lists(st.integers(1, 6), min_size=n, max_size=n))
    low = draw(st.integers(0, 6))
    high = draw(st.integers(max(6, low), 14))
    return np.array(cost), draw(st.integers(1, m)), np.array(size), low, high


def enumerated(cost, p, size, low, high):
    """Least (people left out, total) over all assignments."""
    n, m = cost.shape
    best = (np.inf, np.inf)
    for where in itertools.product(range(-1, m), repeat=n):
        where = np.array(where)
        out = where < 0
        used = np.unique(where[~out])
        loads = np.bincount(where[~out], size[~out], minlength=m)[used]
        total = cost[np.flatnonzero(~out), where[~out]].sum()
        fits = ((loads >= low) & (loads <= high)).all() and len(used) <= p
        if fits and np.isfinite(total):
            best = min(best, (size[out].sum(), total))
    return best


def solve(question):
    cost, p, size, low, high = question
    return capacitated(cost, p, size=size, min_size=low, max_size=high)


@QUICK
@given(questions())
def test_equals_enumeration(question):
    answer = solve(question)
    out = question[2][answer.left_out].sum()
    assert (out, answer.objective) == pytest.approx(enumerated(*question))
    assert answer.bound == pytest.approx(answer.objective)
    assert answer.status == ("infeasible" if len(answer.left_out) else "optimal")


SHARED_TOO_SMALL = (
    np.array([[np.inf, 0.0], [0.0, np.inf], [np.inf, np.inf], [0.0, 1.0]]),
    2,
    np.array([2, 3, 1, 3]),
    3,
    7,
)
"""Sharing people out in parts, and then whole, leaves two of a class of three at least."""


@QUICK
@given(questions())
@example(SHARED_TOO_SMALL)
def test_search_and_bound_keep_their_promises(question):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(improve, "SMALL_ARCS", -1)
        answer = solve(question)
    cost, p, size, low, high = question
    out, best = enumerated(*question)
    assert size[answer.left_out].sum() >= out
    served = np.flatnonzero(answer.assignment >= 0)
    assert np.isfinite(cost[served, answer.assignment[served]]).all()
    loads = np.bincount(answer.assignment[served], size[served])
    assert ((loads == 0) | ((loads >= low) & (loads <= high))).all()
    assert len(answer.sites) <= p
    if size[answer.left_out].sum() == out:
        assert answer.bound <= best + 1e-6
        assert answer.objective >= best - 1e-6
    if not len(answer.left_out):  # whole units are packed exactly, and all of it is searched
        assert answer.objective == pytest.approx(best)
        assert answer.status == "optimal"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"size": [0.0, 1.0]}, "unusable: 1"),
        ({"size": [1.5, 1.0]}, "unusable: 1"),
        ({"size": [9, 1]}, "from 1 to 5"),
        ({"min_size": 6}, "min_size 6 is larger"),
    ],
)
def test_bad_sizes_are_refused(changes, text):
    with pytest.raises(ArgumentError, match=text):
        capacitated(np.ones((2, 1)), 1, **{"size": [1, 1], "max_size": 5, **changes})


def test_too_little_room_serves_the_most():
    answer = capacitated(np.ones((3, 2)), 2, size=[3, 4, 5], max_size=5)
    assert answer.status == "infeasible"
    assert answer.left_out.tolist() == [0]


@pytest.mark.realdata
@pytest.mark.parametrize("k", [1, 2, 4, 10, 11, 13, 17, 20])
def test_published_optima(real_data, k):
    text = (real_data / f"siting/pmedcap/pmedcap1_{k:02d}.txt").read_text()
    (_, best, _, p, room), rows = np.array(text.split()[:5], dtype=float), text.split()[5:]
    points = np.array(rows, dtype=float).reshape(-1, 4)
    cost = np.floor(np.linalg.norm(points[:, None, 1:3] - points[:, 1:3], axis=2))
    answer = capacitated(cost, int(p), size=points[:, 3], max_size=int(room))
    assert (answer.objective, answer.status) == (best, "optimal")
