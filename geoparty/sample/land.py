"""The ground a sample stands on: square cells, relief, and the streams that drain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from geoparty.sample.noise import Floats, Ints, fractal_noise, generator, smooth_noise

MOST_CELLS = 250_000
SMALLEST_CELL_M = 200.0
MARGIN_CELLS = 3
STREAM_KM2 = 3.0
"""Upstream area from which a stream is drawn."""
LEAST_FALL_M = 0.5
FOOT_SLOPE = 0.015
"""Fall of the rivers beyond the land."""
TOP_M, FOOT_M = 2_300.0, 250.0


@dataclass(frozen=True)
class Land:
    """Square cells in metres around the communes; ``node`` numbers those that are land."""

    crs: Any
    transform: Affine
    cell_m: float
    node: NDArray[np.int64]
    """Number of each cell's node, -1 off the land."""
    xy: Floats
    """Centre of each node, metres."""
    elevation_m: Floats
    """Of each node."""
    downstream: Ints
    """Node that each drains to, -1 where water leaves the land."""
    upstream_km2: Floats
    is_margin: NDArray[np.bool_]
    """Whether each node lies outside all communes."""

    def nodes_at(self, xy: Floats) -> Ints:
        """Return the node of the cell under each point, -1 off the land."""
        column = np.floor((xy[:, 0] - self.transform.c) / self.transform.a).astype(int)
        row = np.floor((xy[:, 1] - self.transform.f) / self.transform.e).astype(int)
        ok = (row >= 0) & (column >= 0) & (row < self.node.shape[0])
        ok &= column < self.node.shape[1]
        found = np.full(len(xy), -1)
        found[ok] = self.node[row[ok], column[ok]]
        return found

    @property
    def is_stream(self) -> NDArray[np.bool_]:
        """Whether a stream runs through each node's cell."""
        return self.upstream_km2 >= max(STREAM_KM2, 8 * self.cell_m**2 / 1e6)


def make_land(communes: gpd.GeoDataFrame, *, seed: int) -> Land:
    """Return made-up relief over the communes (metric CRS), drained everywhere.

    Water first: every cell drains along the cheapest way to the rim over random ground, and
    height then grows upstream with the slope a river of that catchment has (Flint's law,
    slope = k A^-0.45), so valleys, ridges and streams agree.
    """
    transform, cell_m, burned = _cells(communes)
    inside = ndimage.binary_dilation(burned, iterations=MARGIN_CELLS)
    node = np.where(inside, np.cumsum(inside).reshape(inside.shape) - 1, -1)
    row, column = np.nonzero(inside)
    xy = np.column_stack(
        [transform.c + (column + 0.5) * cell_m, transform.f - (row + 0.5) * cell_m]
    )
    a, b, step_m = cell_edges(node, cell_m)
    distance, downstream, foot = _drain(
        inside, node, a, b, step_m, cell_m, generator(seed, "terrain")
    )
    order = np.argsort(distance, kind="stable")
    area = _gather(order, downstream, np.full(len(xy), cell_m**2 / 1e6))
    length = np.where(downstream >= 0, np.hypot(*(xy - xy[downstream]).T), cell_m)
    slope = np.clip(0.12 * area**-0.45, 0.002, 0.6)
    height = _soften(_climb(order, downstream, foot + length * slope), node)
    height = FOOT_M + height * (TOP_M - FOOT_M) / max(np.quantile(height, 0.99), 1.0)
    height = _carve(order, downstream, height + _roughness(inside, cell_m, seed))
    margin = ~burned[inside]
    return Land(communes.crs, transform, cell_m, node, xy, height, downstream, area, margin)


