"""Class sites of a project: the question put to ``plan``, and its answer with places by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd
from scipy.sparse import csr_array

from geoparty import plan, schema, travel
from geoparty.errors import Problem
from geoparty.project import Project
from geoparty.settings import Classes, Settings

Told = Callable[[int, int], None]
LONG_WAIT_YEARS = 5
"""Full years without an admission from which candidates count as long waiting: the risk reason
``no_admission_5y``."""


@dataclass(frozen=True, kw_only=True)
class ClassCase:
    """What a class plan of a project is made from.

    ``minutes``: candidates' places x hosts up to ``reach_min``, in the season of the classes.
    """

    demand: pd.Series[Any]
    hosts: pd.Index[str]
    minutes: csr_array
    facts: plan.Facts
    reach_min: float


def class_case(
    places: gpd.GeoDataFrame,
    network: travel.Network,
    project: Project,
    *,
    centres: gpd.GeoSeries | None = None,
    reach_min: float | None = None,
    season: str | None = None,
) -> ClassCase:
    """Return the question of a project's class settings for assessed places.

    ``centres`` are the points of the commune centres, for ``host_kinds`` with
    ``commune_centre``; ``reach_min`` is the travel limit where not given.
    """
    classes = project.settings.classes
    hosts = places.loc[host_ids(places, classes, centres)]
    reach = max(reach_min or 0.0, classes.max_travel_min)
    minutes = travel.od_minutes(
        network,
        places.geometry,
        hosts.geometry,
        season=project.settings.season(season or classes.season),
        limit_min=reach,
    )
    return ClassCase(
        demand=places["candidates"],
        hosts=hosts.index,
        minutes=minutes,
        facts=class_facts(places, project.settings),
        reach_min=reach,
    )


def host_ids(
    places: gpd.GeoDataFrame, classes: Classes, centres: gpd.GeoSeries | None
) -> pd.Index[str]:
    """Return the places that may hold a class: with a point, and of a kind or named for it."""
    located = places[places.geometry.notna()]
    named = {*classes.fixed, *classes.running, *classes.political_centres}
    named |= set(classes.assigned.values())
    may = located["place_kind"].isin(classes.host_kinds) | located.index.isin(list(named))
    if "commune_centre" in classes.host_kinds and centres is not None:
        may |= located.index.isin(_nearest_to_centres(located, centres))
    return located.index[may]


def class_facts(places: pd.DataFrame, settings: Settings) -> plan.Facts:
    """Return communes, priority weights and costs of classes, by place."""
    classes = settings.classes
    cost = places["place_kind"].astype(object).map(classes.class_cost)
    own = pd.Series(places.index.map(classes.class_cost), index=places.index, dtype="float64")
    return plan.Facts(
        commune=places["commune_code"],
        weight=priority_weights(places, classes),
        class_cost=own.fillna(cost.astype("float64")).fillna(1.0),
    )


def priority_weights(places: pd.DataFrame, classes: Classes) -> pd.Series[float]:
    """Return how much a minute of each place's candidates counts; 1 where nothing applies.

    Examples
    --------
    >>> places = pd.DataFrame({"is_border": [True, False, pd.NA]}, index=["a", "b", "c"])
    >>> priority_weights(places, Classes(priority_weight={"border": 1.5})).to_dict()
    {'a': 1.5, 'b': 1.0, 'c': 1.0}
    """
    none = pd.Series(pd.NA, index=places.index, dtype="boolean")
    cut_off = [c for c in places if str(c).startswith("is_cut_off_")]
    years = places.get("years_without_admission", pd.Series(pd.NA, index=places.index))
    applies = {
        "border": places.get("is_border", none),
        "isolated": places[cut_off].fillna(value=False).astype(bool).any(axis=1),
        "long_waiting": years.ge(LONG_WAIT_YEARS),
    }
    out = pd.Series(1.0, index=places.index)
    for name, weight in classes.priority_weight.items():
        out = out.where(~applies[name].fillna(value=False).astype(bool), out * weight)
    return out


def plan_case(case: ClassCase, classes: Classes, *, progress: Told | None = None) -> plan.ClassPlan:
    """Choose class sites for a case in full; :func:`by_name` calls places in what it tells."""
    return plan.plan_classes(
        case.demand,
        case.hosts,
        case.minutes,
        classes=classes,
        facts=case.facts,
        progress=progress,
    )


def by_name(problems: Iterable[Problem], places: pd.DataFrame) -> list[Problem]:
    """Return problems of a plan with places called by name and commune, as people know them.

    Examples
    --------
    >>> places = pd.DataFrame({"place_name": ["Bản Na"], "commune_name": ["Mù Cả"]}, index=["1"])
    >>> told = Problem(key="plan.unknown_places", params={"n": 1, "names": ["1"]})
    >>> by_name([told], places)[0].params["names"]
    ['Bản Na (Mù Cả)']
    """
    called = places["place_name"] + " (" + places["commune_name"].fillna("–") + ")"
    out = []
    for problem in problems:
        params = dict(problem.params)
        if isinstance(params.get("names"), list):
            params["names"] = [str(called.get(name, name)) for name in params["names"]]
        out.append(replace(problem, params=params))
    return out


def about_settings(
    places: pd.DataFrame, communes: pd.Index[str], classes: Classes
) -> list[Problem]:
    """Return what the class settings name that is not there, and the weights that were used."""
    named = [*classes.province_seats, *classes.district_seats]
    named += [code for codes in classes.political_centres.values() for code in codes]
    strange = [code for code in dict.fromkeys(named) if code not in communes]
    out = []
    if strange:
        params = {"n": len(strange), "names": strange}
        out.append(Problem(key="plan.unknown_communes", params=params, severity="warning"))
    weights = priority_weights(places, classes)
    if classes.priority_weight:
        rules = [f"{name} x {weight:g}" for name, weight in classes.priority_weight.items()]
        params = {"n": int(weights.ne(1).sum()), "names": rules}
        out.append(Problem(key="plan.weights_used", params=params, severity="warning"))
    return out


def _nearest_to_centres(located: gpd.GeoDataFrame, centres: gpd.GeoSeries) -> list[str]:
    """Return, for each commune, the place of its own that is nearest its centre."""
    own = centres.reindex(located["commune_code"])
    metric = located.estimate_utm_crs()
    ends = gpd.GeoSeries(own.array, index=located.index, crs=schema.CRS).to_crs(metric)
    apart = located.geometry.to_crs(metric).distance(ends).dropna()
    nearest = apart.groupby(located["commune_code"].reindex(apart.index)).idxmin()
    return [str(place) for place in nearest]
