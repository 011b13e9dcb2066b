"""Least-cost spread over a grid: the compiled kernel behind :mod:`geoparty.travel.raster`.

Cells are settled bucket by bucket of time (Dial 1969; delta-stepping, Meyer and Sanders 2003):
within a bucket a cell may be settled again when improved, so the result is exact whatever the
width of a bucket. A cell's record keeps time, slowness and height together, in tiles of 16 by
16 cells along a Morton curve, so that a cell and its neighbours share a few cache lines. A
settled cell carries its time as a negative number. The records are padded by two cells of
infinite slowness on every side, so that no move needs a test for the edge.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoparty.travel.buckets import BUCKETS, emptied, grown, put, take

Array: TypeAlias = Any

TILE = 16
PAD = 2
MAX_SIDE = (1 << 16) - 2 * PAD

RECORD = np.dtype([("time", "f8"), ("slow", "f4"), ("height", "f4")])
EXACT_RECORD = np.dtype([("time", "f8"), ("slow", "f8"), ("height", "f4"), ("unused", "f4")])

ROW_STEP = np.array([0, 0, -1, 1, -1, -1, 1, 1, -2, -2, 2, 2, -1, -1, 1, 1])
COLUMN_STEP = np.array([-1, 1, 0, 0, -1, 1, 1, -1, -1, 1, 1, -1, -2, 2, 2, -2])
"""Moves: four straight, four diagonal, eight knight's."""
STEPS = np.hypot(ROW_STEP, COLUMN_STEP)
FIRST = np.array([0] * 8 + [2, 2, 3, 3, 0, 1, 1, 0])
SECOND = np.array([0] * 8 + [4, 5, 6, 7, 4, 5, 6, 7])
"""The straight and the diagonal neighbour a knight's move passes over."""

_LOG2_E, _LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
_STEEPNESS, _EASIEST, _FLAT = np.float32(3.5), np.float32(0.05), np.float32(0.175)
_0, _1, _1_2, _1_6, _1_24, _1_120, _1_720 = (
    np.float32(1 / n) if n else np.float32(0) for n in (0, 1, 2, 6, 24, 120, 720)
)
_MOST = np.float32(100)

MATHS = {"nsz", "arcp", "contract", "afn"}
"""Liberties the compiler may take: all that leave infinities alone."""


