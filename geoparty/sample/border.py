"""A land border where none is given, and the official list that mostly agrees with it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty.sample.noise import Ints, generator

TOLERANCE_M = 50.0
LEAST_LENGTH_M = 100.0
NEAR_DEGREES = 0.1


def invent_border(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the western part of the outer outline, from its north to its south end.

    The line is made up, and its ``neighbour`` column says so.
    """
    outline = shapely.union_all(communes.geometry.to_numpy())
    parts = shapely.get_parts(outline)
    ring = shapely.get_coordinates(shapely.get_exterior_ring(parts[shapely.area(parts).argmax()]))
    ring = ring[:-1]
    west, south, east, north = communes.total_bounds
    # The corners of the western side: farthest to the north-west and to the south-west.
    x, y = (ring[:, 0] - west) / (east - west), (ring[:, 1] - south) / (north - south)
    top, bottom = int((y - 0.8 * x).argmax()), int((-y - 0.8 * x).argmax())
    ways = [_walk(len(ring), top, bottom), _walk(len(ring), bottom, top)]
    way = min(ways, key=lambda w: float(x[w].mean()))
    return gpd.GeoDataFrame(
        {"neighbour": ["giả định / invented"]},
        geometry=[shapely.LineString(ring[way])],
        crs=communes.crs,
    )


def near_border(communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of a border that lies around the communes, EPSG:4326."""
    west, south, east, north = communes.total_bounds
    near = border.to_crs(communes.crs)
    clipped = near.geometry.clip_by_rect(
        west - NEAR_DEGREES, south - NEAR_DEGREES, east + NEAR_DEGREES, north + NEAR_DEGREES
    )
    near = near.set_geometry(clipped)
    return near[~near.geometry.is_empty].reset_index(drop=True)


def list_border(
    communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, disagree: bool, seed: int
) -> pd.Series:
    """Return ``is_listed_border``: true along the border.

    With ``disagree``, one border commune is left out and one listed that does not touch it.
    """
    listed = _touches(communes, border)
    if disagree:
        listed = _with_mistakes(communes, listed, generator(seed, "border"))
    return pd.Series(pd.array(listed, dtype="boolean"), index=communes.index)


def _with_mistakes(
    communes: gpd.GeoDataFrame, touches: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    listed = touches.copy()
    on, off = np.nonzero(touches)[0], np.nonzero(~touches)[0]
    if len(on) > 2:
        listed[rng.choice(on)] = False
    if len(off):
        middle = communes.geometry.iloc[off].representative_point()
        west = np.argsort(middle.x.to_numpy(), kind="stable")[: max(1, len(off) // 3)]
        listed[off[rng.choice(west)]] = True
    return listed


def _walk(n: int, start: int, stop: int) -> Ints:
    return (start + np.arange((stop - start) % n + 1)) % n


def _touches(communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether a commune's outline runs along the border, within 50 m for 100 m or more."""
    crs = communes.estimate_utm_crs()
    outlines = communes.to_crs(crs).boundary
    reach = outlines.total_bounds + np.array([-1, -1, 1, 1]) * 1000
    lines = border.to_crs(crs).geometry.clip_by_rect(*reach)
    pieces = _pieces(lines.to_numpy())
    if not len(pieces):
        return np.zeros(len(communes), dtype=bool)
    tree = shapely.STRtree(pieces)
    out = np.zeros(len(communes), dtype=bool)
    near = np.unique(tree.query(outlines.to_numpy(), predicate="dwithin", distance=TOLERANCE_M)[0])
    for i in near.tolist():
        sides = _pieces(np.array([outlines.iloc[i]]))
        close = np.unique(tree.query(sides, predicate="dwithin", distance=TOLERANCE_M)[0])
        out[i] = shapely.length(sides[close]).sum() >= LEAST_LENGTH_M
    return out


def _pieces(lines: NDArray[Any]) -> NDArray[Any]:
    """Two-point pieces of lines, so that an index finds the near ones."""
    parts = shapely.get_parts(lines)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    same = line[1:] == line[:-1]
    return np.asarray(shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1)))
