"""A sheet or a CSV file as a grid of cells, read block by block."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from geoparty.errors import InputError, Problem

MOST_ROWS = 1_048_576
"""Rows of an Excel sheet; a table of counts per place never comes near."""
BLOCK_ROWS = 50_000
ERROR_MARK = "#"
"""A cell that starts so holds an Excel error; ``#=`` a formula without a stored result."""
NO_RESULT = "#="

Row = list[object]


@dataclass(frozen=True)
class Grid:
    """One sheet: ``blocks()`` gives its rows from the first, in lists of BLOCK_ROWS at most.

    ``merges`` are (first row, first column, last row, last column), counted from 0, both ends
    in. ``fonts`` tells for a column (from 0) the legacy encoding of its fonts, where known.
    """

    name: str
    blocks: Callable[[], Iterator[list[Row]]]
    is_hidden: bool = False
    merges: tuple[tuple[int, int, int, int], ...] = ()
    fonts: dict[int, str] = field(default_factory=dict)


@dataclass
class SheetNotes:
    """What a sheet's cells do not tell: marks for errors, legacy encodings of fonts."""

    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    fonts: dict[int, str] = field(default_factory=dict)

    def add_fonts(self, styled: Counter[tuple[int, str]]) -> None:
        """Note the encoding of most cells of each column, given how many have which."""
        for (column, encoding), _ in styled.most_common():
            self.fonts.setdefault(column, encoding)


def font_encoding(name: str) -> str | None:
    """Return the legacy encoding of texts in a font, None where they are Unicode.

    Examples
    --------
    >>> font_encoding(".VnTimeH"), font_encoding("VNI-Times"), font_encoding("Times New Roman")
    ('tcvn3', 'vni', None)
    """
    if name.startswith(".Vn"):
        return "tcvn3"
    return "vni" if name.upper().startswith("VNI") else None


def in_blocks(rows: list[Row]) -> Callable[[], Iterator[list[Row]]]:
    """Return what gives rows that are in memory, block by block."""
    return lambda: (rows[at : at + BLOCK_ROWS] for at in range(0, len(rows), BLOCK_ROWS))


def open_file(path: Path | str) -> Path:
    """Return the path of a file that is there and not empty.

    Raises
    ------
    InputError
        No such file, a folder that is no data set, or nothing in it.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(Problem(key="read.no_file", params={"path": str(path)}, file=path.name))
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise InputError(Problem(key="read.is_folder", file=path.name))
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(Problem(key="read.empty_file", file=path.name))
    return path


def damaged(path: Path, why: object) -> InputError:
    """Return the error for a file that does not open, with the reason in few words."""
    shown = str(why).replace(str(path), path.name).replace(f"{path.parent}{os.sep}", "")
    shown = " ".join(re.sub(r"(?:[A-Za-z]:)?[\\/](?:[^\\/\s'\"]+[\\/])+", "", shown).split())[:120]
    return InputError(Problem(key="read.damaged", params={"why": shown}, file=path.name))


def is_filled(row: Row) -> bool:
    """Tell whether any cell of a row has something in it."""
    return any(cell is not None and cell != "" and str(cell).strip() for cell in row)
