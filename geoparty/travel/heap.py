"""A four-ary heap of nodes that knows where each stands in it, for compiled kernels.

A kernel keeps ``heap`` (nodes, the nearest first), ``at`` (where a node stands in it, -1: not in
it), ``dist`` (what nodes are ordered by) and how many are in it.

Functions called millions of times use each of their arrays in their last lines: of an array left
before the end the compiler counts who holds it, which takes longer than the work itself.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from geoparty.kernels import compiled

Array: TypeAlias = Any


@compiled
def offer(heap: Array, at: Array, dist: Array, size: int, node: int, minutes: float) -> int:
    """Offer a node at some minutes, less than it has; return the size of the heap."""
    i = at[node]
    if i < 0:
        i = size
        size += 1
    while i > 0:
        up = (i - 1) >> 2
        if dist[heap[up]] <= minutes:
            break
        heap[i] = heap[up]
        at[heap[i]] = i
        i = up
    heap[i], at[node], dist[node] = node, i, minutes
    return size


@compiled
def nearest(heap: Array, at: Array, dist: Array, size: int) -> tuple[int, int]:
    """Take the first node out of the heap; return it and the size then."""
    size -= 1
    first, node = heap[0], heap[size]
    key = dist[node]
    i, child = 0, 1
    while child < size:
        best = child
        for c in range(child + 1, min(child + 4, size)):
            if dist[heap[c]] < dist[heap[best]]:
                best = c
        if dist[heap[best]] >= key:
            break
        heap[i] = heap[best]
        at[heap[i]] = i
        i = best
        child = 4 * i + 1
    heap[i], at[node], dist[node] = node, i, key
    # last, for the first may be the only one
    at[first] = -1
    return first, size
