"""Where everybody stands in a season, and what opening or closing a few edges does to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoparty.travel.graph import Graph, Links
from geoparty.travel.openings import Candidates
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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
    late: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, ways: Ways, here: Points, there: Points, index: pd.Index) -> State:
        """Settle a season as it is: everybody goes to the nearest of the targets."""
        from geoparty.travel import search

        graph = ways.graph
        seeds, taps = ways.links(there, into=False), ways.links(here, into=True)
        seed = np.full(graph.n_nodes, np.inf)
        np.minimum.at(seed, seeds.node, seeds.minutes)
        direct = np.full(len(here.xy), np.inf)
        origin, _, minutes = ways.pairs(here, there, ways.walk_reach_m(here))
        np.minimum.at(direct, origin, minutes)
        dist, before = search.spread(
            graph.start, graph.other, graph.cost, seeds.node, seeds.minutes, np.inf
        )
        now = np.minimum(search.tap(dist, taps.first, taps.node, taps.minutes), direct)
        return cls(ways, graph, dist, before, seed, taps, direct, now, here, index)

    def without_tree(self) -> State:
        """Return the state without what only closing needs, to be kept."""
        nothing = np.zeros(0, np.int32)
        return replace(self, before=nothing, seed=np.zeros(0))

    def without_nodes(self) -> State:
        """Return the state of the places alone, of which nothing more can be asked."""
        return replace(self.without_tree(), dist=np.zeros(0), late=None)

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
        # a place that had no way knows of none of its nodes yet
        is_known = np.array_equal(np.isinf(now), np.isinf(self.now))
        late = self.late if is_known else None
        return replace(self, graph=graph, dist=dist, now=now, late=late)

    def with_latest(self, eased: tuple[Ints, NDArray[np.int32], Floats]) -> State:
        """Return the state with how near each node must be for a place to gain, whatever opens.

        ``eased`` is the graph the way people go, with all that may open. No node farther than
        this is on a way that is shorter than what a place has now; of places without a way it
        says nothing.
        """
        from geoparty.travel import search

        taps, point = self.taps, self.taps.point
        has_way = np.isfinite(self.now)
        most = float(self.now.max(where=has_way, initial=0.0))
        asked = has_way[point]
        spent, _ = search.spread(
            *eased,
            taps.node[asked],
            most - self.now[point[asked]] + taps.minutes[asked],
            most,
        )
        # a little more than exact, for what adding up in another order may differ by
        return replace(self, late=((most - spent) * (1 + 1e-6) + 1e-6).astype(np.float32))

    def opened(self, what: Candidates) -> tuple[tuple[Ints, Ints, Floats], Bools]:
        """Return candidate, place and minutes for every place that gets nearer.

        Then which nodes any candidate brings nearer on the way there.
        """
        from geoparty.travel import gains

        graph = self.graph
        first, who, then, stirred = gains.opened(
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
            self._asked,
            self.late if self.late is not None else np.full(graph.n_nodes, np.inf, np.float32),
        )
        return (np.repeat(np.arange(len(first) - 1), np.diff(first)), who, then), stirred

    def heeds(self, what: Candidates, at: slice, stirred: Bools) -> bool:
        """Whether some edges, opened, may change what opening any other gives somebody.

        They do not where they bring no node nearer that a place may gain by, and where nothing
        that any candidate brings nearer leads into them: ``stirred``, of :meth:`opened`. What a
        place may gain by is known of places with a way only; for the others every node counts.
        """
        late = None if np.isinf(self._asked).any() else self.late
        one, two = what.one[at], what.two[at]
        for near, far, minutes in ((one, two, what.against[at]), (two, one, what.along[at])):
            reached = self.dist[near] + minutes
            gains_by = reached < self.dist[far]
            if late is not None:
                gains_by &= reached < late[far]
            if (gains_by | (stirred[near] & np.isfinite(minutes))).any():
                return True
        return False

    @property
    def _asked(self) -> Floats:
        """Minutes of the places that roads and terrain can bring nearer; none for the others."""
        return np.where(np.diff(self.taps.first) > 0, self.now, 0.0)

    def closed(self, what: Candidates) -> tuple[Ints, Ints, Floats]:
        """Return candidate, place and minutes for every place that gets farther."""
        from geoparty.travel import losses

        first, who, then = losses.closed(
            *self.graph.forwards,
            self.dist,
            self.before,
            self.seed,
            what.first,
            what.one,
            what.two,
            what.along,
            what.against,
            self.taps.first,
            self.taps.node,
            self.taps.minutes,
            self.direct,
        )
        which = np.repeat(np.arange(len(first) - 1), np.diff(first))
        # the way back adds up in another order, so equal minutes may differ in the last digits
        farther = then > self.now[who] * (1 + 1e-9)
        return which[farther], who[farther], then[farther]

    def groups(self, cut_off_min: float) -> pd.Series[Any]:
        """Return who is cut off together: in one part of what lies beyond the limit."""
        from geoparty.travel import gains

        graph, taps = self.graph, self.taps
        cut = np.flatnonzero((self.now > cut_off_min) & self.points.is_known)
        home = pd.Series(np.nan, index=self.index)
        if len(cut):
            alone = np.diff(taps.first)[cut] == 0
            first = np.minimum(taps.first[:-1][cut], max(len(taps.node) - 1, 0))
            start = np.where(alone, -1, taps.node[first] if len(taps.node) else -1)
            part = gains.regions(graph.start, graph.other, self.dist, cut_off_min, start)
            home.iloc[cut] = np.where(part < 0, graph.n_nodes + cut, part)
        return home
