"""From road lines as drawn to nodes and edges: joints, crossings, fords.

All coordinates are metres. Lines are joined where they share a vertex, where an end comes
within :data:`JOIN_M` of another line, and where they cross, unless one of the two is a short
bridge. A stream that meets a road parts it: each bank gets a node of its own, and the two are
joined by a crossing, an edge of no length that a season may close. Places on either bank thus
keep the road of their own bank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Lines = NDArray[Any]

JOIN_M = 1.0
"""An end this near another line is joined to it; wider gaps are reported, never mended."""
BRIDGE_MAX_M = 500.0
"""On a bridge line up to this long, a road crossing without a shared vertex passes under it."""
CONTACT_M = 0.05
"""A stream this near a road vertex runs through the vertex."""
WATER_M = 250.0
"""A ford on no known stream is taken to cross water that reaches this far to either side."""


@dataclass(frozen=True)
class Strands:
    """Lines as runs of vertex ids: entry ``i`` is vertex ``vertex[i]`` of line ``line[i]``."""

    vertex: Ints
    line: Ints
    xy: Floats

    def segments(self) -> tuple[Ints, Ints, Ints]:
        """Return first entries of the segments, and the vertex at either end."""
        first = np.flatnonzero(self.line[1:] == self.line[:-1])
        return first, self.vertex[first], self.vertex[first + 1]

    def ends(self) -> Bools:
        """Return for every entry whether its line begins or ends there."""
        change = np.flatnonzero(self.line[1:] != self.line[:-1])
        is_end = np.zeros(len(self.line), bool)
        is_end[np.concatenate([[0], change, change + 1, [len(self.line) - 1]])] = True
        return is_end


@dataclass(frozen=True)
class Edges:
    """The graph: nodes by position, edges by end nodes, with the line each came from.

    Crossings are edges with ``line`` of the road that has them, ``is_crossing`` true, no
    length, drawn as points; ``is_derived`` where no line said it was a ford. ``water`` are short
    lines across the fords of roads that meet no stream, where nobody can walk round them.
    """

    node_xy: Floats
    tail: Ints
    head: Ints
    line: Ints
    length_m: Floats
    geometry: Lines
    is_crossing: Bools
    is_derived: Bools
    water: Lines


def build_edges(
    lines: Lines, streams: Lines, *, is_ford: Bools, has_bridge: Bools, is_noded: Bools
) -> Edges:
    """Node the lines and part them where streams meet them without a bridge.

    Lines that are noded already meet one another only where they share a vertex.
    """
    if not len(lines):
        nothing, none = np.zeros(0, np.int64), np.zeros(0, bool)
        return Edges(
            np.zeros((0, 2)), nothing, nothing, nothing, np.zeros(0), lines, none, none, lines
        )
    is_over = has_bridge & (shapely.length(lines) <= BRIDGE_MAX_M)
    strands = _cross(_join(_strands(lines), is_noded), is_over, is_noded)
    strands, rays = _contacts(strands, streams)
    strands, rays, water = _middles(strands, rays, is_ford)
    return _edges(strands, rays, water, is_ford, has_bridge)


def _strands(lines: Lines) -> Strands:
    coords, line = shapely.get_coordinates(lines, return_index=True)
    vertex, xy = _identify(coords)
    return _tidy(Strands(vertex, line.astype(np.int64), xy))


def _identify(coords: Floats) -> tuple[Ints, Floats]:
    cm = np.round(coords * 100).astype(np.int64)
    key = (cm[:, 0] << 32) + cm[:, 1]
    _, first, vertex = np.unique(key, return_index=True, return_inverse=True)
    return vertex.astype(np.int64), coords[first]


def _tidy(strands: Strands) -> Strands:
    """Drop repeated vertices, and lines of a single vertex."""
    same = strands.line[1:] == strands.line[:-1]
    keep = np.ones(len(strands.line), bool)
    keep[1:] = ~(same & (strands.vertex[1:] == strands.vertex[:-1]))
    vertex, line = strands.vertex[keep], strands.line[keep]
    count = np.bincount(line) if len(line) else np.zeros(0, np.int64)
    keep = count[line] > 1
    return Strands(vertex[keep], line[keep], strands.xy)


def _insert(strands: Strands, entry: Ints, along: Floats, vertex: Ints, xy: Floats) -> Strands:
    """Put vertices into segments: after ``entry``, at the share ``along`` of its length."""
    position = np.concatenate([np.arange(len(strands.line), dtype=float), entry + along])
    order = np.argsort(position, kind="stable")
    return _tidy(
        Strands(
            np.concatenate([strands.vertex, vertex])[order],
            np.concatenate([strands.line, strands.line[entry]])[order],
            xy,
        )
    )


def _segments(strands: Strands, a: Ints, b: Ints) -> Floats:
    return np.concatenate([strands.xy[a], strands.xy[b]], axis=1)


def _join(strands: Strands, is_noded: Bools) -> Strands:
    """Join loose ends to the line or vertex within JOIN_M."""
    uses = np.bincount(strands.vertex, minlength=len(strands.xy))
    ends = strands.ends() & ~is_noded[strands.line]
    loose = np.unique(strands.vertex[ends & (uses[strands.vertex] == 1)])
    if not len(loose):
        return strands
    from geoparty.travel.meet import meeting

    entry, a, b = strands.segments()
    spots = np.tile(strands.xy[loose], 2)
    which, segment = meeting(spots, _segments(strands, a, b), within_m=JOIN_M)
    point = loose[which]
    other = (a[segment] != point) & (b[segment] != point)
    point, segment = point[other], segment[other]
    along, gap = _project(strands.xy[point], strands.xy[a[segment]], strands.xy[b[segment]])
    nearest = np.lexsort((segment, gap, point))
    _, first = np.unique(point[nearest], return_index=True)
    chosen = nearest[first]
    point, segment, along = point[chosen], segment[chosen], along[chosen]
    length = np.linalg.norm(strands.xy[b[segment]] - strands.xy[a[segment]], axis=1)
    at_a, at_b = along * length <= JOIN_M, (1 - along) * length <= JOIN_M
    inside = ~(at_a | at_b)
    strands = _insert(strands, entry[segment[inside]], along[inside], point[inside], strands.xy)
    target = np.where(at_a, a[segment], b[segment])
    return _merge(strands, point[~inside], target[~inside])


def _project(point: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    run = b - a
    along = np.einsum("ij,ij->i", point - a, run) / np.einsum("ij,ij->i", run, run)
    along = np.clip(along, 0.0, 1.0)
    return along, np.linalg.norm(point - a - along[:, None] * run, axis=1)


def _merge(strands: Strands, left: Ints, right: Ints) -> Strands:
    n = len(strands.xy)
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    representative = np.zeros(label.max(initial=-1) + 1, np.int64)
    representative[label[::-1]] = np.arange(n - 1, -1, -1)
    return _tidy(Strands(representative[label][strands.vertex], strands.line, strands.xy))


def _meetings(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats, Bools]:
    """Return shares along ab and cd where they meet, and whether they do (not parallel)."""
    ab, cd, ac = b - a, d - c, c - a
    cross = ab[:, 0] * cd[:, 1] - ab[:, 1] * cd[:, 0]
    size = np.linalg.norm(ab, axis=1) * np.linalg.norm(cd, axis=1)
    ok = np.abs(cross) > 1e-9 * size
    safe = np.where(ok, cross, 1.0)
    along_ab = (ac[:, 0] * cd[:, 1] - ac[:, 1] * cd[:, 0]) / safe
    along_cd = (ac[:, 0] * ab[:, 1] - ac[:, 1] * ab[:, 0]) / safe
    return np.clip(along_ab, 0.0, 1.0), np.clip(along_cd, 0.0, 1.0), ok


def _cross(strands: Strands, is_over: Bools, is_noded: Bools) -> Strands:
    """Put a shared vertex where two lines cross and neither is a bridge over the other."""
    entry, a, b = strands.segments()
    noded = is_noded[strands.line[entry]]
    if noded.all():
        return strands
    from geoparty.travel.meet import meeting

    pieces = _segments(strands, a, b)
    asked = np.flatnonzero(~noded)
    one, two = meeting(pieces[asked], pieces, but_at_ends=True)
    one = asked[one]
    apart = (a[one] != a[two]) & (a[one] != b[two]) & (b[one] != a[two]) & (b[one] != b[two])
    keep = ((one < two) | noded[two]) & apart
    one, two = one[keep], two[keep]
    xy = strands.xy
    s, t, ok = _meetings(xy[a[one]], xy[b[one]], xy[a[two]], xy[b[two]])
    ok &= ~(is_over[strands.line[entry[one]]] | is_over[strands.line[entry[two]]])
    one, two, s, t = one[ok], two[ok], s[ok], t[ok]
    point = xy[a[one]] + s[:, None] * (xy[b[one]] - xy[a[one]])
    vertex, all_xy = _identify(np.concatenate([xy, point]))
    old, new = vertex[: len(xy)], vertex[len(xy) :]
    strands = Strands(old[strands.vertex], strands.line, all_xy)
    entries = np.concatenate([entry[one], entry[two]])
    return _insert(strands, entries, np.concatenate([s, t]), np.concatenate([new, new]), all_xy)


@dataclass(frozen=True)
class Rays:
    """Directions in which streams leave a road vertex; two rays part the roads there."""

    vertex: Ints
    angle: Floats

    def add(self, vertex: Ints, angle: Floats) -> Rays:
        """Return these and further rays."""
        return Rays(np.concatenate([self.vertex, vertex]), np.concatenate([self.angle, angle]))


def _contacts(strands: Strands, streams: Lines) -> tuple[Strands, Rays]:
    """Put a vertex where a stream meets a road, and note the stream's directions there."""
    if not len(streams) or not len(strands.line):
        return strands, Rays(np.zeros(0, np.int64), np.zeros(0))
    from geoparty.travel.meet import meeting

    water = _strands(streams)
    _, c, d = water.segments()
    entry, a, b = strands.segments()
    wet, road = meeting(_segments(water, c, d), _segments(strands, a, b), within_m=CONTACT_M)
    xy, p, q = strands.xy, water.xy[c[wet]], water.xy[d[wet]]
    s, t, ok = _meetings(xy[a[road]], xy[b[road]], p, q)
    wet, road, s, t, p, q = wet[ok], road[ok], s[ok], t[ok], p[ok], q[ok]
    length = np.linalg.norm(xy[b[road]] - xy[a[road]], axis=1)
    at_a, at_b = s * length <= CONTACT_M, (1 - s) * length <= CONTACT_M
    inside = ~(at_a | at_b)
    point = xy[a[road]] + s[:, None] * (xy[b[road]] - xy[a[road]])
    fresh = len(xy) + np.cumsum(inside) - 1
    vertex = np.where(at_a, a[road], np.where(at_b, b[road], fresh))
    run = q - p
    size = np.linalg.norm(run, axis=1)
    near = np.linalg.norm(point - p - t[:, None] * run, axis=1) <= 2 * CONTACT_M
    forward, back = near & ((1 - t) * size > CONTACT_M), near & (t * size > CONTACT_M)
    angle = np.arctan2(run[:, 1], run[:, 0])
    rays = Rays(
        np.concatenate([vertex[forward], vertex[back]]),
        np.concatenate([angle[forward], angle[back] + np.pi]) % (2 * np.pi),
    )
    all_xy = np.concatenate([xy, point[inside]])
    parted = _insert(strands, entry[road[inside]], s[inside], vertex[inside], all_xy)
    return parted, rays


