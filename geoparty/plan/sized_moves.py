"""Moves that shorten a class plan within its sizes: shift, swap, rehost, open and close.

A plan is held in slots. ``cost[k, i]`` is what unit ``i`` costs in the class of slot ``k``,
``inf`` out of reach. Slot 0 is "left out": it takes everybody, at ``cost[0, i]``. ``where[i]`` is
the slot of a unit, ``host[k]`` the host of a slot or -1 where no class is held, ``load[k]`` its
people.
"""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.sorting import sort_by

SMALL = 1e-7


@compiled
def plan_cost(cost: Floats, where: Ints) -> float:
    """Return what a plan costs in all, left out units included."""
    total = 0.0
    for i in range(where.size):
        total += cost[where[i], i]
    return total


@compiled
def can_leave(k: int, size: int, load: Ints, low: int) -> bool:
    """Return whether a class can spare so many people."""
    return k == 0 or load[k] - size >= low


@compiled
def move(i: int, k: int, sizes: Ints, where: Ints, load: Ints) -> None:
    """Put a unit into a slot."""
    load[where[i]] -= sizes[i]
    load[k] += sizes[i]
    where[i] = k


@compiled
def members_of(where: Ints, n_slots: int) -> tuple[Ints, Ints]:
    """Return the units slot by slot, and where each slot starts."""
    start = np.zeros(n_slots + 1, np.int64)
    for k in where:
        start[k + 1] += 1
    for k in range(n_slots):
        start[k + 1] += start[k]
    at, order = start.copy(), np.empty(where.size, np.int64)
    for i in range(where.size):
        order[at[where[i]]] = i
        at[where[i]] += 1
    return start, order


@compiled
def polish(
    cost: Floats, sizes: Ints, where: Ints, host: Ints, load: Ints, low: int, high: int
) -> int:
    """Shift single units and swap pairs between classes while that shortens the plan.

    Returns the work done: how often a unit was looked at in a class.
    """
    n, n_slots = where.size, host.size
    work = 0
    improved = True
    while improved:
        improved = False
        work += n * n_slots
        for i in range(n):
            k = where[i]
            if not can_leave(k, sizes[i], load, low):
                continue
            best, to = cost[k, i] - SMALL, -1
            for b in range(1, n_slots):
                if host[b] >= 0 and cost[b, i] < best and load[b] + sizes[i] <= high:
                    best, to = cost[b, i], b
            if to >= 0:
                move(i, to, sizes, where, load)
                improved = True
        if not improved:
            swaps, looks = swap_pairs(cost, sizes, where, host, load, low, high)
            improved = swaps > 0
            work += looks
    return work


@compiled
def swap_pairs(
    cost: Floats, sizes: Ints, where: Ints, host: Ints, load: Ints, low: int, high: int
) -> tuple[int, int]:
    """Swap units of two classes where that shortens the plan; return swaps and work done."""
    n, n_slots = where.size, host.size
    start, order = members_of(where, n_slots)
    swaps, work = 0, n * n_slots
    for i in range(n):
        a = where[i]
        for b in range(1, n_slots):
            gain = cost[a, i] - cost[b, i]
            if host[b] < 0 or b == a or gain <= SMALL:
                continue
            work += start[b + 1] - start[b]
            best, other = SMALL, -1
            for t in range(start[b], start[b + 1]):
                o = order[t]
                more = sizes[i] - sizes[o]
                value = gain + cost[b, o] - cost[a, o]
                if where[o] != b or value <= best or load[b] + more > high or load[b] + more < low:
                    continue
                if a == 0 or low <= load[a] - more <= high:
                    best, other = value, o
            if other >= 0:
                move(i, b, sizes, where, load)
                move(other, a, sizes, where, load)
                swaps += 1
                break
    return swaps, work


@compiled
def set_host(
    k: int, j: int, by_host: Ints, units: Ints, costs: Floats, cost: Floats, host: Ints
) -> None:
    """Hold the class of a slot at a host."""
    host[k] = j
    cost[k, :] = np.inf
    for a in range(by_host[j], by_host[j + 1]):
        cost[k, units[a]] = costs[a]


