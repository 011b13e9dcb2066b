r"""Covering questions: fewest sites for everybody, most people within reach.

Set covering (Toregas et al. 1971) and maximal covering (Church and ReVelle 1974), with :math:`N_i`
the sites within the limit of row :math:`i`:

.. math::

    \text{set cover}\quad & \min \sum_j y_j, \quad \sum_{j \in N_i} y_j \ge 1 \\
    \text{max cover}\quad & \max \sum_i w_i z_i, \quad z_i \le \sum_{j \in N_i} y_j, \quad
    \sum_j y_j = p

Rows whose sites contain another row's, and sites whose rows are among another's, are dropped, sites
that are the only ones of a row are taken, and the solver closes what is left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array

from geoparty.errors import Problem
from geoparty.plan import cover_kernels as kernels
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.median import left_out, out_of_reach, without_sites
from geoparty.plan.mip import Program, solve
from geoparty.plan.rows import Costs, Rows, columns_of, keep_arcs, nearest_arcs, sorted_rows
from geoparty.plan.siting import Progress, Siting, Weights, check_sites, check_weights


def set_cover(
    cost: Costs,
    limit: float,
    *,
    fixed: Collection[int] = (),
    forbidden: Collection[int] = (),
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> Siting:
    """Return the fewest sites so that nobody goes farther than ``limit``.

    Rows no site reaches within the limit are left out and named; the others are covered.

    Parameters
    ----------
    cost
        Demand x sites, as in :func:`p_median`.
    limit
        Longest trip allowed, in the unit of ``cost``.
    fixed, forbidden, time_limit_s, progress
        As in :func:`p_median`.

    Returns
    -------
    Siting
        ``objective`` and ``bound`` are numbers of sites.

    Raises
    ------
    ArgumentError
        Costs, fixed or forbidden sites that make no question.

    Examples
    --------
    >>> cost = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    >>> set_cover(cost, 5).sites.tolist()
    [1]
    """
    began = perf_counter()
    kept, barred = check_sites(cost.shape[1], None, fixed, forbidden)
    rows = within(without_sites(sorted_rows(cost), barred), limit)
    steps = progress or (lambda done, total: None)
    steps(0, 1)
    effort = Effort.of_clock(time_limit_s, lambda: steps(0, 1))
    sites, bound = fewest(rows, kept, effort, most=None)
    steps(1, 1)
    return covering(rows, sites, float(len(sites)), min(bound, len(sites)), began)


def max_cover(
    cost: Costs,
    p: int,
    limit: float,
    *,
    weight: Weights = None,
    fixed: Collection[int] = (),
    forbidden: Collection[int] = (),
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> Siting:
    """Return the ``p`` sites with the most weight within ``limit`` of one.

    Rows beyond the limit are left out; that is no fault here, so ``status`` is not
    ``infeasible`` for it.

    Parameters
    ----------
    cost, p, weight, fixed, forbidden, time_limit_s, progress
        As in :func:`p_median`.
    limit
        Longest trip that counts, in the unit of ``cost``.

    Returns
    -------
    Siting
        ``objective`` is the weight covered, ``bound`` what cannot be exceeded.

    Raises
    ------
    ArgumentError
        Costs, weights, ``p``, fixed or forbidden sites that make no question.

    Examples
    --------
    >>> cost = np.array([[0.0, 9.0], [1.0, 9.0], [9.0, 0.0]])
    >>> answer = max_cover(cost, 1, 5, weight=[1, 1, 5])
    >>> answer.sites.tolist(), answer.objective
    ([1], 5.0)
    """
    began = perf_counter()
    weights = check_weights(weight, cost.shape[0])
    kept, barred = check_sites(cost.shape[1], p, fixed, forbidden)
    rows = within(without_sites(sorted_rows(cost), barred), limit)
    steps = progress or (lambda done, total: None)
    steps(0, 1)
    sites, bound = _most(
        rows, weights, p, kept, barred, Effort.of_clock(time_limit_s, lambda: steps(0, 1))
    )
    steps(1, 1)
    served = nearest_arcs(rows, sites) >= 0
    return covering(rows, sites, float(weights[served].sum()), bound, began, fault=False)


def within(rows: Rows, limit: float) -> Rows:
    """Return the arcs up to the limit; costs that differ by rounding count as equal."""
    keep = rows.cost <= limit * (1 + 1e-12)
    return keep_arcs(rows, keep, np.ones(rows.n_sites, dtype=bool))


def fill_up(sites: Ints, p: int, rows: Rows, barred: Ints) -> Ints:
    """Return p sites: the given ones and the first others that may be used."""
    others = np.setdiff1d(np.arange(rows.n_sites), np.union1d(sites, barred))
    return np.sort(np.concatenate([sites, others[: p - len(sites)]]))


@dataclass(frozen=True, kw_only=True)
class _Reduced:
    """A covering left after dropping what decides itself: living rows and sites, sites taken."""

    start: Ints
    site: Ints
    sites: Ints
    taken: Ints


def _reduce(rows: Rows, fixed: Ints) -> _Reduced:
    columns = columns_of(rows)
    alive, sites = rows.lengths > 0, np.diff(columns.start) > 0
    taken = np.zeros(rows.n_sites, dtype=bool)
    taken[fixed] = True
    sites[fixed] = False
    alive[nearest_arcs(rows, fixed) >= 0] = False
    there, back = (rows.start, rows.site), (columns.start, columns.row)
    changed = True
    while changed:
        changed = kernels.take_needed(*there, *back, alive, sites, taken) > 0
        changed |= kernels.drop_easier(*there, *back, alive, sites, True) > 0
        changed |= kernels.drop_easier(*back, *there, sites, alive, False) > 0
    keep = np.repeat(alive, rows.lengths) & sites[rows.site]
    left = keep_arcs(rows, keep, sites)
    lengths = left.lengths[alive]
    return _Reduced(
        start=np.concatenate([[0], np.cumsum(lengths)]),
        site=left.site,
        sites=np.flatnonzero(sites),
        taken=np.flatnonzero(taken),
    )


def fewest(rows: Rows, fixed: Ints, effort: Effort, *, most: int | None) -> tuple[Ints, float]:
    """Return a smallest cover and its bound; with ``most``, stop when it is decided against it."""
    small = _reduce(rows, fixed)
    n, m = len(small.start) - 1, len(small.sites)
    if n == 0:
        return small.taken, float(len(small.taken))
    relaxed = solve(_cover_program(small, whole=False), effort=effort)
    bound = len(small.taken) + np.ceil(relaxed.bound - 1e-6)
    start = np.zeros(m)
    start[_greedy(small, n, m)] = 1
    known = small.sites[start > 0]
    if len(small.taken) + len(known) <= bound or (most is not None and bound > most):
        return np.sort(np.concatenate([small.taken, known])), bound
    whole = _cover_program(small, whole=True)
    answer = solve(whole, effort=effort, start=start)
    if answer.x.size:
        known = small.sites[answer.x > 0.5]
    found = np.sort(np.concatenate([small.taken, known]))
    return found, max(bound, len(small.taken) + np.ceil(answer.bound - 1e-6))


def _greedy(small: _Reduced, n: int, m: int) -> Ints:
    rows = Rows(start=small.start, site=small.site, cost=np.zeros(len(small.site)), n_sites=m)
    columns = columns_of(rows)
    none = np.empty(0, dtype=np.int64)
    return kernels.greedy_cover(
        rows.start, rows.site, columns.start, columns.row, np.ones(n), none, m
    )


def _cover_program(small: _Reduced, *, whole: bool) -> Program:
    n, m = len(small.start) - 1, len(small.sites)
    row = np.repeat(np.arange(n), np.diff(small.start))
    return Program(
        cost=np.ones(m),
        low=np.zeros(m),
        high=np.ones(m),
        integer=np.full(m, whole),
        matrix=csc_array((np.ones(len(row)), (row, small.site)), shape=(n, m)),
        row_low=np.ones(n),
        row_high=np.full(n, np.inf),
    )


def _most(
    rows: Rows, weights: Floats, p: int, fixed: Ints, barred: Ints, effort: Effort
) -> tuple[Ints, float]:
    """Return the sites of a maximal cover, and what cannot be exceeded."""
    n, m = rows.n_rows, rows.n_sites
    columns = columns_of(rows)
    counted = np.where(rows.lengths > 0, weights, 0.0)
    greedy = kernels.greedy_cover(
        rows.start, rows.site, columns.start, columns.row, counted, fixed, p
    )
    row = np.repeat(np.arange(n), rows.lengths)
    each = np.arange(n)
    ones = np.ones(len(row))
    columns_at = np.concatenate([rows.site, m + each, np.arange(m)])
    rows_at = np.concatenate([row, each, np.full(m, n)])
    values = np.concatenate([ones, -np.ones(n), np.ones(m)])
    low, high = np.zeros(m + n), np.ones(m + n)
    low[fixed], high[barred] = 1, 0
    program = Program(
        cost=np.concatenate([np.zeros(m), -counted]),
        low=low,
        high=high,
        integer=np.arange(m + n) < m,
        matrix=csc_array((values, (rows_at, columns_at)), shape=(n + 1, m + n)),
        row_low=np.append(np.zeros(n), p),
        row_high=np.append(np.full(n, np.inf), p),
    )
    known = fill_up(greedy, p, rows, barred)
    start = np.zeros(m + n)
    start[known] = 1
    start[m:] = nearest_arcs(rows, known) >= 0
    answer = solve(program, effort=effort, start=start)
    if answer.x.size:
        known = fill_up(np.flatnonzero(answer.x[:m] > 0.5), p, rows, barred)
    return known, min(-answer.bound, float(counted.sum()))


def covering(
    rows: Rows,
    sites: Ints,
    objective: float,
    bound: float,
    began: float,
    *,
    fault: bool = True,
) -> Siting:
    """Return the answer that these sites give; with ``fault``, rows left out are a problem."""
    arcs = nearest_arcs(rows, sites)
    served = arcs >= 0
    assignment = np.full(rows.n_rows, -1)
    assignment[served] = rows.site[arcs[served]]
    problems: tuple[Problem, ...] = ()
    if fault:
        problems = out_of_reach(rows) + left_out(assignment, rows, len(sites))
    proven = abs(objective - bound) <= 1e-6 * max(1.0, abs(objective))
    return Siting(
        sites=sites,
        assignment=assignment,
        objective=objective,
        bound=bound,
        status="infeasible" if problems else "optimal" if proven else "best_found",
        seconds=perf_counter() - began,
        problems=problems,
    )
