"""Where the gaps are."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from geoparty import schema
from geoparty.assess.indicators import Parts, place_parts, tabulate
from geoparty.pages import downloads, layout, levels, mapview, order, table
from geoparty.pages.mapview import Drawing
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import number, say
from geoparty.pages.view import View

COLUMNS = (
    "priority",
    "place_name",
    "place_kind",
    "commune_name",
    "gap_level",
    "risk_reasons",
    "members",
    "cell_status",
    "candidates",
    "households",
    "is_border",
)


def page(view: View) -> None:
    """Show places by gap level: numbers, map with card, table, download."""
    wanted = _levels(view)
    with st.sidebar:
        order.control(view)
    chosen = view.only(lambda: view.places[view.places["gap_level"].isin(wanted)], *wanted)
    layout.heading(view, "gaps", view.drawn("gaps_numbers", lambda: _numbers(view)))
    picture = chosen.drawn(
        "gaps_map", lambda: mapview.picture(_drawing(view, chosen)), layout.all_places()
    )
    ranking = view.drawn("gaps_ranking", lambda: _ranking(view))
    if not layout.map_and_card(chosen, picture, ranking):
        return
    downloads.offer_places(chosen, name="gaps", key="gaps_download")
    hardest = f"is_cut_off_{view.settings.seasons[-1].name}"
    table.of_view(chosen, [*COLUMNS, hardest], key="gaps_table")


def _levels(view: View) -> list[str]:
    """Return the gap levels to show; all but the covered ones until somebody chooses."""
    options = list(schema.GAP_LEVELS)
    keep("levels", [level for level in options if level != "covered"], options)
    with st.sidebar:
        return kept(
            "levels",
            lambda: st.pills(
                say("level", view.language),
                options,
                selection_mode="multi",
                format_func=lambda level: levels.level_label(level, view.language),
                key="levels",
            ),
        )


def _numbers(view: View) -> list[tuple[str, str, str]]:
    """Return the indicators of the Progress page, of the newest counts: one rule for both."""
    t = view.language
    names = ("no_members", "no_cell", "unknown")
    whole = view.derived(
        f"gaps_parts/{view.province}", lambda: place_parts(view.in_order, names=names)
    )
    shown_only = view.is_let_through
    parts = {name: Parts(*(values[shown_only] for values in p)) for name, p in whole.items()}
    table = tabulate(view.places, parts)
    shown = []
    for name, n, reported, value in zip(
        names, table["n_places"], table["n_reported"], layout.figures(table, t), strict=True
    ):
        counts = [number(k, t) for k in (reported, n, n - reported)]
        told = dict(zip(("reported", "n", "silent"), counts, strict=True))
        about = say(f"n_{name}_about", t)
        if name != "unknown":
            about = f"{about} {say('n_reported', t, **told)}"
        shown.append((say(f"n_{name}", t), value, about))
    return shown


def _shares(view: View) -> tuple[pd.Series[int], pd.Series[int]]:
    """Return by commune the places with a gap, and those whose level is known."""
    known = ~view.places["gap_level"].isin(["unknown"])
    gap = known & ~view.places["gap_level"].isin(["covered"])
    part, whole = (layout.counted(view.places, flag, view.on_map.index) for flag in (gap, known))
    return part, whole


def _ranking(view: View) -> pd.DataFrame:
    return layout.ranking(view, *_shares(view), say("rank_gaps", view.language))


def _drawing(view: View, chosen: View) -> Drawing:
    t, communes = view.language, view.on_map
    part, whole = _shares(view)
    places: gpd.GeoDataFrame = layout.located(view, chosen.places)
    return Drawing(
        geo=view.geo(),
        language=t,
        aria=say("gaps_aria", t),
        title=say("legend_levels", t),
        communes=communes,
        fill=layout.left_out(layout.ground(part, whole), view.is_in),
        fill_signs=layout.ground_signs(t),
        fill_title=say("ground_gaps", t),
        tips=layout.share_tips(part, whole, t),
        places=places,
        kinds=levels.level_codes(places),
        kind_signs=levels.level_signs(t),
        place_tips=layout.place_tips(places, levels.level_words(places, t)),
        lines=layout.land_lines(view),
    )
