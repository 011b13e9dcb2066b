"""Streams nobody walks across while fords are closed."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def stream_index(streams: NDArray[Any]) -> shapely.STRtree:
    """Return a spatial index of lines, one entry for each straight piece."""
    coords, line = shapely.get_coordinates(streams, return_index=True)
    first = np.flatnonzero(line[1:] == line[:-1])
    pieces = np.stack([coords[first], coords[first + 1]], axis=1)
    return shapely.STRtree(shapely.linestrings(pieces))


def over_stream(index: shapely.STRtree, start: Floats, end: Floats) -> Bools:
    """Return whether each straight walk meets a stream."""
    met = np.zeros(len(start), bool)
    if len(index.geometries) and len(start):
        walks = shapely.linestrings(np.stack([start, end], axis=1))
        met[index.query(walks, predicate="intersects")[0]] = True
    return met
