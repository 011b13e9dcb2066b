"""Least-cost spread over a grid: the compiled kernel behind :mod:`geoparty.travel.raster`.

The grid is worked through in square tiles, that with the earliest unfinished cell first, as in
the heap-cell method of Chacon and Vladimirsky (2012). A tile is swept from its top to its bottom
(Zhao 2005) by the seven moves that go down, turned by a quarter and swept again, until four
sweeps on end change nothing; a tile beside it of which a cell improved by that comes again.
What a cell has in the end is the least sum along any way, whatever the order: Dijkstra's answer,
to the last bit. A sweep runs along whole rows, so that processors take many cells at once.

A tile is held with a margin: moves that leave the tile end in the nearer half of it, and start
or pass in all of it. Arrays of a tile are flat, one row after the other.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled, compiled_with
from geoparty.travel.heap import nearest, offer

Array: TypeAlias = Any

TILE = 32
MARGIN = 4
REACH = 2
"""A move goes no farther than this many rows or columns."""
WIDTH = TILE + 2 * MARGIN
AREA = WIDTH * WIDTH
LOW = REACH * (WIDTH + 1)
HIGH = AREA - LOW
"""Cells of a tile between these have all they can be reached from."""

N_MOVES = 7
STEPS = np.sqrt(np.array([1, 2, 2, 5, 5, 5, 5]))
"""Moves down: one straight, two diagonal, four knight's."""
IS_KNIGHTS = np.arange(N_MOVES) >= 3
BACK = np.array(
    [WIDTH, WIDTH + 1, WIDTH - 1, 2 * WIDTH + 1, 2 * WIDTH - 1, WIDTH + 2, WIDTH - 2],
)
"""How far before a cell lies the one it is reached from."""
FIRST = np.array([0, 0, 0, WIDTH, WIDTH, 1, -1])
SECOND = np.array([0, 0, 0, WIDTH + 1, WIDTH - 1, WIDTH + 1, WIDTH - 1])
"""How far after that one lie the two a knight's move passes over."""

_LOG2_E, _LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
_STEEPNESS, _EASIEST, _FLAT = np.float32(3.5), np.float32(0.05), np.float32(0.175)
_0, _1, _1_2, _1_6, _1_24, _1_120, _1_720 = (
    np.float32(1 / n) if n else np.float32(0) for n in (0, 1, 2, 6, 24, 120, 720)
)
_MOST = np.float32(100)

MATHS = {"nsz", "arcp", "contract", "afn"}
"""Liberties the compiler may take: all that leave infinities alone."""


@compiled
def _cut(grid: Array, row: int, column: int, beyond: float, tile: Array) -> None:
    """Copy a tile out of a grid; ``row`` and ``column`` are where its margin begins."""
    rows, columns = grid.shape
    low, high = max(0, -column), min(WIDTH, columns - column)
    for r in range(WIDTH):
        line = tile[r * WIDTH : (r + 1) * WIDTH]
        if row + r < 0 or row + r >= rows:
            line[:] = beyond
            continue
        line[:low] = beyond
        line[low:high] = grid[row + r, column + low : column + high]
        line[high:] = beyond


@compiled
def _turn(tile: Array, turned: Array) -> None:
    """Turn a tile by a quarter."""
    for r in range(WIDTH):
        for c in range(WIDTH):
            turned[c * WIDTH + WIDTH - 1 - r] = tile[r * WIDTH + c]


@compiled_with(fastmath=MATHS, error_model="numpy")
def _parted(slow: Array, height: Array, foot: Array, wheel: Array) -> None:
    """Part slowness on foot from that on wheels (negative); barriers and voids are infinite."""
    for i in range(AREA):
        is_open = slow[i] == slow[i] and height[i] == height[i]
        foot[i] = max(slow[i], _0) if is_open else np.inf
        wheel[i] = max(-slow[i], _0) if is_open else _0
        height[i] = height[i] if is_open else _0


@compiled_with(fastmath=MATHS, error_model="numpy")
def _crossed(slow: Array, move: int, total: Array) -> None:
    """Add up the slowness of the cells a move crosses, for every cell it may end in."""
    low = LOW - BACK[move]
    size = HIGH - LOW
    here, there = slow[low : low + size], slow[LOW:HIGH]
    if move < 3:
        for i in range(size):
            total[i] = here[i] + there[i]
    else:
        first, second = low + FIRST[move], low + SECOND[move]
        over, past = slow[first : first + size], slow[second : second + size]
        for i in range(size):
            total[i] = here[i] + there[i] + over[i] + past[i]


@compiled_with(fastmath=MATHS, error_model="numpy")
def _climbed(height: Array, move: int, slope_per_m: float, factor: Array) -> None:
    """Write by how much slope slows a move to every cell: exp(3.5 |slope + 0.05| - 0.175)."""
    size = HIGH - LOW
    here, there = height[LOW - BACK[move] : HIGH - BACK[move]], height[LOW:HIGH]
    for i in range(size):
        power = _STEEPNESS * abs((there[i] - here[i]) * slope_per_m + _EASIEST) - _FLAT
        # a power of two, to seven digits
        power = min(power * _LOG2_E, _MOST)
        whole = np.int32(np.floor(power + _1_2))
        x = (power - np.float32(whole)) * _LN_2
        tail = _1_6 + x * (_1_24 + x * (_1_120 + x * _1_720))
        bits = np.int32((whole + np.int32(127)) << np.int32(23))
        factor[i] = (_1 + x * (_1 + x * (_1_2 + x * tail))) * bits.view(np.float32)


