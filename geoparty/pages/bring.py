"""Bring data in: upload a table, see what it gives, save it to the project."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from geoparty.errors import GeopartyError, InputError, Problem
from geoparty.files import locked, write_whole
from geoparty.pages import loaded, review, signin
from geoparty.pages.speech import literal, say
from geoparty.pages.view import View
from geoparty.pipeline import Checked, check
from geoparty.project import FILE_NAME, Project, open_project, sha256
from geoparty.settings import parse_settings

KINDS = ("counts", "places", "communes", "centres", "border", "roads", "streams", "terrain")
TYPES = ("xlsx", "xls", "csv", "geojson", "gpkg", "parquet", "zip", "tif", "pbf")
_MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, uploads are tried without a disk
_MOST_NAME, _MOST_ENDING = 80, 8
_DEVICE = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")
"""Names that Windows gives to devices."""
_UPLOADER = """<style>
[data-testid="stFileUploaderDropzoneInstructions"] {{display: none}}
[data-testid="stFileUploaderDropzone"] button p {{font-size: 0}}
[data-testid="stFileUploaderDropzone"] button p::after {{content: "{text}"; font-size: .9rem}}
</style>"""
"""Streamlit's own words on the uploader are English only."""


def page(view: View) -> None:
    """Show uploads, the account of what they give, and the decisions left to take."""
    t = view.language
    st.header(say("bring_heading", t))
    upload, decide = st.tabs([say("bring_upload", t), say("bring_review", t)])
    with upload:
        if view.may("upload"):
            _upload(view)
        else:
            st.info(say("bring_not_allowed", t))
    with decide:
        review.show(view)


def _upload(view: View) -> None:
    t = view.language
    st.caption(say("bring_about", t))
    left, right = st.columns(2)
    kind = left.selectbox(
        say("bring_kind", t), KINDS, format_func=lambda k: say(f"input_{k}", t), key="bring_kind"
    )
    add = False
    if kind == "counts":
        add = right.radio(
            say("bring_how", t),
            [True, False],
            format_func=lambda a: say("bring_add" if a else "bring_replace", t),
            key="bring_add",
        )
    st.html(_UPLOADER.format(text=say("bring_file", t)))
    file = st.file_uploader(say("bring_file", t), type=list(TYPES), key="bring_file")
    if file is None:
        return
    name, data = safe_name(file.name), file.getvalue()
    try:
        with (
            st.spinner(say("bring_checking", t), show_time=True),
            trial(view.project, kind, name, data, add=add) as tried,
        ):
            checked = check(tried)
    except GeopartyError as error:
        st.error(say("bring_refused", t), icon=":material/error:")
        st.text(error.text(t))
        return
    _preview(view, checked, name, kind)
    looked_at = f"_seen_{file.file_id}_{kind}"
    st.session_state.setdefault(looked_at, stamp(view.project, kind))
    if st.button(say("bring_save", t), type="primary", key="bring_save"):
        seen = st.session_state.pop(looked_at)
        _save(view, kind, name, data, add=add, seen=seen)


def safe_name(name: str) -> str:
    """Return a file name without folders or anything a system could take for more than a name.

    Examples
    --------
    >>> safe_name("../../Số liệu: 2025.xlsx"), safe_name(".csv"), safe_name("con.CSV")
    ('Số liệu_ 2025.xlsx', 'data.csv', '_con.csv')
    """
    last = re.split(r"[\\/]", name)[-1]
    stem, dot, ending = last.rpartition(".") if "." in last else (last, "", "")
    stem = re.sub(r"[^\w \-]", "_", stem).strip()[:_MOST_NAME]
    if _DEVICE.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem or 'data'}{dot}{re.sub(r'[^a-z0-9]', '', ending.lower())[:_MOST_ENDING]}"


