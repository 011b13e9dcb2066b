"""Rasters of the ground: elevation and land cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from geoparty.errors import InputError, Problem
from geoparty.read.crs import settle_raster_crs
from geoparty.read.grids import damaged, open_file
from geoparty.read.sources import refuse_pointers
from geoparty.schema import CRS

if TYPE_CHECKING:
    from affine import Affine
    from rasterio import DatasetReader
    from rasterio.windows import Window

_MOST_CELLS = 200_000_000
_AT_ONCE = 2**24
"""Cells read at once: what is made of them on the way takes several times their room."""
_MOST_OF_A_TILE = 2**26
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0


@dataclass(frozen=True)
class Terrain:
    """Elevation in metres, row 0 in the north; NaN where there is none."""

    elevation_m: np.ndarray[Any, np.dtype[np.float32]]
    transform: Affine
    """From (column, row) of a cell's upper left corner to coordinates in ``crs``."""
    crs: pyproj.CRS
    problems: tuple[Problem, ...] = ()
    """What was changed of the CRS the file states."""


@dataclass(frozen=True)
class LandCover:
    """Land cover classes, row 0 in the north; -1 where there is none."""

    value: np.ndarray[Any, np.dtype[np.int32]]
    transform: Affine
    """From (column, row) of a cell's upper left corner to coordinates in ``crs``."""
    crs: pyproj.CRS
    problems: tuple[Problem, ...] = ()
    """What was changed of the CRS the file states."""


def read_land_cover(path: Path | str, *, crs: str | None = None) -> LandCover:
    """Read a raster of one band of land cover classes.

    ``crs`` is its coordinate system where the file states none or a wrong one: ``EPSG:9205``,
    or the meridian of a VN-2000 zone, ``103-00``.

    Raises
    ------
    InputError
        The file does not open; no CRS or position, or one that contradicts the other; more than
        one band; classes that are no whole numbers; too large to be held in memory.
    """
    import rasterio
    from rasterio.errors import RasterioError

    path = open_file(path)
    refuse_pointers(path)
    try:
        with rasterio.open(path) as raster:
            settled, notes = _check(raster, path, crs)
            values, transform = np.empty(raster.shape, np.int32), raster.transform
            for rows, window in _strips(raster):
                values[rows] = _classes(raster.read(1, masked=True, window=window), path)
    except (RasterioError, OSError) as error:
        raise damaged(path, error) from None
    return LandCover(values, transform, settled, notes)


def _classes(band: np.ma.MaskedArray[Any, Any], path: Path) -> np.ndarray[Any, Any]:
    """Return whole numbers, -1 where there is nothing."""
    void = np.ma.getmaskarray(band)
    if band.dtype.kind == "f":
        void = void | ~np.isfinite(band.data)
    if np.any(band.data[~void] != np.round(band.data[~void])):
        raise InputError(Problem(key="read.not_classes", file=path.name))
    return np.where(void, -1, band.data)


def read_terrain(path: Path | str, *, crs: str | None = None) -> Terrain:
    """Read an elevation raster of one band, metres; ``crs`` as in ``read_land_cover``.

    Raises
    ------
    InputError
        The file does not open; no CRS or position, or one that contradicts the other; more than
        one band; no cell with a value;
        heights that cannot be metres; too large to be held in memory.
    """
    import rasterio
    from rasterio.errors import RasterioError

    path = open_file(path)
    refuse_pointers(path)
    try:
        with rasterio.open(path) as raster:
            settled, notes = _check(raster, path, crs)
            heights, transform = np.empty(raster.shape, np.float32), raster.transform
            scale, offset = np.float32(raster.scales[0]), np.float32(raster.offsets[0])
            for rows, window in _strips(raster):
                band = raster.read(1, masked=True, out_dtype="float32", window=window)
                part = band.filled(np.nan) * scale + offset
                heights[rows] = np.where(np.isfinite(part), part, np.nan)
    except (RasterioError, OSError) as error:
        raise damaged(path, error) from None
    if np.isnan(heights).all():
        raise InputError(Problem(key="read.no_heights", file=path.name))
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    if low < _LOWEST_M or high > _HIGHEST_M:
        params = {"low": f"{low:.0f}", "high": f"{high:.0f}"}
        raise InputError(Problem(key="read.not_metres", params=params, file=path.name))
    return Terrain(heights, transform, settled, notes)


def bounds_deg(grid: Terrain | LandCover) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a raster in EPSG:4326."""
    from rasterio.transform import array_bounds
    from rasterio.warp import transform_bounds

    cells = grid.elevation_m if isinstance(grid, Terrain) else grid.value
    bounds = array_bounds(*cells.shape, grid.transform)
    west, south, east, north = transform_bounds(grid.crs.to_wkt(), CRS, *bounds)
    return west, south, east, north


def _strips(raster: DatasetReader) -> Iterator[tuple[slice, Window]]:
    """Yield the rows to be read at once, as a slice and as a window."""
    from rasterio.windows import Window

    n_rows = max(1, _AT_ONCE // raster.width)
    for top in range(0, raster.height, n_rows):
        rows = slice(top, min(top + n_rows, raster.height))
        yield rows, Window(0, top, raster.width, rows.stop - top)


def _check(
    raster: DatasetReader, path: Path, stated: str | None
) -> tuple[pyproj.CRS, tuple[Problem, ...]]:
    """Return the CRS a raster is really in and what was changed of it; raise for what is wrong."""
    from rasterio.transform import array_bounds

    problems = []
    crs = None if raster.crs is None else pyproj.CRS.from_user_input(raster.crs)
    if raster.dtypes[0].startswith("complex"):
        raise damaged(path, raster.dtypes[0])
    place = raster.transform
    if place.is_identity or not np.isfinite(place[:6]).all() or not place.determinant:
        problems.append(Problem(key="read.no_position", file=path.name))
        if crs is None and not stated:
            problems.append(Problem(key="read.no_crs", file=path.name))
    else:
        bounds = array_bounds(raster.height, raster.width, place)
        crs, found = settle_raster_crs(crs, bounds, stated)
        problems += [replace(problem, file=path.name) for problem in found]
    if raster.count != 1:
        problems.append(Problem(key="read.bands", params={"n": raster.count}, file=path.name))
    n_cells, tile = raster.width * raster.height, raster.block_shapes[0]
    if tile[0] * tile[1] > max(n_cells, _MOST_OF_A_TILE):
        shown = {"tile": f"{tile[0]} × {tile[1]}"}
        problems.append(Problem(key="read.tile_too_large", params=shown, file=path.name))
    if n_cells > _MOST_CELLS:
        params = {"n": n_cells, "most": _MOST_CELLS}
        problems.append(Problem(key="read.raster_too_large", params=params, file=path.name))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or crs is None:
        raise InputError(errors)
    return crs, tuple(problems)