def tile_tables(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return what each row and column adds to a record's place, and how many records there are.

    Examples
    --------
    >>> row, column, size = tile_tables(2, 3)
    >>> (row[:, None] + column).tolist(), size
    ([[0, 1, 4], [2, 3, 6]], 256)
    """
    across = -(-columns // TILE)
    row, column = np.arange(rows), np.arange(columns)
    return (
        (row // TILE) * across * TILE * TILE + 2 * _spread(row % TILE),
        (column // TILE) * TILE * TILE + _spread(column % TILE),
        -(-rows // TILE) * across * TILE * TILE,
    )


def _spread(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put a zero between the four bits of a number."""
    number = (number | number << 2) & 0x33
    return (number | number << 1) & 0x55


@njit(cache=True)
def fill(records: Array, slow: Array, height: Array, at_row: Array, at_column: Array) -> None:
    """Write slowness (NaN: barrier) and height into the records, no time yet."""
    for i in range(records.size):
        records[i].time = np.inf
        records[i].slow = np.inf
        records[i].height = 0.0
    is_flat = height.size == 0
    for r in range(slow.shape[0]):
        for c in range(slow.shape[1]):
            i = at_row[r + PAD] + at_column[c + PAD]
            if not np.isnan(slow[r, c]):
                records[i].slow = slow[r, c]
            if not is_flat:
                if np.isnan(height[r, c]):
                    records[i].slow = np.inf
                else:
                    records[i].height = height[r, c]


@njit(cache=True)
def read(records: Array, at_row: Array, at_column: Array, minutes: Array) -> None:
    """Write minutes into an array: NaN on barriers, infinity where not reached."""
    for r in range(minutes.shape[0]):
        for c in range(minutes.shape[1]):
            i = at_row[r + PAD] + at_column[c + PAD]
            if records[i].slow == np.inf:
                minutes[r, c] = np.nan
            else:
                minutes[r, c] = abs(records[i].time) / 60.0


@njit(cache=True)
def _seeded(
    head: Array, count: Array, pool: Array, link: Array, spare: Array, row: Array, column: Array
) -> tuple[Array, Array]:
    """Put the sources into the first bucket; return the pool, grown where they need it."""
    for i in range(row.size):
        if spare[1] < 2:
            pool, link = grown(pool, link, spare)
        put(head, count, pool, link, spare, 0, (row[i] + PAD) << 16 | (column[i] + PAD))
    return pool, link


@njit(cache=True, fastmath=MATHS, error_model="numpy")
def _flat_costs(slow: Array, walked: Array, cost: Array) -> None:
    """Add up the slowness of the cells each move crosses."""
    for k in range(8):
        cost[k] = slow + walked[k]
    for k in range(8, 16):
        cost[k] = slow + walked[k] + walked[FIRST[k]] + walked[SECOND[k]]


@njit(cache=True, fastmath=MATHS, error_model="numpy")
def _sloped_costs(
    slow: Array, walked: Array, ridden: Array, rise: Array, slope_per_m: Array, cost: Array
) -> None:
    """Add up the slowness of the cells each move crosses, that on foot times Tobler's factor."""
    for k in range(16):
        ridden[k] = max(-walked[k], _0)
        walked[k] = max(walked[k], _0)
    for k in range(16):
        # exp(3.5 |slope + 0.05| - 0.175) as a power of two, to seven digits
        power = _STEEPNESS * abs(rise[k] * slope_per_m[k] + _EASIEST) - _FLAT
        power = min(power * _LOG2_E, _MOST)
        whole = np.int32(np.floor(power + _1_2))
        x = (power - np.float32(whole)) * _LN_2
        tail = _1_6 + x * (_1_24 + x * (_1_120 + x * _1_720))
        bits = np.int32((whole + np.int32(127)) << np.int32(23))
        rise[k] = (_1 + x * (_1 + x * (_1_2 + x * tail))) * bits.view(np.float32)
    on_foot, on_wheels = max(slow, _0), max(-slow, _0)
    for k in range(8):
        cost[k] = (on_wheels + ridden[k]) + (on_foot + walked[k]) * rise[k]
    for k in range(8, 16):
        wheels = on_wheels + ridden[k] + ridden[FIRST[k]] + ridden[SECOND[k]]
        feet = on_foot + walked[k] + walked[FIRST[k]] + walked[SECOND[k]]
        cost[k] = wheels + feet * rise[k]


@njit(cache=True, fastmath=MATHS, error_model="numpy")
def spread(
    records: Array,
    at_row: Array,
    at_column: Array,
    source_row: Array,
    source_column: Array,
    half_m: Array,
    slope_per_m: Array,
    limit_s: float,
    width_s: float,
) -> None:
    """Settle every cell within the limit of the sources.

    ``half_m`` is the length of each move within each cell it crosses (infinite for moves not
    made); its type is that in which costs are reckoned. ``slope_per_m`` turns a rise in height
    into a slope in the direction of travel, and is empty where slope does not matter. Negative
    slowness is not slowed by slope.
    """
    sloped = slope_per_m.size > 0
    head, count, pool, link, spare = emptied(1 << 12)
    place = np.empty(16, np.int64)
    gap, cost = np.empty_like(half_m), np.empty_like(half_m)
    walked, ridden, rise = np.empty_like(half_m), np.empty_like(half_m), np.empty_like(half_m)
    live = source_row.size
    for i in range(live):
        records[at_row[source_row[i] + PAD] + at_column[source_column[i] + PAD]].time = 0.0
    pool, link = _seeded(head, count, pool, link, spare, source_row, source_column)
    now = 0
    while live > 0:
        while head[now & (BUCKETS - 1)] != -1:
            cell = take(head, count, pool, link, spare, now & (BUCKETS - 1))
            live -= 1
            row, column = cell >> 16, cell & 0xFFFF
            here = at_row[row] + at_column[column]
            time = records[here].time
            if time < 0.0:
                continue
            if spare[1] < 20:
                pool, link = grown(pool, link, spare)
            due = int(time / width_s)
            if due > now:
                due = min(due, now + BUCKETS - 1)
                put(head, count, pool, link, spare, due & (BUCKETS - 1), cell)
                live += 1
                continue
            records[here].time = -time
            slow, height = records[here].slow, records[here].height
            for k in range(16):
                there = at_row[row + ROW_STEP[k]] + at_column[column + COLUMN_STEP[k]]
                place[k] = there
                gap[k] = abs(records[there].time) - time
                walked[k] = records[there].slow
                rise[k] = records[there].height - height
            if sloped:
                _sloped_costs(slow, walked, ridden, rise, slope_per_m, cost)
            else:
                _flat_costs(slow, walked, cost)
            for k in range(16):
                step = cost[k] * half_m[k]
                if not step < gap[k]:
                    continue
                arrival = time + np.float64(step)
                if arrival < abs(records[place[k]].time) and arrival <= limit_s:
                    records[place[k]].time = arrival
                    due = min(int(arrival / width_s), now + BUCKETS - 1)
                    cell = (row + ROW_STEP[k]) << 16 | (column + COLUMN_STEP[k])
                    put(head, count, pool, link, spare, due & (BUCKETS - 1), cell)
                    live += 1
        now += 1
