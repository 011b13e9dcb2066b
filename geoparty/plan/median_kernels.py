"""Kernels of the p-median: swap search, volume bound, windows."""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.ascent import EVERY, SIZE, WEIGHT, eased, paced, step_from, turned
from geoparty.plan.instance import Bools, Floats, Ints

FREE, OPEN, CLOSED = 0, 1, -1
TINY = 1e-9


@compiled
def two_nearest(
    i: int,
    start: Ints,
    site: Ints,
    cost: Floats,
    is_open: Bools,
    out: Floats,
    first: Ints,
    near: Floats,
    second: Floats,
) -> None:
    """Set the nearest open site of a row and what it and the next nearest cost."""
    first[i], near[i], second[i] = -1, out[i], out[i]
    for k in range(start[i], start[i + 1]):
        if cost[k] >= out[i]:
            break
        if is_open[site[k]]:
            if first[i] >= 0:
                second[i] = cost[k]
                break
            first[i], near[i] = site[k], cost[k]


@compiled
def all_two_nearest(
    start: Ints, site: Ints, cost: Floats, is_open: Bools, out: Floats
) -> tuple[Floats, Floats]:
    """Return what the nearest and the second nearest open site cost each row."""
    n = start.size - 1
    first = np.empty(n, np.int32)
    near, second = np.empty(n), np.empty(n)
    for i in range(n):
        two_nearest(i, start, site, cost, is_open, out, first, near, second)
    return near, second


@compiled
def best_swap(
    j: int,
    col: Ints,
    row: Ints,
    col_cost: Floats,
    sites: Ints,
    n_kept: int,
    loss: Floats,
    extra: Floats,
    first: Ints,
    near: Floats,
    second: Floats,
) -> tuple[float, int]:
    """Return the gain (negative is shorter) of opening ``j`` and the place in ``sites`` to close.

    Whitaker (1983), Resende and Werneck (2007): one pass over the rows near ``j`` prices every
    site that might close.
    """
    change = 0.0
    for a in range(col[j], col[j + 1]):
        i, c = row[a], col_cost[a]
        if c < second[i]:
            f = first[i]
            if c < near[i]:
                change += c - near[i]
                if f >= 0:
                    extra[f] -= second[i] - near[i]
            elif f >= 0:
                extra[f] += c - second[i]
    best, place = np.inf, -1
    for t in range(sites.size):
        f = sites[t]
        value = loss[f] + extra[f]
        extra[f] = 0.0
        if t >= n_kept and value < best:
            best, place = value, t
    return change + best, place


@compiled
def move_loss(old: int, gone: float, new: int, come: float, loss: Floats) -> None:
    """Take what a row would lose off its old nearest site, and add it to the new one."""
    if old >= 0:
        loss[old] -= gone
    if new >= 0:
        loss[new] += come


@compiled
def swap_search(
    start: Ints,
    site: Ints,
    cost: Floats,
    col: Ints,
    row: Ints,
    col_cost: Floats,
    out: Floats,
    sites: Ints,
    n_kept: int,
    order: Ints,
    most_looks: int,
) -> float:
    """Swap sites while that shortens the whole; ``sites`` is changed in place.

    The first ``n_kept`` sites stay. ``out`` is what a row costs that nobody serves. Candidates
    are looked at in ``order``, over and over. Returns the cost.
    """
    n, m = start.size - 1, col.size - 1
    is_open = np.zeros(m, np.bool_)
    for j in sites:
        is_open[j] = True
    first = np.empty(n, np.int32)
    near, second = np.empty(n), np.empty(n)
    loss, extra = np.zeros(m), np.zeros(m)
    for i in range(n):
        two_nearest(i, start, site, cost, is_open, out, first, near, second)
        move_loss(-1, 0.0, first[i], second[i] - near[i], loss)
    since, at = 0, 0
    for _ in range(most_looks):
        if since >= order.size or n_kept >= sites.size:
            break
        j = order[at]
        at = (at + 1) % order.size
        since += 1
        if is_open[j]:
            continue
        gain, place = best_swap(
            j, col, row, col_cost, sites, n_kept, loss, extra, first, near, second
        )
        if place < 0 or gain >= -1e-7 * (1 + 1e-4 * abs(gain)):
            continue
        f = sites[place]
        sites[place] = j
        is_open[f], is_open[j] = False, True
        since = 0
        for s in (f, j):
            for a in range(col[s], col[s + 1]):
                i = row[a]
                if col_cost[a] <= second[i] or first[i] == f:
                    old, gone = first[i], second[i] - near[i]
                    two_nearest(i, start, site, cost, is_open, out, first, near, second)
                    move_loss(old, gone, first[i], second[i] - near[i], loss)
        loss[f] = 0.0
    return float(near.sum())


@compiled
def chosen_value(values: Floats, state: Ints, n_free: int, chosen: Bools) -> float:
    """Choose the open sites and the ``n_free`` cheapest free ones; return their value."""
    total = 0.0
    free = np.empty(values.size)
    q = 0
    for j in range(values.size):
        chosen[j] = state[j] == OPEN
        if chosen[j]:
            total += values[j]
        else:
            free[q] = values[j]
            q += 1
    if n_free <= 0:
        return total
    edge = np.partition(free[:q], n_free - 1)[n_free - 1]
    left = n_free
    for j in range(values.size):
        if state[j] != OPEN and values[j] < edge:
            chosen[j] = True
            total += values[j]
            left -= 1
    for j in range(values.size):
        if left > 0 and state[j] != OPEN and values[j] == edge:
            chosen[j] = True
            total += edge
            left -= 1
    return total


