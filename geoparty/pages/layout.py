"""What the pages have in common: three numbers, the map beside the card, signs of the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.pages import mapview, table
from geoparty.pages.card import place_card
from geoparty.pages.mapview import Picture, Sign
from geoparty.pages.session import keep, kept, rest_waits
from geoparty.pages.speech import number, say, share
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.words import Language

GROUND = ("#fbf9f1", "#fbe9bf", "#f7cc85", "#eca65a", "#d9783f")
"""Light to dark, even in grey; points stay readable on them."""
EDGES = (0.0, 0.1, 0.25, 0.5)
PATIENCE_S = 5.0
"""How long the rest of a page waits for a map that tells nothing."""


def heading(view: View, name: str, numbers: Sequence[tuple[str, str, str]]) -> None:
    """Show the title of a page and its numbers: label, value, explanation."""
    st.header(say(f"{name}_heading", view.language), anchor=False)
    for column, (label, value, about) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(label, value, help=about or None, border=True)


def map_and_card(
    view: View,
    picture: Picture,
    ranking: pd.DataFrame | None = None,
    *,
    actions: Callable[[View, str], None] | None = None,
    above_card: Callable[[], None] | None = None,
    below_card: Callable[[], None] | None = None,
) -> bool:
    """Show the map with the card of the chosen place beside it, or a ranking of communes.

    ``actions`` offers, in the card, what may be done with the place; ``above_card`` and
    ``below_card`` tell more beside the map. Return whether the rest of the page may come now;
    where not, the page is run again once the map is drawn.
    """
    waits = rest_waits()
    left, right = st.columns([2, 1])
    with left:
        mapview.show(picture, tiles=_tiles(view))
        if view.is_overview:
            keep("all_places", default=False)
            kept("all_places", lambda: _all_places(view))
        hidden = view.drawn("n_hidden", lambda: int(view.places.geometry.isna().sum()))
        if hidden:
            st.caption(say("no_point", view.language, n=hidden))
    if above_card is not None:
        with right:
            above_card()
    place = str(st.session_state.get("place"))
    chosen = place in view.results.places.index
    with right, st.container(height=mapview.HEIGHT if chosen else "content", border=True):
        if chosen:
            place_card(view, place, actions)
        else:
            st.caption(say("card_empty", view.language))
            if ranking is not None and len(ranking) and not waits:
                table.plain(ranking, name=str(ranking.columns[0]))
    if below_card is not None:
        with right:
            below_card()
    if waits:
        _in_time()
    return not waits


@st.fragment(run_every=PATIENCE_S)
def _in_time() -> None:
    """Bring the rest although the map has told nothing: its script may have failed."""
    if "_waited_in_vain" in st.session_state:
        st.rerun()
    st.session_state["_waited_in_vain"] = True


def _tiles(view: View) -> dict[str, str] | None:
    wanted = view.settings.map
    if wanted.tiles_url is None:
        return None
    return {"url": wanted.tiles_url, "attribution": wanted.tiles_attribution}


def _all_places(view: View) -> bool:
    n = number(view.n_places, view.language)
    return st.toggle(say("all_places", view.language, n=n), key="all_places")


def ranking(
    view: View, part: pd.Series[Any], whole: pd.Series[Any], title: str, *, most: int = 10
) -> pd.DataFrame:
    """Return the communes with most of something, each with its share, in words."""
    names = view.on_map["commune_name"].where(view.is_in).dropna()
    first = part.reindex(names.index).sort_values(ascending=False, kind="stable")
    first = first[first > 0].head(most)
    values = share_tips(first, whole.reindex(first.index), view.language)
    header = labels.header("commune_name", {}, view.language)
    return pd.DataFrame({title: values}, index=pd.Index(names[first.index], name=header))


def located(view: View, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places to draw: those with a point; of the whole country only on request."""
    if view.is_overview and not all_places():
        return places.head(0)
    has_point = places.geometry.notna()
    return places if has_point.all() else places[has_point]


def all_places() -> bool:
    """Return whether the session has asked for every place of the whole country."""
    return bool(st.session_state.get("all_places", st.session_state.get("_kept_all_places")))


def ground_signs(language: Language) -> list[Sign]:
    """Return the classes of a share, and the one for communes without known places."""
    names = ["ground_0", "ground_10", "ground_25", "ground_50", "ground_100"]
    signs = [Sign(label=say(n, language), colour=c) for n, c in zip(names, GROUND, strict=True)]
    return [*signs, Sign(label=say("ground_unknown", language), colour="#d0d0d0", hatch=True)]


def ground(part: pd.Series[Any], whole: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the class of each commune's share: 0 none ... 4 above half, 5 unknown."""
    value = (part / whole.where(whole > 0)).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(value), len(GROUND), np.searchsorted(EDGES, value, side="left"))


def counted(places: pd.DataFrame, flag: pd.Series[Any], communes: pd.Index) -> pd.Series[Any]:
    """Return how many places of each commune have a flag."""
    at = communes.get_indexer(places["commune_code"][flag])
    return pd.Series(np.bincount(at[at >= 0], minlength=len(communes)), index=communes)


def share_tips(part: pd.Series[Any], whole: pd.Series[Any], language: Language) -> list[str]:
    """Return a share in words for each commune."""
    return [share(int(p), int(w), language) for p, w in zip(part, whole, strict=True)]


def figures(rows: pd.DataFrame, language: Language) -> list[str]:
    """Return both numbers and the percentage; or that it is unknown, or does not apply."""
    return [
        words.text("assess.status_unknown", language)
        if pd.isna(below)
        else words.text("assess.not_applicable", language)
        if below == 0
        else share(int(above), int(below), language)
        for above, below in zip(rows["numerator"], rows["denominator"], strict=True)
    ]


def place_tips(places: pd.DataFrame, words_of: Sequence[str]) -> list[str]:
    """Return name and a word for each place."""
    return [
        f"{n} — {w}" for n, w in zip(places["place_name"].to_numpy(object), words_of, strict=True)
    ]


def left_out(classes: np.ndarray[Any, Any], is_in: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the classes with communes outside the filters left out."""
    return np.where(is_in, classes, -1)


def land_lines(view: View) -> list[tuple[str, str]]:
    """Return the lines the map draws and their words."""
    there = {
        "border": view.results.border,
        "road": view.results.roads,
        "stream": view.results.streams,
    }
    return [
        (name, say(f"line_{name}", view.language))
        for name, frame in there.items()
        if frame is not None and len(frame)
    ]
