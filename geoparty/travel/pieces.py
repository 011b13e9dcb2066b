"""Stretches of road cut so that on terrain every cell they touch has a node of theirs."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """Equal pieces of each edge, in order along it; edge ``e`` has those from ``first[e]``."""

    node_xy: Floats
    edge: Ints
    tail: Ints
    head: Ints
    first: Ints
    count: Ints


def cut_edges(node_xy: Floats, edges: gpd.GeoDataFrame, most_m: float) -> Pieces:
    """Cut the edges into equal pieces no longer than ``most_m``."""
    length = edges["length_m"].to_numpy(float)
    tail, head = edges["tail"].to_numpy(np.int64), edges["head"].to_numpy(np.int64)
    count = np.maximum(1, np.ceil(length / most_m)).astype(np.int64)
    first = np.cumsum(count) - count
    edge = np.repeat(np.arange(len(length)), count)
    step = np.arange(len(edge)) - first[edge]
    is_last = step == count[edge] - 1
    inner = len(node_xy) + first[edge] - edge + step
    along = ((step + 1) / count[edge] * length[edge])[~is_last]
    spot = shapely.line_interpolate_point(edges.geometry.to_numpy()[edge[~is_last]], along)
    xy = np.column_stack([shapely.get_x(spot), shapely.get_y(spot)])
    return Pieces(
        np.concatenate([node_xy, xy]),
        edge,
        np.where(step == 0, tail[edge], inner - 1),
        np.where(is_last, head[edge], inner),
        first,
        count,
    )
