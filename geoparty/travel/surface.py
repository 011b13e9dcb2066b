"""Minutes over the whole country as a raster, and the isochrones drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoparty import schema
from geoparty.settings import Season
from geoparty.travel.minutes import network_minutes, points_on
from geoparty.travel.network import Network

if TYPE_CHECKING:
    from affine import Affine

MOST_POINTS = 40_000
"""Cells of a raster without terrain, where each is asked for as a place of its own."""
LEAST_CELLS = 6
"""Patches of fewer cells are joined to what surrounds them, in isochrones only."""


@dataclass(frozen=True)
class Surface:
    """Minutes to the nearest target, row 0 in the north.

    ``inf``: no way through; ``NaN``: not measured (off the terrain, on a barrier, outside the
    area asked for).
    """

    travel_min: NDArray[np.float32]
    transform: Affine
    crs: CRS


def minutes_surface(
    network: Network,
    targets: gpd.GeoSeries,
    *,
    season: Season | str,
    area: gpd.GeoSeries | None = None,
) -> Surface:
    """Return minutes from everywhere to the nearest target.

    With terrain a cell for each cell people walk on; without, a grid of points asked for as
    places, walking straight to the road. ``area`` are polygons (any CRS) outside which nothing
    is told.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geoparty.settings import DRY, Travel
    >>> from geoparty.travel import build_network
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["commune"], "surface": "paved", "is_ford": False, "has_bridge": False},
    ...     geometry=[LineString([(103.0, 21.5), (103.1, 21.6)])], crs="EPSG:4326",
    ... )
    >>> network = build_network(roads, travel=Travel(), seasons=(DRY,))
    >>> centre = gpd.GeoSeries([Point(103.0, 21.5)], crs="EPSG:4326")
    >>> here = minutes_surface(network, centre, season="dry")
    >>> here.travel_min.ndim, bool(np.nanmin(here.travel_min) < 1)
    (2, True)
    """
    minutes, transform = (_on_points if network.cells is None else _on_cells)(
        network, targets, season, area
    )
    if area is not None and len(area):
        from rasterio.features import geometry_mask

        shapes = area.to_crs(network.crs).to_numpy()
        outside = geometry_mask(shapes, minutes.shape, transform, all_touched=True)
        minutes = np.where(outside, np.nan, minutes)
    return Surface(minutes.astype(np.float32), transform, network.crs)


def isochrones(surface: Surface, level_min: tuple[float, ...]) -> gpd.GeoDataFrame:
    """Return the country by level of minutes: one row a level that occurs.

    Returns
    -------
    GeoDataFrame
        ``level`` (how many of the thresholds are exceeded; one more: no way through),
        ``from_min``, ``to_min`` (``inf``: no limit), ``is_reached``, area_km2 and polygons in
        EPSG:4326. Patches of a few cells go with what surrounds them.

    Examples
    --------
    >>> from affine import Affine
    >>> minutes = np.repeat([[10.0, 45.0, np.inf, np.nan]], 4, axis=0).repeat(4, axis=1)
    >>> here = Surface(minutes, Affine(100, 0, 300000, 0, -100, 2370000), CRS("EPSG:32648"))
    >>> isochrones(here, (30.0, 60.0))[["level", "to_min", "area_km2"]].values.tolist()
    [[0.0, 30.0, 0.16], [1.0, 60.0, 0.16], [3.0, inf, 0.16]]
    """
    from rasterio.features import shapes, sieve

    edges = np.array(level_min, float)
    known = ~np.isnan(surface.travel_min)
    level = np.searchsorted(edges, surface.travel_min, side="left").astype(np.int16)
    level[np.isinf(surface.travel_min)] = len(edges) + 1
    level[~known] = -1
    smooth = sieve(level, LEAST_CELLS) if level.size > LEAST_CELLS else level
    smooth[~known] = -1
    found = list(shapes(smooth, mask=smooth >= 0, transform=surface.transform))
    parts = gpd.GeoDataFrame(
        {"level": [int(v) for _, v in found]},
        geometry=[shapely.geometry.shape(s) for s, _ in found],
        crs=surface.crs,
    )
    bands = parts.dissolve("level") if len(parts) else parts.set_index("level")
    area = bands.geometry.area.round(-4) / 1e6
    low = np.concatenate([[0.0], edges, [np.nan]])[bands.index]
    high = np.concatenate([edges, [np.inf, np.inf]])[bands.index]
    table = {"from_min": low, "to_min": high, "is_reached": bands.index <= len(edges)}
    out = bands.assign(**table, area_km2=area).reset_index().to_crs(schema.CRS)
    return out[["level", "from_min", "to_min", "is_reached", "area_km2", "geometry"]]


def _on_cells(
    network: Network, targets: gpd.GeoSeries, season: Season | str, _: gpd.GeoSeries | None
) -> tuple[NDArray[Any], Affine]:
    """Return minutes of the cells of the terrain: the search knows them all."""
    from affine import Affine

    cells, ways = network.cells, network.ways(season)
    if cells is None:
        raise ValueError
    dist = ways.minutes_to(ways.links(points_on(network, targets), into=False))
    minutes = dist[-cells.n_cells :].reshape(cells.height_m.shape)
    minutes = np.where(np.isnan(cells.height_m), np.nan, minutes)
    return minutes, Affine(cells.cell_m, 0, cells.west, 0, -cells.cell_m, cells.north)


def _on_points(
    network: Network, targets: gpd.GeoSeries, season: Season | str, area: gpd.GeoSeries | None
) -> tuple[NDArray[Any], Affine]:
    """Return minutes of a grid of points over the area, or over roads and targets."""
    from affine import Affine

    frames = [targets.to_crs(network.crs)]
    frames += (
        [area.to_crs(network.crs)] if area is not None and len(area) else [network.edges.geometry]
    )
    west, south, east, north = gpd.GeoSeries(pd.concat(frames), crs=network.crs).total_bounds
    side = max(network.travel.cell_m, np.sqrt((east - west) * (north - south) / MOST_POINTS))
    shape = (
        max(1, int(np.ceil((north - south) / side))),
        max(1, int(np.ceil((east - west) / side))),
    )
    row, column = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    points = gpd.GeoSeries.from_xy(
        west + (column + 0.5) * side, north - (row + 0.5) * side, crs=network.crs
    )
    minutes = network_minutes(network, points, targets, season=season).to_numpy().reshape(shape)
    return minutes, Affine(side, 0, west, 0, -side, north)
