"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoparty.errors import InputError, Problem

_PREFIX = ".geoparty-part-"
_STALE_S = 3600.0
LOCK_WAIT_S = 10.0
"""How long somebody who saves waits for another who does."""


class Batch:
    """Files written beside their place and moved there together; see :func:`batch`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def path(self, name: str) -> Path:
        """Return where to write the file of that name until the batch ends."""
        if Path(name).name != name:
            raise ValueError(f"not a file name: {name!r}")
        self.names.append(name)
        return self.folder / name

    def write(self, name: str, data: bytes) -> None:
        """Write one file of the batch."""
        self.path(name).write_bytes(data)

    def sha256(self) -> dict[str, str]:
        """Return the SHA-256 of every file so far, by name."""
        return {
            name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            for name in self.names
        }


@contextmanager
def batch(out: Path) -> Iterator[Batch]:
    """Collect files for a folder and move them there together when all are written.

    Each file is replaced in one step, in the order it was named, and only after every one
    is on the disk; an error before that leaves the folder as it was.

    Raises
    ------
    InputError
        The folder cannot be written, the disk is full, or a file is open elsewhere.
    """
    with _explained(out):
        out.mkdir(parents=True, exist_ok=True)
        _clear_stale(out)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=out))
    try:
        with _explained(out):
            files = Batch(folder)
            yield files
            for name in files.names:
                _to_disk(folder / name)
            for name in files.names:
                (folder / name).replace(out / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, data: bytes) -> Path:
    """Write one file in one step and return its path; errors as :func:`batch`.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.csv"), b"place_id").read_bytes()
    b'place_id'
    """
    with batch(path.parent) as files:
        files.write(path.name, data)
    return path


@contextmanager
def locked(path: Path, *, wait_s: float | None = None) -> Iterator[None]:
    """Hold a file while it is read, changed and written; others who lock it wait their turn.

    They wait ``wait_s``, else ``LOCK_WAIT_S``.

    The lock is the system's own: it ends with the program that holds it, also one that is
    killed. A small file beside the path, which stays, carries it.

    Raises
    ------
    InputError
        Another program still holds the file after the wait, or the folder cannot be written.
    """
    lock = path.with_name(f".{path.name}.lock")
    with _explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + (LOCK_WAIT_S if wait_s is None else wait_s)
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise InputError(Problem(key="files.locked", file=path.name))
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    """Take the system's lock on an open file if it is free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Turn what the system refuses into a message for the officer."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            key, name = "files.disk_full", str(out)
        elif isinstance(error, PermissionError) and error.filename2:
            key, name = "files.file_in_use", str(error.filename2)
        else:
            key, name = "files.cannot_write", str(out)
        raise InputError(
            Problem(key=key, params={"folder": str(out), "why": error.strerror or ""}, file=name)
        ) from error


def _to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _clear_stale(out: Path) -> None:
    """Remove what a run that was killed left behind; one still at work is younger."""
    for folder in out.glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)
