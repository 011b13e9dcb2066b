"""What people type in cells -> values: numbers, dates, yes and no, coded values.

Each parser takes one cell and returns its value (None: not reported) and the catalogue key
of what is wrong with it (None: nothing). :func:`parse` applies one to a column.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from geoparty.read.grids import NO_RESULT

Parsed = tuple[Any, str | None]

_BLANK = frozenset({"", "-", "--", "---", "–", "—", "_", "…", "...", "..", ".", "?", "/", "//"})
_BLANK_WORDS = frozenset(
    {"khong ro", "chua ro", "chua co so lieu", "khong co so lieu", "chua bao cao", "unknown"}
)
_NO_NUMBER = frozenset({"na", "n a", "nan", "null", "none", "kxd", "khong xac dinh"})
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([., ])\d{3})(?:\1\d{3})*(?:[.,]0+)?")
_WHOLE = re.compile(r"[+-]?\d+(?:[.,]0{1,2})?")
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_YES = frozenset({"co", "x", "1", "yes", "y", "true", "t", "dung", "v", "roi", "da", "la"})
_NO = frozenset({"khong", "0", "no", "n", "false", "f", "sai", "chua", "k", "ko"})
_EXCEL_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|GETTING_DATA)?")
_EXCEL_ZERO = date(1899, 12, 30)
_MOST_DIGITS = 40
"""Longer text is no number; digits without end would overflow."""


def fold(text: object) -> str:
    r"""Return lower-case letters and digits without diacritics, single blanks between.

    For headers and coded values, where the meaning is among a few; never for names.

    Examples
    --------
    >>> fold("  Số ĐẢNG viên\n(tổng)")
    'so dang vien tong'
    """
    plain = unicodedata.normalize("NFKD", str(text).replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", kept.casefold()))


def parse(column: pd.Series[Any], one: Callable[[Any], Parsed]) -> tuple[Any, Any]:
    """Return values (object, None unknown) and fault keys ("" none), on the column's index."""
    codes, cells = pd.factorize(column.astype("object"), use_na_sentinel=True)
    parsed = [one(cell) for cell in cells]
    values = np.array([*(v for v, _ in parsed), None], dtype=object)
    faults = np.array([*(f or "" for _, f in parsed), ""], dtype=object)
    return (
        pd.Series(values[codes], index=column.index, dtype="object"),
        pd.Series(faults[codes], index=column.index, dtype="object"),
    )


