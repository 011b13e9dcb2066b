"""A road network between the commune centres and out to most villages, with its crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geoparty.sample.crossings import cross_streams
from geoparty.sample.land import Land, cell_edges, chains, joined_lines, symmetric
from geoparty.sample.noise import Floats, Ints, generator
from geoparty.schema import ROAD_CLASSES, SURFACES

NATIONAL, PROVINCIAL, DISTRICT, COMMUNE, VILLAGE, TRACK, PATH = range(7)
OFF_NETWORK_SHARE = 0.08
SURFACE_SHARES = {
    "national": (1.0, 0.0, 0.0),
    "provincial": (0.95, 0.05, 0.0),
    "district": (0.75, 0.2, 0.05),
    "commune": (0.55, 0.3, 0.15),
    "village": (0.3, 0.35, 0.35),
    "track": (0.0, 0.25, 0.75),
    "path": (0.0, 0.0, 1.0),
}
"""Shares of SURFACES."""
MARGIN_COST = 8.0
"""How much dearer a road is outside all communes, where it may have to pass a gap in the map."""


def make_roads(
    land: Land, centres: Floats, villages: Floats, streams: gpd.GeoDataFrame, *, seed: int
) -> gpd.GeoDataFrame:
    """Return roads noded at junctions; each stream crossing is a short piece of its own.

    ``centres`` and ``villages`` are coordinates in the land's CRS. Main roads follow the
    cheapest way over the relief between neighbouring centres; village roads follow it from
    each village to the nearest main road and grow in class as they gather villages.
    """
    rng = generator(seed, "roads")
    ground = _ground(land)
    seats = np.unique(land.nodes_at(centres))
    main = _main_roads(ground, seats)
    served = land.nodes_at(villages)
    served = served[(served >= 0) & (rng.random(len(served)) >= OFF_NETWORK_SHARE)]
    edges = _village_roads(ground, main, seats, np.unique(served), rng)
    spot = _spots(land, centres, villages, rng)
    return _lines(land, edges, spot, seats, streams, rng)


@dataclass(frozen=True)
class _Edges:
    """Road pieces between two nodes and their class, as a position in ROAD_CLASSES."""

    a: Ints
    b: Ints
    rank: Ints


def _ground(land: Land) -> sparse.csr_array:
    """Cost between neighbouring nodes: length, more on slopes, in streams and off the land."""
    a, b, step_m = cell_edges(land.node, land.cell_m)
    slope = np.abs(land.elevation_m[a] - land.elevation_m[b]) / step_m
    cost = step_m * (1 + np.minimum((slope / 0.12) ** 2, 30))
    bed = np.where(land.is_stream, 3.0, 0.0)
    dear = 1 + bed + MARGIN_COST * land.is_margin
    return symmetric(a, b, cost * (dear[a] + dear[b]) / 2, len(land.xy))


def _main_roads(ground: sparse.csr_array, sources: Ints) -> _Edges:
    """Roads between neighbouring centres: a tree of all of them and the best other links."""
    distance, before, source = csgraph.dijkstra(
        ground, indices=sources, min_only=True, return_predecessors=True
    )
    pairs = sparse.coo_array(sparse.triu(ground))
    a, b = pairs.coords
    meet = (source[a] != source[b]) & (source[a] >= 0) & (source[b] >= 0)
    a, b = a[meet], b[meet]
    cost = distance[a] + pairs.data[meet] + distance[b]
    ends = np.searchsorted(sources, np.sort(np.column_stack([source[a], source[b]]), axis=1))
    best = np.lexsort([cost, ends[:, 1], ends[:, 0]])
    first = best[np.unique(ends[best], axis=0, return_index=True)[1]]
    ends, cost, a, b = ends[first], cost[first], a[first], b[first]
    rank = _link_ranks(ends, cost, len(sources))
    pieces: dict[tuple[int, int], int] = {}
    before = before.tolist()
    for i, j, r in zip(a.tolist(), b.tolist(), rank.tolist(), strict=True):
        if r > DISTRICT:
            continue
        steps = [(i, j), *_way_back(i, before), *_way_back(j, before)]
        for step in steps:
            key = (min(step), max(step))
            pieces[key] = min(r, pieces.get(key, PATH))
    ends = np.array(sorted(pieces), dtype=np.intp).reshape(-1, 2)
    ranks = np.array([pieces[key] for key in sorted(pieces)], dtype=np.intp)
    return _Edges(ends[:, 0], ends[:, 1], ranks)


def _way_back(node: int, before: list[int]) -> list[tuple[int, int]]:
    steps = []
    while before[node] >= 0:
        steps.append((node, before[node]))
        node = before[node]
    return steps


def _link_ranks(ends: Ints, cost: Floats, n: int) -> Ints:
    """Class of each link between centres; links that are not built rank below district.

    The longest way through the tree of cheapest links is national, links that carry the
    traffic of four or more centres provincial, the rest and every third other link district.
    """
    graph = sparse.csr_array((cost, (ends[:, 0], ends[:, 1])), shape=(n, n))
    tree = sparse.coo_array(csgraph.minimum_spanning_tree(graph))
    in_tree = {tuple(sorted(map(int, e))) for e in zip(*tree.coords, strict=True)}
    whole = sparse.csr_array(tree)
    far = csgraph.dijkstra(whole, directed=False, indices=0)
    start = int(np.where(np.isfinite(far), far, -1).argmax())
    far, before = csgraph.dijkstra(whole, directed=False, indices=start, return_predecessors=True)
    load = np.ones(n)
    for i in np.argsort(-np.where(np.isfinite(far), far, -1), kind="stable").tolist():
        if before[i] >= 0:
            load[before[i]] += load[i]
    end = int(np.where(np.isfinite(far), far, -1).argmax())
    national = {tuple(sorted(step)) for step in _way_back(end, before.tolist())}
    ranks = []
    for k, (i, j) in enumerate(map(tuple, ends.tolist())):
        if (i, j) in national:
            ranks.append(NATIONAL)
        elif (i, j) in in_tree:
            child = j if before[j] == i else i
            ranks.append(PROVINCIAL if load[child] >= 4 else DISTRICT)
        else:
            ranks.append(DISTRICT if k % 3 == 0 else PATH)
    return np.array(ranks, dtype=np.intp)


def _village_roads(
    ground: sparse.csr_array,
    main: _Edges,
    seats: Ints,
    villages: Ints,
    rng: np.random.Generator,
) -> _Edges:
    """Add the ways from the villages to the main roads; more villages, better class."""
    n = ground.shape[0]
    _, before, _ = csgraph.dijkstra(
        ground,
        indices=np.unique(np.concatenate([main.a, main.b, seats])),
        min_only=True,
        return_predecessors=True,
    )
    before = before.tolist()
    carried = [0] * n
    for village in villages.tolist():
        node = village
        while before[node] >= 0:
            carried[node] += 1
            node = before[node]
    load = np.array(carried)
    used = np.nonzero(load)[0]
    below = np.array(before)[used]
    last = np.where(rng.random(n) < 0.3, VILLAGE, np.where(rng.random(n) < 0.6, TRACK, PATH))
    kind = _last_leg(used, below, load, last)
    return _Edges(
        np.concatenate([main.a, used]),
        np.concatenate([main.b, below]),
        np.concatenate([main.rank, kind]),
    )


def _last_leg(used: Ints, below: Ints, load: NDArray[Any], last: Ints) -> Ints:
    """Class by the villages a piece carries; a way for one village is of one class throughout."""
    kind = np.where(load[used] >= 6, COMMUNE, np.where(load[used] >= 2, VILLAGE, PATH))
    single = load[used] == 1
    passes = np.bincount(below, minlength=len(load))
    group = chains(used, below, stop=(load != 1) | (passes > 1))
    top = np.zeros(len(used), dtype=np.intp)
    top[group] = used
    return np.asarray(np.where(single, last[top[group]], kind))


def _spots(land: Land, centres: Floats, villages: Floats, rng: np.random.Generator) -> Floats:
    """Where each node's road point lies: at its village or centre, else near its middle."""
    spot = land.xy + rng.uniform(-0.25, 0.25, land.xy.shape) * land.cell_m
    for xy in (villages[::-1], centres[::-1]):
        node = land.nodes_at(xy)
        spot[node[node >= 0]] = xy[node >= 0]
    return spot


