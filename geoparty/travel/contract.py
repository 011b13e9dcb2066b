"""Fewer nodes, the same minutes: the compiled kernel that takes out nodes of few neighbours.

For many searches over one graph of roads, nodes where nothing begins or ends are taken out
one by one, fewest neighbours first, and every two neighbours joined by what the way through
cost (a partial contraction hierarchy, Geisberger et al. 2008, without ranks or witnesses). All
minutes between the points that stay are kept exactly.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled

Array: TypeAlias = Any

MOST_NEIGHBOURS = 5
"""Nodes with more neighbours stay."""


@compiled
def _link(
    head: Array, after: Array, to: Array, cost: Array, degree: Array, a: int, b: int, minutes: float
) -> bool:
    """Join two nodes, or shorten what joins them; return whether an edge is new.

    Entry 0 of ``after`` is the first free edge; edges ``e`` and ``e ^ 1`` are each other's way
    back, of infinite cost when taken out.
    """
    if degree[b] < degree[a]:
        a, b = b, a
    e = head[a]
    while e >= 0:
        if to[e] == b and cost[e] < np.inf:
            if minutes < cost[e]:
                cost[e] = minutes
                cost[e ^ 1] = minutes
            return False
        e = after[e]
    e = np.int64(after[0])
    to[e], to[e + 1] = b, a
    cost[e], cost[e + 1] = minutes, minutes
    after[e], after[e + 1] = head[a], head[b]
    head[a], head[b] = e, e + 1
    degree[a] += 1
    degree[b] += 1
    after[0] = e + 2
    return True


@compiled
def contract(  # noqa: C901  # one pass, told whole
    start: Array, other: Array, cost: Array, kind: Array, limit: float, spare: int
) -> tuple[Array, Array, Array]:
    """Return the edges (from, to, minutes, each once) left between the nodes that stay.

    ``kind`` is 0 for nodes that may go, 1 for targets, 2 for origins; two of the same kind are
    never joined, nor anything beyond the limit. The graph must be as fast both ways. ``spare``
    is how many edges may be added before the work stops early, with a right answer.
    """
    n = start.size - 1
    most = other.size + 2 * spare + 4
    head, degree = np.full(n, -1, np.int64), np.zeros(n, np.int32)
    after, to, weight = np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most)
    after[0] = 2
    for a in range(n):
        for e in range(start[a], start[a + 1]):
            if a < other[e] and cost[e] <= limit:
                _link(head, after, to, weight, degree, a, other[e], cost[e])
    gone = np.zeros(n, np.uint8)
    near, far = np.empty(MOST_NEIGHBOURS + 1, np.int32), np.empty(MOST_NEIGHBOURS + 1)
    queue = np.empty(n, np.int32)
    waits = np.zeros(n, np.uint8)
    for bound in range(1, MOST_NEIGHBOURS + 1):
        size = 0
        for a in range(n):
            if kind[a] == 0 and not gone[a] and degree[a] <= bound:
                queue[size] = a
                size += 1
                waits[a] = 1
        while size > 0:
            size -= 1
            here = queue[size]
            waits[here] = 0
            if degree[here] > bound or after[0] + MOST_NEIGHBOURS**2 >= most:
                continue
            gone[here] = 1
            k = 0
            e = head[here]
            while e >= 0:
                if weight[e] < np.inf:
                    near[k], far[k] = to[e], weight[e]
                    weight[e], weight[e ^ 1] = np.inf, np.inf
                    degree[to[e]] -= 1
                    k += 1
                e = after[e]
            for i in range(k):
                for j in range(i):
                    if kind[near[i]] == kind[near[j]] and kind[near[i]] != 0:
                        continue
                    if far[i] + far[j] <= limit:
                        through = far[i] + far[j]
                        _link(head, after, to, weight, degree, near[i], near[j], through)
            for i in range(k):
                a = near[i]
                if kind[a] == 0 and not waits[a] and degree[a] <= bound:
                    queue[size] = a
                    size += 1
                    waits[a] = 1
    total = 0
    for e in range(2, after[0], 2):
        total += weight[e] < np.inf
    one, two, minutes = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total)
    total = 0
    for e in range(2, after[0], 2):
        if weight[e] < np.inf:
            one[total], two[total], minutes[total] = to[e ^ 1], to[e], weight[e]
            total += 1
    return one, two, minutes