@compiled
def weigh(start: Ints, site: Ints, cost: Floats, price: Floats, values: Floats) -> float:
    """Set what each site is worth at prices, never above 0; return the sum of the prices."""
    values[:] = 0.0
    total = 0.0
    for i in range(start.size - 1):
        top = price[i]
        total += top
        for k in range(start[i], start[i + 1]):
            d = cost[k] - top
            if d >= 0:
                break
            values[site[k]] += d
    return total


@compiled
def relaxed_value(
    start: Ints,
    site: Ints,
    cost: Floats,
    price: Floats,
    state: Ints,
    n_free: int,
    values: Floats,
    chosen: Bools,
) -> float:
    """Return the bound that prices give; ``values`` is what each site is worth at them."""
    total = weigh(start, site, cost, price, values)
    return total + chosen_value(values, state, n_free, chosen)


@compiled
def unserved(begin: int, end: int, site: Ints, cost: Floats, price: float, chosen: Bools) -> float:
    """Return one less the chosen sites that a row at this price goes to."""
    left = 1.0
    for k in range(begin, end):
        if cost[k] >= price:
            break
        if chosen[site[k]]:
            left -= 1.0
    return left


@compiled
def volume_bound(
    start: Ints,
    site: Ints,
    cost: Floats,
    state: Ints,
    n_free: int,
    dearest: Floats,
    goal: float,
    n_steps: int,
    patience: int,
    price: Floats,
    values: Floats,
    share: Floats,
) -> float:
    """Improve prices by the volume algorithm (Barahona and Anbil 2000); return the bound.

    ``price`` is changed in place, at most ``dearest``. Stops at ``goal`` (a bound that ends the
    search), after ``n_steps``, or when steps have become small. ``values`` are at the best prices,
    ``share`` is how often each site was chosen lately.
    """
    n, m = start.size - 1, state.size
    trial, now, chosen = price.copy(), np.empty(m), np.zeros(m, np.bool_)
    direction, low = np.zeros(n), dearest.copy()
    for i in range(n):
        if start[i] < start[i + 1]:
            low[i] = min(cost[start[i]], dearest[i])
    left = np.empty(n)
    best, size, alpha, stale, check = -np.inf, SIZE, WEIGHT, 0, -np.inf
    for it in range(n_steps):
        bound = relaxed_value(start, site, cost, trial, state, n_free, now, chosen)
        weight = 1.0 if it == 0 else alpha
        for i in range(n):
            left[i] = unserved(start[i], start[i + 1], site, cost, trial[i], chosen)
        share[:] = (1 - weight) * share + weight * chosen
        agree = turned(direction, left, weight)
        is_better = bound > best
        if is_better:
            best = bound
            price[:] = trial
            values[:] = now
        stale, size = paced(is_better, stale, size, agree, patience, 0.66)
        if best >= goal or size < 0.01:
            break
        if (it + 1) % EVERY == 0:
            alpha, check = eased(alpha, best, check, goal), best
        if not step_from(price, direction, low, dearest, size, goal, best, trial):
            break
    return best


@compiled
def fix_by_value(values: Floats, state: Ints, n_free: int, room: float) -> int:
    """Close or open free sites whose change would use up all the room; return how many.

    ``room`` is what a bound may still rise before nothing better can follow.
    """
    free = np.sort(values[state == FREE])
    if n_free <= 0 or n_free >= free.size:
        return 0
    inside, outside = free[n_free - 1], free[n_free]
    fixed = 0
    for j in range(values.size):
        if state[j] == FREE:
            if values[j] >= outside and values[j] - inside > room:
                state[j] = CLOSED
                fixed += 1
            elif values[j] <= inside and outside - values[j] > room:
                state[j] = OPEN
                fixed += 1
    return fixed


@compiled
def look_at_window(
    begin: int, end: int, site: Ints, cost: Floats, low: float, high: float, state: Ints
) -> tuple[int, int, bool, int]:
    """Return sites a row may go to up to ``high``: how many, the last, any open, open below low."""
    able, last, served, cheap = 0, -1, False, 0
    for k in range(begin, end):
        if cost[k] > high:
            break
        s = state[site[k]]
        if s == CLOSED:
            continue
        able += 1
        last = site[k]
        if s == OPEN:
            served = True
            cheap += cost[k] < low
    return able, last, served, cheap


@compiled
def close_cheaper(begin: int, end: int, site: Ints, cost: Floats, low: float, state: Ints) -> int:
    """Close the free sites of a row below ``low``; return how many."""
    closed = 0
    for k in range(begin, end):
        if cost[k] >= low:
            break
        if state[site[k]] == FREE:
            state[site[k]] = CLOSED
            closed += 1
    return closed


@compiled
def fix_by_window(
    start: Ints,
    site: Ints,
    cost: Floats,
    price: Floats,
    dearest: Floats,
    room: float,
    state: Ints,
) -> int:
    """Fix sites by what each row can still pay; return how many, -1 if nothing better is left.

    A row served above its price, or with a second open site below it, raises the bound by the
    difference. So a row is served within ``price + room``, and has at most one open site below
    ``price - room``.
    """
    fixed, before = 0, -1
    while fixed > before:
        before = fixed
        for i in range(start.size - 1):
            high, low = price[i] + room, price[i] - room
            able, last, served, cheap = look_at_window(
                start[i], start[i + 1], site, cost, low, high, state
            )
            must = high < dearest[i]
            if cheap > 1 or (able == 0 and must):
                return -1
            if able == 1 and not served and must:
                state[last] = OPEN
                fixed += 1
            if cheap == 1:
                fixed += close_cheaper(start[i], start[i + 1], site, cost, low, state)
    return fixed
