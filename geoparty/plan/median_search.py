"""Branch and bound for the p-median on sorted rows.

The part of the search with the least bound is cut in two at its least certain site: closed, or
open. Where sites are many, neighbours of a site do as well, and so it is cut at a ball: either no
site within some cost of a row is open, or one is and the row pays no more than that. Answers come
from what the relaxed answer likes, and from blending good ones (Resende and Werneck 2004).
"""

from __future__ import annotations

import heapq
from time import perf_counter

import numpy as np

from geoparty.plan import median_kernels as kernels
from geoparty.plan import row_kernels
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.median_dual import smoothed_bound
from geoparty.plan.median_parts import FIRST, NODE_TURN, ROOT_TURNS, Node, Part, Turn
from geoparty.plan.rows import Columns, Rows, columns_of, cut
from geoparty.plan.siting import Progress

MANY_SITES = 1000
"""From so many sites on the bound is climbed smooth, and parts are cut in two at balls."""
IN_DOUBT = (0.3, 0.05)
"""A row is in doubt where parts at least so large go within and beyond a cost; else the second."""
N_KEPT, ROOT_TRIES, MOST_BLENDS, VAIN_BLENDS = 8, 12, 60, 12
"""Good answers kept; how many searches begin from a relaxed answer, how many are made of two good
answers at most, and of those in vain in a row."""
ROUNDS, LIKED = 30, 1e-3
"""Times a search looks at all sites at most; how far the relaxed answer opens a site it likes."""


