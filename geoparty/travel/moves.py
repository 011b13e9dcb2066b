"""Moves between cells of terrain: the compiled kernels."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled

Array: TypeAlias = Any

ROW_STEP = np.array([0, 0, -1, 1, -1, -1, 1, 1, -2, -2, 2, 2, -1, -1, 1, 1])
COLUMN_STEP = np.array([-1, 1, 0, 0, -1, 1, 1, -1, -1, 1, 1, -1, -2, 2, 2, -2])
"""Moves: four straight, four diagonal, eight knight's."""
STEPS = np.hypot(ROW_STEP, COLUMN_STEP)
FIRST = np.array([0] * 8 + [2, 2, 3, 3, 0, 1, 1, 0])
SECOND = np.array([0] * 8 + [4, 5, 6, 7, 4, 5, 6, 7])
"""The straight and the diagonal neighbour a knight's move passes over."""


def open_moves(height: Array) -> Array:
    """Return the moves there are from every cell, a bit each: to no cell outside, over no void."""
    rows, columns = height.shape
    ground = np.pad(~np.isnan(height), 2)

    def has(k: int) -> Array:
        top, left = 2 + ROW_STEP[k], 2 + COLUMN_STEP[k]
        return ground[top : top + rows, left : left + columns]

    bits = np.zeros((rows, columns), np.uint16)
    for k in range(16):
        passed = has(FIRST[k]) & has(SECOND[k]) if k >= 8 else True
        bits |= (has(k) & passed).astype(np.uint16) << np.uint16(k)
    bits[np.isnan(height)] = 0
    return bits


@compiled
def _side(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> float:
    """Return on which side of the line from a to b a point lies, zero on it."""
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@compiled
def close(closed: Array, near: Array, x0: Array, y0: Array, x1: Array, y1: Array) -> None:
    """Set the bit of every move that meets a segment; coordinates in cells from the corner."""
    rows, columns = closed.shape
    for s in range(x0.size):
        a, b, c, d = x0[s], y0[s], x1[s], y1[s]
        top, left = int(np.floor(min(b, d))) - 2, int(np.floor(min(a, c))) - 2
        bottom, right = int(np.floor(max(b, d))) + 2, int(np.floor(max(a, c))) + 2
        for row in range(max(top, 0), min(bottom + 1, rows)):
            for column in range(max(left, 0), min(right + 1, columns)):
                near[row, column] = True
                x, y = column + 0.5, row + 0.5
                here = _side(a, b, c, d, x, y)
                for k in range(16):
                    u, v = x + COLUMN_STEP[k], y + ROW_STEP[k]
                    if here * _side(a, b, c, d, u, v) > 0:
                        continue
                    start, end = _side(x, y, u, v, a, b), _side(x, y, u, v, c, d)
                    if start * end < 0 or (start * end == 0 and _reach(x, y, u, v, a, b, c, d)):
                        closed[row, column] |= np.uint16(1 << k)


@compiled
def _reach(x: float, y: float, u: float, v: float, a: float, b: float, c: float, d: float) -> bool:
    """Whether the boxes of two segments overlap: what is left to ask when one touches."""
    return (
        min(x, u) <= max(a, c)
        and max(x, u) >= min(a, c)
        and min(y, v) <= max(b, d)
        and max(y, v) >= min(b, d)
    )


@compiled
def join(
    start: Array,
    other: Array,
    cost: Array,
    height: Array,
    slow: Array,
    bits: Array,
    cell_m: float,
    minutes_per_m: float,
) -> tuple[Array, Array, Array]:
    """Return one graph of given edges and of walks between open cells, Tobler's uphill and down.

    Cells are the last nodes. An edge from ``u`` to ``v`` costs what walking from ``v`` to ``u``
    takes. A move costs the mean slowness of the cells it crosses, where ``slow`` has a size;
    ``bits`` are the moves there are from every cell.
    """
    rows, columns = height.shape
    low = start.size - 1 - rows * columns
    first = np.zeros(start.size, np.int64)
    # as many as there can be: what is not written to takes no memory
    most = other.size + 16 * height.size
    far, minutes = np.empty(most, np.int32), np.empty(most)
    at = 0
    for node in range(start.size - 1):
        for e in range(start[node], start[node + 1]):
            far[at], minutes[at] = other[e], cost[e]
            at += 1
        row, column = (node - low) // columns, (node - low) % columns
        if node >= low:
            for k in range(16):
                if not bits[row, column] >> k & 1:
                    continue
                r, c = row + ROW_STEP[k], column + COLUMN_STEP[k]
                length = STEPS[k] * cell_m
                slope = (height[row, column] - height[r, c]) / length
                far[at] = low + r * columns + c
                minutes[at] = minutes_per_m * length * np.exp(3.5 * abs(slope + 0.05) - 0.175)
                if slow.size:
                    minutes[at] *= slowness(slow, row, column, k)
                at += 1
        first[node + 1] = at
    return first, far[:at], minutes[:at]


@compiled
def slowness(slow: Array, row: int, column: int, k: int) -> float:
    """Return the mean slowness of the cells a move crosses: two, or four for a knight's move."""
    total = slow[row, column] + slow[row + ROW_STEP[k], column + COLUMN_STEP[k]]
    if k < 8:
        return float(total / 2)
    for m in (FIRST[k], SECOND[k]):
        total += slow[row + ROW_STEP[m], column + COLUMN_STEP[m]]
    return float(total / 4)


@compiled
def around(height: Array, near: Array, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """Return the open cells around points, nearest first: point, cell, rank and how far in cells.

    Coordinates are in cells from the corner, NaN where there is no point. A point has the four
    nearest of the sixteen centres around it, all sixteen where the nearest is near a stream.
    """
    columns = height.shape[1]
    # as many as there can be: what is not written to takes no memory
    point, cell = np.empty(16 * x.size, np.int32), np.empty(16 * x.size, np.int32)
    rank, distance = np.empty(16 * x.size, np.int8), np.empty(16 * x.size)
    cells, far = np.empty(16, np.int32), np.empty(16)
    total = 0
    for i in range(x.size):
        if np.isnan(x[i]):
            continue
        n = _nearest(height, x[i], y[i], cells, far)
        if n > 4 and not near[cells[0] // columns, cells[0] % columns]:
            n = 4
        for k in range(n):
            point[total + k], cell[total + k] = i, cells[k]
            rank[total + k], distance[total + k] = k, np.sqrt(far[k])
        total += n
    point, cell, rank = point[:total].copy(), cell[:total].copy(), rank[:total].copy()
    distance = distance[:total].copy()
    return point, cell, rank, distance


@compiled
def _nearest(height: Array, x: float, y: float, cells: Array, far: Array) -> int:
    """Write the open ones of sixteen cells around a point, nearest first; return how many.

    How far they are is squared.
    """
    rows, columns = height.shape
    low_row, low_column = int(np.floor(y - 0.5)) - 1, int(np.floor(x - 0.5)) - 1
    n = 0
    for row in range(max(low_row, 0), min(low_row + 4, rows)):
        for column in range(max(low_column, 0), min(low_column + 4, columns)):
            if np.isnan(height[row, column]):
                continue
            distance = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2
            at = n
            while at > 0 and far[at - 1] > distance:
                cells[at], far[at] = cells[at - 1], far[at - 1]
                at -= 1
            cells[at], far[at] = row * columns + column, distance
            n += 1
    return n
