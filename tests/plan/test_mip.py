"""The solver's word is taken only where its numbers agree with its solution; it can be ended."""

import numpy as np
import pytest
from scipy.sparse import csc_array

from geoparty.plan import mip
from geoparty.plan.effort import Effort
from geoparty.plan.growing import GrowingProgram
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
        solve(PROGRAM, effort=Effort.of_seconds(9)),
        solve(PROGRAM, effort=Effort.of_seconds(9), start=np.ones(3)),
    )
    assert (without.ended, without.objective, without.bound) == ("optimal", 2, 2)
    assert (given.ended, given.objective, given.bound) == ("optimal", 2, 2)


def test_an_objective_that_is_not_that_of_the_solution_is_not_believed(monkeypatch):
    right = Answer(ended="optimal", x=np.array([1.0, 0, 1]), objective=2.0, bound=2.0)
    wrong = Answer(ended="optimal", x=np.ones(3), objective=3.0, bound=1.0)
    asked = []

    def told(program, effort, start, max_nodes):
        asked.append(start is not None)
        return (wrong, 1.0) if start is not None else (right, 2.0)

    monkeypatch.setattr(mip, "_solve_once", told)
    assert solve(PROGRAM, effort=Effort.of_seconds(9), start=np.ones(3)) is right
    assert asked == [True, False]


def hard(*, whole=True):
    """Weights no choice of which comes out even, in several rows: a long search."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(10, 99, (6, 60)).astype(float)
    half = np.floor(matrix.sum(axis=1) / 2)
    return Program(
        cost=-rng.integers(10, 99, 60).astype(float),
        low=np.zeros(60),
        high=np.ones(60),
        integer=np.full(60, whole),
        matrix=csc_array(matrix),
        row_low=np.full(6, -np.inf),
        row_high=half,
    )


class CalledOffError(Exception):
    pass


def call_off():
    raise CalledOffError


@pytest.mark.parametrize("whole", [True, False])
def test_a_running_solver_is_called_off(monkeypatch, whole):
    monkeypatch.setattr(mip, "TOLD_EVERY_S", 0.0)
    calm = Effort.of_seconds(600)
    assert solve(hard(whole=False), effort=calm).ended == "optimal"
    ended = []
    run = mip.run
    monkeypatch.setattr(
        mip,
        "run",
        lambda solver, *a, **k: (ended.append(solver), run(solver, *a, **k)),
    )
    with pytest.raises(CalledOffError):
        solve(hard(whole=whole), effort=Effort.of_seconds(600, call_off))
    status = ended[0].modelStatusToString(ended[0].getModelStatus())
    assert status == "Interrupted by user"


def test_a_growing_program_is_called_off(monkeypatch):
    monkeypatch.setattr(mip, "TOLD_EVERY_S", 0.0)
    program = hard()
    growing = GrowingProgram(program.row_low, program.row_high, Effort.of_seconds(600, call_off))
    growing.add_columns(program.cost, program.matrix)
    with pytest.raises(CalledOffError):
        growing.solve()


def test_work_ends_the_solver_at_the_same_place_whatever_the_clock():
    size = hard().matrix.nnz
    answers = []
    for seconds in (600.0, 6000.0):
        effort = Effort(work=mip.WORK_A_LOOK * size * 40, until=Effort.of_seconds(seconds).until)
        answers.append(solve(hard(), effort=effort))
        assert effort.is_over
    assert [a.ended for a in answers] == ["stopped", "stopped"]
    assert answers[0].x.tolist() == answers[1].x.tolist()
    assert answers[0].bound == answers[1].bound
    assert -np.inf < answers[0].bound < answers[0].objective
