"""Border communes: what the map says, what the list says, and their gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from geoparty import schema
from geoparty.pages import downloads, layout, levels, mapview, table
from geoparty.pages.mapview import Drawing, Sign
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import number, say, share
from geoparty.pages.view import View
from geoparty.words import Language

COLUMNS = (
    "commune_code",
    "commune_name",
    "commune_type",
    "province_code",
    "province_name",
    "is_border",
    "is_listed_border",
    "border_km",
    "border_agreement",
    "is_disadvantaged",
    "n_places",
    *(f"n_{level}" for level in schema.GAP_LEVELS),
    "members",
    "candidates",
    "households",
)
SHOWN = tuple(c for c in COLUMNS if c not in {"commune_code", "province_code", "commune_type"})
CLASSES = ("both", "geometry_only", "list_only", "neither")
_COLOURS = ("#a47fc4", "#e8c468", "#8fc3e0", "#f6f6f4")


def page(view: View) -> None:
    """Show border communes: numbers, map with card, table, download."""
    wanted = _wanted(view)
    found = agreement(view.communes)
    chosen = view.communes[found.isin(wanted)].sort_values(
        ["border_km", "commune_name"], ascending=[False, True], na_position="last"
    )
    inside = view.only(
        lambda: view.places[
            view.places["commune_code"].isin(chosen.index) & view.places["gap_level"].ne("covered")
        ],
        *wanted,
    )
    layout.heading(view, "border", view.drawn("border_numbers", lambda: _numbers(view)))
    t = view.language
    picture = inside.drawn(
        "border_map", lambda: mapview.picture(_drawing(view, inside, wanted)), layout.all_places()
    )
    ranking = inside.drawn("border_ranking", lambda: _ranking(view, inside))
    if not layout.map_and_card(inside, picture, ranking):
        return
    downloads.offer(view, chosen, COLUMNS, name="border_communes", key="border_download")
    table.frame_table(view, chosen, SHOWN, name=say("border_heading", t))
    st.subheader(say("border_places", t), anchor=False)
    downloads.offer_places(inside, name="border_gaps", key="border_gaps_download")
    table.of_view(
        inside,
        ("priority", "place_name", "place_kind", "commune_name", "gap_level", "members"),
        key="border_table",
    )


def _ranking(view: View, inside: View) -> pd.DataFrame:
    gap, everywhere = (
        layout.counted(p, p["gap_level"].notna(), view.on_map.index)
        for p in (inside.places[inside.places["gap_level"].ne("unknown")], view.places)
    )
    return layout.ranking(view, gap, everywhere, say("rank_gaps", view.language))


def agreement(communes: pd.DataFrame) -> pd.Series[Any]:
    """Return for each commune who calls it a border commune: one of CLASSES.

    Where there is only a map or only a list, that one decides.
    """
    said = communes["border_agreement"].astype(object)
    is_border = communes["is_border"].fillna(value=False).to_numpy(dtype=bool)
    listed = communes["is_listed_border"].fillna(value=False).to_numpy(dtype=bool)
    alone = np.where(listed, "list_only", np.where(is_border, "geometry_only", "neither"))
    return said.where(said.isin(CLASSES), pd.Series(alone, index=communes.index))


def _wanted(view: View) -> list[str]:
    keep("border", list(CLASSES[:3]), list(CLASSES))
    with st.sidebar:
        return kept(
            "border",
            lambda: st.pills(
                say("border_class", view.language),
                CLASSES,
                selection_mode="multi",
                format_func=lambda name: say(f"border_{name}", view.language),
                key="border",
            ),
        )


def _numbers(view: View) -> list[tuple[str, str, str]]:
    t = view.language
    is_border = view.communes["is_border"].fillna(value=False).astype(bool)
    codes = view.communes.index[is_border]
    places = view.places[view.places["commune_code"].isin(codes)]
    gaps = int((~places["gap_level"].isin(["covered", "unknown"])).sum())
    listed = view.communes["is_listed_border"].notna().any()
    differ = int(view.communes["border_agreement"].isin(["geometry_only", "list_only"]).sum())
    return [
        (
            say("n_border", t),
            share(len(codes), len(view.communes), t),
            say("n_border_about", t),
        ),
        (say("n_border_gaps", t), share(gaps, len(places), t), say("n_border_gaps_about", t)),
        (
            say("n_differ", t),
            number(differ, t) if listed else say("no_list", t),
            say("n_differ_about", t),
        ),
    ]


def _signs(language: Language) -> list[Sign]:
    return [
        Sign(label=say(f"border_{name}", language), colour=colour, hatch=name.endswith("only"))
        for name, colour in zip(CLASSES, _COLOURS, strict=True)
    ]


def _drawing(view: View, inside: View, wanted: list[str]) -> Drawing:
    t, communes = view.language, view.on_map
    found = agreement(communes)
    places = layout.located(view, inside.places)
    km = communes["border_km"]
    tips = [
        say(f"border_{name}", t) if pd.isna(k) or k <= 0 else say("border_tip", t, km=number(k, t))
        for name, k in zip(found, km, strict=True)
    ]
    classes = np.asarray(pd.Categorical(found, categories=CLASSES).codes)
    return Drawing(
        geo=view.geo(),
        language=t,
        aria=say("border_aria", t),
        title=say("legend_levels", t),
        communes=communes,
        fill=layout.left_out(classes, view.is_in),
        fill_signs=_signs(t),
        fill_title=say("border_class", t),
        tips=tips,
        places=places,
        kinds=levels.level_codes(places),
        kind_signs=levels.level_signs(t),
        place_tips=layout.place_tips(places, levels.level_words(places, t)),
        marked=view.is_in & found.isin(wanted).to_numpy() & (classes < len(CLASSES) - 1),
        lines=layout.land_lines(view),
    )
