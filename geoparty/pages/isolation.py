"""Places that cannot be reached, by season."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.pages import crossings, downloads, layout, mapview, table
from geoparty.pages.mapview import Drawing, Sign
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import every_minutes, minutes, number, say, share
from geoparty.pages.view import View
from geoparty.words import Language

EDGES = (30.0, 60.0, 120.0)
NAMES = ("to_30", "to_60", "to_120", "to_limit", "far", "no_way", "not_measured")
_COLOURS = ("#f7f3d6", "#c2dba0", "#7fb8a4", "#3f7f93", "#5b2a86", "#1a0a2b", "#6f6f6f")
_SHAPES = ("circle", "circle", "circle", "diamond", "square", "triangle", "ring")


def page(view: View) -> None:
    """Show travel times to the commune centre: numbers, map with card, table, download."""
    season, classes = _season(view), _classes(view)

    def of_classes() -> gpd.GeoDataFrame:
        minute = view.places[f"centre_min_{season}"]
        found = time_class(minute, limit=view.settings.rules.cut_off_min)
        shown = view.places[np.isin(found, [NAMES.index(name) for name in classes])]
        return shown.sort_values(minute.name, ascending=False, kind="stable")

    chosen = view.only(of_classes, season, *classes)
    numbers = view.drawn("isolation_numbers", lambda: _numbers(view, season), season)
    layout.heading(view, "isolation", numbers)
    ranking = view.drawn("isolation_ranking", lambda: _ranking(view, season), season)
    picture = _picture(view, chosen, season)
    if not layout.map_and_card(chosen, picture, ranking, actions=crossings.on_card(season)):
        return
    is_known = crossings.made(view) is not None  # then no wait keeps what stands below it away
    if is_known:
        crossings.section(view, season)
    _side_by_side(view, chosen)
    if not is_known:
        crossings.section(view, season)
    downloads.offer_places(
        chosen,
        name=f"isolation_{season}",
        key="isolation_download",
        on_map=as_on_map(view, season),
    )
    table.of_view(chosen, _shown(view, season), key="isolation_table")


def as_on_map(view: View, season: str) -> downloads.AsOnMap:
    """Return how places stand on the map of a season: by the class of their travel time."""

    def kinds(places: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
        limit = view.settings.rules.cut_off_min
        return time_class(places[f"centre_min_{season}"], limit=limit)

    return downloads.AsOnMap(column=f"time_{season}", names=NAMES, signs=_signs(view), kinds=kinds)


def time_class(minute: pd.Series[Any], *, limit: float) -> np.ndarray[Any, Any]:
    """Return the class of each travel time, a position in NAMES; ``limit`` is cut off."""
    values = minute.to_numpy(dtype=float, na_value=np.nan)
    edges = (*EDGES, max(limit, EDGES[-1]))
    classes = np.searchsorted(edges, values, side="left")
    classes = np.where(values > limit, 4, np.minimum(classes, 3))
    classes = np.where(np.isinf(values), 5, classes)
    return np.where(np.isnan(values), 6, classes)


def _season_columns(season: str) -> tuple[str, ...]:
    return (f"centre_min_{season}", f"cell_min_{season}", f"is_cut_off_{season}")


def _shown(view: View, season: str) -> list[str]:
    others = [f"centre_min_{s.name}" for s in view.settings.seasons if s.name != season]
    return [
        "place_name",
        "place_kind",
        "commune_name",
        *_season_columns(season),
        *others,
        "gap_level",
        "households",
        "priority",
    ]


def _season(view: View) -> str:
    seasons = {s.name: s for s in view.settings.seasons}
    keep("season", list(seasons)[-1], list(seasons))  # as they are declared, hardest last
    with st.sidebar:
        return kept(
            "season",
            lambda: st.radio(
                say("season", view.language),
                list(seasons),
                format_func=lambda name: getattr(seasons[name], f"label_{view.language}"),
                key="season",
                horizontal=True,
            ),
        )


def _classes(view: View) -> list[str]:
    keep("times", list(NAMES), list(NAMES))
    signs = _signs(view)
    with st.sidebar:
        return kept(
            "times",
            lambda: st.pills(
                say("time", view.language),
                NAMES,
                selection_mode="multi",
                format_func=lambda name: signs[NAMES.index(name)].label,
                key="times",
            ),
        )


def _numbers(view: View, season: str) -> list[tuple[str, str, str]]:
    t, places = view.language, view.places
    flag = places[f"is_cut_off_{season}"]
    cut_off = int(flag.fillna(value=False).sum())
    measured = int(flag.notna().sum())
    no_way = int(np.isinf(places[f"centre_min_{season}"]).sum())
    limit = number(view.settings.rules.cut_off_min, t)
    return [
        (
            say("n_cut_off", t),
            share(cut_off, measured, t),
            say("n_cut_off_about", t, limit=limit),
        ),
        (say("n_no_way", t), share(no_way, measured, t), say("n_no_way_about", t)),
        (
            say("n_not_measured", t),
            share(len(places) - measured, len(places), t),
            say("n_not_measured_about", t),
        ),
    ]


def _side_by_side(view: View, chosen: View) -> None:
    """Show every season beside the others: how many places at each time, and who is cut off."""
    t, seasons = view.language, view.settings.seasons
    if len(seasons) < 2:
        return
    st.subheader(crossings.tell("side_by_side", t), anchor=False)
    side_by_side = view.drawn("seasons_table", lambda: seasons_table(view))
    table.plain(side_by_side, name=crossings.tell("side_by_side", t))
    keep("both_maps", default=False)
    text = crossings.tell("both_maps", t)
    if not kept("both_maps", lambda: st.toggle(text, key="both_maps")):
        return
    for column, season in zip(st.columns(2), (seasons[0], seasons[-1]), strict=True):
        with column:
            st.caption(_label(view, season.name, t))
            # the same places as on the map above, so that its clicks are still understood
            mapview.show(_picture(view, chosen, season.name), key=f"map_{season.name}")


def seasons_table(view: View) -> pd.DataFrame:
    """Return a column a season: places by time, and who is where places are cut off."""
    t, places = view.language, view.places
    limit, signs = view.settings.rules.cut_off_min, _signs(view)
    people = pd.DataFrame(places)[["population", "candidates", "cell_status"]]
    columns = {}
    first = view.settings.seasons[0]
    start = places[f"centre_min_{first.name}"]
    later = crossings.tell("later_row", t, season=getattr(first, f"label_{t}").lower())
    for season in view.settings.seasons:
        minute = places[f"centre_min_{season.name}"]
        found = np.bincount(time_class(minute, limit=limit), minlength=len(NAMES))
        rows: dict[str, str | None] = {
            sign.label: share(int(n), len(places), t) for sign, n in zip(signs, found, strict=True)
        }
        is_cut_off = places[f"is_cut_off_{season.name}"].fillna(value=False).astype(bool)
        cut = people[is_cut_off]
        measured = int(places[f"is_cut_off_{season.name}"].notna().sum())
        rows[crossings.tell("cut_off_row", t)] = share(len(cut), measured, t)
        for name in ("population", "candidates"):
            key = "people_row" if name == "population" else "candidates_row"
            rows[crossings.tell(key, t)] = number(cut[name].sum(min_count=1) if len(cut) else 0, t)
        own = int(cut["cell_status"].eq("own").fillna(value=False).sum())
        rows[crossings.tell("cells_row", t)] = number(own, t)
        more = (minute - start)[np.isfinite(minute) & np.isfinite(start)]
        rows[later] = None if season == first else minutes(more.median(), t)
        columns[getattr(season, f"label_{t}")] = rows
    head = crossings.tell("level", t)
    return pd.DataFrame(columns).rename_axis(head)


def _signs(view: View) -> list[Sign]:
    t, limit = view.language, number(view.settings.rules.cut_off_min, view.language)
    return [
        Sign(label=say(f"time_{name}", t, limit=limit), colour=colour, shape=shape)
        for name, colour, shape in zip(NAMES, _COLOURS, _SHAPES, strict=True)
    ]


def _shares(view: View, season: str) -> tuple[pd.Series[int], pd.Series[int]]:
    """Return by commune the places cut off, and those measured."""
    flag = view.places[f"is_cut_off_{season}"]
    part, whole = (
        layout.counted(view.places, rows, view.on_map.index)
        for rows in (flag.fillna(value=False).astype(bool), flag.notna())
    )
    return part, whole


def _ranking(view: View, season: str) -> pd.DataFrame:
    return layout.ranking(view, *_shares(view, season), say("rank_cut_off", view.language))


def _picture(view: View, chosen: View, season: str) -> mapview.Picture:
    chosen_here = [st.session_state.get(key) for key in ("place", "crossing")]
    return chosen.drawn(
        "isolation_map",
        lambda: mapview.picture(_drawing(view, chosen, season)),
        season,
        layout.all_places(),
        crossings.made(view) is not None,
        *chosen_here,
    )


def _drawing(view: View, chosen: View, season: str) -> Drawing:
    t, communes = view.language, view.on_map
    part, whole = _shares(view, season)
    places = layout.located(view, chosen.places)
    minute = places[f"centre_min_{season}"]
    return Drawing(
        geo=view.geo(),
        language=t,
        aria=say("isolation_aria", t, season=_label(view, season, t)),
        title=say("legend_times", t),
        communes=communes,
        fill=layout.left_out(layout.ground(part, whole), view.is_in),
        fill_signs=layout.ground_signs(t),
        fill_title=say("ground_cut_off", t),
        tips=layout.share_tips(part, whole, t),
        places=places,
        kinds=time_class(minute, limit=view.settings.rules.cut_off_min),
        kind_signs=_signs(view),
        place_tips=layout.place_tips(places, every_minutes(minute, t)),
        lines=layout.land_lines(view),
        spots=crossings.spots(view, season),
        paths=crossings.paths(view, season),
        focus=crossings.focus(view, season),
    )


def _label(view: View, season: str, language: Language) -> str:
    return str(getattr(view.settings.season(season), f"label_{language}"))
