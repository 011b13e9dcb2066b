"""Everything about getting there in one bundle: for the command line and the Isolation page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty import schema
from geoparty.travel.checks import NetworkCheck, network_check, unmeasured
from geoparty.travel.crossings import Crossings, crossings
from geoparty.travel.minutes import network_minutes, paired_minutes
from geoparty.travel.network import Network

Model = Literal["terrain", "roads", "not_measured"]


@dataclass(frozen=True, kw_only=True)
class TravelReport:
    """What is known about getting to places, season by season.

    ``places`` has, on the index of the places: ``<target>_min_<season>``, ``level_<season>``
    (how many of the settings' thresholds the minutes to the first target exceed; <NA> not
    measured), ``later_min_<season>`` (minutes more than in the first season; ``inf``: a way
    then, none now), ``cut_off_group_<season>``, ``opened_by_<season>`` (crossings each of which
    alone would end that, best first, parted by semicolons; empty: no single one does) and
    ``unmeasured`` (why, or why only roughly).
    ``groups`` has a row for each season and group of places cut off together: n_places, people,
    candidates, own_cells, best_crossing, and their points in EPSG:4326.
    ``crossings`` holds one answer a season. ``used`` are the speeds and seasons used, to be
    kept with the result; ``model`` says whether terrain was walked or straight lines.
    """

    places: pd.DataFrame
    groups: gpd.GeoDataFrame
    crossings: Mapping[str, Crossings]
    check: NetworkCheck
    used: Mapping[str, Any]
    model: Model


def travel_report(
    network: Network,
    places: gpd.GeoSeries,
    *,
    targets: Mapping[str, gpd.GeoSeries],
    cut_off_min: float,
    people: pd.Series[Any] | None = None,
    candidates: pd.Series[Any] | None = None,
    has_cell: pd.Series[Any] | None = None,
    minutes: pd.DataFrame | None = None,
    n_best: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> TravelReport:
    """Measure places in every season of the network and explain what cuts them off.

    Parameters
    ----------
    targets
        Points by name (``centre``, ``cell``). On the very index of the places they are paired
        (each place has its own); otherwise the nearest counts. Crossings are judged by the way
        to the first of them.
    has_cell
        Which places have a cell of their own, to be counted in the groups cut off.
    minutes
        Columns ``<target>_min_<season>`` measured already; the others are measured here.

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
    >>> places = gpd.GeoSeries([Point(103.19, 21.5)], crs="EPSG:4326", index=["a"])
    >>> centre = gpd.GeoSeries([Point(103.0, 21.5)], crs="EPSG:4326")
    >>> report = travel_report(network, places, targets={"centre": centre}, cut_off_min=240)
    >>> report.places.loc["a", ["centre_min_dry", "centre_min_wet"]].astype(float).round(1).tolist()
    [42.2, inf]
    >>> report.crossings["wet"].frame["n_places"].tolist()
    [1]
    """
    columns: dict[str, pd.Series[Any]] = {}
    found: dict[str, Crossings] = {}
    first = next(iter(targets))
    for step, season in enumerate(network.seasons):
        if progress:
            progress(step, len(network.seasons))
        for name, points in targets.items():
            column = f"{name}_min_{season.name}"
            if minutes is not None and column in minutes:
                columns[column] = minutes[column]
                continue
            measure = paired_minutes if points.index.equals(places.index) else network_minutes
            columns[column] = measure(network, places, points, season=season)
        own = columns[f"{first}_min_{season.name}"]
        start = columns[f"{first}_min_{network.seasons[0].name}"]
        columns[f"level_{season.name}"] = isolation_level(own, network.travel.level_min)
        columns[f"later_min_{season.name}"] = _later(start, own)
        found[season.name] = crossings(
            network,
            places,
            _judged(targets[first], places),
            season=season,
            cut_off_min=cut_off_min,
            people=people,
            candidates=candidates,
            n_best=n_best,
        )
        columns[f"cut_off_group_{season.name}"] = found[season.name].groups
        columns[f"opened_by_{season.name}"] = opened_by(found[season.name], places.index)
    goals = targets[first] if targets[first].index.equals(places.index) else None
    columns["unmeasured"] = unmeasured(network, places, targets=goals)
    if progress:
        progress(len(network.seasons), len(network.seasons))
    return TravelReport(
        places=pd.DataFrame(columns, index=places.index),
        groups=_groups(found, places, people, candidates, has_cell),
        crossings=found,
        check=network_check(network, places, targets=goals),
        used=_used(network),
        model=model(network),
    )


def model(network: Network | None) -> Model:
    """Return how people get there: over terrain and roads, by roads and straight walks, or not.

    ``roads`` is the fallback without terrain: off the roads people walk straight, times the
    detour factor.
    """
    if network is None or network.is_empty:
        return "not_measured"
    return "roads" if network.terrain is None else "terrain"


def _judged(targets: gpd.GeoSeries, places: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return targets as crossings are judged by: each place's own, or all different ones."""
    if targets.index.equals(places.index):
        return targets
    return targets.dropna().drop_duplicates()


