"""Shortest ways over an explicit graph: the compiled kernels.

A graph is three arrays: ``start`` (first edge of each node), ``other`` (node at the far end)
and ``cost`` (minutes), held backwards, so that a search from targets finds minutes towards
them. Targets enter by seeds (node, minutes), origins leave by taps (node, minutes). All are
Dijkstra (1959) with a four-ary heap that knows where each node stands in it; a single search
over everything takes its nodes by buckets instead.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled
from geoparty.travel.buckets import BUCKETS, emptied, grown, put, take
from geoparty.travel.heap import nearest, offer

Array: TypeAlias = Any


@compiled
def spread(  # noqa: C901  # one search, told whole
    start: Array, other: Array, cost: Array, node: Array, minutes: Array, limit: float
) -> tuple[Array, Array]:
    """Return minutes of every node from the nearest seed, and the node before it (-1: none).

    Nodes no nearer than the limit have no minutes (``inf``).
    Nodes come out by buckets of time: within a bucket a node may come out again when it
    improved, so the result is exact whatever the width of a bucket.
    """
    n = start.size - 1
    before = np.full(n, -1, np.int32)
    dist = np.full(n, np.inf)
    settled = np.zeros(n, np.bool_)
    head, link, entry, spare = emptied(1 << 15)
    width = max(_mean(cost) / 2, 1e-6)
    live, now, room = 0, 0, 1
    for here in range(n):
        room = max(room, 1 + start[here + 1] - start[here])
    for i in range(node.size):
        if minutes[i] < min(dist[node[i]], limit):
            if spare[1] < 1:
                link, entry = grown(link, entry, spare)
            dist[node[i]] = minutes[i]
            due = min(int(minutes[i] / width), BUCKETS - 1)
            put(head, link, entry, spare, due, node[i])
            live += 1
    while live > 0:
        # out here, for inside the compiler would count who holds the arrays at every node
        while spare[1] < room:
            link, entry = grown(link, entry, spare)
        slot = now & (BUCKETS - 1)
        while head[slot] != -1 and spare[1] >= room:
            here = take(head, link, entry, spare, slot)
            live -= 1
            if settled[here]:
                continue
            due = int(dist[here] / width)
            if due > now:
                due = min(due, now + BUCKETS - 1)
                put(head, link, entry, spare, due & (BUCKETS - 1), here)
                live += 1
                continue
            settled[here] = True
            for e in range(start[here], start[here + 1]):
                reached = dist[here] + cost[e]
                there = other[e]
                if reached < dist[there] and reached < limit:
                    dist[there] = reached
                    before[there] = here
                    settled[there] = False
                    due = min(int(reached / width), now + BUCKETS - 1)
                    put(head, link, entry, spare, due & (BUCKETS - 1), there)
                    live += 1
        if head[slot] == -1:
            now += 1
    return dist, before


@compiled
def _mean(cost: Array) -> float:
    """Return the mean of some of the costs, about a thousand."""
    step = max(1, cost.size // 1009)
    total, n = 0.0, 0
    for e in range(0, cost.size, step):
        total += cost[e]
        n += 1
    return total / max(n, 1)


@compiled
def by_tail(tail: Array, head: Array, minutes: Array, n_nodes: int) -> tuple[Array, Array, Array]:
    """Return edges in the order of the nodes they leave: first edge of each, far node, minutes."""
    start = np.zeros(n_nodes + 1, np.int64)
    for e in range(tail.size):
        start[tail[e] + 1] += 1
    for node in range(n_nodes):
        start[node + 1] += start[node]
    at = start[:-1].copy()
    other, cost = np.empty(tail.size, np.int32), np.empty(tail.size)
    for e in range(tail.size):
        other[at[tail[e]]], cost[at[tail[e]]] = head[e], minutes[e]
        at[tail[e]] += 1
    return start, other, cost


@compiled
def tap(dist: Array, first: Array, node: Array, minutes: Array) -> Array:
    """Return for each origin the least of its taps: node's minutes plus the tap's."""
    best = np.full(first.size - 1, np.inf)
    for i in range(best.size):
        for t in range(first[i], first[i + 1]):
            best[i] = min(best[i], dist[node[t]] + minutes[t])
    return best


@compiled
def doubled(who: Array, minutes: Array) -> tuple[Array, Array]:
    """Return two arrays at twice their length."""
    n = who.size
    more, longer = np.empty(2 * n, np.int32), np.empty(2 * n)
    for i in range(n):
        more[i] = who[i]
        longer[i] = minutes[i]
    return more, longer


@compiled
def matrix(  # noqa: C901  # one search, told whole
    start: Array,
    other: Array,
    cost: Array,
    seed_first: Array,
    seed_node: Array,
    seed_minutes: Array,
    origin_first: Array,
    origin: Array,
    origin_minutes: Array,
    n_origins: int,
    limit: float,
) -> tuple[Array, Array, Array]:
    """Return (target's first entry, origin, minutes) for all within the limit.

    Taps are held by node: those of node ``u`` are ``origin[origin_first[u]:...]``.
    """
    n = start.size - 1
    dist = np.full(n, np.inf)
    at = np.full(n, -1, np.int32)
    heap = np.empty(n, np.int32)
    seen = np.empty(n, np.int32)
    best = np.full(n_origins, np.inf)
    found = np.empty(n_origins, np.int32)
    first = np.zeros(seed_first.size, np.int64)
    row = np.empty(1 << 14, np.int32)
    minutes = np.empty(1 << 14)
    for t in range(seed_first.size - 1):
        size, n_seen, n_found = 0, 0, 0
        for i in range(seed_first[t], seed_first[t + 1]):
            if seed_minutes[i] < dist[seed_node[i]] and seed_minutes[i] <= limit:
                if dist[seed_node[i]] == np.inf:
                    seen[n_seen] = seed_node[i]
                    n_seen += 1
                size = offer(heap, at, dist, size, seed_node[i], seed_minutes[i])
        while size > 0:
            here, size = nearest(heap, at, dist, size)
            for j in range(origin_first[here], origin_first[here + 1]):
                reached = dist[here] + origin_minutes[j]
                if reached < best[origin[j]] and reached <= limit:
                    if best[origin[j]] == np.inf:
                        found[n_found] = origin[j]
                        n_found += 1
                    best[origin[j]] = reached
            for e in range(start[here], start[here + 1]):
                reached = dist[here] + cost[e]
                if reached < dist[other[e]] and reached <= limit:
                    if dist[other[e]] == np.inf:
                        seen[n_seen] = other[e]
                        n_seen += 1
                    size = offer(heap, at, dist, size, other[e], reached)
        for i in range(n_seen):
            dist[seen[i]] = np.inf
        low = first[t]
        while low + n_found > row.size:
            row, minutes = doubled(row, minutes)
        for i in range(n_found):
            row[low + i] = found[i]
            minutes[low + i] = best[found[i]]
            best[found[i]] = np.inf
        first[t + 1] = low + n_found
    return first, row[: first[-1]], minutes[: first[-1]]
