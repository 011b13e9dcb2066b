"""Terrain as cells to walk on: heights in the network's metres, and moves closed by streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoparty.settings import Season, Travel
from geoparty.travel.water import Water, bars

if TYPE_CHECKING:
    import rasterio
    from rasterio.warp import Resampling

    from geoparty.read import LandCover, Terrain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Grid: TypeAlias = tuple[Any, CRS, tuple[int, int]]

MOST_CELLS = 2_500_000
"""Larger terrain is taken in coarser cells, and said: a season then fits in about 1 GB."""
BARRED_SHARE = 0.5
"""A cell with more than this share of barriers in it is one."""
CORNERS = 4
"""Cell centres a point is linked to: those around it."""


@dataclass(frozen=True)
class Cells:
    """Square cells, row 0 in the north.

    ``height_m`` is NaN where nobody can walk. ``slow`` is how much longer a walk takes in a
    cell than off a path; of no size where land cover is not given. ``is_near_stream`` is true
    where a stream may be within a cell's reach.
    """

    west: float
    north: float
    cell_m: float
    height_m: NDArray[np.float32]
    slow: NDArray[np.float32]
    is_near_stream: Bools
    water: Water
    _open: dict[int, NDArray[np.uint16]] = field(default_factory=dict, repr=False)

    @cached_property
    def _moves(self) -> NDArray[np.uint16]:
        """Moves there are from every cell, streams left out."""
        from geoparty.travel import moves

        bits: NDArray[np.uint16] = moves.open_moves(self.height_m)
        return bits

    def open_moves(self, season: Season) -> NDArray[np.uint16]:
        """Return the moves there are in a season, kept by the size of stream it lets people cross.

        Bit ``k`` of a cell is set where move ``k`` (:data:`geoparty.travel.moves.ROW_STEP`) from
        its centre ends inside, passes over no void, and meets no stream the season closes.
        """
        if season.fords_open:
            return self._moves
        order = season.passable_order
        if order not in self._open:
            lines = self.water.above(order)
            shape = self.height_m.shape
            closed, _ = _meet(lines, self.west, self.north, self.cell_m, shape)
            self._open[order] = self._moves & ~closed
        return self._open[order]

    def slowness(self, cell: Ints) -> Floats:
        """Return how much longer a walk takes in each cell than off a path."""
        if not self.slow.size:
            return np.ones(len(cell))
        return self.slow.ravel()[cell].astype(float)

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

    def covers(self, xy: Floats) -> Bools:
        """Return which points lie inside the grid, on open cells or not."""
        rows, columns = self.height_m.shape
        column, row = (xy[:, 0] - self.west) / self.cell_m, (self.north - xy[:, 1]) / self.cell_m
        inside: Bools = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        return inside

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

    def around(self, xy: Floats) -> tuple[Ints, Ints, Ints, Floats]:
        """Return the open cells around each point, nearest first: point, cell, rank, metres.

        The nearest CORNERS, and where the nearest is near a stream all sixteen around.
        """
        from geoparty.travel import moves

        x, y = (xy[:, 0] - self.west) / self.cell_m, (self.north - xy[:, 1]) / self.cell_m
        point, cell, rank, far = moves.around(self.height_m, self.is_near_stream, x, y)
        return point, cell, rank, far * self.cell_m


def walk_factor(slope: Floats) -> Floats:
    """Return how much longer a walk takes on a slope than on the flat: Tobler (1993).

    Examples
    --------
    >>> walk_factor(np.array([-0.05, 0.0, 0.15])).round(2).tolist()
    [0.84, 1.0, 1.69]
    """
    factor: Floats = np.exp(3.5 * np.abs(slope + 0.05) - 0.175)
    return factor


def cells_from(
    terrain: Terrain,
    crs: CRS,
    travel: Travel,
    water: Water,
    land_cover: LandCover | None = None,
) -> Cells:
    """Bring a terrain, and land cover, into square cells of a metric CRS.

    Cells are never finer than the terrain's own, which would only cost time.
    """
    from affine import Affine
    from rasterio.transform import array_bounds
    from rasterio.warp import Resampling, transform_bounds

    rows, columns = terrain.elevation_m.shape
    bounds = array_bounds(rows, columns, terrain.transform)
    west, south, east, north = transform_bounds(_crs(terrain.crs), _crs(crs), *bounds)
    ground = (east - west) * (north - south)
    cell_m = max(travel.cell_m, np.sqrt(ground / (rows * columns)), np.sqrt(ground / MOST_CELLS))
    shape = (
        max(1, int(np.ceil((north - south) / cell_m))),
        max(1, int(np.ceil((east - west) / cell_m))),
    )
    coarser = shape[0] * shape[1] < 0.9 * rows * columns
    transform = Affine(cell_m, 0, west, 0, -cell_m, north)
    height = _warped(
        np.asarray(terrain.elevation_m, np.float32),
        (terrain.transform, terrain.crs),
        (transform, crs, shape),
        Resampling.average if coarser else Resampling.bilinear,
    )
    slow = np.zeros((0, 0), np.float32)
    if land_cover is not None:
        slow = _slowness(land_cover, travel, (transform, crs, shape))
        height[np.isnan(slow)] = np.nan
    near = _meet(water.lines, west, north, cell_m, shape)[1]
    return Cells(west, north, float(cell_m), height, slow, near, water)


def _slowness(land_cover: LandCover, travel: Travel, onto: Grid) -> NDArray[np.float32]:
    """Return how much longer a walk takes than off a path by land cover; NaN is a barrier.

    Slowness is averaged over the classes within a cell, a barrier counting by its share: a cell
    mostly barred is barred.
    """
    from rasterio.warp import Resampling

    off_path = travel.walk_kph * travel.off_path_factor
    slow = np.full(land_cover.value.shape, 1.0, np.float32)
    barred = np.zeros(land_cover.value.shape, np.float32)
    for value, kph in travel.land_cover_kph.items():
        here = land_cover.value == int(value)
        if kph > 0:
            slow[here] = off_path / kph
        else:
            slow[here], barred[here] = np.nan, 1.0
    source = land_cover.transform, land_cover.crs
    fine = abs(source[0].a * source[0].e) ** 0.5
    finer = source[1].is_geographic or fine < 0.9 * onto[0].a
    how = Resampling.average if finer else Resampling.nearest
    mean, share = (_warped(a, source, onto, how) for a in (slow, barred))
    out = np.where(np.isnan(mean) & ~(share > BARRED_SHARE), 1.0, mean)
    return np.where(share > BARRED_SHARE, np.nan, out).astype(np.float32)


def _warped(
    values: NDArray[np.float32], source: tuple[Any, CRS], onto: Grid, how: Resampling
) -> NDArray[np.float32]:
    """Return values brought onto a grid, NaN where there are none."""
    from rasterio.warp import reproject

    out = np.full(onto[2], np.nan, np.float32)
    reproject(
        values,
        out,
        src_transform=source[0],
        src_crs=_crs(source[1]),
        src_nodata=np.nan,
        dst_transform=onto[0],
        dst_crs=_crs(onto[1]),
        dst_nodata=np.nan,
        resampling=how,
    )
    return out


def _crs(crs: CRS) -> rasterio.CRS:
    import rasterio

    return rasterio.CRS.from_wkt(crs.to_wkt())


def _meet(
    streams: NDArray[Any], west: float, north: float, cell_m: float, shape: tuple[int, int]
) -> tuple[NDArray[np.uint16], Bools]:
    """Return which moves meet a stream, and which cells are near one."""
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
    slow: Floats
    order_met: NDArray[np.int16]

    @classmethod
    def none(cls) -> Walks:
        """Return no walks at all."""
        return cls(*(np.zeros(0, t) for t in (np.int64, np.int64, float, float, float, np.int16)))

    def take(self, chosen: Bools | Ints) -> Walks:
        """Return some of the walks."""
        return Walks(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def minutes(self, flat_min_per_m: float, season: Season) -> tuple[Floats, Floats]:
        """Return minutes from the points to the cells and back, ``inf`` over a closed stream."""
        slope = self.rise_m / np.maximum(self.straight_m, 1e-3)
        flat = self.straight_m * flat_min_per_m * self.slow
        flat = np.where(bars(season, self.order_met), np.inf, flat)
        return flat * walk_factor(slope), flat * walk_factor(-slope)


def find_walks(cells: Cells, water: Water, xy: Floats) -> Walks:
    """Find the cell centres around each point: the nearest, and the nearest over no stream."""
    point, cell, rank, far = cells.around(xy)
    is_corner = rank < CORNERS
    asked = np.flatnonzero(is_corner & cells.is_near_stream.ravel()[cell])
    met = np.zeros(len(point), np.int16)
    met[asked] = water.order_met(xy[point[asked]], cells.centres(cell[asked]))
    has_dry = np.zeros(len(xy), bool)
    has_dry[point[is_corner & (met == 0)]] = True
    more = np.flatnonzero(~is_corner & ~has_dry[point])
    met[more] = water.order_met(xy[point[more]], cells.centres(cell[more]))
    dry = more[met[more] == 0]
    _, nearest = np.unique(point[dry], return_index=True)
    keep = is_corner
    keep[dry[nearest]] = True
    rise = cells.height_m.ravel()[cell] - cells.heights(xy)[point]
    slow = cells.slowness(cell)
    return Walks(point, cell, far, np.nan_to_num(rise), slow, met).take(keep)
