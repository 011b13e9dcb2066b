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
    from geoparty.travel import frontier

    seconds = np.asarray(seconds_per_cell, dtype=np.float64)
    _check_grid(seconds)
    at = _sources(sources, ~np.isnan(seconds))
    nothing = np.zeros((0, 0), np.float32)
    return _spread(
        frontier.EXACT_RECORD,
        seconds,
        nothing,
        at,
        1.0,
        directions,
        False,
        limit_min,
        whole_minutes,
    )


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

    speed, height = np.asarray(speed_kph), np.asarray(elevation_m, dtype=np.float32)
    _check_grid(speed)
    if height.shape != speed.shape:
        params = {"speed": speed.shape, "elevation": height.shape}
        raise ArgumentError(Problem(key="travel.shapes_differ", params=params))
    with np.errstate(invalid="ignore"):
        slow = (np.float32(3.6) / speed).astype(np.float32)
    if is_walked is not None:
        slow = np.where(is_walked, slow, -slow)
    at = _sources(sources, ~(np.isnan(slow) | np.isnan(height)))
    side = cell_m if towards else -cell_m
    return _spread(
        frontier.RECORD, slow, height, at, side, directions, True, limit_min, whole_minutes
    )


def _spread(
    record: np.dtype[np.void],
    slow: NDArray[Any],
    height: NDArray[np.float32],
    sources: NDArray[np.int64],
    cell_m: float,
    directions: Directions,
    sloped: bool,
    limit_min: float | None,
    whole_minutes: bool,
) -> Floats:
    from geoparty.travel import frontier

    row, column, size = frontier.tile_tables(*(n + 2 * frontier.PAD for n in slow.shape))
    records = np.empty(size, record)
    frontier.fill(records, slow, height, row, column)
    side = abs(cell_m)
    half = side * frontier.STEPS / np.where(np.arange(16) < 8, 2, 4)
    half[directions:] = np.inf
    slope = -1.0 / (cell_m * frontier.STEPS) if sloped else np.zeros(0)
    if sloped:
        half, slope = half.astype(np.float32), slope.astype(np.float32)
    limit = np.inf if limit_min is None else 60 * limit_min * (1 + TOLERANCE)
    width = 2 * side * float(np.nanmean(np.abs(slow[:: max(1, slow.shape[0] // 500)])))
    frontier.spread(records, row, column, sources[:, 0], sources[:, 1], half, slope, limit, width)
    minutes = np.empty(slow.shape)
    frontier.read(records, row, column, minutes)
    if whole_minutes:
        np.ceil(minutes * (1 - TOLERANCE), out=minutes)
    return minutes


def _check_grid(values: NDArray[Any]) -> None:
    from geoparty.travel import frontier

    if values.ndim != 2 or max(values.shape) > frontier.MAX_SIDE:
        params = {"shape": values.shape, "most": frontier.MAX_SIDE}
        raise ArgumentError(Problem(key="travel.not_a_grid", params=params))
    wrong = int(np.count_nonzero((values <= 0) | np.isinf(values)))
    if wrong:
        raise ArgumentError(
            Problem(key="travel.not_positive", params={"n": wrong, "total": values.size})
        )


def _sources(sources: ArrayLike, is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
    at = np.asarray(sources, dtype=np.int64).reshape(-1, 2)
    outside = np.any((at < 0) | (at >= is_open.shape), axis=1)
    on_barrier = ~is_open[tuple(np.where(outside[:, None], 0, at).T)] & ~outside
    if outside.any() or on_barrier.any():
        params = {"outside": int(outside.sum()), "barrier": int(on_barrier.sum()), "total": len(at)}
        raise ArgumentError(Problem(key="travel.bad_sources", params=params))
    return at
