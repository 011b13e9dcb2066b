"""The shortest longest trip: the tightest limit under which as many people are served.

A p-centre with sizes (Hakimi 1964 for the aim; Minieka 1970 for the search over limits): limits
are halved, and each asks only how many people it leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array

from geoparty.plan.case import keep
from geoparty.plan.effort import Steps
from geoparty.plan.improve import most_served
from geoparty.plan.instance import Classes, Instance, Ints, left_out, unit_minutes
from geoparty.plan.obey import obey


@dataclass(frozen=True, kw_only=True)
class Shortest:
    """A plan, its longest trip, and the longest trip no plan that serves as many can avoid."""

    plan: Classes
    longest_min: float
    bound_min: float


def shorten_longest(
    instance: Instance, minutes: csr_array, plan: Classes, *, time_limit_s: float, steps: Steps
) -> Shortest:
    """Return a plan that serves as many people as ``plan`` with the shortest longest trip.

    ``minutes`` are those of the trips, entry by entry beside the (weighted) ones of the instance.
    """
    until = perf_counter() + time_limit_s
    out, longest = left_out(plan, instance.sizes), longest_of(plan, minutes)
    values = np.unique(minutes.data[minutes.data < longest])
    low, high = 0, len(values) - 1
    if not out and len(values):
        nearest = np.minimum.reduceat(minutes.data, minutes.indptr[:-1])
        low = int(np.searchsorted(values, nearest.max()))
    proven = low
    while low <= high:
        at = (low + high) // 2
        left = until - perf_counter()
        share = max(0.1, left / max(1.0, np.log2(high - low + 2)))
        trial, least = _served_within(instance, minutes, plan, values[at], share, steps)
        if left_out(trial, instance.sizes) <= out:
            plan, longest = trial, longest_of(trial, minutes)
            high = int(np.searchsorted(values, longest)) - 1
        else:
            low = at + 1
            proven = low if least > out else proven
    bound = values[proven] if proven < len(values) else longest
    return Shortest(plan=plan, longest_min=longest, bound_min=min(float(bound), longest))


def longest_of(plan: Classes, minutes: csr_array) -> float:
    """Return the longest trip of a plan, 0 where nobody travels."""
    return float(np.nanmax(np.append(unit_minutes(plan, minutes), 0.0)))


def within(instance: Instance, minutes: csr_array, limit_min: float) -> tuple[Instance, Ints]:
    """Return the instance with trips up to a limit, of the units that have one, and which."""
    near = keep(instance.minutes, minutes.data <= limit_min)
    units = np.flatnonzero(np.diff(near.indptr) > 0)
    tight = Instance(**{**vars(instance), "minutes": near})
    return tight.rows(units), units


def inside(plan: Classes, units: Ints, tight: Instance) -> Classes:
    """Return a plan for the units of a tighter instance, longer trips left out."""
    of_unit = plan.of_unit[units].copy()
    row = np.repeat(np.arange(tight.n_units), np.diff(tight.minutes.indptr))
    has = np.zeros(tight.n_units, dtype=bool)
    own = np.append(plan.hosts, -1)[of_unit]
    has[row[tight.minutes.indices == own[row]]] = True
    of_unit[~has] = -1
    return obey(tight, Classes(hosts=plan.hosts, of_unit=of_unit))


def outside(plan: Classes, units: Ints, n_units: int) -> Classes:
    """Return a plan of some units as one of all, the others left out."""
    of_unit = np.full(n_units, -1)
    of_unit[units] = plan.of_unit
    return Classes(hosts=plan.hosts, of_unit=of_unit)


def _served_within(
    instance: Instance,
    minutes: csr_array,
    plan: Classes,
    limit_min: float,
    seconds: float,
    steps: Steps,
) -> tuple[Classes, float]:
    tight, units = within(instance, minutes, limit_min)
    far = float(np.delete(instance.sizes, units).sum())
    if not len(units):
        none = Classes(hosts=np.empty(0, dtype=np.int64), of_unit=np.full(instance.n_units, -1))
        return none, far
    trial, least = most_served(tight, inside(plan, units, tight), time_limit_s=seconds, steps=steps)
    return outside(trial, units, instance.n_units), least + far
