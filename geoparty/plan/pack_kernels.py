r"""Kernels of the bound on class plans with whole units: one knapsack a host, solved exactly.

Relaxing "everybody once" with a price :math:`\lambda_i` a unit leaves at each host the choice of
whole units :math:`\min \sum_i (c_{ij} - \lambda_i) x_{ij}`, :math:`L \le \sum_i q_i x_{ij} \le U`,
:math:`x \in \{0, 1\}`, solved by dynamic programming over people (Holmberg, Rönnqvist and Yuan
1999). The bound is that of column generation over knapsacks (Ceselli and Righini 2005).
"""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.ascent import EVERY, SIZE, WEIGHT, eased, paced, step_from, turned
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.median_kernels import OPEN

NEVER = 1e18


@compiled
def pack(
    items: Ints, n: int, sizes: Ints, worth: Floats, low: int, room: int, least: Floats, take: Bools
) -> tuple[float, int]:
    """Return the least worth of whole items with ``low`` to ``room`` people, and how many people.

    ``least[l]`` becomes the least worth with exactly ``l`` people, ``take[t, l]`` whether item
    ``t`` is in it.
    """
    least[: room + 1] = NEVER
    least[0] = 0.0
    top = 0
    for t in range(n):
        size, value = sizes[items[t]], worth[items[t]]
        top = min(room, top + size)
        take[t, : room + 1] = False
        for people in range(top, size - 1, -1):
            other = least[people - size] + value
            if other < least[people]:
                least[people] = other
                take[t, people] = True
    best, at = NEVER, -1
    for people in range(max(low, 0), room + 1):
        if least[people] < best:
            best, at = least[people], people
    return best, at


@compiled
def look_at_host(
    j: int,
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    only: Ints,
    items: Ints,
    size: Ints,
    worth: Floats,
    chosen: Bools,
) -> tuple[int, float, int, int]:
    """Choose the arcs a host must take; sort out the others.

    Returns people and worth of those it must take, and arcs and people below 0. ``items`` gets the
    arcs below 0, then the others, then -1; ``size`` and ``worth`` are of all arcs.
    """
    n = end - begin
    must, total, n_good, load = 0, 0.0, 0, 0
    for a in range(n):
        i = units[begin + a]
        size[a], worth[a] = sizes[i], costs[begin + a] - price[i]
        chosen[begin + a] = only[i] == j
        if only[i] == j:
            total += worth[a]
            must += sizes[i]
        elif worth[a] < 0:
            items[n_good] = a
            n_good += 1
            load += sizes[i]
    n_all = n_good
    for a in range(n):
        if worth[a] >= 0 and not chosen[begin + a]:
            items[n_all] = a
            n_all += 1
    items[n_all:] = -1
    return must, total, n_good, load


@compiled
def pack_host(
    j: int,
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    only: Ints,
    low: int,
    high: int,
    least: Floats,
    take: Bools,
    chosen: Bools,
) -> float:
    """Return the value of the best class at a host, ``NEVER`` where there is none.

    ``only[i]`` is the host a unit must go to, -1 where it may choose. ``chosen`` gets the arcs.
    """
    n = end - begin
    items, size, worth = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    must, total, used, load = look_at_host(
        j, begin, end, units, costs, sizes, price, only, items, size, worth, chosen
    )
    if must > high:
        return NEVER
    if low <= must + load <= high:
        for t in range(used):
            chosen[begin + items[t]] = True
            total += worth[items[t]]
        return total
    room = high - must
    value, people = pack(items, used, size, worth, 0, room, least, take)
    if must + people < low:
        used = int((items >= 0).sum())
        value, people = pack(items, used, size, worth, low - must, room, least, take)
        if people < 0:
            return NEVER
    for t in range(used - 1, -1, -1):
        if take[t, people]:
            chosen[begin + items[t]] = True
            people -= size[items[t]]
    return total + value


@compiled
def choose_hosts(values: Floats, state: Ints, n_free: int, held: Bools) -> float:
    """Hold open hosts and the at most ``n_free`` cheapest others below 0; return their value."""
    total = 0.0
    order = np.argsort(values, kind="mergesort")
    for j in range(values.size):
        held[j] = state[j] == OPEN
        if held[j]:
            total += values[j]
    for j in order:
        if n_free <= 0 or values[j] >= 0:
            break
        if not held[j]:
            held[j] = True
            total += values[j]
            n_free -= 1
    return total


@compiled
def pack_all(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    only: Ints,
    low: int,
    high: int,
    state: Ints,
    n_free: int,
    values: Floats,
    chosen: Bools,
    held: Bools,
    least: Floats,
    take: Bools,
) -> float:
    """Return the bound at these prices; set values of hosts, hosts held and arcs chosen."""
    for j in range(values.size):
        begin, end = by_host[j], by_host[j + 1]
        values[j] = pack_host(
            j, begin, end, units, costs, sizes, price, only, low, high, least, take, chosen
        )
    total = choose_hosts(values, state, n_free, held)
    for i in range(price.size):
        total += price[i]
    return total


