"""Long work: done once beside the sessions that wait for it, with a way out.

A job runs in a thread of its own, so a session that waits can still be clicked: a click ends
the wait, never the job. Two sessions that want the same thing wait for one job; it is given up
when somebody cancels and nobody else waits. Only a few run at a time, the others stand in line.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from geoparty import words
from geoparty.pages.speech import number, say
from geoparty.pages.store import store
from geoparty.words import Language

PATIENCE_S = 0.8
"""Work done sooner shows no progress."""
_STEP_S = 0.2

Made = TypeVar("Made")
Told = Callable[[str, int, int], None]
"""Hears what is being done (a stage of the pipeline or nothing), steps done, steps in all."""


class Cancelled(Exception):  # noqa: N818 - not a fault
    """The work was given up."""


class Job:
    """Something being made, and how far it is."""

    def __init__(self, make: Callable[[Told], Any]) -> None:
        self._make = make
        self._result: Any = None
        self._error: BaseException | None = None
        self._began = time.monotonic()
        self.done = threading.Event()
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_given_up = False
        self.step: tuple[str, int, int] = ("", 0, 0)
        self.is_running = False

    @property
    def seconds(self) -> int:
        """Whole seconds since it was asked for."""
        return int(time.monotonic() - self._began)

    def run(self, keep: Callable[[Any], None]) -> None:
        """Make it and keep it; a job given up stops at its next step."""
        self.is_running = True
        try:
            self.tell("", 0, 0)
            self._result = self._make(self.tell)
            keep(self._result)
        except BaseException as error:  # handed to those who wait
            self._error = error
        finally:
            self.done.set()

    def tell(self, what: str, done: int, total: int) -> None:
        """Note how far the work is; raise Cancelled once it was given up."""
        if self.cancelled.is_set():
            raise Cancelled
        self.step = (what, done, total)

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Wait for it: until then it is made, whoever else gives it up."""
        with self._lock:
            self._waiting += 1
            self._is_given_up = False
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                self._end_unwanted()

    def give_up(self) -> None:
        """Stop it once nobody waits: who gives it up may still be counted for a moment."""
        with self._lock:
            self._is_given_up = True
            self._end_unwanted()

    def _end_unwanted(self) -> None:
        if self._is_given_up and not self._waiting:
            self.cancelled.set()

    def result(self) -> Any:  # noqa: ANN401 - whatever was made
        """Return what was made, or raise what went wrong."""
        if self._error is not None:
            raise self._error
        return self._result


class Jobs:
    """The jobs of this server, by key; ``at_once`` of them run at a time."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="geoparty-job")
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, key: str, make: Callable[[Told], Any], keep: Callable[[Any], None]) -> Job:
        """Return the job of a key, put in line if there is none."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.cancelled.is_set():
                job = self._jobs[key] = Job(make)
                self._pool.submit(self._run, key, job, keep)
            return job

    def cancel(self, key: str) -> None:
        """Give a job up; it goes on while somebody else waits for it."""
        job = self._jobs.get(key)
        if job is not None:
            job.give_up()

    def _run(self, key: str, job: Job, keep: Callable[[Any], None]) -> None:
        job.run(keep)
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return this server's jobs."""
    return Jobs(max(1, min(4, (os.cpu_count() or 2) - 1)))


def wait_for(
    key: str,
    make: Callable[[Told], Made],
    *,
    language: Language,
    title: str,
    on_cancel: Callable[[], None] | None = None,
) -> Made:
    """Return what is kept under a key, made beside this session if it is not there.

    Work that takes longer than a moment shows ``title``, how far it is and, with ``on_cancel``,
    a way out, after which ``on_cancel`` is called before the page is drawn again. The room for
    it is always taken: what stands below, such as the map, keeps its place and is not rebuilt.
    """
    kept, slot = store(), st.empty()
    if key in kept:
        return kept.get(key, partial(make, _unheard))
    job = jobs().start(key, make, partial(kept.put, key))
    with job.wanted():
        if not job.done.wait(PATIENCE_S):
            _watch(slot, key, job, language, title, on_cancel)
    made: Made = job.result()
    return made


def _unheard(what: str, done: int, total: int) -> None:
    """Hear nothing."""


def _watch(
    slot: DeltaGenerator,
    key: str,
    job: Job,
    language: Language,
    title: str,
    on_cancel: Callable[[], None] | None,
) -> None:
    """Show how far a job is until it is done; a click of the person ends the wait."""
    with slot.container(border=True):
        bar = st.progress(0.0, title)
        if on_cancel is not None:
            st.button(
                say("cancel", language),
                icon=":material/cancel:",
                key=f"cancel_{key}",
                on_click=_cancel,
                args=(key, on_cancel),
            )
    while not job.done.wait(_STEP_S):
        what, done, total = job.step
        text = title if job.is_running else say("in_line", language)
        if what:
            text = words.text(f"pipeline.{what}", language)
        spent = say("seconds", language, n=number(job.seconds, language))
        bar.progress(min(done / total, 1.0) if total else 0.0, f"{text} {spent}")
    slot.empty()


def _cancel(key: str, on_cancel: Callable[[], None]) -> None:
    jobs().cancel(key)
    on_cancel()
