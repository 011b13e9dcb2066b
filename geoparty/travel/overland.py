"""Shortest times over roads and cells of terrain at once: the compiled kernels.

Moves between cells are never written down: what one takes is worked out where a search comes by,
and only where it may shorten a way. The country is searched in square tiles, that with the earliest
node that waits first (Chacon and Vladimirsky 2012), so that what is looked at lies near in memory;
a node that improves later comes again, so the result is exact whatever the tiles.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled
from geoparty.travel.buckets import BUCKETS, emptied, put, take
from geoparty.travel.heap import nearest, offer
from geoparty.travel.moves import COLUMN_STEP, ROW_STEP, STEPS, slowness

Array: TypeAlias = Any

TILE = 64
"""Rows and columns of cells searched together, so that what is looked at stays near."""
WINDOW = 8.0
"""A tile is searched this many steps on, then left until its turn comes again."""
WIDTHS = 4.0
"""Buckets to a step."""
SLOTS = 1 << 15
"""Entries of a tile that can wait in buckets at once; more wait for its next turn."""
LEAST_FACTOR = np.exp(-0.175)
"""Tobler's factor where it is least, downhill by a twentieth."""


@compiled
def held_by(owner: Array, n_owners: int) -> tuple[Array, Array]:
    """Return the first entry of each owner, and the entries in the order of their owners."""
    first = np.zeros(n_owners + 1, np.int64)
    for i in range(owner.size):
        first[owner[i] + 1] += 1
    for k in range(n_owners):
        first[k + 1] += first[k]
    at = first[:-1].copy()
    entry = np.empty(owner.size, np.int32)
    for i in range(owner.size):
        entry[at[owner[i]]] = i
        at[owner[i]] += 1
    return first, entry