@compiled
def note_chosen(
    by_host: Ints,
    units: Ints,
    chosen: Bools,
    held: Bools,
    weight: float,
    share: Floats,
    host_share: Floats,
    left: Floats,
) -> None:
    """Set one less how often each unit is served; let shares follow what is chosen."""
    left[:] = 1.0
    for j in range(held.size):
        host_share[j] = (1 - weight) * host_share[j] + weight * held[j]
        for a in range(by_host[j], by_host[j + 1]):
            used = held[j] and chosen[a]
            share[a] = (1 - weight) * share[a] + weight * used
            if used:
                left[units[a]] -= 1.0


@compiled
def longest_span(by_host: Ints) -> int:
    """Return the most arcs at a host."""
    most = 0
    for j in range(by_host.size - 1):
        most = max(most, by_host[j + 1] - by_host[j])
    return most


@compiled
def pack_volume(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    only: Ints,
    low: int,
    high: int,
    state: Ints,
    n_free: int,
    dearest: Floats,
    goal: float,
    n_steps: int,
    patience: int,
    price: Floats,
    values: Floats,
    share: Floats,
    host_share: Floats,
) -> tuple[float, int]:
    """Improve prices by the volume algorithm (Barahona and Anbil 2000); return bound and steps.

    ``price`` is changed in place. ``values`` of hosts are at the best prices; ``share`` is how
    often each arc, ``host_share`` how often each host was chosen lately.
    """
    n, m = price.size, state.size
    least, take = np.empty(high + 1), np.empty((longest_span(by_host), high + 1), np.bool_)
    chosen, held = np.empty(units.size, np.bool_), np.empty(m, np.bool_)
    trial, now, left, direction = price.copy(), np.empty(m), np.empty(n), np.zeros(n)
    floor = np.full(n, -NEVER)
    best, size, alpha, stale, check, steps = -np.inf, SIZE, WEIGHT, 0, -np.inf, 0
    for it in range(n_steps):
        steps += 1
        bound = pack_all(
            by_host, units, costs, sizes, trial, only, low, high, state, n_free,
            now, chosen, held, least, take,
        )  # fmt: skip
        weight = 1.0 if it == 0 else alpha
        note_chosen(by_host, units, chosen, held, weight, share, host_share, left)
        agree = turned(direction, left, weight)
        is_better = bound > best
        if is_better:
            best = bound
            price[:] = trial
            values[:] = now
        stale, size = paced(is_better, stale, size, agree, patience, 0.66)
        if best >= goal or size < 0.005:
            break
        if (it + 1) % EVERY == 0:
            alpha, check = eased(alpha, best, check, goal), best
        if not step_from(price, direction, floor, dearest, size, goal, best, trial):
            break
    return best, steps


@compiled
def worth_within(
    j: int,
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    only: Ints,
    high: int,
    out: Floats,
) -> None:
    """Set for each arc of a host the least value of a class that uses it, small ones allowed.

    What comes before and what comes after a unit are packed apart and joined.
    """
    n = end - begin
    total, room = 0.0, high
    for a in range(begin, end):
        if only[units[a]] == j:
            total += costs[a] - price[units[a]]
            room -= sizes[units[a]]
    after = np.full((n + 1, room + 1), 0.0)
    for a in range(n - 1, -1, -1):
        after[a] = after[a + 1]
        i = units[begin + a]
        value = costs[begin + a] - price[i]
        if only[i] != j and value < 0:
            for people in range(sizes[i], room + 1):
                other = after[a + 1, people - sizes[i]] + value
                after[a, people] = min(after[a, people], other)
    before = np.zeros(room + 1)
    for a in range(n):
        i = units[begin + a]
        value, size = costs[begin + a] - price[i], sizes[i]
        if only[i] == j:
            out[a] = total + after[0, room]
            continue
        best = NEVER
        for people in range(room - size + 1):
            best = min(best, before[people] + after[a + 1, room - size - people])
        out[a] = total + best + value
        if value < 0:
            for people in range(room, size - 1, -1):
                before[people] = min(before[people], before[people - size] + value)


@compiled
def keep_worthy(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    only: Ints,
    high: int,
    values: Floats,
    extra: Floats,
    room: float,
    keep: Bools,
) -> None:
    """Set the arcs a plan may use that costs at most ``room`` more than the bound.

    A class at a host costs at least ``extra`` more, one that uses an arc the difference to the
    best class there on top.
    """
    for j in range(values.size):
        begin, end = by_host[j], by_host[j + 1]
        keep[begin:end] = False
        if extra[j] > room or begin == end:
            continue
        out = np.empty(end - begin)
        worth_within(j, begin, end, units, costs, sizes, price, only, high, out)
        for a in range(end - begin):
            keep[begin + a] = extra[j] + max(0.0, out[a] - values[j]) <= room
