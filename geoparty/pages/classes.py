"""Where to hold the classes: the plan, and what other settings would give."""

from __future__ import annotations

from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.pages import (
    answers,
    by_hand,
    downloads,
    layout,
    mapview,
    papers,
    plans,
    scenarios,
    table,
    wishes,
)
from geoparty.pages.mapview import Drawing, Sign, Spot
from geoparty.pages.plans import Plan
from geoparty.pages.speech import literal, minutes, number, say, share
from geoparty.pages.view import View
from geoparty.present import Folders, class_facts
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


def page(view: View) -> None:
    """Show class sites with who goes where: numbers, map with card, tables, downloads."""
    with st.container():  # however much stands above it, the map keeps its place: not rebuilt
        plan = plans.planned(view, wishes.ask(view))
        places = with_sites(view.places, plan)
        kinds = place_kinds(places, plan)
        layout.heading(view, "classes", _numbers(view, places, kinds, plan))
    sites = plan.sites[plan.sites["commune_code"].isin(view.communes.index)]
    picture = mapview.picture(_drawing(view, places, kinds, plan))
    if not layout.map_and_card(
        view,
        picture,
        actions=by_hand.actions,
        above_card=partial(_verdict, view, plan),
        below_card=partial(_problems, view, plan),
    ):
        return
    answers.show(view, plan)
    scenarios.compare(view, plan)
    t, told = view.language, papers.telling(view, plan)
    st.subheader(say("sites", t), anchor=False)
    downloads.offer(told, sites, SITE_COLUMNS, name="class_sites", key="sites_download")
    listed = [c for c in SITE_COLUMNS if not c.endswith("code")]
    table.frame_table(view, sites, listed, name=say("sites", t))
    asked = attendance(places, kinds, t)
    of_asked = kinds[kinds != KINDS.index("none")]
    st.subheader(say("attendance", t), anchor=False)
    downloads.offer(
        told,
        asked,
        (*downloads.place_columns(view), "site_id", "site_name", "travel_min"),
        name="class_places",
        key="attendance_download",
        folders=partial(folders, plan=plan, kinds=of_asked, language=t),
        on_map=downloads.AsOnMap(
            column="class_kind", names=KINDS, signs=_signs(t), kinds=lambda _: of_asked
        ),
    )
    table.place_table(view, table.rows_of(view, asked, PLACE_COLUMNS), key="classes_table")


