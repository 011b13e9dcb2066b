"""What can be opened or closed: fords, roads a season closes, bridges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoparty.travel.noding import BRIDGE_MAX_M
from geoparty.travel.speeds import names_season
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """Edges of the graph that open or close together."""

    label: NDArray[Any]
    kind: NDArray[Any]
    edge: Ints
    first: Ints
    one: Ints
    two: Ints
    along: Floats
    against: Floats


def openable(ways: Ways) -> Candidates:
    """Crossings the season closes, and roads it closes or lets nobody ride."""
    ford, track, minutes = _opens(ways)
    return _candidates(ways, [("ford", ford, ford), _by_road("road", ways, track)], minutes)


def closable(ways: Ways) -> Candidates:
    """Crossings that are open, and bridges: short bridge lines, and longer ones over a stream."""
    ford, bridge = _closes(ways)
    kinds = [("ford", ford, ford), _by_road("bridge", ways, bridge)]
    return _candidates(ways, kinds, ways.edge_minutes)


def cut_at_feet(ways: Ways, points: list[Points]) -> Ways:
    """Return the season with a node wherever points come to a road that may open or close.

    Who lives beside such a road comes to it halfway, and what it takes from there opens or
    closes with it.
    """
    edges = np.zeros(len(ways.network.edges), bool)
    edges[np.concatenate([_opens(ways)[1], _closes(ways)[1]])] = True
    return ways.cut_at_feet(points, edges)


def _opens(ways: Ways) -> tuple[Ints, Ints, tuple[Floats, Floats]]:
    """Return the crossings and the stretches of road that may open, and minutes then."""
    network, season = ways.network, ways.season
    edges = network.edges
    is_crossing = edges["is_crossing"].to_numpy(bool)
    open_ = season.model_copy(
        update={
            "name": "",
            "fords_open": True,
            "closed_surfaces": frozenset(),
            "closed_classes": frozenset(),
        }
    )
    minutes = network.edge_minutes(open_)
    faster = np.zeros(len(edges), bool)
    for then, now in zip(minutes, ways.edge_minutes, strict=True):
        faster |= then < now * (1 - 1e-9)
    by_name = names_season(edges, season)
    ford = np.flatnonzero(faster & is_crossing & ~by_name)
    return ford, np.flatnonzero(faster & (~is_crossing | by_name)), minutes


def _closes(ways: Ways) -> tuple[Ints, Ints]:
    """Return the crossings and the stretches of bridge that may close."""
    network = ways.network
    edges = network.edges
    is_crossing = edges["is_crossing"].to_numpy(bool)
    bridged = edges["has_bridge"].to_numpy(bool)
    is_open = np.isfinite(ways.edge_minutes[0])
    ford = np.flatnonzero(is_crossing & ~bridged & is_open)
    bridged = bridged & ~is_crossing & is_open
    asked = np.flatnonzero(bridged)
    over = np.zeros(len(edges), bool)
    over[asked] = network.water.order_on(edges.geometry.to_numpy()[asked]) > 0
    bridged &= over | (edges["length_m"].to_numpy(float) <= BRIDGE_MAX_M)
    return ford, np.flatnonzero(bridged)


def _by_road(kind: str, ways: Ways, edge: Ints) -> tuple[str, Ints, Ints]:
    return kind, edge, ways.network.edges["road"].to_numpy(np.int64)[edge]


def _candidates(
    ways: Ways, kinds: list[tuple[str, Ints, Ints]], minutes: tuple[Floats, Floats]
) -> Candidates:
    """Gather the pieces of each candidate: a crossing, or all stretches of a road."""
    pieces = ways.pieces
    kind = np.repeat([name for name, _, _ in kinds], [len(edge) for _, edge, _ in kinds])
    edge = np.concatenate([edge for _, edge, _ in kinds])
    group = np.concatenate([group for _, _, group in kinds])
    part = np.repeat(np.arange(len(kinds)), [len(edge) for _, edge, _ in kinds])
    order = np.lexsort((group, part))
    edge, group, part = edge[order], group[order], part[order]
    start = np.ones(len(edge), bool)
    start[1:] = (group[1:] != group[:-1]) | (part[1:] != part[:-1])
    begin = np.append(np.flatnonzero(start), len(edge))
    lead = edge[(begin[:-1] + begin[1:]) // 2]
    kind = kind[begin[:-1]].astype(object)
    count = pieces.count[edge]
    before = np.concatenate([[0], np.cumsum(count)])
    all_ = np.arange(before[-1]) + np.repeat(pieces.first[edge] - before[:-1], count)
    label = [f"{name}-{number}" for name, number in zip(kind, lead.tolist(), strict=True)]
    return Candidates(
        np.array(label, dtype=object),
        kind,
        lead,
        before[begin],
        pieces.tail[all_],
        pieces.head[all_],
        *(m[pieces.edge[all_]] * pieces.share[all_] for m in minutes),
    )