def _middles(strands: Strands, rays: Rays, is_ford: Bools) -> tuple[Strands, Rays, Lines]:
    """Give a ford line that meets no stream its ford in the middle."""
    met = np.zeros(len(is_ford), bool)
    met[strands.line[np.isin(strands.vertex, rays.vertex)]] = True
    entry, a, b = strands.segments()
    line = strands.line[entry]
    chosen = is_ford[line] & ~met[line]
    entry, a, b, line = entry[chosen], a[chosen], b[chosen], line[chosen]
    if not len(entry):
        return strands, rays, np.zeros(0, dtype=object)
    run = strands.xy[b] - strands.xy[a]
    length = np.linalg.norm(run, axis=1)
    total = np.bincount(line, length, minlength=len(is_ford))
    before = np.cumsum(length) - length
    _, first, inverse = np.unique(line, return_index=True, return_inverse=True)
    left = total[line] / 2 - (before - before[first][inverse])
    hit = (left >= 0) & (left < length)
    along = (left / length)[hit]
    vertex = len(strands.xy) + np.arange(hit.sum())
    xy = np.concatenate([strands.xy, strands.xy[a[hit]] + along[:, None] * run[hit]])
    angle = np.arctan2(run[hit, 1], run[hit, 0])
    turned = np.concatenate([angle + np.pi / 2, angle - np.pi / 2]) % (2 * np.pi)
    across = WATER_M * np.column_stack([-run[hit, 1], run[hit, 0]]) / length[hit, None]
    water = shapely.linestrings(np.stack([xy[vertex] - across, xy[vertex] + across], axis=1))
    rays = rays.add(np.concatenate([vertex, vertex]), turned)
    return _insert(strands, entry[hit], along, vertex, xy), rays, water


