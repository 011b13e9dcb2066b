r"""Shortest longest trip with a given number of sites: the p-centre (Hakimi 1964).

.. math::

    \min r, \quad \text{the set cover within } r \text{ takes at most } p

The least :math:`r` is found by halving the list of distinct costs (Minieka 1970), bounded from
above by greedy covers; each question "do p sites cover everybody within r" is a set covering of
:mod:`geoparty.plan.cover`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from time import perf_counter

import numpy as np

from geoparty.plan import cover_kernels as kernels
from geoparty.plan.cover import covering, fewest, fill_up, within
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Ints
from geoparty.plan.median import without_sites
from geoparty.plan.rows import Costs, Rows, columns_of, nearest_arcs, sorted_rows
from geoparty.plan.siting import Progress, Siting, check_sites


def p_center(
    cost: Costs,
    p: int,
    *,
    fixed: Collection[int] = (),
    forbidden: Collection[int] = (),
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> Siting:
    """Return the ``p`` sites with the shortest longest trip.

    Rows no site reaches are left out and named; the others are served.

    Parameters
    ----------
    cost, p, fixed, forbidden, time_limit_s
        As in :func:`p_median`; there are no weights, everybody counts alike.
    progress
        Called with halvings done and at most to do.

    Returns
    -------
    Siting
        ``objective`` and ``bound`` are longest trips.

    Raises
    ------
    ArgumentError
        Costs, ``p``, fixed or forbidden sites that make no question.

    Examples
    --------
    >>> cost = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    >>> answer = p_center(cost, 1)
    >>> answer.sites.tolist(), answer.objective
    ([1], 5.0)
    """
    began = perf_counter()
    kept, barred = check_sites(cost.shape[1], p, fixed, forbidden)
    rows = without_sites(sorted_rows(cost), barred)
    until = began + (np.inf if time_limit_s is None else time_limit_s)
    search = _Centre(rows, p, kept, until)
    search.run(progress or (lambda done, total: None))
    sites = fill_up(search.sites, p, rows, barred)
    arcs = nearest_arcs(rows, sites)
    objective = float(rows.cost[arcs[arcs >= 0]].max(initial=0.0))
    return covering(rows, sites, objective, min(search.bound, objective), began)


class _Centre:
    """The p-centre by halving the distinct costs."""

    def __init__(self, rows: Rows, p: int, fixed: Ints, until: float) -> None:
        self.rows, self.p, self.fixed, self.until = rows, p, fixed, until
        self.radii = np.unique(rows.cost)
        self.sites = fixed
        nearest = rows.cost[rows.start[:-1][rows.lengths > 0]].max(initial=0.0)
        self.low = int(np.searchsorted(self.radii, nearest))
        self.high = len(self.radii) - 1

    @property
    def bound(self) -> float:
        """No longest trip is shorter."""
        return float(self.radii[self.low]) if len(self.radii) else 0.0

    def run(self, progress: Progress) -> None:
        """Narrow the radius by greedy covers, then decide the rest exactly."""
        if not len(self.radii):
            return
        self._greedy_above()
        total = int(np.ceil(np.log2(max(2, self.high - self.low + 1)))) + 1
        done = 0
        while self.low < self.high and perf_counter() < self.until:
            middle = (self.low + self.high) // 2
            near = within(self.rows, self.radii[middle])
            told = partial(progress, done, total)
            effort = Effort(work=np.inf, until=self.until, told=told)
            sites, bound = fewest(near, self.fixed, effort, most=self.p)
            if len(sites) <= self.p:
                self.sites, self.high = sites, middle
            elif bound > self.p:
                self.low = middle + 1
            else:
                return
            done += 1
            total = max(total, done)
            progress(done, total)

    def _greedy_above(self) -> None:
        """Lower the radius as far as greedy covers with p sites go."""
        low, high = self.low, self.high
        while low <= high:
            middle = (low + high) // 2
            near = within(self.rows, self.radii[middle])
            columns = columns_of(near)
            sites = kernels.greedy_cover(
                near.start,
                near.site,
                columns.start,
                columns.row,
                (near.lengths > 0).astype(np.float64),
                self.fixed,
                self.p,
            )
            if (nearest_arcs(near, sites) >= 0)[self.rows.lengths > 0].all():
                self.sites, self.high, high = np.sort(sites), middle, middle - 1
            else:
                low = middle + 1
