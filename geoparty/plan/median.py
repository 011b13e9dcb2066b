r"""Least total travel with a given number of sites: the p-median.

Hakimi (1964). With :math:`y_j = 1` where a site is and :math:`x_{ij} = 1` where row :math:`i`
goes to site :math:`j`, at cost :math:`c_{ij}` (weight times minutes):

.. math::

    \min \sum_{ij} c_{ij} x_{ij}, \quad \sum_j x_{ij} = 1, \quad x_{ij} \le y_j, \quad
    \sum_j y_j = p, \quad x, y \in \{0, 1\}

A first plan comes from swap search (Whitaker 1983; Resende and Werneck 2007). Relaxing "everybody
once" (Beasley 1985) with prices improved by the volume algorithm (Barahona and Anbil 2000), or,
where sites are many, by :mod:`geoparty.plan.median_dual`, gives the bound; only arcs cheaper than a
row's price count, so the sorted rows are read to there and no further (the same observation as in
Avella, Sassano, Vasil'ev 2007 and Durán-Mateluna, Ales, Elloumi 2023); a dense matrix is read to
the nearest few of each row, further only where the answer needs it. Sites whose value rules them in
or out are fixed, rows are cut to the window they can still be served in, and what is left is
settled by branch and bound on sites, or on balls where sites are many.
"""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

import numpy as np
from scipy.sparse import issparse

from geoparty.errors import Problem
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.rows import Costs, Rows, keep_arcs, nearest_arcs, sorted_rows
from geoparty.plan.siting import Progress, Siting, Weights, check_sites, check_weights

ROOM, LEAST_ARCS = 10, 200
"""Nearest sites looked at, in multiples of what a site serves on average, and at least so many."""


def p_median(
    cost: Costs,
    p: int,
    *,
    weight: Weights = None,
    fixed: Collection[int] = (),
    forbidden: Collection[int] = (),
    time_limit_s: float | None = None,
    progress: Progress | None = None,
    start: Collection[int] | None = None,
) -> Siting:
    """Return the ``p`` sites with the least total cost, everybody at the nearest.

    As many rows (by weight) as possible are served first.

    Parameters
    ----------
    cost
        Demand x sites, 0 or more; need not be symmetric. Dense (``inf``: out of reach) or sparse
        (stored entries are within reach, zeros too).
    p
        Number of sites.
    weight
        People per row; ones where not given. Rows of weight 0 are assigned and do not count.
    fixed, forbidden
        Columns that must, and must not, be sites.
    time_limit_s
        Seconds after which the best found is returned; none is until proven.
    progress
        Called with parts of the search done and known so far.
    start
        Sites to begin from, such as those of the last answer: a small change is then quick.

    Returns
    -------
    Siting
        ``status`` ``infeasible`` where rows are left out: nobody reaches them, or ``p`` is small.

    Raises
    ------
    ArgumentError
        Costs, weights, ``p``, fixed or forbidden sites that make no question.

    Examples
    --------
    >>> cost = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    >>> answer = p_median(cost, 2, weight=[3, 1, 2])
    >>> answer.sites.tolist(), answer.assignment.tolist(), answer.objective, answer.status
    ([0, 2], [0, 0, 2], 4.0, 'optimal')
    """
    began = perf_counter()
    until = began + (np.inf if time_limit_s is None else time_limit_s)
    weights = check_weights(weight, cost.shape[0])
    kept, barred = check_sites(cost.shape[1], p, fixed, forbidden)
    from geoparty.plan.median_search import MedianSearch

    most, begin = arcs_a_row(cost, p), None if start is None else np.asarray([*start], np.int64)
    while True:
        rows = sorted_rows(cost, barred, most=most)
        counted = weighted(rows, weights)
        out = dearest_costs(rows, counted, weights, cut=most is not None)
        search = MedianSearch(counted, p, kept, out, until, barred, progress)
        search.run(begin)
        near = nearest_arcs(counted, search.sites) >= 0
        if most is None or near[counted.lengths > 0].all() or search.is_over:
            break
        most, begin = (4 * most if 4 * most < cost.shape[1] else None), search.sites
    if most is not None:
        rows = _to_sites(cost, search.sites)
    return _answer(rows, weights, out, search.sites, search.bound, search.best, began)