def _lines(
    land: Land,
    edges: _Edges,
    spot: Floats,
    seats: Ints,
    streams: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    degree = np.bincount(np.concatenate([edges.a, edges.b]), minlength=len(spot))
    lowest, highest = np.full(len(spot), PATH + 1), np.full(len(spot), -1)
    for end in (edges.a, edges.b):
        np.minimum.at(lowest, end, edges.rank)
        np.maximum.at(highest, end, edges.rank)
    stop = (degree != 2) | (lowest != highest)
    stop[seats] = True
    group = chains(edges.a, edges.b, stop=stop)
    lines = joined_lines(spot[edges.a], spot[edges.b], group)
    rank = np.zeros(len(lines), dtype=np.intp)
    rank[group] = edges.rank
    road_class = np.array(ROAD_CLASSES)[rank]
    frame = gpd.GeoDataFrame(
        {"road_class": road_class, "surface": _surfaces(road_class, rng)},
        geometry=lines,
        crs=land.crs,
    )
    return cross_streams(frame, streams, rng)


def _surfaces(road_class: NDArray[Any], rng: np.random.Generator) -> NDArray[np.object_]:
    shares = np.array([SURFACE_SHARES[c] for c in road_class]).cumsum(axis=1)
    draw = rng.random((len(road_class), 1))
    kind: NDArray[np.intp] = (draw > shares[:, :2]).sum(axis=1)
    return np.array(SURFACES, dtype=object)[kind]
