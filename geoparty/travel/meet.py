"""Which straight segments meet: the compiled kernels, on a grid of buckets.

Two segments that clearly meet, or clearly do not, are told so by arithmetic; what is left to
rounding is asked of GEOS, which decides it exactly.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from geoparty.kernels import compiled

Array: TypeAlias = Any
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DOUBT_M = 1e-5
"""Closer to the distance asked for than this, arithmetic does not decide."""
LEAST_BUCKET_M = 50.0
BUCKETS_EACH = 2
"""About as many buckets as this for each segment held, at most."""


def meeting(
    asked: Floats, held: Floats, *, within_m: float = 0.0, but_at_ends: bool = False
) -> tuple[Ints, Ints]:
    """Return pairs of segments, one asked for and one held, that meet or come near.

    Segments are rows of x, y, x, y in metres. ``but_at_ends`` leaves out pairs that share an end.
    Pairs come in the order of the segments asked for.

    Examples
    --------
    >>> one = np.array([[0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 60.0, 0.0]])
    >>> two = np.array([[0.0, 10.0, 10.0, 0.0], [61.0, 0.0, 70.0, 0.0]])
    >>> [pair.tolist() for pair in meeting(one, two)], [
    ...     pair.tolist() for pair in meeting(one, two, within_m=2.0)
    ... ]
    ([[0], [0]], [[0, 1], [0, 1]])
    """
    if not len(asked) or not len(held):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    x, y = held[:, ::2], held[:, 1::2]
    west, south, width, height = x.min(), y.min(), np.ptp(x), np.ptp(y)
    mean = np.hypot(held[:, 2] - held[:, 0], held[:, 3] - held[:, 1]).mean()
    most = BUCKETS_EACH * len(held) + 100
    size = max(mean, LEAST_BUCKET_M, within_m, np.sqrt(width * height / most))
    size = max(size, width / most, height / most)
    shape = int(height // size) + 1, int(width // size) + 1
    grid = np.array([west, south, size])
    one, two, is_sure = _pairs(asked, held, grid, *shape, within_m, but_at_ends)
    doubtful = np.flatnonzero(~is_sure)
    if len(doubtful):
        lines = [
            shapely.linestrings(part[which[doubtful]].reshape(-1, 2, 2))
            for part, which in ((asked, one), (held, two))
        ]
        do = shapely.dwithin(*lines, within_m) if within_m else shapely.intersects(*lines)
        is_sure[doubtful] = do
    return one[is_sure].astype(np.int64), two[is_sure].astype(np.int64)


@compiled
def _columns(segment: Array, grid: Array, row: int, pad: float, n_columns: int) -> tuple[int, int]:
    """Return the columns of buckets of a row that a segment, made wider, may lie in."""
    a, b, c, d = segment
    low, high = min(a, c), max(a, c)
    if abs(d - b) > pad:
        per = (c - a) / (d - b)
        floor = grid[1] + row * grid[2] - pad
        one, two = a + (floor - b) * per, a + (floor + grid[2] + 2 * pad - b) * per
        low, high = max(low, min(one, two)), min(high, max(one, two))
    left = int(np.floor((low - pad - grid[0]) / grid[2]))
    right = int(np.floor((high + pad - grid[0]) / grid[2]))
    return max(left, 0), min(right + 1, n_columns)


@compiled
def _rows(segment: Array, grid: Array, pad: float, n_rows: int) -> tuple[int, int]:
    """Return the rows of buckets a segment, made wider, may lie in."""
    low, high = min(segment[1], segment[3]) - pad, max(segment[1], segment[3]) + pad
    top = int(np.floor((low - grid[1]) / grid[2]))
    bottom = int(np.floor((high - grid[1]) / grid[2]))
    return max(top, 0), min(bottom + 1, n_rows)


@compiled
def _held(held: Array, grid: Array, n_rows: int, n_columns: int) -> tuple[Array, Array]:
    """Return the first entry of every bucket, and the segments in them."""
    first = np.zeros(n_rows * n_columns + 1, np.int64)
    entry = np.empty(0, np.int32)
    for fills in range(2):
        if fills:
            for k in range(first.size - 1):
                first[k + 1] += first[k]
            entry = np.empty(first[-1], np.int32)
            at = first[:-1].copy()
        else:
            at = first[1:]
        for j in range(held.shape[0]):
            top, bottom = _rows(held[j], grid, DOUBT_M, n_rows)
            for row in range(top, bottom):
                left, right = _columns(held[j], grid, row, DOUBT_M, n_columns)
                for column in range(left, right):
                    bucket = row * n_columns + column
                    if fills:
                        entry[at[bucket]] = j
                    at[bucket] += 1
    return first, entry


@compiled
def _pairs(
    asked: Array,
    held: Array,
    grid: Array,
    n_rows: int,
    n_columns: int,
    within_m: float,
    but_at_ends: bool,
) -> tuple[Array, Array, Array]:
    """Return pairs that meet or may meet, and which of them do for sure."""
    first, entry = _held(held, grid, n_rows, n_columns)
    seen = np.full(held.shape[0], -1, np.int32)
    one, two = np.empty(1024, np.int32), np.empty(1024, np.int32)
    is_sure = np.empty(1024, np.bool_)
    n, pad = 0, within_m + DOUBT_M
    for i in range(asked.shape[0]):
        top, bottom = _rows(asked[i], grid, pad, n_rows)
        for row in range(top, bottom):
            left, right = _columns(asked[i], grid, row, pad, n_columns)
            for e in range(
                first[row * n_columns + left], first[row * n_columns + max(right, left)]
            ):
                j = entry[e]
                if seen[j] == i:
                    continue
                seen[j] = i
                if but_at_ends and _share_end(asked[i], held[j]):
                    continue
                how = _near(asked[i], held[j], within_m)
                if how == 0:
                    continue
                if n == one.size:
                    one, two = np.append(one, one), np.append(two, two)
                    is_sure = np.append(is_sure, is_sure)
                one[n], two[n], is_sure[n] = i, j, how == 2
                n += 1
    return one[:n], two[:n], is_sure[:n]


@compiled
def _share_end(s: Array, t: Array) -> bool:
    """Whether two segments have an end in common."""
    for i in (0, 2):
        for j in (0, 2):
            if s[i] == t[j] and s[i + 1] == t[j + 1]:
                return True
    return False


@compiled
def _near(s: Array, t: Array, within_m: float) -> int:
    """Return 2 where two segments are within a distance, 0 where not, 1 where rounding decides."""
    reach = within_m + DOUBT_M
    if (
        min(s[0], s[2]) > max(t[0], t[2]) + reach
        or max(s[0], s[2]) < min(t[0], t[2]) - reach
        or min(s[1], s[3]) > max(t[1], t[3]) + reach
        or max(s[1], s[3]) < min(t[1], t[3]) - reach
    ):
        return 0
    least = min(
        min(_apart(s[0], s[1], t), _apart(s[2], s[3], t)),
        min(_apart(t[0], t[1], s), _apart(t[2], t[3], s)),
    )
    if least > DOUBT_M and _crosses(s, t):
        return 2
    if least > reach:
        return 0
    return 2 if least < within_m - DOUBT_M else 1


@compiled
def _apart(x: float, y: float, t: Array) -> float:
    """Return how far a point is from a segment."""
    dx, dy = t[2] - t[0], t[3] - t[1]
    size = dx * dx + dy * dy
    along = ((x - t[0]) * dx + (y - t[1]) * dy) / size if size > 0 else 0.0
    along = min(max(along, 0.0), 1.0)
    return float(np.sqrt((x - t[0] - along * dx) ** 2 + (y - t[1] - along * dy) ** 2))


@compiled
def _crosses(s: Array, t: Array) -> bool:
    """Whether the ends of each of two segments lie on either side of the other."""
    one = (t[2] - t[0]) * (s[1] - t[1]) - (t[3] - t[1]) * (s[0] - t[0])
    two = (t[2] - t[0]) * (s[3] - t[1]) - (t[3] - t[1]) * (s[2] - t[0])
    three = (s[2] - s[0]) * (t[1] - s[1]) - (s[3] - s[1]) * (t[0] - s[0])
    four = (s[2] - s[0]) * (t[3] - s[1]) - (s[3] - s[1]) * (t[2] - s[0])
    return bool((one > 0) != (two > 0) and (three > 0) != (four > 0))
