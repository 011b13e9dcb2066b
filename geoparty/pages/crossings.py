"""What cuts places off, and what would open the way: on the map, in lists, on the card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st
from shapely import LineString, Point

from geoparty import words
from geoparty.pages import downloads, table
from geoparty.pages.jobs import Told, wait_for
from geoparty.pages.mapview import Sign, Spot
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import literal, minutes, number
from geoparty.pages.store import store
from geoparty.pages.view import View
from geoparty.words import Language

N_BEST = 3
_MOST_SPOTS = 40
_MOST_NAMES = 6
_SIGN = ("#c2185b", "down", 1.5)
_CHOSEN = ("#ffb300", "down", 1.9)


def tell(key: str, language: Language, /, **params: object) -> str:
    """Return a text about crossings."""
    return words.text(f"crossings.{key}", language, **params)


def made(view: View) -> Any:  # noqa: ANN401 - travel.TravelReport, imported late
    """Return the travel report of this view's area if it was made, else None."""
    key = f"{view.key}/travel"
    return store().get(key, lambda: None) if key in store() else None


def section(view: View, season: str) -> None:
    """Show groups and crossings of a season; they are worked out once for every session."""
    t = view.language
    st.subheader(tell("heading", t), anchor=False)
    keep("crossings", default=True)
    wanted = kept("crossings", lambda: st.toggle(tell("show", t), key="crossings"))
    if view.results.network is None or not wanted:
        return
    was_there = made(view) is not None
    wait_for(
        f"{view.key}/travel",
        partial(_report, view),
        language=t,
        title=tell("working", t),
        on_cancel=partial(st.session_state.update, {"crossings": False, "_kept_crossings": False}),
    )
    if not was_there:
        st.rerun()
    _lists(view, season)


def _report(view: View, told: Told) -> Any:  # noqa: ANN401 - as made
    from geoparty import pipeline

    return pipeline.travel_of(
        view.results, view.project, n_best=N_BEST, progress=partial(told, "travel")
    )


def _lists(view: View, season: str) -> None:
    t, report = view.language, made(view)
    found = report.crossings[season]
    limit = number(view.settings.rules.cut_off_min, t)
    mode = words.text(f"travel.mode_{report.used['travel']['mode']}", t)
    model = words.text(f"travel.model_{report.model}", t)
    st.caption(tell("about", t, limit=limit, mode=mode.capitalize(), model=model))
    opens, closes, groups = st.tabs([tell(f"tab_{n}", t) for n in ("opens", "closes", "groups")])
    with opens:
        _list(view, _of_view(view, found, "opens"), season, effect="opens")
        _best(view, found)
    with closes:
        _list(view, _of_view(view, found, "closes"), season, effect="closes")
    with groups:
        _groups(view, report, season)


