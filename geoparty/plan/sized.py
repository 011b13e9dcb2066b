r"""Least total travel with sizes: the capacitated p-median, everybody of a row at one site.

The model is in :mod:`geoparty.plan.model` (Osman and Christofides 1994), the bound in
:mod:`geoparty.plan.sized_dual`. The bound rules out arcs, local search finds plans; cuts, branch
and bound (:mod:`geoparty.plan.cut_search`, :mod:`geoparty.plan.pack_search`) or the solver close
what is left.
"""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geoparty.errors import ArgumentError, Problem
from geoparty.plan.effort import Steps
from geoparty.plan.greedy import first_plan
from geoparty.plan.improve import improve
from geoparty.plan.instance import Instance, Ints, left_out, unit_minutes
from geoparty.plan.median import left_out as rows_left_out
from geoparty.plan.median import out_of_reach, without_sites
from geoparty.plan.rows import Costs, Rows, sorted_rows
from geoparty.plan.siting import Progress, Siting, Weights, check_sites, check_weights


def capacitated(
    cost: Costs,
    p: int,
    *,
    size: npt.ArrayLike,
    max_size: int,
    min_size: int = 0,
    weight: Weights = None,
    fixed: Collection[int] = (),
    forbidden: Collection[int] = (),
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> Siting:
    """Return at most ``p`` sites with the least total cost, each of ``min_size`` to ``max_size``.

    All of a row go to one site. As many people as possible are served first.

    Parameters
    ----------
    cost, weight, fixed, forbidden, progress
        As in :func:`p_median`.
    size
        People in each row: whole numbers from 1 to ``max_size``.
    max_size, min_size
        Most and fewest people at a site.
    time_limit_s
        Seconds after which the best found is returned; an hour where not given.

    Returns
    -------
    Siting
        ``status`` ``infeasible`` where rows are left out: out of reach, or no room.

    Raises
    ------
    ArgumentError
        Costs, weights, sizes, ``p``, fixed or forbidden sites that make no question.

    Examples
    --------
    >>> cost = np.array([[0.0, 9.0], [1.0, 9.0], [2.0, 3.0]])
    >>> answer = capacitated(cost, 2, size=[5, 5, 5], max_size=10)
    >>> answer.assignment.tolist(), answer.objective, answer.status
    ([0, 0, 1], 4.0, 'optimal')
    """
    began = perf_counter()
    weights = check_weights(weight, cost.shape[0])
    kept, barred = check_sites(cost.shape[1], p, fixed, forbidden)
    sizes = _sizes(size, cost.shape[0], min_size, max_size)
    rows = without_sites(sorted_rows(cost), barred)
    able = np.flatnonzero(rows.lengths > 0)
    each = np.repeat(weights / sizes, rows.lengths)
    shape = (rows.n_rows, rows.n_sites)
    minutes = csr_array((rows.cost * each, rows.site, rows.start), shape=shape)[able]
    minutes.sort_indices()
    instance = Instance(
        minutes=minutes,
        sizes=sizes[able],
        min_size=max(1, min_size),
        max_size=max_size,
        n_sites=p,
        fixed=kept,
        several=False,
    )
    found = improve(
        instance,
        first_plan(instance),
        fewest=False,
        time_limit_s=3600.0 if time_limit_s is None else time_limit_s,
        steps=Steps(progress, 3),
    )
    plan = found.plan
    assignment = np.full(rows.n_rows, -1)
    assignment[able] = np.append(plan.hosts, -1)[plan.of_unit]
    total = float(np.nansum(unit_minutes(plan, minutes) * instance.sizes))
    proven = left_out(plan, instance.sizes) <= found.least_left_out
    return _answer(rows, assignment, total, found.least_minutes if proven else 0.0, began)


def _sizes(size: npt.ArrayLike, n_rows: int, low: int, high: int) -> Ints:
    values = np.asarray(size, dtype=np.float64)
    right = (values >= 1) & (values <= high) & (values == np.rint(values))
    if values.shape != (n_rows,) or not right.all():
        bad = int((~right).sum())
        params = {"n": n_rows, "given": values.size, "bad": bad, "max_size": high}
        raise ArgumentError(Problem(key="plan.bad_sizes", params=params))
    if low > high:
        params = {"min_size": low, "max_size": high}
        raise ArgumentError(Problem(key="plan.min_over_max", params=params))
    return values.astype(np.int64)


def _answer(rows: Rows, assignment: Ints, total: float, bound: float, began: float) -> Siting:
    whole = bool((rows.cost == np.rint(rows.cost)).all())
    objective = float(np.rint(total)) if whole and abs(total - np.rint(total)) < 1e-6 else total
    sites = np.unique(assignment[assignment >= 0])
    bound = objective if objective - bound <= 1e-7 * objective else min(bound, objective)
    problems = out_of_reach(rows) + rows_left_out(assignment, rows, len(sites))
    return Siting(
        sites=sites,
        assignment=assignment,
        objective=objective,
        bound=bound,
        status="infeasible" if problems else "optimal" if bound == objective else "best_found",
        seconds=perf_counter() - began,
        problems=problems,
    )
