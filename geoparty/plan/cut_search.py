r"""Proof of class plans with whole units, for few enough units: cut, then list what is left.

A plan is at most :math:`p` classes that hold every unit once, chosen among all classes there could
be (Baldacci, Hadjiconstantinou, Maniezzo and Mingozzi 2002):

.. math::

    \min \sum_S c_S \lambda_S, \quad \sum_{S \ni i} \lambda_S = 1 \; \forall i, \quad
    \sum_S \lambda_S \le p, \quad \lambda \in \{0, 1\}

Its linear relaxation is solved by generating classes, prices smoothed (Wentges 1997), and
tightened by subset-row cuts (:mod:`geoparty.plan.cut_kernels`). A class that costs more beyond
its prices than the best plan is above the bound is in no better plan. Once the others are few
enough to be listed, the solver chooses among them.
"""

from __future__ import annotations

from itertools import count

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack

from geoparty.plan import cut_kernels as kernels
from geoparty.plan import cut_lists as lists
from geoparty.plan.cut_kernels import TOO_MANY
from geoparty.plan.effort import Effort
from geoparty.plan.growing import GrowingProgram
from geoparty.plan.instance import Bools, Classes, Floats, Ints
from geoparty.plan.packing import Listed, Packing, chosen

LABELS, LISTING_STEPS = 200_000, 3_000_000
LISTED, MORE_LISTED = 3_000, 20_000
"""Classes the solver takes at once; classes it is given where no cuts are left."""
TRIED_EVERY, TRIED_NODES = 3, 50
"""Rounds of cuts after which the solver looks for a plan among what was generated, and nodes."""
CUTS_A_ROUND, CUTS_A_UNIT, LEAST_VIOLATION = 40, 5, 0.05
SMOOTHING = 0.8
WORK_A_LABEL, WORK_A_PIVOT, WORK_A_STEP = 8.0, 40.0, 5.0
"""Work of a label compared, of a pivot for each row, of a step of listing."""


def cut_and_list(
    packing: Packing, price: Floats, *, best: float, unit: float, effort: Effort
) -> tuple[Classes | None, float]:
    """Return the best plan found that costs less than ``best``, if any, and a bound on all plans.

    ``price`` is where prices start; plans that differ in cost do so by at least ``unit``.
    """
    master, plan = _Master(packing, price, effort), None
    for nth in count(1):
        goal = _goal(best, unit)
        if not master.converge(goal) or master.bound > goal:
            break
        can_cut = master.cut()
        if nth % TRIED_EVERY == 0 or not can_cut:
            generated = master.generated(goal, LISTED)
            found, _ = chosen(packing, generated, goal, effort, max_nodes=TRIED_NODES)
            plan, best = found or (plan, best)
        goal = _goal(best, unit)
        listed = master.listed(goal, LISTED if can_cut else MORE_LISTED)
        if listed is not None:
            found, bound = chosen(packing, listed, goal, effort)
            plan, best = found or (plan, best)
            return plan, min(best, max(bound, master.bound))
        if not can_cut:
            break
    return plan, best if master.bound > goal else master.bound


def _goal(best: float, unit: float) -> float:
    """Return what a better plan costs at most."""
    return best - max(unit, 1e-7 * abs(best))