class MedianSearch:
    """The p-median of sorted rows, nothing left out: best sites, and a bound."""

    def __init__(
        self,
        rows: Rows,
        p: int,
        fixed: Ints,
        out: Floats,
        until: float,
        barred: Ints,
        progress: Progress | None = None,
    ) -> None:
        self.rows, self.p, self.fixed, self.out = rows, p, fixed, out
        self.allowed = np.setdiff1d(np.arange(rows.n_sites), barred)
        self.until = until
        self._progress, self._done = progress, (0, 1)
        self.columns: Columns = columns_of(rows)
        self.many = rows.n_sites > MANY_SITES
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

    def _is_ended(self) -> bool:
        """Tell how far the search is, and return whether the time has ended."""
        if self._progress is not None:
            self._progress(*self._done)
        return self.is_over

    def run(self, start: Ints | None) -> None:
        """Search until proven or the time ends."""
        self.try_sites(self._first() if start is None else start)
        root = self._root()
        self.bound = self.best if root.bound >= self.goal else root.bound
        if root.bound < self.goal and not self.is_over:
            self._branch(root)

    def try_sites(
        self, sites: Ints, *, first: Ints | None = None, among: Ints | None = None
    ) -> float:
        """Swap from these sites, looking at some ``first``; keep them if they are the best yet.

        Only sites ``among`` those given come in, where any are.
        """
        rest = np.intersect1d(np.setdiff1d(sites, self.fixed), self.allowed)
        trial = self._fill(np.concatenate([self.fixed, rest]).astype(np.int64))
        able = self.allowed[np.diff(self.columns.start)[self.allowed] > 0]
        if among is not None:
            able = np.intersect1d(able, among)
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
            ROUNDS * max(1, len(order)),
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

    def _root(self) -> Node:
        state = np.full(self.rows.n_sites, kernels.CLOSED, dtype=np.int64)
        state[self.allowed] = kernels.FREE
        state[self.fixed] = kernels.OPEN
        price = self._first_price().astype(np.float32)
        whole = Part(bound=-np.inf, state=state, most=(), price=price)
        root = self._node(whole, self.rows, np.arange(self.rows.n_sites))
        champions: list[tuple[float, Ints]] = []
        enough = 0.1 if self.many else 0.02
        for nth, turn in enumerate(ROOT_TURNS):
            before, best = root.bound, self.best
            self._tighten(root, turn)
            if root.bound >= self.goal or self.is_over or not root.n_free:
                break
            self.allowed = root.sites
            self.fixed = np.union1d(self.fixed, root.sites[root.state == kernels.OPEN])
            self._improve(root, tries=ROOT_TRIES, blends=MOST_BLENDS)
            champions.append(self._kept[0])
            self._kept = sorted(champions, key=lambda kept: kept[0])
            self._improve(root, tries=0, blends=MOST_BLENDS)
            self._kept = []
            gained = root.bound - before > enough * (self.best - root.bound)
            if nth >= len(FIRST) and not gained and self.best == best:
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

    def _node(self, part: Part, rows: Rows, sites: Ints) -> Node:
        """Return a part to work on, its arcs among those of ``rows``, to ``sites``."""
        node = Node(
            rows=rows,
            sites=sites,
            state=part.state.astype(np.int64),
            most=part.most,
            price=part.price.astype(np.float64),
            bound=part.bound,
            share=np.zeros(len(sites)),
        )
        self._shrink(node)
        return node

    def _tighten(self, node: Node, turn: Turn) -> None:
        """Improve the bound of a node and fix what it can, until that gains little."""
        for _ in range(5):
            dearest = self._shrink(node)
            if not self._is_possible(node):
                node.bound = np.inf
                return
            n_free = self.p - node.n_open
            values = np.empty(len(node.sites))
            np.minimum(node.price, dearest, out=node.price)
            bound = self._improved(node, n_free, dearest, values, turn)
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
            turn = turn.again
        self._shrink(node)
        if not self._is_possible(node):
            node.bound = np.inf

    def _improved(
        self, node: Node, n_free: int, dearest: Floats, values: Floats, turn: Turn
    ) -> float:
        """Improve the prices of a node; return the bound."""
        rows = node.rows
        if self.many:
            rest = turn.levels, node.price, values, node.share, self._is_ended
            return smoothed_bound(rows, node.state, n_free, dearest, self.goal, *rest)
        return kernels.volume_bound(
            rows.start,
            rows.site,
            rows.cost,
            node.state,
            n_free,
            dearest,
            self.goal,
            turn.n_steps,
            turn.patience,
            node.price,
            values,
            node.share,
        )

    def _is_possible(self, node: Node) -> bool:
        """Whether p sites can be open, and rows that pay at most so much can be served."""
        served = node.rows.lengths[[row for row, _ in node.most]] > 0
        return 0 <= self.p - node.n_open <= node.n_free and bool(served.all())

    def _shrink(self, node: Node) -> Floats:
        """Drop closed sites and arcs dearer than an open site; return what rows pay at most."""
        rows, dearest = node.rows, self.out.copy()
        is_open, keep = node.state == kernels.OPEN, node.state != kernels.CLOSED
        row_kernels.fall_to_open(rows.start, rows.site, rows.cost, is_open, dearest)
        high = dearest.copy()
        for row, most in node.most:
            if dearest[row] > most:  # it must go to one of few sites: any price may be put on that
                high[row], dearest[row] = min(high[row], most), max(self.best, self.out[row])
        node.rows = cut(rows, high, keep)
        node.sites, node.state, node.share = node.sites[keep], node.state[keep], node.share[keep]
        return dearest

    def _improve(self, node: Node, *, tries: int, blends: int) -> None:
        """Search from what the relaxed answer likes, blend the answers, swap from the best.

        Only sites the relaxed answer opens at all come in before that last search.
        """
        is_open = node.state == kernels.OPEN
        liked = node.share + is_open * 10.0
        among = node.sites[liked > LIKED]
        for k in range(tries):
            some = liked * (self.rng.random(len(liked)) < 0.8) if k else liked
            order = np.argsort(-some, kind="stable")[: self.p]
            self.try_sites(self._fill(node.sites[order]), among=among)
            if node.bound >= self.goal or self._is_ended():
                return
        self._blend(blends, among)
        if self._kept and not self.is_over:
            self.try_sites(self._kept[0][1])

    def _blend(self, most: int, among: Ints) -> None:
        """Search from what two good answers share and some of what they do not, looking there."""
        vain = 0
        for _ in range(most):
            if vain >= VAIN_BLENDS or len(self._kept) < 2 or self._is_ended():
                return
            a, b = self.rng.choice(len(self._kept), 2, replace=False)
            one, other = self._kept[a][1], self._kept[b][1]
            common, apart = np.intersect1d(one, other), np.setxor1d(one, other)
            some = self.rng.permutation(apart)[: self.p - len(common)]
            before = self._kept[-1][0], len(self._kept)
            self.try_sites(
                np.concatenate([common, some]),
                first=self.rng.permutation(apart),
                among=np.union1d(among, apart),
            )
            vain = 0 if (self._kept[-1][0], len(self._kept)) != before else vain + 1

    def _fill(self, sites: Ints) -> Ints:
        """Return the sites and others at random, those within reach of somebody first."""
        others = self.rng.permutation(np.setdiff1d(self.allowed, sites))
        useless = np.diff(self.columns.start)[others] == 0
        others = others[np.argsort(useless, kind="stable")]
        return np.concatenate([sites, others])[: self.p]

    def _branch(self, root: Node) -> None:
        """Settle part after part, the one with the least bound first."""
        base = root.rows, root.sites
        heap: list[tuple[float, int, Part]] = []
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
            if self._is_ended():
                return
            node = self._node(heapq.heappop(heap)[2], *base)
            self._tighten(node, NODE_TURN)
            done += 1
            self._done = done, done + len(heap)
            if node.bound < self.goal and done % 10 == 1:
                self._improve(node, tries=1, blends=1)
            parts = self._parts(node, root.sites) if node.bound < self.goal else []

    def _parts(self, node: Node, sites: Ints) -> list[Part]:
        """Return the two parts of a node, none where no choice is left; states are of ``sites``."""
        if node.n_free == 0 or node.n_open == self.p or node.n_open + node.n_free == self.p:
            chosen = kernels.OPEN if node.n_open == self.p else kernels.FREE
            is_open = (node.state == kernels.OPEN) | (node.state == chosen)
            self.try_sites(node.sites[is_open])
            return []
        place, price, parts = np.searchsorted(sites, node.sites), node.price.astype(np.float32), []
        for changed, state, most in self._choices(node):
            states = np.full(len(sites), kernels.CLOSED, dtype=np.int8)
            states[place] = node.state
            states[place[changed]] = state
            parts.append(Part(bound=node.bound, state=states, most=most, price=price))
        return parts

    def _choices(self, node: Node) -> list[tuple[Ints, int, tuple[tuple[int, float], ...]]]:
        """Return sites to close or to open, and what rows pay at most, in either part."""
        free, row = np.flatnonzero(node.state == kernels.FREE), -1
        if self.many:
            rows, is_open = node.rows, node.state == kernels.OPEN
            for least in IN_DOUBT:
                if row < 0:
                    row, most = row_kernels.best_ball(
                        rows.start, rows.site, rows.cost, node.share, is_open, least
                    )
        if row < 0:
            least_certain = free[[np.argmin(np.abs(node.share[free] - 0.5))]]
            return [(least_certain, state, node.most) for state in (kernels.CLOSED, kernels.OPEN)]
        arcs = slice(rows.start[row], rows.start[row + 1])
        ball = rows.site[arcs][rows.cost[arcs] <= most]
        return [
            (ball, kernels.CLOSED, node.most),
            (ball[:0], kernels.OPEN, (*node.most, (row, most))),
        ]
