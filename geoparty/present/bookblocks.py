"""Sheets of blocks of figures, and what every sheet of the workbook has: letters and paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoparty.present.block import Block, Cell, Share
from geoparty.present.palette import LEVEL_COLOURS, tint
from geoparty.present.sheetrows import MOST_TEXT

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_LETTERS, _CAPITAL, _EDGE = 1.25, 1.4, 2
"""Small letters a column holds for each character of its width; how many of them a capital
takes; characters of the width that no letter stands on."""
_FIRST_WIDTH, _WIDTH, _LAST_COLUMN = 40, 13, 5
"""Widths of the columns, characters, and the last of them."""
_LINE_HEIGHT = 17
_WIDE = 2
"""Tables of at most so many columns take the whole width."""
_MOST_HEADER = 180


class Styles:
    """Cell formats of one workbook, made once."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter"}

        def add(**more: object) -> Format:
            return book.add_format(base | more)

        self.title = add(bold=True, font_size=14)
        self.block = add(bold=True, font_size=12)
        self.warn = add(bold=True, font_color="#9c0006", bg_color="#ffe2dd")
        self.head = add(bold=True, text_wrap=True, bg_color="#e7ecef", border=1)
        self.text = add(indent=1)
        self.wrap = add(text_wrap=True)
        self.whole = add(num_format="#,##0")
        self.tenth = add(num_format="#,##0.0")
        self.share = add(num_format="0.0%")
        self.left = {
            int: add(num_format="#,##0", align="left"),
            float: add(num_format="#,##0.0", align="left"),
            Share: add(num_format="0.0%", align="left"),
        }
        self.level = {level: add(bg_color=tint(colour)) for level, colour in LEVEL_COLOURS.items()}
        self.cells = {
            "text": self.text,
            "wrap": add(text_wrap=True, indent=1),
            "whole": self.whole,
            "tenth": self.tenth,
            "code": add(num_format="0"),
            "date": add(num_format="dd/mm/yyyy"),
            "missing": add(italic=True, font_color="#6b6b6b", align="right", shrink=True),
            **self.level,
        }
        """Formats of the cells of lists."""


def lines_in(text: str, width: int) -> int:
    """Return how many lines a text takes in a column of some width in characters.

    Examples
    --------
    >>> lines_in("Bản Nà", 28), lines_in("TRƯỜNG PTDTBT TIỂU HỌC NÀ BỦNG", 28)
    (1, 2)
    """
    letters = len(text) + (_CAPITAL - 1) * sum(map(str.isupper, text))
    return max(1, math.ceil(letters / ((width - _EDGE) * _LETTERS)))


def set_page(sheet: Worksheet, note: str | None) -> None:
    """Set a sheet's paper: A4 across, one page wide, its name and the note above, pages below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    told = (note or "")[:_MOST_HEADER].replace("&", "&&")
    sheet.set_header(f'&L&9&"Times New Roman,Bold"&A&R&9&"Times New Roman,Italic" {told}')
    sheet.set_footer("&C&9&P/&N")


def write_blocks(
    sheet: Worksheet, styles: Styles, blocks: Sequence[Block], note: str | None
) -> None:
    """Write blocks under one another, the note first."""
    sheet.set_column(0, 0, _FIRST_WIDTH)
    sheet.set_column(1, _LAST_COLUMN, _WIDTH)
    sheet.hide_gridlines(2)
    sheet.set_default_row(_LINE_HEIGHT)
    set_page(sheet, None)
    sheet.set_portrait()
    row = 0
    if note:
        sheet.merge_range(row, 0, row, _LAST_COLUMN, note, styles.warn)
        row += 1
    for block in blocks:
        sheet.write_string(row, 0, block.title, styles.block if row > 1 else styles.title)
        row = _write_block(sheet, styles, block, row + 1) + 1


def _write_block(sheet: Worksheet, styles: Styles, block: Block, row: int) -> int:
    """Write one block from a row on and return the row after it."""
    columns = max(len(block.headers), max(len(cells) for cells in block.rows))
    shown = styles.left if columns <= _WIDE else {}
    if block.headers:
        sheet.set_row(row, 2 * _LINE_HEIGHT)
        _write_row(sheet, row, block.headers, [styles.head] * columns, columns)
        row += 1
    for k, cells in enumerate(block.rows):
        found = [shown.get(type(value)) or _style(styles, value) for value in cells]
        if k < len(block.levels):
            found[0] = styles.level[block.levels[k]]
        sheet.set_row(row, _LINE_HEIGHT * _lines(cells, columns))
        _write_row(sheet, row, cells, found, columns)
        row += 1
    return row


def _write_row(
    sheet: Worksheet,
    row: int,
    cells: Sequence[Cell],
    styles: Sequence[Format],
    columns: int,
) -> None:
    """Write the cells of a row; in tables of one or two columns the last takes the rest."""
    for i, (value, style) in enumerate(zip(cells, styles, strict=True)):
        wide = columns <= _WIDE and i == columns - 1
        if wide:
            sheet.merge_range(row, i, row, _LAST_COLUMN, "", style)
        if isinstance(value, str):
            sheet.write_string(row, i, value[:MOST_TEXT], style)
        elif value is not None:
            sheet.write_number(row, i, value, style)


def _lines(cells: Sequence[Cell], columns: int) -> int:
    """Return how many lines the longest text of a row takes, wrapped."""
    rest = _WIDTH * _LAST_COLUMN
    few = {1: [_FIRST_WIDTH + rest], _WIDE: [_FIRST_WIDTH, rest]}
    widths = few.get(columns, [_FIRST_WIDTH, *[_WIDTH] * (columns - 1)])
    return max(
        lines_in(cell, width) if isinstance(cell, str) else 1
        for cell, width in zip(cells, widths, strict=False)
    )


def _style(styles: Styles, value: Cell) -> Format:
    if isinstance(value, Share):
        return styles.share
    if isinstance(value, float):
        return styles.tenth
    return styles.whole if isinstance(value, int) else styles.wrap
