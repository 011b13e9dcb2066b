"""Where to hold the classes: the plan, and what other settings would give."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.errors import Problem
from geoparty.pages import downloads, layout, table
from geoparty.pages.mapview import Drawing, Sign
from geoparty.pages.speech import literal, minutes, number, say, share
from geoparty.pages.store import store
from geoparty.pages.view import View
from geoparty.settings import Classes
from geoparty.travel import Network
from geoparty.words import Language

SITE_COLUMNS = (
    "site_id",
    "place_id",
    "place_name",
    "commune_code",
    "commune_name",
    "n_candidates",
    "mean_min",
    "max_min",
)
PLACE_COLUMNS = (
    "place_name",
    "commune_name",
    "candidates",
    "site_name",
    "travel_min",
    "graduates",
    "members",
)
KINDS = ("site", "served", "unserved", "not_reported", "none")
_COLOURS = ("#ffd23f", "#3f7fb5", "#c1272d", "#9a9a9a", "#ffffff")
_SHAPES = ("star", "circle", "triangle", "ring", "circle")
_SIZES = (2.2, 1.0, 1.3, 0.9, 0.5)
_MOST_PAIRS = 20_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan to show: the project's own, or one made with other settings."""

    status: str
    gap: float
    sites: gpd.GeoDataFrame
    assignments: pd.DataFrame
    problems: tuple[Problem, ...]


def page(view: View) -> None:
    """Show class sites with who goes where: numbers, map with card, tables, downloads."""
    plan = _plan(view, _wishes(view))
    places = with_sites(view.places, plan)
    kinds = place_kinds(places, plan)
    sites = plan.sites[plan.sites["commune_code"].isin(view.communes.index)]
    layout.heading(view, "classes", _numbers(view, places, kinds, sites))
    _status(view, plan)
    layout.map_and_card(view, _drawing(view, places, kinds, plan))
    t = view.language
    st.subheader(say("sites", t))
    downloads.offer(view, sites, SITE_COLUMNS, name="class_sites", key="sites_download")
    table.frame_table(view, sites, [c for c in SITE_COLUMNS if not c.endswith("code")])
    asked = places[kinds != KINDS.index("none")]
    st.subheader(say("attendance", t))
    downloads.offer(
        view,
        asked,
        (*downloads.PLACE_COLUMNS, "site_id", "site_name", "travel_min"),
        name="class_places",
        key="attendance_download",
    )
    table.place_table(view, asked, PLACE_COLUMNS, key="classes_table")


