"""Results kept on the server: made once per project, settings and input files."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from geoparty.project import Project
from geoparty.schema import Results

Progress = Callable[[str, int, int], None]
Runner = Callable[..., Results]
Made = TypeVar("Made")

_KEPT = 64


class Store:
    """What was made, by key; the oldest goes when there is too much.

    Two sessions that ask for the same thing at once make it once: the second waits.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._made: OrderedDict[str, Any] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        return key in self._made

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        """Return what is kept under a key, made first if it is not there."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self.put(key, make())
            with self._lock:
                if key in self._made:
                    self._made.move_to_end(key)
                    return self._made[key]  # type: ignore[no-any-return]
        return make()

    def put(self, key: str, made: object) -> None:
        """Keep something made elsewhere."""
        with self._lock:
            self._made[key] = made
            self._made.move_to_end(key)
            while len(self._made) > self._kept:
                self._making.pop(self._made.popitem(last=False)[0], None)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return this server's store."""
    return Store()


def fingerprint(project: Project) -> str:
    """Return a key that changes when the settings or any input file changes."""
    paths = [path for group in project.input_paths().values() for path in group]
    paths.append(project.path(project.settings.inputs.overrides))
    parts = [str(project.folder.resolve()), project.settings.model_dump_json()]
    parts += [_stamp(path) for path in paths]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _stamp(path: Path) -> str:
    if not path.exists():
        return f"{path}: -"
    facts = path.stat()
    return f"{path}: {facts.st_size} {facts.st_mtime_ns}"