class _Master:
    """The relaxation over the classes generated so far, its prices, and the best bound."""

    def __init__(self, packing: Packing, price: Floats, effort: Effort) -> None:
        self.packing, self.effort = packing, effort
        self.n, self.fixed = len(packing.sizes), np.flatnonzero(packing.fixed)
        self.n_rows = self.n + 1 + len(self.fixed)
        self.sets: Bools = np.zeros((0, self.n), dtype=bool)
        self.hosts: Ints = np.zeros(0, dtype=np.int64)
        self.seen: set[tuple[int, bytes]] = set()
        self.triples: Ints = np.zeros((0, 3), dtype=np.int64)
        self.bound, self.share = -np.inf, np.zeros(0)
        self.centre = np.concatenate([price, np.zeros(1 + len(self.fixed))])
        self.cost = packing.unit_costs
        most, no_end = float(packing.n_sites), np.full(len(self.fixed), np.inf)
        self.program = GrowingProgram(
            np.concatenate([np.ones(self.n), [-np.inf], np.ones(len(self.fixed))]),
            np.concatenate([np.ones(self.n), [most], no_end]),
            effort,
        )
        rows = np.delete(np.arange(self.n_rows), self.n)
        self.lacking = 2.0 * np.maximum(self.centre[rows], np.abs(price).mean() + 1e-3)
        ones = (np.ones(len(rows)), (rows, np.arange(len(rows))))
        self.program.add_columns(self.lacking, csc_array(ones, shape=(self.n_rows, len(rows))))

    def converge(self, goal: float) -> bool:
        """Generate classes until none lowers the relaxation; return whether that was reached."""
        smoothing, reached = SMOOTHING, -np.inf
        while not self.effort.is_over:
            value, duals, x, steps = self.program.solve()
            self.effort.spend(WORK_A_PIVOT * (steps + 10) * (len(duals) + 0.1 * len(x)))
            self.share = x[len(self.lacking) :]
            if reached >= value - 1e-6 * abs(value):
                if not self._dearer(x[: len(self.lacking)]):
                    return True
                smoothing = SMOOTHING
                continue
            trial = smoothing * self.centre + (1 - smoothing) * duals
            looked = self._look(trial)
            if looked is None:
                return False
            bound, sets, hosts, _ = looked
            if bound > reached:
                reached, self.centre = bound, trial
            self.bound = max(self.bound, bound)
            if self.bound > goal:
                return True
            if not self._add(sets, hosts, duals):
                if smoothing <= 0:
                    return True
                smoothing = smoothing / 2 if smoothing > 0.1 else 0.0
        return False

    def _dearer(self, lacking: Floats) -> bool:
        """Make it dearer to lack what the relaxation still lacks; return whether it lacked any."""
        short = np.flatnonzero(lacking > 1e-7)
        self.lacking[short] *= 2.0
        for k in short.tolist():
            self.program.change_cost(k, float(self.lacking[k]))
        return bool(len(short))

    def _look(self, duals: Floats) -> tuple[float, Bools, Ints, float] | None:
        """Return the bound at some prices, the cheapest classes and their hosts, and an offer.

        It is that of the dearest class the bound holds.
        """
        packing, reward = self.packing, self._rewards(duals)
        charges = np.maximum(0.0, -duals[self.n_rows :])
        values, found = np.empty(len(reward)), np.empty(len(reward), dtype=bool)
        sets = np.empty((len(reward), self.n), dtype=bool)
        limits = reward + min(0.0, float(duals[self.n]))
        work = kernels.price_hosts(
            *self._arcs(), duals[: self.n], self.triples, charges, packing.low, packing.max_size,
            limits, LABELS, values, sets, found,
        )  # fmt: skip
        self.effort.spend(WORK_A_LABEL * abs(work))
        if work < 0:
            return None
        offers = np.sort(np.repeat(values - reward, packing.times))[: packing.n_sites]
        base = float(duals[: self.n].sum() + duals[self.n + 1 : self.n_rows].sum() - charges.sum())
        hosts = np.flatnonzero(found)
        return base + float(offers.sum()), sets[hosts], hosts, float(offers[-1])

    def _rewards(self, duals: Floats) -> Floats:
        """Return what a class at each host earns for being where one must be."""
        out = np.zeros(len(self.packing.fixed))
        out[self.fixed] = np.maximum(0.0, duals[self.n + 1 : self.n_rows])
        return out

    def _arcs(self) -> tuple[Ints, Ints, Floats, Ints]:
        packing = self.packing
        return packing.by_host, packing.units, packing.costs, packing.sizes

    def _add(self, sets: Bools, hosts: Ints, duals: Floats) -> bool:
        """Add the classes that lower the relaxation; return whether there are any."""
        matrix = self._columns(sets, hosts)
        cost = np.where(sets, self.cost[hosts], 0.0).sum(axis=1)
        new = cost - duals @ matrix < -1e-8 * (1 + np.abs(cost))
        for k in np.flatnonzero(new).tolist():
            key = (int(hosts[k]), sets[k].tobytes())
            new[k] = key not in self.seen
            self.seen.add(key)
        self.program.add_columns(cost[new], csc_array(matrix[:, new]))
        self.sets = np.concatenate([self.sets, sets[new]])
        self.hosts = np.concatenate([self.hosts, hosts[new]])
        return bool(new.any())

    def _columns(self, sets: Bools, hosts: Ints) -> Floats:
        """Return rows x classes: units held, one class, the host that must hold one, cuts."""
        held = self.fixed[:, None] == hosts
        parts = [sets.T, np.ones((1, len(sets))), held, _pairs(sets, self.triples)]
        return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])

    def cut(self) -> bool:
        """Drop cuts that do not bind and add violated ones; return whether there were any."""
        used = self.share > 1e-7
        out, by = np.empty((100_000, 3), dtype=np.int64), np.empty(100_000)
        n = lists.violated(self.sets[used], self.share[used], LEAST_VIOLATION, out, by)
        new = _spread_cuts(out[np.argsort(-by[:n], kind="stable")], self.n)
        if not len(new):
            return False
        idle = np.flatnonzero(self.centre[self.n_rows :] > -1e-7)
        if len(idle):
            self.program.drop_rows(self.n_rows + idle)
        self.triples = np.concatenate([np.delete(self.triples, idle, axis=0), new])
        kept = np.delete(self.centre, self.n_rows + idle)
        self.centre = np.concatenate([kept, np.zeros(len(new))])
        lacking = csr_array((len(new), len(self.lacking)))
        pairs = csr_array(_pairs(self.sets, new).astype(np.float64))
        none, one = np.full(len(new), -np.inf), np.ones(len(new))
        self.program.add_rows(csr_array(hstack([lacking, pairs])), none, one)
        return True

    def _room(self, goal: float) -> float:
        """Return what classes of plans up to ``goal`` may cost beyond their prices."""
        looked = self._look(self.centre)
        return np.inf if looked is None else looked[3] + goal - looked[0] + 1e-6 * abs(goal)

    def listed(self, goal: float, most: int) -> Listed | None:
        """Return all classes that plans up to ``goal`` may hold, if not too many."""
        packing, limits = self.packing, self._rewards(self.centre) + self._room(goal)
        charges = np.maximum(0.0, -self.centre[self.n_rows :])
        sets = np.empty((most, self.n), dtype=bool)
        n_sets, steps, hosts = 0, LISTING_STEPS, []
        for j in range(len(limits)):
            before = n_sets
            n_sets, steps = lists.list_classes(
                j, *self._arcs(), self.centre[: self.n], self.triples, charges,
                packing.low, packing.max_size, limits[j], steps, sets, n_sets,
            )  # fmt: skip
            if n_sets == TOO_MANY:
                break
            hosts += [j] * (n_sets - before)
        self.effort.spend(WORK_A_STEP * (LISTING_STEPS - steps))
        return (sets[:n_sets], np.array(hosts, dtype=np.int64)) if n_sets >= 0 else None

    def generated(self, goal: float, most: int) -> Listed:
        """Return the classes generated that plans up to ``goal`` may hold."""
        room = self._room(goal)
        matrix = self._columns(self.sets, self.hosts)
        cost = np.where(self.sets, self.cost[self.hosts], 0.0).sum(axis=1)
        beyond = cost - self.centre @ matrix + self.centre[self.n]
        near = np.argsort(beyond, kind="stable")[:most]
        near = np.sort(near[beyond[near] < room])
        return self.sets[near], self.hosts[near]


