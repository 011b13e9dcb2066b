"""A messy table as a workbook: titles, joined headers, numbered columns, old fonts, a footer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from geoparty import words
from geoparty.read.legacy import Legacy, from_unicode
from geoparty.sample.workbook import WIDTH, WIDTHS, new_workbook

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FIRST_ROW = 8
"""Row of the sheet the first row of the table is on."""
GROUPS = {
    "members": "members",
    "official_members": "members",
    "reinforced_members": "members",
    "members_over_60": "members",
    "admitted": "admitted",
    "admitted_last_5y": "admitted",
    "admission_target": "admitted",
}
"""Columns that stand under a common header."""
FONTS: dict[Legacy, str] = {"tcvn3": ".VnTime", "vni": "VNI-Times"}


def office_sheet(name: str) -> str:
    """Return the name of the sheet of a table."""
    return words.text(f"sample.sheet_{name.split('_')[0]}")


def encoding_of(name: str) -> Legacy | None:
    """Return the old encoding a table is written in, from its file's name.

    Examples
    --------
    >>> encoding_of("counts_vni"), encoding_of("counts")
    ('vni', None)
    """
    return next((code for code in FONTS if name.endswith(f"_{code}")), None)


def office_workbook(name: str, table: pd.DataFrame, *, as_of: date) -> bytes:
    """Return the workbook of a messy table; all its cells are text, as they were typed."""
    code = encoding_of(name)
    book, stream = new_workbook(office_sheet(name), synthetic=True)
    page = book.add_worksheet(office_sheet(name))
    font = {"font_name": FONTS[code]} if code else {}
    cell = book.add_format({"border": 1, **font})
    head = book.add_format(
        {
            "bold": True,
            "border": 1,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
            **font,
        }
    )

    def typed(text: str) -> str:
        return from_unicode(text, code) if code else text

    title = book.add_format({"bold": True, "align": "center", "font_size": 13, **font})
    kind = name.split("_")[0]
    last = len(table.columns)
    page.write_string(0, 0, typed(words.text("sample.office_sender")), cell)
    page.merge_range(1, 0, 1, last, typed(words.text(f"sample.office_title_{kind}")), title)
    when = words.text("sample.office_date", date=f"{as_of:%d/%m/%Y}")
    page.merge_range(2, 0, 2, last, typed(when), title)
    _header(page, ["number", *table.columns], typed, head)
    for j in range(last + 1):
        page.write_string(FIRST_ROW - 2, j, f"({j + 1})", head)
    for i, row in enumerate(table.itertuples(index=False), start=FIRST_ROW - 1):
        page.write_number(i, 0, i - FIRST_ROW + 2, cell)
        for j, text in enumerate(row, start=1):
            if text:
                page.write_string(i, j, typed(text), cell)
    page.write_string(FIRST_ROW + len(table) + 1, 1, typed(words.text("sample.office_footer")))
    book.close()
    return stream.getvalue()


def _header(
    page: Worksheet, columns: list[str], typed: Callable[[str], str], style: Format
) -> None:
    """Write a header of two rows; columns of a group stand under one merged cell."""
    groups = [GROUPS.get(column) for column in columns]
    for j, column in enumerate(columns):
        page.set_column(j, j, WIDTHS.get(column, 6 if column == "number" else WIDTH))
        group = groups[j]
        if group is None:
            page.merge_range(4, j, 5, j, typed(words.text(f"sample.header_{column}")), style)
            continue
        page.write_string(5, j, typed(words.text(f"sample.office_{column}")), style)
        if j == groups.index(group):
            end = j + groups.count(group) - 1
            page.merge_range(4, j, 4, end, typed(words.text(f"sample.office_group_{group}")), style)
    page.set_row(5, 40)