@compiled_with(fastmath=MATHS, error_model="numpy")
def _costs(
    foot: Array, wheel: Array, height: Array, half_m: Array, slope_per_m: Array, cost: Array
) -> None:
    """Write what the moves down to every cell of a tile cost, move by move."""
    feet, wheels = np.empty(HIGH - LOW, cost.dtype), np.empty(HIGH - LOW, cost.dtype)
    for move in range(N_MOVES):
        out, half = cost[move * AREA + LOW : move * AREA + HIGH], half_m[move]
        _crossed(foot, move, feet)
        if slope_per_m.size == 0:
            for i in range(out.size):
                out[i] = feet[i] * half
            continue
        _crossed(wheel, move, wheels)
        _climbed(height, move, slope_per_m[move], out)
        for i in range(out.size):
            out[i] = (wheels[i] + feet[i] * out[i]) * half


@compiled_with(fastmath=MATHS, error_model="numpy")
def _sweep(time: Array, cost: Array) -> int:
    """Settle each row of a tile by those above; return how many cells improved."""
    improved = 0
    for r in range(REACH, WIDTH - REACH):
        for c in range(REACH, WIDTH - REACH):
            i = r * WIDTH + c
            least = min(time[i], time[i - WIDTH] + cost[i])
            least = min(least, time[i - WIDTH - 1] + cost[AREA + i])
            least = min(least, time[i - WIDTH + 1] + cost[2 * AREA + i])
            least = min(least, time[i - 2 * WIDTH - 1] + cost[3 * AREA + i])
            least = min(least, time[i - 2 * WIDTH + 1] + cost[4 * AREA + i])
            least = min(least, time[i - WIDTH - 2] + cost[5 * AREA + i])
            least = min(least, time[i - WIDTH + 2] + cost[6 * AREA + i])
            improved += least < time[i]
            time[i] = least
    return improved


@compiled
def _settle(time: Array, turned: Array, cost: Array) -> None:
    """Sweep a tile and turn it until no sweep improves it; ``cost`` has a row for each turn."""
    quiet, turns = 0, 0
    while quiet < 4 or turns % 4:
        if quiet < 4:
            quiet = quiet + 1 if _sweep(time, cost[turns % 4]) == 0 else 0
        _turn(time, turned)
        time, turned = turned, time
        turns += 1


@compiled
def spread(
    time: Array,
    slow: Array,
    height: Array,
    sources: Array,
    half_m: Array,
    slope_per_m: Array,
    limit_s: float,
) -> None:
    """Settle every cell within the limit of the sources; what lies beyond is not to be trusted.

    ``slow`` is NaN on barriers and negative where slope does not matter; ``half_m`` is the
    length of each move within each cell it crosses (infinite for moves not made), its type that
    in which costs are reckoned. ``slope_per_m`` turns a rise in height into a slope in the
    direction of travel, and is empty, like ``height``, where slope does not matter.
    """
    rows, columns = time.shape
    across, down = -(-columns // TILE), -(-rows // TILE)
    heap, at = np.empty(across * down, np.int32), np.full(across * down, -1, np.int32)
    due, size = np.full(across * down, np.inf), 0
    for i in range(len(sources)):
        row, column = sources[i]
        time[row, column] = 0.0
        tile = row // TILE * across + column // TILE
        if due[tile] > 0.0:
            size = offer(heap, at, due, size, tile, 0.0)
    here, turned = np.empty(AREA), np.empty(AREA)
    slow_here = np.empty(AREA, slow.dtype)
    foot, wheel = np.empty((2, AREA), slow.dtype), np.empty((2, AREA), slow.dtype)
    high = np.zeros((2, AREA), np.float32)
    cost = np.empty((4, N_MOVES * AREA), half_m.dtype)
    while size > 0 and due[heap[0]] <= limit_s:
        tile, size = nearest(heap, at, due, size)
        due[tile] = np.inf
        top, left = tile // across * TILE - MARGIN, tile % across * TILE - MARGIN
        _cut(time, top, left, np.inf, here)
        _cut(slow, top, left, np.nan, slow_here)
        if slope_per_m.size > 0:
            _cut(height, top, left, np.nan, high[0])
        _parted(slow_here, high[0], foot[0], wheel[0])
        for turn in range(4):
            now, then = turn % 2, 1 - turn % 2
            _costs(foot[now], wheel[now], high[now], half_m, slope_per_m, cost[turn])
            _turn(foot[now], foot[then])
            _turn(wheel[now], wheel[then])
            _turn(high[now], high[then])
        _settle(here, turned, cost)
        low_row, high_row = max(0, top + REACH), min(rows, top + WIDTH - REACH)
        for row in range(low_row, high_row):
            for column in range(max(0, left + REACH), min(columns, left + WIDTH - REACH)):
                reached = here[(row - top) * WIDTH + column - left]
                if reached < time[row, column]:
                    time[row, column] = reached
                    home = row // TILE * across + column // TILE
                    if home != tile and reached < due[home]:
                        size = offer(heap, at, due, size, home, reached)
