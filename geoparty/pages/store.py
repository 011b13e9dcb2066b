"""Results kept on the server: made once per project, settings and input files."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from geoparty.project import FILE_NAME, Project, open_project
from geoparty.schema import Results

Progress = Callable[[str, int, int], None]
Runner = Callable[..., Results]
Made = TypeVar("Made")

_KEPT, _KEPT_BYTES = 400, 800_000_000
_DRAWN, _DRAWN_BYTES = 3000, 250_000_000


class Store:
    """What was made, by key; the oldest goes when there is too much of it, or too many bytes.

    Two sessions that ask for the same thing at once make it once: the second waits.
    """

    def __init__(self, kept: int = _KEPT, most_bytes: int = _KEPT_BYTES) -> None:
        self._kept, self._most_bytes = kept, most_bytes
        self._bytes: dict[str, int] = {}
        self._total = 0
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
            taken = size(made)
            self._total += taken - self._bytes.get(key, 0)
            self._bytes[key] = taken
            while len(self._made) > 1 and self._is_full():
                oldest, _ = self._made.popitem(last=False)
                self._making.pop(oldest, None)
                self._total -= self._bytes.pop(oldest)

    def _is_full(self) -> bool:
        return len(self._made) > self._kept or self._total > self._most_bytes


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return this server's store."""
    return Store()


@st.cache_resource(show_spinner=False)
def drawings() -> Store:
    """Return what this server has drawn for a view: small, many, shared by equal rights."""
    return Store(_DRAWN, _DRAWN_BYTES)


def size(made: object) -> int:
    """Return about how many bytes something kept takes: text, frames, results by their places.

    Examples
    --------
    >>> size(("map", b"12345")), size(None)
    (8, 0)
    """
    if isinstance(made, (str, bytes)):
        return len(made)
    if isinstance(made, (pd.DataFrame, pd.Series, pd.Index)):
        return int(np.sum(made.memory_usage()))
    if isinstance(made, Results):
        return size(made.places)
    return sum(map(size, made)) if isinstance(made, tuple) else 0


def project_of(folder: Path) -> Project:
    """Return the project of a folder, read again only when its file has changed.

    Raises
    ------
    SettingsError
        As :func:`geoparty.project.open_project`.
    """
    stamp = _stamp(folder if folder.suffix == ".toml" else folder / FILE_NAME)
    return store().get(f"project/{stamp}", lambda: open_project(folder))


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
