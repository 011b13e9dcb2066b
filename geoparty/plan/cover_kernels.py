"""Kernels of covering: what rows and sites say about each other, and greedy covers."""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints


@compiled
def count_alive(start: Ints, other: Ints, alive: Bools, counts: Ints) -> None:
    """Set how many living ones of the other kind each of one kind touches."""
    for i in range(counts.size):
        counts[i] = 0
        for k in range(start[i], start[i + 1]):
            if alive[other[k]]:
                counts[i] += 1


@compiled
def count_marked(begin: int, end: int, other: Ints, alive: Bools, mark: Ints, i: int) -> int:
    """Return how many living neighbours carry a mark."""
    shared = 0
    for a in range(begin, end):
        if alive[other[a]] and mark[other[a]] == i:
            shared += 1
    return shared


@compiled
def drop_easier(
    start: Ints,
    other: Ints,
    back: Ints,
    back_to: Ints,
    alive: Bools,
    others: Bools,
    keep_small: bool,
) -> int:
    """Drop those whose living neighbours contain (or are contained in) another's; return how many.

    A row whose sites contain another row's is covered with it (``keep_small``). A site whose rows
    are among another's is no use beside it.
    """
    n = alive.size
    counts = np.zeros(n, np.int64)
    count_alive(start, other, others, counts)
    back_counts = np.zeros(others.size, np.int64)
    count_alive(back, back_to, alive, back_counts)
    mark = np.full(others.size, -1, np.int64)
    dropped = 0
    for i in range(n):
        if not alive[i]:
            continue
        rarest = -1
        for k in range(start[i], start[i + 1]):
            o = other[k]
            if others[o]:
                mark[o] = i
                if rarest < 0 or back_counts[o] < back_counts[rarest]:
                    rarest = o
        if rarest < 0:
            continue
        for k in range(back[rarest], back[rarest + 1]):
            r = back_to[k]
            if r == i or not alive[r] or counts[r] < counts[i]:
                continue
            shared = count_marked(start[r], start[r + 1], other, others, mark, i)
            if shared == counts[i] and (counts[r] > counts[i] or r < i):
                dropped += 1
                if keep_small:
                    alive[r] = False
                else:
                    alive[i] = False
                    break
    return dropped


@compiled
def take_needed(
    start: Ints, site: Ints, back: Ints, row: Ints, rows: Bools, sites: Bools, taken: Bools
) -> int:
    """Take sites that are the only ones of a row, and drop what they cover; return how many."""
    n_taken = 0
    for i in range(rows.size):
        if not rows[i]:
            continue
        able, last = 0, -1
        for k in range(start[i], start[i + 1]):
            if sites[site[k]]:
                able += 1
                last = site[k]
        if able == 1:
            taken[last] = True
            sites[last] = False
            n_taken += 1
            for k in range(back[last], back[last + 1]):
                rows[row[k]] = False
    return n_taken


@compiled
def greedy_cover(
    start: Ints, site: Ints, back: Ints, row: Ints, weight: Floats, first: Ints, most: int
) -> Ints:
    """Return at most so many sites, ``first`` ones first, each covering most that is left."""
    m = back.size - 1
    gain = np.zeros(m)
    covered = np.zeros(weight.size, np.bool_)
    for j in range(m):
        for k in range(back[j], back[j + 1]):
            gain[j] += weight[row[k]]
    out = np.empty(most, np.int64)
    for t in range(most):
        j = int(first[t]) if t < first.size else int(np.argmax(gain))
        if t >= first.size and gain[j] <= 1e-12:
            return out[:t]
        out[t] = j
        for k in range(back[j], back[j + 1]):
            i = row[k]
            if not covered[i]:
                covered[i] = True
                for a in range(start[i], start[i + 1]):
                    gain[site[a]] -= weight[i]
        gain[j] = -1.0
    return out
