"""Bring data in: upload a table, see what it gives, save it to the project."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from geoparty.errors import GeopartyError, InputError, Problem
from geoparty.files import locked, write_whole
from geoparty.pages import loaded, repairs, review, signin, table
from geoparty.pages.confirm import Reading, ask_columns, ask_crs, ask_encoding
from geoparty.pages.speech import literal, number, say
from geoparty.pages.view import View
from geoparty.pipeline import Checked, check
from geoparty.present.labels import header, value_words, worded
from geoparty.project import FILE_NAME, Project, changed, open_project, sha256
from geoparty.settings import Settings
from geoparty.words import Language, text

KINDS = (
    *("counts", "places", "communes", "centres", "border"),
    *("roads", "streams", "edits", "terrain", "land_cover"),
)
TYPES = ("xlsx", "xls", "csv", "geojson", "gpkg", "parquet", "zip", "tif", "pbf")
_OF_ROADS = {"road_class", "surface", "edit"}
_OF_SEASONS = {"seasons", "closed_seasons", "open_seasons"}
_MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, uploads are tried without a disk
_MOST_NAME, _MOST_ENDING = 80, 8
_DEVICE = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")
"""Names that Windows gives to devices."""
_UPLOADER = """<style>
[data-testid="stFileUploaderDropzoneInstructions"] {{display: none}}
[data-testid="stFileUploaderDropzone"] button p {{font-size: 0}}
[data-testid="stFileUploaderDropzone"] button p::after {{content: "{text}"; font-size: .9rem}}
[data-testid="stFileUploader"] [role="alert"] {{font-size: 0}}
[data-testid="stFileUploader"] [role="alert"]::after {{content: "{refused}"; font-size: .9rem}}
</style>"""
"""Streamlit's own words on the uploader are English only."""


def page(view: View) -> None:
    """Show uploads, the account of what they give, and the decisions left to take."""
    t = view.language
    st.header(say("bring_heading", t), anchor=False)
    names = ("bring_upload", "bring_review", "bring_coverage")
    upload, decide, land = st.tabs([say(name, t) for name in names])
    with upload:
        if view.may("upload"):
            _upload(view)
        else:
            st.info(say("bring_not_allowed", t))
    with decide:
        review.show(view)
    with land:
        repairs.show(view)


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
    most = number(st.get_option("server.maxUploadSize"), t)
    refused = say("bring_not_taken", t, most=most, types=", ".join(TYPES))
    st.html(_UPLOADER.format(text=say("bring_file", t), refused=refused))
    state = st.session_state
    key = f"bring_file_{state.get('_n_brought', 0)}"  # what was saved leaves the page with its key
    file = st.file_uploader(say("bring_file", t), type=list(TYPES), key=key)
    if file is None:
        if saved := state.get("_saved"):
            st.success(say("bring_saved", t, name=literal(saved)), icon=":material/task_alt:")
        return
    state.pop("_saved", None)
    name, data = safe_name(file.name), file.getvalue()
    if add and _place_for(view.project, kind, name) in view.project.input_paths()["counts"]:
        st.info(say("bring_same_name", t, name=literal(name)), icon=":material/sync:")
    with trial(view.project, kind, name, data, add=add) as (tried, path):
        reading = _try(view, tried, kind, path, add=add)
    if reading is None:
        return
    looked_at = f"_seen_{file.file_id}_{kind}"
    st.session_state.setdefault(looked_at, stamp(view.project, kind))
    if st.button(say("bring_save", t), type="primary", key="bring_save"):
        seen = st.session_state.pop(looked_at)
        _save(view, kind, name, data, add=add, seen=seen, reading=reading)


def _try(view: View, tried: Project, kind: str, path: Path, *, add: bool) -> Reading | None:
    """Read an upload as a person confirms it, and show what it gives; None while it fails."""
    t = view.language
    columns = ask_columns(tried, kind, path, add=add, language=t)
    if columns is None:
        return None
    reading = Reading(columns=columns)
    while True:
        try:
            with st.spinner(say("bring_checking", t), show_time=True):
                checked = check(_as_read(tried, kind, reading))
        except GeopartyError as error:
            said = _answered(error, reading, path.name, t)
            if said == reading:
                return None
            reading = said
        else:
            _preview(view, checked, path.name, kind)
            return reading


def _answered(error: GeopartyError, reading: Reading, name: str, language: Language) -> Reading:
    """Ask what would let a refused upload be read; return the reading with the answer, if any."""
    own = [p for p in error.problems if p.file == name]
    if not reading.encoding and any(p.key == "read.legacy_text" for p in own):
        return replace(reading, encoding=ask_encoding(own, language))
    above = st.container()
    crs = None if reading.crs else ask_crs(own, language)
    if crs:
        return replace(reading, crs=crs)
    with above:
        st.error(say("bring_refused", language), icon=":material/error:")
        st.text(error.text(language))
    return reading


