"""What no class plan with sizes can beat: people left out, classes, person-minutes.

Prices are improved by the volume algorithm (Barahona and Anbil 2000) on the relaxation of
:mod:`geoparty.plan.sized_dual`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geoparty.plan import mixed_dual, sized_dual
from geoparty.plan.ascent import EVERY, SIZE, WEIGHT, eased, paced, turned
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Floats, Instance, Ints
from geoparty.plan.sized_search import Search, small_search

N_STEPS = 1500
PATIENCE = 15
NO_ONE = 1e9
"""Penalty a person where nobody is left out: any price is allowed."""
WORK_AN_ARC = 6
"""Work of a step, in units of :class:`Effort`, for each arc."""


@dataclass(frozen=True, kw_only=True)
class Dual:
    """A bound, the people it would leave out priced in, and the prices that give it."""

    bound: float
    price: Floats
    values: Floats


def least_left_out(search: Search, n_out: int, effort: Effort) -> float:
    """Return a number of people any plan leaves out."""
    relaxed = _Relaxed(search, np.zeros_like(search.costs), site_cost=0.0, penalty=1.0)
    return max(0.0, relaxed.improve(0.5 * search.sizes, float(n_out), effort).bound)


def least_sites(search: Search, n_out: int, effort: Effort) -> float:
    """Return a number of classes any plan that leaves out so many people needs."""
    penalty = 1.0 if n_out else NO_ONE
    relaxed = _Relaxed(search, np.zeros_like(search.costs), site_cost=1.0, penalty=penalty)
    price = search.sizes / search.instance.max_size
    dual = relaxed.improve(price, search.held + penalty * n_out, effort)
    return dual.bound - penalty * n_out


def minutes_penalty(search: Search, n_out: int) -> float:
    """Return what leaving a person out is priced at in the bound on minutes."""
    return 20.0 * float(search.instance.minutes.data.max(initial=1.0)) if n_out else NO_ONE


def minutes_dual(search: Search, known: float, n_out: int, effort: Effort) -> Dual:
    """Return a bound on person-minutes of plans that leave out so many people, priced in."""
    penalty = minutes_penalty(search, n_out)
    relaxed = _Relaxed(search, search.costs, site_cost=0.0, penalty=penalty)
    nearest = np.minimum.reduceat(search.unit_costs, search.by_unit[:-1])
    price = nearest + 0.2 * float(search.instance.minutes.data.max(initial=1.0)) * search.sizes
    return relaxed.improve(price, known + penalty * n_out, effort)


def cut_instance(search: Search, dual: Dual, goal: float) -> Instance:
    """Return the instance without arcs that no plan below ``goal`` (priced as the bound) uses.

    The arcs of the plan at hand are kept.
    """
    instance = search.instance
    relaxed = _Relaxed(search, search.costs, site_cost=0.0, penalty=NO_ONE)
    keep = np.zeros(len(search.units), dtype=bool)
    sized_dual.arcs_worth_keeping(
        *relaxed.arcs,
        dual.price,
        instance.min_size,
        instance.max_size,
        instance.several,
        relaxed.surcharges(dual),
        goal - dual.bound + 1e-6 * abs(goal),
        keep,
    )
    host = np.repeat(np.arange(instance.n_hosts), np.diff(search.by_host))
    keep |= search.host[search.where[search.units]] == host
    minutes = search.costs / search.sizes[search.units]
    shape = instance.minutes.shape
    arcs = csr_array((minutes[keep], (search.units[keep], host[keep])), shape=shape)
    return replace(instance, minutes=arcs)


class _Relaxed:
    """The relaxation of a class plan at given prices, and the search for better ones."""

    def __init__(self, search: Search, costs: Floats, *, site_cost: float, penalty: float) -> None:
        self.instance, self.fixed = search.instance, search.fixed
        self.arcs = (search.by_host, search.units, costs, search.sizes)
        self.site_cost = site_cost
        self.dearest = penalty * search.sizes.astype(np.float64)
        self.loads = np.empty(self.instance.n_hosts)
        self.values = np.empty(self.instance.n_hosts)

    def improve(self, price: npt.NDArray[np.floating[Any]], goal: float, effort: Effort) -> Dual:
        """Return the best bound found; stops at ``goal``, at small steps, or with the effort."""
        trial = np.minimum(price.astype(np.float64), self.dearest)
        best = Dual(bound=-np.inf, price=trial, values=self.values)
        direction = np.zeros(len(trial))
        alpha, size, stale, check = WEIGHT, SIZE, 0, -np.inf
        for step in range(N_STEPS):
            bound, counts = self._choose(trial)
            left = self._left(trial, counts)
            weight = alpha if step else 1.0
            agree = turned(direction, left, weight)
            is_better = bound > best.bound
            if is_better:
                best = Dual(bound=bound, price=trial, values=self.values.copy())
            stale, size = paced(is_better, stale, size, agree, PATIENCE, 0.75)
            if (step + 1) % EVERY == 0:
                alpha, check = eased(alpha, best.bound, check, goal), best.bound
            effort.spend(WORK_AN_ARC * len(self.arcs[1]))
            moving = direction[(direction <= 0) | (best.price < self.dearest)]
            norm = float(moving @ moving)
            near = best.bound >= goal - 1e-9 * abs(goal)
            if near or size < 0.005 or norm < 1e-14 or effort.is_over:
                break
            length = size * 1.02 * max(goal - best.bound, 1e-9) / norm
            trial = np.minimum(best.price + length * direction, self.dearest)
        return best

    def surcharges(self, dual: Dual) -> Floats:
        """Return what holding a class at each host costs at least beyond the bound."""
        self._choose(dual.price)
        most = self.instance.n_sites
        offers = np.concatenate([self.values, self.more])
        worst = min(0.0, np.partition(offers, most - 1)[most - 1]) if most <= len(offers) else 0.0
        return np.where(self.fixed, 0.0, np.maximum(0.0, dual.values - worst))

    def _choose(self, price: Floats) -> tuple[float, Ints]:
        """Return the bound at these prices, and how many classes it holds at each host.

        ``values`` gets the value of a first class at each host, exact where it may matter and
        never too high elsewhere; ``more`` the values of further classes, at the hosts ``at``.
        """
        sized_dual.class_values(*self.arcs, price, self.values, self.loads)
        if self.instance.group is None:
            self._rank_full(price)
        else:
            self._rank_mixed(price, self.instance.group)
        most, n_hosts = self.instance.n_sites, self.instance.n_hosts
        for _ in range(3):
            offers = np.concatenate([self.values, self.more])
            kth = min(most, len(offers)) - 1
            worst = min(-self.site_cost, np.partition(offers, kth)[kth] + 1e-12)
            if not self._count_small(price, worst):
                break
        offers = np.concatenate([self.values, self.more]) + self.site_cost
        counts = self.fixed.astype(np.int64)
        total = float(offers[:n_hosts][self.fixed].sum())
        offers[:n_hosts][self.fixed] = 0.0
        order = np.argsort(offers, kind="stable")[: max(0, most - int(counts.sum()))]
        order = order[offers[order] < 0]
        total += float(offers[order].sum())
        chosen = np.where(order < n_hosts, order, self.at[np.maximum(order - n_hosts, 0)])
        np.add.at(counts, chosen, 1)
        return total + float(price.sum()), counts

    def _rank_full(self, price: Floats) -> None:
        """Make values exact where more people come than fit, and note further classes."""
        high = self.instance.max_size
        full = np.flatnonzero(self.loads > high)
        out = np.empty(int(self.loads.max(initial=0.0) / high) + 2)
        more, at = [], [0]
        for j in full.tolist():
            n = sized_dual.ranked_classes(*self._around(j), price, high, out)
            self.values[j] = out[0]
            if self.instance.several and n > 1:
                more += out[1:n].tolist()
                at += [j] * (n - 1)
        self.more: Floats = np.array(more)
        self.at: Ints = np.array(at[1:] or at)

    def _rank_mixed(self, price: Floats, group: Ints) -> None:
        """Set values for classes of few communes, and note further classes."""
        instance = self.instance
        most = len(self.arcs[1]) + instance.n_hosts if instance.several else 0
        more, at = np.empty(most), np.empty(most, dtype=np.int64)
        n = mixed_dual.mixed_classes(
            *self.arcs, price, group, instance.most_groups, instance.max_size,
            instance.n_sites if instance.several else 1, self.values, more, at,
        )  # fmt: skip
        self.more, self.at = more[:n], at[:n] if n else np.zeros(1, dtype=np.int64)
        self.loads[self.at[:n]] = instance.max_size  # no class of many is taken for one too small

    def _count_small(self, price: Floats, worst: float) -> bool:
        """Make values exact where a class of few people looks cheap; True if any was."""
        low, high = self.instance.min_size, self.instance.max_size
        few = (self.loads < low) & ((self.values < worst) | self.fixed)
        unused = np.empty(len(price))
        for j in np.flatnonzero(few).tolist():
            least = sized_dual.fill_host(*self._around(j), price, low, float(high), unused)
            self.values[j] = max(self.values[j], least)
            self.loads[j] = low
        return bool(few.any())

    def _around(self, j: int) -> tuple[int, int, Ints, Floats, Ints]:
        """Return the span of a host's arcs, and the arcs."""
        by_host, units, costs, sizes = self.arcs
        return int(by_host[j]), int(by_host[j + 1]), units, costs, sizes

    def _left(self, price: Floats, counts: Ints) -> Floats:
        """Return one less how often each unit is served."""
        left = np.ones(len(price))
        low, high = self.instance.min_size, self.instance.max_size
        for j in np.flatnonzero(counts).tolist():
            if self.instance.group is not None:
                rule = self.instance.group, self.instance.most_groups
                mixed_dual.take_mixed(
                    *self._around(j), price, *rule, low, high, int(counts[j]), left
                )
                continue
            room = float(high * counts[j])
            sized_dual.fill_host(*self._around(j), price, low, room, left)
        return left


def warm_up() -> None:
    """Compile the kernels, or load them, before any clock starts."""
    search = small_search()
    effort = Effort.of_seconds(1.0)
    cut_instance(search, minutes_dual(search, 12.0, 0, effort), 12.0)