def arcs_a_row(cost: Costs, p: int) -> int | None:
    """Return how many of the nearest sites of each row are looked at, None for all.

    A row that goes to none of them pays as much as to the last: no answer is ruled out by that,
    and one that leaves no row to pay so is an answer to the whole question.
    """
    most: int = max(LEAST_ARCS, ROOM * cost.shape[1] // p)
    if issparse(cost) or most >= cost.shape[1] or not np.isfinite(cost).all():
        return None
    return most


def _to_sites(cost: Costs, sites: Ints) -> Rows:
    """Return the arcs to these sites, numbered as before."""
    rows = sorted_rows(np.asarray(cost)[:, sites])
    return Rows(
        start=rows.start,
        site=sites[rows.site].astype(np.int32),
        cost=rows.cost,
        n_sites=cost.shape[1],
    )


def without_sites(rows: Rows, barred: Ints) -> Rows:
    """Return the rows without arcs to some sites, sites numbered as before."""
    keep = ~np.isin(rows.site, barred)
    return keep_arcs(rows, keep, np.ones(rows.n_sites, dtype=bool)) if len(barred) else rows


def weighted(rows: Rows, weights: Floats) -> Rows:
    """Return the rows with costs times weight, those of weight 0 emptied."""
    if (weights == 1).all():
        return rows
    cost = rows.cost * np.repeat(weights, rows.lengths)
    keep = np.repeat(weights > 0, rows.lengths)
    scaled = Rows(start=rows.start, site=rows.site, cost=cost, n_sites=rows.n_sites)
    return keep_arcs(scaled, keep, np.ones(rows.n_sites, dtype=bool))


def dearest_costs(rows: Rows, counted: Rows, weights: Floats, *, cut: bool = False) -> Floats:
    """Return what leaving each row out costs: more than serving all others at their worst.

    Where every row reaches all sites, or rows were ``cut`` after their nearest, its dearest arc.
    """
    last = np.maximum(counted.start[1:] - 1, 0)
    reached = counted.lengths > 0
    worst = np.where(reached, counted.cost[last] if len(counted.cost) else 0.0, 0.0)
    if cut or (counted.lengths[reached] == rows.n_sites).all():
        return worst
    least = weights[weights > 0].min(initial=np.inf)
    each = np.ceil(worst.sum() / least) + 1 if np.isfinite(least) else 1.0
    return np.where(reached, each * weights, 0.0)


def _answer(
    rows: Rows,
    weights: Floats,
    out: Floats,
    sites: Ints,
    bound: float,
    best: float,
    began: float,
) -> Siting:
    arcs = nearest_arcs(rows, sites)
    served = arcs >= 0
    assignment = np.where(served, rows.site[np.maximum(arcs, 0)] if len(rows.site) else -1, -1)
    objective = float((rows.cost[arcs[served]] * weights[served]).sum())
    lost = float(out[~served & (rows.lengths > 0)].sum())
    if bound >= best and objective <= best - lost + 1e-6 * max(1.0, best):
        bound = objective + lost
    bound = max(0.0, min(bound - lost, objective))
    problems = out_of_reach(rows) + left_out(assignment, rows, len(sites))
    proven = objective - bound <= 1e-6 * max(1.0, objective)
    return Siting(
        sites=sites,
        assignment=assignment.astype(np.int64),
        objective=objective,
        bound=bound,
        status="infeasible" if problems else "optimal" if proven else "best_found",
        seconds=perf_counter() - began,
        problems=problems,
    )


def out_of_reach(rows: Rows) -> tuple[Problem, ...]:
    """Return the problem that some rows can be reached from no site, if any."""
    far = np.flatnonzero(rows.lengths == 0).tolist()
    params = {"n": len(far), "names": far}
    return (Problem(key="plan.rows_out_of_reach", params=params),) if far else ()


def left_out(assignment: Ints, rows: Rows, p: int) -> tuple[Problem, ...]:
    """Return the problem that some rows within reach are not served, if any."""
    names = np.flatnonzero((assignment < 0) & (rows.lengths > 0)).tolist()
    params = {"n": len(names), "names": names, "p": p}
    return (Problem(key="plan.rows_left_out", params=params),) if names else ()