@compiled
def spread(  # noqa: C901  # one search, told whole
    start: Array,
    other: Array,
    cost: Array,
    tile: Array,
    walk_first: Array,
    walk_cell: Array,
    walk_back: Array,
    walk_order: Array,
    cell_first: Array,
    cell_node: Array,
    cell_there: Array,
    cell_order: Array,
    height: Array,
    slow: Array,
    bits: Array,
    cell_m: float,
    minutes_per_m: float,
    passable_order: int,
    node: Array,
    minutes: Array,
) -> Array:
    """Return minutes of every node of roads, then of every cell, from the nearest seed.

    ``start``, ``other`` and ``cost`` are roads, held backwards. Node ``u`` has walks to cells
    ``walk_cell[walk_first[u]:walk_first[u + 1]]``, and each cell has its walks to nodes, both in
    level metres there and back; a walk over a stream of an order that cannot be passed is closed.
    A move takes the mean slowness of the cells it crosses, where ``slow`` has a size.
    """
    rows, columns = height.shape
    low, across = start.size - 1, -(-columns // TILE)
    n, n_tiles = low + height.size, across * -(-rows // TILE) + 1
    dist = np.full(n, np.inf)
    settled = np.zeros(n, np.bool_)
    # nodes that wait in each tile: the first, and after each the next; itself: waits nowhere
    first, after = np.full(n_tiles, -1, np.int32), np.arange(n).astype(np.int32)
    heap, at = np.empty(n_tiles, np.int32), np.full(n_tiles, -1, np.int32)
    due, size = np.full(n_tiles, np.inf), 0
    step = cell_m * minutes_per_m
    per_minute, window = WIDTHS / step, WINDOW * step
    flat, offset = np.empty(16), np.empty(16, np.int64)
    for k in range(16):
        flat[k] = minutes_per_m * STEPS[k] * cell_m
        offset[k] = ROW_STEP[k] * columns + COLUMN_STEP[k]
    high, slowed = height.ravel(), slow.size > 0
    head, link, entry, spare = emptied(SLOTS)
    for i in range(node.size):
        there = node[i]
        if minutes[i] < dist[there]:
            dist[there] = minutes[i]
            home = _tile_of(there, low, columns, across, tile)
            if after[there] == there:
                after[there] = first[home]
                first[home] = there
            if minutes[i] < due[home]:
                size = offer(heap, at, due, size, home, minutes[i])
    while size > 0:
        here_tile, size = nearest(heap, at, due, size)
        begin = due[here_tile]
        until = begin + window
        due[here_tile] = np.inf
        here, first[here_tile] = first[here_tile], -1
        later, live, now = np.inf, 0, 0
        while here != -1:
            following = after[here]
            if settled[here]:
                # it improved by now and has been searched from
                after[here] = here
            elif dist[here] < until and spare[1] > 0:
                after[here] = here
                slot = min(int((dist[here] - begin) * per_minute), BUCKETS - 1)
                put(head, link, entry, spare, slot, here)
                live += 1
            else:
                after[here] = first[here_tile]
                first[here_tile] = here
                later = min(later, dist[here])
            here = following
        if later < np.inf:
            size = offer(heap, at, due, size, here_tile, later)
        while live > 0:
            slot = now & (BUCKETS - 1)
            while head[slot] != -1:
                here = take(head, link, entry, spare, slot)
                live -= 1
                if settled[here]:
                    continue
                settled[here] = True
                own = dist[here]
                is_road = here < low
                if is_road:
                    one, two = start[here], start[here + 1]
                    three, four = walk_first[here], walk_first[here + 1]
                else:
                    cell = here - low
                    one, two = cell_first[cell], cell_first[cell + 1]
                    three, four = 0, 16
                    row, column = cell // columns, cell % columns
                    moves = bits[row, column]
                for j in range(one, two + four - three):
                    if is_road:
                        if j < two:
                            there, reached = other[j], own + cost[j]
                        else:
                            w = j - two + three
                            there, reached = low + walk_cell[w], own + minutes_per_m * walk_back[w]
                            if walk_order[w] > passable_order:
                                continue
                        if reached >= dist[there]:
                            continue
                    elif j < two:
                        there, reached = cell_node[j], own + minutes_per_m * cell_there[j]
                        if reached >= dist[there] or cell_order[j] > passable_order:
                            continue
                    else:
                        k = j - two
                        if not moves >> k & 1:
                            continue
                        there, took = here + offset[k], flat[k]
                        if slowed:
                            took *= slowness(slow, row, column, k)
                        if own + took * LEAST_FACTOR >= dist[there]:
                            continue
                        slope = (high[cell] - high[there - low]) / (STEPS[k] * cell_m)
                        reached = own + took * np.exp(3.5 * abs(slope + 0.05) - 0.175)
                        if reached >= dist[there]:
                            continue
                    dist[there] = reached
                    settled[there] = False
                    home = _tile_of(there, low, columns, across, tile)
                    if home == here_tile and reached < until and spare[1] > 0:
                        slot_there = min(int((reached - begin) * per_minute), now + BUCKETS - 1)
                        put(head, link, entry, spare, slot_there & (BUCKETS - 1), there)
                        live += 1
                        continue
                    if after[there] == there:
                        after[there] = first[home]
                        first[home] = there
                    if reached < due[home]:
                        size = offer(heap, at, due, size, home, reached)
            now += 1
    return dist


@compiled
def _tile_of(node: int, low: int, columns: int, across: int, tile: Array) -> int:
    """Return the tile a node of roads or a cell lies in."""
    if node < low:
        return int(tile[node])
    cell = node - low
    return int(cell // columns // TILE * across + cell % columns // TILE)


@compiled
def tiles_of(walk_first: Array, walk_cell: Array, rows: int, columns: int) -> Array:
    """Return the tile each node of roads lies in: that of a cell walked to, the last for none."""
    across = -(-columns // TILE)
    tile = np.full(walk_first.size - 1, across * -(-rows // TILE), np.int32)
    for u in range(tile.size):
        if walk_first[u] < walk_first[u + 1]:
            cell = walk_cell[walk_first[u]]
            tile[u] = cell // columns // TILE * across + cell % columns // TILE
    return tile