def with_sites(places: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """Return places with the class each goes to: site_id, site_name, travel_min.

    A place split over several classes shows the first of them.
    """
    first = plan.assignments.drop_duplicates("place_id").set_index("place_id")
    out = places.join(first[["site_id", "travel_min"]])
    return out.assign(site_name=out["site_id"].map(plan.sites["place_name"]))


def attendance(
    places: gpd.GeoDataFrame, kinds: np.ndarray[Any, Any], language: Language
) -> gpd.GeoDataFrame:
    """Return places that host a class, have candidates or may have; words for who has no class."""
    asked = places[kinds != KINDS.index("none")]
    waiting = asked["site_name"].isna() & asked["candidates"].gt(0).fillna(value=False)
    return asked.assign(site_name=asked["site_name"].mask(waiting, say("class_unserved", language)))


def folders(
    places: gpd.GeoDataFrame, *, plan: Plan, kinds: np.ndarray[Any, Any], language: Language
) -> Folders:
    """Return places grouped by the class they go to or hold; last those that have none."""
    hosts = pd.Index(plan.sites["place_id"])
    held = np.asarray(hosts.get_indexer(places.index))
    goes = np.asarray(plan.sites.index.get_indexer(places["site_id"]))
    site = np.where(kinds == KINDS.index("site"), held, goes)
    rest = [say(f"class_{name}", language) for name in KINDS]
    return Folders(
        labels=[*class_facts.called(plan.sites), *rest],
        of=np.where(site >= 0, site, len(hosts) + kinds),
        colours=np.array(_COLOURS, dtype=object)[kinds],
    )


def place_kinds(places: pd.DataFrame, plan: Plan) -> np.ndarray[Any, Any]:
    """Return what each place is to the plan, a position in KINDS."""
    asked = places["candidates"].gt(0).fillna(value=False).to_numpy(dtype=bool)
    served = places["site_id"].notna().to_numpy()
    hosts = places.index.isin(plan.sites["place_id"])
    unknown = places["candidates"].isna().to_numpy()
    return np.select([hosts, served, asked, unknown], [0, 1, 2, 3], default=4)


def _numbers(
    view: View, places: pd.DataFrame, kinds: np.ndarray[Any, Any], plan: Plan
) -> list[tuple[str, str, str]]:
    t, made = view.language, plans.measures(places, plan)
    unknown = int((kinds == KINDS.index("not_reported")).sum())
    return [
        (say("n_sites", t), number(made.sites, t), say("n_sites_about", t)),
        (
            say("n_served", t),
            share(made.served, made.people, t),
            say("n_served_about", t, unknown=number(unknown, t)),
        ),
        (
            say("n_minutes", t),
            f"{minutes(made.mean_min, t)} · {minutes(made.max_min, t)}",
            say("n_minutes_about", t),
        ),
    ]


def _verdict(view: View, plan: Plan) -> None:
    """Say how good the plan is, offer the next step, and what the last one cost."""
    _status(view, plan)
    answers.bar(view, plan)


def _status(view: View, plan: Plan) -> None:
    """Say whether the plan is proven."""
    t = view.language
    said = [plan.status] if plan.status != "best_found" or plans.is_in_full(plan) else []
    said += [] if plans.is_in_full(plan) else ["quick"]
    gap = number(100 * plan.gap, t, decimals=1)
    text = " ".join(say(f"plan_{name}", t, gap=gap) for name in said)
    show = {"optimal": st.success, "best_found": st.info}.get(plan.status, st.warning)
    show(text, icon=":material/verified:" if plan.status == "optimal" else ":material/info:")


def _problems(view: View, plan: Plan) -> None:
    """Say what stands in the way of the plan."""
    for problem in plan.problems:
        if problem.key != "plan.quick_answer":
            text = problem.text(view.language)
            st.caption(literal(text[:1].upper() + text[1:]))


def _signs(language: Language) -> list[Sign]:
    return [
        Sign(label=say(f"class_{name}", language), colour=colour, shape=shape, size=size)
        for name, colour, shape, size in zip(KINDS, _COLOURS, _SHAPES, _SIZES, strict=True)
    ]


def _drawing(
    view: View, places: gpd.GeoDataFrame, kinds: np.ndarray[Any, Any], plan: Plan
) -> Drawing:
    t, communes = view.language, view.on_map
    has_point = places.index.isin(layout.located(view, places).index)
    places, kinds = places[has_point], kinds[has_point]
    people = places["candidates"]
    signs = _signs(t)
    tips = [
        f"{signs[kind].label}: {number(n, t)}" if pd.notna(n) else signs[kind].label
        for kind, n in zip(kinds, people, strict=True)
    ]
    return Drawing(
        geo=view.geo(),
        language=t,
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
        spots=_elsewhere(places, plan, t),
        lines=[("pair", say("line_pair", t)), *layout.land_lines(view)],
    )


def _elsewhere(places: gpd.GeoDataFrame, plan: Plan, language: Language) -> list[Spot]:
    """Return the classes that places on the map go to, though their host is not among them."""
    rows = plan.assignments["site_id"][plan.assignments["place_id"].isin(places.index)]
    sites = plan.sites[plan.sites.index.isin(rows) & ~plan.sites["place_id"].isin(places.index)]
    label = say("class_elsewhere", language)
    sign = Sign(label=label, colour=_COLOURS[0], shape=_SHAPES[0], size=_SIZES[0])
    return [
        Spot(point=site.geometry, sign=sign, tip=f"{site.place_name} — {label}")
        for site in sites[sites.geometry.notna()].itertuples()
    ]


def pairs(places: gpd.GeoDataFrame, shown: pd.Index, plan: Plan) -> np.ndarray[Any, Any]:
    """Return a line from each assigned place on the map to its class: lon, lat, lon, lat."""
    rows = plan.assignments[plan.assignments["place_id"].isin(shown)].head(_MOST_PAIRS)
    start = places.geometry.reindex(rows["place_id"])
    end = places.geometry.reindex(plan.sites["place_id"].reindex(rows["site_id"]))
    ends = [np.asarray(s) for s in (start.x, start.y, end.x, end.y)]
    lines = np.column_stack(ends) if len(rows) else np.empty((0, 4))
    return lines[np.isfinite(lines).all(axis=1)]
