"""Minutes over a grid of cells, with or without slope."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoparty.errors import ArgumentError, Problem

Floats = NDArray[np.float64]
Directions = Literal[8, 16]

TOLERANCE = 1e-9
"""Sums of seconds may be off by this share; a limit or a whole minute is not missed for it."""


def raster_minutes(
    seconds_per_cell: ArrayLike,
    sources: ArrayLike,
    *,
    directions: Directions = 16,
    limit_min: float | None = None,
    whole_minutes: bool = False,
) -> Floats:
    """Return minutes from every cell to the nearest source.

    A move costs the mean of the cells it crosses, times its length in cells: two cells for a
    straight or diagonal move, four for a knight's move, which a barrier among them blocks. This
    is the cost of GRASS ``r.cost`` and of AccessMod 5, on whose own test it was checked.

    Parameters
    ----------
    seconds_per_cell
        2-D, seconds to cross one cell straight; ``NaN`` is a barrier.
    sources
        ``(row, column)`` of the source cells.
    directions
        8 moves, or 16 with knight's moves.
    limit_min
        Nothing farther than this is reached; compared before rounding.
    whole_minutes
        Round up to whole minutes, as AccessMod does.

    Returns
    -------
    ndarray
        Minutes; ``inf`` where a limit or barriers stop the way, ``NaN`` on barriers.

    Raises
    ------
    ArgumentError
        Not 2-D, zero or negative seconds, sources outside the grid or on a barrier.

    Examples
    --------
    >>> seconds = np.array([[60.0, 60.0, np.nan], [60.0, np.nan, 60.0], [60.0, 60.0, 60.0]])
    >>> raster_minutes(seconds, [(0, 0)], directions=8).round(2).tolist()
    [[0.0, 1.0, nan], [1.0, nan, 2.41], [2.0, 2.41, 3.41]]
    """
    seconds = np.array(seconds_per_cell, dtype=np.float64, order="C")
    _check_grid(seconds)
    at = _sources(sources, seconds)
    half, nothing = _halves(1.0, directions), np.zeros((0, 0), np.float32)
    return _spread(seconds, nothing, at, half, np.zeros(0), limit_min, whole_minutes)


def terrain_minutes(
    speed_kph: ArrayLike,
    elevation_m: ArrayLike,
    sources: ArrayLike,
    *,
    cell_m: float,
    is_walked: ArrayLike | None = None,
    towards: bool = True,
    directions: Directions = 16,
    limit_min: float | None = None,
    whole_minutes: bool = False,
) -> Floats:
    """Return minutes from every cell to the nearest source, walking slowed by slope.

    Walking speed is Tobler's (1993) hiking function in the direction of travel, scaled to the
    speed on the flat: ``v = v_flat e^0.175 e^(-3.5 |slope + 0.05|)``. Cells that are ridden keep
    their speed on any slope. Moves and barriers are those of :func:`raster_minutes`.

    Parameters
    ----------
    speed_kph
        2-D, speed on the flat; ``NaN`` is a barrier.
    elevation_m
        2-D, of the same shape; ``NaN`` (void) is a barrier.
    cell_m
        Side of a cell.
    is_walked
        2-D, whether slope slows a cell; all of them where not given.
    towards
        People travel towards the sources; otherwise from them.

    Examples
    --------
    >>> flat = np.full((1, 3), 5.04)
    >>> terrain_minutes(flat, [[0.0, 0.0, 21.0]], [(0, 0)], cell_m=420).round(2).tolist()
    [[0.0, 5.0, 9.2]]
    """
    from geoparty.travel import frontier

    speed, height = np.asarray(speed_kph), np.ascontiguousarray(elevation_m, dtype=np.float32)
    _check_grid(speed)
    if height.shape != speed.shape:
        params = {"speed": speed.shape, "elevation": height.shape}
        raise ArgumentError(Problem(key="travel.shapes_differ", params=params))
    slow = np.empty(speed.shape, np.float32)
    np.divide(np.float32(3.6), speed, out=slow, casting="same_kind")
    if is_walked is not None:
        np.negative(slow, out=slow, where=~np.asarray(is_walked, bool))
    at = _sources(sources, slow, height)
    half = _halves(cell_m, directions).astype(np.float32)
    slope = (1.0 if towards else -1.0) / (-cell_m * frontier.STEPS).astype(np.float32)
    return _spread(slow, height, at, half, slope, limit_min, whole_minutes)


def _halves(cell_m: float, directions: Directions) -> Floats:
    """Return the length of each move within each of the cells it crosses."""
    from geoparty.travel import frontier

    half = cell_m * frontier.STEPS / np.where(frontier.IS_KNIGHTS, 4, 2)
    return np.where(frontier.IS_KNIGHTS & (directions == 8), np.inf, half)


def _spread(
    slow: NDArray[Any],
    height: NDArray[np.float32],
    sources: NDArray[np.int64],
    half_m: NDArray[Any],
    slope_per_m: NDArray[Any],
    limit_min: float | None,
    whole_minutes: bool,
) -> Floats:
    from geoparty.travel import frontier

    limit_s = np.inf if limit_min is None else 60 * limit_min * (1 + TOLERANCE)
    minutes = np.full(slow.shape, np.inf)
    frontier.spread(minutes, slow, height, sources, half_m, slope_per_m, limit_s)
    np.copyto(minutes, np.inf, where=minutes > limit_s)
    for grid in (slow, height) if height.size else (slow,):
        np.copyto(minutes, np.nan, where=np.isnan(grid))
    minutes /= 60
    if whole_minutes:
        minutes *= 1 - TOLERANCE
        np.ceil(minutes, out=minutes)
    return minutes


def _check_grid(values: NDArray[Any]) -> None:
    if values.ndim != 2:
        raise ArgumentError(Problem(key="travel.not_a_grid", params={"shape": values.shape}))
    wrong = int(np.count_nonzero((values <= 0) | np.isinf(values)))
    if wrong:
        raise ArgumentError(
            Problem(key="travel.not_positive", params={"n": wrong, "total": values.size})
        )


def _sources(sources: ArrayLike, *grids: NDArray[Any]) -> NDArray[np.int64]:
    """Return the sources as rows and columns; no grid may be NaN there."""
    at = np.array(sources, dtype=np.int64, order="C").reshape(-1, 2)
    outside = np.any((at < 0) | (at >= grids[0].shape), axis=1)
    inside = tuple(np.where(outside[:, None], 0, at).T)
    on_barrier = np.any([np.isnan(grid[inside]) for grid in grids], axis=0) & ~outside
    if outside.any() or on_barrier.any():
        params = {"outside": int(outside.sum()), "barrier": int(on_barrier.sum()), "total": len(at)}
        raise ArgumentError(Problem(key="travel.bad_sources", params=params))
    return at
