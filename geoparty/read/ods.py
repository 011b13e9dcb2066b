"""Look into an OpenDocument sheet for what its cells do not tell: errors, and fonts of texts."""

from __future__ import annotations

import zipfile
from collections import Counter
from xml.etree import ElementTree as ET

from geoparty.read.grids import ERROR_MARK, SheetNotes, font_encoding

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_MOST_REPEATS = 1_000
"""Repeats of a row or cell beyond this are blank space, never data."""


def inspect_ods(package: zipfile.ZipFile) -> dict[str, SheetNotes]:
    """Return notes by sheet name, reading the contents element by element."""
    scan = _Scan()
    with package.open("content.xml") as stream:
        for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314 - checked
            if event == "start":
                scan.start(element)
            else:
                scan.end(element)
                if element.tag == f"{_TABLE}table-row":
                    element.clear()
    return scan.notes


class _Scan:
    """Where the scan stands, and what it has noted."""

    def __init__(self) -> None:
        self.notes: dict[str, SheetNotes] = {}
        self.fonts: dict[str, str] = {}
        self.sheet = SheetNotes()
        self.styled: Counter[tuple[int, str]] = Counter()
        self.columns: list[str] = []
        self.row = 0

    def start(self, element: ET.Element) -> None:
        if element.tag == f"{_TABLE}table":
            self.sheet = self.notes[element.get(f"{_TABLE}name") or ""] = SheetNotes()
            self.row, self.columns, self.styled = 0, [], Counter()

    def end(self, element: ET.Element) -> None:
        if element.tag == f"{_STYLE}style":
            self._style(element)
        elif element.tag == f"{_TABLE}table-column":
            style = element.get(f"{_TABLE}default-cell-style-name") or ""
            self.columns += [style] * min(_repeats(element, "columns"), _MOST_REPEATS)
        elif element.tag == f"{_TABLE}table-row":
            self._cells(element)
            self.row += _repeats(element, "rows")
        elif element.tag == f"{_TABLE}table":
            self.sheet.add_fonts(self.styled)

    def _style(self, element: ET.Element) -> None:
        for text in element.iter(f"{_STYLE}text-properties"):
            name = text.get(f"{_STYLE}font-name") or text.get(f"{_FO}font-family") or ""
            if encoding := font_encoding(name):
                self.fonts[element.get(f"{_STYLE}name") or ""] = encoding

    def _cells(self, row: ET.Element) -> None:
        column = 0
        for cell in row:
            if not cell.tag.endswith("table-cell"):
                continue
            wide = _repeats(cell, "columns")
            if cell.get(f"{_CALC}value-type") == "error":
                shown = "".join(cell.itertext()).strip()
                shown = shown if shown.startswith(ERROR_MARK) else ERROR_MARK
                for at in range(column, column + min(wide, _MOST_REPEATS)):
                    self.sheet.marks[self.row, at] = shown
            elif cell.get(f"{_OFFICE}value-type") == "string":
                usual = self.columns[column] if column < len(self.columns) else ""
                if encoding := self.fonts.get(cell.get(f"{_TABLE}style-name") or usual):
                    self.styled[column, encoding] += 1
            column += wide


def _repeats(element: ET.Element, what: str) -> int:
    said = element.get(f"{_TABLE}number-{what}-repeated") or ""
    return int(said) if said.isdecimal() else 1
