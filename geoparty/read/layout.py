"""Find the header of a sheet among titles and merged cells, and tell its rows apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from geoparty.errors import Problem
from geoparty.read import values
from geoparty.read.grids import Grid, Row, is_filled
from geoparty.read.headers import ALIKE, Headers, recognise_headers

RowKind = Literal["data", "total", "group", "repeated", "footer"]
HEAD_ROWS = 40
"""The header is looked for in this many first rows."""
_DEEPEST = 3
_UNITS = r"(?:xã|phường|thị trấn|đặc khu|huyện|thành phố|thị xã|tỉnh|đảng bộ|đảng ủy|đảng uỷ)"
_TOTAL = re.compile(
    rf"(?:tổng|cộng|tổng cộng|tổng số|tong cong|tong so|total|grand total|sub-?total|toàn {_UNITS})"
    rf"(?: (?:toàn|cộng|số|chung))?(?: {_UNITS}(?: .*)?)?\W*|cong xa .*"
)
_GROUP = re.compile(rf"(?:[ivx\d]+[.)]? )?{_UNITS} (?!đội\b|đoàn\b).+")
"""With diacritics: a place may be called Xa Lai or Công."""
_FOOTER = re.compile(
    r"(?:nguoi lap|nguoi tong hop|nguoi bao cao|ghi chu|noi nhan|t ?m|k ?t|thu truong|thu ky"
    r"|bi thu|chu tich|xac nhan|ky ten|luu y|nguon|chanh van phong|can bo tong hop"
    r"|(?:\w+ ){0,4}ngay \d* ?thang \d* ?nam|note|prepared by|source)\b.*"
)
_NUMBER = re.compile(r"[+-]?\d[\d., ]*")
_NUMBERING = re.compile(r"\(?\s*(?:\d{1,2}|[A-Za-z])\s*\)?(?:\s*=.*)?")
_DATE = re.compile(
    r"(?:den|ngay|thoi diem|thang|nam|as of) (?:het |ngay |thang )*"
    r"(\d{1,2} (?:thang )?\d{1,2} (?:nam )?(?:19|20)\d\d|(?:19|20)\d\d \d{1,2} \d{1,2}"
    r"|\d{1,2} (?:nam )?(?:19|20)\d\d|(?:19|20)\d\d)\b"
)


@dataclass(frozen=True)
class Layout:
    """Where a sheet's header is and what it says.

    ``header`` has one text per column; rows ``first`` and on (from 0) are the body; ``place``
    is the position of each recognised column; ``titles`` are the texts above the header.
    """

    header: tuple[str, ...]
    first: int
    found: Headers
    titles: tuple[str, ...] = ()
    decode: Callable[[str], str] = str
    """Legacy text -> Unicode, to understand it by."""

    @property
    def place(self) -> dict[str, int]:
        """Position of each recognised column."""
        return {ours: self.header.index(theirs) for ours, theirs in self.found.columns.items()}


def find_layout(
    head: list[Row],
    table: str,
    *,
    required: list[str],
    merges: tuple[tuple[int, int, int, int], ...] = (),
    columns: Mapping[str, str] | None = None,
    decode: Callable[[str], str] = str,
) -> Layout:
    """Return the header whose words are recognised best, of one to three rows.

    Texts of a header of several rows are joined, a merged cell's being those of all it covers.
    ``decode`` turns legacy text into Unicode, to recognise it; the texts stay as they are.

    Examples
    --------
    >>> head = [["BÁO CÁO", "", ""], ["Thôn", "Đảng viên", ""], ["", "Tổng số", "Chính thức"]]
    >>> layout = find_layout(head, "counts", required=["members"])
    >>> layout.header, layout.first
    (('Thôn', 'Đảng viên Tổng số', 'Đảng viên Chính thức'), 3)
    """
    filled = _fill_merges(head, merges)
    width = max((len(row) for row in filled), default=0)
    best: tuple[tuple[int, int, float], Layout] | None = None
    for at, depth in _blocks(filled):
        texts = _joined(filled[at : at + depth], width)
        for found in _readings(texts, table, columns, decode):
            rank = _rank(found, required, depth)
            if best is None or rank > best[0]:
                titles = tuple(map(decode, _titles(head[:at])))
                best = rank, Layout(texts, at + depth, found, titles, decode)
    if best is None:
        return Layout((), 0, Headers({}, {}))
    layout = _with_doubles(best[1], head)
    below = next((at for at in range(layout.first, len(head)) if is_filled(head[at])), None)
    if below is not None and _is_numbering(head[below]):
        return replace(layout, first=below + 1)
    return layout


def _with_doubles(layout: Layout, head: list[Row]) -> Layout:
    """Add a problem for each recognised header that stands over two columns with values."""
    body = head[layout.first :]
    doubles = [
        Problem(key="read.two_columns", params={"name": ours, "headers": f"{theirs} | {theirs}"})
        for ours, theirs in layout.found.columns.items()
        if sum(
            header == theirs and any(_is_given(row, at) for row in body)
            for at, header in enumerate(layout.header)
        )
        > 1
    ]
    found = replace(layout.found, problems=(*layout.found.problems, *doubles))
    return replace(layout, found=found)


def row_kind(row: Row, layout: Layout, place: Mapping[str, int]) -> RowKind:
    """Tell a row of data from totals, headings of groups, repeated headers and signatures."""
    texts = [layout.decode(cell) for cell in row if isinstance(cell, str) and cell.strip()]
    if not texts:
        return "data"
    name = _cell(row, place.get("place_name"))
    first, shown = _lower(texts[0]), _lower(layout.decode(name)) if isinstance(name, str) else ""
    own = _lower(layout.decode(str(_cell(row, place.get("place_id")) or "")))
    has_id = own and not any(p.fullmatch(own) for p in (_TOTAL, _GROUP))
    has_status = _is_given(row, place.get("cell_status"))
    if not has_id and not has_status and (_TOTAL.fullmatch(first) or _TOTAL.fullmatch(shown)):
        return "total"
    heading = shown or (" ".join(map(_lower, texts)) if len(texts) <= 2 else "")
    above = any(_is_given(row, place.get(c)) for c in ("commune_name", "commune_code") if shown)
    if not (has_id or has_status or above) and _GROUP.fullmatch(heading):
        return "group"
    if _is_repeated(row, layout):
        return "repeated"
    if not has_status and not has_values(row, place) and _FOOTER.fullmatch(values.fold(first)):
        return "footer"
    return "data"


def stated_date(texts: tuple[str, ...]) -> date | None:
    """Return the date a title states, the last one if there are several.

    Examples
    --------
    >>> stated_date(("BÁO CÁO", "(Số liệu tính đến ngày 30/6/2026)"))
    datetime.date(2026, 6, 30)
    """
    found = None
    for text in texts:
        for match in _DATE.findall(values.fold(text)):
            found = values.day(re.sub(r"\D+", "/", match))[0] or found
    return found


def unit_name(text: object) -> str | None:
    """Return the commune a heading or sheet name is of, or None.

    Examples
    --------
    >>> unit_name("II. Xã Thanh Nưa"), unit_name("Đảng bộ xã Na Sang"), unit_name("Sheet1")
    ('Xã Thanh Nưa', 'xã Na Sang', None)
    """
    words = re.sub(r"^[\s\dIVXivx.,)\-:]*[\s.)\-:]", "", f" {text}").split()
    for at in range(min(3, len(words))):
        rest = " ".join(words[at:])
        if re.fullmatch(r"(?:xa|phuong|thi tran|dac khu) .+", values.fold(rest)):
            return rest if at == 0 or values.fold(words[0]) == "dang" else None
    return None


def _blocks(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """Give where each possible header starts and how many rows it has."""
    for at in range(len(rows)):
        for depth in range(1, min(_DEEPEST, len(rows) - at) + 1):
            if not is_filled(rows[at + depth - 1]):
                break
            yield at, depth


def _readings(
    texts: tuple[str, ...],
    table: str,
    columns: Mapping[str, str] | None,
    decode: Callable[[str], str],
) -> Iterator[Headers]:
    """Give what headers mean as they stand and, if that is another text, decoded."""
    yield recognise_headers(texts, table, columns=columns)
    decoded = dict(zip(map(decode, texts), texts, strict=True))
    if set(decoded) != set(texts):
        found = recognise_headers(decoded, table, columns=columns)
        plain = {ours: decoded[theirs] for ours, theirs in found.columns.items()}
        yield Headers(plain, found.scores, found.problems)


def _rank(found: Headers, required: list[str], depth: int) -> tuple[int, int, float]:
    needed = sum(any(o in found.columns for o in name.split("|")) for name in required)
    return needed, len(found.columns), sum(found.scores.values()) - depth / 100


def _fill_merges(head: list[Row], merges: tuple[tuple[int, int, int, int], ...]) -> list[Row]:
    filled = [list(row) for row in head]
    for top, left, bottom, right in merges:
        if top >= len(filled) or left >= len(filled[top]):
            continue
        for row in filled[top : bottom + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = filled[top][left]
    return filled


def _joined(rows: list[Row], width: int) -> tuple[str, ...]:
    lines = [[_text(row, column) for column in range(width)] for row in rows]
    for line, below in pairwise(lines):
        for column in range(1, width):
            if not line[column] and below[column] and below[column - 1]:
                line[column] = line[column - 1]
    return tuple(
        " ".join(dict.fromkeys(text for text in texts if text))
        for texts in zip(*lines, strict=True)
    )


def _lower(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _text(row: Row, column: int) -> str:
    cell = _cell(row, column)
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def _cell(row: Row, column: int | None) -> object:
    return row[column] if column is not None and column < len(row) else None


def _is_given(row: Row, column: int | None) -> bool:
    cell = _cell(row, column)
    return cell is not None and bool(str(cell).strip())


def _titles(rows: list[Row]) -> tuple[str, ...]:
    return tuple(
        str(cell) for row in rows for cell in row if isinstance(cell, str | date) and str(cell)
    )


def _is_numbering(row: Row) -> bool:
    cells = [values.clean_text(cell) for cell in row]
    texts = [cell for cell in cells if cell]
    numbers = [int(n[0]) for text in texts if (n := re.findall(r"\d{1,9}", text))]
    return (
        len(texts) > 2
        and all(_NUMBERING.fullmatch(text) for text in texts)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)) if numbers else [])
        and len(numbers) > 1
    )


def _is_repeated(row: Row, layout: Layout) -> bool:
    n_same = 0
    for header, cell in zip(layout.header, row, strict=False):
        if not header or cell is None or cell == "":
            continue
        if not isinstance(cell, str) or f" {' '.join(cell.split())} " not in f" {header} ":
            return False
        n_same += bool(cell.strip())
    return n_same > 1


def has_values(row: Row, place: Mapping[str, int]) -> bool:
    """Tell whether a row has a number in a column that we read."""
    return any(
        isinstance(cell, int | float) or (isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()))
        for cell in (_cell(row, at) for at in place.values())
    )


def sure_columns(found: Headers) -> list[str]:
    """Return the columns recognised from words that name them."""
    return [name for name, score in found.scores.items() if score >= ALIKE]


def first_rows(grid: Grid) -> list[Row]:
    """Return the rows in which the header is looked for."""
    return next(grid.blocks(), [])[:HEAD_ROWS]
