"""``progress.xlsx``: figures with both numbers behind them, balances that add up, the outlook."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoparty import words
from geoparty.assess import Progress
from geoparty.present import labels
from geoparty.words import Language

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

MOST_ROWS = 200_000
"""More lines of indicators than this are left to ``progress.csv``; the last date is kept."""
_MOST_TEXT = 32_767
_CODED = {
    "indicator": "ind",
    "change": "change",
    "why": "why",
    "outlook": "outlook",
    "area": "area",
}
"""Columns whose values are catalogue entries ``assess.<prefix>_<value>``."""
_BALANCE = (
    *("area", "code", "name", "levels", "date_before"),
    *("opening", "closed", "opened", "date_after", "closing"),
)
_CHANGES = (
    *("place_name", "place_kind", "commune_name", "change", "why", "level_before", "level_after"),
    *("is_renamed", "is_moved", "place_name_before", "commune_name_before", "related"),
)
_OUTLOOK = (
    *("area", "name", "indicator", "percent_now", "target_percent", "target_date", "outlook"),
    *("pace", "pace_needed", "year", "year_low", "year_high", "n_snapshots"),
)
_PRINTED = {"balances": len(_BALANCE), "changes": len(_CHANGES), "outlook": len(_OUTLOOK)}
"""Columns of a sheet that are printed, where not all are."""
_LINE_HEIGHT, _WIDTH = 15, 13
_WIDE = {
    "indicator": 46,
    "rule": 60,
    "source": 44,
    "name": 24,
    "place_name": 24,
    "commune_name": 20,
}
_WIDE |= {"levels": 26, "outlook": 30, "change": 22, "why": 26, "level_before": 24}
_WIDE |= {"level_after": 24, "related": 24, "status": 30, "area": 16, "province_name": 20}
_WIDE |= {"place_name_before": 24, "commune_name_before": 20}


def book_bytes(progress: Progress, changes: pd.DataFrame, *, run: Mapping[str, Any]) -> bytes:
    """Return the workbook in the run's language.

    Unknown numbers say so in words; text is never taken for a formula; every sheet repeats its
    header when printed. Of the long lists paper gets what changed, and the last date. Sheet
    ``summary`` tells the last date, ``rules`` how each figure is made.
    """
    import xlsxwriter

    language = labels.language_of(run)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": False})
    book.set_properties({"created": _made_at(run), "title": _text("title", language)})
    styles = _Styles(book)
    note = labels.note(run, language)
    for name, table in (
        ("summary", summary(progress)),
        ("balances", _balances(progress)),
        ("changes", _changes(changes)),
        ("indicators", _fitting(progress.indicators)),
        ("outlook", _first(progress.outlook, _OUTLOOK)),
        ("rules", _rules(progress)),
    ):
        shown = in_words(table, language)
        _write(book, styles, name, shown, language, note, n_printed=_printed(name, table))
    book.close()
    return stream.getvalue()


def summary(progress: Progress) -> pd.DataFrame:
    """Return one line per indicator for all places: last date in full, earlier ones in percent.

    Columns: ``indicator``, ``percent <date>`` for each earlier date, ``as_of``, ``numerator``,
    ``denominator``, ``percent``, ``n_reported``, ``n_places``, ``status``.
    """
    table = progress.indicators[progress.indicators["area"] == "all"]
    if table.empty:
        return pd.DataFrame(columns=["indicator"])
    last = table.drop_duplicates("indicator", keep="last").set_index("indicator")
    out = pd.DataFrame({"indicator": last.index}, index=last.index)
    for day in progress.dates[:-1]:
        then = table[table["as_of"] == pd.Timestamp(day)].set_index("indicator")["percent"]
        out[f"percent {day.isoformat()}"] = then.reindex(last.index)
    shown = ["as_of", "numerator", "denominator", "percent", "n_reported", "n_places", "status"]
    out[shown] = last[shown]
    return out.reset_index(drop=True)


def _balances(progress: Progress) -> pd.DataFrame:
    """Put the dates and the four numbers that add up before what they are made of."""
    first, last = progress.compared or (None, None)
    return _first(progress.balances.assign(date_before=first, date_after=last), _BALANCE)


def _changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Put what is no longer as it was before the rest."""
    plain = pd.DataFrame(changes.drop(columns="geometry", errors="ignore"))
    return _first(plain.loc[_same(plain).sort_values(kind="stable").index], _CHANGES)


