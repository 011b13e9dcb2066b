"""``gaps.xlsx``: the lists as an office wants them, text never taken for a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema, words
from geoparty.present import class_facts, facts, labels, tables
from geoparty.present.bookblocks import Styles, lines_in, set_page, write_blocks
from geoparty.present.reasons import REASONS, with_reasons
from geoparty.present.sheetrows import (
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
    from xlsxwriter.worksheet import Worksheet

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
    "centre_min",
    "is_cut_off",
    "is_border",
    "is_disadvantaged",
)
"""Columns that come first and are printed, of seasons the last; the others follow on screen."""
_OF_SEASON = ("centre_min", "is_cut_off")
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
_SITE_COLUMNS = ("site_id", "place_name", "commune_name", "n_candidates", "mean_min", "max_min")
_ACCOUNT_COLUMNS = ("file", "sheet", "row", "table", "outcome", "reason")
_WIDTHS = {"priority": 7, "place_name": 28, "commune_name": 15, "risk_reasons": 46}
_WIDTHS |= {"province_name": 16, "gap_level": 20, "place_id": 16, "reason": 100, REASONS: 110}
_WIDTHS |= {"detail": 30, "file": 18, "sheet": 22, "row": 7, "outcome": 20, "table": 18}
_WIDTHS |= {"cell_status": 11, "place_kind": 10, "households": 8, "commune_code": 9}
_WIDTHS |= dict.fromkeys(("members", "official_members", "reinforced_members", "candidates"), 9)
_WIDTHS |= dict.fromkeys(("centre_min", "commune_type"), 10)
_WIDTHS |= dict.fromkeys(("is_cut_off", "is_border", "is_disadvantaged"), 8)
_WIDTHS |= dict.fromkeys(("n_places", *(f"n_{level}" for level in schema.GAP_LEVELS)), 10)
_WRAPPED = ("place_name", "risk_reasons", "reason")
"""Columns whose texts take several lines."""
_UPRIGHT = 100
"""Lists whose printed columns are no wider than this stand upright on paper."""
_AS_IT_SHOULD_BE = ("matched", "total")
"""Outcomes of rows nobody has to look at."""


class _List(NamedTuple):
    """A sheet that lists a table; what is printed of it stands first."""

    name: str
    table: pd.DataFrame
    n_columns: int
    """Columns printed."""
    n_rows: int
    """Rows printed."""


def workbook_bytes(results: schema.Results) -> bytes:
    """Return the workbook: summary, places by priority, communes, sites, answers, account.

    Sheets are titled in the run's language; the defined names ``places``, ``communes``,
    ``sites`` and ``account`` point at the tables whatever the titles. What was not reported
    says so in words and is never a number; ``inf`` minutes read as no way through.

    Every list is in the file whole. Paper gets, of the places, those with a gap; of the account,
    the rows somebody has to look at, which stand first.
    """
    import xlsxwriter

    language = labels.language_of(results.run)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": _made_at(results.run), "title": _text("title", language)})
    styles = Styles(book)
    note = labels.note(results.run, language)
    blocks = {
        "summary": facts.blocks(results, language),
        "class_plan": class_facts.blocks(results, language),
    }
    sheets = {listed.name: listed for listed in _lists(results, language)}
    seasons = labels.season_labels(results.run, language)
    order = ("summary", "places", "communes", "sites", "class_plan", "account")
    there = [name for name in order if name in sheets or blocks[name]]
    for name in there:
        title = _text(f"sheet_{name}", language)
        sheet = book.add_worksheet(title)
        if name in blocks:
            write_blocks(sheet, styles, blocks[name], note)
            continue
        table = sheets[name].table
        set_page(sheet, note)
        _write_head(sheet, styles, sheets[name], seasons, language)
        last = f"{column_letters(max(len(table.columns), 1) - 1)}${len(table) + 1}"
        book.define_name(name, f"='{title}'!$A$1:${last}")
    book.close()
    made = stream.getvalue()
    listed = {i: sheets[name].table for i, name in enumerate(there, start=1) if name in sheets}
    numbers = dict(zip(styles.cells, sample_styles(made, next(iter(listed))), strict=True))
    return fill(
        made,
        {i: _columns(table, numbers, language) for i, table in listed.items()},
        {i: _lines_of(table, language) for i, table in listed.items()},
    )


def _lists(results: schema.Results, language: Language) -> list[_List]:
    places = with_reasons(_flat(results.places), results.run, language)
    n_gaps = len(places)
    if "priority" in places:
        places = places.sort_values("priority", kind="stable", na_position="last")
        n_gaps = int(places["priority"].notna().sum())
    account, n_open = _account(results.account, language)
    several = "province_name" in places and len(places["province_name"].unique()) > 1
    first, then = _of_seasons(places)
    of_place = [
        first.get(name, name) for name in _PLACE_COLUMNS if several or name != "province_name"
    ]
    of_commune = [name for name in _COMMUNE_COLUMNS if several or name != "province_name"]
    return [
        _listed("places", places, of_place, n_gaps, then=[*then, REASONS]),
        _listed("communes", _flat(results.communes), of_commune),
        _listed("sites", _flat(results.sites), _SITE_COLUMNS),
        _listed("account", account, _ACCOUNT_COLUMNS, n_open),
    ]


def _of_seasons(places: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Return the columns of the last season by what they tell, and minutes of the others."""
    stem = f"{_OF_SEASON[0]}_"
    seasons = [name.removeprefix(stem) for name in map(str, places) if name.startswith(stem)]
    last = {name: f"{name}_{seasons[-1]}" for name in _OF_SEASON} if seasons else {}
    return last, [stem + season for season in seasons[:-1]]


