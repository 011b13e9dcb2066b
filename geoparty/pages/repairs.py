"""Defects of the boundaries, and their repair with its effect on areas."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from geoparty.errors import GeopartyError
from geoparty.pages import signin, table
from geoparty.pages.speech import number, say
from geoparty.pages.view import View
from geoparty.words import Language, text

_FOUND = "_boundaries_found"


def show(view: View) -> None:
    """Measure the boundaries when asked, and offer their repair."""
    t = view.language
    st.caption(say("coverage_about", t))
    if not view.may("upload"):
        st.info(say("bring_not_allowed", t))
        return
    from geoparty.pipeline import boundaries_of, boundary_lines

    if st.button(say("coverage_measure", t), key="coverage_measure"):
        try:
            with st.spinner(say("bring_checking", t), show_time=True):
                st.session_state[_FOUND] = boundaries_of(view.project)
        except GeopartyError as error:
            st.error(error.text(t))
    found = st.session_state.get(_FOUND)
    if found is None:
        return
    st.text("\n".join(boundary_lines(found, t)))
    if found.effect.empty:
        st.success(say("coverage_whole", t), icon=":material/task_alt:")
        return
    st.caption(text("cli.repair_effect", t))
    table.grid(_effect(found.effect, t), t, name=text("cli.repair_effect", t))
    if st.button(say("coverage_save", t), type="primary", key="coverage_save"):
        _save(view)


def _effect(effect: pd.DataFrame, language: Language) -> pd.DataFrame:
    areas = [[number(v, language, decimals=3) for v in effect[c]] for c in effect.columns[1:3]]
    change = [number(v, language) for v in effect["change_km2"] * 1e6]
    names = [text(f"cli.repair_{c}", language) for c in ("commune", "before", "after", "change")]
    columns = [effect["commune_name"].tolist(), *areas, change]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def _save(view: View) -> None:
    """Write the repaired boundaries; the project is then run again with them."""
    from geoparty.pipeline import save_repaired

    try:
        path = save_repaired(view.project, st.session_state.pop(_FOUND))
    except GeopartyError as error:
        st.error(say("not_saved", view.language))
        st.text(error.text(view.language))
        return
    signin.log(view.who, "upload", path, view.project.folder)
    st.rerun()
