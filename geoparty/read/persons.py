"""Refuse tables that look like records of persons: the product holds counts per place only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from geoparty.errors import PersonalDataError, Problem
from geoparty.read.grids import Row
from geoparty.read.values import fold

_HEADERS = re.compile(
    r"(?:stt )?(?:ho va ten|ho ten|ho dem|ten dang vien|ho va ten dang vien|full name of member"
    r"|so cccd|cccd|so cmnd|cmnd|cmnd cccd|cccd cmnd|can cuoc|so can cuoc|can cuoc cong dan"
    r"|so can cuoc cong dan|chung minh nhan dan|chung minh thu|so dinh danh|so dinh danh ca nhan"
    r"|ma dinh danh|so ho chieu|ngay sinh|ngay thang nam sinh|nam sinh|ngay thang sinh"
    r"|so the dang|so the dang vien|so ly lich|ngay vao dang|ngay ket nap|ngay chinh thuc"
    r"|que quan|noi sinh|gioi tinh|date of birth|dob|birth date|birth year|birthday|first name"
    r"|last name|surname|given name|passport|national id|id card|citizen id|personal id"
    r"|identity number|gender|sex)(?: .*)?"
)
_HARMLESS = re.compile(r".*\b(?:so luong|so nguoi|so dang vien|tong so|ty le|number of|count)\b.*")
_ENOUGH_HEADERS = 1
_WEAK = re.compile(r"(?:gioi tinh|que quan|noi sinh|nam sinh|gender|sex)(?: .*)?")
_IDENTITY = re.compile(r"0(?:0[1-9]|[1-8]\d|9[0-6])[0-9]\d{8}")
_SURNAMES = frozenset(
    [
        "bang",
        "be",
        "bui",
        "ca",
        "cam",
        "chang",
        "chao",
        "chu",
        "cu",
        "cut",
        "dang",
        "dao",
        "deo",
        "dinh",
        "do",
        "doan",
        "duong",
        "gia",
        "giang",
        "ha",
        "hang",
        "hau",
        "ho",
        "hoang",
        "huynh",
        "kha",
        "lama",
        "lau",
        "le",
        "lo",
        "lu",
        "luong",
        "luu",
        "ly",
        "ma",
        "mai",
        "may",
        "mong",
        "moong",
        "mua",
        "ngo",
        "nguyen",
        "nong",
        "pham",
        "phan",
        "phang",
        "phung",
        "quang",
        "seo",
        "sung",
        "tan",
        "thao",
        "thung",
        "tong",
        "tran",
        "trieu",
        "trinh",
        "va",
        "vang",
        "vay",
        "vi",
        "vo",
        "vu",
        "xa",
        "xeo",
        "xong",
    ]
)
"""Family names of the Kinh, Thái, Mông, Dao, Tày and others, without diacritics."""
_MIDDLE = frozenset({"van", "thi", "a"})
_TOGETHER = 2000
"""Rows judged as one."""
_LEAST_ROWS = 4
_LEAST_SHARE = 0.4


def refuse_persons(headers: Sequence[str], rows: Iterable[Row], *, file: str, sheet: str) -> None:
    """Raise where headers or cells look like names, identity numbers or birth dates of persons.

    Every row is looked at, some thousand at a time, so that a list of persons below thousands
    of places is seen as one. The message names the columns by their letters only; nothing of a
    row is in it.

    Raises
    ------
    PersonalDataError
        One or more columns hold personal data.
    """
    personal = _by_headers(headers)
    for block in _blocks(rows):
        personal |= _by_cells(block)
    if personal:
        letters = ", ".join(_letter(column) for column in sorted(personal))
        raise PersonalDataError(
            Problem(key="read.persons", params={"columns": letters}, file=file, sheet=sheet or None)
        )


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows in blocks; a few left over at the end go with those before them."""
    last: list[Row] = []
    rows = iter(rows)
    while block := list(islice(rows, _TOGETHER)):
        if last and len(block) < _TOGETHER // 2:
            last += block
            continue
        yield last
        last = block
    yield last


def _by_headers(headers: Sequence[str]) -> set[int]:
    found = {
        column: fold(header)
        for column, header in enumerate(headers)
        if _HEADERS.fullmatch(fold(header)) and not _HARMLESS.fullmatch(fold(header))
    }
    strong = [key for key in found.values() if not _WEAK.fullmatch(key)]
    return set(found) if strong or len(found) > _ENOUGH_HEADERS else set()


def _by_cells(rows: list[Row]) -> set[int]:
    width = max((len(row) for row in rows), default=0)
    found, dates, names = set(), set(), set()
    for column in range(width):
        cells = [row[column] for row in rows if column < len(row)]
        filled = {text for c in cells if c is not None and (text := str(c).strip())}
        if len(filled) < _LEAST_ROWS:
            continue
        if _share(_is_identity(cell) for cell in filled) >= _LEAST_SHARE:
            found.add(column)
        if _share(_is_person(cell) for cell in filled) >= _LEAST_SHARE:
            names.add(column)
        if _share(_is_birth(cell) for cell in filled) >= 0.8:
            dates.add(column)
    told = {c for c in names if _share(_has_middle(row[c]) for row in rows if c < len(row)) > 0.25}
    return found | told | (names | dates if names and dates else set())


def _share(tests: Iterable[bool]) -> float:
    results = list(tests)
    return sum(results) / len(results) if results else 0.0


def _is_identity(cell: str) -> bool:
    digits = cell.removesuffix(".0").replace(" ", "").zfill(12)
    return bool(_IDENTITY.fullmatch(digits)) and len(cell.removesuffix(".0")) >= 11


def _is_person(cell: str) -> bool:
    words = cell.split()
    return (
        2 <= len(words) <= 5
        and all(word[0].isupper() and word.isalpha() for word in words)
        and fold(words[0]) in _SURNAMES
    )


def _has_middle(cell: object) -> bool:
    words = str(cell).split()
    return _is_person(str(cell)) and len(words) > 2 and fold(words[1]) in _MIDDLE


def _is_birth(cell: str) -> bool:
    found = re.fullmatch(r"(?:\d{1,2}[/.\-]\d{1,2}[/.\-])?(19[2-9]\d|200\d)(?:-\d\d-\d\d.*)?", cell)
    return bool(found)


def _letter(column: int) -> str:
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
