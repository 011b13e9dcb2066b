"""What one session has chosen: kept across pages, restored from the address bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")

LINKED = ("lang", "province", "commune", "place", "season", "crossing")
"""Choices a link restores, by their name in the address."""
LINKED_WORDS = ("progress_by",)
"""Choices of one value that a link restores, where they are not the usual one."""
LINKED_LISTS = ("kinds", "levels", "border", "times", "indicators", "own")
"""Choices of several values that a link restores, where they are not the usual ones."""
LINKED_DATES = ("progress_from", "progress_to")
LINKED_FLAGS = ("all_places", "both_maps")
_OWN_VALUES = "own_"
"""With the name of a column of the planner's own: the values chosen of it, also in the link."""
_NONE = "-"


def from_link() -> None:
    """Take the choices of the address bar: once a session, and when the browser goes back."""
    address = _address()
    if "_linked" in st.session_state:
        # An address that was not written here comes from the browser's history; one that comes
        # with a choice is late: the browser had not been told the last one yet.
        if not address or address == st.session_state.get("_address") or _is_choosing():
            return
        for name in _choices():
            st.session_state.pop(name, None)
            st.session_state.pop(f"_kept_{name}", None)
    st.session_state["_linked"] = True
    st.session_state["_address"] = address
    for name, said in address.items():
        if name in (*LINKED, *LINKED_WORDS):
            st.session_state[name] = said[-1]
        elif name in (*LINKED_LISTS, "order") or name.startswith(_OWN_VALUES):
            st.session_state[name] = [] if said == [_NONE] else said
        elif name in LINKED_FLAGS:
            st.session_state[name] = True
        elif name in LINKED_DATES:
            with suppress(ValueError):
                st.session_state[name] = date.fromisoformat(said[-1])
        elif name == "plan":
            st.session_state["_linked_plan"] = said[-1]


def to_link(also: Mapping[str, str | Sequence[str] | None]) -> None:
    """Write the choices to the address bar, and those that no widget of this page holds."""
    state = st.session_state
    wanted = {name: [str(state[name])] for name in LINKED if state.get(name)}
    own = sorted(str(name) for name in state if str(name).startswith(_OWN_VALUES))
    for name in (*LINKED_WORDS, *LINKED_LISTS, *LINKED_DATES, *LINKED_FLAGS, *own):
        value = state.get(name)
        if value is not None and value != state.get(f"_usual_{name}"):
            wanted[name] = _written(value)
    wanted |= {name: _written(value) for name, value in also.items() if value is not None}
    state["_address"] = wanted
    if _address() != wanted:
        st.query_params.from_dict(wanted)


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _choices() -> list[str]:
    """Return the names of the choices a link holds."""
    own = [str(name) for name in st.session_state if str(name).startswith(_OWN_VALUES)]
    return [*LINKED, *LINKED_WORDS, *LINKED_LISTS, *LINKED_DATES, *LINKED_FLAGS, "order", *own]


def _is_choosing() -> bool:
    """Return whether this run comes of a choice made in a widget."""
    state = st.session_state
    return any(
        state[name] != state[f"_kept_{name}"]
        for name in _choices()
        if name in state and f"_kept_{name}" in state
    )


def _written(value: object) -> list[str]:
    """Return a choice as the address says it: a value, or as many as were chosen."""
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value] or [_NONE]
    if isinstance(value, bool):
        return [str(int(value))]
    return [value.isoformat() if isinstance(value, date) else str(value)]


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
