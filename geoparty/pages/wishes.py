"""Class settings a session asks for: the form, and the list of what was decided by hand."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Literal, get_args

import streamlit as st

from geoparty import words
from geoparty.pages.plans import network_of
from geoparty.pages.speech import literal, say
from geoparty.pages.view import View
from geoparty.settings import Classes

Weight = Literal["border", "isolated", "long_waiting"]
WEIGHTS: tuple[Weight, ...] = get_args(Weight)
BY_HAND = ("fixed", "forbidden", "running", "assigned")
LINKED = (
    *("n_sites", "max_travel_min", "min_size", "max_size", "season", "objective"),
    *("max_communes", "budget", "split", "priority_weight", *BY_HAND),
)
"""What a session may ask for, and a link may hold."""


def ask(view: View) -> Classes:
    """Ask for class settings; what was sent last stands."""
    t = view.language
    _from_link(view)
    now = current(view)
    seasons = {s.name: getattr(s, f"label_{t}") for s in view.settings.seasons}
    with st.sidebar.form("plan"):
        st.caption(say("plan_settings", t))
        n_sites = st.number_input(
            say("plan_n_sites", t),
            min_value=0,
            value=0 if now.n_sites == "auto" else now.n_sites,
            help=say("plan_n_sites_about", t),
        )
        limit = st.number_input(
            say("plan_limit", t),
            min_value=1.0,
            step=5.0,
            format="%g",
            value=float(now.max_travel_min),
        )
        least, most = st.columns(2)
        min_size = least.number_input(say("plan_min", t), min_value=0, value=now.min_size)
        max_size = most.number_input(say("plan_max", t), min_value=1, value=now.max_size)
        season = st.radio(
            say("season", t),
            list(seasons),
            format_func=lambda name: seasons[name],
            index=list(seasons).index(now.season),
            horizontal=True,
        )
        more = _more(view, now)
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
            **more,
        }
        now = Classes.model_validate(now.model_dump() | changed)
        st.session_state["_classes"] = now
    _listed(view, now)
    return now


def _more(view: View, now: Classes) -> dict[str, Any]:
    """Ask for the rules that are wanted less often; return what changes in the settings."""
    t = view.language
    changed: dict[str, Any] = {}
    with st.expander(say("plan_more", t)):
        aims = {name: say(f"plan_aim_{name}", t) for name in ("total", "longest")}
        changed["objective"] = st.radio(
            say("plan_aim", t),
            list(aims),
            format_func=lambda name: aims[name],
            index=list(aims).index(now.objective),
        )
        changed["max_communes"] = st.number_input(
            say("plan_communes", t),
            min_value=0,
            value=now.max_communes,
            help=say("plan_communes_about", t),
        )
        changed["budget"] = st.number_input(
            say("plan_budget", t),
            min_value=0.0,
            value=float(now.budget),
            step=1.0,
            format="%g",
            help=say("plan_budget_about", t),
        )
        splits = {name: say(f"plan_split_{name}", t) for name in ("large", "never", "any")}
        changed["split"] = st.selectbox(
            say("plan_split", t),
            list(splits),
            format_func=lambda name: splits[name],
            index=list(splits).index(now.split),
        )
        st.caption(say("plan_weights", t))
        weights = {
            name: st.number_input(
                say(f"plan_weight_{name}", t),
                min_value=0.01,
                step=0.5,
                format="%g",
                value=float(now.priority_weight.get(name, 1.0)),
            )
            for name in WEIGHTS
        }
    changed["priority_weight"] = {name: w for name, w in weights.items() if w != 1.0}
    return changed


def current(view: View) -> Classes:
    """Return the settings asked for last; the project's own until then."""
    now: Classes | None = st.session_state.get("_classes")
    return now or view.settings.classes


def change(view: View, **changed: object) -> None:
    """Ask for settings that differ from those asked for now."""
    data = current(view).model_dump() | changed
    st.session_state["_classes"] = Classes.model_validate(data)


def in_link(view: View) -> str | None:
    """Return what was asked for other than the project's plan, as a link holds it."""
    now, own = (
        one.model_dump(mode="json", include=set(LINKED))
        for one in (current(view), view.settings.classes)
    )
    asked = {name: value for name, value in now.items() if value != own[name]}
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":")) if asked else None


def _from_link(view: View) -> None:
    """Ask for the plan a link brought; say so where it cannot be had here."""
    said = st.session_state.pop("_linked_plan", None)
    if said is None:
        return
    with suppress(ValueError, TypeError):
        asked = json.loads(said)
        now = Classes.model_validate(view.settings.classes.model_dump() | asked)
        held = {i for name in BY_HAND for i in getattr(now, name)} | set(now.assigned.values())
        if (
            set(asked) <= set(LINKED)
            and view.may("plan")
            and now.season in {s.name for s in view.settings.seasons}
            and now.min_size <= now.max_size
            and held <= set(view.results.places.index)
        ):
            st.session_state["_classes"] = now
            return
    st.warning(say("plan_not_from_link", view.language), icon=":material/link_off:")


def _listed(view: View, now: Classes) -> None:
    """Say what was decided by hand, and offer to go back to the project's plan."""
    names, t = view.results.places["place_name"], view.language
    decided = {name: list(getattr(now, name)) for name in BY_HAND}
    with st.sidebar:
        for name, ids in decided.items():
            if ids:
                listed = words.listing([literal(names.get(i, i)) for i in ids], t, most=12)
                st.caption(f"{say(f'plan_{name}_list', t)} {listed}")
        if now != view.settings.classes:
            st.button(say("plan_reset", t), on_click=_reset, key="plan_reset")


def _reset() -> None:
    st.session_state.pop("_classes", None)
