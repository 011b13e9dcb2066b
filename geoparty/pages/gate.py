"""The door of a shared server: what is asked for by address goes to whom it was made for.

Streamlit keeps every download and every map file at an address that answers whoever knows it.
On a shared server this ASGI middleware stands in front: it lets everybody have the empty frame
of the app and the sign-in, and anything else only people named in the access file; a download
only the person it was made for, boundaries only people of the area they were made for.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from streamlit.web.server.starlette.starlette_websocket import (
    _get_signed_cookie_with_chunks as signed_cookie,
)

from geoparty import access
from geoparty.errors import GeopartyError
from geoparty.pages import signin

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_OPEN = frozenset({"health", "host-config", "stream"})
"""What the browser asks of Streamlit before anybody has signed in; ``stream`` runs the pages."""
_MOST = 100_000


class Made:
    """What was made for whom; the oldest is forgotten when there is too much."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._pairs: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, what: str, owner: str) -> None:
        """Remember that something was made for somebody."""
        with self._lock:
            self._pairs[what, owner] = None
            self._pairs.move_to_end((what, owner))
            while len(self._pairs) > self._most:
                self._pairs.popitem(last=False)

    def is_for(self, what: str, owner: str) -> bool:
        """Return whether it was made for them."""
        return (what, owner) in self._pairs


@cache
def downloads() -> Made:
    """Return this server's downloads: digest of the bytes, by person."""
    return Made()


@cache
def boundaries() -> Made:
    """Return this server's map files: file name, by area."""
    return Made()


def owner(who: access.Person) -> str:
    """Return whose a download is: the person with the area they may see now."""
    return f"{who.email.casefold()} {signin.area(who)}"


def made_for(who: access.Person, data: bytes) -> bytes:
    """Remember for whom a download was made, and return it."""
    downloads().add(hashlib.sha256(data).hexdigest(), owner(who))
    return data


class Gate:
    """ASGI middleware; see the module."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 403."""
        parts = str(scope.get("path", "")).strip("/").split("/")
        if scope["type"] != "http" or _is_open(parts):
            await self._app(scope, receive, send)
            return
        who = _person(HTTPConnection(scope))
        if who is None or not _may(who, parts):
            await _refused(scope, receive, send)
        elif "media" in parts:
            await self._download(who, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _download(
        self, who: access.Person, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let a download pass if these very bytes were made for the person."""
        whole = ("range", "accept-encoding")
        headers = [(k, v) for k, v in scope["headers"] if k.decode("latin-1").lower() not in whole]
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app({**scope, "headers": headers}, receive, keep)
        body = b"".join(m.get("body", b"") for m in messages)
        if not downloads().is_for(hashlib.sha256(body).hexdigest(), owner(who)):
            await _refused(scope, receive, send)
            return
        for message in messages:
            await send(message)


def _is_open(parts: list[str]) -> bool:
    """Return whether a path is part of the empty frame that holds no data."""
    if "_stcore" in parts:
        return parts[-1] in _OPEN
    return not {"media", "component", "app"} & set(parts)


def _person(request: HTTPConnection) -> access.Person | None:
    """Return who asks, by the signed cookie of their sign-in; None for anybody not let in."""
    cookie = signed_cookie(dict(request.cookies), "_streamlit_user")
    path = os.environ.get(signin.ACCESS_FILE)
    if not cookie or not path:
        return None
    try:
        user = json.loads(cookie)
        allowed = access.read_access(Path(path))
    except (ValueError, GeopartyError):
        return None
    return allowed.person(signin.email_of(user)) if user.get("is_logged_in") else None


def _may(who: access.Person, parts: list[str]) -> bool:
    """Return whether a person may ask for a path at all."""
    if "_stcore" in parts:
        return "upload_file" in parts and access.may(who, "upload")
    if "component" in parts and parts[-1].endswith(".gz"):
        return boundaries().is_for(parts[-1], signin.area(who))
    return True


async def _refused(scope: Scope, receive: Receive, send: Send) -> None:
    answer = PlainTextResponse("403", status_code=403, headers={"Cache-Control": "no-store"})
    await answer(scope, receive, send)