def opened_by(found: Crossings, places: pd.Index) -> pd.Series[str]:
    """Return for each place the crossings each of which alone would give it a way, best first.

    Empty where no single crossing does; <NA> where a place is not cut off.
    """
    opens = found.frame.index[found.frame["effect"] == "opens"]
    rank = pd.Series(np.arange(len(opens)), index=opens)
    turned = found.places[found.places["crossing_id"].isin(opens)]
    turned = turned.assign(rank=turned["crossing_id"].map(rank)).sort_values("rank")
    texts = turned.groupby("place")["crossing_id"].agg(";".join)
    cut = found.groups.notna().reindex(places, fill_value=False)
    return texts.reindex(places).fillna("").where(cut).astype("str")


def _groups(
    found: Mapping[str, Crossings],
    places: gpd.GeoSeries,
    people: pd.Series[Any] | None,
    candidates: pd.Series[Any] | None,
    has_cell: pd.Series[Any] | None,
) -> gpd.GeoDataFrame:
    """Return who is cut off together, season by season, and what would end it."""
    counts = pd.DataFrame(
        {
            name: values if values is not None else pd.Series(pd.NA, index=places.index)
            for name, values in (
                ("people", people),
                ("candidates", candidates),
                ("own_cells", has_cell),
            )
        },
        index=places.index,
    ).astype("Int64")
    points = places.to_crs(schema.CRS)
    rows = []
    for season, crossing in found.items():
        best = crossing.frame[crossing.frame["is_best_of_group"]].reset_index()
        by_group = best.set_index("group")["crossing_id"]
        for group, index in crossing.groups.dropna().groupby(crossing.groups).groups.items():
            sums = counts.loc[index].sum(min_count=1)
            rows.append(
                {"season": season, "group": group, "n_places": len(index), **sums}
                | {"best_crossing": by_group.get(group, "")}
                | {"geometry": shapely.multipoints(points[index].to_numpy())}
            )
    names = ("season", "group", "n_places", "people", "candidates", "own_cells", "best_crossing")
    table = pd.DataFrame(rows, columns=[*names, "geometry"])
    table = table.astype(dict.fromkeys(names[1:6], "Int64"))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=schema.CRS)


def isolation_level(minutes: pd.Series[Any], level_min: tuple[float, ...]) -> pd.Series[Any]:
    """Return how many thresholds the minutes exceed; <NA> where not measured.

    Examples
    --------
    >>> minutes = pd.Series([10.0, 30.0, 61.0, float("inf"), float("nan")])
    >>> isolation_level(minutes, (30, 60, 120)).tolist()
    [0, 0, 2, 3, <NA>]
    """
    level = pd.Series(np.searchsorted(level_min, minutes, side="left"), index=minutes.index)
    return level.astype("Int8").where(minutes.notna(), pd.NA)


def _later(before: pd.Series[Any], after: pd.Series[Any]) -> pd.Series[Any]:
    with np.errstate(invalid="ignore"):
        later = after - before
    return later.where(np.isfinite(before) | before.isna(), 0.0)


def _used(network: Network) -> dict[str, Any]:
    return {
        "travel": network.travel.model_dump(mode="json"),
        "seasons": [season.model_dump(mode="json") for season in network.seasons],
        "cell_m": network.cells.cell_m if network.cells is not None else None,
        "crs": network.crs.to_string(),
    }
