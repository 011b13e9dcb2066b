"""A queue by buckets of time for compiled kernels: Dial (1969), buckets going round in a ring.

Entries lie in blocks of a pool, each bucket a chain of blocks, so that putting in and taking
out write next to what was written last. A kernel keeps ``head`` (first block of each bucket,
-1: none), ``count`` (entries in that block), ``pool`` and ``link`` (next block), and ``spare``.
An entry is put in again when it improves; a stale one is passed over when it comes out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

Array: TypeAlias = Any

BLOCK = 32
BUCKETS = 1 << 12


@njit(cache=True)
def emptied(n_blocks: int) -> tuple[Array, Array, Array, Array, Array]:
    """Return head, count, pool, link and spare of a queue with nothing in it."""
    head = np.full(BUCKETS, -1, np.int32)
    count = np.full(BUCKETS, BLOCK, np.int32)
    link = np.arange(1, n_blocks + 1).astype(np.int32)
    pool = np.empty(n_blocks * BLOCK, np.uint32)
    return head, count, pool, link, np.array([0, n_blocks])


@njit(cache=True)
def put(
    head: Array, count: Array, pool: Array, link: Array, spare: Array, bucket: int, entry: int
) -> None:
    """Put an entry into a bucket; ``spare`` is the first free block and how many are free."""
    at = count[bucket]
    if at == BLOCK:
        block = spare[0]
        spare[0] = link[block]
        spare[1] -= 1
        link[block] = head[bucket]
        head[bucket] = block
        at = 0
    pool[head[bucket] * BLOCK + at] = entry
    count[bucket] = at + 1


@njit(cache=True)
def take(head: Array, count: Array, pool: Array, link: Array, spare: Array, bucket: int) -> int:
    """Take the last entry out of a bucket that is not empty."""
    block = head[bucket]
    at = count[bucket] - 1
    entry = pool[block * BLOCK + at]
    if at == 0:
        head[bucket] = link[block]
        link[block] = spare[0]
        spare[0] = block
        spare[1] += 1
        at = BLOCK
    count[bucket] = at
    return int(entry)


@njit(cache=True)
def grown(pool: Array, link: Array, spare: Array) -> tuple[Array, Array]:
    """Return the pool of blocks at twice its size."""
    n = link.size
    wider = np.empty(2 * n * BLOCK, pool.dtype)
    wider[: n * BLOCK] = pool
    longer = np.arange(1, 2 * n + 1).astype(link.dtype)
    longer[:n] = link
    longer[2 * n - 1] = spare[0]
    spare[0] = n
    spare[1] += n
    return wider, longer