def _listed(
    name: str,
    table: pd.DataFrame,
    printed: Sequence[str],
    n_rows: int | None = None,
    *,
    then: Sequence[str] = (),
) -> _List:
    """Return a list with the columns that are printed first; all rows are where none is said."""
    first = [column for column in printed if column in table]
    rest = [column for column in (*then, *table) if column in table and column not in first]
    columns = dict.fromkeys((*first, *rest))
    n = len(table) if n_rows is None else n_rows
    return _List(name, table[[*columns]], len(first), n)


def _account(account: pd.DataFrame, language: Language) -> tuple[pd.DataFrame, int]:
    """Return the account in words, rows to be looked at first, and how many they are."""
    is_open = ~account["outcome"].isin(_AS_IT_SHOULD_BE) | account["reason"].fillna("").ne("")
    account = account.loc[(~is_open).sort_values(kind="stable").index]
    table = tables.account_table(account, language)
    in_words = {
        name: table[name].map(partial(_told, name, language=language), na_action="ignore")
        for name in ("table", "how")
    }
    return table.assign(**in_words), int(is_open.sum())


def _told(name: str, value: str, *, language: Language) -> str:
    return _text(f"{name}_{value}", language) if value else value


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.reset_index() if frame.index.name else frame
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))


def _write_head(
    sheet: Worksheet, styles: Styles, listed: _List, seasons: dict[str, str], language: Language
) -> None:
    """Lay a list's sheet out: header, filter, what is printed, and samples for its rows."""
    table = listed.table
    names = [str(c) for c in table.columns]
    for i, name in enumerate(names):
        sheet.write_string(0, i, labels.header(name, seasons, language), styles.head)
        sheet.set_column(i, i, _width(name))
    for i, style in enumerate(styles.cells.values()):
        sheet.write_blank(1, i, None, style)
    sheet.freeze_panes(1, names.index("place_name") + 1 if "place_name" in names else 0)
    last = max(len(names) - 1, 0)
    sheet.autofilter(0, 0, len(table), last)
    sheet.set_row(0, 62)
    sheet.hide_gridlines(0)
    if sum(map(_width, names[: listed.n_columns])) <= _UPRIGHT:
        sheet.set_portrait()
    sheet.print_area(0, 0, listed.n_rows, max(listed.n_columns - 1, 0))
    sheet.repeat_rows(0)


def _width(name: str) -> int:
    of_season = next((stem for stem in _OF_SEASON if name.startswith(f"{stem}_")), name)
    return _WIDTHS.get(of_season, 13)


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
            lines = [lines_in(str(text), _WIDTHS[name]) for text in shown[name]]
            most = np.maximum(most, np.array([*lines, 1])[codes])
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


def _text(key: str, language: Language) -> str:
    return words.text(f"present.{key}", language)


def _made_at(run: dict[str, Any]) -> datetime:
    stamp = pd.to_datetime(run.get("written_at"), errors="coerce")
    if stamp is None or pd.isna(stamp):
        return datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook has no time zone
    made: datetime = stamp.to_pydatetime().replace(tzinfo=None, microsecond=0)
    return made
