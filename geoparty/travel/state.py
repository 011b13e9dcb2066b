"""Where everybody stands in a season, and what opening or closing a few edges does to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoparty.travel.graph import Graph, Links
from geoparty.travel.minutes import points_on
from geoparty.travel.openings import Candidates
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class State:
    """Where everybody stands before anything is opened or closed."""

    ways: Ways
    graph: Graph
    dist: Floats
    before: NDArray[np.int32]
    seed: Floats
    taps: Links
    direct: Floats
    now: Floats
    points: Points
    index: pd.Index

    @classmethod
    def of(cls, ways: Ways, places: gpd.GeoSeries, targets: gpd.GeoSeries) -> State:
        """Settle a season as it is: everybody goes to the nearest of the targets."""
        from geoparty.travel import search

        graph = ways.graph
        here, there = points_on(ways.network, places), points_on(ways.network, targets)
        seeds, taps = ways.links(there, into=False), ways.links(here, into=True)
        seed = np.full(graph.n_nodes, np.inf)
        np.minimum.at(seed, seeds.node, seeds.minutes)
        direct = np.full(len(places), np.inf)
        origin, _, minutes = ways.pairs(here, there, ways.walk_reach_m(here))
        np.minimum.at(direct, origin, minutes)
        dist, before = search.spread(
            graph.start, graph.other, graph.cost, seeds.node, seeds.minutes
        )
        now = np.minimum(search.tap(dist, taps.first, taps.node, taps.minutes), direct)
        return cls(ways, graph, dist, before, seed, taps, direct, now, here, places.index)

    def without_tree(self) -> State:
        """Return the state without what only closing needs, to be kept."""
        nothing = np.zeros(0, np.int32)
        return replace(self, before=nothing, seed=np.zeros(0))

    def with_open(self, graph: Graph, what: Candidates, at: slice) -> State:
        """Return the state after some edges are opened; ``graph`` has them."""
        from geoparty.travel import gains, search

        dist = self.dist.copy()
        gains.lower(
            graph.start,
            graph.other,
            graph.cost,
            dist,
            what.one[at],
            what.two[at],
            what.along[at],
            what.against[at],
        )
        taps = self.taps
        now = np.minimum(search.tap(dist, taps.first, taps.node, taps.minutes), self.direct)
        return replace(self, graph=graph, dist=dist, now=now)

    def on_the_way(self, what: Candidates) -> Candidates:
        """Return the candidates that lie on the way of one of the places."""
        from geoparty.travel import gains

        passed = gains.passed(self.before, self.taps.node)
        hit = passed[what.one] & (self.before[what.one] == what.two)
        hit |= passed[what.two] & (self.before[what.two] == what.one)
        owner = np.repeat(np.arange(len(what.label)), np.diff(what.first))
        return what.take(np.unique(owner[hit]))

    def opened(self, what: Candidates) -> tuple[Ints, Ints, Floats]:
        """Return candidate, place and minutes for every place that gets nearer."""
        from geoparty.travel import gains

        graph = self.graph
        first, who, then = gains.opened(
            graph.start,
            graph.other,
            graph.cost,
            self.dist,
            what.first,
            what.one,
            what.two,
            what.along,
            what.against,
            *self.taps.by_node(graph.n_nodes),
            self.now,
        )
        return np.repeat(np.arange(len(first) - 1), np.diff(first)), who, then

    def closed(self, what: Candidates) -> tuple[Candidates, tuple[Ints, Ints, Floats]]:
        """Return the candidates, and candidate, place and minutes of all that get farther."""
        from geoparty.travel import gains

        graph, taps = self.graph, self.taps
        origin_first, origin, _ = taps.by_node(graph.n_nodes)
        first, who, then = gains.closed(
            graph.start,
            graph.other,
            graph.cost,
            self.dist,
            self.before,
            what.first,
            what.one,
            what.two,
            self.seed,
            origin_first,
            origin,
            taps.first,
            taps.node,
            taps.minutes,
            self.direct,
        )
        which = np.repeat(np.arange(len(first) - 1), np.diff(first))
        farther = then > self.now[who]
        return what, (which[farther], who[farther], then[farther])

    def groups(self, cut_off_min: float) -> pd.Series[Any]:
        """Return who is cut off together: in one part of what lies beyond the limit."""
        graph = self.graph
        far = self.dist > cut_off_min
        tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        keep = far[tail] & far[graph.other]
        shape = (graph.n_nodes, graph.n_nodes)
        ones = np.ones(int(keep.sum()), np.int8)
        part = connected_components(
            csr_array((ones, (tail[keep], graph.other[keep])), shape=shape), directed=False
        )[1]
        has_tap = np.diff(self.taps.first) > 0
        home = np.full(len(self.now), -1, np.int64)
        home[has_tap] = part[self.taps.node[self.taps.first[:-1][has_tap]]]
        alone = ~has_tap
        home[alone] = graph.n_nodes + np.flatnonzero(alone)
        cut = (self.now > cut_off_min) & self.points.is_known
        return pd.Series(home, index=self.index).where(cut)
