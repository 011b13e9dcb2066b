"""Moves that shorten a class plan within its sizes: shift, swap, rehost, open and close.

A plan is held in slots. ``cost[k, i]`` is what unit ``i`` costs in the class of slot ``k``,
``inf`` out of reach. Slot 0 is "left out": it takes everybody, at ``cost[0, i]``. ``where[i]`` is
the slot of a unit, ``host[k]`` the host of a slot or -1 where no class is held, ``load[k]`` its
people.
"""

from __future__ import annotations

import numpy as np

from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.jit import compiled

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
    order = np.argsort(where, kind="mergesort")
    start = np.searchsorted(where[order], np.arange(n_slots + 1))
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
    order = np.argsort(where, kind="mergesort")
    start = np.searchsorted(where[order], np.arange(n_slots + 1))
    total, met = np.zeros(m), np.zeros(m, np.int64)
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
            if met[j] == people and total[j] < best and (several or not np.any(host == j)):
                best, to = total[j], j
        if to >= 0:
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
    span = slice(by_host[j], by_host[j + 1])
    near = units[span]
    rate = np.empty(near.size)
    for a in range(near.size):
        i = near[a]
        rate[a] = (cost[k, i] - cost[where[i], i]) / sizes[i]
    for a in np.argsort(rate):
        i = near[a]
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
    members = np.flatnonzero(where == k)
    for a in np.argsort(-sizes[members], kind="mergesort"):
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


@compiled
def may_close(k: int, host: Ints, fixed: Bools) -> bool:
    """Return whether a class may be closed: its host is not fixed, or holds another."""
    held = 0
    for b in range(1, host.size):
        if host[b] == host[k]:
            held += 1
    alone = held == 1 and bool(fixed[host[k]])
    return not alone


@compiled
def try_relocating(
    j: int,
    n_tries: int,
    most: int,
    by_unit: Ints,
    hosts: Ints,
    unit_costs: Floats,
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    low: int,
    high: int,
    fixed: Bools,
    cost: Floats,
    where: Ints,
    host: Ints,
    load: Ints,
) -> tuple[bool, int]:
    """Open a class at a host, close another if there would be too many; keep what is shorter.

    Returns whether it is shorter, and the work done.
    """
    before = plan_cost(cost, where)
    free = -1
    held = 0
    for k in range(1, host.size):
        if host[k] >= 0:
            held += 1
        elif free < 0:
            free = k
    where0, host0, load0 = where.copy(), host.copy(), load.copy()
    if not open_class(free, j, by_host, units, costs, sizes, cost, where, host, load, low, high):
        where[:], host[:], load[:] = where0, host0, load0
        return False, units.size
    work = polish(cost, sizes, where, host, load, low, high)
    if held < most:
        if plan_cost(cost, where) < before - SMALL:
            return True, work
        where[:], host[:], load[:] = where0, host0, load0
        return False, work
    where1, host1, load1 = where.copy(), host.copy(), load.copy()
    losses = closing_losses(cost, sizes, where, host, load, high)
    tried = 0
    for k in np.argsort(losses):
        if tried >= n_tries or losses[k] == np.inf:
            break
        if k == free or not may_close(k, host, fixed):
            continue
        tried += 1
        close_class(k, cost, sizes, where, host, load, high)
        work += polish(cost, sizes, where, host, load, low, high)
        if plan_cost(cost, where) < before - SMALL:
            return True, work
        where[:], host[:], load[:] = where1, host1, load1
    where[:], host[:], load[:] = where0, host0, load0
    return False, work


@compiled
def try_closing(
    k: int,
    sizes: Ints,
    low: int,
    high: int,
    cost: Floats,
    where: Ints,
    host: Ints,
    load: Ints,
) -> bool:
    """Close a class if nobody more is left out for it."""
    where0, host0, load0 = where.copy(), host.copy(), load.copy()
    out = load[0]
    close_class(k, cost, sizes, where, host, load, high)
    polish(cost, sizes, where, host, load, low, high)
    if load[0] <= out:
        return True
    where[:], host[:], load[:] = where0, host0, load0
    return False
