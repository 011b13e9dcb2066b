"""Class sites of a project: the question put to ``plan``, and what is told beside the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from geoparty import plan, schema, travel
from geoparty.errors import Problem
from geoparty.project import Project
from geoparty.settings import Classes, Season, Settings

Told = Callable[[int, int], None]
LONG_WAIT_YEARS = 5
"""Full years without an admission from which candidates count as long waiting: the risk reason
``no_admission_5y``."""
REACH = 2.0
"""Trips up to so many times the limit are looked at for the smallest change of it."""
MOST_LONGER = 200
"""So many hosts near the places left out are looked at for it, beside the classes held."""
CURVE_S = 3.0
"""Seconds a point of the trade-off curve may take."""


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


@dataclass(frozen=True, kw_only=True)
class ClassAnswers:
    """What is told beside a plan; None where it was not asked for or makes no sense.

    ``practice`` as :func:`plan.compare_with_practice`, ``changes`` as
    :func:`plan.smallest_changes`, ``curve`` as :func:`plan.trade_off`, ``firmness`` as
    :func:`plan.site_firmness` with ``firm_to`` of :func:`plan.staying_share`.
    """

    practice: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    curve: pd.DataFrame | None = None
    firmness: pd.DataFrame | None = None


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


def plan_sites(
    case: ClassCase, places: gpd.GeoDataFrame, classes: Classes, *, progress: Told | None = None
) -> plan.ClassPlan:
    """Choose class sites for a case in full; places are called by name in what it tells."""
    planned = plan_case(case, classes, progress=progress)
    return replace(planned, problems=tuple(by_name(planned.problems, places)))


def plan_case(case: ClassCase, classes: Classes, *, progress: Told | None = None) -> plan.ClassPlan:
    """Plan a case in full."""
    return plan.plan_classes(
        case.demand,
        case.hosts,
        case.minutes,
        classes=classes,
        facts=case.facts,
        progress=progress,
    )


def class_answers(
    planned: plan.ClassPlan,
    places: gpd.GeoDataFrame,
    network: travel.Network,
    project: Project,
    *,
    centres: gpd.GeoSeries,
    case: ClassCase | None = None,
    asked: Iterable[str] | None = None,
    progress: Told | None = None,
) -> ClassAnswers:
    """Return what the settings (or ``asked``) want told beside a plan.

    ``case`` is the question the plan answers, made here where not given.
    """
    classes = project.settings.classes
    asked = set(classes.answers if asked is None else asked)
    found: dict[str, pd.DataFrame] = {}
    if "practice" in asked and len(planned.sites):
        found["practice"] = compare_practice(planned, places, network, project, centres=centres)
    wanting = planned.unserved["candidates"].notna().any()
    if not asked & {"curve", "firmness"} and not ("changes" in asked and wanting):
        return ClassAnswers(**found)
    case = case or class_case(places, network, project, centres=centres)
    if wanting and "changes" in asked:
        found["changes"] = plan.smallest_changes(
            case.demand,
            case.hosts,
            _with_longer_trips(case, planned, places, network, project),
            classes=classes,
            facts=case.facts,
            last=planned,
            progress=progress,
        )
    if "curve" in asked and len(planned.sites):
        found["curve"] = _curve(planned, case, classes, progress)
    if "firmness" in asked and len(planned.sites):
        found["firmness"] = _firmness(planned, case, places, network, project, centres, progress)
    return ClassAnswers(**found)


def _with_longer_trips(
    case: ClassCase,
    planned: plan.ClassPlan,
    places: gpd.GeoDataFrame,
    network: travel.Network,
    project: Project,
) -> csr_array:
    """Return the minutes of a case and those past its limit that may help the places left out.

    Those go to the classes that are held and to the hosts nearest by: all hosts within twice the
    limit would take a minute on a mountain province.
    """
    classes = project.settings.classes
    left = planned.unserved.loc[planned.unserved["candidates"].notna(), "place_id"]
    rows = np.flatnonzero(case.demand.index.isin(left) & places.geometry.notna())
    if not len(rows):
        return case.minutes
    metric = places.geometry.to_crs(places.estimate_utm_crs())
    at, hosts = metric.iloc[rows], metric.loc[case.hosts]
    each = min(len(hosts), max(1, MOST_LONGER // len(rows)))
    _, near = KDTree(hosts.get_coordinates()).query(at.get_coordinates(), k=[*range(1, each + 1)])
    held = np.flatnonzero(case.hosts.isin(planned.sites["place_id"]))
    columns = np.union1d(held, near)
    longer = travel.od_minutes(
        network,
        places.geometry.iloc[rows],
        places.geometry.loc[case.hosts[columns]],
        season=project.settings.season(classes.season),
        limit_min=REACH * case.reach_min,
    ).tocoo()
    known, past = case.minutes.tocoo(), longer.data > case.reach_min
    return csr_array(
        (
            np.concatenate([known.data, longer.data[past]]),
            (
                np.concatenate([known.coords[0], rows[longer.coords[0][past]]]),
                np.concatenate([known.coords[1], columns[longer.coords[1][past]]]),
            ),
        ),
        shape=case.minutes.shape,
    )


def compare_practice(
    planned: plan.ClassPlan,
    places: gpd.GeoDataFrame,
    network: travel.Network,
    project: Project,
    *,
    centres: gpd.GeoSeries,
) -> pd.DataFrame:
    """Return person-hours of a plan beside today's practices, in the season of the classes.

    ``commune``: everybody to their commune's centre. ``district`` and ``province``: to the
    nearest of the seats named in the settings; left out where none is. ``n_places`` is at how
    many places classes would then be held, ``n_small`` at how many of them below the smallest
    size (NA where people choose the nearest).
    """
    settings = project.settings
    season = settings.season(settings.classes.season)
    practices = {"commune": places[f"centre_min_{season.name}"]}
    seats = {"district": settings.classes.district_seats}
    seats["province"] = settings.classes.province_seats
    for name, codes in seats.items():
        points = centres[centres.index.isin(list(codes))]
        if len(points):
            practices[name] = travel.network_minutes(
                network, places.geometry, points, season=season
            )
    compared = plan.compare_with_practice(planned, practices)
    served = planned.assignments.groupby(
        planned.assignments["place_id"].map(places["commune_code"])
    )
    sizes = served["candidates"].sum()
    held = {"commune": len(sizes)} | {name: len(set(codes)) for name, codes in seats.items()}
    small = {"commune": int((sizes < settings.classes.min_size).sum())}
    return compared.assign(
        n_places=[held[str(name)] for name in compared.index],
        n_small=pd.array([small.get(str(name), pd.NA) for name in compared.index], dtype="Int64"),
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


def _curve(
    planned: plan.ClassPlan, case: ClassCase, classes: Classes, progress: Told | None
) -> pd.DataFrame:
    """Return the trade-off curve around the number of classes held."""
    held = len(planned.sites) - len(set(classes.running) & set(planned.sites["place_id"]))
    numbers = [n for n in range(held - 3, held + 4) if n > 0]
    quick = classes.model_copy(update={"time_limit_s": min(CURVE_S, classes.time_limit_s)})
    return plan.trade_off(
        case.demand,
        case.hosts,
        case.minutes,
        classes=quick,
        n_sites=numbers,
        facts=case.facts,
        last=planned,
        progress=progress,
    )


def _firmness(
    planned: plan.ClassPlan,
    case: ClassCase,
    places: gpd.GeoDataFrame,
    network: travel.Network,
    project: Project,
    centres: gpd.GeoSeries,
    progress: Told | None,
) -> pd.DataFrame:
    """Return how often each site stays, and by how much its trips may lengthen before it moves."""
    classes, arrays = project.settings.classes, (case.demand, case.hosts)
    others = {
        season.name: class_case(
            places, network, project, centres=centres, season=season.name
        ).minutes
        for season in _others(project.settings)
    }
    stays = plan.site_firmness(
        *arrays,
        case.minutes,
        classes=classes,
        n_draws=3,
        rng=np.random.default_rng(1),
        others=others,
        facts=case.facts,
        last=planned,
        progress=progress,
    )
    firm = plan.staying_share(
        planned, *arrays, case.minutes, classes=classes, facts=case.facts, progress=progress
    )
    return stays.join(firm)


def _others(settings: Settings) -> list[Season]:
    return [season for season in settings.seasons if season.name != settings.classes.season]


def _nearest_to_centres(located: gpd.GeoDataFrame, centres: gpd.GeoSeries) -> list[str]:
    """Return, for each commune, the place of its own that is nearest its centre."""
    own = centres.reindex(located["commune_code"])
    metric = located.estimate_utm_crs()
    ends = gpd.GeoSeries(own.array, index=located.index, crs=schema.CRS).to_crs(metric)
    apart = located.geometry.to_crs(metric).distance(ends).dropna()
    nearest = apart.groupby(located["commune_code"].reindex(apart.index)).idxmin()
    return [str(place) for place in nearest]


def with_firmness(sites: gpd.GeoDataFrame, answers: ClassAnswers | None) -> gpd.GeoDataFrame:
    """Return sites with how firm each is, where that was asked for."""
    if answers is None or answers.firmness is None:
        return sites
    return gpd.GeoDataFrame(sites.join(answers.firmness, on="place_id"), crs=sites.crs)


def answers_record(answers: ClassAnswers | None) -> dict[str, Any]:
    """Return what ``run.json`` says beside the plan: each table as a list of rows."""
    if answers is None:
        return {}
    tables = {name: getattr(answers, name) for name in ("practice", "changes", "curve", "firmness")}
    return {
        name: table.reset_index().to_dict("records")
        for name, table in tables.items()
        if table is not None
    }
