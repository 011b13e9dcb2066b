"""Tables as offices write them: which sheets, which columns, which rows are data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from geoparty.errors import InputError, Problem
from geoparty.read import layout as lay
from geoparty.read.convert import convert
from geoparty.read.delimited import open_csv
from geoparty.read.grids import MOST_ROWS, Grid, Row, is_filled
from geoparty.read.headers import nearest_header
from geoparty.read.legacy import LEGACY, legacy_of, to_unicode
from geoparty.read.persons import refuse_persons
from geoparty.read.raw import Raw
from geoparty.read.sheets import Sheet, read_sheet
from geoparty.read.workbooks import open_workbook
from geoparty.schema import SOURCE_COLUMNS

CSV_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
TABLE_SUFFIXES = CSV_SUFFIXES | {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}


def open_grids(path: Path) -> list[Grid]:
    """Return the sheets of a workbook, or a CSV file as one."""
    return [open_csv(path)] if path.suffix.lower() in CSV_SUFFIXES else open_workbook(path)


def find_sheets(
    path: Path,
    table: str,
    *,
    required: list[str],
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> list[Sheet]:
    """Return the sheets that are not blank with their headers, personal records refused.

    Raises
    ------
    InputError
        The file does not open, or is blank.
    PersonalDataError
        A sheet, hidden ones included, looks like records of persons.
    """
    found = []
    for grid in open_grids(path):
        head = lay.first_rows(grid)
        if not any(is_filled(row) for row in head):
            continue
        layout = lay.find_layout(
            head,
            table,
            required=required,
            merges=grid.merges,
            columns=columns,
            decode=_decoder(head, encoding),
        )
        body = islice(chain.from_iterable(grid.blocks()), layout.first, None)
        refuse_persons(layout.header, body, file=path.name, sheet=grid.name)
        found.append(Sheet(grid, layout))
    if not found:
        raise InputError(Problem(key="read.no_rows", file=path.name))
    return found


def read_table(
    path: Path,
    table: str,
    *,
    required: list[str],
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Raw:
    """Read the sheets of a workbook, or a CSV file, that have the required columns.

    Raises
    ------
    InputError
        The file cannot be opened, no sheet has the required columns, or no rows follow.
    """
    sheets = find_sheets(path, table, required=required, columns=columns, encoding=encoding)
    shown = [sheet for sheet in sheets if not sheet.grid.is_hidden] or sheets
    fit = [s for s in shown if not s.missing(required) and not s.layout.found.problems]
    if not fit:
        best = max(shown, key=lambda s: (-len(s.missing(required)), len(s.layout.found.columns)))
        raise InputError(_header_problems(best, path, table, required))
    raws = [
        convert(
            read_sheet(sheet, path, with_others=table == "places"),
            encoding,
            fonts=sheet.fonts,
            input_name=table,
        )
        for sheet in fit
    ]
    if not any(len(raw.source) for raw in raws):
        raise InputError(
            Problem(key="read.no_rows", file=path.name, sheet=fit[0].grid.name or None)
        )
    passed = [
        Problem(
            key="read.sheet_hidden" if s.grid.is_hidden else "read.sheet_skipped",
            file=path.name,
            sheet=s.grid.name,
            severity="warning",
        )
        for s in sheets
        if s not in fit and (s.grid.is_hidden or len(lay.sure_columns(s.layout.found)) > 1)
    ]
    return _joined(raws, passed)


def _decoder(head: list[Row], encoding: str | None) -> Callable[[str], str]:
    texts = [cell for row in head for cell in row if isinstance(cell, str)]
    legacy = legacy_of(texts) or next((e for e in LEGACY if e == encoding), None)
    return partial(to_unicode, encoding=legacy) if legacy and encoding != "unicode" else str


def _header_problems(sheet: Sheet, path: Path, table: str, required: list[str]) -> list[Problem]:
    where: dict[str, Any] = {"file": path.name, "sheet": sheet.grid.name or None}
    found = sheet.layout.found
    problems = [replace(problem, **where) for problem in found.problems]
    free = [h for h in sheet.layout.header if h not in found.columns.values()]
    for name in sheet.missing(required):
        near = nearest_header(free, table, name.split("|")[0])
        params = {"name": name.replace("|", " / "), "near": near}
        problems.append(Problem(key="read.missing_column", params=params, **where))
    return problems


def _joined(raws: list[Raw], passed: list[Problem]) -> Raw:
    whole = [raw for raw in raws if len(raw.source)]
    totals = pd.concat([raw.totals for raw in raws], ignore_index=True)
    source = pd.concat([raw.source for raw in whole], ignore_index=True)
    if len(source) > MOST_ROWS:
        raise InputError(
            Problem(
                key="read.too_many_rows", params={"most": MOST_ROWS}, file=source["file"].iloc[0]
            )
        )
    return Raw(
        cells=pd.concat([raw.cells for raw in whole], ignore_index=True),
        others=pd.concat([raw.others for raw in whole], ignore_index=True),
        source=source[list(SOURCE_COLUMNS)],
        headers={ours: theirs for raw in raws for ours, theirs in raw.headers.items()},
        problems=(*(p for raw in raws for p in raw.problems), *passed),
        totals=totals,
    )
