"""The solver, HiGHS, behind one small door: a mixed-integer program in, an answer out."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from types import ModuleType
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_array

from geoparty.plan.effort import Effort
from geoparty.plan.instance import Bools, Floats

WORK_A_LOOK, WORK_A_PIVOT = 800.0, 1.0
"""Work of each look of the solver at its limits, and of each pivot, for each entry of a program."""
TOLD_EVERY_S = 0.1

Ended = Literal["optimal", "stopped", "infeasible"]


@dataclass(frozen=True, kw_only=True)
class Program:
    """Minimise ``cost @ x`` with ``row_low <= matrix @ x <= row_high`` and bounds on x.

    ``matrix`` is a csc_array of rows x columns.
    """

    cost: Floats
    low: Floats
    high: Floats
    integer: Bools
    matrix: csc_array
    row_low: Floats
    row_high: Floats


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How the solver ended; ``x`` is empty where it found nothing."""

    ended: Ended
    x: Floats
    objective: float
    bound: float


def solve(
    program: Program,
    *,
    effort: Effort,
    start: Floats | None = None,
    max_nodes: int | None = None,
) -> Answer:
    """Solve on one thread with a fixed seed, from a start if there is one, within an effort.

    Work is counted in looks of the solver at its limits (pivots, where nothing is whole), so that
    it ends at the same place whatever the machine, unless the time ends first.

    An end whose objective is not that of its own ``x`` proves nothing and is not believed: HiGHS
    1.16.0 forgets what presolve had fixed when it was given a start. It is solved again without.
    """
    answer, told = _solve_once(program, effort, start, max_nodes)
    if start is not None and not np.isclose(told, answer.objective, rtol=1e-6, atol=1e-6):
        answer, told = _solve_once(program, effort, None, max_nodes)
    return answer


def _solve_once(
    program: Program, effort: Effort, start: Floats | None, max_nodes: int | None
) -> tuple[Answer, float]:
    """Return the answer, and the objective the solver tells, which should be the answer's."""
    import highspy

    solver = quiet_solver()
    options = {"threads": 1, "random_seed": 1, "mip_rel_gap": 1e-9}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.setOptionValue("time_limit", effort.seconds)
    if max_nodes is not None:
        solver.setOptionValue("mip_max_nodes", max_nodes)
    solver.passModel(_model(program, highspy))
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    run(solver, effort, whole=bool(program.integer.any()), size=program.matrix.nnz)
    info, status = solver.getInfo(), solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        nothing = Answer(ended="infeasible", x=np.empty(0), objective=np.inf, bound=np.inf)
        return nothing, np.inf
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    done = status == highspy.HighsModelStatus.kOptimal
    x = np.asarray(solver.getSolution().col_value) if found else np.empty(0)
    objective = float(program.cost @ x) if found else np.inf
    whole = bool(program.integer.any())
    answer = Answer(
        ended="optimal" if done else "stopped",
        x=x,
        objective=objective,
        bound=info.mip_dual_bound if whole else (objective if done else -np.inf),
    )
    return answer, info.objective_function_value if found else np.inf


def run(solver: Any, effort: Effort, *, whole: bool, size: int) -> None:  # noqa: ANN401 - untyped
    """Run a solver within an effort; what is raised when it is told so ends the run.

    ``size`` is how many entries its matrix has.
    """
    each = size * (WORK_A_LOOK if whole else WORK_A_PIVOT)
    raised: list[BaseException] = []
    n_looks = 0
    told_at = perf_counter()

    def look(event: Any) -> None:  # noqa: ANN401 - highspy is untyped
        nonlocal n_looks, told_at
        n_looks += 1
        if raised or n_looks * each > effort.work:
            event.interrupt()
        elif perf_counter() > told_at + TOLD_EVERY_S:
            told_at = perf_counter()
            try:
                effort.tell()
            except BaseException as error:  # raised again below: the solver's C++ would end it all
                raised.append(error)
                event.interrupt()

    looks = solver.cbMipInterrupt if whole else solver.cbSimplexInterrupt
    looks.subscribe(look)
    solver.run()
    looks.unsubscribe(look)
    if raised:
        raise raised[0]
    effort.spend(n_looks * each)


def quiet_solver() -> Any:  # noqa: ANN401 - highspy is untyped
    """Return a solver that prints nothing, not even the banner it writes while it is made."""
    import highspy

    class Quiet(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802 - the name it has there
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Quiet()  # type: ignore[no-untyped-call]


def _model(program: Program, highspy: ModuleType) -> Any:  # noqa: ANN401 - highspy is untyped
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.row_low, program.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = program.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = program.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = program.matrix.data.astype(np.float64)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(whole)] for whole in program.integer]
    return lp
