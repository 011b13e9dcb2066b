"""The office's own workbook back again, its rows and columns as they were, ours beside them."""

from __future__ import annotations

import io
import zipfile
from copy import copy
from typing import TYPE_CHECKING

import pandas as pd

from geoparty import schema, words
from geoparty.errors import InputError, Problem
from geoparty.present import labels, tables
from geoparty.words import Language

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SIGN = "▸ "
"""Starts the header of every column that is ours."""

_RESULTS = ("place_id", "gap_level", "risk_reasons", "has_local_members", "is_border", "priority")


def add_to_workbook(
    source: bytes,
    results: schema.Results,
    *,
    file: str,
    language: Language | None = None,
) -> bytes:
    """Return a workbook of the office with our columns added at the right of its tables.

    ``source`` is the .xlsx file that was read as ``file``. Every row the account knows gets
    its outcome and reason; rows that were matched get the results of their place. Nothing
    else changes: rows, columns, formulas, formats and other sheets stay. Columns added by an
    earlier call are filled again, not added twice. Our texts are never formulas.

    Raises
    ------
    InputError
        The file is not an .xlsx workbook.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(source))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise InputError(Problem(key="present.not_xlsx", file=file)) from error
    spoken = language or labels.language_of(results.run)
    rows = results.account[results.account["file"] == file]
    added = _added(rows, results, spoken)
    for sheet, part in added.groupby(rows["sheet"].fillna("").to_numpy(), sort=False):
        name = str(sheet)
        if name in book.sheetnames:
            _fill(book[name], part, rows.loc[part.index, "row"].astype(int).tolist())
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _added(rows: pd.DataFrame, results: schema.Results, language: Language) -> pd.DataFrame:
    """Return our columns for rows of the account, headed and in words."""
    seasons = labels.season_labels(results.run, language)
    wanted = [*_RESULTS, *(f"{stem}_{s}" for s in seasons for stem in ("centre_min", "is_cut_off"))]
    places = pd.DataFrame(results.places.reset_index())
    places = labels.worded(places[[name for name in wanted if name in places]], language)
    shown = places.set_index("place_id", drop=False)
    own = shown.reindex(rows["place_id"].fillna("").astype(object)).set_axis(rows.index)
    out = pd.DataFrame(
        {
            "outcome": labels.worded(rows[["outcome"]], language)["outcome"],
            "reason": [
                tables.reason_words(key, detail, language)
                for key, detail in zip(rows["reason"], rows["detail"], strict=True)
            ],
        },
        index=rows.index,
    ).join(own)
    no_way = words.text("present.no_way", language)
    for name in out.columns:
        if pd.api.types.is_float_dtype(out[name]):
            infinite = out[name].eq(float("inf"))
            out[name] = out[name].round(1).astype(object).mask(infinite, no_way)
    return out.rename(columns=lambda name: SIGN + labels.header(str(name), seasons, language))


def _fill(sheet: Worksheet, added: pd.DataFrame, rows: list[int]) -> None:
    """Write our columns into a sheet; the row above the first one is its header."""
    head = max(min(rows) - 1, 1)
    ours = {
        cell.value: cell.column
        for cell in sheet[head]
        if isinstance(cell.value, str) and cell.value.startswith(SIGN)
    }
    last = sheet.max_column
    for name in added.columns:
        if name not in ours:
            last += 1
            ours[name] = last
            _head(sheet, head, last, name)
        for row, value in zip(rows, added[name], strict=True):
            cell = sheet.cell(row, ours[name])
            cell.value = None if pd.isna(value) else value
            if isinstance(value, str):
                cell.data_type = "s"


def _head(sheet: Worksheet, row: int, column: int, text: str) -> None:
    cell, beside = sheet.cell(row, column), sheet.cell(row, max(column - 1, 1))
    cell.value = text
    cell.data_type = "s"
    for part in ("font", "border", "alignment", "fill"):
        setattr(cell, part, copy(getattr(beside, part)))
    sheet.column_dimensions[cell.column_letter].width = 18
