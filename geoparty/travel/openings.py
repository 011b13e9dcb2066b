"""What can be opened or closed: fords, roads a season closes, bridges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoparty.travel.network import Network
from geoparty.travel.noding import BRIDGE_MAX_M
from geoparty.travel.speeds import names_season
from geoparty.travel.ways import Ways

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

    def take(self, chosen: Ints) -> Candidates:
        """Return some of the candidates."""
        length = np.diff(self.first)[chosen]
        first = np.concatenate([[0], np.cumsum(length)])
        at = np.arange(first[-1]) - np.repeat(first[:-1], length)
        at += np.repeat(self.first[:-1][chosen], length)
        return Candidates(
            self.label[chosen],
            self.kind[chosen],
            self.edge[chosen],
            first,
            self.one[at],
            self.two[at],
            self.along[at],
            self.against[at],
        )


def openable(ways: Ways) -> Candidates:
    """Crossings the season closes, and roads it closes or lets nobody ride."""
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
    track = np.flatnonzero(faster & (~is_crossing | by_name))
    return _candidates(network, [("ford", ford, ford), _by_road("road", network, track)], minutes)


def closable(ways: Ways) -> Candidates:
    """Crossings that are open, and bridges: short bridge lines, and longer ones over a stream."""
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
    bridge = _by_road("bridge", network, np.flatnonzero(bridged))
    return _candidates(network, [("ford", ford, ford), bridge], ways.edge_minutes)


def _by_road(kind: str, network: Network, edge: Ints) -> tuple[str, Ints, Ints]:
    return kind, edge, network.edges["road"].to_numpy(np.int64)[edge]


def _candidates(
    network: Network, kinds: list[tuple[str, Ints, Ints]], minutes: tuple[Floats, Floats]
) -> Candidates:
    """Gather the pieces of each candidate: a crossing, or all stretches of a road."""
    pieces = network.pieces
    label, kind, lead, first, piece = [], [], [], [0], []
    for name, edge, group in kinds:
        order = np.argsort(group, kind="stable")
        edge, group = edge[order], group[order]
        for run in np.split(edge, np.flatnonzero(np.diff(group)) + 1) if len(edge) else []:
            spans = [np.arange(pieces.count[e]) + pieces.first[e] for e in run]
            piece.append(np.concatenate(spans))
            first.append(first[-1] + len(piece[-1]))
            lead.append(run[len(run) // 2])
            kind.append(name)
    for name, edge in zip(kind, lead, strict=True):
        label.append(f"{name}-{edge}")
    all_ = np.concatenate(piece) if piece else np.zeros(0, np.int64)
    return Candidates(
        np.array(label, dtype=object),
        np.array(kind, dtype=object),
        np.array(lead, dtype=np.int64),
        np.array(first, dtype=np.int64),
        pieces.tail[all_],
        pieces.head[all_],
        *(m[pieces.edge[all_]] / pieces.count[pieces.edge[all_]] for m in minutes),
    )
