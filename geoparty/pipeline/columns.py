"""What each column of the project's tables was taken to mean: shown, confirmed, saved."""

from __future__ import annotations

import json
import tomllib

import pandas as pd

from geoparty import files, read
from geoparty.errors import InputError, Problem
from geoparty.project import FILE_NAME, Project
from geoparty.read.recognise import Table
from geoparty.settings import parse_settings

_TABLES: tuple[Table, ...] = ("communes", "places", "counts", "centres", "roads")


def recognised(project: Project) -> pd.DataFrame:
    """Return a row per column with a header: input, file, sheet, header, column, score.

    ``column`` is ours, empty where the header has no meaning here; ``score`` is 1 where sure.

    Raises
    ------
    InputError
        A file does not open, or looks like records of persons.
    """
    paths, mapped = project.input_paths(), project.settings.inputs.columns
    parts = [
        read.recognise(path, table, columns=mapped.get(table)).assign(input=table, file=path.name)
        for table in _TABLES
        for path in paths.get(table, [])
    ]
    columns = ["input", "file", "sheet", "header", "column", "score"]
    return pd.concat(parts, ignore_index=True)[columns]


def save_columns(project: Project, confirmed: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Write the meanings into ``project.toml`` and return them, by input.

    Only what every file of an input agrees on is written, and nothing for an input whose
    columns the project already names.

    Raises
    ------
    InputError
        The project file cannot be written.
    """
    known = project.settings.inputs.columns
    found = {
        str(name): _agreed(rows)
        for name, rows in confirmed[confirmed["column"] != ""].groupby("input")
        if name not in known
    }
    found = {name: columns for name, columns in found.items() if columns}
    path = project.folder / FILE_NAME
    with files.locked(path):
        text = _with_columns(path.read_text("utf-8-sig"), found)
        try:
            parse_settings(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            problem = Problem(key="settings.not_toml", params={"why": str(error)}, file=FILE_NAME)
            raise InputError(problem) from None
        files.write_whole(path, text.encode())
    return found


def _with_columns(text: str, found: dict[str, dict[str, str]]) -> str:
    text = text.rstrip() + "\n"
    for name, columns in found.items():
        lines = [f"{ours} = {json.dumps(own, ensure_ascii=False)}" for ours, own in columns.items()]
        text += "\n".join([f"\n[inputs.columns.{name}]", *lines, ""])
    return text


def _agreed(rows: pd.DataFrame) -> dict[str, str]:
    """Return our column = the header that stands in every file and sheet with that meaning."""
    n_files = rows["file"].nunique()
    counted = rows.groupby(["column", "header"], sort=False)["file"].nunique()
    return {str(ours): str(own) for (ours, own), n in counted.items() if n == n_files}
