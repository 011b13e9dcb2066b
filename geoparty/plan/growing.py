"""A linear program that grows by columns and rows, solved on from its last basis by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array

from geoparty.plan.effort import Effort
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.mip import quiet_solver, run


class GrowingProgram:
    """Minimise over columns of at least 0, within rows; whoever solves counts the work."""

    def __init__(self, row_low: Floats, row_high: Floats, effort: Effort) -> None:
        self._solver, self._effort = quiet_solver(), effort
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("presolve", "off")
        self.add_rows(csr_array((len(row_low), 0)), row_low, row_high)

    def add_rows(self, matrix: csr_array, low: Floats, high: Floats) -> None:
        """Add rows, over the columns there are."""
        matrix = csr_array(matrix)
        index = matrix.indices.astype(np.int32)
        start, value = matrix.indptr[:-1].astype(np.int32), matrix.data.astype(np.float64)
        self._solver.addRows(len(low), low, high, matrix.nnz, start, index, value)

    def add_columns(self, cost: Floats, matrix: csc_array) -> None:
        """Add columns, over the rows there are."""
        matrix, n = csc_array(matrix), len(cost)
        index = matrix.indices.astype(np.int32)
        start, value = matrix.indptr[:-1].astype(np.int32), matrix.data.astype(np.float64)
        no_end = np.full(n, np.inf)
        self._solver.addCols(n, cost, np.zeros(n), no_end, matrix.nnz, start, index, value)

    def drop_rows(self, rows: Ints) -> None:
        """Drop rows; those after them move up."""
        self._solver.deleteRows(len(rows), rows.astype(np.int32))

    def change_cost(self, column: int, cost: float) -> None:
        """Set what a column costs."""
        self._solver.changeColCost(column, cost)

    def solve(self) -> tuple[float, Floats, Floats, int]:
        """Return objective (-inf if in vain), duals of rows, values of columns, and steps taken."""
        run(self._solver, self._effort, whole=False, size=0)
        info, found = self._solver.getInfo(), self._solver.getSolution()
        solved = self._solver.modelStatusToString(self._solver.getModelStatus()) == "Optimal"
        value = info.objective_function_value if solved else -np.inf
        steps = info.simplex_iteration_count
        return value, np.array(found.row_dual), np.array(found.col_value), steps
