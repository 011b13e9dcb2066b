"""What opening or closing a few edges does to everybody: the compiled kernels.

Both are exact and touch only what changes: opening an edge spreads from its ends over the
nodes that get nearer; closing one asks again only below it in the tree of shortest ways.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

from geoparty.travel.search import doubled, lower_last, offer

Array: TypeAlias = Any


@njit(cache=True)
def opened(  # noqa: C901  # one spread, told whole
    start: Array,
    other: Array,
    cost: Array,
    dist: Array,
    first: Array,
    one: Array,
    two: Array,
    along: Array,
    against: Array,
    origin_first: Array,
    origin: Array,
    origin_minutes: Array,
    now: Array,
) -> tuple[Array, Array, Array]:
    """Return for each candidate the origins that get nearer, and their minutes then.

    Candidate ``c`` opens the edges ``one[first[c]:first[c + 1]]`` to ``two``, ``along`` minutes
    that way and ``against`` back; taps are held by node. The first array returned says where
    each candidate's origins begin.
    """
    n = start.size - 1
    fresh, best = dist.copy(), now.copy()
    # no origin gets nearer by a node farther than all of them are
    most = now.max() if now.size else 0.0
    at = np.full(n, -1, np.int32)
    heap, seen = np.empty(n, np.int32), np.empty(n, np.int32)
    found = np.empty(now.size, np.int32)
    begin = np.zeros(first.size, np.int64)
    who, then = np.empty(1 << 12, np.int32), np.empty(1 << 12)
    ahead = np.full(n, -1, np.int32)
    for c in range(first.size - 1):
        size, n_seen, n_found = 0, 0, 0
        for i in range(first[c], first[c + 1]):
            ahead[one[i]] = c
            ahead[two[i]] = c
            for a, b, cost_i in ((one[i], two[i], against[i]), (two[i], one[i], along[i])):
                reached = fresh[a] + cost_i
                if reached < fresh[b]:
                    if fresh[b] == dist[b]:
                        seen[n_seen] = b
                        n_seen += 1
                    size = offer(heap, at, fresh, size, b, reached)
        while size > 0 and fresh[heap[0]] < most:
            here = heap[0]
            at[here] = -1
            size -= 1
            if size > 0:
                lower_last(heap, at, fresh, size)
            for j in range(origin_first[here], origin_first[here + 1]):
                reached = fresh[here] + origin_minutes[j]
                if reached < best[origin[j]]:
                    if best[origin[j]] == now[origin[j]]:
                        found[n_found] = origin[j]
                        n_found += 1
                    best[origin[j]] = reached
            for e in range(start[here], start[here + 1]):
                reached = fresh[here] + cost[e]
                if reached < fresh[other[e]]:
                    if fresh[other[e]] == dist[other[e]]:
                        seen[n_seen] = other[e]
                        n_seen += 1
                    size = offer(heap, at, fresh, size, other[e], reached)
            if ahead[here] == c:
                for i in range(first[c], first[c + 1]):
                    if here != one[i] and here != two[i]:
                        continue
                    far = two[i] if here == one[i] else one[i]
                    reached = fresh[here] + (against[i] if here == one[i] else along[i])
                    if reached < fresh[far]:
                        if fresh[far] == dist[far]:
                            seen[n_seen] = far
                            n_seen += 1
                        size = offer(heap, at, fresh, size, far, reached)
        for i in range(size):
            at[heap[i]] = -1
        for i in range(n_seen):
            fresh[seen[i]] = dist[seen[i]]
        low = begin[c]
        while low + n_found > who.size:
            who, then = doubled(who, then)
        for i in range(n_found):
            who[low + i] = found[i]
            then[low + i] = best[found[i]]
            best[found[i]] = now[found[i]]
        begin[c + 1] = low + n_found
    return begin, who[: begin[-1]], then[: begin[-1]]


@njit(cache=True)
def lower(
    start: Array,
    other: Array,
    cost: Array,
    dist: Array,
    one: Array,
    two: Array,
    along: Array,
    against: Array,
) -> None:
    """Lower the minutes of all nodes that edges of the graph, opened just now, bring nearer."""
    n = start.size - 1
    at, heap = np.full(n, -1, np.int32), np.empty(n, np.int32)
    size = 0
    for i in range(one.size):
        for a, b, minutes in ((one[i], two[i], against[i]), (two[i], one[i], along[i])):
            if dist[a] + minutes < dist[b]:
                size = offer(heap, at, dist, size, b, dist[a] + minutes)
    while size > 0:
        here = heap[0]
        at[here] = -1
        size -= 1
        if size > 0:
            lower_last(heap, at, dist, size)
        for e in range(start[here], start[here + 1]):
            if dist[here] + cost[e] < dist[other[e]]:
                size = offer(heap, at, dist, size, other[e], dist[here] + cost[e])


@njit(cache=True)
def regions(start: Array, other: Array, dist: Array, limit: float, home: Array) -> Array:
    """Return which part of what lies beyond the limit each home node is in (-1: no node)."""
    label, stack = np.full(start.size - 1, -1, np.int32), np.empty(start.size - 1, np.int32)
    part = np.full(home.size, -1, np.int32)
    for i in range(home.size):
        if home[i] < 0:
            continue
        if label[home[i]] < 0:
            label[home[i]] = home[i]
            stack[0] = home[i]
            size = 1
            while size > 0:
                size -= 1
                here = stack[size]
                for e in range(start[here], start[here + 1]):
                    if label[other[e]] < 0 and dist[other[e]] > limit:
                        label[other[e]] = home[i]
                        stack[size] = other[e]
                        size += 1
        part[i] = label[home[i]]
    return part


@njit(cache=True)
def passed(before: Array, node: Array) -> Array:
    """Return which nodes lie on the shortest ways of some nodes."""
    mark = np.zeros(before.size, np.bool_)
    for i in range(node.size):
        here = node[i]
        while here >= 0 and not mark[here]:
            mark[here] = True
            here = before[here]
    return mark


@njit(cache=True)
def _children(before: Array) -> tuple[Array, Array]:
    """Return the first child and the next sibling of every node of a tree."""
    child, sibling = np.full(before.size, -1, np.int32), np.full(before.size, -1, np.int32)
    for node in range(before.size):
        if before[node] >= 0:
            sibling[node] = child[before[node]]
            child[before[node]] = node
    return child, sibling


@njit(cache=True)
def closed(  # noqa: C901  # one search, told whole
    start: Array,
    other: Array,
    cost: Array,
    dist: Array,
    before: Array,
    first: Array,
    one: Array,
    two: Array,
    seed: Array,
    origin_first: Array,
    origin: Array,
    tap_first: Array,
    tap_node: Array,
    tap_minutes: Array,
    direct: Array,
) -> tuple[Array, Array, Array]:
    """Return for each candidate the origins whose way passes it, and their minutes without it.

    All edges between ``one`` and ``two`` close. ``seed`` holds what each node has from a
    target of its own; ``direct`` what each origin has without the graph.
    """
    n = start.size - 1
    child, sibling = _children(before)
    fresh = dist.copy()
    at = np.full(n, -1, np.int32)
    heap, below = np.empty(n, np.int32), np.empty(n, np.int32)
    mark, asked = np.full(n, -1, np.int32), np.full(direct.size, -1, np.int32)
    begin = np.zeros(first.size, np.int64)
    who, then = np.empty(1 << 12, np.int32), np.empty(1 << 12)
    for c in range(first.size - 1):
        n_below, size, n_found = 0, 0, begin[c]
        for i in range(first[c], first[c + 1]):
            for a, b in ((one[i], two[i]), (two[i], one[i])):
                if before[b] == a and mark[b] != c:
                    mark[b] = c
                    below[n_below] = b
                    n_below += 1
        i = 0
        while i < n_below:
            node = child[below[i]]
            while node >= 0:
                if mark[node] != c:
                    mark[node] = c
                    below[n_below] = node
                    n_below += 1
                node = sibling[node]
            i += 1
        for i in range(n_below):
            fresh[below[i]] = np.inf
        for i in range(n_below):
            node = below[i]
            least = seed[node]
            for e in range(start[node], start[node + 1]):
                near = other[e]
                if mark[near] == c or _is_closed(near, node, first[c], first[c + 1], one, two):
                    continue
                for back in range(start[near], start[near + 1]):
                    if other[back] == node:
                        least = min(least, dist[near] + cost[back])
            if least < np.inf:
                size = offer(heap, at, fresh, size, node, least)
        while size > 0:
            here = heap[0]
            at[here] = -1
            size -= 1
            if size > 0:
                lower_last(heap, at, fresh, size)
            for e in range(start[here], start[here + 1]):
                reached = fresh[here] + cost[e]
                if mark[other[e]] != c or reached >= fresh[other[e]]:
                    continue
                if not _is_closed(here, other[e], first[c], first[c + 1], one, two):
                    size = offer(heap, at, fresh, size, other[e], reached)
        for i in range(n_below):
            for j in range(origin_first[below[i]], origin_first[below[i] + 1]):
                if asked[origin[j]] == c:
                    continue
                asked[origin[j]] = c
                least = direct[origin[j]]
                for k in range(tap_first[origin[j]], tap_first[origin[j] + 1]):
                    least = min(least, fresh[tap_node[k]] + tap_minutes[k])
                if n_found == who.size:
                    who, then = doubled(who, then)
                who[n_found], then[n_found] = origin[j], least
                n_found += 1
        for i in range(n_below):
            fresh[below[i]] = dist[below[i]]
        begin[c + 1] = n_found
    return begin, who[: begin[-1]], then[: begin[-1]]


@njit(cache=True)
def _is_closed(a: int, b: int, low: int, high: int, one: Array, two: Array) -> bool:
    """Whether an edge is one of those that close."""
    for i in range(low, high):  # noqa: SIM110  # numba has no any() of a generator
        if (one[i] == a and two[i] == b) or (one[i] == b and two[i] == a):
            return True
    return False
