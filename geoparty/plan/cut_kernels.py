r"""Kernels of subset-row cuts: the cheapest class, and all cheap ones, where pairs are charged.

Of any three units at most one class of a plan holds two or more, so :math:`\sum_S \lfloor |S \cap
T| / 2 \rfloor \lambda_S \le 1` for every three units :math:`T` (Jepsen, Petersen, Spoorendonk and
Pisinger 2008). The dual of such a cut charges a class for the second unit of :math:`T` it takes.
Charges only make classes dearer: what packing without them may still gain bounds what packing with
them may.

The items of a host are sorted. ``first`` and ``cut`` list the cuts of each item; a label is a class
of some of the items so far, with a bit for each cut it holds one unit of.
"""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.pack_kernels import NEVER
from geoparty.plan.sorting import sort_by

WORDS = 6
"""64 cuts a word may be charged at a host."""
TOO_MANY = -1
SMALL = 1e-9


@compiled
def look_around(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    item: Ints,
    size: Ints,
    worth: Floats,
) -> int:
    """Set unit, size and worth of the items of a host, best first by person; return how many."""
    n = end - begin
    rate, order = np.empty(n), np.arange(n)
    for a in range(n):
        i = units[begin + a]
        rate[a] = (costs[begin + a] - price[i]) / sizes[i]
    sort_by(rate, order, n)
    for t in range(n):
        i = units[begin + order[t]]
        item[t], size[t], worth[t] = i, sizes[i], costs[begin + order[t]] - price[i]
    return n


@compiled
def completions(n: int, size: Ints, worth: Floats, low: int, high: int, least: Floats) -> None:
    """Set the least that items from ``t`` on add to each load, to end from ``low`` to ``high``."""
    for load in range(high + 1):
        least[n, load] = 0.0 if load >= low else NEVER
    for t in range(n - 1, -1, -1):
        for load in range(high + 1):
            value = least[t + 1, load]
            if load + size[t] <= high:
                value = min(value, least[t + 1, load + size[t]] + worth[t])
            least[t, load] = value


@compiled
def cuts_here(
    n: int,
    item: Ints,
    triples: Ints,
    charges: Floats,
    place: Ints,
    first: Ints,
    cut: Ints,
    charge: Floats,
    last: Ints,
) -> int:
    """List the cuts that two items of a host are in; return how many there are.

    ``place`` is -1 for every unit, and so it is left.
    """
    for t in range(n):
        place[item[t]] = t
    first[: n + 1] = 0
    here = np.empty(len(charges), np.int64)
    n_cuts = 0
    for k in range(len(charges)):
        met = 0
        for u in range(3):
            met += place[triples[k, u]] >= 0
        if met >= 2:
            here[n_cuts] = k
            charge[n_cuts] = charges[k]
            last[n_cuts] = -1
            for u in range(3):
                t = place[triples[k, u]]
                last[n_cuts] = max(last[n_cuts], t)
                if t >= 0:
                    first[t + 1] += 1
            n_cuts += 1
    for t in range(n):
        first[t + 1] += first[t]
    at = first[:n].copy()
    for c in range(n_cuts):
        for u in range(3):
            t = place[triples[here[c], u]]
            if t >= 0:
                cut[at[t]] = c
                at[t] += 1
    for t in range(n):
        place[item[t]] = -1
    return n_cuts


