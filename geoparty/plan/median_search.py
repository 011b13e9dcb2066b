"""Branch and bound for the p-median on sorted rows."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from geoparty.plan import median_kernels as kernels
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.rows import Columns, Rows, columns_of, keep_arcs
from geoparty.plan.siting import Progress

ROOT_STEPS, ROOT_PATIENCE = 1000, 12
NODE_STEPS, NODE_PATIENCE = 80, 6


@dataclass
class _Node:
    """A part of the search: the arcs left in it, its sites and their states, its bound."""

    rows: Rows
    sites: Ints
    state: Ints
    price: Floats
    bound: float
    share: Floats

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

    def try_sites(self, sites: Ints, *, rounds: int = 30) -> float:
        """Swap from these sites; keep them if they are the best yet."""
        rest = np.intersect1d(np.setdiff1d(sites, self.fixed), self.allowed)
        trial = self._fill(np.concatenate([self.fixed, rest]).astype(np.int64))
        able = np.flatnonzero(np.diff(self.columns.start) > 0)
        order = self.rng.permutation(able)
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
        if value < self.best - 1e-9 * abs(value):
            self.best, self.sites = float(value), np.sort(trial)
        return float(value)

    def _first(self) -> Ints:
        return self._fill(self.fixed)

    def _root(self) -> _Node:
        state = np.zeros(self.rows.n_sites, dtype=np.int64)
        state[:] = kernels.CLOSED
        state[self.allowed] = kernels.FREE
        state[self.fixed] = kernels.OPEN
        price = self._first_price()
        root = _Node(
            rows=self.rows,
            sites=np.arange(self.rows.n_sites),
            state=state,
            price=price,
            bound=-np.inf,
            share=np.zeros(self.rows.n_sites),
        )
        for _ in range(6):
            before, best = root.bound, self.best
            root = self._tighten(root, ROOT_STEPS, ROOT_PATIENCE)
            if root.bound >= self.goal or self.is_over or not root.n_free:
                break
            self._round(root, tries=3)
            gained = root.bound - before > 0.02 * (self.best - root.bound)
            if not gained and self.best == best:
                break
        return root

    def _first_price(self) -> Floats:
        """Return first prices: between what the best two sites cost each row."""
        is_open = np.zeros(self.rows.n_sites, dtype=bool)
        is_open[self.sites] = True
        near, second = kernels.all_two_nearest(
            self.rows.start, self.rows.site, self.rows.cost, is_open, self.out
        )
        return near + 0.3 * np.minimum(second - near, near + 1.0)

    def _tighten(self, node: _Node, n_steps: int, patience: int) -> _Node:
        """Improve the bound of a node and fix what it can, until that gains little."""
        for _ in range(5):
            node = self._shrink(node)
            n_free = self.p - node.n_open
            if n_free < 0 or node.n_free < n_free:
                node.bound = np.inf
                return node
            values = np.empty(len(node.sites))
            dearest = self._dearest(node)
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
                return node
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
                return node
            keep = node.rows.cost <= np.repeat(node.price + room, node.rows.lengths)
            node.rows = keep_arcs(node.rows, keep, np.ones(len(node.sites), dtype=bool))
            if fixed + more <= 0.03 * len(node.sites) or self.is_over:
                break
            n_steps = max(50, n_steps // 2)
        return self._shrink(node)

    def _dearest(self, node: _Node) -> Floats:
        """Return what a row pays at most: at its nearest open site, or left out."""
        dearest = self.out.copy()
        rows = node.rows
        is_open = node.state == kernels.OPEN
        at = np.flatnonzero(is_open[rows.site])
        row = np.searchsorted(rows.start, at, side="right") - 1
        np.minimum.at(dearest, row, rows.cost[at])
        return dearest

    def _shrink(self, node: _Node) -> _Node:
        """Drop closed sites, and arcs dearer than an open site."""
        rows, dearest = node.rows, self._dearest(node)
        sites = node.state != kernels.CLOSED
        keep = sites[rows.site] & (rows.cost <= np.repeat(dearest, rows.lengths))
        return _Node(
            rows=keep_arcs(rows, keep, sites),
            sites=node.sites[sites],
            state=node.state[sites],
            price=node.price,
            bound=node.bound,
            share=node.share[sites],
        )

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

    def _fill(self, sites: Ints) -> Ints:
        """Return the sites and others at random, those within reach of somebody first."""
        others = self.rng.permutation(np.setdiff1d(self.allowed, sites))
        useless = np.diff(self.columns.start)[others] == 0
        others = others[np.argsort(useless, kind="stable")]
        return np.concatenate([sites, others])[: self.p]

    def _branch(self, root: _Node, progress: Progress | None) -> None:
        stack, done = [root], 0
        while stack:
            self.bound = min(self.best, min(node.bound for node in stack))
            if self.is_over:
                return
            node = stack.pop()
            if node.bound >= self.goal:
                continue
            done += 1
            if progress is not None:
                progress(done, done + len(stack))
            for child in self._children(node):
                child = self._tighten(child, NODE_STEPS, NODE_PATIENCE)
                if child.bound >= self.goal:
                    continue
                if child.n_open == self.p or child.n_open + child.n_free == self.p:
                    self._leaf(child)
                    continue
                if done % 10 == 1:
                    self._round(child, tries=1)
                stack.append(child)
        self.bound = self.best

    def _leaf(self, node: _Node) -> None:
        open_sites = node.state == kernels.OPEN
        if open_sites.sum() < self.p:
            open_sites = node.state != kernels.CLOSED
        self.try_sites(self._fill(node.sites[open_sites]))

    def _children(self, node: _Node) -> list[_Node]:
        """Return the node with its least certain site closed, and with it open (searched first)."""
        free = np.flatnonzero(node.state == kernels.FREE)
        j = free[np.argmin(np.abs(node.share[free] - 0.5))]
        out = []
        for state in (kernels.CLOSED, kernels.OPEN):
            states = node.state.copy()
            states[j] = state
            out.append(
                _Node(
                    rows=node.rows,
                    sites=node.sites,
                    state=states,
                    price=node.price.copy(),
                    bound=node.bound,
                    share=node.share.copy(),
                )
            )
        return out
