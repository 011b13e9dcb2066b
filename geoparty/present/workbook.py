"""``gaps.xlsx``: the lists as an office wants them, text never taken for a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema, words
from geoparty.present import class_facts, facts, labels, tables
from geoparty.present.block import Block, Cell, Share
from geoparty.present.palette import LEVEL_COLOURS, tint
from geoparty.present.reasons import REASONS, with_reasons
from geoparty.present.sheetrows import (
    MOST_TEXT,
    Cells,
    column_letters,
    date_cell,
    fill,
    number_cell,
    sample_styles,
    spread,
    text_cell,
)
from geoparty.words import Language

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_FIRST_WIDTH, _WIDTH, _LAST_COLUMN = 40, 13, 5
"""Widths of the summary's columns, characters, and its last column."""
_LINE_HEIGHT = 17
_WIDE = 2
"""Tables of at most so many columns take the whole width."""
_PLACE_COLUMNS = (
    "priority",
    "place_name",
    "place_kind",
    "commune_name",
    "province_name",
    "gap_level",
    "risk_reasons",
    "members",
    "official_members",
    "reinforced_members",
    "cell_status",
    "candidates",
    "households",
    "centre_min_dry",
    "centre_min_wet",
    "is_cut_off_wet",
    "is_border",
    "is_disadvantaged",
)
"""Columns that come first and are printed; the others follow on screen."""
_THEN = (REASONS,)
_COMMUNE_COLUMNS = (
    "commune_code",
    "commune_name",
    "commune_type",
    "province_name",
    "n_places",
    *(f"n_{level}" for level in schema.GAP_LEVELS),
    "members",
    "candidates",
    "households",
    "is_border",
    "border_km",
    "is_disadvantaged",
)
_WIDTHS = {"priority": 7, "place_name": 24, "commune_name": 18, "risk_reasons": 34}
_WIDTHS |= {"province_name": 16, "gap_level": 22, "place_id": 16, "reason": 60, REASONS: 110}
_WIDTHS |= {"detail": 30, "file": 24, "sheet": 16, "cell_status": 12, "place_kind": 12}
_WIDTHS |= dict.fromkeys(("members", "official_members", "reinforced_members", "candidates"), 9)
_WIDTHS |= dict.fromkeys(("households", "centre_min_dry", "centre_min_wet"), 12)
_WIDTHS |= dict.fromkeys(("is_cut_off_wet", "is_border", "is_disadvantaged"), 9)
_WRAPPED = ("risk_reasons", "reason")
"""Columns whose texts take several lines."""


def workbook_bytes(results: schema.Results) -> bytes:
    """Return the workbook: summary, places by priority, communes, sites, account, answers.

    Sheets are titled in the run's language; the defined names ``places``, ``communes``,
    ``sites`` and ``account`` point at the tables whatever the titles. What was not reported
    says so in words and is never a number; ``inf`` minutes read as no way through.
    """
    import xlsxwriter

    language = labels.language_of(results.run)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": _made_at(results.run), "title": _text("title", language)})
    styles = _Styles(book)
    _write_blocks(book, styles, "summary", facts.blocks(results, language), results)
    seasons = labels.season_labels(results.run, language)
    sheets = _sheets(results, language)
    for name, table in sheets:
        title = _text(f"sheet_{name}", language)
        _write_head(book.add_worksheet(title), styles, table, seasons, language)
        last = f"{column_letters(max(len(table.columns), 1) - 1)}${len(table) + 1}"
        book.define_name(name, f"='{title}'!$A$1:${last}")
    told = class_facts.blocks(results, language)
    if told:
        _write_blocks(book, styles, "class_plan", told, results)
    book.close()
    made = stream.getvalue()
    numbers = dict(zip(styles.cells, sample_styles(made, 2), strict=True))
    return fill(
        made,
        {i: _columns(table, numbers, language) for i, (_, table) in enumerate(sheets, start=2)},
        {i: _lines_of(table, language) for i, (_, table) in enumerate(sheets, start=2)},
    )


def _sheets(results: schema.Results, language: Language) -> list[tuple[str, pd.DataFrame]]:
    places = with_reasons(_flat(results.places), results.run, language)
    if "priority" in places:
        places = places.sort_values("priority", kind="stable", na_position="last")
    return [
        ("places", _ordered(places, (*_PLACE_COLUMNS, *_THEN))),
        ("communes", _ordered(_flat(results.communes), _COMMUNE_COLUMNS)),
        ("sites", _flat(results.sites)),
        ("account", _account(results.account, language)),
    ]


