"""What one session has chosen: kept across pages, restored from the address bar."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")

LINKED = ("lang", "province", "commune", "place", "season")
"""Choices a link restores, by their name in the address."""
LINKED_LISTS = ("kinds", "levels", "border", "times")
"""Choices of several values that a link restores, where they are not the usual ones."""
LINKED_DATES = ("progress_from", "progress_to")
_NONE = "-"


def from_link() -> None:
    """Take the choices of the address bar, once a session."""
    if "_linked" in st.session_state:
        return
    st.session_state["_linked"] = True
    for name in LINKED:
        if name in st.query_params:
            st.session_state[name] = st.query_params[name]
    for name in LINKED_LISTS:
        if name in st.query_params:
            said = st.query_params[name]
            st.session_state[name] = [] if said == _NONE else said.split(".")
    for name in LINKED_DATES:
        with suppress(KeyError, ValueError):
            st.session_state[name] = date.fromisoformat(st.query_params[name])


def to_link() -> None:
    """Write the choices to the address bar."""
    chosen = {name: st.session_state.get(name) for name in LINKED}
    wanted = {name: str(value) for name, value in chosen.items() if value}
    for name in (*LINKED_LISTS, *LINKED_DATES):
        value = st.session_state.get(name)
        if value is not None and value != st.session_state.get(f"_usual_{name}"):
            is_day = isinstance(value, date)
            wanted[name] = value.isoformat() if is_day else ".".join(value) or _NONE
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def opens_on(page: str) -> None:
    """Note the page a session opens on, until it goes to another."""
    state = st.session_state
    if state.setdefault("_opened_on", page) != page:
        state["_opened_on"] = None


def is_opening() -> bool:
    """Return whether the session is still on the page it opened on."""
    return st.session_state.get("_opened_on") is not None


def rest_waits() -> bool:
    """Return whether what stands below the map waits until the map tells that it is drawn.

    Only what a session shows first does, once: the browser then reads the scripts of tables after
    those of the map.
    """
    waits = is_opening() and "_rest_waited" not in st.session_state
    st.session_state["_rest_waited"] = True
    return waits


def keep(key: str, default: Value, options: list[Any] | None = None) -> None:
    """Give a widget its kept value before it is drawn, so that it outlives a page change.

    A value no longer among the options falls back to the default.
    """
    value = st.session_state.get(key, st.session_state.get(f"_kept_{key}", default))
    if key in (*LINKED_LISTS, *LINKED_DATES):
        st.session_state[f"_usual_{key}"] = default
    if options is not None:
        if isinstance(value, list):
            value = [v for v in value if v in options]
        elif value not in options:
            value = default
    st.session_state[key] = value


def kept(key: str, widget: Callable[[], Value]) -> Value:
    """Draw a widget and keep what it says."""
    value = widget()
    st.session_state[f"_kept_{key}"] = value
    return value
