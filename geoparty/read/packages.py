"""Look into a zipped workbook before it is opened: bombs, errors, formulas, fonts."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from geoparty.errors import InputError, Problem
from geoparty.read.grids import ERROR_MARK, NO_RESULT, SheetNotes, damaged, font_encoding
from geoparty.read.ods import inspect_ods

MOST_BYTES = 600_000_000
"""Unpacked size of a workbook; a million cells are about 40 MB."""
_MOST_PARTS = 5_000
_MOST_SMALL_PART = 64_000_000
_MOST_CELLS = 60_000_000
"""Cells of the rectangle a sheet spans, blank ones included: they are all held in memory."""
_MOST_TEXT = 2_000_000_000
_MOST_REPEATS = 20_000
_CHUNK = 1 << 20
DAMAGED_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, ET.ParseError, struct.error),
    *(EOFError, NotImplementedError, KeyError, ValueError, OverflowError, OSError),
)
"""What zipfile raises for archives whose tables contradict each other."""
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"')
_REF = re.compile(rb'\br="([A-Z]{1,3})\d+"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_AT = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_REPEATED = re.compile(
    rb'<table:table-(?:row|cell)\b[^>]*?repeated="(\d+)"[^>]*?>.{0,400}', re.DOTALL
)
_ODS_NOTED = (b'calcext:value-type="error"', b'".Vn', b'"VNI')
_STYLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d+"[^>]*?\bs="(\d+)"')
_RESULT = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)</(?:\w+:)?v>")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_NOTHING = re.compile(rb"\s*")
_ZERO = re.compile(rb"\s*0?\s*")
_NOT_CALCULATED = re.compile(rb'fullCalcOnLoad="(?:1|true)"')
_SHARED = re.compile(rb't="s"[^>]*>\s*<(?:\w+:)?v>(\d+)<')


def inspect_package(path: Path) -> dict[str, SheetNotes]:
    """Check a zipped workbook and return notes by sheet name (none for XLSB).

    Every part is unpacked once, a piece at a time, and counted.

    Raises
    ------
    InputError
        Damaged; unpacks to more than MOST_BYTES; entities in its XML; a sheet that spans more
        cells than can be held.
    """
    try:
        with zipfile.ZipFile(path) as package:
            _check_sizes(package, path)
            names = set(package.namelist())
            if "content.xml" in names:
                return inspect_ods(package) if _check_repeats(package, path) else {}
            if "xl/workbook.xml" not in names:
                _check_parts(package, names, path)
                return {}
            return _sheets(package, names, path)
    except InputError:
        raise
    except DAMAGED_ZIP as error:
        raise damaged(path, error) from None
    except RuntimeError:  # what zipfile raises for an encrypted member
        raise InputError(Problem(key="read.password", file=path.name)) from None


def _check_sizes(package: zipfile.ZipFile, path: Path) -> None:
    parts = package.infolist()
    total = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or total > MOST_BYTES:
        params = {"mb": total // 1_000_000, "most": MOST_BYTES // 1_000_000}
        raise InputError(Problem(key="read.bomb", params=params, file=path.name))


def _check_parts(package: zipfile.ZipFile, names: set[str], path: Path) -> None:
    for name in names:
        for _ in _pieces(package, name, path):
            pass


def _pieces(package: zipfile.ZipFile, name: str, path: Path) -> Iterator[bytes]:
    """Give a part piece by piece; a part that lies about its size fails its checksum."""
    with package.open(name) as stream:
        first = True
        while piece := stream.read(_CHUNK):
            if first and name.endswith((".xml", ".rels")):
                _check_prolog(piece, path)
            first = False
            yield piece


def _check_prolog(piece: bytes, path: Path) -> None:
    start = piece[:65536].replace(b"\0", b"")
    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
        raise InputError(Problem(key="read.xml_bomb", file=path.name))


def _whole(package: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if package.getinfo(name).file_size > _MOST_SMALL_PART:
        params = {"mb": package.getinfo(name).file_size // 1_000_000, "most": 64}
        raise InputError(Problem(key="read.bomb", params=params, file=path.name))
    return b"".join(_pieces(package, name, path))


def _tree(package: zipfile.ZipFile, name: str, path: Path) -> ET.Element:
    return ET.fromstring(_whole(package, name, path))  # noqa: S314 - entities refused above


def _sheets(package: zipfile.ZipFile, names: set[str], path: Path) -> dict[str, SheetNotes]:
    files = _sheet_files(package, path)
    styles = _legacy_styles(package, path) if "xl/styles.xml" in names else {}
    texts = _TextSizes(package, path) if "xl/sharedStrings.xml" in names else None
    book = _whole(package, "xl/workbook.xml", path)
    blank = _ZERO if _NOT_CALCULATED.search(book) else _NOTHING
    scanned = set(files.values()) | {"xl/styles.xml", "xl/sharedStrings.xml"}
    _check_parts(package, {n for n in names - scanned if not n.startswith("xl/media/")}, path)
    return {
        sheet: _scan(package, name, path, styles, texts, blank)
        for sheet, name in files.items()
        if name in names
    }


def _sheet_files(package: zipfile.ZipFile, path: Path) -> dict[str, str]:
    links = {
        link.get("Id"): str(link.get("Target"))
        for link in _tree(package, "xl/_rels/workbook.xml.rels", path)
    }
    book = _tree(package, "xl/workbook.xml", path)
    found = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet") and (target := links.get(sheet.get(_REL))):
            whole = target[1:] if target.startswith("/") else str(PurePosixPath("xl") / target)
            found[str(sheet.get("name"))] = whole
    return found


def _legacy_styles(package: zipfile.ZipFile, path: Path) -> dict[bytes, str]:
    """Return the cell styles whose font is a TCVN3 or VNI one, by number."""
    raw = _whole(package, "xl/styles.xml", path)
    if b".Vn" not in raw and b"VNI" not in raw:
        return {}
    root = ET.fromstring(raw)  # noqa: S314 - entities refused above
    space = root.tag.removesuffix("styleSheet")
    fonts = [
        next((name.get("val") or "" for name in font.iter(f"{space}name")), "")
        for font in root.iterfind(f"{space}fonts/{space}font")
    ]
    styles = {}
    for number, style in enumerate(root.iterfind(f"{space}cellXfs/{space}xf")):
        encoding = font_encoding(fonts[int(style.get("fontId") or 0)])
        if encoding:
            styles[str(number).encode()] = encoding
    return styles


class _TextSizes:
    """Sizes of the shared texts, so that a long one used by many cells is seen coming."""

    def __init__(self, package: zipfile.ZipFile, path: Path) -> None:
        self.sizes: list[int] = []
        rest = b""
        for piece in _pieces(package, "xl/sharedStrings.xml", path):
            *whole, rest = (rest + piece).split(b"</si>")
            self.sizes += [len(text) for text in whole]
        self.longest = max(self.sizes, default=0)

    def total(self, numbers: list[bytes]) -> int:
        if self.longest * len(numbers) < _MOST_TEXT:
            return 0
        n = len(self.sizes)
        return sum(self.sizes[int(at)] for at in numbers if int(at) < n)


def _scan(
    package: zipfile.ZipFile,
    name: str,
    path: Path,
    styles: dict[bytes, str],
    texts: _TextSizes | None,
    blank: re.Pattern[bytes],
) -> SheetNotes:
    """Return the notes of a sheet; ``blank`` is the result of a formula never calculated."""
    notes = SheetNotes()
    columns: set[bytes] = set()
    styled: Counter[tuple[int, str]] = Counter()
    last = text = 0
    for rows in _row_pieces(package, name, path):
        last = max([last, *map(int, _ROW.findall(rows))])
        columns.update(_REF.findall(rows))
        if len(columns) > 0 and last * max(map(_column, columns), default=0) > _MOST_CELLS:
            raise InputError(Problem(key="read.sheet_too_wide", file=path.name))
        if texts:
            text += texts.total(_SHARED.findall(rows))
        if text > _MOST_TEXT:
            params = {"mb": text // 1_000_000, "most": _MOST_TEXT // 1_000_000}
            raise InputError(Problem(key="read.bomb", params=params, file=path.name))
        if b't="e"' in rows or b"<f" in rows or b":f" in rows:
            notes.marks.update(_marks(rows, blank))
        if styles:
            found = ((_column(c) - 1, styles[s]) for c, s in _STYLED.findall(rows) if s in styles)
            styled.update(found)
    notes.add_fonts(styled)
    return notes


def _row_pieces(package: zipfile.ZipFile, name: str, path: Path) -> Iterator[bytes]:
    """Give a sheet's XML cut between rows."""
    rest = b""
    for piece in _pieces(package, name, path):
        rest += piece
        cut = max(rest.rfind(b"<row"), rest.rfind(b":row "))
        cut = rest.rfind(b"<", 0, cut + 1) if cut > 0 else 0
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


