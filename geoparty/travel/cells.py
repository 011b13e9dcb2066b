"""Terrain as cells to walk on: heights in the network's metres, and moves closed by streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoparty.travel.water import over_stream

if TYPE_CHECKING:
    from geoparty.read import Terrain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_CELLS = 2_500_000
"""Larger terrain is taken in coarser cells, and said: a season then fits in about 1 GB."""
CORNERS = 4
"""Cell centres a point is linked to: those around it."""


@dataclass(frozen=True)
class Cells:
    """Square cells, row 0 in the north.

    ``height_m`` is NaN where nobody can walk. Bit ``k`` of ``closed`` is set where a stream
    meets move ``k`` (:data:`geoparty.travel.frontier.ROW_STEP`) from the cell's centre;
    ``is_near_stream`` is true where a stream may be within a cell's reach.
    """

    west: float
    north: float
    cell_m: float
    height_m: NDArray[np.float32]
    closed: NDArray[np.uint16]
    is_near_stream: Bools

    @property
    def n_cells(self) -> int:
        """How many cells there are, open or not."""
        return self.height_m.size

    def centres(self, cell: Ints) -> Floats:
        """Return the centre of each cell, by position in the flattened grid."""
        row, column = np.divmod(cell, self.height_m.shape[1])
        return np.column_stack(
            [self.west + (column + 0.5) * self.cell_m, self.north - (row + 0.5) * self.cell_m]
        )

    def heights(self, xy: Floats) -> Floats:
        """Return the height of each point between the four centres around it, NaN by a void."""
        n_rows, n_columns = self.height_m.shape
        column = np.clip((xy[:, 0] - self.west) / self.cell_m - 0.5, 0, n_columns - 1)
        row = np.clip((self.north - xy[:, 1]) / self.cell_m - 0.5, 0, n_rows - 1)
        r = np.minimum(np.nan_to_num(row).astype(np.int64), max(n_rows - 2, 0))
        c = np.minimum(np.nan_to_num(column).astype(np.int64), max(n_columns - 2, 0))
        down, across = np.minimum(r + 1, n_rows - 1), np.minimum(c + 1, n_columns - 1)
        f, g, height = row - r, column - c, self.height_m.astype(float)
        top = height[r, c] * (1 - g) + height[r, across] * g
        low = height[down, c] * (1 - g) + height[down, across] * g
        between: Floats = top * (1 - f) + low * f
        return between

    def around(self, xy: Floats) -> tuple[Ints, Floats]:
        """Return the sixteen cells around each point, nearest first, and how far.

        Cells outside the grid and closed ones are -1 and infinitely far.
        """
        known = np.isfinite(xy[:, 0])
        spot = np.where(known[:, None], xy, 0.0)
        column = np.floor((spot[:, 0] - self.west) / self.cell_m - 0.5).astype(np.int64)
        row = np.floor((self.north - spot[:, 1]) / self.cell_m - 0.5).astype(np.int64)
        step = np.arange(-1, 3)
        rows = np.repeat(row[:, None] + step, 4, axis=1)
        columns = np.tile(column[:, None] + step, (1, 4))
        n_rows, n_columns = self.height_m.shape
        inside = (rows >= 0) & (rows < n_rows) & (columns >= 0) & (columns < n_columns)
        inside &= known[:, None]
        cell = np.where(inside, rows * n_columns + columns, 0)
        is_open = inside & ~np.isnan(self.height_m.ravel()[cell])
        centre = self.centres(cell.ravel()).reshape(*cell.shape, 2)
        far = np.where(is_open, np.linalg.norm(centre - spot[:, None], axis=2), np.inf)
        order = np.argsort(far, axis=1, kind="stable")
        far = np.take_along_axis(far, order, axis=1)
        cell = np.where(np.isfinite(far), np.take_along_axis(cell, order, axis=1), -1)
        return cell, far


def walk_factor(slope: Floats) -> Floats:
    """Return how much longer a walk takes on a slope than on the flat: Tobler (1993).

    Examples
    --------
    >>> walk_factor(np.array([-0.05, 0.0, 0.15])).round(2).tolist()
    [0.84, 1.0, 1.69]
    """
    factor: Floats = np.exp(3.5 * np.abs(slope + 0.05) - 0.175)
    return factor


def cells_from(terrain: Terrain, crs: CRS, cell_m: float, streams: NDArray[Any]) -> Cells:
    """Bring a terrain into square cells of a metric CRS, and close moves over streams.

    Cells are never finer than the terrain's own, which would only cost time.
    """
    import rasterio
    from affine import Affine
    from rasterio.transform import array_bounds
    from rasterio.warp import Resampling, reproject, transform_bounds

    rows, columns = terrain.elevation_m.shape
    bounds = array_bounds(rows, columns, terrain.transform)
    source, target = (rasterio.CRS.from_wkt(c.to_wkt()) for c in (terrain.crs, crs))
    west, south, east, north = transform_bounds(source, target, *bounds)
    ground = (east - west) * (north - south)
    cell_m = max(cell_m, np.sqrt(ground / (rows * columns)), np.sqrt(ground / MOST_CELLS))
    shape = (
        max(1, int(np.ceil((north - south) / cell_m))),
        max(1, int(np.ceil((east - west) / cell_m))),
    )
    height = np.full(shape, np.nan, np.float32)
    coarser = height.size < 0.9 * rows * columns
    reproject(
        np.asarray(terrain.elevation_m, np.float32),
        height,
        src_transform=terrain.transform,
        src_crs=source,
        src_nodata=np.nan,
        dst_transform=Affine(cell_m, 0, west, 0, -cell_m, north),
        dst_crs=target,
        dst_nodata=np.nan,
        resampling=Resampling.average if coarser else Resampling.bilinear,
    )
    closed, near = _closed(streams, west, north, cell_m, shape)
    return Cells(west, north, float(cell_m), height, closed, near)


def _closed(
    streams: NDArray[Any], west: float, north: float, cell_m: float, shape: tuple[int, int]
) -> tuple[NDArray[np.uint16], Bools]:
    from geoparty.travel import moves

    closed, near = np.zeros(shape, np.uint16), np.zeros(shape, bool)
    if len(streams):
        coords, line = shapely.get_coordinates(
            shapely.segmentize(streams, 4 * cell_m), return_index=True
        )
        x, y = (coords[:, 0] - west) / cell_m, (north - coords[:, 1]) / cell_m
        first = np.flatnonzero(line[1:] == line[:-1])
        moves.close(closed, near, x[first], y[first], x[first + 1], y[first + 1])
    return closed, near


@dataclass(frozen=True)
class Walks:
    """Straight walks between points and cell centres, the same for every season."""

    point: Ints
    cell: Ints
    straight_m: Floats
    rise_m: Floats
    is_over_stream: Bools

    def minutes(self, flat_min_per_m: float) -> tuple[Floats, Floats]:
        """Return minutes from the points to the cells, and from the cells to the points."""
        slope = self.rise_m / np.maximum(self.straight_m, 1e-3)
        flat = self.straight_m * flat_min_per_m
        return flat * walk_factor(slope), flat * walk_factor(-slope)


def find_walks(cells: Cells, streams: shapely.STRtree, xy: Floats) -> Walks:
    """Find the cell centres around each point: the nearest, and the nearest over no stream."""
    cell, far = cells.around(xy)
    point = np.repeat(np.arange(len(xy)), 16)
    rank = np.tile(np.arange(16), len(xy))
    cell, far = cell.ravel(), far.ravel()
    near_stream = cells.is_near_stream.ravel()
    home = np.repeat(np.where(cell[::16] >= 0, near_stream[cell[::16]], False), 16)
    keep = (cell >= 0) & ((rank < CORNERS) | home)
    point, cell, far, rank, asked = point[keep], cell[keep], far[keep], rank[keep], home[keep]
    over = np.zeros(len(point), bool)
    over[asked] = over_stream(streams, xy[point[asked]], cells.centres(cell[asked]))
    dry = np.flatnonzero(~over)
    _, nearest = np.unique(point[dry], return_index=True)
    keep = rank < CORNERS
    keep[dry[nearest]] = True
    rise = cells.height_m.ravel()[cell] - cells.heights(xy)[point]
    return Walks(point[keep], cell[keep], far[keep], np.nan_to_num(rise)[keep], over[keep])