def _as_read(project: Project, kind: str, reading: Reading) -> Project:
    inputs = project.settings.inputs
    update: dict[str, Any] = {}
    if reading.encoding:
        update["encoding"] = dict(inputs.encoding) | {kind: reading.encoding}
    if reading.crs:
        update["crs"] = dict(inputs.crs) | {kind: reading.crs}
    if reading.columns:
        update["columns"] = dict(inputs.columns) | {kind: dict(reading.columns)}
    settings = project.settings.model_copy(update={"inputs": inputs.model_copy(update=update)})
    return replace(project, settings=settings)


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
def trial(
    project: Project, kind: str, name: str, data: bytes, *, add: bool
) -> Iterator[tuple[Project, Path]]:
    """Give the project as it would be with the upload, and where that is; it is gone afterwards.

    A file of the same input that the upload would replace when saved is left out.
    """
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        inputs = project.settings.inputs
        taken = _place_for(project, kind, name).relative_to(project.folder).as_posix()
        value = _value(project, kind, str(path), add=add, instead_of=taken)
        crs = {name: zone for name, zone in inputs.crs.items() if name != kind}  # of the old file
        own = inputs.model_copy(update={kind: value, "crs": crs})
        yield replace(project, settings=project.settings.model_copy(update={"inputs": own})), path


def _value(
    project: Project, kind: str, path: str, *, add: bool, instead_of: str = ""
) -> str | tuple[str, ...]:
    if kind != "counts":
        return path
    kept = project.settings.inputs.counts if add else ()
    return (*(p for p in kept if p not in (path, instead_of)), path)


def _preview(view: View, checked: Checked, name: str, kind: str) -> None:
    """Show what became of every row of the upload, its problems, and its first rows."""
    t = view.language
    own = checked.account[checked.account["file"].eq(name)]
    if len(own):
        st.caption(say("account", t))
        table.grid(loaded.account_rows(own, t), t, name=say("account", t), hide_index=True)
    problems = [p for p in checked.problems if p.file == name]
    if problems:
        told = loaded.problem_rows(problems, t)
        table.plain(told.set_index(told.columns[0]), name=say("problems_named", t))
    else:
        st.success(say("no_problems", t), icon=":material/task_alt:")
    frame = getattr(checked, kind)
    if isinstance(frame, pd.DataFrame):
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        plain = plain.reset_index() if plain.index.name else plain  # the code of each is looked for
        rows = plain[plain["file"].eq(name)] if "file" in plain else plain
        first = say("bring_first" if len(rows) else "bring_none_usable", t, n=len(rows))
        st.caption(first)
        if rows.empty:
            return
        table.grid(_worded(rows.head(20), view.settings, t), t, name=first, hide_index=True)


def _worded(rows: pd.DataFrame, settings: Settings, language: Language) -> pd.DataFrame:
    """Return the columns that have anything in them, with headers and values in words."""
    shown = rows.drop(columns=["file", "sheet"], errors="ignore").dropna(axis=1, how="all")
    dates = shown.select_dtypes("datetime").columns
    shown = worded(shown.assign(**{c: shown[c].dt.strftime("%d/%m/%Y") for c in dates}), language)
    labels = {s.name: getattr(s, f"label_{language}") for s in settings.seasons}
    for name in _OF_SEASONS & set(shown.columns):
        told = partial(_of_seasons, labels=labels)
        shown[name] = shown[name].astype(object).map(told, na_action="ignore")
    for name in _OF_ROADS & set(shown.columns):
        told = partial(_of_road, name, language=language)
        shown[name] = shown[name].astype(object).map(told, na_action="ignore")
    return shown.rename(columns=lambda name: header(name, {}, language))


def _of_seasons(value: str, *, labels: Mapping[str, str]) -> str:
    """Return the seasons of a closure, ``wet;flood``, in words; one not known stays as it is."""
    return "; ".join(labels.get(name, name) for name in value.split(";"))


def _of_road(name: str, value: str, *, language: Language) -> str:
    """Return a coded value of a road or an edit in words; a village road is no village."""
    known = text(f"travel.class_{value}", language) if name == "road_class" else value
    return value_words(known, language)


def _save(
    view: View,
    kind: str,
    name: str,
    data: bytes,
    *,
    add: bool,
    seen: dict[str, str],
    reading: Reading,
) -> None:
    """Put the file into the project and name it in the project file."""
    t, project = view.language, view.project
    try:
        save(project, kind, name, data, add=add, seen=seen, reading=reading)
    except (GeopartyError, OSError) as error:
        st.error(say("not_saved", t))
        st.text(error.text(t) if isinstance(error, GeopartyError) else literal(error))
        return
    signin.log(view.who, "upload", f"{kind}: {name}", project.folder)
    st.session_state["_saved"] = name
    st.session_state["_n_brought"] = st.session_state.get("_n_brought", 0) + 1
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
    reading: Reading | None = None,
) -> None:
    """Write a file into the project's data folder and name it in ``project.toml``.

    ``reading`` is how a person says it is to be read; that is written there too. A file of that
    name that another input uses is never replaced: the new one gets a number.
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
        value = _value(now, kind, relative, add=add)
        values: dict[tuple[str, ...], object] = {
            ("inputs", kind): value if isinstance(value, str) else list(value),
            **(reading or Reading()).values(kind),
        }
        if kind in now.settings.inputs.crs:
            values.setdefault(("inputs", "crs", kind), None)  # it was that of the old file
        text = changed(toml.read_text("utf-8-sig"), values)
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
