"""Who is looking: everybody on their own machine, a signed-in person on a shared server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from geoparty import access, words
from geoparty.words import Language

ACCESS_FILE = "GEOPARTY_ACCESS"
"""Environment variable that names the access file; set by ``geoparty app --access``."""

OWNER = access.Person(email="", role="reviewer", everywhere=True)
"""The one person of an app without an access file: it serves its own machine only."""


def person(language: Language) -> access.Person:
    """Return who this session belongs to; stop the page for anybody not let in.

    Raises
    ------
    SettingsError
        The access file cannot be read; nobody is let in then.
    """
    path = os.environ.get(ACCESS_FILE)
    if not path:
        return OWNER
    allowed = access.read_access(Path(path))
    if not st.user.is_logged_in:
        st.title("geoparty")
        st.button(words.text("access.sign_in", language), on_click=st.login, type="primary")
        st.stop()
    email = email_of(st.user)
    who = allowed.person(email)
    if who is None:
        st.error(words.text("access.denied", language, email=email))
        st.button(words.text("access.sign_out", language), on_click=st.logout)
        st.stop()
    return who


def email_of(user: Mapping[str, Any]) -> str:
    """Return the e-mail a sign-in vouches for; empty where its provider does not.

    Examples
    --------
    >>> email_of({"email": "a@b.vn"}), email_of({"email": "a@b.vn", "email_verified": False})
    ('a@b.vn', '')
    """
    return str(user.get("email") or "") if user.get("email_verified", True) else ""


def area(who: access.Person) -> str:
    """Return a key for what a person may see, so that nothing kept is shared across areas."""
    if who.everywhere:
        return "everywhere"
    return ",".join([*sorted(who.provinces), "/", *sorted(who.communes)])


def log(who: access.Person, action: access.Action, what: str, folder: Path) -> None:
    """Append to the project's audit log what a signed-in person exported or decided."""
    if who is not OWNER:
        where = [*sorted(who.provinces), *sorted(who.communes)]
        access.audit(folder / "audit.jsonl", who=who.email, action=action, what=what, area=where)
