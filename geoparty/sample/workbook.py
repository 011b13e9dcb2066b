"""Excel workbooks as an office would lay them out, the same bytes every time."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoparty import schema, words
from geoparty.words import Language

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

PLACE_COLUMNS = (
    "place_id",
    "place_name",
    "place_kind",
    "commune_code",
    "commune_name",
    "households",
    "population",
    "working_age",
    "away_workers",
    "valid_from",
    "lon",
    "lat",
)
COUNT_COLUMNS = tuple(schema.COUNTS)
A4 = 9
WIDTH = 12
WIDTHS = {"place_name": 34, "commune_name": 20, "place_kind": 16, "place_id": 13, "cell_id": 16}
CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed stamp keeps files equal


def headers(columns: tuple[str, ...] | list[str], language: Language) -> list[str]:
    """Return what an office writes above these columns.

    Examples
    --------
    >>> headers(["place_name", "households"], "vi")
    ['Thôn, bản', 'Số hộ']
    """
    return [words.text(f"sample.header_{column}", language) for column in columns]


def worded(frame: pd.DataFrame, language: Language = "vi") -> pd.DataFrame:
    """Return the frame with coded values in words: kinds, cell states, yes and no."""
    out = frame.copy()
    for column in out.columns:
        if column in ("place_kind", "cell_status"):
            coded = {v: words.text(f"levels.{v}", language) for v in out[column].dropna().unique()}
            out[column] = out[column].map(coded)
        elif str(out[column].dtype) == "boolean":
            yes_no = {flag: words.text(f"sample.{name}", language) for flag, name in YES_NO.items()}
            out[column] = out[column].astype(object).map(yes_no)
    return out


YES_NO = {True: "yes", False: "no"}


def new_workbook(title: str, *, synthetic: bool) -> tuple[xlsxwriter.Workbook, io.BytesIO]:
    """Return an empty workbook in memory, with its title and a fixed date."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    note = " · ".join(words.text("sample.synthetic", language) for language in words.LANGUAGES)
    book.set_properties({"title": title, "comments": note if synthetic else "", "created": CREATED})
    return book, stream


def table_workbook(frame: pd.DataFrame, *, sheet: str, language: Language = "vi") -> bytes:
    """Return a workbook of one synthetic table; the sheet's name and its print header say so."""
    note = words.text("sample.synthetic", language)
    book, stream = new_workbook(sheet, synthetic=True)
    page = book.add_worksheet(sheet)
    page.set_header(f"&C{note}")
    write_header(book, page, list(frame.columns), language)
    rows = worded(frame, language).astype(object).where(frame.notna(), None)
    for i, row in enumerate(rows.itertuples(index=False), start=1):
        for j, value in enumerate(row):
            if value is not None:
                page.write(i, j, plain(value))
    book.close()
    return stream.getvalue()


def write_header(
    book: xlsxwriter.Workbook, page: Worksheet, columns: list[str], language: Language
) -> None:
    """Write the header row of a sheet: bold, wrapped, frozen, columns wide enough."""
    style = book.add_format(
        {
            "bold": True,
            "text_wrap": True,
            "valign": "vcenter",
            "align": "center",
            "border": 1,
            "bg_color": "#DDEBF7",
        }
    )
    for j, (column, text) in enumerate(zip(columns, headers(columns, language), strict=True)):
        page.set_column(j, j, WIDTHS.get(column, WIDTH))
        page.write_string(0, j, text, style)
    page.set_row(0, 48)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)


def plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Return a value as the workbook takes it: Python numbers, text and dates."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
