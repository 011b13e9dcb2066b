"""The solver's word is taken only where its numbers agree with its own solution."""

import numpy as np
from scipy.sparse import csc_array

from geoparty.plan import mip
from geoparty.plan.mip import Answer, Program, solve

PROGRAM = Program(
    cost=np.array([1.0, 1.0, 1.0]),
    low=np.zeros(3),
    high=np.ones(3),
    integer=np.ones(3, dtype=bool),
    matrix=csc_array(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])),
    row_low=np.ones(2),
    row_high=np.full(2, np.inf),
)


def test_a_start_changes_nothing_of_the_answer():
    without, given = (
        solve(PROGRAM, time_limit_s=9),
        solve(PROGRAM, time_limit_s=9, start=np.ones(3)),
    )
    assert (without.ended, without.objective, without.bound) == ("optimal", 2, 2)
    assert (given.ended, given.objective, given.bound) == ("optimal", 2, 2)


def test_an_objective_that_is_not_that_of_the_solution_is_not_believed(monkeypatch):
    right = Answer(ended="optimal", x=np.array([1.0, 0, 1]), objective=2.0, bound=2.0)
    wrong = Answer(ended="optimal", x=np.ones(3), objective=3.0, bound=1.0)
    asked = []

    def told(program, time_limit_s, start, max_nodes):
        asked.append(start is not None)
        return (wrong, 1.0) if start is not None else (right, 2.0)

    monkeypatch.setattr(mip, "_solve_once", told)
    assert solve(PROGRAM, time_limit_s=9, start=np.ones(3)) is right
    assert asked == [True, False]
