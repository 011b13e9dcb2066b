"""Kernels of cuts on classes: list all classes cheap enough, and the cuts that are violated."""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.cut_kernels import SMALL, TOO_MANY, completions, cuts_here, look_around
from geoparty.plan.instance import Bools, Floats, Ints


@compiled
def list_classes(
    j: int,
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    triples: Ints,
    charges: Floats,
    low: int,
    high: int,
    limit: float,
    n_steps: int,
    sets: Bools,
    n_sets: int,
) -> tuple[int, int]:
    """List all classes of a host below a limit after those listed; return how many, and steps left.

    ``TOO_MANY`` where there is no room for them, or steps did not suffice.
    """
    n = price.size
    item, size, worth = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    least, first = np.empty((n + 1, high + 1)), np.empty(n + 1, np.int64)
    n = look_around(by_host[j], by_host[j + 1], units, costs, sizes, price, item, size, worth)
    completions(n, size, worth, low, high, least)
    if least[0, 0] >= limit:
        return n_sets, n_steps
    most = max(1, charges.size)
    cut, charge, last = np.empty(3 * most, np.int64), np.empty(most), np.empty(most, np.int64)
    place, held = np.full(price.size, -1), np.zeros(most, np.int64)
    cuts_here(n, item, triples, charges, place, first, cut, charge, last)
    stack, added = np.empty(n + 1, np.int64), np.empty(n + 1)
    depth, load, value, t = 0, 0, 0.0, 0
    while True:
        n_steps -= 1
        if n_steps < 0:
            return TOO_MANY, 0
        if t < n and value + least[t, load] < limit:
            if load + size[t] <= high:
                more = worth[t]
                for c in range(first[t], first[t + 1]):
                    held[cut[c]] += 1
                    if held[cut[c]] == 2:
                        more += charge[cut[c]]
                stack[depth], added[depth] = t, more
                depth, load, value = depth + 1, load + size[t], value + more
                if load >= low and value < limit:
                    if n_sets == len(sets):
                        return TOO_MANY, n_steps
                    sets[n_sets, :] = False
                    sets[n_sets][item[stack[:depth]]] = True
                    n_sets += 1
            t += 1
            continue
        if depth == 0:
            return n_sets, n_steps
        depth -= 1
        t = stack[depth]
        load, value = load - size[t], value - added[depth]
        for c in range(first[t], first[t + 1]):
            held[cut[c]] -= 1
        t += 1


@compiled
def violated(sets: Bools, share: Floats, least: float, out: Ints, by: Floats) -> int:
    """List the triples whose cut is violated by more than ``least``, and by how much.

    All three pairs of such a triple share a class: otherwise its classes meet in one unit.
    """
    n, n_out = sets.shape[1], 0
    pair, three = pairs_shared(sets, share), np.zeros(n)
    for a, b in zip(*np.nonzero(pair > SMALL)):  # noqa: B905 - numba knows no strict
        if b <= a:
            continue
        three[:] = 0.0
        for k in np.flatnonzero(sets[:, a] & sets[:, b]):
            three += share[k] * sets[k]
        for c in range(b + 1, n):
            excess = pair[a, b] + pair[a, c] + pair[b, c] - 2 * three[c] - 1
            if min(pair[a, c], pair[b, c]) > SMALL and excess > least and n_out < len(out):
                out[n_out, 0], out[n_out, 1], out[n_out, 2] = a, b, c
                by[n_out] = excess
                n_out += 1
    return n_out


@compiled
def pairs_shared(sets: Bools, share: Floats) -> Floats:
    """Return in how much of a class any two units are together."""
    pair = np.zeros((sets.shape[1], sets.shape[1]))
    for k in range(share.size):
        members = np.flatnonzero(sets[k])
        for a in members:
            for b in members:
                pair[a, b] += share[k]
    return pair