def cell_edges(node: NDArray[np.int64], cell_m: float) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of neighbouring nodes, eight ways, each once, and their distance."""
    pairs = []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        rows, columns = node.shape
        here = node[: rows - dr, max(0, -dc) : columns - max(0, dc)]
        there = node[dr:, max(0, dc) : columns + min(0, dc)]
        both = (here >= 0) & (there >= 0)
        step = cell_m * np.hypot(dr, dc)
        pairs.append((here[both], there[both], np.full(int(both.sum()), step)))
    a, b, step_m = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return a, b, step_m


def symmetric(a: Ints, b: Ints, weight: Floats, n: int) -> sparse.csr_array:
    """Return the graph with every edge both ways."""
    ends = np.concatenate([a, b]), np.concatenate([b, a])
    return sparse.csr_array((np.concatenate([weight, weight]), ends), shape=(n, n))


def stream_lines(land: Land, *, seed: int) -> gpd.GeoDataFrame:
    """Return streams, downhill, from junction to junction; ``upstream_km2`` at the lower end."""
    own = np.nonzero(land.is_stream & (land.downstream >= 0))[0]
    spot = land.xy + generator(seed, "streams").uniform(-0.38, 0.38, land.xy.shape) * land.cell_m
    feeders = np.bincount(land.downstream[own], minlength=len(spot))
    group = chains(own, land.downstream[own], stop=feeders != 1)
    lines = joined_lines(spot[own], spot[land.downstream[own]], group, directed=True)
    area = np.zeros(len(lines))
    np.maximum.at(area, group, land.upstream_km2[own])
    return gpd.GeoDataFrame({"upstream_km2": area.round(1)}, geometry=lines, crs=land.crs)


def chains(a: Ints, b: Ints, *, stop: NDArray[np.bool_]) -> Ints:
    """Return for each edge the number of the chain it is part of; chains end where ``stop``."""
    nodes, ends = np.unique(np.concatenate([a, b]), return_inverse=True)
    edge = np.tile(np.arange(len(a)), 2)
    passing = ~stop[nodes][ends]
    n = len(a) + len(nodes)
    links = sparse.csr_array(
        (np.ones(int(passing.sum())), (edge[passing], len(a) + ends[passing])), shape=(n, n)
    )
    label = csgraph.connected_components(links, directed=False)[1][: len(a)]
    return np.unique(label, return_inverse=True)[1]


def joined_lines(
    start: Floats, end: Floats, group: Ints, *, directed: bool = False
) -> NDArray[Any]:
    """Return one line per group, its two-point pieces joined end to end."""
    order = np.argsort(group, kind="stable")
    pieces = shapely.linestrings(np.stack([start[order], end[order]], axis=1))
    grouped = shapely.multilinestrings(pieces, indices=group[order])
    return np.asarray(shapely.line_merge(grouped, directed=directed))


def _cells(communes: gpd.GeoDataFrame) -> tuple[Affine, float, NDArray[np.bool_]]:
    from rasterio.features import rasterize

    west, south, east, north = communes.total_bounds
    area = float(communes.area.sum())
    cell_m = max(SMALLEST_CELL_M, 10.0 * np.ceil(np.sqrt(area / MOST_CELLS) / 10.0))
    margin = (MARGIN_CELLS + 1) * cell_m
    transform = Affine(cell_m, 0, west - margin, 0, -cell_m, north + margin)
    shape = (
        int((north - south + 2 * margin) // cell_m) + 1,
        int((east - west + 2 * margin) // cell_m) + 1,
    )
    burned = rasterize(
        communes.geometry.values, shape, transform=transform, all_touched=True, dtype="uint8"
    )
    return transform, cell_m, burned > 0


def _drain(
    inside: NDArray[np.bool_],
    node: NDArray[np.int64],
    a: Ints,
    b: Ints,
    step_m: Floats,
    cell_m: float,
    rng: np.random.Generator,
) -> tuple[Floats, Ints, Floats]:
    """Cheapest way from every node to the rim, and the height of the nodes it ends at.

    Leaving is dear in places, most so westwards; the river below is then as much higher.
    """
    ground = np.exp(1.2 * smooth_noise(rng, inside.shape, 3.0))[inside]
    ground *= np.exp(0.5 * smooth_noise(rng, inside.shape, 12_000 / cell_m))[inside]
    n = len(ground)
    rim = node[inside & ~ndimage.binary_erosion(inside, np.ones((3, 3)))]
    spread = fractal_noise(rng, inside.shape, 25_000 / cell_m)[inside][rim]
    westward = 1 - np.nonzero(inside)[1][rim] / inside.shape[1]
    leave = 8_000 * np.exp(1.2 * spread) + 25_000 * westward
    weight = step_m * (ground[a] + ground[b]) / 2
    graph = symmetric(a, b, weight, n + 1) + sparse.csr_array(
        (leave, (np.full(len(rim), n), rim)), shape=(n + 1, n + 1)
    )
    distance, before = csgraph.dijkstra(graph, indices=n, return_predecessors=True)
    downstream = np.where(before[:n] == n, -1, before[:n]).astype(np.intp)
    foot = np.zeros(n)
    foot[rim] = np.where(downstream[rim] < 0, leave * FOOT_SLOPE, 0.0)
    return distance[:n], downstream, foot


def _gather(order: Ints, downstream: Ints, own: Floats) -> Floats:
    """Sum everything upstream of each node, itself included."""
    total, below = own.tolist(), downstream.tolist()
    for i in order[::-1].tolist():
        if below[i] >= 0:
            total[below[i]] += total[i]
    return np.asarray(total)


def _climb(order: Ints, downstream: Ints, rise: Floats) -> Floats:
    """Height of each node above the rim: that of the node below it and its own rise."""
    height, below = rise.tolist(), downstream.tolist()
    for i in order.tolist():
        if below[i] >= 0:
            height[i] += height[below[i]]
    return np.asarray(height)


def _carve(order: Ints, downstream: Ints, height: Floats) -> Floats:
    """Raise what lies below the node it drains to, so that water still runs downhill."""
    out, below = height.tolist(), downstream.tolist()
    for i in order.tolist():
        if below[i] >= 0:
            out[i] = max(out[i], out[below[i]] + LEAST_FALL_M)
    return np.asarray(out)


def _soften(height: Floats, node: NDArray[np.int64]) -> Floats:
    """Take the edge off ridges without filling valleys from outside the land."""
    inside = node >= 0
    grid = np.zeros(node.shape)
    grid[inside] = height
    share = ndimage.gaussian_filter(inside.astype(float), 0.8)
    return np.asarray((ndimage.gaussian_filter(grid, 0.8) / np.maximum(share, 1e-9))[inside])


def _roughness(inside: NDArray[np.bool_], cell_m: float, seed: int) -> Floats:
    rng = generator(seed, "roughness")
    return np.asarray(8.0 * smooth_noise(rng, inside.shape, 2_000 / cell_m)[inside])
