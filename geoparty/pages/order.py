"""The order of the gap list: which criteria decide, and in which order."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from geoparty import assess
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import say
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.schema import Results
from geoparty.settings import Rules
from geoparty.words import Language

CRITERIA = tuple(assess.CRITERIA)


def chosen(rules: Rules) -> tuple[str, ...]:
    """Return the criteria the session has chosen, else the project's."""
    criteria = st.session_state.get("order", st.session_state.get("_kept_order"))
    known = tuple(c for c in criteria or () if c in CRITERIA)
    return known or tuple(rules.priority)


def ranked(results: Results, criteria: tuple[str, ...], rules: Rules) -> Results:
    """Return the results with the gap list in another order; every output then says so."""
    rules = Rules.model_validate(rules.model_dump() | {"priority": criteria})
    places = results.places.assign(priority=assess.priority(results.places, rules=rules))
    settings = results.run["settings"]
    told = settings["rules"] | {"priority": list(criteria)}
    run = results.run | {"settings": settings | {"rules": told}}
    return replace(results, places=places, run=run)


def control(view: View) -> None:
    """Ask for the criteria in their order."""
    t, of_project = view.language, list(view.settings.rules.priority)
    keep("order", of_project, list(CRITERIA))
    with st.popover(say("order", t), icon=":material/sort:", width="stretch"):
        criteria = kept(
            "order",
            lambda: st.multiselect(
                say("order", t), CRITERIA, format_func=lambda c: _words(c, t), key="order"
            ),
        )
        st.caption(say("order_about", t))
        st.code(f"priority = {list(criteria or of_project)}".replace("'", '"'), language="toml")
        st.button(say("order_reset", t), on_click=_reset, disabled=criteria == of_project)
    if criteria and criteria != of_project:
        named = ", ".join(_words(c, t) for c in criteria)
        st.caption(say("order_changed", t, criteria=named))


def _words(criterion: str, language: Language) -> str:
    return labels.value_words(criterion, language)


def _reset() -> None:
    for key in ("order", "_kept_order"):
        st.session_state.pop(key, None)