def _account(account: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the account with the table of each row, and how it was matched, in words."""
    table = tables.account_table(account, language)
    in_words = {
        name: table[name].map(partial(_told, name, language=language), na_action="ignore")
        for name in ("table", "how")
    }
    return table.assign(**in_words)


def _told(name: str, value: str, *, language: Language) -> str:
    return _text(f"{name}_{value}", language) if value else value


def _ordered(table: pd.DataFrame, first: Sequence[str]) -> pd.DataFrame:
    found = [name for name in first if name in table]
    return table[[*found, *(name for name in table if name not in found)]]


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.reset_index() if frame.index.name else frame
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))


class _Styles:
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
            "missing": add(italic=True, font_color="#6b6b6b", align="right"),
            **self.level,
        }
        """Formats of the cells of lists."""


def _write_head(
    sheet: Worksheet,
    styles: _Styles,
    table: pd.DataFrame,
    seasons: dict[str, str],
    language: Language,
) -> None:
    """Lay a list's sheet out: header, filter, paper, and the row of samples for its rows."""
    names = [str(c) for c in table.columns]
    for i, name in enumerate(names):
        sheet.write_string(0, i, labels.header(name, seasons, language), styles.head)
        sheet.set_column(i, i, _WIDTHS.get(name, 13))
    for i, style in enumerate(styles.cells.values()):
        sheet.write_blank(1, i, None, style)
    sheet.freeze_panes(1, names.index("place_name") + 1 if "place_name" in names else 0)
    last = max(len(names) - 1, 0)
    sheet.autofilter(0, 0, len(table), last)
    sheet.set_row(0, 62)
    _page(sheet)
    sheet.print_area(0, 0, len(table), min(last, len(_PLACE_COLUMNS) - 1))
    sheet.repeat_rows(0)


def _page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&P/&N")


def _columns(table: pd.DataFrame, styles: dict[str, int], language: Language) -> list[Cells]:
    """Return the cells of every column of a list."""
    hidden = text_cell(_text("masked", language), styles["missing"])
    return [
        np.where(
            labels.masked(table, str(name)),
            hidden,
            _cells(table[name], str(name), styles, language),
        )
        for name in table.columns
    ]


def _cells(column: pd.Series[Any], name: str, styles: dict[str, int], language: Language) -> Cells:
    """Return the cells of a column: words for codes and for what is unknown."""
    missing = text_cell(_missing(name, column, language), styles["missing"])
    values = column.dropna().unique()
    if name == "gap_level":
        cells = {
            level: text_cell(words.text(f"levels.{level}", language), styles[level])
            for level in schema.GAP_LEVELS
        }
    elif pd.api.types.is_datetime64_any_dtype(column):
        cells = {v: date_cell(v, styles["date"]) for v in map(pd.Timestamp, values)}
    elif pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        shown = labels.worded(pd.DataFrame({name: pd.Series(values)}), language)[name]
        style = styles["wrap" if name in _WRAPPED else "text"]
        cells = {v: text_cell(str(text), style) for v, text in zip(values, shown, strict=True)}
    elif pd.api.types.is_integer_dtype(column):
        style = styles["code" if name in ("row", "priority") else "whole"]
        cells = {v: number_cell(int(v), style) for v in values}
    else:
        column = column.astype(float).round(3)
        no_way = text_cell(_text("no_way", language), styles["missing"])
        cells = {
            v: number_cell(float(v), styles["tenth"]) if np.isfinite(v) else no_way
            for v in column.dropna().unique()
        }
    return spread(column, cells, missing)


def _lines_of(table: pd.DataFrame, language: Language) -> npt.NDArray[np.int64]:
    """Return how many lines the wrapped texts of each row take."""
    most = np.ones(len(table), dtype=np.int64)
    for name in _WRAPPED:
        if name in table:
            codes, values = pd.factorize(table[name], use_na_sentinel=True)
            shown = labels.worded(pd.DataFrame({name: pd.Series(values, dtype=object)}), language)
            length = [len(str(text)) for text in shown[name]]
            lines = np.ceil(np.array([*length, 1]) / _WIDTHS[name]).astype(np.int64)
            most = np.maximum(most, lines[codes])
    return most


def _missing(name: str, column: pd.Series[Any], language: Language) -> str:
    """Return the words for an unknown value of a column."""
    if name.rsplit("_", 1)[0].endswith("_min") or name.endswith("_min"):
        return _text("not_measured", language)
    if name in schema.COUNTS and name not in ("cell_id", "place_id", "commune_name"):
        return _text("not_reported", language)
    if name in ("households", "population", "working_age", "away_workers"):
        return _text("not_reported", language)
    if pd.api.types.is_bool_dtype(column) or name == "risk_reasons":
        return _text("unknown_value", language)
    return ""


def _write_blocks(
    book: Workbook, styles: _Styles, name: str, blocks: Sequence[Block], results: schema.Results
) -> None:
    """Write a sheet of blocks under one another, the note first."""
    language = labels.language_of(results.run)
    sheet = book.add_worksheet(_text(f"sheet_{name}", language))
    sheet.set_column(0, 0, _FIRST_WIDTH)
    sheet.set_column(1, _LAST_COLUMN + 3, _WIDTH)
    sheet.hide_gridlines(2)
    sheet.set_default_row(_LINE_HEIGHT)
    _page(sheet)
    sheet.set_portrait()
    row = 0
    note = labels.note(results.run, language)
    if note:
        sheet.merge_range(row, 0, row, _LAST_COLUMN, note, styles.warn)
        row += 1
    for block in blocks:
        sheet.write_string(row, 0, block.title, styles.block if row > 1 else styles.title)
        row = _write_block(sheet, styles, block, row + 1) + 1


def _write_block(sheet: Worksheet, styles: _Styles, block: Block, row: int) -> int:
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
    widths = {1: [_FIRST_WIDTH + rest], 2: [_FIRST_WIDTH, rest]}.get(columns, [_FIRST_WIDTH])
    return max(
        -(-len(text) // int(width))
        for text, width in zip((str(cell or "x") for cell in cells), widths, strict=False)
    )


def _style(styles: _Styles, value: Cell) -> Format:
    if isinstance(value, Share):
        return styles.share
    if isinstance(value, float):
        return styles.tenth
    return styles.whole if isinstance(value, int) else styles.wrap


def _text(key: str, language: Language) -> str:
    return words.text(f"present.{key}", language)


def _made_at(run: dict[str, Any]) -> datetime:
    stamp = pd.to_datetime(run.get("written_at"), errors="coerce")
    if stamp is None or pd.isna(stamp):
        return datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook has no time zone
    made: datetime = stamp.to_pydatetime().replace(tzinfo=None, microsecond=0)
    return made
