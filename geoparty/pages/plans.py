"""Class plans: the project's own, and those made again under other settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.errors import Problem
from geoparty.pages.jobs import Told, wait_for
from geoparty.pages.speech import say
from geoparty.pages.store import store
from geoparty.pages.view import View
from geoparty.project import Project
from geoparty.settings import Classes

if TYPE_CHECKING:
    from geoparty.pipeline import ClassCase
    from geoparty.plan import ClassPlan
    from geoparty.travel import Network


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan to show: the project's own, or one made with other settings."""

    status: str
    gap: float
    sites: gpd.GeoDataFrame
    assignments: pd.DataFrame
    problems: tuple[Problem, ...]
    wishes: Classes
    key: str
    """Of the results it was made from."""
    made: ClassPlan | None = None
    """The plan itself, to plan again from; None where only a part of it may be seen."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What a plan comes to, so that two can be compared."""

    sites: int
    served: int
    people: int
    mean_min: float
    max_min: float
    person_min: float


def measures(places: pd.DataFrame, plan: Plan) -> Measures:
    """Return what a plan comes to for some places; minutes are one way, per person."""
    rows = plan.assignments[plan.assignments["place_id"].isin(places.index)]
    people, minutes = rows["candidates"].astype(float), rows["travel_min"].astype(float)
    total = float((people * minutes).sum())
    served = int(people.sum())
    return Measures(
        sites=int(rows["site_id"].nunique()),
        served=served,
        people=int(places["candidates"].fillna(0).sum()),
        mean_min=total / served if served else np.nan,
        max_min=float(minutes.max()) if len(rows) else np.nan,
        person_min=total,
    )


def network_of(view: View) -> Network | None:
    """Return the road network of the run; None where there are no roads."""
    network: Network | None = view.results.network
    return network


def planned(view: View, wishes: Classes) -> Plan:
    """Return the plan to show: the project's own, one made in full, or one answered at once.

    Other settings are first answered from the last plan by planning anew around the change; a
    plan made in full under the same settings is shown instead where there is one.
    """
    network = network_of(view)
    if wishes == view.settings.classes or network is None:
        return _show(own(view), wishes)
    last = shown(view)
    if _key(view, wishes) in store():
        return _show(in_full(view, wishes), wishes)
    wants_proof = bool(st.session_state.get("_in_full"))
    if last is not None and last.wishes == wishes and not wants_proof:
        return last
    start = last or own(view)
    if start.made is None or wants_proof:
        return _show(in_full(view, wishes), wishes)
    return _show(_at_once(view, wishes, start.made), wishes)


def own(view: View) -> Plan:
    """Return the project's own plan, as the run made it."""
    results, made = view.results, view.results.run["plan"]
    told = results.plan.problems if results.plan is not None else ()
    return Plan(
        status=made["status"],
        gap=float(made.get("gap") or 0.0),
        sites=results.sites,
        assignments=results.assignments,
        problems=tuple(told),
        made=results.plan,
        wishes=view.settings.classes,
        key=view.key,
    )


def in_full(view: View, wishes: Classes) -> Plan:
    """Return the plan made in full under settings, made now where it was not yet."""
    network = network_of(view)
    if wishes == view.settings.classes or network is None:
        return own(view)
    return wait_for(
        _key(view, wishes),
        lambda told: _replan(view, wishes, told),
        language=view.language,
        title=say("planning", view.language),
        on_cancel=_go_back,
    )


def is_in_full(plan: Plan) -> bool:
    """Return whether a plan was made in full, not answered at once from another."""
    return not any(problem.key == "plan.quick_answer" for problem in plan.problems)


def case_of(
    view: View, wishes: Classes, told: Told | None = None, *, reach_min: float = 0.0
) -> ClassCase:
    """Return the question of these settings; minutes are measured once for hosts and season."""
    from geoparty import pipeline

    results, project = view.results, _project(view, wishes)
    hosts = pipeline.host_ids(results.places, wishes, results.centres)
    reach = max(reach_min, wishes.max_travel_min, view.settings.classes.max_travel_min)
    parts = "|".join([wishes.season, f"{reach:g}", *map(str, hosts)])
    key = f"{view.key}/case/{hashlib.sha256(parts.encode()).hexdigest()[:16]}"

    def make(told: Told) -> ClassCase:
        return pipeline.class_case(
            results.places, view.results.network, project, centres=results.centres, reach_min=reach
        )

    if told is not None:
        case = store().get(key, lambda: make(told))
    else:
        title = say("measuring", view.language)
        case = wait_for(key, make, language=view.language, title=title, on_cancel=_go_back)
    return replace(case, facts=pipeline.class_facts(results.places, project.settings))


def identity(plan: Plan) -> str:
    """Return a key of what a plan decides, for what is told beside it."""
    rows = plan.assignments[["place_id", "site_id", "candidates"]]
    text = rows.to_csv() + plan.sites["place_id"].to_csv() + plan.wishes.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _show(plan: Plan, wishes: Classes) -> Plan:
    """Keep what is shown, and what was shown before it, so that a change can be told."""
    last = st.session_state.get("_shown")
    now = replace(plan, wishes=wishes)
    if last is not None and last.wishes != wishes:
        st.session_state["_before"] = last
    st.session_state["_shown"] = now
    st.session_state["_in_full"] = False
    return now


def shown(view: View) -> Plan | None:
    """Return the plan on screen; None where the session has seen none of these results."""
    return _last(view, "_shown")


def before(view: View) -> Plan:
    """Return the plan that was shown before this one; the project's own at first."""
    return _last(view, "_before") or own(view)


def _last(view: View, name: str) -> Plan | None:
    """Return a plan kept in the session, unless it is of other results."""
    last: Plan | None = st.session_state.get(name)
    return last if last is not None and last.key == view.key else None


def _key(view: View, wishes: Classes) -> str:
    code = hashlib.sha256(wishes.model_dump_json().encode()).hexdigest()[:16]
    return f"{view.key}/plan/{code}"


def _go_back() -> None:
    """Go back to the plan that was on screen, and to what it was asked for."""
    last: Plan | None = st.session_state.get("_shown")
    st.session_state["_classes"] = None if last is None else last.wishes
    st.session_state["_in_full"] = False
    st.session_state["scenarios"] = []


def _project(view: View, wishes: Classes) -> Project:
    settings = view.settings.model_copy(update={"classes": wishes})
    return replace(view.project, settings=settings)


def _at_once(view: View, wishes: Classes, last: ClassPlan) -> Plan:
    from geoparty.plan import adjust_plan

    case = case_of(view, wishes)
    made = adjust_plan(
        last, case.demand, case.hosts, case.minutes, classes=wishes, facts=case.facts
    )
    return _named(view, made, wishes)


def _replan(view: View, wishes: Classes, told: Told) -> Plan:
    from geoparty.pipeline import plan_case

    case = case_of(view, wishes, told)
    return _named(view, plan_case(case, wishes, progress=partial(told, "")), wishes)


def _named(view: View, made: ClassPlan, wishes: Classes) -> Plan:
    from geoparty.pipeline import by_name

    places = view.results.places
    named = places[["place_name", "commune_code", "commune_name", "geometry"]]
    return Plan(
        status=made.status,
        gap=made.gap,
        sites=gpd.GeoDataFrame(made.sites.join(named, on="place_id"), crs=places.crs),
        assignments=made.assignments,
        problems=tuple(by_name(made.problems, places)),
        made=made,
        wishes=wishes,
        key=view.key,
    )
