"""Everything about getting there in one bundle: for the command line and the Isolation page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty.travel.checks import NetworkCheck, network_check, unmeasured
from geoparty.travel.crossings import Crossings, crossings
from geoparty.travel.minutes import nearest_minutes, paired_minutes
from geoparty.travel.network import Network


@dataclass(frozen=True, kw_only=True)
class TravelReport:
    """What is known about getting to places, season by season.

    ``places`` has, on the index of the places: ``<target>_min_<season>``, ``level_<season>``
    (how many of the settings' thresholds the minutes to the first target exceed; <NA> not
    measured), ``later_min_<season>`` (minutes more than in the first season; ``inf``: a way
    then, none now), ``cut_off_group_<season>`` and ``unmeasured`` (why, or why only roughly).
    ``crossings`` holds one answer a season. ``values`` are the speeds and seasons used, to be
    kept with the result; ``model`` says whether terrain was walked or straight lines.
    """

    places: pd.DataFrame
    crossings: Mapping[str, Crossings]
    check: NetworkCheck
    values: Mapping[str, Any]
    model: Literal["terrain", "roads"]


def travel_report(
    network: Network,
    places: gpd.GeoSeries,
    *,
    targets: Mapping[str, gpd.GeoSeries],
    cut_off_min: float,
    people: pd.Series[Any] | None = None,
    candidates: pd.Series[Any] | None = None,
    n_best: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> TravelReport:
    """Measure places in every season of the network and explain what cuts them off.

    Parameters
    ----------
    targets
        Points by name (``centre``, ``cell``). On the very index of the places they are paired
        (each place has its own); otherwise the nearest counts. Crossings are judged by the way
        to the nearest of the first.

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
            paired = points.index.equals(places.index)
            measure = paired_minutes if paired else nearest_minutes
            minutes = measure(network, places, points, season=season)
            columns[f"{name}_min_{season.name}"] = minutes
        own = columns[f"{first}_min_{season.name}"]
        start = columns[f"{first}_min_{network.seasons[0].name}"]
        columns[f"level_{season.name}"] = isolation_level(own, network.travel.level_min)
        columns[f"later_min_{season.name}"] = _later(start, own)
        found[season.name] = crossings(
            network,
            places,
            targets[first].dropna().drop_duplicates(),
            season=season,
            cut_off_min=cut_off_min,
            people=people,
            candidates=candidates,
            n_best=n_best,
        )
        columns[f"cut_off_group_{season.name}"] = found[season.name].groups
    columns["unmeasured"] = unmeasured(network, places)
    if progress:
        progress(len(network.seasons), len(network.seasons))
    return TravelReport(
        places=pd.DataFrame(columns, index=places.index),
        crossings=found,
        check=network_check(network, places),
        values=_values(network),
        model="roads" if network.terrain is None else "terrain",
    )


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


def _values(network: Network) -> dict[str, Any]:
    return {
        "travel": network.travel.model_dump(mode="json"),
        "seasons": [season.model_dump(mode="json") for season in network.seasons],
        "cell_m": network.cells.cell_m if network.cells is not None else None,
        "crs": network.crs.to_string(),
    }
