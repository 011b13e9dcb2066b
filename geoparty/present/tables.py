"""CSV for Excel: UTF-8 with BOM, text that cannot act as a formula."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import pandas as pd

from geoparty import schema, words
from geoparty.words import Language

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(table: pd.DataFrame, *, language: Language | None = None) -> bytes:
    r"""Return a table as CSV: UTF-8 with BOM, dates ISO, unknown empty.

    For programs, without ``language``: comma between, point for decimals. For people, in the form
    the Excel of their country opens on a double click: ``vi`` semicolon between and decimal comma
    (with a comma between, 35.123 becomes 35123 there), ``en`` comma and point.

    People's whole numbers have no decimals, whatever type they are kept in.

    Text that a spreadsheet would run (it starts with ``= + - @``, tab or line break) gets a
    leading apostrophe. Numbers are written as numbers; infinity is ``inf``.

    Examples
    --------
    >>> csv_bytes(pd.DataFrame({"a": ["=1+1", "Bản Nà"], "n": [-1, 2]})).decode("utf-8-sig")
    "a,n\r\n'=1+1,-1\r\nBản Nà,2\r\n"
    >>> csv_bytes(pd.DataFrame({"a": ["x"], "km": [26.5]}), language="vi").decode("utf-8-sig")
    '"a";"km"\r\nx;26,5\r\n'
    """
    safe = pd.DataFrame(
        {name: safe_text(table[name]) for name in table.columns}, index=table.index
    ).rename(columns=_safe)
    if language:
        safe = pd.DataFrame({name: _whole(safe[name]) for name in safe}, index=safe.index)
    common: dict[str, Any] = {"index": False, "lineterminator": "\r\n"}
    if language != "vi":
        text: str = safe.to_csv(**common, date_format="%Y-%m-%d")
        return text.encode("utf-8-sig")
    # GDAL tells the separator by the first line: commas of its words stand in quotation marks
    head = safe.head(0).to_csv(**common, sep=";", quoting=csv.QUOTE_ALL)
    text = safe.to_csv(**common, date_format="%Y-%m-%d", sep=";", decimal=",", header=False)
    text = head + text
    return text.encode("utf-8-sig")


def _whole(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of fractions that has none as whole numbers."""
    if not pd.api.types.is_float_dtype(column) or not (column.dropna() % 1 == 0).all():
        return column
    return column.astype("Int64")


def safe_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column whose texts no spreadsheet takes for a formula; others unchanged."""
    if not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return column
    return column.astype(object).map(_safe, na_action="ignore")


def _safe(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def account_table(account: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the account with file, sheet, row, outcome and reason first, reasons in words.

    ``outcome`` stays coded; ``reason_key`` keeps the catalogue key behind the words.
    """
    reasons = [
        reason_words(key, detail, language)
        for key, detail in zip(account["reason"], account["detail"], strict=True)
    ]
    first = [*schema.SOURCE_COLUMNS, "outcome"]
    rest = [c for c in account.columns if c not in {*first, "reason"}]
    out = account[[*first, *rest]].copy()
    out.insert(len(first), "reason", pd.Series(reasons, index=account.index, dtype="str"))
    out["reason_key"] = account["reason"]
    return out


def reason_words(key: object, detail: object, language: Language) -> str:
    """Return the words of a reason; a key of no catalogue is shown as it is."""
    if not isinstance(key, str) or not key:
        return ""
    return _pattern(key, language).replace("{detail}", detail if isinstance(detail, str) else "")


@cache
def _pattern(key: str, language: Language) -> str:
    topic, _, entry = key.partition(".")
    known = topic in words.topics() and entry in words.catalogue(topic)
    return words.text(key, language) if known else key
