"""Sorting and selection in kernels: small, so that they compile fast."""

from __future__ import annotations

from geoparty.kernels import compiled
from geoparty.plan.instance import Floats, Ints


@compiled
def sort_by(keys: Floats, items: Ints, n: int) -> None:
    """Sort the first ``n`` items by their keys, ties by item, in place (Shell 1959)."""
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for a in range(gap, n):
            item = items[a]
            key = keys[item]
            b = a - gap
            while b >= 0 and (keys[items[b]] > key or (keys[items[b]] == key and items[b] > item)):
                items[b + gap] = items[b]
                b -= gap
            items[b + gap] = item
        gap //= 3


@compiled
def kth_smallest(values: Floats, n: int, k: int) -> float:
    """Return the k-th smallest (from 0) of the first ``n`` values, which get rearranged."""
    low, high = 0, n - 1
    while low < high:
        pivot = values[(low + high) // 2]
        a, b = low, high
        while a <= b:
            while values[a] < pivot:
                a += 1
            while values[b] > pivot:
                b -= 1
            if a <= b:
                values[a], values[b] = values[b], values[a]
                a += 1
                b -= 1
        if k <= b:
            high = b
        elif k >= a:
            low = a
        else:
            break
    return float(values[k])
