"""Where roads meet streams: bridges on the better roads, fords on the others."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geoparty.sample.land import STREAM_KM2
from geoparty.sample.noise import Floats, Ints

CROSSING_M = 15.0
"""Road on each side of a stream that belongs to its ford or bridge."""
BRIDGE_SHARE = {
    "national": 1.0,
    "provincial": 1.0,
    "district": 0.97,
    "commune": 0.85,
    "village": 0.6,
    "track": 0.3,
    "path": 0.3,
}
"""Of crossings of the smallest streams; wider ones are bridged less often."""


def cross_streams(
    roads: gpd.GeoDataFrame, streams: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Cut roads where they meet streams; each crossing is a piece of its own, bridge or ford."""
    lines = roads.geometry.to_numpy()
    line, along, reach, area = _meetings(lines, streams)
    source, pieces, width = [], [], []
    first = np.searchsorted(line, np.arange(len(lines) + 1))
    for i in np.unique(line).tolist():
        here = slice(first[i], first[i + 1])
        for piece, km2 in _cut(lines[i], along[here], reach[here], area[here]):
            source.append(i)
            pieces.append(piece)
            width.append(km2)
    whole = np.setdiff1d(np.arange(len(lines)), line)
    out = roads.iloc[np.concatenate([whole, np.array(source, dtype=np.intp)])]
    out = out.reset_index(drop=True).set_geometry(
        gpd.GeoSeries([*lines[whole], *pieces], crs=roads.crs)
    )
    upstream_km2 = np.concatenate([np.zeros(len(whole)), np.array(width, dtype=float)])
    share = out["road_class"].map(BRIDGE_SHARE).to_numpy()
    odds = share ** ((upstream_km2 / STREAM_KM2) ** 0.3)
    bridged = rng.random(len(out)) < odds
    out["is_ford"] = pd.array((upstream_km2 > 0) & ~bridged, dtype="boolean")
    out["has_bridge"] = pd.array((upstream_km2 > 0) & bridged, dtype="boolean")
    return out[["road_class", "surface", "is_ford", "has_bridge", "geometry"]]


def _meetings(
    lines: NDArray[Any], streams: gpd.GeoDataFrame
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return where lines meet streams: line, metres along it, half the length, stream's area."""
    beds = streams.geometry.to_numpy()
    at, stream = shapely.STRtree(beds).query(lines, predicate="intersects")
    parts, of = shapely.get_parts(shapely.intersection(lines[at], beds[stream]), return_index=True)
    order = np.argsort(at[of], kind="stable")
    parts, of = parts[order], of[order]
    line = at[of]
    along = shapely.line_locate_point(lines[line], shapely.point_on_surface(parts))
    reach = CROSSING_M + shapely.length(parts) / 2
    return line, along, reach, streams["upstream_km2"].to_numpy()[stream[of]]


def _cut(
    line: shapely.LineString, along: Floats, reach: Floats, area: Floats
) -> list[tuple[Any, float]]:
    """Return the pieces of a line in order and the area of the stream each crosses, else 0."""
    cuts: list[list[float]] = []
    for at, half, km2 in sorted(zip(along.tolist(), reach.tolist(), area.tolist(), strict=True)):
        low, high = max(0.0, at - half), min(line.length, at + half)
        if cuts and low <= cuts[-1][1] + CROSSING_M:
            cuts[-1][1:] = [max(high, cuts[-1][1]), max(km2, cuts[-1][2])]
        else:
            cuts.append([low, high, km2])
    pieces, done = [], 0.0
    for low, high, km2 in cuts:
        low = done if low - done < CROSSING_M else low
        high = line.length if line.length - high < CROSSING_M else high
        if low > done:
            pieces.append((substring(line, done, low), 0.0))
        pieces.append((substring(line, low, high), km2))
        done = high
    if done < line.length:
        pieces.append((substring(line, done, line.length), 0.0))
    return pieces
