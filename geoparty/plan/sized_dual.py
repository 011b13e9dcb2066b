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

from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.jit import compiled

NEVER = 1e18


@compiled
def fill_host(
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
    n_classes: int,
    left: Floats,
) -> float:
    """Return the value of so many classes at a host; take what they serve off ``left``.

    Fractions of units are allowed, so this never exceeds the value with whole units.
    """
    n = units.size
    rate = np.empty(n)
    load = 0.0
    for a in range(n):
        i = units[a]
        rate[a] = (costs[a] - price[i]) / sizes[i]
        if rate[a] < 0:
            load += sizes[i]
    room = float(high * n_classes)
    value = 0.0
    if low <= load <= room:
        for a in range(n):
            if rate[a] < 0:
                i = units[a]
                value += costs[a] - price[i]
                left[i] -= 1.0
        return value
    able = np.flatnonzero(rate < 0) if load > room else np.arange(n)
    taken = 0.0
    for a in able[np.argsort(rate[able])]:
        limit = room if rate[a] < 0 else float(low)
        if taken >= limit:
            break
        i = units[a]
        part = min(1.0, (limit - taken) / sizes[i])
        taken += part * sizes[i]
        value += part * (costs[a] - price[i])
        left[i] -= part
    return value if taken >= low - 1e-9 else NEVER


@compiled
def class_values(
    by_host: Ints, units: Ints, costs: Floats, sizes: Ints, price: Floats, out: Floats
) -> Floats:
    """Return the load each host would take, and in ``out`` its value, both without sizes."""
    loads = np.zeros(out.size)
    for j in range(out.size):
        value = 0.0
        load = 0.0
        for a in range(by_host[j], by_host[j + 1]):
            d = costs[a] - price[units[a]]
            if d < 0:
                value += d
                load += sizes[units[a]]
        out[j] = value
        loads[j] = load
    return loads


@compiled
def further_classes(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    high: int,
    loads: Floats,
    values: Floats,
) -> tuple[Floats, Ints]:
    """Return value and host of every second and later class, ``values`` made exact for the first.

    The people of a host are ranked, so each further class is worth no more than the one before.
    """
    n_more = 0
    for j in range(values.size):
        n_more += max(0, int(np.ceil(loads[j] / high)) - 1)
    more, host = np.empty(n_more), np.empty(n_more, np.int64)
    n_more = 0
    for j in range(values.size):
        if loads[j] <= high:
            continue
        near, gains = units[by_host[j] : by_host[j + 1]], costs[by_host[j] : by_host[j + 1]].copy()
        for a in range(near.size):
            gains[a] = (gains[a] - price[near[a]]) / sizes[near[a]]
        worth = np.flatnonzero(gains < 0)
        taken, value, nth = 0.0, 0.0, 1
        for a in worth[np.argsort(gains[worth])]:
            people = float(sizes[near[a]])
            while taken + people >= nth * high:
                part = nth * high - taken
                value += part * gains[a]
                taken, people = taken + part, people - part
                n_more = keep_class(j, nth, value, values, more, host, n_more)
                value, nth = 0.0, nth + 1
            value += people * gains[a]
            taken += people
        if value < 0:
            n_more = keep_class(j, nth, value, values, more, host, n_more)
    return more[:n_more], host[:n_more]


@compiled
def keep_class(
    j: int, nth: int, value: float, values: Floats, more: Floats, host: Ints, n_more: int
) -> int:
    """Note the value of the nth class of a host; return how many further ones there are."""
    if nth == 1:
        values[j] = value
        return n_more
    more[n_more], host[n_more] = value, j
    return n_more + 1


@compiled
def count_small(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
    worst: float,
    fixed: Bools,
    loads: Floats,
    values: Floats,
) -> bool:
    """Make values exact where a class of few people looks cheap enough; True if any was."""
    unused = np.zeros(sizes.size)
    changed = False
    for j in range(values.size):
        if loads[j] < low and (values[j] < worst or fixed[j]):
            span = slice(by_host[j], by_host[j + 1])
            values[j] = fill_host(units[span], costs[span], sizes, price, low, high, 1, unused)
            loads[j] = low
            changed = True
    return changed


@compiled
def choose_classes(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
    most: int,
    site_cost: float,
    fixed: Bools,
    several: bool,
    values: Floats,
    n_classes: Ints,
) -> float:
    """Return the value of the best classes to hold; ``n_classes`` says how many at each host.

    ``values`` gets the value of a first class at each host, exact where it may matter and
    never too high elsewhere.
    """
    loads = class_values(by_host, units, costs, sizes, price, values)
    more, host = further_classes(by_host, units, costs, sizes, price, high, loads, values)
    if not several:
        more, host = more[:0], host[:0]
    for _ in range(3):
        offers = np.sort(np.append(values, more))
        worst = min(-site_cost, offers[min(most, offers.size) - 1] + 1e-12)
        if not count_small(
            by_host, units, costs, sizes, price, low, high, worst, fixed, loads, values
        ):
            break
    total = 0.0
    held = 0
    n_classes[:] = 0
    for j in np.flatnonzero(fixed):
        total += values[j] + site_cost
        n_classes[j] = 1
        held += 1
    offers = np.append(values, more)
    for a in np.argsort(offers):
        if held >= most or offers[a] + site_cost >= 0:
            break
        j = a if a < values.size else host[a - values.size]
        if a >= values.size or not fixed[j]:
            total += offers[a] + site_cost
            n_classes[j] += 1
            held += 1
    return total


