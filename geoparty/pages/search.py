"""The search box: communes and places by name, with or without diacritics."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from geoparty.pages.speech import literal, number, plain_key, say
from geoparty.pages.view import View

MOST_FOUND = 6


def box(view: View) -> None:
    """Ask for a name and offer what is found; choosing goes there."""
    t = view.language
    asked = st.text_input(
        say("search", t),
        key="search",
        placeholder=say("search", t),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    if not asked.strip():
        return
    found = find(view, asked)
    if found.empty:
        st.caption(say("search_none", t))
    for row in found.head(MOST_FOUND).itertuples():
        st.button(
            literal(row.label),
            key=f"found_{row.kind}_{row.code}",
            on_click=_go,
            args=(view, str(row.kind), str(row.code)),
            width="stretch",
        )
    if len(found) > MOST_FOUND:
        st.caption(say("search_more", t, n=number(len(found) - MOST_FOUND, t)))


def find(view: View, asked: str) -> pd.DataFrame:
    """Return communes and places whose name holds the words asked for, best first."""
    names = view.derived("search", lambda: _names(view))
    key = plain_key(asked.strip())
    found = names[names["key"].str.contains(key, regex=False)]
    exact = found["name"].str.casefold().eq(asked.strip().casefold())
    starts = found["key"].str.startswith(key)
    order = pd.DataFrame({"exact": ~exact, "starts": ~starts, "kind": found["kind"]})
    return found.loc[order.sort_values(["exact", "starts", "kind"], kind="stable").index]


def _names(view: View) -> pd.DataFrame:
    """Return every commune and place with its name as searched for and as shown."""
    communes, places = view.results.communes, view.results.places
    rows = [
        _rows("commune", communes.index, communes["commune_name"], communes["province_name"]),
        _rows("place", places.index, places["place_name"], places["commune_name"]),
    ]
    return pd.concat(rows, ignore_index=True)


def _rows(
    kind: str, codes: pd.Index, names: pd.Series[Any], inside: pd.Series[Any]
) -> pd.DataFrame:
    name = names.fillna("").astype(str).to_numpy()
    rows = pd.DataFrame({"kind": kind, "code": codes.astype(str), "name": name})
    rows["key"] = [plain_key(n) for n in name]
    rows["label"] = [f"{n} · {i}" if i else n for n, i in zip(name, inside.fillna(""), strict=True)]
    return rows


def _go(view: View, kind: str, code: str) -> None:
    """Choose a commune or a place, and the units it lies in."""
    state = st.session_state
    state["search"] = ""  # what was found is chosen; the list gives way to the filters
    state["place"] = code if kind == "place" else None
    commune = view.results.places["commune_code"].get(code) if kind == "place" else code
    known = commune in view.results.communes.index
    state["commune"] = commune if known else None
    province = view.results.communes["province_code"].get(commune) if known else None
    state["province"] = None if pd.isna(province) else province
