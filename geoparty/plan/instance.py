"""The siting problem in arrays: units of demand, hosts, minutes, sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Ints = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Units (people of one place who go to one class together) and hosts within reach.

    ``minutes`` is a csr_array of units x hosts, columns sorted, every stored entry within the
    limit (zeros stored). ``sizes`` are people per unit, all from 1 to ``max_size``. A host in
    ``fixed`` must hold a class. At most ``n_sites`` classes are held, ``several`` at one host
    only where that is allowed. With ``group`` (the commune of each unit) a class has units of at
    most ``most_groups``; with ``class_cost`` (by host) all classes cost at most ``budget``.
    """

    minutes: csr_array
    sizes: Ints
    min_size: int
    max_size: int
    n_sites: int
    fixed: Ints
    several: bool = True
    group: Ints | None = None
    most_groups: int = 0
    class_cost: Floats | None = None
    budget: float = np.inf

    @property
    def has_rules(self) -> bool:
        """Whether there are rules beside sizes and number, which only the solver knows."""
        return self.group is not None or self.class_cost is not None

    def without_rules(self) -> Instance:
        """Return the instance with sizes and number alone: a relaxation."""
        return replace(self, group=None, most_groups=0, class_cost=None, budget=np.inf)

    def rows(self, units: Ints) -> Instance:
        """Return the instance with these units alone."""
        group = None if self.group is None else self.group[units]
        return replace(self, minutes=self.minutes[units], sizes=self.sizes[units], group=group)

    @property
    def n_units(self) -> int:
        """Units of demand."""
        return int(self.minutes.shape[0])

    @property
    def n_hosts(self) -> int:
        """Hosts, fixed ones included."""
        return int(self.minutes.shape[1])


@dataclass(frozen=True, kw_only=True)
class Classes:
    """A plan in arrays: the host of each class, the class of each unit (-1 left out)."""

    hosts: Ints
    of_unit: Ints

    def loads(self, sizes: Ints) -> Ints:
        """People in each class."""
        served = self.of_unit >= 0
        loads = np.bincount(self.of_unit[served], sizes[served], minlength=len(self.hosts))
        return loads.astype(np.int64)


def left_out(plan: Classes, sizes: Ints) -> int:
    """Return how many people a plan leaves out."""
    return int(sizes[plan.of_unit < 0].sum())


def unit_minutes(plan: Classes, minutes: csr_array) -> Floats:
    """Return minutes of each unit to its class, NaN where left out."""
    out = np.full(len(plan.of_unit), np.nan)
    served = np.flatnonzero(plan.of_unit >= 0)
    hosts = plan.hosts[plan.of_unit[served]]
    rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    keys = rows * np.int64(minutes.shape[1]) + minutes.indices
    where = np.searchsorted(keys, served * np.int64(minutes.shape[1]) + hosts)
    out[served] = minutes.data[where]
    return out


def person_minutes(plan: Classes, instance: Instance) -> float:
    """Return person-minutes of everybody served."""
    return float(np.nansum(unit_minutes(plan, instance.minutes) * instance.sizes))