@compiled
def rehost(
    by_unit: Ints,
    hosts: Ints,
    unit_costs: Floats,
    by_host: Ints,
    units: Ints,
    costs: Floats,
    cost: Floats,
    where: Ints,
    host: Ints,
    keep: Bools,
    several: bool,
) -> bool:
    """Move each class to the host nearest to its people; ``keep`` hosts stay. Return any moved."""
    m = by_host.size - 1
    n_slots = host.size
    start, order = members_of(where, n_slots)
    total, met = np.zeros(m), np.zeros(m, np.int64)
    held = np.zeros(m, np.bool_)
    for k in range(1, n_slots):
        if host[k] >= 0:
            held[host[k]] = True
    moved = False
    for k in range(1, n_slots):
        if host[k] < 0 or keep[host[k]]:
            continue
        total[:] = 0.0
        met[:] = 0
        for t in range(start[k], start[k + 1]):
            i = order[t]
            for a in range(by_unit[i], by_unit[i + 1]):
                total[hosts[a]] += unit_costs[a]
                met[hosts[a]] += 1
        people = start[k + 1] - start[k]
        best, to = total[host[k]] - SMALL, -1
        for j in range(m):
            if met[j] == people and total[j] < best and (several or not held[j]):
                best, to = total[j], j
        if to >= 0:
            held[to] = True
            set_host(k, to, by_host, units, costs, cost, host)
            moved = True
    return moved


@compiled
def open_class(
    k: int,
    j: int,
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    cost: Floats,
    where: Ints,
    host: Ints,
    load: Ints,
    low: int,
    high: int,
) -> bool:
    """Hold a class at a host in a free slot, filled by those who gain most; False if too few."""
    set_host(k, j, by_host, units, costs, cost, host)
    load[k] = 0
    first = by_host[j]
    n = by_host[j + 1] - first
    rate, order = np.empty(n), np.arange(n)
    for a in range(n):
        i = units[first + a]
        rate[a] = (cost[k, i] - cost[where[i], i]) / sizes[i]
    sort_by(rate, order, n)
    for a in order:
        i = units[first + a]
        if rate[a] >= 0 and load[k] >= low:
            break
        if load[k] + sizes[i] <= high and can_leave(where[i], sizes[i], load, low):
            move(i, k, sizes, where, load)
    return bool(load[k] >= low)


@compiled
def close_class(
    k: int, cost: Floats, sizes: Ints, where: Ints, host: Ints, load: Ints, high: int
) -> None:
    """Close a class; its people go, largest units first, to the nearest class with room."""
    host[k] = -1
    members, n = np.empty(where.size, np.int64), 0
    for i in range(where.size):
        if where[i] == k:
            members[n] = i
            n += 1
    keys = np.empty(where.size)
    for a in range(n):
        keys[members[a]] = -sizes[members[a]]
    sort_by(keys, members, n)
    for a in range(n):
        i = members[a]
        best, to = cost[0, i], 0
        for b in range(1, host.size):
            if host[b] >= 0 and cost[b, i] < best and load[b] + sizes[i] <= high:
                best, to = cost[b, i], b
        move(i, to, sizes, where, load)


@compiled
def closing_losses(
    cost: Floats, sizes: Ints, where: Ints, host: Ints, load: Ints, high: int
) -> Floats:
    """Return a guess at what closing each class costs, inf for free slots."""
    n_slots = host.size
    loss = np.zeros(n_slots)
    for k in range(n_slots):
        if host[k] < 0 or k == 0:
            loss[k] = np.inf
    for i in range(where.size):
        k = where[i]
        if k == 0:
            continue
        best = cost[0, i]
        for b in range(1, n_slots):
            if b != k and host[b] >= 0 and cost[b, i] < best and load[b] + sizes[i] <= high:
                best = cost[b, i]
        loss[k] += best - cost[k, i]
    return loss


@compiled
def opening_gains(
    by_host: Ints, units: Ints, costs: Floats, sizes: Ints, cost: Floats, where: Ints, high: int
) -> Floats:
    """Return a guess at what one more class at each host saves."""
    m = by_host.size - 1
    gains = np.zeros(m)
    for j in range(m):
        people = 0
        for a in range(by_host[j], by_host[j + 1]):
            i = units[a]
            d = cost[where[i], i] - costs[a]
            if d > 0:
                gains[j] += d
                people += sizes[i]
        if people > high:
            gains[j] *= high / people
    return gains