def _pairs(sets: Bools, triples: Ints) -> Ints:
    """Return for each cut (row) whether each class (column) has two of its units."""
    two: Ints = sets[:, triples].sum(axis=2) // 2
    return two.T


def _spread_cuts(triples: Ints, n_units: int) -> Ints:
    """Return the first cuts of a list, few of each unit."""
    met, out = np.zeros(n_units, dtype=np.int64), list[int]()
    for k, triple in enumerate(triples):
        if len(out) < CUTS_A_ROUND and met[triple].max() < CUTS_A_UNIT:
            out.append(k)
            met[triple] += 1
    return triples[out]


def warm_up(by_host: Ints, units: Ints, costs: Floats, sizes: Ints) -> None:
    """Compile the kernels, or load them, before any clock starts."""
    n_hosts = len(by_host) - 1
    packing = Packing(
        by_host=by_host,
        units=units,
        costs=costs,
        sizes=sizes,
        min_size=1,
        max_size=int(sizes.sum()),
        n_sites=1,
        times=np.ones(n_hosts, dtype=np.int64),
        fixed=np.zeros(n_hosts, dtype=bool),
    )
    master = _Master(packing, np.ones(len(sizes)), Effort.of_clock(None))
    master.converge(np.inf)
    master.cut()
    master.listed(0.0, 10)
