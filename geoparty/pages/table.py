"""Tables under the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from geoparty.pages.speech import number, say
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.words import Language

MOST_SHOWN = 500
"""Rows of a table on screen; a download has every row."""
UNKNOWN = "–"
"""What is not known or not measured; never a zero."""


class Rows(NamedTuple):
    """The rows of a table on screen, in words, and how many there are in all."""

    shown: pd.DataFrame
    ids: pd.Index
    n: int


def rows_of(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> Rows:
    """Return the first rows of a frame as a table shows them."""
    head = frame.head(MOST_SHOWN)
    return Rows(shown(view, head, columns), head.index, len(frame))


def of_view(view: View, columns: Sequence[str], *, key: str) -> None:
    """Show the places of a view, worked out once; choosing a row opens its card."""
    made = view.drawn(key, lambda: rows_of(view, view.places, columns), *columns)
    place_table(view, made, key=key)


def place_table(view: View, made: Rows, *, key: str) -> None:
    """Show places; choosing a row opens its card."""
    ids, rows = made.ids, _table(view, made, key=key)
    chosen = str(ids[rows[0]]) if rows and rows[0] < len(ids) else None
    if chosen != st.session_state.get(f"_row_{key}"):
        st.session_state[f"_row_{key}"] = chosen
        if chosen:
            st.session_state["place"] = chosen
            st.rerun()


def shown(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return rows and columns in words, with headers in words."""
    seasons = labels.season_labels(view.results.run, view.language)
    there = [c for c in columns if c in frame.columns]
    head = pd.DataFrame(frame[there])
    for name in there:
        if "_min_" in name or name.endswith("_min"):
            head[name] = head[name].replace(np.inf, np.nan).round(0)
        elif name.endswith("_km"):
            head[name] = head[name].round(1)
    head = labels.worded(head, view.language)
    return head.rename(columns={c: labels.header(c, seasons, view.language) for c in there})


def decimals(frame: pd.DataFrame, language: Language) -> pd.DataFrame | Styler:
    """Return the frame with its fractions written as the language writes them.

    The grid writes numbers as the browser's own language does, whatever the page's. A style keeps
    them numbers, which sort as such; only frames with fractions pay for it.

    Examples
    --------
    >>> frame = pd.DataFrame({"border_km": [26.6, None, 1.0], "places": [27, 29, 26]})
    >>> print(decimals(frame, "vi").hide(axis="index").to_string())
    border_km places
    26,6 27
    – 29
    1,0 26
    <BLANKLINE>
    >>> decimals(frame, "en") is frame
    True
    """
    if language == "en":
        return frame
    floats = frame.select_dtypes("float")
    fractions = [name for name in floats if (floats[name].dropna() % 1 != 0).any()]
    if not fractions:
        return frame
    return frame.style.format(
        lambda value: number(value, language, decimals=1), subset=fractions, na_rep=UNKNOWN
    )


def _table(view: View, made: Rows, *, key: str) -> list[int]:
    if made.n > MOST_SHOWN:
        t = view.language
        st.caption(say("table_more", t, shown=number(MOST_SHOWN, t), all=number(made.n, t)))
    event = st.dataframe(
        decimals(made.shown, view.language),
        key=key,
        hide_index=True,
        placeholder=UNKNOWN,
        height=min(38 + 35 * max(made.n, 1), 420),
        on_select="rerun",
        selection_mode="single-row",
    )
    return list(event["selection"]["rows"])


def frame_table(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Show a frame that opens no card."""
    st.dataframe(
        decimals(shown(view, frame.head(MOST_SHOWN), columns), view.language),
        hide_index=True,
        placeholder=UNKNOWN,
        height=min(38 + 35 * max(len(frame), 1), 420),
    )