@compiled
def excess(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    low: int,
    high: int,
    n_classes: Ints,
    left: Floats,
) -> None:
    """Return in ``left`` one less how often each unit is served."""
    left[:] = 1.0
    for j in np.flatnonzero(n_classes):
        span = slice(by_host[j], by_host[j + 1])
        fill_host(units[span], costs[span], sizes, price, low, high, n_classes[j], left)


@compiled
def step_from(
    price: Floats, direction: Floats, most: Floats, size: float, missing: float, trial: Floats
) -> bool:
    """Set ``trial`` a step from ``price``, no price above its most; False at a standstill."""
    norm = 0.0
    for i in range(price.size):
        if direction[i] <= 0 or price[i] < most[i]:
            norm += direction[i] * direction[i]
    if norm < 1e-14:
        return False
    length = size * 1.02 * max(missing, 1e-9) / norm
    for i in range(price.size):
        trial[i] = min(price[i] + length * direction[i], most[i])
    return True


@compiled
def sized_bound(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    low: int,
    high: int,
    most: int,
    site_cost: float,
    penalty: float,
    fixed: Bools,
    several: bool,
    price: Floats,
    best_known: float,
    n_steps: int,
    values: Floats,
    share: Floats,
) -> float:
    """Improve ``price`` in place and return its bound.

    ``values`` gets the value of a class at each host at the best prices; ``share`` how often
    each host was chosen lately, a guess at the relaxed plan.
    """
    n, m = sizes.size, values.size
    dearest: Floats = penalty * sizes.astype(np.float64)
    trial, best, now = np.minimum(price, dearest), -np.inf, np.empty(m)
    n_classes = np.zeros(m, np.int64)
    direction, left = np.zeros(n), np.empty(n)
    alpha, size, stale, check = 0.1, 0.5, 0, -np.inf
    for it in range(n_steps):
        bound = trial.sum() + choose_classes(
            by_host,
            units,
            costs,
            sizes,
            trial,
            low,
            high,
            most,
            site_cost,
            fixed,
            several,
            now,
            n_classes,
        )
        excess(by_host, units, costs, sizes, trial, low, high, n_classes, left)
        weight = 1.0 if it == 0 else alpha
        agree = np.sum(left * direction)
        direction[:] = weight * left + (1 - weight) * direction
        share[:] = weight * n_classes + (1 - weight) * share
        if bound > best:
            best, stale = bound, 0
            price[:] = trial
            values[:] = now
            size = min(2.0, size * (1.1 if agree >= 0 else 1.02))
        else:
            stale += 1
            if stale % 15 == 0:
                size *= 0.75
        if (it + 1) % 50 == 0:
            if best - check < 0.01 * (best_known - best):
                alpha = max(alpha * 0.5, 0.002)
            check = best
        done = best >= best_known - 1e-9 * abs(best_known) or size < 0.005
        if done or not step_from(price, direction, dearest, size, best_known - best, trial):
            break
    return best


@compiled
def people_price(
    units: Ints, costs: Floats, sizes: Ints, price: Floats, low: int, high: int, several: bool
) -> float:
    """Return what one person's room is worth in a class: below 0 if full, above if too empty."""
    n = units.size
    rate = np.empty(n)
    load = 0.0
    for a in range(n):
        rate[a] = (costs[a] - price[units[a]]) / sizes[units[a]]
        if rate[a] < 0:
            load += sizes[units[a]]
    if low <= load <= high or (several and load > high):
        return 0.0
    limit = high if load > high else low
    taken = 0.0
    for a in np.argsort(rate):
        taken += sizes[units[a]]
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
    most: int,
    fixed: Bools,
    several: bool,
    values: Floats,
    room: float,
) -> Bools:
    """Return the arcs that a plan may use which costs at most ``room`` more than the bound.

    Using an arc costs at least its reduced cost, and holding a class at a host that was not
    chosen at least the difference to the worst chosen one.
    """
    loads = class_values(by_host, units, costs, sizes, price, values.copy())
    more, _ = further_classes(by_host, units, costs, sizes, price, high, loads, values.copy())
    offers = np.sort(np.append(values, more) if several else values)
    worst = min(0.0, offers[most - 1]) if most <= offers.size else 0.0
    keep = np.zeros(units.size, np.bool_)
    for j in range(values.size):
        span = slice(by_host[j], by_host[j + 1])
        extra = 0.0 if fixed[j] else max(0.0, values[j] - worst)
        if extra > room:
            continue
        each = people_price(units[span], costs[span], sizes, price, low, high, several)
        for a in range(by_host[j], by_host[j + 1]):
            i = units[a]
            keep[a] = extra + max(0.0, costs[a] - price[i] - each * sizes[i]) <= room
    return keep