def _of_view(view: View, found: Any, effect: str) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Return the crossings that decide whether a place the filters let through has a way."""
    turned = found.places["crossing_id"][found.places["place"].isin(view.places.index)]
    frame: gpd.GeoDataFrame = found.frame
    return frame[(frame["effect"] == effect) & frame.index.isin(turned)]


def _list(view: View, frame: gpd.GeoDataFrame, season: str, *, effect: str) -> None:
    """Show crossings; choosing a row shows it on the map."""
    t, key = view.language, f"{effect}_{season}"
    if frame.empty:
        st.info(tell(f"none_{effect}", t))
        return
    columns = {
        tell("what", t): [kind(row, t) for row in frame.to_dict("records")],
        tell("where", t): where(view, frame),
        tell("group", t): frame["group"].to_numpy(),
        tell("places", t): frame["n_places"].to_numpy(),
        tell("people", t): frame["people"].to_numpy(),
        tell("candidates", t): frame["candidates"].to_numpy(),
        tell(f"minutes_{effect}", t): frame["saved_min"].round().astype(int).to_numpy(),
        tell("derived", t): frame["is_derived"].to_numpy(bool),
    }
    if effect == "closes":  # what is lost belongs to no group that is cut off now
        del columns[tell("group", t)]
    shown = pd.DataFrame(columns, index=pd.RangeIndex(1, len(frame) + 1, name=tell("rank", t)))
    about = st.column_config.CheckboxColumn(help=tell("derived_about", t))
    event = table.grid(
        shown,
        t,
        name=tell(f"tab_{effect}", t),
        key=key,
        height=min(38 + 35 * len(shown), 320),
        column_config={tell("derived", t): about},
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    chosen = str(frame.index[rows[0]]) if rows else None
    if chosen != st.session_state.get(f"_row_{key}"):
        st.session_state[f"_row_{key}"] = chosen
        st.session_state["crossing"] = chosen
        st.rerun()
    if chosen:
        st.caption(tell("shown_on_map", t))
    downloads.offer_list(view, shown, frame, name=f"crossings_{key}", key=f"crossings_{key}")


def _best(view: View, found: Any) -> None:  # noqa: ANN401
    t, best = view.language, found.best[found.best["n_places"] > 0]
    best = best[best["crossing_id"].isin(_of_view(view, found, "opens").index)]
    if best.empty:
        return
    named = [
        tell(
            "best_one",
            t,
            what=label(view, found.frame, row["crossing_id"]),
            n=number(row["n_places"], t),
            people=number(row["people"], t),
        )
        for row in best.to_dict("records")
    ]
    st.markdown(literal(tell("best", t, n=len(named), list="; ".join(named))))


def _groups(view: View, report: Any, season: str) -> None:  # noqa: ANN401
    t = view.language
    groups = report.groups[report.groups["season"] == season]
    member = report.places[f"cut_off_group_{season}"]
    groups = groups[groups["group"].isin(member.reindex(view.places.index))]
    if groups.empty:
        st.info(tell("none_groups", t))
        return
    names = view.results.places["place_name"]
    frame = report.crossings[season].frame
    rows = [
        {
            tell("group", t): row["group"],
            tell("places", t): row["n_places"],
            tell("people", t): row["people"],
            tell("candidates", t): row["candidates"],
            tell("own_cells", t): row["own_cells"],
            tell("opened_by", t): label(view, frame, row["best_crossing"]) or None,
            tell("names", t): _names(names[member == row["group"]]),
        }
        for row in groups.to_dict("records")
    ]
    table_height = min(38 + 35 * len(rows), 320)
    shown = pd.DataFrame(rows)
    table.grid(shown, t, name=tell("tab_groups", t), height=table_height)
    downloads.offer_list(
        view, shown.set_index(tell("group", t)), groups, name=f"groups_{season}", key="groups"
    )


def _names(names: pd.Series[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names.head(_MOST_NAMES)) + (f" +{more}" if more > 0 else "")


def kind(row: dict[Any, Any], language: Language) -> str:
    """Return what a crossing is, in words."""
    road = words.text(f"travel.class_{row['road_class']}", language)
    return tell(f"kind_{row['kind']}", language, road=road)


def where(view: View, frame: pd.DataFrame) -> list[str]:
    """Return the place nearest to each crossing, and the commune it lies in."""
    communes, places = view.results.communes, view.results.places
    points = frame.geometry.representative_point().to_numpy()
    names = np.full((2, len(frame)), "", dtype=object)
    found = places[places.geometry.notna()]
    if len(found):
        point, place = found.sindex.nearest(points, return_all=False)
        names[0, point] = found["place_name"].to_numpy()[place]
    point, commune = communes.sindex.query(points, predicate="intersects")
    names[1, point] = communes["commune_name"].to_numpy()[commune]
    return [", ".join(str(name) for name in both if name) for both in names.T]


def label(view: View, frame: gpd.GeoDataFrame, crossing: str) -> str:
    """Return a crossing in words: what it is, and near what; empty for none."""
    if crossing not in frame.index:
        return ""
    row = frame.loc[[crossing]]
    near, what = where(view, row)[0], kind(row.iloc[0].to_dict(), view.language)
    return tell("near", view.language, what=what, near=near) if near else what


def spots(view: View, season: str) -> list[Spot]:
    """Return the best crossing of each group, and the one chosen, to be drawn on the map."""
    report, t = made(view), view.language
    if report is None:
        return []
    frame = report.crossings[season].frame
    best = frame[frame["is_best_of_group"] & (frame["n_places"] > 0)].head(_MOST_SPOTS)
    chosen = st.session_state.get("crossing")
    drawn = [(row, "sign", _SIGN) for row in best.index if row != chosen]
    drawn += [(chosen, "sign_chosen", _CHOSEN)] if chosen in frame.index else []
    made_spots = []
    for crossing, sign, (colour, shape, size) in drawn:
        row = frame.loc[crossing]
        tip = tell(
            "tip" if row["effect"] == "opens" else "tip_closes",
            t,
            what=kind(row.to_dict(), t),
            n=number(row["n_places"], t),
            people=number(row["people"], t),
        )
        mark = Sign(label=tell(sign, t), colour=colour, shape=shape, size=size)
        point = (
            row["geometry"].interpolate(0.5, normalized=True) if _is_line(row) else row["geometry"]
        )
        made_spots.append(Spot(point=Point(point), sign=mark, tip=tip))
    return made_spots


def _is_line(row: pd.Series[Any]) -> bool:
    return bool(shapely.get_dimensions(row["geometry"]) == 1)


def focus(view: View, season: str) -> list[Point]:
    """Return what the map shows near: the crossing chosen, and the places it decides about."""
    report, chosen = made(view), st.session_state.get("crossing")
    found = None if report is None else report.crossings[season]
    if found is None or chosen not in found.frame.index:
        return []
    turned = found.places["place"][found.places["crossing_id"] == chosen]
    points = view.results.places.geometry.reindex(turned).dropna()
    return [found.frame.geometry[chosen].representative_point(), *points]


def paths(view: View, season: str) -> list[LineString]:
    """Return the way of the chosen place to its commune centre, to be drawn on the map."""
    way = _way(view, season)
    return [] if way is None or way.geometry.iloc[0] is None else [way.geometry.iloc[0]]


def _way(view: View, season: str) -> gpd.GeoDataFrame | None:
    place = st.session_state.get("place")
    results = view.results
    if results.network is None or place not in results.places.index:
        return None
    return view.derived(f"way/{season}/{place}", partial(_route, view, season, str(place)))


def _route(view: View, season: str, place: str) -> gpd.GeoDataFrame:
    from geoparty import pipeline, travel

    centres = pipeline.own_centres(view.results)
    here = view.results.places.geometry.loc[[place]]
    return travel.routes(
        view.results.network, here, centres.loc[[place]], season=season, is_paired=True
    )


def on_card(season: str) -> Callable[[View, str], None]:
    """Return what the card of a place says of the way there in every season."""
    return partial(_card, season)


def _card(season: str, view: View, place: str) -> None:
    t, report = view.language, made(view)
    if view.results.network is None:
        return
    for one in view.settings.seasons:
        way = _way(view, one.name)
        if way is None or not np.isfinite(way["travel_min"].iloc[0]):
            continue
        legs = {n: minutes(way[f"{n}_min"].iloc[0], t) for n in ("walk", "ride")}
        total = minutes(way["travel_min"].iloc[0], t)
        name = getattr(one, f"label_{t}")
        st.markdown(literal(tell("card_way", t, season=name, total=total, **legs)))
    if report is None or place not in report.places.index:
        return
    row = report.places.loc[place]
    if pd.notna(row["unmeasured"]):
        st.markdown(literal(tell(f"unmeasured_{row['unmeasured']}", t)))
    group = row[f"cut_off_group_{season}"]
    if pd.isna(group):
        return
    n = int((report.places[f"cut_off_group_{season}"] == group).sum()) - 1
    st.markdown(literal(tell("card_group" if n else "card_alone", t, n=n, group=group)))
    ids = [c for c in str(row[f"opened_by_{season}"]).split(";") if c]
    frame = report.crossings[season].frame
    listed = "; ".join(label(view, frame, c) for c in ids[:3])
    text = tell("card_opened", t, list=listed) if ids else tell("card_not_opened", t)
    st.markdown(f"**{literal(text)}**")
