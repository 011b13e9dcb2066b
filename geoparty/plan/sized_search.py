"""Local search on class plans with sizes, from a first plan, within a time."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from geoparty.plan import sized_moves as moves
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Bools, Classes, Floats, Instance, Ints

SPARE_SLOTS = 2
SHAKEN_HOSTS = 200
"""Hosts looked at after each change at random: many changes find more than many hosts."""


class Search:
    """A plan being improved; ``plan()`` gives it back."""

    def __init__(self, instance: Instance, plan: Classes, *, penalty: float) -> None:
        self.instance = instance
        rows = np.repeat(np.arange(instance.n_units), np.diff(instance.minutes.indptr))
        self.sizes: Ints = instance.sizes
        self.by_unit: Ints = instance.minutes.indptr.astype(np.int64)
        self.hosts: Ints = instance.minutes.indices.astype(np.int64)
        self.unit_costs: Floats = instance.minutes.data * instance.sizes[rows]
        by_host = instance.minutes.tocsc()
        self.by_host: Ints = by_host.indptr.astype(np.int64)
        self.units: Ints = by_host.indices.astype(np.int64)
        self.costs: Floats = by_host.data * instance.sizes[self.units]
        self.fixed: Bools = np.zeros(instance.n_hosts, dtype=bool)
        self.fixed[instance.fixed] = True
        self._fill(plan, penalty)

    def _fill(self, plan: Classes, penalty: float) -> None:
        n_slots = max(len(plan.hosts), self.instance.n_sites) + 1 + SPARE_SLOTS
        self.cost: Floats = np.full((n_slots, self.instance.n_units), np.inf)
        self.cost[0] = penalty * self.sizes
        self.host: Ints = np.full(n_slots, -1)
        self.take(plan)

    def take(self, plan: Classes) -> None:
        """Go on from another plan."""
        self.where: Ints = plan.of_unit + 1
        self.host[:] = -1
        for k, j in enumerate(plan.hosts.tolist(), start=1):
            moves.set_host(k, j, self.by_host, self.units, self.costs, self.cost, self.host)
        loads = np.bincount(self.where, self.sizes, minlength=len(self.host))
        self.load: Ints = loads.astype(np.int64)

    @property
    def is_whole(self) -> bool:
        """Whether all costs are whole numbers, so that plans differ by one at least."""
        return bool((np.abs(self.costs - np.rint(self.costs)) < 1e-9).all())

    @property
    def held(self) -> int:
        """Classes held."""
        return int((self.host >= 0).sum())

    @property
    def value(self) -> float:
        """Person-minutes, and the penalty for people left out."""
        return float(moves.plan_cost(self.cost, self.where))

    def _limits(self) -> tuple[int, int]:
        return self.instance.min_size, self.instance.max_size

    def settle(self) -> None:
        """Shift, swap and rehost until nothing more is gained."""
        again = True
        while again:
            self._polish()
            again = moves.rehost(
                self.by_unit,
                self.hosts,
                self.unit_costs,
                self.by_host,
                self.units,
                self.costs,
                self.cost,
                self.where,
                self.host,
                self.fixed,
                self.instance.several,
            )

    def close_what_can_be(self, *, effort: Effort, least: int) -> None:
        """Close classes, smallest first, while nobody more is left out."""
        closed = True
        while closed and self.held > least:
            closed = False
            for k in np.argsort(self.load, kind="stable").tolist():
                if effort.is_over:
                    return
                if k == 0 or not self._may_close(k):
                    continue
                effort.spend(len(self.sizes) * len(self.host) * 5)
                if self._try_closing(int(k)):
                    closed = True
                    break

    def relocate(
        self,
        *,
        effort: Effort,
        most: int,
        enough: float,
        n_tries: int = 3,
        n_hosts: int | None = None,
    ) -> None:
        """Open and close classes until a round over the hosts gains nothing, or time is up.

        A round looks at the ``n_hosts`` that look best, at all where not given.
        """
        gained = True
        while gained:
            gained = False
            gains = moves.opening_gains(
                self.by_host,
                self.units,
                self.costs,
                self.sizes,
                self.cost,
                self.where,
                self.instance.max_size,
            )
            for j in np.argsort(-gains, kind="stable")[:n_hosts]:
                if gains[j] <= 0:
                    break
                if not self._may_open(int(j)):
                    continue
                if effort.is_over or self.value <= enough:
                    return
                gained_here, work = self._relocate(int(j), most, n_tries)
                effort.spend(work)
                if gained_here:
                    gained = True
                    self.settle()

    def _may_open(self, j: int) -> bool:
        return self.instance.several or not (self.host == j).any()

    def _relocate(self, j: int, most: int, n_tries: int) -> tuple[bool, int]:
        """Open a class at a host, close another if there would be too many; keep what is shorter.

        Returns whether it is shorter, and the work done.
        """
        before, kept = self.value, self._state()
        free = int(np.flatnonzero(self.host[1:] < 0)[0]) + 1
        full = self.held >= most
        if not self._open(free, j):
            self._restore(kept)
            return False, len(self.sizes)
        work = self._polish()
        if not full:
            if self.value < before - moves.SMALL:
                return True, work
            self._restore(kept)
            return False, work
        opened = self._state()
        losses = self._losses()
        able = [k for k in np.argsort(losses, kind="stable").tolist() if self._may_close(k)]
        for k in [k for k in able if k != free][:n_tries]:
            self._close(k)
            work += self._polish()
            if self.value < before - moves.SMALL:
                return True, work
            self._restore(opened)
        self._restore(kept)
        return False, work

    def _polish(self) -> int:
        state = (self.cost, self.sizes, self.where, self.host, self.load)
        return moves.polish(*state, *self._limits())

    def _open(self, k: int, j: int) -> bool:
        arcs = (self.by_host, self.units, self.costs, self.sizes)
        state = (self.cost, self.where, self.host, self.load)
        return moves.open_class(k, j, *arcs, *state, *self._limits())

    def _close(self, k: int) -> None:
        state = (self.cost, self.sizes, self.where, self.host, self.load)
        moves.close_class(k, *state, self.instance.max_size)

    def _losses(self) -> Floats:
        state = (self.cost, self.sizes, self.where, self.host, self.load)
        return moves.closing_losses(*state, self.instance.max_size)

    def _may_close(self, k: int) -> bool:
        """Return whether a class is held and its host is not fixed, or holds another."""
        j = self.host[k]
        return bool(j >= 0 and (not self.fixed[j] or (self.host == j).sum() > 1))

    def close_small(self) -> None:
        """Close the classes below the least size that may be closed."""
        for k in np.flatnonzero((self.host >= 0) & (self.load < self.instance.min_size)).tolist():
            if self._may_close(k):
                self._close(k)

    def close_with_repair(self, *, effort: Effort, least: int) -> None:
        """Close one class more at a time, relocating the others until everybody fits again."""
        while self.held > least and not effort.is_over:
            kept, out = self._state(), self.load[0]
            able = [k for k in np.argsort(self._losses()).tolist() if self._may_close(k)]
            if not able:
                return
            self._close(able[0])
            self.settle()
            enough = float(self.cost[0, 0] / self.sizes[0]) * (out + 0.5)
            self.relocate(effort=effort.part(0.5), most=self.held, enough=enough)
            if self.load[0] > out:
                self._restore(kept)
                return

    def shake(self, *, effort: Effort, most: int, enough: float, rng: np.random.Generator) -> None:
        """Move a few classes at random and search again; keep what is shorter (a new start)."""
        while not effort.is_over and self.value > enough and self.held:
            kept, value = self._state(), self.value
            for _ in range(int(rng.integers(1, 4))):
                self._kick(rng)
            self.settle()
            self.relocate(effort=effort, most=most, enough=enough, n_tries=2, n_hosts=SHAKEN_HOSTS)
            if self.value >= value - moves.SMALL:
                self._restore(kept)

    def _try_closing(self, k: int) -> bool:
        kept, out = self._state(), self.load[0]
        self._close(k)
        self._polish()
        if self.load[0] > out:
            self._restore(kept)
            return False
        return True

    def _kick(self, rng: np.random.Generator) -> None:
        able = [k for k in range(1, len(self.host)) if self._may_close(k)]
        if not able:
            return
        k = able[int(rng.integers(len(able)))]
        near = self._neighbours(k)
        self._close(k)
        j = int(near[int(rng.integers(len(near)))])
        if not self._may_open(j):
            return
        kept = self._state()
        if not self._open(k, j):
            self._restore(kept)

    def _neighbours(self, k: int) -> Ints:
        members = np.flatnonzero(self.where == k)
        spans = [self.hosts[self.by_unit[i] : self.by_unit[i + 1]] for i in members]
        return np.unique(np.concatenate(spans))

    def _state(self) -> tuple[Ints, Ints, Ints]:
        return self.where.copy(), self.host.copy(), self.load.copy()

    def _restore(self, state: tuple[Ints, Ints, Ints]) -> None:
        self.where[:], self.load[:] = state[0], state[2]
        for k in np.flatnonzero((state[1] >= 0) & (state[1] != self.host)).tolist():
            moves.set_host(
                k, int(state[1][k]), self.by_host, self.units, self.costs, self.cost, self.host
            )
        self.host[:] = state[1]

    def plan(self) -> Classes:
        """Return the plan, classes without people dropped."""
        held = np.flatnonzero(self.host >= 0)
        number = np.full(len(self.host), -1)
        number[held] = np.arange(len(held))
        return Classes(hosts=self.host[held].copy(), of_unit=number[self.where])


def small_search() -> Search:
    """Return a search that has used every kernel once, so that all are compiled."""
    minutes = csr_array(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [3.0, 3.0]]))
    sizes = np.array([2, 2, 1, 2])
    none = np.empty(0, dtype=np.int64)
    instance = Instance(minutes=minutes, sizes=sizes, min_size=1, max_size=4, n_sites=2, fixed=none)
    plan = Classes(hosts=np.array([0, 0]), of_unit=np.array([0, 0, 1, 1]))
    search = Search(instance, plan, penalty=100.0)
    search.settle()
    effort = Effort.of_seconds(1e-3)
    search.close_what_can_be(effort=Effort.of_seconds(1.0), least=1)
    search.relocate(effort=Effort.of_seconds(1.0), most=2, enough=0.0)
    search.close_small()
    search.shake(effort=effort, most=2, enough=0.0, rng=np.random.default_rng(1))
    return search
