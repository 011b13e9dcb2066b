"""Rows nobody could decide: what is written, what it may be, and the decision."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from geoparty.errors import GeopartyError
from geoparty.pages import signin, table
from geoparty.pages.speech import UNKNOWN, literal, number, say
from geoparty.pages.view import View
from geoparty.present.tables import reason_words
from geoparty.words import Language

MOST_SHOWN = 8
NONE = "none"


def show(view: View) -> None:
    """Show the decisions to take, those that settle most rows first, and save them together."""
    from geoparty.pipeline import decided

    t, rows = view.language, view.results.undecided
    st.subheader(say("review_heading", t, n=number(len(rows), t)), anchor=False)
    if rows.empty:
        st.success(say("review_none", t), icon=":material/task_alt:")
        return
    st.caption(say("review_about", t))
    if not view.may("decide"):
        table.grid(_listed(rows, t), t, name=say("bring_review", t))
        return
    with st.form("review", border=False):
        chosen = {
            str(row["key"]): _ask(row, _units(view, row), t)
            for _, row in rows.head(MOST_SHOWN).iterrows()
        }
        reason = st.text_input(say("review_reason", t), key="review_reason")
        sent = st.form_submit_button(say("review_save", t), type="primary")
    if len(rows) > MOST_SHOWN:
        st.caption(say("review_more", t, n=number(len(rows) - MOST_SHOWN, t)))
    taken = {key: unit for key, unit in chosen.items() if unit}
    seen = st.session_state.get("_decisions_seen", {})
    st.session_state["_decisions_seen"] = decided(view.project)
    if sent and taken:
        _save(view, taken, reason, seen)


def _units(view: View, row: pd.Series[Any]) -> dict[str, str]:
    from geoparty.pipeline import units_for

    return units_for(row.to_dict(), view.results.places, view.results.communes)


def _ask(row: pd.Series[Any], units: dict[str, str], language: Language) -> str | None:
    """Show one decision and return the unit chosen, NONE, or None for not now.

    Proposals come first, then that it is none, then every other unit: typing searches them.
    """
    with st.container(border=True):
        st.markdown(f"**{literal(_written(row))}**")
        sheet = row["sheet"] if pd.notna(row["sheet"]) and row["sheet"] else UNKNOWN
        where = say("review_where", language, file=row["file"], sheet=sheet, row=row["row"])
        why = reason_words(row["reason"], row["detail"], language)
        rows = say("review_rows", language, n=number(row["n_rows"], language))
        st.caption(literal(f"{where} · {rows} · {why}"))
        labels = {
            str(unit): f"{label} ({score:.0%})" for unit, label, score in row["candidates"] or ()
        }
        labels[NONE] = say("review_no_unit", language)
        labels |= {unit: name for unit, name in units.items() if unit not in labels}
        return st.selectbox(
            say("review_choose", language),
            list(labels),
            index=None,
            format_func=lambda unit: labels[unit],
            placeholder=say("review_later", language),
            key=f"decide_{row['scope']}_{row['key']}",
            label_visibility="collapsed",
        )


def _written(row: pd.Series[Any]) -> str:
    parts = [row["place_name"], row["commune_name"]]
    return " · ".join(str(part) for part in parts if pd.notna(part) and part)


def _listed(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the decisions as a table for those who may not take them."""
    return pd.DataFrame(
        {
            say("review_written", language): [_written(row) for _, row in rows.iterrows()],
            say("account_rows", language): rows["n_rows"].to_numpy(),
            say("problem_what", language): [
                reason_words(reason, detail, language)
                for reason, detail in zip(rows["reason"], rows["detail"], strict=True)
            ],
        }
    )


def _save(view: View, taken: dict[str, str], reason: str, seen: dict[str, str]) -> None:
    """Write the decisions; the project is then run again with them."""
    from geoparty.pipeline import decide

    rows = view.results.undecided
    try:
        for key, unit in taken.items():
            row = rows[rows["key"] == key].iloc[0]
            units = _units(view, row)
            was = seen.get(key)
            decide(view.project, rows, key=key, choose=unit, reason=reason, units=units, seen=was)
            signin.log(view.who, "decide", f"{key} -> {unit}", view.project.folder)
    except GeopartyError as error:
        st.error(say("not_saved", view.language))
        st.text(error.text(view.language))
        return
    st.rerun()
