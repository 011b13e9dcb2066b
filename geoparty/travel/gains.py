"""What opening a few edges gives everybody: the compiled kernels.

Exact, and touching only what changes: opening an edge spreads from its ends over the nodes
that get nearer, as far as somebody may gain by them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled
from geoparty.travel.heap import nearest, offer
from geoparty.travel.search import doubled

Array: TypeAlias = Any


@compiled
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
    late: Array,
) -> tuple[Array, Array, Array, Array]:
    """Return for each candidate the origins that get nearer, and their minutes then.

    Candidate ``c`` opens the edges ``one[first[c]:first[c + 1]]`` to ``two``, ``along`` minutes
    that way and ``against`` back; taps are held by node. ``late`` says how near each node must be
    to bring an origin with a way nearer; others gain only where an edge leads to a node that had
    none. The first array returned says where each candidate's origins begin, the last which nodes
    any of them brings nearer.
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
    stirred = np.zeros(n, np.bool_)
    for c in range(first.size - 1):
        size, n_seen, n_found = 0, 0, 0
        is_new = False
        for i in range(first[c], first[c + 1]):
            is_new |= most == np.inf and max(dist[one[i]], dist[two[i]]) == np.inf
        for i in range(first[c], first[c + 1]):
            ahead[one[i]] = c
            ahead[two[i]] = c
            for a, b, cost_i in ((one[i], two[i], against[i]), (two[i], one[i], along[i])):
                reached = fresh[a] + cost_i
                if reached < fresh[b] and (is_new or reached < late[b]):
                    if fresh[b] == dist[b]:
                        seen[n_seen] = b
                        n_seen += 1
                    size = offer(heap, at, fresh, size, b, reached)
        while size > 0 and fresh[heap[0]] < most:
            here, size = nearest(heap, at, fresh, size)
            for j in range(origin_first[here], origin_first[here + 1]):
                reached = fresh[here] + origin_minutes[j]
                if reached < best[origin[j]]:
                    if best[origin[j]] == now[origin[j]]:
                        found[n_found] = origin[j]
                        n_found += 1
                    best[origin[j]] = reached
            for e in range(start[here], start[here + 1]):
                reached = fresh[here] + cost[e]
                if reached < fresh[other[e]] and (is_new or reached < late[other[e]]):
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
                    if reached < fresh[far] and (is_new or reached < late[far]):
                        if fresh[far] == dist[far]:
                            seen[n_seen] = far
                            n_seen += 1
                        size = offer(heap, at, fresh, size, far, reached)
        for i in range(size):
            at[heap[i]] = -1
        for i in range(n_seen):
            fresh[seen[i]] = dist[seen[i]]
            stirred[seen[i]] = True
        low = begin[c]
        while low + n_found > who.size:
            who, then = doubled(who, then)
        for i in range(n_found):
            who[low + i] = found[i]
            then[low + i] = best[found[i]]
            best[found[i]] = now[found[i]]
        begin[c + 1] = low + n_found
    return begin, who[: begin[-1]], then[: begin[-1]], stirred


@compiled
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
        here, size = nearest(heap, at, dist, size)
        for e in range(start[here], start[here + 1]):
            if dist[here] + cost[e] < dist[other[e]]:
                size = offer(heap, at, dist, size, other[e], dist[here] + cost[e])


@compiled
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
