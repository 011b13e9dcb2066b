"""One season of a network as arrays to search: roads, and cells of terrain where given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.int32]


@dataclass(frozen=True)
class Graph:
    """Edges backwards, from where people go to where they come from, by node.

    Edges of node ``u`` are ``other[start[u]:start[u + 1]]`` with ``cost`` in minutes.
    """

    start: Ints
    other: Small
    cost: Floats

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.start) - 1

    def with_edges(self, one: Ints, two: Ints, along: Floats, against: Floats) -> Graph:
        """Return the graph with more edges: minutes from one to two, and back."""
        tail, head = np.concatenate([two, one]), np.concatenate([one, two])
        minutes = np.concatenate([along, against])
        open_ = np.isfinite(minutes)
        tail, head, minutes = tail[open_], head[open_], minutes[open_]
        at = self.start[tail + 1]
        added = np.cumsum(np.bincount(tail + 1, minlength=len(self.start)))
        return Graph(
            self.start + added, np.insert(self.other, at, head), np.insert(self.cost, at, minutes)
        )

    @cached_property
    def forwards(self) -> tuple[Ints, Small, Floats]:
        """The same edges the way people go: first edge of each node, where to, minutes."""
        from geoparty.travel import search

        here = np.repeat(np.arange(self.n_nodes, dtype=np.int32), np.diff(self.start))
        return search.by_tail(self.other, here, self.cost, self.n_nodes)

    @cached_property
    def part(self) -> Small:
        """Connected part each node is in."""
        shape = (self.n_nodes, self.n_nodes)
        ones = np.ones(len(self.other), np.int8)
        matrix = csr_array((ones, self.other, self.start), shape=shape)
        # every edge has its way back, so strong parts are the parts, and quicker to find
        _, label = connected_components(matrix, directed=True, connection="strong")
        return np.asarray(label, np.int32)


@dataclass(frozen=True)
class Links:
    """Ways between points and nodes: point ``i`` has ``node[first[i]:first[i + 1]]``.

    ``which`` is the position each link had among those it was made of.
    """

    first: Ints
    node: Small
    minutes: Floats
    which: Ints

    @classmethod
    def of(cls, point: Ints, node: Ints, minutes: Floats, n_points: int) -> Links:
        """Sort links by point, leaving out those that are closed."""
        which = np.flatnonzero(np.isfinite(minutes))
        which = which[np.argsort(point[which], kind="stable")]
        first = np.searchsorted(point[which], np.arange(n_points + 1))
        return cls(first.astype(np.int64), node[which].astype(np.int32), minutes[which], which)

    @property
    def point(self) -> Ints:
        """The point of every link."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def by_node(self, n_nodes: int) -> tuple[Ints, Small, Floats]:
        """Return the same links held by node: first link, point, minutes."""
        point = self.point
        order = np.argsort(self.node, kind="stable")
        first = np.searchsorted(self.node[order], np.arange(n_nodes + 1))
        return first.astype(np.int64), point[order].astype(np.int32), self.minutes[order]


def both_ways(tail: Ints, head: Ints, minutes: Floats, n_nodes: int) -> Graph:
    """Return the graph of edges as fast one way as the other; infinite ones are left out."""
    open_ = np.isfinite(minutes) & (tail != head)
    a, b, cost = tail[open_], head[open_], minutes[open_]
    return one_way(np.concatenate([a, b]), np.concatenate([b, a]), np.tile(cost, 2), n_nodes)


def one_way(tail: Ints, head: Ints, minutes: Floats, n_nodes: int) -> Graph:
    """Return the graph of edges as given; parallel ones all kept."""
    from geoparty.travel import search

    return Graph(*search.by_tail(tail, head, minutes, n_nodes))


@dataclass(frozen=True)
class Core:
    """What is left of a graph once nodes of few neighbours are taken out.

    ``direct`` are origins, targets and minutes that need no node at all.
    """

    graph: Graph
    seeds: Links
    taps: Links
    direct: tuple[Ints, Ints, Floats]


def core(graph: Graph, seeds: Links, taps: Links, limit: float) -> Core:
    """Return a smaller graph, as fast both ways, with the same minutes up to the limit."""
    from geoparty.travel.contract import contract

    n, n_targets, n_origins = graph.n_nodes, len(seeds.first) - 1, len(taps.first) - 1
    kind = np.repeat(np.array([0, 1, 2], np.uint8), [n, n_targets, n_origins])
    tail = np.repeat(np.arange(n), np.diff(graph.start))
    once = tail < graph.other
    whole = both_ways(
        np.concatenate([tail[once], n + seeds.point, n + n_targets + taps.point]),
        np.concatenate([graph.other[once], seeds.node, taps.node]),
        np.concatenate([graph.cost[once], seeds.minutes, taps.minutes]),
        len(kind),
    )
    one, two, minutes = contract(whole.start, whole.other, whole.cost, kind, limit, 4 * len(kind))
    swap = kind[one] > kind[two]
    a, b = np.where(swap, two, one), np.where(swap, one, two)
    stays = np.zeros(len(kind), bool)
    stays[a[kind[a] == 0]] = True
    stays[b[kind[b] == 0]] = True
    number = np.cumsum(stays) - 1
    at_target, at_origin = (kind[a] == 0) & (kind[b] == 1), (kind[a] == 0) & (kind[b] == 2)
    within, direct = kind[b] == 0, kind[a] == 1
    return Core(
        both_ways(number[a[within]], number[b[within]], minutes[within], int(stays.sum())),
        Links.of(b[at_target] - n, number[a[at_target]], minutes[at_target], n_targets),
        Links.of(b[at_origin] - n - n_targets, number[a[at_origin]], minutes[at_origin], n_origins),
        (b[direct] - n - n_targets, a[direct] - n, minutes[direct]),
    )
