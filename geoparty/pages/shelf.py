"""The empty frame of the app, answered from memory, with what the first view needs announced.

Streamlit's own page asks for sixty small scripts, runs them, and learns only then, from the first
elements that arrive, of the sixty others it needs for them. This ASGI middleware stands in front:
it names those others in the head of the page, so that the browser has them by then, and hands out
every script and style from memory. Nothing of a project goes this way.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FRONT = Path(st.__file__).parent / "static" / "static"
"""Where Streamlit keeps the scripts and styles it serves below ``/static/``."""
FIRST = (
    "ButtonGroup",
    "Html",
    "TextInput",
    "Selectbox",
    "Multiselect",
    "Metric",
    "ComponentInstance",
    "Checkbox",
    "Button",
)
"""The scripts of what stands on the first view; a version without one of them goes without."""
_FOREVER = b"public, immutable, max-age=31536000"
_IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')
_VALIDATORS = {b"content-length", b"etag", b"last-modified"}


class Shelf:
    """ASGI middleware; see the module. What it does not know is the app's to answer."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept = {f"/static/{p.relative_to(FRONT).as_posix()}": p for p in _files()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the app answer."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
        elif scope["path"] in self._kept and not _has(scope, b"range"):
            await _hand_out(self._kept[scope["path"]], send)
        elif "." in scope["path"].rpartition("/")[2]:
            await self._app(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and announce the scripts if the answer is its page."""
        headers = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-encoding"]
        started: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start" and _is_page(message):
                started = message
            elif not started:
                await send(message)
            else:
                body += message.get("body", b"")

        await self._app({**scope, "headers": headers}, receive, keep)
        if started:
            page = announced(body)
            first = [(k, v) for k, v in started["headers"] if k.lower() not in _VALIDATORS]
            first.append((b"content-length", str(len(page)).encode()))
            await send({**started, "headers": first})
            await send({"type": "http.response.body", "body": page})


@cache
def announced(page: bytes) -> bytes:
    """Return Streamlit's page with the scripts of the first view to be loaded early."""
    names = [n for n in needed(FIRST, FRONT / "js") if n.encode() not in page]
    links = [f'<link rel="modulepreload" crossorigin href="./static/js/{n}">' for n in names]
    return page.replace(b"</head>", "\n".join([*links, "</head>"]).encode(), 1)


def needed(stems: Iterable[str], folder: Path) -> list[str]:
    """Return the scripts of these names and all that they import, each once, those first."""
    waiting = [p.name for stem in stems for p in sorted(folder.glob(f"{stem}.*.js"))]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found or not (folder / name).is_file():
            continue
        found[name] = None
        waiting += _IMPORTED.findall((folder / name).read_text("utf-8"))
    return list(found)


def _files() -> list[Path]:
    return [path for path in FRONT.rglob("*") if path.is_file()]


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


async def _hand_out(path: Path, send: Send) -> None:
    content = _content(path)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", _FOREVER),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _has(scope: Scope, name: bytes) -> bool:
    return any(header.lower() == name for header, _ in scope["headers"])


def _is_page(message: Message) -> bool:
    headers: dict[bytes, bytes] = {k.lower(): v for k, v in message["headers"]}
    is_html = headers.get(b"content-type", b"").startswith(b"text/html")
    return bool(message["status"] == 200) and is_html
