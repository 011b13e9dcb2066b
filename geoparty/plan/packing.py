"""Plans as a choice among classes: units to be held once each by a few classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, vstack

from geoparty.plan.effort import Effort
from geoparty.plan.instance import Bools, Classes, Floats, Ints
from geoparty.plan.mip import Program, solve

MOST_UNITS, MOST_IN_CLASS = 300, 25
"""Where more units, or more in a class, listing and pricing classes with cuts takes too long."""

Listed = tuple[Bools, Ints]
"""Units in each class, and its host."""


@dataclass(frozen=True, kw_only=True)
class Packing:
    """Units to be held once each by at most ``n_sites`` classes, ``times`` at a host; arcs by host.

    Everybody is served, so that a class has at least what the others have no room for.
    """

    by_host: Ints
    units: Ints
    costs: Floats
    sizes: Ints
    min_size: int
    max_size: int
    n_sites: int
    times: Ints
    fixed: Bools

    @property
    def low(self) -> int:
        """Fewest people in a class of any plan."""
        rest = (self.n_sites - 1) * self.max_size
        return max(self.min_size, int(self.sizes.sum()) - rest)

    @property
    def unit_costs(self) -> Floats:
        """What each unit (column) costs at each host (row), 0 where no arc is."""
        cost = np.zeros((len(self.fixed), len(self.sizes)))
        host = np.repeat(np.arange(len(self.fixed)), np.diff(self.by_host))
        cost[host, self.units] = self.costs
        return cost

    @property
    def is_small(self) -> bool:
        """Whether cutting and listing is worth a try."""
        return are_few(len(self.sizes), self.n_sites)


def are_few(n_units: int, n_sites: int) -> bool:
    """Tell whether classes of so many units can be cut and listed."""
    return n_units <= MOST_UNITS and n_units <= MOST_IN_CLASS * n_sites


def chosen(
    packing: Packing, listed: Listed, goal: float, effort: Effort, *, max_nodes: int | None = None
) -> tuple[tuple[Classes, float] | None, float]:
    """Return the cheapest plan of some classes that costs at most ``goal``, its cost; a bound."""
    sets, hosts = listed
    if not len(sets):
        return None, np.inf
    n, m, k, ones = sets.shape[1], len(packing.fixed), np.arange(len(sets)), np.ones(len(sets))
    at_host = csc_array((ones, (hosts, k)), shape=(m, len(sets)))
    program = Program(
        cost=np.where(sets, packing.unit_costs[hosts], 0.0).sum(axis=1),
        low=0 * ones,
        high=ones,
        integer=np.ones(len(sets), dtype=bool),
        matrix=csc_array(vstack([sets.T.astype(np.float64), ones[None], at_host])),
        row_low=np.concatenate([np.ones(n), [-np.inf], packing.fixed.astype(np.float64)]),
        row_high=np.concatenate([np.ones(n), [packing.n_sites], packing.times]),
    )
    answer = solve(program, effort=effort, max_nodes=max_nodes)
    if not answer.x.size or answer.objective > goal:
        return None, np.inf if answer.ended != "stopped" else answer.bound
    chosen = np.flatnonzero(answer.x > 0.5)
    plan = Classes(hosts=hosts[chosen], of_unit=sets[chosen].argmax(axis=0))
    return (plan, answer.objective), np.inf if answer.ended == "optimal" else answer.bound
