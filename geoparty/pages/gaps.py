"""Where the gaps are."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from geoparty import schema
from geoparty.pages import downloads, layout, levels, table
from geoparty.pages.mapview import Drawing
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import say, share
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
    "is_cut_off_wet",
)


def page(view: View) -> None:
    """Show places by gap level: numbers, map with card, table, download."""
    levels = _levels(view)
    chosen = view.only(view.places[view.places["gap_level"].isin(levels)])
    layout.heading(view, "gaps", _numbers(view))
    part, whole = _shares(view)
    ranking = layout.ranking(view, part, whole, say("rank_gaps", view.language))
    layout.map_and_card(chosen, _drawing(view, chosen, part, whole), ranking)
    downloads.offer(view, chosen.places, downloads.PLACE_COLUMNS, name="gaps", key="gaps_download")
    table.place_table(chosen, chosen.places, COLUMNS, key="gaps_table")


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
    t, levels, n = view.language, view.places["gap_level"], len(view.places)
    no_members = int(levels.eq("no_members").sum())
    no_cell = no_members + int(levels.eq("no_cell").sum())
    unknown = int(levels.eq("unknown").sum())
    return [
        (say("n_no_members", t), share(no_members, n, t), say("n_no_members_about", t)),
        (say("n_no_cell", t), share(no_cell, n, t), say("n_no_cell_about", t)),
        (say("n_unknown", t), share(unknown, n, t), say("n_unknown_about", t)),
    ]


def _shares(view: View) -> tuple[pd.Series[int], pd.Series[int]]:
    """Return by commune the places with a gap, and those whose level is known."""
    known = ~view.places["gap_level"].isin(["unknown"])
    gap = known & ~view.places["gap_level"].isin(["covered"])
    part, whole = (layout.counted(view.places, flag, view.on_map.index) for flag in (gap, known))
    return part, whole


def _drawing(view: View, chosen: View, part: pd.Series[int], whole: pd.Series[int]) -> Drawing:
    t, communes = view.language, view.on_map
    places: gpd.GeoDataFrame = layout.located(view, chosen.places)
    return Drawing(
        geo=view.geo(),
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
