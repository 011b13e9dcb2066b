"""The crossing that does it: what each ford, closed road and bridge means for whom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoparty import schema
from geoparty.settings import Season
from geoparty.travel.at_once import at_once
from geoparty.travel.graph import Graph
from geoparty.travel.minutes import points_on
from geoparty.travel.network import Network
from geoparty.travel.openings import Candidates, closable, cut_at_feet, openable
from geoparty.travel.state import State
from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Crossings:
    """What crossings mean in one season.

    ``frame`` has a row for each crossing that opening helps or losing harms, the best of every
    cut-off group first: kind (ford, road, bridge), road (position in the roads given),
    road_class, surface, is_derived, effect ("opens" or "closes"), group, is_best_of_group,
    n_places, people, candidates, saved_min, geometry.
    ``places`` has a row for each crossing and place whose access turns: crossing_id, place,
    before_min, after_min. ``best`` are the crossings to open one after the other, each with
    what it adds to those before it. ``groups`` says who is cut off together (<NA>: not cut off).
    """

    frame: gpd.GeoDataFrame
    places: pd.DataFrame
    best: pd.DataFrame
    groups: pd.Series[Any]


def crossings(
    network: Network,
    places: gpd.GeoSeries,
    targets: gpd.GeoSeries,
    *,
    season: Season | str,
    cut_off_min: float,
    people: pd.Series[Any] | None = None,
    candidates: pd.Series[Any] | None = None,
    n_best: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> Crossings:
    """Find what every crossing means for the way from places to the nearest target, or their own.

    Targets on the very index of the places are paired: each place has its own. A place is cut
    off where it is farther than ``cut_off_min`` from its target, or has no way through. For
    every crossing and road the season closes, exactly which places would regain access if it
    alone were open, and the minutes saved by places that have a way already; for every ford that
    is open and every bridge, which would lose access without it. ``people`` and ``candidates``
    are counted where they are known; unknown counts add nothing and stay unknown where no count
    is known.

    ``best`` is chosen greedily: each is the one that gives most people (places, where people
    are not given) back their access after those before it, then saves most minutes of everybody;
    none where nobody is cut off. Who lives beside a road that opens or closes comes to it
    halfway, and rides from there or no longer does.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geoparty.settings import DRY, WET, Travel
    >>> from geoparty.travel import build_network
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["commune"], "surface": "paved", "is_ford": True, "has_bridge": False},
    ...     geometry=[LineString([(103.0, 21.5), (103.2, 21.5)])], crs="EPSG:4326",
    ... )
    >>> network = build_network(roads, travel=Travel(), seasons=(DRY, WET))
    >>> places = gpd.GeoSeries([Point(103.19, 21.5), Point(103.01, 21.5)], crs="EPSG:4326")
    >>> centre = gpd.GeoSeries([Point(103.0, 21.5)], crs="EPSG:4326")
    >>> found = crossings(network, places, centre, season="wet", cut_off_min=240)
    >>> found.frame[["kind", "effect", "n_places"]].values.tolist()
    [['ford', 'opens', 1]]
    """
    counts = pd.DataFrame(
        {
            "people": _counts(people, places.index),
            "candidates": _counts(candidates, places.index),
        },
        index=places.index,
    )
    here, there = points_on(network, places), points_on(network, targets)
    ways = cut_at_feet(network.ways(season), [here, there])
    case = _Case.of(ways, counts, cut_off_min)
    parts = _parts(here, there, is_paired=targets.index.equals(places.index))

    def stand(part: tuple[Ints, Ints]) -> _Standing:
        own, goal = part
        return case.stand(State.of(ways, here.take(own), there.take(goal), places.index[own]))

    standings: list[_Standing] = []
    with closing(at_once(stand, parts)) as stood:
        for standing in stood:
            if progress:
                progress(len(standings), len(parts))
            standings.append(standing)
    groups = [standing.groups for standing in standings]
    tables = [table for standing in standings for table in (standing.opens, standing.closes)]
    is_cut_off = any(group.notna().any() for group in groups)
    best = _best(case, standings, n_best if is_cut_off else 0)
    if progress:
        progress(len(parts), len(parts))
    return _report(pd.concat(tables), best, _named(groups, places.index), ways)


@dataclass(frozen=True)
class _Standing:
    """Where the places of one target stand, and what every candidate means to them.

    ``stirred`` are the nodes any opening brings nearer.
    """

    state: State
    opens: pd.DataFrame
    closes: pd.DataFrame
    groups: pd.Series[Any]
    stirred: NDArray[np.bool_]


@dataclass(frozen=True)
class _Case:
    """What is asked of every state: the candidates of the season, and what counts."""

    ways: Ways
    can_open: Candidates
    can_close: Candidates
    eased: tuple[Ints, NDArray[np.int32], Floats]
    counts: pd.DataFrame
    cut_off_min: float

    @classmethod
    def of(cls, ways: Ways, counts: pd.DataFrame, cut_off_min: float) -> _Case:
        """Find the candidates, and the graph with all of them open, the way people go."""
        can_open, graph = openable(ways), ways.graph
        edges = can_open.one, can_open.two, can_open.along, can_open.against
        eased = graph.with_edges(*edges) if len(can_open.label) else graph
        return cls(ways, can_open, closable(ways), eased.forwards, counts, cut_off_min)

    def stand(self, state: State) -> _Standing:
        """Ask what every candidate means in a state."""
        lost = state.closed(self.can_close)
        closes = _table(self.can_close, lost, state, self.counts, self.cut_off_min, "closes")
        groups = state.groups(self.cut_off_min)
        standing = _Standing(state, closes[:0], closes, groups, np.zeros(0, bool))
        if len(self.can_open.label):
            return self.again(standing)
        return replace(standing, state=state.without_nodes())

    def again(self, standing: _Standing) -> _Standing:
        """Ask what every opening gives in a state; what only closing needs is not kept."""
        state, what = standing.state, self.can_open
        if state.late is None:
            state = state.with_latest(self.eased)
        nearer, stirred = state.opened(what)
        opens = _table(what, nearer, state, self.counts, self.cut_off_min, "opens")
        return replace(standing, state=state.without_tree(), opens=opens, stirred=stirred)


def _parts(here: Points, there: Points, *, is_paired: bool) -> list[tuple[Ints, Ints]]:
    """Return positions of places and of their targets: all of them, or of each one its own."""
    everybody = np.arange(len(here.xy))
    if not (len(everybody) and is_paired):
        return [(everybody, np.arange(len(there.xy)))]
    _, first, goal = np.unique(there.xy, axis=0, return_index=True, return_inverse=True)
    known = there.is_known[first]
    return [(everybody[goal == g], first[[g]]) for g in np.flatnonzero(known)]


def _named(groups: list[pd.Series[Any]], index: pd.Index) -> pd.Series[Any]:
    """Return groups numbered from 1, the largest first; other targets have other groups."""
    told = [g.dropna().map(lambda home, part=part: (part, home)) for part, g in enumerate(groups)]
    label = pd.concat(told) if told else pd.Series(dtype=object)
    sizes = label.value_counts(sort=True)
    names = pd.Series(np.arange(1, len(sizes) + 1), index=sizes.index)
    numbers = label.map(names.to_dict()).reindex(index)
    return numbers.astype("Int64").rename("cut_off_group")


def _counts(values: pd.Series[Any] | None, index: pd.Index) -> pd.Series[Any]:
    if values is None:
        return pd.Series(pd.NA, index=index, dtype="Int64")
    return values.reindex(index).astype("Int64")


def _table(
    what: Candidates,
    change: tuple[Ints, Ints, Floats],
    state: State,
    counts: pd.DataFrame,
    cut_off_min: float,
    effect: str,
) -> pd.DataFrame:
    """One line for each candidate and place that it brings nearer or farther."""
    which, who, then = change
    before, after = state.now[who], then
    near, far = (after, before) if effect == "opens" else (before, after)
    with np.errstate(invalid="ignore"):
        saved = np.where(np.isfinite(far), far - near, 0.0)
    return pd.DataFrame(
        {
            "crossing_id": what.label[which],
            "kind": what.kind[which],
            "edge": what.edge[which],
            "effect": effect,
            "place": state.index[who],
            "before_min": before,
            "after_min": after,
            "turns": (near <= cut_off_min) & (far > cut_off_min),
            "saved_min": saved,
            "people": counts["people"].reindex(state.index).to_numpy()[who],
            "candidates": counts["candidates"].reindex(state.index).to_numpy()[who],
        }
    ).astype({"people": "Int64", "candidates": "Int64"})


def _best(case: _Case, standings: list[_Standing], n_best: int) -> pd.DataFrame:
    """Choose crossings to open one after the other, each adding most to those before."""
    chosen: list[pd.Series[Any]] = []
    what, graph = case.can_open, case.ways.graph
    for _ in range(min(n_best, len(what.label))):
        if chosen:
            at = int(np.flatnonzero(what.label == chosen[-1].name)[0])
            graph = _open(case, standings, graph, at)
        sums = _sums(pd.concat([standing.opens for standing in standings]))
        sums = sums[(sums["n_places"] > 0) | (sums["saved_min"] > 0)]
        if sums.empty:
            break
        sums["weight"] = sums["people"].fillna(0)
        order = ["weight", "n_places", "saved_min"]
        top = sums.sort_values(order, ascending=False, kind="stable").iloc[0]
        chosen.append(top.drop("weight"))
    columns = ["n_places", "people", "candidates", "saved_min"]
    best = pd.DataFrame(chosen, columns=columns).rename_axis("crossing_id").reset_index()
    counted = {"n_places": "int64", "people": "Int64", "candidates": "Int64"}
    types = {"crossing_id": "str", **counted, "saved_min": "float"}
    return best.astype(types).set_axis(pd.RangeIndex(1, len(best) + 1, name="order"))


def _open(case: _Case, standings: list[_Standing], graph: Graph, at: int) -> Graph:
    """Open one candidate, and ask again, in place, what all mean where that may have changed."""
    what = case.can_open
    span = slice(what.first[at], what.first[at + 1])
    graph = graph.with_edges(what.one[span], what.two[span], what.along[span], what.against[span])

    def after(i: int) -> _Standing:
        standing = standings[i]
        if not standing.state.heeds(what, span, standing.stirred):
            return standing
        then = standing.state.with_open(graph, what, span)
        return case.again(replace(standing, state=then))

    for i, standing in enumerate(at_once(after, range(len(standings)))):
        standings[i] = standing
    return graph


def _sums(table: pd.DataFrame) -> pd.DataFrame:
    """Add up what each crossing means: places that turn, their people, minutes of the others."""
    turned = table[table["turns"]].groupby("crossing_id", sort=False)
    sums = pd.DataFrame({"saved_min": table.groupby("crossing_id", sort=False)["saved_min"].sum()})
    sums["n_places"] = turned.size().reindex(sums.index).fillna(0).astype(int)
    for column in ("people", "candidates"):
        sums[column] = turned[column].sum(min_count=1).reindex(sums.index)
    return sums


def _report(
    table: pd.DataFrame,
    best: pd.DataFrame,
    groups: pd.Series[Any],
    ways: Ways,
) -> Crossings:
    edges = ways.network.edges
    sums = _sums(table)
    sums = sums[(sums["n_places"] > 0) | (sums["saved_min"] > 0)]
    head = table.drop_duplicates("crossing_id").set_index("crossing_id")
    frame = sums.join(head[["kind", "edge", "effect"]])
    turned = table[table["turns"]]
    frame["group"] = _most(turned["crossing_id"], turned["place"].map(groups)).reindex(frame.index)
    row = edges.iloc[frame["edge"].to_numpy()]
    for column in ("road", "road_class", "surface", "is_derived"):
        frame[column] = row[column].to_numpy()
    opens = frame["effect"] == "opens"
    key = [frame["n_places"], frame["saved_min"]]
    order = np.lexsort([-key[1], -key[0], -frame["people"].fillna(0).astype(float)])
    frame = frame.iloc[order]
    is_first = ~frame.duplicated(["effect", "group"]) & frame["group"].notna()
    frame["is_best_of_group"] = is_first & opens.reindex(frame.index)
    place = np.select([frame["is_best_of_group"], frame["effect"] == "opens"], [0, 1], 2)
    frame = frame.iloc[np.argsort(place, kind="stable")]
    geometry = gpd.GeoSeries(edges.geometry.to_numpy()[frame["edge"].to_numpy(int)], crs=edges.crs)
    shown = [
        *("kind", "effect", "group", "is_best_of_group", "n_places", "people", "candidates"),
        *("saved_min", "road", "road_class", "surface", "is_derived"),
    ]
    return Crossings(
        gpd.GeoDataFrame(frame[shown], geometry=geometry.to_crs(schema.CRS).set_axis(frame.index)),
        turned[["crossing_id", "place", "before_min", "after_min"]].reset_index(drop=True),
        best,
        groups,
    )


def _most(crossing: pd.Series[Any], group: pd.Series[Any]) -> pd.Series[Any]:
    """Return for each crossing the cut-off group of most of its places."""
    count = pd.DataFrame({"crossing_id": crossing, "group": group}).value_counts().reset_index()
    first = count.drop_duplicates("crossing_id").set_index("crossing_id")["group"]
    return first.astype("Int64")