@compiled
def charge_table(n_cuts: int, charge: Floats, table: Floats) -> None:
    """Set what each byte of bits is charged, eight cuts a byte."""
    for c in range((n_cuts + 7) // 8):
        table[c, 0] = 0.0
        for b in range(8):
            each = charge[8 * c + b] if 8 * c + b < n_cuts else 0.0
            for byte in range(1 << b):
                table[c, (1 << b) + byte] = table[c, byte] + each


@compiled
def undominated(
    alive: Ints,
    n_alive: int,
    low: int,
    least: Floats,
    best: float,
    live: Ints,
    n_bytes: int,
    table: Floats,
    load: Ints,
    value: Floats,
    mask: Ints,
) -> tuple[int, int]:
    """Keep the labels that may still lead to the best class; return how many, and work done.

    A label rules out one that is as full or fuller and dearer, even after every charge that it
    may meet and the other may not.
    """
    keys = np.empty(n_alive)
    for x in range(n_alive):
        keys[x] = value[alive[x]]
    order = np.argsort(keys, kind="mergesort")
    kept, n_kept, work = np.empty(n_alive, np.int64), 0, 0
    for x in order:
        a = alive[x]
        if value[a] + least[load[a]] >= best - SMALL:
            continue
        ruled_out = False
        for y in range(n_kept):
            b = kept[y]
            if load[b] > load[a] or (load[b] < low and load[b] < load[a]):
                continue
            work += 1
            spare = value[a] - value[b]
            for c in range(n_bytes):
                w, shift = c >> 3, (c & 7) << 3
                only = mask[b, w] & ~mask[a, w] & live[w]
                spare -= table[c, (only >> shift) & 255]
                if spare < 0:
                    break
            if spare >= 0:
                ruled_out = True
                break
        if not ruled_out:
            kept[n_kept] = a
            n_kept += 1
    alive[:n_kept] = kept[:n_kept]
    return n_kept, work


@compiled
def cuts_after(t: int, last: Ints, n_cuts: int, live: Ints) -> None:
    """Set the bits of the cuts that items after ``t`` are in."""
    live[:] = 0
    for c in range(n_cuts):
        if last[c] > t:
            live[c >> 6] |= np.int64(1) << np.int64(c & 63)


@compiled
def cheapest(
    n: int,
    size: Ints,
    worth: Floats,
    low: int,
    high: int,
    least: Floats,
    first: Ints,
    cut: Ints,
    charge: Floats,
    last: Ints,
    n_cuts: int,
    table: Floats,
    limit: float,
    alive: Ints,
    load: Ints,
    value: Floats,
    mask: Ints,
    parent: Ints,
    taken: Ints,
) -> tuple[float, int, int]:
    """Return the value and label of the cheapest class below a limit, and work done.

    The label is 0 where there is none, ``TOO_MANY`` where the labels did not suffice.
    """
    n_labels, n_alive, best, at, work = 1, 1, limit, 0, 0
    load[0], value[0], parent[0], taken[0], alive[0] = 0, 0.0, -1, -1, 0
    mask[0, :] = 0
    live = np.zeros(WORDS, np.int64)
    n_words = (n_cuts + 63) // 64
    for t in range(n):
        n_all = n_alive
        work += n_alive
        for x in range(n_alive):
            a = alive[x]
            more, now = load[a] + size[t], value[a] + worth[t]
            if more > high or (worth[t] >= 0 and load[a] >= low):
                continue
            if now + least[t + 1, more] >= best - SMALL:
                continue
            for c in range(first[t], first[t + 1]):
                if (mask[a, cut[c] >> 6] >> (cut[c] & 63)) & 1:
                    now += charge[cut[c]]
            if now + least[t + 1, more] >= best - SMALL:
                continue
            if n_labels == len(load):
                return best, TOO_MANY, work
            load[n_labels], value[n_labels] = more, now
            parent[n_labels], taken[n_labels] = a, t
            mask[n_labels, :n_words] = mask[a, :n_words]
            for c in range(first[t], first[t + 1]):
                mask[n_labels, cut[c] >> 6] ^= np.int64(1) << np.int64(cut[c] & 63)
            if more >= low and now < best:
                best, at = now, n_labels
            alive[n_all] = n_labels
            n_all += 1
            n_labels += 1
        cuts_after(t, last, n_cuts, live)
        n_alive, more_work = undominated(
            alive, n_all, low, least[t + 1], best, live, (n_cuts + 7) // 8, table, load, value, mask
        )
        work += more_work
    return best, at, work


@compiled
def price_hosts(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    triples: Ints,
    charges: Floats,
    low: int,
    high: int,
    limits: Floats,
    n_labels: int,
    values: Floats,
    sets: Bools,
    found: Bools,
) -> float:
    """Set the cheapest class of each host below its limit; return the work done.

    ``values`` are the limits where there is none. The work is -1 where labels did not suffice.
    """
    n, m = price.size, values.size
    item, size, worth = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    least, first = np.empty((n + 1, high + 1)), np.empty(n + 1, np.int64)
    most = max(1, charges.size)
    cut, charge, last = np.empty(3 * most, np.int64), np.empty(most), np.empty(most, np.int64)
    place, table = np.full(n, -1), np.empty((8 * WORDS, 256))
    alive, load, value = (
        np.empty(n_labels, np.int64),
        np.empty(n_labels, np.int64),
        np.empty(n_labels),
    )
    mask = np.empty((n_labels, WORDS), np.int64)
    parent, taken = np.empty(n_labels, np.int64), np.empty(n_labels, np.int64)
    work = 0.0
    for j in range(m):
        n_here = look_around(
            by_host[j], by_host[j + 1], units, costs, sizes, price, item, size, worth
        )
        completions(n_here, size, worth, low, high, least)
        work += n_here * high
        values[j], found[j] = limits[j], False
        if least[0, 0] >= limits[j] - SMALL:
            continue
        n_cuts = cuts_here(n_here, item, triples, charges, place, first, cut, charge, last)
        if n_cuts > 64 * WORDS:
            return -1.0
        charge_table(n_cuts, charge, table)
        values[j], at, done = cheapest(
            n_here, size, worth, low, high, least, first, cut, charge, last, n_cuts, table,
            limits[j], alive, load, value, mask, parent, taken,
        )  # fmt: skip
        work += 4.0 * done + 3.0 * charges.size
        if at == TOO_MANY:
            return -1.0
        found[j] = at > 0
        sets[j, :] = False
        while at > 0:
            sets[j, item[taken[at]]] = True
            at = parent[at]
    return work