def _marks(rows: bytes, blank: re.Pattern[bytes]) -> Iterator[tuple[tuple[int, int], str]]:
    for attributes, inner in _CELL.findall(rows):
        at = _AT.search(attributes)
        if at is None:
            continue
        place = int(at[2]) - 1, _column(at[1]) - 1
        result = _RESULT.search(inner)
        if b't="e"' in attributes:
            shown = result[1].decode("ascii", "replace") if result else ERROR_MARK
            yield place, shown if shown.startswith(ERROR_MARK) else ERROR_MARK
        elif (
            b't="str"' not in attributes
            and _FORMULA.search(inner)
            and (result is None or blank.fullmatch(result[1]))
        ):
            yield place, NO_RESULT


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_repeats(package: zipfile.ZipFile, path: Path) -> bool:
    """Refuse an OpenDocument sheet that says a filled cell or row many thousand times.

    Return whether it has errors or legacy fonts.
    """
    noted = False
    _check_parts(package, set(package.namelist()) - {"content.xml"}, path)
    rest = b""
    for piece in _pieces(package, "content.xml", path):
        rest += piece
        noted = noted or any(sign in rest for sign in _ODS_NOTED)
        for found in _REPEATED.finditer(rest):
            if (
                int(found[1]) > 20_000
                and b"office:value" in found[0].split(b"</table:table-row")[0]
            ):
                raise InputError(Problem(key="read.sheet_too_wide", file=path.name))
        rest = rest[-2000:]
    return noted
