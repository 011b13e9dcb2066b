"""What is told beside a class plan: practice, smallest changes, trade-off, firmness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from geoparty import plan, travel
from geoparty.pipeline.siting import ClassCase, Told, class_case
from geoparty.project import Project
from geoparty.settings import Classes, Season, Settings

REACH = 2.0
"""Trips up to so many times the limit are looked at for the smallest change of it."""
MOST_LONGER = 200
"""So many hosts near the places left out are looked at for it, beside the classes held."""
CURVE_S = 3.0
"""Seconds a point of the trade-off curve may take."""


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
