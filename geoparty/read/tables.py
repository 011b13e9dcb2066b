"""Open workbooks and CSV files: raw cells with the sheet and row they came from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from geoparty.errors import InputError, Problem
from geoparty.read.headers import Headers, nearest_header, recognise_headers

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_HEADER_WITHIN = 30
"""The header is looked for in this many first rows."""


@dataclass(frozen=True)
class Raw:
    """Rows as they stand in a file: ``cells`` by our column name, ``source`` beside them.

    ``headers`` tells which header of the file each of our columns came from.
    """

    cells: pd.DataFrame
    source: pd.DataFrame
    headers: dict[str, str]
    problems: tuple[Problem, ...] = ()
    geometry: Any = None


@dataclass
class _Sheet:
    name: str
    rows: list[list[Any]] = field(repr=False)
    at: int = 0
    found: Headers = field(default_factory=lambda: Headers({}, {}))

    @property
    def headers(self) -> list[str]:
        return ["" if cell is None else str(cell) for cell in self.rows[self.at]]


def open_file(path: Path | str) -> Path:
    """Return the path of a file that is there and not empty.

    Raises
    ------
    InputError
        No such file, a folder, or nothing in it.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(Problem(key="read.no_file", params={"path": str(path)}, file=path.name))
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(Problem(key="read.empty_file", file=path.name))
    return path


def read_table(
    path: Path, table: str, *, required: list[str], columns: Mapping[str, str] | None = None
) -> Raw:
    """Read the sheets of a workbook, or a CSV file, that have the required columns.

    Raises
    ------
    InputError
        The file cannot be opened, no sheet has the required columns, or no rows follow.
    """
    sheets = [s for s in _sheets(path) if any(_is_filled(row) for row in s.rows)]
    if not sheets:
        raise InputError(Problem(key="read.no_rows", file=path.name))
    for sheet in sheets:
        _find_header(sheet, table, columns)
    fit = [s for s in sheets if not _missing(s, required) and not s.found.problems]
    if not fit:
        best = max(sheets, key=lambda s: len(s.found.columns))
        raise InputError(_missing_problems(best, path, table, required))
    raw = [_raw(sheet, path) for sheet in fit]
    source = pd.concat([r.source for r in raw], ignore_index=True)
    if source.empty:
        raise InputError(Problem(key="read.no_rows", file=path.name, sheet=fit[0].name or None))
    skipped = [
        Problem(key="read.sheet_skipped", file=path.name, sheet=s.name, severity="warning")
        for s in sheets
        if s not in fit and s.found.columns
    ]
    return Raw(
        cells=pd.concat([r.cells for r in raw], ignore_index=True),
        source=source,
        headers={ours: theirs for r in raw for ours, theirs in r.headers.items()},
        problems=(*(p for r in raw for p in r.problems), *skipped),
    )


def _find_header(sheet: _Sheet, table: str, columns: Mapping[str, str] | None) -> None:
    best = -1
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        headers = [str(cell) for cell in row if cell is not None and isinstance(cell, str)]
        found = recognise_headers(headers, table, columns=columns)
        if len(found.columns) > best and _is_filled(row):
            best, sheet.at, sheet.found = len(found.columns), at, found


def _missing(sheet: _Sheet, required: list[str]) -> list[str]:
    return [name for name in required if not _has(sheet.found, name)]


def _has(found: Headers, name: str) -> bool:
    return any(option in found.columns for option in name.split("|"))


def _missing_problems(sheet: _Sheet, path: Path, table: str, required: list[str]) -> list[Problem]:
    where: dict[str, Any] = {"file": path.name, "sheet": sheet.name or None}
    problems = [
        Problem(key=p.key, params=p.params, column=p.column, **where) for p in sheet.found.problems
    ]
    free = [h for h in sheet.headers if h not in sheet.found.columns.values()]
    for name in _missing(sheet, required):
        first = name.split("|")[0]
        params = {"name": name.replace("|", " / "), "near": nearest_header(free, table, first)}
        problems.append(Problem(key="read.missing_column", params=params, **where))
    return problems


def _raw(sheet: _Sheet, path: Path) -> Raw:
    headers = sheet.headers
    place = {ours: headers.index(theirs) for ours, theirs in sheet.found.columns.items()}
    kept = [
        (number, row)
        for number, row in enumerate(sheet.rows[sheet.at + 1 :], start=sheet.at + 2)
        if _is_filled(row)
    ]
    cells = {
        ours: pd.Series([row[i] if i < len(row) else None for _, row in kept], dtype="object")
        for ours, i in place.items()
    }
    source = pd.DataFrame({"row": [number for number, _ in kept]}, dtype="int64")
    source.insert(0, "sheet", sheet.name)
    source.insert(0, "file", path.name)
    unsure = tuple(
        Problem(
            key="read.header_guessed",
            params={"name": ours},
            file=path.name,
            sheet=sheet.name or None,
            column=theirs,
            severity="warning",
        )
        for ours, theirs in sheet.found.columns.items()
        if sheet.found.scores[ours] < 0.9
    )
    return Raw(pd.DataFrame(cells, index=source.index), source, sheet.found.columns, unsure)


def _is_filled(row: list[Any]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in row)


def _sheets(path: Path) -> list[_Sheet]:
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return [_Sheet("", _csv_rows(path))]
    return _workbook(path)


def _workbook(path: Path) -> list[_Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(path)
        return [
            _Sheet(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    except PasswordError:
        raise InputError(Problem(key="read.password", file=path.name)) from None
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(
            Problem(key="read.damaged", params={"why": str(error)[:120]}, file=path.name)
        ) from None


def _csv_rows(path: Path) -> list[list[Any]]:
    text = _decode(path.read_bytes(), path)
    lines = text[:65536]
    try:
        dialect: Any = csv.Sniffer().sniff(lines, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        return list(csv.reader(io.StringIO(text, newline=""), dialect))
    except csv.Error as error:
        raise InputError(
            Problem(key="read.damaged", params={"why": str(error)}, file=path.name)
        ) from None


def _decode(data: bytes, path: Path) -> str:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1258")
        except UnicodeDecodeError as error:
            raise InputError(
                Problem(key="read.damaged", params={"why": error.reason}, file=path.name)
            ) from None
    if "\0" in text:
        raise InputError(Problem(key="read.damaged", params={"why": "NUL"}, file=path.name))
    return text
