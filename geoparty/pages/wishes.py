"""Class settings a session asks for: the form, and places fixed or forbidden by hand."""

from __future__ import annotations

import streamlit as st

from geoparty.pages.plans import network_of
from geoparty.pages.speech import literal, say
from geoparty.pages.view import View
from geoparty.settings import Classes


def ask(view: View) -> Classes:
    """Ask for class settings; what was sent last stands."""
    t = view.language
    now = current(view)
    seasons = {s.name: getattr(s, f"label_{t}") for s in view.settings.seasons}
    with st.sidebar.form("plan"):
        st.caption(say("plan_settings", t))
        n_sites = st.number_input(
            say("plan_n_sites", t),
            min_value=0,
            max_value=999,
            value=0 if now.n_sites == "auto" else now.n_sites,
            help=say("plan_n_sites_about", t),
        )
        limit = st.number_input(
            say("plan_limit", t), min_value=5, max_value=600, step=5, value=int(now.max_travel_min)
        )
        least, most = st.columns(2)
        min_size = least.number_input(
            say("plan_min", t), min_value=0, max_value=500, value=now.min_size
        )
        max_size = most.number_input(
            say("plan_max", t), min_value=1, max_value=500, value=now.max_size
        )
        season = st.radio(
            say("season", t),
            list(seasons),
            format_func=lambda name: seasons[name],
            index=list(seasons).index(now.season),
            horizontal=True,
        )
        by_hand = st.checkbox(
            say("plan_by_hand", t),
            value=bool(now.fixed) and now.n_sites == len(now.fixed),
            help=say("plan_by_hand_about", t),
        )
        sent = st.form_submit_button(
            say("plan_run", t),
            type="primary",
            disabled=network_of(view) is None or not view.may("plan"),
            width="stretch",
        )
        if network_of(view) is None:
            st.caption(say("plan_no_network", t))
    if sent and min_size > max_size:
        st.sidebar.error(say("plan_sizes_cross", t))
    elif sent:
        changed = {
            "n_sites": len(now.fixed) if by_hand and now.fixed else n_sites or "auto",
            "max_travel_min": float(limit),
            "min_size": min_size,
            "max_size": max_size,
            "season": season,
        }
        now = Classes.model_validate(now.model_dump() | changed)
        st.session_state["_classes"] = now
    _listed(view, now)
    return now


def current(view: View) -> Classes:
    """Return the settings asked for last; the project's own until then."""
    now: Classes | None = st.session_state.get("_classes")
    return now or view.settings.classes


def actions(view: View, place_id: str) -> None:
    """Offer, under the card of a place, to fix or forbid a class there."""
    if network_of(view) is None or not view.may("plan"):
        return
    t, now = view.language, current(view)
    with st.container(horizontal=True):
        for name, held in (("fixed", now.fixed), ("forbidden", now.forbidden)):
            wanted = place_id not in held
            st.button(
                say(f"plan_{name}_{'on' if wanted else 'off'}", t),
                key=f"plan_{name}",
                on_click=_turn,
                args=(view, name, place_id),
                icon=":material/push_pin:" if name == "fixed" else ":material/block:",
            )


def _turn(view: View, name: str, place_id: str) -> None:
    """Fix or forbid a place, or free it again; it is never both."""
    now = current(view)
    held = {"fixed": list(now.fixed), "forbidden": list(now.forbidden)}
    wanted = place_id not in held[name]
    for ids in held.values():
        if place_id in ids:
            ids.remove(place_id)
    if wanted:
        held[name].append(place_id)
    changed = now.model_dump() | held
    if now.fixed and now.n_sites == len(now.fixed):
        changed["n_sites"] = len(held["fixed"]) or "auto"
    st.session_state["_classes"] = Classes.model_validate(changed)


def _listed(view: View, now: Classes) -> None:
    """Say which places are fixed and forbidden, and offer to go back to the project's plan."""
    names = view.results.places["place_name"]
    with st.sidebar:
        for name, ids in (("fixed", now.fixed), ("forbidden", now.forbidden)):
            if ids:
                listed = ", ".join(literal(names.get(i, i)) for i in ids)
                st.caption(f"{say(f'plan_{name}_list', view.language)} {listed}")
        if now != view.settings.classes:
            st.button(say("plan_reset", view.language), on_click=_reset, key="plan_reset")


def _reset() -> None:
    st.session_state.pop("_classes", None)
