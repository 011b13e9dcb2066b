"""What one session has chosen: kept across pages, restored from the address bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")

LINKED = ("lang", "province", "commune", "place", "season")
"""Choices a link restores, by their name in the address."""


def from_link() -> None:
    """Take the choices of the address bar, once a session."""
    if "_linked" in st.session_state:
        return
    st.session_state["_linked"] = True
    for name in LINKED:
        if name in st.query_params:
            st.session_state[name] = st.query_params[name]


def to_link() -> None:
    """Write the choices to the address bar."""
    chosen = {name: st.session_state.get(name) for name in LINKED}
    wanted = {name: str(value) for name, value in chosen.items() if value}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def keep(key: str, default: Value, options: list[Any] | None = None) -> None:
    """Give a widget its kept value before it is drawn, so that it outlives a page change.

    A value no longer among the options falls back to the default.
    """
    value = st.session_state.get(key, st.session_state.get(f"_kept_{key}", default))
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
