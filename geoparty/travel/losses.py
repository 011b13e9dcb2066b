"""What closing a few edges costs everybody: the compiled kernels.

Ways to the targets are a tree. To close an edge outside it costs nobody anything; to close one
of it costs only those below, which are one interval of a walk round the tree (Euler's tour).
Each place in it is asked again by A* (Hart, Nilsson and Raphael 1968): its estimate are the
minutes before, never too many as nothing gets nearer by a closure, and it ends at the first
node that keeps its way. What one place looked at raises the estimate for those after it
(Koenig and Likhachev 2005), so that neighbours share the work.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled
from geoparty.travel.heap import nearest, offer
from geoparty.travel.search import doubled

Array: TypeAlias = Any


@compiled
def tour(before: Array) -> tuple[Array, Array]:
    """Return when a walk round the tree comes to each node, and when it has left all below."""
    n = before.size
    child, sibling = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for node in range(n):
        if before[node] >= 0:
            sibling[node] = child[before[node]]
            child[before[node]] = node
    come, left = np.empty(n, np.int32), np.empty(n, np.int32)
    clock = 0
    for root in range(n):
        if before[root] >= 0:
            continue
        node = root
        while True:
            come[node] = clock
            clock += 1
            if child[node] >= 0:
                node = child[node]
                continue
            left[node] = clock
            while node != root and sibling[node] < 0:
                node = before[node]
                left[node] = clock
            if node == root:
                break
            node = sibling[node]
    return come, left


@compiled
def homes(dist: Array, first: Array, node: Array, minutes: Array, direct: Array) -> Array:
    """Return the node each origin enters the graph by; -1: it needs none."""
    home = np.full(direct.size, -1, np.int32)
    for i in range(direct.size):
        best = direct[i]
        for t in range(first[i], first[i + 1]):
            if dist[node[t]] + minutes[t] < best:
                best = dist[node[t]] + minutes[t]
                home[i] = node[t]
    return home


@compiled
def _closes(a: int, b: int, cost: float, at: int, one: Array, two: Array, along: Array) -> bool:
    """Whether an edge from ``a`` to ``b`` is the candidate's, not another beside it."""
    return bool(one[at] == a and two[at] == b and cost == along[at])


@compiled
def _below(
    low: int,
    high: int,
    one: Array,
    two: Array,
    along: Array,
    against: Array,
    dist: Array,
    before: Array,
    come: Array,
    left: Array,
    begin: Array,
    end: Array,
) -> int:
    """Find the intervals of the tour below the edges that close, none inside another."""
    n = 0
    for i in range(low, high):
        for a, b, cost in ((one[i], two[i], against[i]), (two[i], one[i], along[i])):
            if before[b] != a or dist[b] < dist[a] + cost:
                continue
            k, is_inside = 0, False
            while k < n:
                if begin[k] <= come[b] and left[b] <= end[k]:
                    is_inside = True
                    break
                if come[b] <= begin[k] and end[k] <= left[b]:
                    n -= 1
                    begin[k], end[k] = begin[n], end[n]
                    continue
                k += 1
            if not is_inside:
                begin[n], end[n] = come[b], left[b]
                n += 1
    return n


@compiled
def _is_below(when: int, begin: Array, end: Array, n: int) -> bool:
    for k in range(n):  # noqa: SIM110  # numba has no any() of a generator
        if begin[k] <= when < end[k]:
            return True
    return False


@compiled
def closed(  # noqa: C901  # one search, told whole
    start: Array,
    other: Array,
    cost: Array,
    dist: Array,
    before: Array,
    seed: Array,
    first: Array,
    one: Array,
    two: Array,
    along: Array,
    against: Array,
    tap_first: Array,
    tap_node: Array,
    tap_minutes: Array,
    direct: Array,
) -> tuple[Array, Array, Array]:
    """Return for each candidate the origins whose way passes it, and their minutes without it.

    The graph is held forwards: edges of a node lead on towards the targets. ``seed`` holds what
    each node has from a target of its own; ``direct`` what each origin has without the graph.
    """
    n = start.size - 1
    come, left = tour(before)
    home = homes(dist, tap_first, tap_node, tap_minutes, direct)
    entry = np.full(home.size, -1, np.int32)
    for i in range(home.size):
        if home[i] >= 0:
            entry[i] = come[home[i]]
    order = np.argsort(entry, kind="mergesort")
    entry = entry[order]
    most = 1
    for c in range(first.size - 1):
        most = max(most, 2 * (first[c + 1] - first[c]))
    low, high = np.empty(most, np.int32), np.empty(most, np.int32)
    estimate, gone = dist.copy(), np.full(n, np.inf)
    least = np.full(n, np.inf)
    at, heap = np.full(n, -1, np.int32), np.empty(n, np.int32)
    raised, seen = np.empty(n, np.int32), np.empty(n, np.int32)
    mark = np.full(n, -1, np.int32)
    begin = np.zeros(first.size, np.int64)
    who, then = np.empty(1 << 12, np.int32), np.empty(1 << 12)
    for c in range(first.size - 1):
        f, t = first[c], first[c + 1]
        n_low = _below(f, t, one, two, along, against, dist, before, come, left, low, high)
        n_raised, n_found = 0, begin[c]
        for p in range(f, t):
            mark[one[p]], mark[two[p]] = c, c
        for k in range(n_low):
            for i in range(np.searchsorted(entry, low[k]), np.searchsorted(entry, high[k])):
                me = order[i]
                best, through, size, n_seen = direct[me], np.inf, 0, 0
                for j in range(tap_first[me], tap_first[me + 1]):
                    node, reached = tap_node[j], tap_minutes[j]
                    if not _is_below(come[node], low, high, n_low):
                        through = min(through, reached + dist[node])
                    elif reached < gone[node] and estimate[node] < np.inf:
                        if gone[node] == np.inf:
                            seen[n_seen] = node
                            n_seen += 1
                        gone[node] = reached
                        size = offer(heap, at, least, size, node, reached + estimate[node])
                best = min(best, through)
                while size > 0 and least[heap[0]] < best:
                    here, size = nearest(heap, at, least, size)
                    through = min(through, gone[here] + seed[here])
                    for e in range(start[here], start[here + 1]):
                        node, reached = other[e], gone[here] + cost[e]
                        if reached >= gone[node] or reached + estimate[node] >= best:
                            continue
                        shut = False
                        if mark[here] == c and mark[node] == c:
                            for p in range(f, t):
                                shut |= _closes(here, node, cost[e], p, one, two, along)
                                shut |= _closes(here, node, cost[e], p, two, one, against)
                        if shut:
                            continue
                        if not _is_below(come[node], low, high, n_low):
                            through = min(through, reached + dist[node])
                            continue
                        if gone[node] == np.inf:
                            seen[n_seen] = node
                            n_seen += 1
                        gone[node] = reached
                        size = offer(heap, at, least, size, node, reached + estimate[node])
                    best = min(best, through)
                for s in range(size):
                    at[heap[s]] = -1
                for s in range(n_seen):
                    node = seen[s]
                    if best - gone[node] > estimate[node]:
                        if estimate[node] == dist[node]:
                            raised[n_raised] = node
                            n_raised += 1
                        estimate[node] = best - gone[node]
                    gone[node] = np.inf
                if n_found == who.size:
                    who, then = doubled(who, then)
                who[n_found], then[n_found] = me, best
                n_found += 1
        for s in range(n_raised):
            estimate[raised[s]] = dist[raised[s]]
        begin[c + 1] = n_found
    return begin, who[: begin[-1]], then[: begin[-1]]
