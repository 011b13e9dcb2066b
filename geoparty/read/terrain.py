"""Rasters of the ground: elevation and land cover."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from geoparty.errors import InputError, Problem
from geoparty.read.crs import raster_contradictions
from geoparty.read.grids import damaged, open_file
from geoparty.read.sources import refuse_pointers
from geoparty.schema import CRS

if TYPE_CHECKING:
    from affine import Affine
    from rasterio import DatasetReader

_MOST_CELLS = 400_000_000
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0


@dataclass(frozen=True)
class Terrain:
    """Elevation in metres, row 0 in the north; NaN where there is none."""

    elevation_m: np.ndarray[Any, np.dtype[np.float32]]
    transform: Affine
    """From (column, row) of a cell's upper left corner to coordinates in ``crs``."""
    crs: pyproj.CRS


@dataclass(frozen=True)
class LandCover:
    """Land cover classes, row 0 in the north; -1 where there is none."""

    value: np.ndarray[Any, np.dtype[np.int32]]
    transform: Affine
    """From (column, row) of a cell's upper left corner to coordinates in ``crs``."""
    crs: pyproj.CRS


def read_land_cover(path: Path | str) -> LandCover:
    """Read a raster of one band of land cover classes.

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
            _check(raster, path)
            band = raster.read(1, masked=True)
            crs, transform = pyproj.CRS.from_user_input(raster.crs), raster.transform
    except (RasterioError, OSError) as error:
        raise damaged(path, error) from None
    void = np.ma.getmaskarray(band)
    if band.dtype.kind == "f":
        void = void | ~np.isfinite(band.data)
    if np.any(band.data[~void] != np.round(band.data[~void])):
        raise InputError(Problem(key="read.not_classes", file=path.name))
    values = np.where(void, -1, band.data)
    return LandCover(values.astype(np.int32), transform, crs)


def read_terrain(path: Path | str) -> Terrain:
    """Read an elevation raster of one band, metres.

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
            _check(raster, path)
            band = raster.read(1, masked=True, out_dtype="float32")
            scale, offset = raster.scales[0], raster.offsets[0]
            heights = band.filled(np.nan) * np.float32(scale) + np.float32(offset)
            crs, transform = pyproj.CRS.from_user_input(raster.crs), raster.transform
    except (RasterioError, OSError) as error:
        raise damaged(path, error) from None
    heights[~np.isfinite(heights)] = np.nan
    if np.isnan(heights).all():
        raise InputError(Problem(key="read.no_heights", file=path.name))
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    if low < _LOWEST_M or high > _HIGHEST_M:
        params = {"low": f"{low:.0f}", "high": f"{high:.0f}"}
        raise InputError(Problem(key="read.not_metres", params=params, file=path.name))
    return Terrain(heights.astype("float32"), transform, crs)


def bounds_deg(grid: Terrain | LandCover) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a raster in EPSG:4326."""
    from rasterio.transform import array_bounds
    from rasterio.warp import transform_bounds

    cells = grid.elevation_m if isinstance(grid, Terrain) else grid.value
    bounds = array_bounds(*cells.shape, grid.transform)
    west, south, east, north = transform_bounds(grid.crs.to_wkt(), CRS, *bounds)
    return west, south, east, north


def _check(raster: DatasetReader, path: Path) -> None:
    from rasterio.transform import array_bounds

    problems = []
    if raster.crs is None:
        problems.append(Problem(key="read.no_crs", file=path.name))
    if raster.dtypes[0].startswith("complex"):
        raise damaged(path, raster.dtypes[0])
    place = raster.transform
    if place.is_identity or not np.isfinite(place[:6]).all() or not place.determinant:
        problems.append(Problem(key="read.no_position", file=path.name))
    elif raster.crs is not None:
        crs = pyproj.CRS.from_user_input(raster.crs)
        found = raster_contradictions(crs, array_bounds(raster.height, raster.width, place))
        problems += [replace(problem, file=path.name) for problem in found]
    if raster.count != 1:
        problems.append(Problem(key="read.bands", params={"n": raster.count}, file=path.name))
    if raster.width * raster.height > _MOST_CELLS:
        params = {"n": raster.width * raster.height, "most": _MOST_CELLS}
        problems.append(Problem(key="read.raster_too_large", params=params, file=path.name))
    if problems:
        raise InputError(problems)