def clean_text(cell: object) -> str | None:
    r"""Return the text of a cell in NFC, blanks single; None where it is blank.

    Examples
    --------
    >>> clean_text("  Bản\u00a0 Ten "), clean_text(12.0), clean_text("–")
    ('Bản Ten', '12', None)
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFC", str(cell)).replace("\u200b", "").replace("\ufeff", "")
    text = " ".join(text.split())
    return None if text in _BLANK else text


def text(cell: object) -> Parsed:
    """Read a name or an id."""
    shown = clean_text(cell)
    return (None, fault) if shown and (fault := _excel_error(shown)) else (shown, None)


def code(width: int) -> Callable[[Any], Parsed]:
    """Return a parser of official codes, which have that many digits.

    Examples
    --------
    >>> code(5)(3127.0), code(5)("03127"), code(5)("ab")
    (('03127', None), ('03127', None), ('ab', None))
    """

    def one(cell: object) -> Parsed:
        value, fault = text(cell)
        if fault:
            return None, fault
        if value is not None and value.isascii() and value.isdigit():
            value = value.zfill(width)
        return value, None

    return one


def whole(cell: object) -> Parsed:
    """Read a count: whole, not negative, blanks unknown.

    Examples
    --------
    >>> whole("1.234"), whole("-"), whole(3.0)
    ((1234, None), (None, None), (3, None))
    >>> whole("2,5"), whole("-4"), whole("ba")
    ((None, 'read.fraction'), (None, 'read.negative'), (None, 'read.not_number'))
    """
    number, fault = _number(cell, thousands=True)
    if number is None:
        return None, fault
    if number < 0:
        return None, "read.negative"
    if not float(number).is_integer():
        return None, "read.fraction"
    if number >= 1e9:
        return None, "read.too_large"
    return int(number), None


def real(cell: object) -> Parsed:
    """Read a number that may have decimals; a single ``.`` or ``,`` is the decimal mark.

    Examples
    --------
    >>> real("103,0512"), real("1.234,5"), real("bắc")
    ((103.0512, None), (1234.5, None), (None, 'read.not_number'))
    """
    return _number(cell, thousands=False)


def _number(cell: object, *, thousands: bool) -> tuple[float | None, str | None]:
    if isinstance(cell, bool | np.bool_ | date):
        return None, "read.not_number"
    if isinstance(cell, int | float | np.number):
        number = float(cell)
        return (number, None) if math.isfinite(number) else (None, "read.not_number")
    shown = clean_text(cell)
    if shown and (fault := _excel_error(shown)):
        return None, fault
    if shown is None or fold(shown) in _NO_NUMBER | _BLANK_WORDS:
        return None, None
    if len(shown) > _MOST_DIGITS:
        return None, "read.not_number"
    shown = shown.replace("−", "-")
    if thousands and _THOUSANDS.fullmatch(shown):
        head = re.sub(r"[.,]0{1,2}$", "", shown)
        return int(re.sub(r"[., ]", "", head)), None
    if _WHOLE.fullmatch(shown):
        return int(re.split(r"[.,]", shown)[0]), None
    if _DECIMAL.fullmatch(shown):
        return float(shown.replace(",", ".")), None
    return _grouped(shown)


def _excel_error(shown: str) -> str | None:
    if shown == NO_RESULT:
        return "read.no_result"
    return "read.excel_error" if _EXCEL_ERROR.fullmatch(shown) else None


def _grouped(shown: str) -> tuple[float | None, str | None]:
    mark = max(shown.rfind("."), shown.rfind(","))
    head, tail = re.sub(r"[., ]", "", shown[:mark]), shown[mark + 1 :]
    if mark > 0 and re.fullmatch(r"[+-]?\d+", head) and tail.isdigit():
        return float(f"{head}.{tail}"), None
    return None, "read.not_number"


def boolean(cell: object) -> Parsed:
    """Read yes or no, in Vietnamese or English, a cross, 1 or 0.

    Examples
    --------
    >>> boolean("Có"), boolean("x"), boolean("Không"), boolean(""), boolean("bốn")
    ((True, None), (True, None), (False, None), (None, None), (None, 'read.not_boolean'))
    """
    if isinstance(cell, bool | np.bool_):
        return bool(cell), None
    shown = clean_text(cell)
    if shown is None or fold(shown) in _BLANK_WORDS:
        return None, None
    if fault := _excel_error(shown):
        return None, fault
    key = fold(shown) or shown
    if key in _YES or shown in {"✓", "✔", "+"}:
        return True, None
    if key in _NO:
        return False, None
    if key.startswith(("dang vien", "la dang vien")):
        return True, None
    if key.startswith(("quan chung", "khong phai", "chua la", "chua phai")):
        return False, None
    return None, "read.not_boolean"


def day(cell: object) -> Parsed:
    """Read a date, day before month; a month or a year stands for its last day.

    Examples
    --------
    >>> day("30/6/2026")[0], day("6/2026")[0], day(2025)[0]
    (datetime.date(2026, 6, 30), datetime.date(2026, 6, 30), datetime.date(2025, 12, 31))
    >>> day("13/2025"), day("31/2/2025")
    ((None, 'read.not_date'), (None, 'read.not_date'))
    """
    if isinstance(cell, datetime):
        return cell.date(), None
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, int | float | np.number) and 36526 <= float(cell) < 73051:
        return _EXCEL_ZERO + timedelta(days=int(cell)), None
    shown = clean_text(cell)
    if shown is None or fold(shown) in _BLANK_WORDS:
        return None, None
    if fault := _excel_error(shown):
        return None, fault
    parts = [int(p) for p in re.findall(r"\d{1,9}", shown.split("T")[0].split(" 00:")[0])]
    try:
        found = _day_of(parts)
    except ValueError:
        found = None
    return (found, None) if found else (None, "read.not_date")


def _day_of(parts: list[int]) -> date | None:
    match parts:
        case [year] if 1930 <= year < 2100:
            return date(year, 12, 31)
        case [month, year] if 1 <= month <= 12 and 1930 <= year < 2100:
            return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        case [year, month, d] if 1930 <= year < 2100:
            return date(year, month, d)
        case [d, month, year] if 1930 <= year < 2100:
            return date(year, month, d)
        case _:
            return None


@cache
def coded_words() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the words for coded values, ``{column: {value: {"is": [...], "begins": [...]}}}``."""
    return tomllib.loads(files(__package__).joinpath("values.toml").read_text("utf-8"))


def coded(column: str) -> Callable[[Any], Parsed]:
    """Return a parser of one coded column.

    Examples
    --------
    >>> coded("cell_status")("Chi bộ ghép với Bản Ten"), coded("place_kind")("Tổ dân phố")
    (('joint', None), ('residential_group', None))
    >>> coded("cell_status")("hai")
    (None, 'read.unknown_value')
    """
    exact, begins = _lookups(column)

    def one(cell: object) -> Parsed:
        shown = clean_text(cell)
        if shown is None or fold(shown) in _BLANK_WORDS:
            return None, None
        if fault := _excel_error(shown):
            return None, fault
        key = fold(shown)
        if key in exact:
            return exact[key], None
        for start, value in begins:
            if key == start or key.startswith(f"{start} "):
                return value, None
        return None, "read.unknown_value"

    return one


@cache
def _lookups(column: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    table = coded_words()[column]
    exact = {fold(w): value for value, by in table.items() for w in [value, *by.get("is", [])]}
    begins = [(fold(w), value) for value, by in table.items() for w in by.get("begins", [])]
    return exact, sorted(begins, key=lambda pair: -len(pair[0]))
