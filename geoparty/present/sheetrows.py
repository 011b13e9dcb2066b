"""Rows of a worksheet as XML, a column at a time: a country's list in seconds.

xlsxwriter makes the workbook, with one row of samples in each list; :func:`fill` puts the
list's rows in its place. Text is only ever an inline string, so that nothing can run.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST_TEXT = 32_767
"""Characters a cell can hold; longer text is cut."""

_SAMPLES = re.compile(r'<row r="2"[^>]*>.*?</row>', re.DOTALL)
_STYLE = re.compile(r'<c r="[A-Z]+2" s="(\d+)"')
_DIMENSION = re.compile(r'<dimension ref="[^"]*"/>')
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_PIECE = 5_000
_EPOCH = pd.Timestamp("1899-12-30")

_LINE_HEIGHT = 15
Cells = npt.NDArray[np.object_]
"""For each row the end of its ``<c r="A2"`` element: style and value."""


def text_cell(text: str, style: int) -> str:
    """Return a cell that holds text and nothing else.

    Examples
    --------
    >>> text_cell("=1 < 2", 3)
    ' s="3" t="inlineStr"><is><t xml:space="preserve">=1 &lt; 2</t></is></c>'
    """
    kept = _ESCAPED.sub("_x005F_", text[:MOST_TEXT])
    kept = _CONTROL.sub(lambda match: f"_x{ord(match[0]):04X}_", kept)
    return f' s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(kept)}</t></is></c>'


def number_cell(value: float, style: int) -> str:
    """Return a cell that holds a finite number."""
    return f' s="{style}"><v>{value!r}</v></c>'


def date_cell(value: pd.Timestamp, style: int) -> str:
    """Return a cell that holds a date."""
    return f' s="{style}"><v>{(value - _EPOCH) / pd.Timedelta(days=1):.10g}</v></c>'


def spread(column: pd.Series[Any], cell: Mapping[Any, str], missing: str) -> Cells:
    """Return the cell of each value of a column; ``cell`` has one for each distinct value."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    kinds: Cells = np.array([*(cell[value] for value in values), missing], dtype=object)
    return np.asarray(kinds[codes])


def fill(
    workbook: bytes,
    lists: Mapping[int, Sequence[Cells]],
    lines: Mapping[int, npt.NDArray[np.int64]],
) -> bytes:
    """Return a workbook whose sample rows are replaced by lists, by number of the sheet.

    ``lines`` says how many lines of text each row of a sheet takes.
    """
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as new,
    ):
        parts = {
            f"xl/worksheets/sheet{number}.xml": (cells, lines[number])
            for number, cells in lists.items()
        }
        for name in old.namelist():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            data = old.read(name)
            with new.open(info, "w") as part:
                for text in _filled(data.decode(), *parts[name]) if name in parts else [data]:
                    part.write(text)
    return stream.getvalue()


def sample_styles(workbook: bytes, sheet: int) -> list[int]:
    """Return the numbers of the styles of a sheet's sample row, in its order."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        text = book.read(f"xl/worksheets/sheet{sheet}.xml").decode()
    return [int(style) for style in _STYLE.findall(text)]


def _filled(sheet: str, columns: Sequence[Cells], lines: npt.NDArray[np.int64]) -> Iterator[bytes]:
    """Yield a sheet whose sample row is replaced by the cells of columns, in pieces."""
    n = len(columns[0]) if columns else 0
    letters = [column_letters(i) for i in range(len(columns))]
    last = f"{letters[-1]}{n + 1}" if letters else "A1"
    sheet = _DIMENSION.sub(f'<dimension ref="A1:{last}"/>', sheet, count=1)
    before, after = _SAMPLES.split(sheet, maxsplit=1)
    yield before.encode()
    for start in range(0, n, _PIECE):
        pieces = [column[start : start + _PIECE].tolist() for column in columns]
        numbers = range(start + 2, start + 2 + len(pieces[0]))
        parts = [
            [f'<c r="{letter}{row}"{end}' for row, end in zip(numbers, piece, strict=True)]
            for letter, piece in zip(letters, pieces, strict=True)
        ]
        heads = [
            f'<row r="{row}" ht="{_LINE_HEIGHT * n}" customHeight="1">'
            for row, n in zip(numbers, lines[start : start + _PIECE].tolist(), strict=True)
        ]
        rows = zip(heads, zip(*parts, strict=True), strict=True)
        yield "".join(f"{head}{''.join(cells)}</row>" for head, cells in rows).encode()
    yield after.encode()


def column_letters(column: int) -> str:
    """Return the letters of a column counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