@contextmanager
def trial(project: Project, kind: str, name: str, data: bytes, *, add: bool) -> Iterator[Project]:
    """Give the project as it would be with the upload; the upload is gone afterwards."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        inputs = project.settings.inputs
        value = _value(project, kind, str(path), add=add)
        changed = inputs.model_copy(update={kind: value})
        yield replace(project, settings=project.settings.model_copy(update={"inputs": changed}))


def _value(project: Project, kind: str, path: str, *, add: bool) -> str | tuple[str, ...]:
    if kind != "counts":
        return path
    kept = project.settings.inputs.counts if add else ()
    return (*(p for p in kept if p != path), path)


def _preview(view: View, checked: Checked, name: str, kind: str) -> None:
    """Show what became of every row of the upload, its problems, and its first rows."""
    t = view.language
    own = checked.account[checked.account["file"].eq(name)]
    if len(own):
        st.caption(say("account", t))
        st.dataframe(loaded.account_rows(own, t), hide_index=True)
    problems = [p for p in checked.problems if p.file == name]
    if problems:
        st.dataframe(loaded.problem_rows(problems, t), hide_index=True)
    else:
        st.success(say("no_problems", t), icon=":material/task_alt:")
    frame = getattr(checked, kind)
    if isinstance(frame, pd.DataFrame):
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        rows = plain[plain["file"].eq(name)] if "file" in plain else plain
        st.caption(say("bring_first", t, n=len(rows)))
        st.dataframe(rows.head(20), hide_index=True)


def _save(
    view: View, kind: str, name: str, data: bytes, *, add: bool, seen: dict[str, str]
) -> None:
    """Put the file into the project and name it in the project file."""
    t, project = view.language, view.project
    try:
        save(project, kind, name, data, add=add, seen=seen)
    except (GeopartyError, OSError) as error:
        st.error(say("not_saved", t))
        st.text(error.text(t) if isinstance(error, GeopartyError) else literal(error))
        return
    signin.log(view.who, "upload", f"{kind}: {name}", project.folder)
    st.success(say("bring_saved", t))
    st.rerun()


def stamp(project: Project, kind: str) -> dict[str, str]:
    """Return the files of one input with their SHA-256, to tell later whether they changed."""
    paths = project.input_paths().get(kind, [])
    return {path.name: sha256(path) if path.is_file() else "" for path in paths}


def save(
    project: Project,
    kind: str,
    name: str,
    data: bytes,
    *,
    add: bool = False,
    seen: dict[str, str] | None = None,
) -> None:
    """Write a file into the project's data folder and name it in ``project.toml``.

    A file of that name that another input uses is never replaced: the new one gets a number.
    What an earlier upload of the same input held is kept under ``data/older``. ``seen`` is the
    :func:`stamp` of the input when the planner looked at the upload.

    Raises
    ------
    InputError
        Somebody else has saved this input since ``seen``; or a file cannot be written.
    """
    toml = project.folder / FILE_NAME
    with locked(toml):
        now = open_project(project.folder)
        if seen is not None and stamp(now, kind) != seen:
            raise InputError(Problem(key="files.changed_meanwhile", params={"what": kind}))
        path = _place_for(now, kind, name)
        relative = path.relative_to(now.folder).as_posix()
        text = with_input(toml.read_text("utf-8-sig"), kind, _value(now, kind, relative, add=add))
        parse_settings(tomllib.loads(text))
        if path.is_file() and path.read_bytes() != data:
            older = f"{path.stem}.{sha256(path)[:8]}{path.suffix}"
            write_whole(path.parent / "older" / older, path.read_bytes())
        write_whole(path, data)
        write_whole(toml, text.encode())


def _place_for(project: Project, kind: str, name: str) -> Path:
    """Return where a file of the input goes; not where a file of another input is."""
    taken = {p for k, paths in project.input_paths().items() if k != kind for p in paths}
    path, number = project.folder / "data" / name, 2
    while path in taken:
        path = path.with_name(f"{Path(name).stem} {number}{Path(name).suffix}")
        number += 1
    return path


def with_input(text: str, kind: str, value: str | tuple[str, ...]) -> str:
    r"""Return a project file with one input named anew, comments kept.

    Examples
    --------
    >>> with_input('[inputs]\nplaces = "a.csv"  # list\n', "places", "b.csv")
    '[inputs]\nplaces = "b.csv"\n'
    >>> with_input('[inputs]\nplaces = "a.csv"\n', "counts", ("x.csv", "y.csv"))
    '[inputs]\ncounts = ["x.csv", "y.csv"]\nplaces = "a.csv"\n'
    """
    listed = ", ".join(f'"{v}"' for v in ((value,) if isinstance(value, str) else value))
    line = f"{kind} = {listed}" if isinstance(value, str) else f"{kind} = [{listed}]"
    head = re.search(r"^\[inputs\][^\n]*\n", text, re.MULTILINE)
    if head is None:
        return f"{text}\n[inputs]\n{line}\n"
    start = head.end()
    after = re.search(r"^\[", text[start:], re.MULTILINE)
    end = start + after.start() if after else len(text)
    old = re.compile(rf"^{kind}\s*=\s*(\[[^\]]*\]|[^\n]*)[^\n]*$", re.MULTILINE)
    body, n = old.subn(lambda _: line, text[start:end], count=1)
    return text[:start] + (body if n else f"{line}\n{body}") + text[end:]
