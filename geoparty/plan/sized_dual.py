r"""A bound on class plans with sizes, by Lagrangian relaxation.

Relaxing "everybody once" with a price :math:`\lambda_i` per unit leaves, for each host, the
choice of people worth taking, :math:`\min \sum_i (c_{ij} - \lambda_i) x_{ij}` with
:math:`L \le \sum_i q_i x_{ij} \le U` and :math:`0 \le x \le 1`, solved by sorting the units by
:math:`(c_{ij} - \lambda_i) / q_i`; the k-th class of a host takes the people ranked after the
first :math:`(k-1)U`. The at most :math:`p` cheapest classes are held. Every price gives a valid
bound; prices are improved by the volume algorithm (Barahona and Anbil 2000). Leaving a unit out
costs ``penalty`` a person, which caps its price.
"""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.sorting import sort_by

NEVER = 1e18


@compiled
def rates(
    begin: int, end: int, units: Ints, costs: Floats, sizes: Ints, price: Floats, rate: Floats
) -> float:
    """Set what each unit near a host costs a person beyond its price; return people below 0."""
    load = 0.0
    for a in range(begin, end):
        i = units[a]
        rate[a - begin] = (costs[a] - price[i]) / sizes[i]
        if rate[a - begin] < 0:
            load += sizes[i]
    return load


@compiled
def fill_host(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    room: float,
    left: Floats,
) -> float:
    """Return the value of classes with so much room at a host; take what they serve off ``left``.

    Fractions of units are allowed, so this never exceeds the value with whole units.
    """
    n = end - begin
    rate, able = np.empty(n), np.empty(n, np.int64)
    load = rates(begin, end, units, costs, sizes, price, rate)
    n_able = 0
    for a in range(n):
        if rate[a] < 0 or load < low:
            able[n_able] = a
            n_able += 1
    if load > room or load < low:
        sort_by(rate, able, n_able)
    value, taken = 0.0, 0.0
    for t in range(n_able):
        a = able[t]
        limit = room if rate[a] < 0 else float(low)
        if taken >= limit:
            break
        i = units[begin + a]
        part = min(1.0, (limit - taken) / sizes[i])
        taken += part * sizes[i]
        value += part * (costs[begin + a] - price[i])
        left[i] -= part
    return value if taken >= low - 1e-9 else NEVER


@compiled
def class_values(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    out: Floats,
    loads: Floats,
) -> None:
    """Set the value and the load of each host at these prices, both without sizes."""
    for j in range(out.size):
        value, load = 0.0, 0.0
        for a in range(by_host[j], by_host[j + 1]):
            d = costs[a] - price[units[a]]
            if d < 0:
                value += d
                load += sizes[units[a]]
        out[j], loads[j] = value, load


@compiled
def ranked_classes(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    high: int,
    out: Floats,
) -> int:
    """Set the value of the first, second, ... class of a host; return how many there are.

    The people of a host are ranked, so each further class is worth no more than the one before.
    """
    n = end - begin
    rate, able = np.empty(n), np.empty(n, np.int64)
    rates(begin, end, units, costs, sizes, price, rate)
    n_able = 0
    for a in range(n):
        if rate[a] < 0:
            able[n_able] = a
            n_able += 1
    sort_by(rate, able, n_able)
    taken, nth = 0.0, 0
    out[0] = 0.0
    for t in range(n_able):
        people = float(sizes[units[begin + able[t]]])
        while taken + people >= (nth + 1) * high:
            part = (nth + 1) * high - taken
            out[nth] += part * rate[able[t]]
            taken, people = taken + part, people - part
            nth += 1
            out[nth] = 0.0
        out[nth] += people * rate[able[t]]
        taken += people
    return nth + int(out[nth] < 0)


@compiled
def people_price(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
) -> float:
    """Return what one person's room is worth in a class: below 0 if full, above if too empty."""
    n = end - begin
    rate, able = np.empty(n), np.arange(n)
    load = rates(begin, end, units, costs, sizes, price, rate)
    if low <= load <= high:
        return 0.0
    sort_by(rate, able, n)
    limit = high if load > high else low
    taken = 0.0
    for a in able:
        taken += sizes[units[begin + a]]
        if taken >= limit:
            return float(rate[a])
    return 0.0


@compiled
def arcs_worth_keeping(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
    several: bool,
    extra: Floats,
    room: float,
    keep: Bools,
) -> None:
    """Set the arcs that a plan may use which costs at most ``room`` more than the bound.

    Using an arc costs at least its reduced cost, and a class at a host at least ``extra``.
    """
    for j in range(extra.size):
        if extra[j] > room:
            continue
        begin, end = by_host[j], by_host[j + 1]
        each = people_price(begin, end, units, costs, sizes, price, low, high)
        if several:
            each = max(each, 0.0)
        for a in range(begin, end):
            i = units[a]
            keep[a] = extra[j] + max(0.0, costs[a] - price[i] - each * sizes[i]) <= room
