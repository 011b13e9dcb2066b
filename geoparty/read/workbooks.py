"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS): sheets as grids, with what their cells do not tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoparty.errors import InputError, Problem
from geoparty.read.grids import Grid, Row, SheetNotes, damaged, in_blocks
from geoparty.read.packages import inspect_package
from geoparty.read.xls import inspect_xls

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The part of an OLE file that a workbook with a password is kept in (MS-OFFCRYPTO)."""
_KINDS = {
    b"%PDF": "PDF",
    b"<htm": "HTML",
    b"<!DO": "HTML",
    b"<?xm": "XML",
    b"{\\rt": "RTF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
}


def open_workbook(path: Path) -> list[Grid]:
    """Return the worksheets of a workbook.

    A cell with an Excel error, or a formula whose result was never stored, holds a mark
    (``grids.ERROR_MARK``) instead of the blank that would be taken for "not reported".

    Raises
    ------
    InputError
        Another kind of file, damaged, protected by a password, or larger than can be held.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    with path.open("rb") as stream:
        head = stream.read(8)
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            raise InputError(
                Problem(key="read.not_workbook", params={"kind": kind}, file=path.name)
            )
    notes = inspect_package(path) if head.startswith(b"PK") else {}
    try:
        with CalamineWorkbook.from_path(path) as book:
            notes = notes or (inspect_xls(path) if head.startswith(_OLE) else {})
            return [
                _grid(book.get_sheet_by_name(sheet.name), notes.get(sheet.name), _hidden(sheet))
                for sheet in book.sheets_metadata
                if str(sheet.typ) == "SheetTypeEnum.WorkSheet"
            ]
    except PasswordError:
        raise InputError(Problem(key="read.password", file=path.name)) from None
    except InputError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        if head.startswith(_OLE) and _ENCRYPTED in path.read_bytes():  # an .xlsx named .xls
            raise InputError(Problem(key="read.password", file=path.name)) from None
        raise damaged(path, error) from None


def _hidden(sheet: object) -> bool:
    return not str(getattr(sheet, "visible", "")).endswith("Visible")


def _grid(sheet: CalamineSheet, notes: SheetNotes | None, hidden: bool) -> Grid:
    rows: list[Row] = [list[object](row) for row in sheet.to_python(skip_empty_area=False)]
    if notes:
        for (row, column), mark in notes.marks.items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = mark
    merges = tuple((r0, c0, r1, c1) for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or ())
    return Grid(sheet.name, in_blocks(rows), hidden, merges, notes.fonts if notes else {})