def with_sites(places: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """Return places with the class each goes to: site_id, site_name, travel_min.

    A place split over several classes shows the first of them.
    """
    first = plan.assignments.drop_duplicates("place_id").set_index("place_id")
    out = places.join(first[["site_id", "travel_min"]])
    return out.assign(site_name=out["site_id"].map(plan.sites["place_name"]))


def place_kinds(places: pd.DataFrame, plan: Plan) -> np.ndarray[Any, Any]:
    """Return what each place is to the plan, a position in KINDS."""
    asked = places["candidates"].gt(0).fillna(value=False).to_numpy(dtype=bool)
    served = places["site_id"].notna().to_numpy()
    hosts = places.index.isin(plan.sites["place_id"])
    unknown = places["candidates"].isna().to_numpy()
    return np.select([hosts, served, asked, unknown], [0, 1, 2, 3], default=4)


def _wishes(view: View) -> Classes:
    """Ask for class settings; what was sent last stands."""
    t, own = view.language, view.settings.classes
    now: Classes = st.session_state.get("_classes", own)
    seasons = {s.name: getattr(s, f"label_{t}") for s in view.settings.seasons}
    with st.sidebar.form("plan"):
        st.caption(say("plan_settings", t))
        n_sites = st.number_input(
            say("plan_n_sites", t),
            min_value=0,
            max_value=999,
            value=0 if now.n_sites == "auto" else now.n_sites,
            help=say("plan_n_sites_about", t),
        )
        limit = st.number_input(
            say("plan_limit", t), min_value=5, max_value=600, step=5, value=int(now.max_travel_min)
        )
        least, most = st.columns(2)
        min_size = least.number_input(
            say("plan_min", t), min_value=0, max_value=500, value=now.min_size
        )
        max_size = most.number_input(
            say("plan_max", t), min_value=1, max_value=500, value=now.max_size
        )
        season = st.radio(
            say("season", t),
            list(seasons),
            format_func=lambda name: seasons[name],
            index=list(seasons).index(now.season),
            horizontal=True,
        )
        sent = st.form_submit_button(
            say("plan_run", t),
            type="primary",
            disabled=_network(view) is None or not view.may("plan"),
            width="stretch",
        )
        if _network(view) is None:
            st.caption(say("plan_no_network", t))
    if sent and min_size > max_size:
        st.sidebar.error(say("plan_sizes_cross", t))
    elif sent:
        changed = {
            "n_sites": n_sites or "auto",
            "max_travel_min": float(limit),
            "min_size": min_size,
            "max_size": max_size,
            "season": season,
        }
        now = Classes.model_validate(own.model_dump() | changed)
        st.session_state["_classes"] = now
    return now


def _network(view: View) -> Network | None:
    network: Network | None = view.results.network
    return network


def _plan(view: View, wishes: Classes) -> Plan:
    """Return the project's own plan, or one made anew when other settings are asked for."""
    results = view.results
    network = _network(view)
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
    with st.spinner(say("planning", view.language), show_time=True):
        return store().get(f"{view.key}/plan/{key}", lambda: _replan(view, network, wishes))


def _replan(view: View, network: Network, wishes: Classes) -> Plan:
    from geoparty.pipeline import plan_sites

    settings = view.settings.model_copy(update={"classes": wishes})
    project = replace(view.project, settings=settings)
    places = view.results.places
    made = plan_sites(places, network, project)
    named = places[["place_name", "commune_code", "commune_name", "geometry"]]
    sites = gpd.GeoDataFrame(made.sites.join(named, on="place_id"), crs=places.crs)
    return Plan(
        status=made.status,
        gap=made.gap,
        sites=sites,
        assignments=made.assignments,
        problems=made.problems,
    )


def _numbers(
    view: View, places: pd.DataFrame, kinds: np.ndarray[Any, Any], sites: pd.DataFrame
) -> list[tuple[str, str, str]]:
    t = view.language
    people = places["candidates"].fillna(0).to_numpy(dtype=int)
    served = int(people[places["site_id"].notna().to_numpy()].sum())
    unknown = int((kinds == KINDS.index("not_reported")).sum())
    weights = people[places["site_id"].notna().to_numpy()]
    trips = places["travel_min"].dropna().to_numpy()
    mean = float(np.average(trips, weights=weights)) if weights.sum() else float("nan")
    longest = float(trips.max()) if len(trips) else float("nan")
    return [
        (say("n_sites", t), number(len(sites), t), ""),
        (
            say("n_served", t),
            share(served, int(people.sum()), t),
            say("n_served_about", t, unknown=number(unknown, t)),
        ),
        (
            say("n_minutes", t),
            f"{minutes(mean, t)} · {minutes(longest, t)}",
            say("n_minutes_about", t),
        ),
    ]


def _status(view: View, plan: Plan) -> None:
    """Say whether the plan is proven, and what stands in its way."""
    t = view.language
    text = say(f"plan_{plan.status}", t, gap=number(100 * plan.gap, t, decimals=1))
    show = {"optimal": st.success, "best_found": st.info}.get(plan.status, st.warning)
    show(text, icon=":material/verified:" if plan.status == "optimal" else ":material/info:")
    for problem in plan.problems:
        st.caption(literal(problem.text(t)))


def _signs(language: Language) -> list[Sign]:
    return [
        Sign(label=say(f"class_{name}", language), colour=colour, shape=shape, size=size)
        for name, colour, shape, size in zip(KINDS, _COLOURS, _SHAPES, _SIZES, strict=True)
    ]


def _drawing(
    view: View, places: gpd.GeoDataFrame, kinds: np.ndarray[Any, Any], plan: Plan
) -> Drawing:
    t, communes = view.language, view.on_map
    has_point = places.geometry.notna().to_numpy()
    places, kinds = places[has_point], kinds[has_point]
    people = places["candidates"]
    signs = _signs(t)
    tips = [
        f"{signs[kind].label}: {number(n, t)}" if pd.notna(n) else signs[kind].label
        for kind, n in zip(kinds, people, strict=True)
    ]
    return Drawing(
        geo=view.geo(),
        aria=say("classes_aria", t),
        title=say("legend_classes", t),
        communes=communes,
        fill=layout.left_out(np.zeros(len(communes), dtype=int), view.is_in),
        fill_signs=[Sign(label=say("land", t), colour="#f4f1e6")],
        tips=[""] * len(communes),
        places=places,
        kinds=kinds,
        kind_signs=signs,
        place_tips=layout.place_tips(places, tips),
        pairs=pairs(view.results.places, places.index, plan),
        lines=[("pair", say("line_pair", t)), *layout.land_lines(view)],
    )


def pairs(places: gpd.GeoDataFrame, shown: pd.Index, plan: Plan) -> np.ndarray[Any, Any]:
    """Return a line from each assigned place on the map to its class: lon, lat, lon, lat."""
    rows = plan.assignments[plan.assignments["place_id"].isin(shown)].head(_MOST_PAIRS)
    start = places.geometry.reindex(rows["place_id"])
    end = places.geometry.reindex(plan.sites["place_id"].reindex(rows["site_id"]))
    ends = [np.asarray(s) for s in (start.x, start.y, end.x, end.y)]
    lines = np.column_stack(ends) if len(rows) else np.empty((0, 4))
    return lines[np.isfinite(lines).all(axis=1)]
