"""CSV files: any delimiter and encoding, read block by block."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoparty.errors import InputError, Problem
from geoparty.read.grids import BLOCK_ROWS, MOST_ROWS, Grid, Row, damaged
from geoparty.read.legacy import is_vietnamese

_SAMPLE_BYTES = 1 << 18
_DELIMITERS = ",;\t|"
_MOST_FIELD = 32_767
"""Characters of an Excel cell."""
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def open_csv(path: Path) -> Grid:
    """Return a CSV file as one grid; it is read again at each pass, never held whole.

    The encoding is UTF-8, UTF-16 or UTF-32 where its bytes say so; else Windows-1258, or
    Latin-1 where only that makes sense of the text as TCVN3 or VNI. The delimiter is the one
    of comma, semicolon, tab and bar that cuts the lines most evenly.

    Raises
    ------
    InputError
        Not a text file. Faults further down are raised while reading.
    """
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    encoding = _encoding(sample, path)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    delimiter = _delimiter(text)
    return Grid("", lambda: _blocks(path, encoding, delimiter))


def _encoding(sample: bytes, path: Path) -> str:
    for bom, encoding in _BOMS.items():
        if sample.startswith(bom):
            return encoding
    if b"\0" in sample:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if max(even, odd) < 0.2 * len(sample) or min(even, odd) > 0.1 * len(sample):
            raise damaged(path, "NUL")
        return "utf-16-be" if even > odd else "utf-16-le"
    if sample.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"SQLite format 3")):
        raise InputError(Problem(key="read.not_csv", file=path.name))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        windows = sample.decode("cp1258", errors="replace")
        return "cp1258" if is_vietnamese(windows) else "latin-1"
    return "utf-8"


def _delimiter(text: str) -> str:
    """Return the delimiter that most lines have most evenly, quoted parts left out."""
    lines = [line[:_MOST_FIELD] for line in text.splitlines()[:200] if line.strip()]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        score = wide.count(usual) / len(widths) + usual / 1000
        if score > most:
            best, most = delimiter, score
    return best


def _blocks(path: Path, encoding: str, delimiter: str) -> Iterator[list[Row]]:
    block: list[Row] = []
    with path.open(encoding=encoding, newline="", errors="strict") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        try:
            for number, row in enumerate(reader, start=1):
                _check_row(row, number, delimiter, path)
                block.append(list[Any](row))
                if len(block) == BLOCK_ROWS:
                    yield block
                    block = []
        except csv.Error:  # a field longer than csv.field_size_limit()
            rows = (reader.line_num,)
            raise InputError(Problem(key="read.open_quote", file=path.name, rows=rows)) from None
        except UnicodeDecodeError as error:
            params = {"encoding": encoding, "row": reader.line_num + 1}
            raise InputError(
                Problem(key="read.mixed_encoding", params=params, file=path.name)
            ) from error
    if block:
        yield block


def _check_row(row: list[str], number: int, delimiter: str, path: Path) -> None:
    if number > MOST_ROWS:
        raise InputError(
            Problem(key="read.too_many_rows", params={"most": MOST_ROWS}, file=path.name)
        )
    for cell in row:
        if len(cell) > _MOST_FIELD or ("\n" in cell and _swallows(cell, len(row), delimiter)):
            raise InputError(Problem(key="read.open_quote", file=path.name, rows=(number,)))


def _swallows(cell: str, width: int, delimiter: str) -> bool:
    """Tell whether a quoted cell holds what look like whole lines of the table."""
    lines = cell.split("\n")
    return len(lines) > 20 or max(line.count(delimiter) for line in lines) >= max(1, width - 1)