def _edges(strands: Strands, rays: Rays, water: Lines, is_ford: Bools, has_bridge: Bools) -> Edges:
    entry, a, b = strands.segments()
    line = strands.line[entry]
    n = len(strands.xy)
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    is_node = degree != 2
    is_node[strands.vertex[strands.ends()]] = True
    is_node[rays.vertex] = True
    starts = is_node[a] | np.concatenate([[True], line[1:] != line[:-1]])
    edge = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    last = np.concatenate([first[1:], [len(edge)]]) - 1
    bridged, said = np.zeros(n, bool), np.zeros(n, bool)
    for end in (a, b):
        bridged[end[has_bridge[line] & ~is_ford[line]]] = True
        said[end[is_ford[line]]] = True
    bank = _banks(
        strands.xy,
        rays,
        bridged,
        tip=np.concatenate([a[first], b[last]]),
        towards=np.concatenate([b[first], a[last]]),
    )
    return _assemble(strands, edge, a, b, first, last, line[first], bank, said, water)


def _banks(xy: Floats, rays: Rays, bridged: Bools, *, tip: Ints, towards: Ints) -> Ints:
    """Return for every edge end which sector between stream rays it leaves its vertex by."""
    key = np.unique(np.round(rays.angle, 4) % round(2 * np.pi, 4) + 10.0 * rays.vertex)
    vertex = (key // 10).astype(np.int64)
    count = np.bincount(vertex, minlength=len(xy))
    start = np.cumsum(count) - count
    parts = (count[tip] >= 2) & ~bridged[tip]
    run = xy[towards] - xy[tip]
    angle = np.arctan2(run[:, 1], run[:, 0]) % (2 * np.pi)
    sector = np.searchsorted(key, angle + 10.0 * tip) - start[tip]
    return np.where(parts, sector % np.maximum(count[tip], 1), 0)


def _assemble(
    strands: Strands,
    edge: Ints,
    a: Ints,
    b: Ints,
    first: Ints,
    last: Ints,
    line: Ints,
    bank: Ints,
    said: Bools,
    water: Lines,
) -> Edges:
    m = len(first)
    tip = np.concatenate([a[first], b[last]])
    width = int(bank.max(initial=0)) + 1
    key, node = np.unique(tip * width + bank, return_inverse=True)
    vertex = key // width
    twin = np.flatnonzero(vertex[1:] == vertex[:-1])
    owner = np.full(len(strands.xy), -1, np.int64)
    owner[tip[::-1]] = np.concatenate([line, line])[::-1]
    order = np.argsort(np.concatenate([edge, edge[last]]), kind="stable")
    coords = strands.xy[np.concatenate([a, b[last]])][order]
    geometry = shapely.linestrings(
        coords, indices=np.concatenate([edge, edge[last]])[order].astype(np.intp)
    )
    crossing = np.repeat([False, True], [m, len(twin)])
    where = shapely.points(strands.xy[vertex[twin]])
    return Edges(
        node_xy=strands.xy[vertex],
        tail=np.concatenate([node[:m], twin]).astype(np.int64),
        head=np.concatenate([node[m:], twin + 1]).astype(np.int64),
        line=np.concatenate([line, owner[vertex[twin]]]),
        length_m=np.concatenate([shapely.length(geometry), np.zeros(len(twin))]),
        geometry=np.concatenate([geometry, where]),
        is_crossing=crossing,
        is_derived=np.concatenate([np.zeros(m, bool), ~said[vertex[twin]]]),
        water=water,
    )
