"""Class plans: the project's own, and those made again under other settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.errors import Problem
from geoparty.pages.jobs import Told, wait_for
from geoparty.pages.speech import say
from geoparty.pages.view import View
from geoparty.settings import Classes
from geoparty.travel import Network


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan to show: the project's own, or one made with other settings."""

    status: str
    gap: float
    sites: gpd.GeoDataFrame
    assignments: pd.DataFrame
    problems: tuple[Problem, ...]


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
    """Return the project's own plan, or one made anew when other settings are asked for."""
    results = view.results
    network = network_of(view)
    if wishes == view.settings.classes or network is None:
        made = results.run["plan"]
        return Plan(
            status=made["status"],
            gap=float(made["gap"] or 0.0),
            sites=results.sites,
            assignments=results.assignments,
            problems=(),
        )
    key = hashlib.sha256(wishes.model_dump_json().encode()).hexdigest()[:16]
    made_anew = wait_for(
        f"{view.key}/plan/{key}",
        lambda told: _replan(view, network, wishes, told),
        language=view.language,
        title=say("planning", view.language),
        on_cancel=_go_back,
    )
    st.session_state["_planned"] = wishes
    return made_anew


def _go_back() -> None:
    """Ask again for the settings of the last plan that was made."""
    st.session_state["_classes"] = st.session_state.get("_planned")
    st.session_state["scenarios"] = []


def _replan(view: View, network: Network, wishes: Classes, told: Told) -> Plan:
    from geoparty.pipeline import plan_sites

    settings = view.settings.model_copy(update={"classes": wishes})
    project = replace(view.project, settings=settings)
    places = view.results.places
    made = plan_sites(places, network, project, progress=partial(told, ""))
    named = places[["place_name", "commune_code", "commune_name", "geometry"]]
    sites = gpd.GeoDataFrame(made.sites.join(named, on="place_id"), crs=places.crs)
    return Plan(
        status=made.status,
        gap=made.gap,
        sites=sites,
        assignments=made.assignments,
        problems=made.problems,
    )
