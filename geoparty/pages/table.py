"""Tables under the map, and downloads of exactly what they hold."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geoparty.pages import signin
from geoparty.pages.speech import number, say
from geoparty.pages.view import View
from geoparty.present import feature_collection, labels

MOST_SHOWN = 1000
"""Rows of a table on screen; a download has every row."""

PLACE_COLUMNS = (
    "place_id",
    "place_name",
    "place_kind",
    "commune_code",
    "commune_name",
    "province_code",
    "members",
    "cell_status",
    "candidates",
    "gap_level",
    "risk_reasons",
    "has_local_members",
    "is_border",
    "is_disadvantaged",
    "centre_min_dry",
    "centre_min_wet",
    "cell_min_dry",
    "cell_min_wet",
    "is_cut_off_wet",
    "priority",
)
"""Properties of a place in GeoJSON, as in the outputs of a run."""


def place_table(view: View, places: gpd.GeoDataFrame, columns: Sequence[str], *, key: str) -> None:
    """Show places; choosing a row opens its card."""
    ids = places.index[:MOST_SHOWN]
    rows = _table(view, places, columns, key=key)
    chosen = str(ids[rows[0]]) if rows and rows[0] < len(ids) else None
    if chosen != st.session_state.get(f"_row_{key}"):
        st.session_state[f"_row_{key}"] = chosen
        if chosen:
            st.session_state["place"] = chosen
            st.rerun()


def shown(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows and columns a table shows, in words, with headers in words."""
    seasons = labels.season_labels(view.results.run, view.language)
    there = [c for c in columns if c in frame.columns]
    head = pd.DataFrame(frame[there].head(MOST_SHOWN))
    for name in there:
        if "_min_" in name or name.endswith("_min"):
            head[name] = head[name].replace(np.inf, np.nan).round(0)
        elif name.endswith("_km"):
            head[name] = head[name].round(1)
    head = labels.worded(head, view.language)
    return head.rename(columns={c: labels.header(c, seasons, view.language) for c in there})


def _table(view: View, frame: pd.DataFrame, columns: Sequence[str], *, key: str) -> list[int]:
    if len(frame) > MOST_SHOWN:
        t = view.language
        st.caption(say("table_more", t, shown=number(MOST_SHOWN, t), all=number(len(frame), t)))
    event = st.dataframe(
        shown(view, frame, columns),
        key=key,
        hide_index=True,
        height=min(38 + 35 * max(len(frame), 1), 420),
        on_select="rerun",
        selection_mode="single-row",
    )
    return list(event["selection"]["rows"])


def frame_table(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Show a frame that opens no card."""
    st.dataframe(
        shown(view, frame, columns),
        hide_index=True,
        height=min(38 + 35 * max(len(frame), 1), 420),
    )


def geojson(view: View, frame: gpd.GeoDataFrame, columns: Sequence[str]) -> bytes:
    """Return a frame as the GeoJSON a download gives: its rows, in its order."""
    named = frame if frame.index.name in frame.columns else frame.reset_index()
    there = [c for c in columns if c in named.columns]
    return feature_collection(named, there, note=labels.note(view.results.run, view.language))


def download(
    view: View, frame: gpd.GeoDataFrame, columns: Sequence[str], *, name: str, key: str
) -> None:
    """Offer the frame as GeoJSON, built only when it is asked for, to those who may export."""
    if not view.may("export"):
        return
    t = view.language

    def data() -> bytes:
        signin.log(view.who, "export", f"{name}.geojson", view.project.folder)
        return geojson(view, frame, columns)

    st.download_button(
        say("download", t, n=number(len(frame), t)),
        data=data,
        file_name=f"{name}.geojson",
        mime="application/geo+json",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )
