"""Look into an XLS workbook for what its cells do not tell: errors, and the fonts of texts."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from geoparty.read.grids import SheetNotes, damaged, font_encoding

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Sheet


def inspect_xls(path: Path) -> dict[str, SheetNotes]:
    """Return notes by sheet name.

    Calamine reads the values of an XLS file faster and more surely, but gives an error as a
    blank, and no fonts; xlrd gives both.

    Raises
    ------
    InputError
        xlrd cannot read it: an error would then pass for a number that was not reported.
    """
    import xlrd

    try:
        with xlrd.open_workbook(
            str(path), logfile=io.StringIO(), formatting_info=True, on_demand=True
        ) as book:
            fonts = _legacy_fonts(book)
            notes = {}
            for name in book.sheet_names():
                notes[name] = _notes(book.sheet_by_name(name), fonts)
                book.unload_sheet(name)
            return notes
    except Exception as error:  # xlrd ends in a dozen ways on an odd file
        raise damaged(path, error) from None


def _legacy_fonts(book: Book) -> dict[int, str]:
    """Return the legacy encoding of each cell format whose font has one."""
    named = {i: font_encoding(font.name) for i, font in enumerate(book.font_list)}
    formats = {i: named.get(xf.font_index) for i, xf in enumerate(book.xf_list)}
    return {i: encoding for i, encoding in formats.items() if encoding}


def _notes(sheet: Sheet, fonts: dict[int, str]) -> SheetNotes:
    import xlrd

    notes = SheetNotes()
    styled: Counter[tuple[int, str]] = Counter()
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind == xlrd.XL_CELL_ERROR:
                shown = xlrd.error_text_from_code.get(sheet.cell_value(row, column), "#")
                notes.marks[row, column] = shown
            elif kind == xlrd.XL_CELL_TEXT and fonts:
                encoding = fonts.get(sheet.cell_xf_index(row, column))
                styled.update([(column, encoding)] if encoding else [])
    notes.add_fonts(styled)
    return notes
