"""A queue by buckets of time for compiled kernels: Dial (1969), buckets going round in a ring.

Each bucket is a chain of slots, and a slot that gets free is the next to be used, so that putting
in and taking out write where was written last. A kernel keeps ``head`` (first slot of each bucket,
-1: none), ``link`` (the slot after each), ``entry`` and ``spare`` (the first free slot, and how
many are free). An entry is put in again when it improves; a stale one is passed over when it
comes out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled

Array: TypeAlias = Any

BUCKETS = 1 << 12


@compiled
def emptied(n_slots: int) -> tuple[Array, Array, Array, Array]:
    """Return head, link, entry and spare of a queue with nothing in it."""
    link = np.arange(1, n_slots + 1).astype(np.int32)
    entry = np.empty(n_slots, np.int32)
    return np.full(BUCKETS, -1, np.int32), link, entry, np.array([0, n_slots])


@compiled
def put(head: Array, link: Array, entry: Array, spare: Array, bucket: int, what: int) -> None:
    """Put something into a bucket; there must be a free slot."""
    slot = spare[0]
    spare[0] = link[slot]
    spare[1] -= 1
    link[slot] = head[bucket]
    head[bucket] = slot
    entry[slot] = what


@compiled
def take(head: Array, link: Array, entry: Array, spare: Array, bucket: int) -> int:
    """Take the last entry out of a bucket that is not empty."""
    slot = head[bucket]
    head[bucket] = link[slot]
    link[slot] = spare[0]
    spare[0] = slot
    spare[1] += 1
    return int(entry[slot])


@compiled
def grown(link: Array, entry: Array, spare: Array) -> tuple[Array, Array]:
    """Return link and entry with twice as many slots."""
    n = link.size
    longer = np.arange(1, 2 * n + 1).astype(link.dtype)
    longer[:n] = link
    longer[2 * n - 1] = spare[0]
    wider = np.empty(2 * n, entry.dtype)
    wider[:n] = entry
    spare[0] = n
    spare[1] += n
    return longer, wider
