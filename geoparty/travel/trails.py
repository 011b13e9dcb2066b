"""Shortest ways of pairs, target by target: the compiled kernel behind minutes and routes."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled
from geoparty.travel.heap import nearest, offer

Array: TypeAlias = Any


@compiled
def trails(  # noqa: C901  # one search, told whole
    start: Array,
    other: Array,
    cost: Array,
    part: Array,
    seed_first: Array,
    seed_node: Array,
    seed_minutes: Array,
    tap_first: Array,
    tap_node: Array,
    tap_minutes: Array,
    goal_first: Array,
    goal: Array,
    draws: bool,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return minutes, tap and seed of each goal (-1: no way), and the nodes between them.

    Target ``t`` has the seeds ``seed_first[t]:seed_first[t + 1]`` and the origins
    ``goal[goal_first[t]:goal_first[t + 1]]``; its search ends at the last of their taps.
    ``part`` is the connected part each node is in: taps in no part of the target are given up
    before. Goal ``g`` has the nodes ``node[first[g]:first[g + 1]]``, from its tap to its seed,
    where ``draws``.
    """
    n = start.size - 1
    dist, before = np.full(n, np.inf), np.full(n, -1, np.int32)
    at, heap, seen = np.full(n, -1, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    waits = np.full(n, -1, np.int32)
    best, tap = np.full(goal.size, np.inf), np.full(goal.size, -1, np.int64)
    seed, first = np.full(goal.size, -1, np.int64), np.zeros(goal.size + 1, np.int64)
    node = np.empty(1 << 14, np.int32)
    for t in range(goal_first.size - 1):
        size, n_seen, n_open = 0, 0, 0
        for i in range(seed_first[t], seed_first[t + 1]):
            if seed_minutes[i] < dist[seed_node[i]]:
                if dist[seed_node[i]] == np.inf:
                    seen[n_seen] = seed_node[i]
                    n_seen += 1
                size = offer(heap, at, dist, size, seed_node[i], seed_minutes[i])
        for g in range(goal_first[t], goal_first[t + 1]):
            for j in range(tap_first[goal[g]], tap_first[goal[g] + 1]):
                for i in range(seed_first[t], seed_first[t + 1]):
                    if part[seed_node[i]] == part[tap_node[j]]:
                        n_open += waits[tap_node[j]] != t
                        waits[tap_node[j]] = t
                        break
        while size > 0 and n_open > 0:
            here, size = nearest(heap, at, dist, size)
            n_open -= waits[here] == t
            for e in range(start[here], start[here + 1]):
                reached = dist[here] + cost[e]
                if reached < dist[other[e]]:
                    if dist[other[e]] == np.inf:
                        seen[n_seen] = other[e]
                        n_seen += 1
                    before[other[e]] = here
                    size = offer(heap, at, dist, size, other[e], reached)
        for g in range(goal_first[t], goal_first[t + 1]):
            for j in range(tap_first[goal[g]], tap_first[goal[g] + 1]):
                if dist[tap_node[j]] + tap_minutes[j] < best[g]:
                    best[g] = dist[tap_node[j]] + tap_minutes[j]
                    tap[g] = j
            count = first[g]
            if tap[g] >= 0 and draws:
                here = tap_node[tap[g]]
                while here >= 0:
                    if count == node.size:
                        longer = np.empty(2 * count, np.int32)
                        longer[:count] = node
                        node = longer
                    node[count] = here
                    count += 1
                    last = here
                    here = before[here]
                for i in range(seed_first[t], seed_first[t + 1]):
                    if seed_node[i] == last and seed_minutes[i] == dist[last]:
                        seed[g] = i
            first[g + 1] = count
        for i in range(size):
            at[heap[i]] = -1
        for i in range(n_seen):
            dist[seen[i]] = np.inf
            before[seen[i]] = -1
    return best, tap, seed, first, node[: first[-1]]
