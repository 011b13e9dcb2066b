"""A first plan without the solver: hardest people first, then classes made large enough."""

from __future__ import annotations

import numpy as np

from geoparty.plan.instance import Bools, Classes, Instance, Ints


def first_plan(instance: Instance) -> Classes:
    """Return a plan within the sizes and the number of classes; it may leave people out.

    Opens the fixed hosts, then again and again the host that gathers most of the people still
    waiting around the unit with the fewest hosts. Classes below the minimum then take units from
    classes that can spare them, or are dissolved.
    """
    draft = _Draft(instance)
    for host in instance.fixed[: instance.n_sites]:
        draft.open(int(host), None)
    hosts_of = np.diff(instance.minutes.indptr)
    for unit in np.lexsort((np.arange(instance.n_units), hosts_of)):
        if len(draft.hosts) >= instance.n_sites:
            break
        if draft.of_unit[unit] < 0 and not draft.join(int(unit)):
            host = draft.best_host(int(unit))
            if host >= 0:
                draft.open(host, int(unit))
    for unit in np.flatnonzero(draft.of_unit < 0):
        draft.join(int(unit))
    draft.make_large_enough()
    return draft.plan()


class _Draft:
    """A plan being made."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.by_host = instance.minutes.tocsc()
        self.of_unit: Ints = np.full(instance.n_units, -1)
        self.hosts: list[int] = []
        self.loads: list[int] = []

    def best_host(self, unit: int) -> int:
        """Return the host around a unit with most people waiting within reach, -1 if too few."""
        minutes, sizes = self.instance.minutes, self.instance.sizes
        several = self.instance.several
        span = slice(minutes.indptr[unit], minutes.indptr[unit + 1])
        near = minutes.indices[span]
        free = np.ones(len(near), dtype=bool) if several else ~np.isin(near, self.hosts)
        near, far = near[free], minutes.data[span][free]
        waiting = np.where(self.of_unit < 0, sizes, 0)
        reach = np.array([waiting[self._units(h)].sum() for h in near])
        if not reach.size:
            return -1
        capped = np.minimum(reach, self.instance.max_size)
        return int(near[np.lexsort((near, far, -capped))[0]])

    def open(self, host: int, unit: int | None) -> None:
        """Open a class for a unit and the nearest people waiting, up to the maximum size."""
        number = len(self.hosts)
        self.hosts.append(host)
        self.loads.append(0)
        units = self._units(host)
        near = units[np.argsort(self._minutes(host), kind="stable")]
        for other in [*([] if unit is None else [unit]), *near[self.of_unit[near] < 0].tolist()]:
            if self.of_unit[other] < 0 and self._fits(other, number):
                self._put(other, number)

    def join(self, unit: int) -> bool:
        """Put a unit into the nearest open class with room."""
        for number in self._near_classes(unit):
            if self._fits(unit, number):
                self._put(unit, number)
                return True
        return False

    def make_large_enough(self) -> None:
        """Fill classes below the minimum from others, or dissolve them, smallest first."""
        small = self.instance.min_size
        order = sorted(range(len(self.hosts)), key=lambda k: (self.loads[k], k))
        for number in order:
            if self.loads[number] < small and not self._dissolve(number, partly=False):
                self._borrow(number)
        for number in order:
            if self.loads[number] < small:
                self._dissolve(number, partly=True)

    def plan(self) -> Classes:
        """Return the plan without empty classes."""
        kept: Bools = np.array(self.loads, dtype=np.int64) > 0
        renumber = np.append(np.cumsum(kept) - 1, -1)
        return Classes(
            hosts=np.array(self.hosts, dtype=np.int64)[kept], of_unit=renumber[self.of_unit]
        )

    def _borrow(self, number: int) -> None:
        sizes, small = self.instance.sizes, self.instance.min_size
        units = self._units(self.hosts[number])
        for unit in units[np.argsort(self._minutes(self.hosts[number]), kind="stable")]:
            giver = int(self.of_unit[unit])
            spare = giver < 0 or self.loads[giver] - sizes[unit] >= small
            if giver != number and spare and self._fits(unit, number):
                self._put(unit, number)
            if self.loads[number] >= small:
                return

    def _dissolve(self, number: int, *, partly: bool) -> bool:
        members = np.flatnonzero(self.of_unit == number).tolist()
        if self.hosts[number] in self.instance.fixed and not partly:
            return False
        for unit in members:
            others = [k for k in self._near_classes(unit) if k != number and self._fits(unit, k)]
            others = [k for k in others if self.loads[k] > 0]
            if not others and not partly:
                for moved in members:  # not everybody has another class: leave it as it was
                    self._put(moved, number)
                return False
            self._put(unit, others[0] if others else -1)
        return True

    def _near_classes(self, unit: int) -> list[int]:
        minutes = self.instance.minutes
        span = slice(minutes.indptr[unit], minutes.indptr[unit + 1])
        of_host = dict(
            zip(minutes.indices[span].tolist(), minutes.data[span].tolist(), strict=True)
        )
        near = [(of_host[h], k) for k, h in enumerate(self.hosts) if h in of_host]
        return [k for _, k in sorted(near)]

    def _fits(self, unit: int, number: int) -> bool:
        return bool(self.loads[number] + self.instance.sizes[unit] <= self.instance.max_size)

    def _put(self, unit: int, number: int) -> None:
        size = int(self.instance.sizes[unit])
        if self.of_unit[unit] >= 0:
            self.loads[self.of_unit[unit]] -= size
        self.of_unit[unit] = number
        if number >= 0:
            self.loads[number] += size

    def _units(self, host: int) -> Ints:
        units: Ints = self.by_host.indices[
            self.by_host.indptr[host] : self.by_host.indptr[host + 1]
        ]
        return units

    def _minutes(self, host: int) -> Ints:
        minutes: Ints = self.by_host.data[self.by_host.indptr[host] : self.by_host.indptr[host + 1]]
        return minutes
