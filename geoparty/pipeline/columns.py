"""What each column of the project's tables was taken to mean: shown, confirmed, saved."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geoparty import files, read
from geoparty.project import FILE_NAME, Project, changed
from geoparty.read.recognise import Table

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

    ``confirmed`` is a frame of :func:`recognised`. Nothing is written for an input whose
    columns the project already names.

    Raises
    ------
    SettingsError
        The project file would be none.
    """
    known = project.settings.inputs.columns
    found = {
        str(name): meanings(rows)
        for name, rows in confirmed.groupby("input")
        if name not in known and (rows["column"] != "").any()
    }
    path = project.folder / FILE_NAME
    values: dict[tuple[str, ...], object] = {
        ("inputs", "columns", name): columns for name, columns in found.items()
    }
    with files.locked(path):
        files.write_whole(path, changed(path.read_text("utf-8-sig"), values).encode())
    return found


def meanings(rows: pd.DataFrame, *, dropped: Iterable[str] = ()) -> dict[str, str]:
    """Return for each of our columns the header that means it, as ``[inputs.columns]`` says it.

    Headers that differ between files and sheets stand side by side: ``Số ĐV | Đảng viên``; if
    some have no such column, a bar with nothing after it ends the list. ``dropped`` are
    columns of ours that a person says a file does not have, whatever a header looks like. A
    column that two headers of one sheet mean is left out: a person has to say which.

    Examples
    --------
    >>> rows = pd.DataFrame({"file": ["a", "b", "b"], "header": ["Số ĐV", "Đảng viên", "Chi bộ"],
    ...     "column": ["members", "members", "cell_status"]})
    >>> meanings(rows, dropped=["graduates"])
    {'members': 'Số ĐV | Đảng viên', 'cell_status': 'Chi bộ | ', 'graduates': ''}
    """
    named = rows[rows["column"] != ""]
    sheet = [c for c in ("file", "sheet") if c in rows]
    if sheet:  # two headers of one sheet: a person has to say which
        named = named[~named.duplicated([*sheet, "column"], keep=False)]
    n_sheets = len(rows[sheet].drop_duplicates()) if sheet else 1
    found: dict[str, list[str]] = {}
    for ours, part in named.groupby("column", sort=False):
        lacking = [""] if len(part) < n_sheets else []
        found[str(ours)] = [*dict.fromkeys(part["header"]), *lacking]
    for ours in dropped:
        found[ours] = [*dict.fromkeys([*found.get(ours, []), ""])]
    return {ours: " | ".join(headers) for ours, headers in found.items()}