def _same(changes: pd.DataFrame) -> pd.Series[bool]:
    """Return which places are as they were before."""
    renamed, moved = _yes(changes["is_renamed"]), _yes(changes["is_moved"])
    return changes["change"].eq("unchanged") & ~renamed & ~moved


def _printed(name: str, table: pd.DataFrame) -> int:
    """Return how many rows go on paper: those of what changed, and of the last date."""
    if name == "changes":
        return len(table) - int(_same(table).sum())
    if name == "indicators":
        return int((table["as_of"] == table["as_of"].max()).sum())
    return len(table)


def _yes(column: pd.Series[Any]) -> pd.Series[bool]:
    return column.astype("boolean").fillna(value=False).astype(bool)


def _first(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Put columns before the others, those that are there."""
    shown = [c for c in columns if c in table.columns]
    return table[[*shown, *(c for c in table.columns if c not in shown)]]


def _rules(progress: Progress) -> pd.DataFrame:
    told = progress.indicators["indicator"].drop_duplicates()
    return pd.DataFrame({"indicator": told, "rule": told, "source": told})


def in_words(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return a table with every coded value in words and the headers still coded."""
    out = table.copy()
    for name in out.columns:
        if name in _CODED:
            out[name] = _mapped(out[name], _CODED[name], language)
        elif name in ("rule", "source"):
            out[name] = _mapped(out[name], name, language)
        elif name == "status":
            out[name] = out[name].map(_statuses(language)).astype("str")
        elif name in ("levels", "level_before", "level_after", "place_kind"):
            out[name] = (
                out[name].map(lambda v: _level(v, language), na_action="ignore").astype("str")
            )
        elif name in ("date_before", "date_after"):
            out[name] = pd.to_datetime(out[name])
        elif pd.api.types.is_bool_dtype(out[name]):
            yes_no = {
                flag: words.text(f"present.{str(flag).lower()}", language) for flag in (True, False)
            }
            out[name] = out[name].astype(object).map(yes_no, na_action="ignore").astype("str")
    if "area" in table.columns and "name" in table.columns:
        kinds = (table["area"] == "place_kind") & table["name"].notna()
        out["name"] = out["name"].mask(kinds, table["name"].map(lambda v: _level(v, language)))
        if "code" in out.columns:
            out["code"] = out["code"].mask(kinds)
    return out


def header(name: str, language: Language) -> str:
    """Return the header of a column in words.

    Examples
    --------
    >>> header("closed_covered", "en"), header("percent 2024-12-31", "vi")
    ('Closed: to or from covered', 'Tỷ lệ % 31/12/2024')
    """
    known = words.catalogue("progress")
    stem, _, day = name.partition(" ")
    if day:
        return f"{header(stem, language)} {date.fromisoformat(day).strftime('%d/%m/%Y')}"
    for side in ("closed", "opened"):
        if name.startswith(f"{side}_"):
            why = words.text(f"assess.move_{name.removeprefix(f'{side}_')}", language)
            return f"{words.text(f'assess.{side}', language)}: {why}"
    if f"col_{name}" in known:
        return words.text(f"progress.col_{name}", language)
    return labels.header(name, {}, language)


class _Styles:
    """Cell formats of one workbook, made once."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}

        def add(**more: object) -> Format:
            return book.add_format(base | more)

        self.head = add(bold=True, text_wrap=True, bg_color="#e7ecef", border=1, valign="vcenter")
        self.warn = add(bold=True, font_color="#9c0006", bg_color="#ffe2dd")
        self.text = add(text_wrap=True, indent=1)
        self.whole = add(num_format="#,##0")
        self.tenth = add(num_format="#,##0.0")
        self.hundredth = add(num_format="#,##0.00")
        self.year = add(num_format="0")
        self.date = add(num_format="dd/mm/yyyy")
        self.missing = add(italic=True, font_color="#6b6b6b", align="right")


def _write(
    book: Workbook,
    styles: _Styles,
    name: str,
    table: pd.DataFrame,
    language: Language,
    note: str | None,
    *,
    n_printed: int,
) -> None:
    title = _text(f"sheet_{name}", language)
    sheet = book.add_worksheet(title)
    top = 1 if note else 0
    columns = [str(c) for c in table.columns]
    for i, column in enumerate(columns):
        sheet.set_column(i, i, _WIDE.get(column, _WIDTH))
    if note:
        sheet.write_string(0, 0, note, styles.warn)
    sheet.set_row(top, 48)
    for i, column in enumerate(columns):
        sheet.write_string(top, i, header(column, language), styles.head)
    cells = [_cells(table[c], c, styles, language) for c in table.columns]
    for row, line in enumerate(zip(*cells, strict=True), start=top + 1):
        sheet.set_row(row, _LINE_HEIGHT * _lines([value for value, _ in line], columns))
        for i, (value, style) in enumerate(line):
            write = sheet.write_string if isinstance(value, str) else sheet.write
            write(row, i, value, style)
    sheet.freeze_panes(top + 1, 1)
    sheet.autofilter(top, 0, top + len(table), max(len(columns) - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, top)
    printed = _PRINTED.get(name, len(columns))
    sheet.print_area(0, 0, top + n_printed, max(printed - 1, 0))


def _lines(values: list[Any], columns: list[str]) -> int:
    """Return how many lines the longest text of a row takes in its column."""
    return (
        max(
            (
                -(-len(value) // _WIDE.get(column, _WIDTH))
                for value, column in zip(values, columns, strict=True)
                if isinstance(value, str)
            ),
            default=1,
        )
        or 1
    )


def _cells(
    column: pd.Series[Any], name: str, styles: _Styles, language: Language
) -> list[tuple[Any, Format]]:
    """Return value and format of every cell; what is not known says so."""
    missing = (_missing(name, language), styles.missing)
    known = column.notna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(column):
        cells = [(v, styles.date) for v in column.dt.to_pydatetime()]
    elif pd.api.types.is_numeric_dtype(column):
        whole = pd.api.types.is_integer_dtype(column)
        is_year = name.startswith("year")
        fraction = styles.hundredth if name.startswith("pace") else styles.tenth
        style = styles.whole if whole else styles.year if is_year else fraction
        never = (_text("never", language), styles.missing)
        values = column.to_numpy("float64", na_value=np.nan)
        values = np.floor(values) if is_year else values
        cells = [never if np.isinf(v) else (v, style) for v in values.tolist()]
    else:
        cells = [(str(v)[:_MOST_TEXT], styles.text) for v in column.astype(object)]
    return [cell if there else missing for cell, there in zip(cells, known, strict=True)]


def _missing(name: str, language: Language) -> str:
    if name in ("numerator", "denominator") or name.startswith(("percent", "pace", "year")):
        return _text("not_known", language)
    return ""


def _mapped(column: pd.Series[Any], prefix: str, language: Language) -> pd.Series[Any]:
    """Return catalogue entries ``<prefix>_<value>``; a value of no entry stays as it is."""
    known = words.catalogue("assess")
    values = {v: f"{prefix}_{v}" for v in column.dropna().unique()}
    names = {v: known[k][language] if k in known else str(v) for v, k in values.items()}
    return column.astype(object).map(names, na_action="ignore").astype("str")


def _level(value: object, language: Language) -> str:
    if value == "gaps":
        return words.text("assess.gaps", language)
    return labels.value_words(str(value), language)


def _statuses(language: Language) -> dict[str, str]:
    keys = {s: s for s in ("known", "partial", "not_applicable")} | {"unknown": "status_unknown"}
    return {status: words.text(f"assess.{key}", language) for status, key in keys.items()}


def _fitting(table: pd.DataFrame) -> pd.DataFrame:
    """Put the last date first; where not all lines fit, keep that."""
    newest = table.sort_values("as_of", ascending=False, kind="stable")
    if len(table) <= MOST_ROWS:
        return newest
    return newest[newest["as_of"] == newest["as_of"].max()].head(MOST_ROWS)


def _text(key: str, language: Language) -> str:
    return words.text(f"progress.{key}", language)


def _made_at(run: Mapping[str, Any]) -> datetime:
    stamp = pd.to_datetime(run.get("written_at"), errors="coerce")
    if stamp is None or pd.isna(stamp):
        return datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook has no time zone
    made: datetime = stamp.tz_localize(None).to_pydatetime()
    return made
