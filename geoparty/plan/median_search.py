"""Branch and bound for the p-median on sorted rows.

A part of the search is cut in two at a ball: either no site within some cost of a row is open, or
one is and the row pays no more than that. Where points are many and close, this tells more than
opening or closing one site, whose neighbours do as well. The part with the least bound comes first.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from geoparty.plan import median_kernels as kernels
from geoparty.plan import row_kernels
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.rows import Columns, Rows, columns_of, cut
from geoparty.plan.siting import Progress

ROOT_TURNS = [(1000, 12), (1000, 12), *[(3000, 40)] * 6]
"""Steps of the bound, and how many in vain before they get shorter: turn by turn."""
NODE_STEPS, NODE_PATIENCE = 80, 6
BLEND_ARCS = 300_000_000
"""Arcs that may be looked at for one round of blends, as if each blend looked at all once."""
IN_DOUBT = (0.3, 0.05)
"""A row is in doubt where parts at least so large go within and beyond a cost; else the second."""
N_KEPT, MOST_BLENDS, VAIN_BLENDS = 8, 60, 12
"""Good answers kept; how many are made of two of them at most, and of those in vain in a row."""


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """Part of the search: no answer in it is better than ``bound``.

    ``state`` of all sites, the cost some rows pay at most, ``price`` to start from.
    """

    bound: float
    state: Ints
    most: tuple[tuple[int, float], ...]
    price: npt.NDArray[np.float32]


@dataclass
class _Node:
    """A part at work: the arcs left in it, its sites and their states."""

    rows: Rows
    sites: Ints
    state: Ints
    price: Floats
    bound: float
    share: Floats
    out: Floats
    most: tuple[tuple[int, float], ...]

    @property
    def n_open(self) -> int:
        return int((self.state == kernels.OPEN).sum())

    @property
    def n_free(self) -> int:
        return int((self.state == kernels.FREE).sum())


class MedianSearch:
    """The p-median of sorted rows, nothing left out: best sites, and a bound."""

    def __init__(
        self, rows: Rows, p: int, fixed: Ints, out: Floats, until: float, barred: Ints
    ) -> None:
        self.rows, self.p, self.fixed, self.out = rows, p, fixed, out
        self.allowed = np.setdiff1d(np.arange(rows.n_sites), barred)
        self.until = until
        self.columns: Columns = columns_of(rows)
        self.rng = np.random.default_rng(1)
        whole = bool((rows.cost == np.rint(rows.cost)).all() and (out == np.rint(out)).all())
        self.unit = 1.0 if whole else 0.0
        self.best = np.inf
        self.sites: Ints = np.empty(0, dtype=np.int64)
        self.bound = -np.inf
        self._kept: list[tuple[float, Ints]] = []

    @property
    def goal(self) -> float:
        """A bound at which nothing better can follow."""
        return self.best - max(self.unit - 1e-6, 1e-7 * abs(self.best))

    @property
    def is_over(self) -> bool:
        """Whether the time has ended."""
        return perf_counter() > self.until

    def run(self, start: Ints | None, progress: Progress | None) -> None:
        """Search until proven or the time ends."""
        self.try_sites(self._first() if start is None else start)
        root = self._root()
        self.bound = self.best if root.bound >= self.goal else root.bound
        if root.bound < self.goal and not self.is_over:
            self._branch(root, progress)

    def try_sites(self, sites: Ints, *, rounds: int = 30, first: Ints | None = None) -> float:
        """Swap from these sites, looking at some ``first``; keep them if they are the best yet."""
        rest = np.intersect1d(np.setdiff1d(sites, self.fixed), self.allowed)
        trial = self._fill(np.concatenate([self.fixed, rest]).astype(np.int64))
        able = self.allowed[np.diff(self.columns.start)[self.allowed] > 0]
        order = self.rng.permutation(able)
        if first is not None:
            first = first[np.isin(first, able)]
            order = np.concatenate([first, np.setdiff1d(order, first, assume_unique=True)])
        value = kernels.swap_search(
            self.rows.start,
            self.rows.site,
            self.rows.cost,
            self.columns.start,
            self.columns.row,
            self.columns.cost,
            self.out,
            trial,
            len(self.fixed),
            order,
            rounds * max(1, len(order)),
        )
        trial = np.sort(trial)
        if value < self.best - 1e-9 * abs(value):
            self.best, self.sites = float(value), trial
        self._keep(float(value), trial)
        return float(value)

    def _keep(self, value: float, sites: Ints) -> None:
        """Keep an answer among the few best, each once."""
        if all(abs(value - v) > 1e-9 * abs(v) for v, _ in self._kept):
            self._kept = sorted([*self._kept, (value, sites)], key=lambda kept: kept[0])[:N_KEPT]

    def _first(self) -> Ints:
        return self._fill(self.fixed)

    def _root(self) -> _Node:
        state = np.full(self.rows.n_sites, kernels.CLOSED, dtype=np.int64)
        state[self.allowed] = kernels.FREE
        state[self.fixed] = kernels.OPEN
        whole = _Cut(
            bound=-np.inf, state=state, most=(), price=self._first_price().astype(np.float32)
        )
        root = self._node(whole, self.rows, np.arange(self.rows.n_sites))
        champions: list[tuple[float, Ints]] = []
        for steps, patience in ROOT_TURNS:
            before, best = root.bound, self.best
            self._tighten(root, steps, patience)
            if root.bound >= self.goal or self.is_over or not root.n_free:
                break
            self.allowed = root.sites
            self.fixed = np.union1d(self.fixed, root.sites[root.state == kernels.OPEN])
            self._round(root, tries=6)
            self._blend()
            champions.append(self._kept[0])
            self._kept = sorted(champions, key=lambda kept: kept[0])
            self._blend()
            self._kept = []
            gained = root.bound - before > 0.02 * (self.best - root.bound)
            if patience > ROOT_TURNS[0][1] and not gained and self.best == best:
                break
        self._kept = champions
        return root

    def _first_price(self) -> Floats:
        """Return first prices: between what the best two sites cost each row."""
        is_open = np.zeros(self.rows.n_sites, dtype=bool)
        is_open[self.sites] = True
        near, second = kernels.all_two_nearest(
            self.rows.start, self.rows.site, self.rows.cost, is_open, self.out
        )
        return near + 0.3 * np.minimum(second - near, near + 1.0)

    def _node(self, part: _Cut, rows: Rows, sites: Ints) -> _Node:
        """Return a part to work on, its arcs among those of ``rows``, to ``sites``."""
        out = self.out.copy()
        for row, _ in part.most:
            out[row] = max(self.best, out[row])
        node = _Node(
            rows=rows,
            sites=sites,
            state=part.state.astype(np.int64),
            price=part.price.astype(np.float64),
            bound=part.bound,
            share=np.zeros(len(sites)),
            out=out,
            most=part.most,
        )
        self._shrink(node)
        return node

    def _tighten(self, node: _Node, n_steps: int, patience: int) -> None:
        """Improve the bound of a node and fix what it can, until that gains little."""
        for _ in range(5):
            dearest = self._shrink(node)
            if not self._is_possible(node):
                node.bound = np.inf
                return
            n_free = self.p - node.n_open
            values = np.empty(len(node.sites))
            np.minimum(node.price, dearest, out=node.price)
            bound = kernels.volume_bound(
                node.rows.start,
                node.rows.site,
                node.rows.cost,
                node.state,
                n_free,
                dearest,
                self.goal,
                n_steps,
                patience,
                node.price,
                values,
                node.share,
            )
            node.bound = max(node.bound, bound)
            if bound >= self.goal:
                node.bound = max(node.bound, self.goal)
                return
            room = self.goal - bound + 1e-9 * abs(self.goal)
            fixed = kernels.fix_by_value(values, node.state, n_free, room)
            more = kernels.fix_by_window(
                node.rows.start,
                node.rows.site,
                node.rows.cost,
                node.price,
                dearest,
                room,
                node.state,
            )
            if more < 0:
                node.bound = np.inf
                return
            node.rows = cut(node.rows, node.price + room, np.ones(len(node.sites), dtype=bool))
            if fixed + more <= 0.03 * len(node.sites) or self.is_over:
                break
            n_steps = max(50, n_steps // 2)
        self._shrink(node)
        if not self._is_possible(node):
            node.bound = np.inf

    def _is_possible(self, node: _Node) -> bool:
        """Whether p sites can be open, and rows that pay at most so much can be served."""
        n_free = self.p - node.n_open
        served = node.rows.lengths[[row for row, _ in node.most]] > 0
        return 0 <= n_free <= node.n_free and bool(served.all())

    def _shrink(self, node: _Node) -> Floats:
        """Drop closed sites and arcs dearer than an open site; return what rows pay at most."""
        rows = node.rows
        dearest = node.out.copy()
        row_kernels.fall_to_open(
            rows.start, rows.site, rows.cost, node.state == kernels.OPEN, dearest
        )
        high = dearest.copy()
        for row, most in node.most:
            high[row] = min(high[row], most)
        keep: Bools = node.state != kernels.CLOSED
        node.rows = cut(rows, high, keep)
        node.sites, node.state, node.share = node.sites[keep], node.state[keep], node.share[keep]
        return dearest

    def _round(self, node: _Node, *, tries: int) -> None:
        """Search from the sites the relaxed answer likes, and from a few like them."""
        for k in range(tries):
            liked = node.share + (node.state == kernels.OPEN) * 10.0
            if k:
                liked = liked * (self.rng.random(len(liked)) < 0.8)
            order = np.argsort(-liked, kind="stable")[: self.p]
            self.try_sites(self._fill(node.sites[order]))
            if node.bound >= self.goal:
                return

    def _blend(self, most: int = MOST_BLENDS) -> None:
        """Search from what two good answers share and some of what they do not, looking there."""
        most, vain = min(most, max(1, BLEND_ARCS // max(1, len(self.rows.cost)))), 0
        for _ in range(most):
            if vain >= VAIN_BLENDS or len(self._kept) < 2 or self.is_over:
                return
            a, b = self.rng.choice(len(self._kept), 2, replace=False)
            one, other = self._kept[a][1], self._kept[b][1]
            common, apart = np.intersect1d(one, other), np.setxor1d(one, other)
            some = self.rng.permutation(apart)[: self.p - len(common)]
            before = self._kept[-1][0], len(self._kept)
            self.try_sites(np.concatenate([common, some]), first=self.rng.permutation(apart))
            vain = 0 if (self._kept[-1][0], len(self._kept)) != before else vain + 1

    def _fill(self, sites: Ints) -> Ints:
        """Return the sites and others at random, those within reach of somebody first."""
        others = self.rng.permutation(np.setdiff1d(self.allowed, sites))
        useless = np.diff(self.columns.start)[others] == 0
        others = others[np.argsort(useless, kind="stable")]
        return np.concatenate([sites, others])[: self.p]

    def _branch(self, root: _Node, progress: Progress | None) -> None:
        """Settle part after part, the one with the least bound first."""
        base = root.rows, root.sites
        heap: list[tuple[float, int, _Cut]] = []
        done = pushed = 0
        parts = self._parts(root, root.sites)
        while True:
            for part in parts:
                pushed += 1
                heapq.heappush(heap, (part.bound, -pushed, part))
            self.bound = min(self.best, heap[0][0]) if heap else self.best
            if not heap or self.bound >= self.goal:
                self.bound = self.best
                return
            if self.is_over:
                return
            node = self._node(heapq.heappop(heap)[2], *base)
            self._tighten(node, NODE_STEPS, NODE_PATIENCE)
            done += 1
            if progress is not None:
                progress(done, done + len(heap))
            if node.bound < self.goal and done % 10 == 1:
                self._round(node, tries=1)
                self._blend(most=1)
            parts = self._parts(node, root.sites) if node.bound < self.goal else []

    def _parts(self, node: _Node, sites: Ints) -> list[_Cut]:
        """Return the two parts of a node, none where no choice is left; states are of ``sites``."""
        if node.n_free == 0 or node.n_open == self.p or node.n_open + node.n_free == self.p:
            chosen = kernels.OPEN if node.n_open == self.p else kernels.FREE
            is_open = (node.state == kernels.OPEN) | (node.state == chosen)
            self.try_sites(node.sites[is_open])
            return []
        rows, place = node.rows, np.searchsorted(sites, node.sites)
        row, most, is_open = -1, 0.0, node.state == kernels.OPEN
        for least in IN_DOUBT:
            if row < 0:
                row, most = row_kernels.best_ball(
                    rows.start, rows.site, rows.cost, node.share, is_open, least
                )
        if row >= 0:
            arcs = slice(rows.start[row], rows.start[row + 1])
            ball = rows.site[arcs][rows.cost[arcs] <= most]
            choices = [(ball, kernels.CLOSED, node.most), (ball[:0], 0, (*node.most, (row, most)))]
        else:
            free = np.flatnonzero(node.state == kernels.FREE)
            least_certain = free[[np.argmin(np.abs(node.share[free] - 0.5))]]
            choices = [(least_certain, s, node.most) for s in (kernels.CLOSED, kernels.OPEN)]
        price, parts = node.price.astype(np.float32), []
        for changed, state, limits in choices:
            states = np.full(len(sites), kernels.CLOSED, dtype=np.int8)
            states[place] = node.state
            states[place[changed]] = state
            parts.append(_Cut(bound=node.bound, state=states, most=limits, price=price))
        return parts
