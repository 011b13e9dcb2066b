r"""Branch and bound on class plans with whole units, for few enough arcs.

The bound of :mod:`geoparty.plan.pack_kernels` rules out arcs and hosts, as in Ceselli and Righini
(2005); branching opens or closes the host least sure, then parts the hosts of the unit least sure
into two. Plans come from rounding the shares in which arcs were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from geoparty.plan import pack_kernels as kernels
from geoparty.plan.cut_search import cut_and_list
from geoparty.plan.cut_search import warm_up as compile_cuts
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Bools, Classes, Floats, Instance, Ints
from geoparty.plan.median_kernels import CLOSED, FREE, OPEN
from geoparty.plan.model import Arcs, class_sites
from geoparty.plan.packing import Packing
from geoparty.plan.sized_search import Search, small_search

ROOT_STEPS, ROOT_PATIENCE = 1500, 15
NODE_STEPS, NODE_PATIENCE = 150, 6
CUT_SHARE = 0.7
WORK_AN_ARC, WORK_A_NODE = 8.0, 6e6
"""Work of a step for each arc, and of a node, in units of :class:`Effort`."""


def packed(
    arcs: Arcs, instance: Instance, plan: Classes, *, effort: Effort
) -> tuple[Classes, float]:
    """Return the best plan found from one that serves everybody, and a bound.

    Each class a host may hold is a host of its own here.
    """
    shape = (instance.n_units, len(arcs.host))
    whole = replace(
        instance,
        minutes=csr_array((arcs.minutes, (arcs.unit, arcs.site)), shape=shape),
        fixed=np.searchsorted(arcs.host, instance.fixed),
        several=False,
    )
    start = Classes(hosts=class_sites(arcs, plan), of_unit=plan.of_unit)
    search = Search(whole, start, penalty=1e3 * float(arcs.minutes.max(initial=1.0)))
    inner = PackSearch(search, effort)
    bound = inner.run(np.full(instance.n_units, 2 * inner.best / instance.n_units))
    found = search.plan()
    return Classes(hosts=arcs.host[found.hosts], of_unit=found.of_unit), bound


@dataclass(frozen=True, kw_only=True)
class _Node:
    """A part of the search: arcs by host, hosts open, closed or free, prices, bound, shares."""

    by_host: Ints
    units: Ints
    costs: Floats
    state: Ints
    price: Floats
    bound: float
    share: Floats
    host_share: Floats

    @property
    def n_open(self) -> int:
        return int((self.state == OPEN).sum())

    @property
    def hosts(self) -> Ints:
        """Host of each arc."""
        return np.repeat(np.arange(len(self.state)), np.diff(self.by_host))

    def with_arcs(self, keep: Bools) -> _Node:
        """Return the node with these arcs; hosts without arcs are closed."""
        counts = np.concatenate([[0], np.cumsum(keep)])
        by_host = counts[self.by_host]
        state = np.where((np.diff(by_host) == 0) & (self.state == FREE), CLOSED, self.state)
        return replace(
            self,
            by_host=by_host,
            units=self.units[keep],
            costs=self.costs[keep],
            share=self.share[keep],
            state=state,
        )


class PackSearch:
    """The best plan that serves everybody, and a bound; the plan is kept in ``search``."""

    def __init__(self, search: Search, effort: Effort) -> None:
        self.search, self.effort = search, effort
        self.instance = search.instance
        self.dearest = np.full(len(search.sizes), np.inf)
        self.best = search.value
        self.bound = -np.inf
        self.unit = 1.0 - 1e-6 if search.is_whole else 0.0
        self.apart = _apart(search)

    @property
    def goal(self) -> float:
        """A bound at which nothing better can follow."""
        return self.best - max(self.unit, 1e-7 * abs(self.best))

    def run(self, price: Floats) -> float:
        """Search until proven or the effort ends; return the bound."""
        search = self.search
        state = np.where(search.fixed, OPEN, FREE)
        root = _Node(
            by_host=search.by_host,
            units=search.units,
            costs=search.costs,
            state=state,
            price=price,
            bound=-np.inf,
            share=np.zeros(len(search.units)),
            host_share=np.zeros(len(state)),
        )
        root = self._cut_and_listed(self._tighten(root, ROOT_STEPS, ROOT_PATIENCE))
        stack = [root]
        while stack:
            self.bound = min(self.best, min(node.bound for node in stack))
            if self.effort.is_over:
                return self.bound
            node = stack.pop()
            if node.bound < self.goal:
                children = [self._tighten(c, NODE_STEPS, NODE_PATIENCE) for c in self._parts(node)]
                stack += sorted(children, key=lambda c: -c.bound)
        self.bound = self.best
        return self.bound

    def _tighten(self, node: _Node, n_steps: int, patience: int) -> _Node:
        """Improve the bound of a node and drop arcs, until that gains little."""
        for _ in range(4):
            only, node = self._settled(node)
            n_free = self.instance.n_sites - node.n_open
            if n_free < 0:
                return replace(node, bound=np.inf)
            price, values = node.price.copy(), np.empty(len(node.state))
            share, host_share = node.share.copy(), node.host_share.copy()
            low, high = self.instance.min_size, self.instance.max_size
            arcs = (node.by_host, node.units, node.costs, self.search.sizes)
            bound, steps = kernels.pack_volume(
                *arcs, only, low, high, node.state, n_free, self.dearest, self.goal,
                n_steps, patience, price, values, share, host_share,
            )  # fmt: skip
            self.effort.spend(steps * WORK_AN_ARC * len(node.units) + WORK_A_NODE)
            node = replace(node, price=price, share=share, host_share=host_share)
            node = replace(node, bound=max(node.bound, bound))
            if node.bound >= self.goal:
                return node
            self._round(node)
            if node.bound >= self.goal:
                return node
            room = self.goal - bound + 1e-9 * abs(self.goal)
            before = len(node.units)
            node = self._cut(node, only, price, values, n_free, room)
            if len(node.units) > 0.9 * before or self.effort.is_over:
                break
            n_steps = max(50, n_steps // 2)
        return node

    def _cut_and_listed(self, root: _Node) -> _Node:
        """Return the root with the bound that cuts give; keep the plan that listing finds."""
        packing, same = self._packing(root)
        if root.bound >= self.goal or not packing.is_small or self.effort.is_over:
            return root
        part = self.effort.part(CUT_SHARE)
        best, unit = self.best, self.unit
        plan, bound = cut_and_list(packing, root.price, best=best, unit=unit, effort=part)
        if plan is not None:
            spare = [iter(hosts) for hosts in same]
            hosts = np.array([next(spare[j]) for j in plan.hosts.tolist()])
            self.search.take(replace(plan, hosts=hosts))
            self.best = self.search.value
        return replace(root, bound=max(root.bound, bound))

    def _packing(self, node: _Node) -> tuple[Packing, list[list[int]]]:
        """Return a node for cutting, hosts with the same arcs as one; and which they are."""
        alike: dict[tuple[bytes, bytes], list[int]] = {}
        for j, (begin, end) in enumerate(zip(node.by_host, node.by_host[1:], strict=False)):
            if begin < end:
                key = (node.units[begin:end].tobytes(), node.costs[begin:end].tobytes())
                alike.setdefault(key, []).append(j)
        same = list(alike.values())
        first = np.array([hosts[0] for hosts in same])
        spans = [np.arange(node.by_host[j], node.by_host[j + 1]) for j in first.tolist()]
        arcs = np.concatenate(spans)
        packing = Packing(
            by_host=np.concatenate([[0], np.cumsum([len(span) for span in spans])]),
            units=node.units[arcs],
            costs=node.costs[arcs],
            sizes=self.search.sizes,
            min_size=self.instance.min_size,
            max_size=self.instance.max_size,
            n_sites=self.instance.n_sites,
            times=np.array([len(hosts) for hosts in same]),
            fixed=np.array([self.search.fixed[hosts].any() for hosts in same]),
        )
        return packing, same

    def _settled(self, node: _Node) -> tuple[Ints, _Node]:
        """Return the host each unit must go to (-1: any), and the node with those hosts open."""
        only = np.full(len(node.price), -1)
        hosts = node.hosts
        counts = np.bincount(node.units, minlength=len(only))
        single = counts[node.units] == 1
        only[node.units[single]] = hosts[single]
        state = node.state.copy()
        state[hosts[single]] = OPEN
        if (counts == 0).any():
            return only, replace(node, bound=np.inf)
        return only, replace(node, state=state)

    def _cut(
        self, node: _Node, only: Ints, price: Floats, values: Floats, n_free: int, room: float
    ) -> _Node:
        """Drop the arcs and open the hosts that the bound decides."""
        free = node.state == FREE
        offers = np.sort(np.minimum(values[free], 0.0))
        worst = offers[n_free - 1] if 0 < n_free <= len(offers) else 0.0
        worst = -np.inf if n_free <= 0 else worst
        following = offers[n_free] if 0 <= n_free < len(offers) else 0.0
        extra = np.where(node.state == OPEN, 0.0, np.maximum(0.0, values - worst))
        extra[node.state == CLOSED] = np.inf
        needed = free & (values <= worst) & (following - values > room)
        keep = np.empty(len(node.units), dtype=bool)
        kernels.keep_worthy(
            node.by_host, node.units, node.costs, self.search.sizes, price, only,
            self.instance.max_size, values, extra, room, keep,
        )  # fmt: skip
        return replace(node, state=np.where(needed, OPEN, node.state)).with_arcs(keep)

    def _round(self, node: _Node) -> None:
        """Make a plan of the shares, improve it, keep it if it is the best yet."""
        search, kept = self.search, self.search.plan()
        liked = node.host_share + 10.0 * (node.state == OPEN)
        held = np.sort(np.argsort(-liked, kind="stable")[: self.instance.n_sites])
        held = held[liked[held] > 0]
        search.take(self._assigned(node, held))
        search.close_small()
        search.settle()
        value = search.value
        if value < self.best - 1e-9 * abs(self.best) and self._is_plan():
            self.best = value
        else:
            search.take(kept)

    def _is_plan(self) -> bool:
        """Return whether sizes are kept, fixed hosts held and all served."""
        search, low, high = self.search, self.instance.min_size, self.instance.max_size
        load = search.load[1:][search.host[1:] >= 0]
        fits = bool((load >= low).all() and (load <= high).all())
        held = bool(np.isin(self.instance.fixed, search.host).all())
        return fits and held and not search.load[0]

    def _assigned(self, node: _Node, held: Ints) -> Classes:
        """Put units, surest first, where they were chosen most or else nearest."""
        sizes, room = self.search.sizes, np.full(len(held), self.instance.max_size)
        slot = np.full(len(node.state), -1)
        slot[held] = np.arange(len(held))
        at = slot[node.hosts]
        able = np.flatnonzero(at >= 0)
        order = able[np.lexsort((node.costs[able], -np.round(node.share[able], 2)))]
        of_unit = np.full(len(sizes), -1)
        for a in order.tolist():
            i, k = node.units[a], at[a]
            if of_unit[i] < 0 and room[k] >= sizes[i]:
                of_unit[i] = k
                room[k] -= sizes[i]
        used, of_unit = np.unique(of_unit, return_inverse=True)
        out = int(used[0] < 0)
        return Classes(hosts=held[used[out:]], of_unit=of_unit - out)

    def _parts(self, node: _Node) -> list[_Node]:
        """Return two nodes that part this one."""
        side, unsure = self._sides(node)
        many = np.bincount(node.units, minlength=len(unsure)) > 1
        if unsure.max() > 0.05:
            return self._by_side(node, int(np.argmax(unsure * self.search.sizes)), side)
        free = np.flatnonzero(node.state == FREE)
        if len(free):
            return self._by_host(node, int(free[np.argmin(np.abs(node.host_share[free] - 0.5))]))
        if not many.any():
            return []  # everybody's host is settled, and the bound is what that costs
        first = int(np.flatnonzero(node.units == np.argmax(many))[0])
        return [node.with_arcs(keep) for keep in self._with_and_without(node, first)]

    def _sides(self, node: _Node) -> tuple[Bools, Floats]:
        """Return which arcs lead to the far side of their unit, and how unsure the side is.

        The near side is what is closest to the host chosen most, the far side what is closer to
        the other host that is most often chosen and far from it.
        """
        n, hosts, units = len(node.price), node.hosts, node.units
        share = np.zeros((n, len(node.state)))
        share[units, hosts] = node.share
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
        near = self.apart[share.argmax(axis=1)]
        far = self.apart[(share * near).argmax(axis=1)]
        part = (share * (far < near)).sum(axis=1)
        return (far < near)[units, hosts], np.minimum(part, 1 - part)

    def _by_side(self, node: _Node, i: int, side: Bools) -> list[_Node]:
        mine = node.units == i
        return [node.with_arcs(~(mine & side)), node.with_arcs(~(mine & ~side))]

    def _by_host(self, node: _Node, j: int) -> list[_Node]:
        state = node.state.copy()
        state[j] = OPEN
        return [replace(node, state=state), node.with_arcs(node.hosts != j)]

    def _with_and_without(self, node: _Node, arc: int) -> list[Bools]:
        """Return the arcs with the unit of an arc at its host, and with it at any other."""
        others = node.units == node.units[arc]
        others[arc] = False
        without = np.ones(len(node.units), dtype=bool)
        without[arc] = False
        return [~others, without]


def _apart(search: Search) -> Floats:
    """Return how different two hosts are: what their costs differ by over all units."""
    n, m = search.instance.minutes.shape
    cost = np.full((m, n), float(search.costs.max(initial=0.0)))
    cost[np.repeat(np.arange(m), np.diff(search.by_host)), search.units] = search.costs
    return np.stack([np.abs(cost - row).sum(axis=1) for row in cost])


def warm_up() -> None:
    """Compile the kernels, or load them, before any clock starts."""
    search = small_search()
    inner = PackSearch(search, Effort.of_seconds(1.0))
    price, arcs = np.full(len(search.sizes), 3.0), (search.by_host, search.units, search.costs)
    inner.run(price.copy())
    values, keep = np.zeros(2), np.empty(len(search.units), dtype=bool)
    only = np.full(len(search.sizes), -1)
    kernels.keep_worthy(*arcs, search.sizes, price, only, 4, values, values.copy(), 1.0, keep)
    compile_cuts(search.by_host, search.units, search.costs, search.sizes)
