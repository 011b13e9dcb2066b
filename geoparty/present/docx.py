"""The report as DOCX, in the form of Party documents, for the office to finish and sign."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoparty import schema, words
from geoparty.present import drawing, ink, labels, report
from geoparty.present.columns import column_mm
from geoparty.words import Language

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.text.paragraph import Paragraph

_FONT = "Times New Roman"
_DOTS = "……………………"
_MARGINS_MM = {"top": 20, "bottom": 20, "left": 30, "right": 15}
_HEAD_MM = (68, 97)
"""Left and right half of the head: the name of the Party stands on one line in both languages."""
_ON_ONE_PAGE = 8
"""Tables of at most so many lines are not divided between pages."""
_TEXT_MM = 210 - _MARGINS_MM["left"] - _MARGINS_MM["right"]
_NOT_XML = {i: "\ufffd" for i in range(32) if i not in (9, 10, 13)} | {
    0xFFFE: "\ufffd",
    0xFFFF: "\ufffd",
}


def report_docx(
    results: schema.Results,
    *,
    form: report.Form | None = None,
    language: Language | None = None,
    map_paper: str = "A4",
) -> bytes:
    """Return the report as a Word document: text, tables that add up, and the map.

    Paper, margins, letters and the parts of the first page follow Guidance 36-HD/VPTW (2018):
    A4, margins 20, 20, 30 and 15 mm, Times New Roman 14. What ``form`` leaves empty is dotted
    for the office to fill in. The map is an annex on ``map_paper``, ``A4`` or ``A3``,
    upright or across as the area is. The same results give the same bytes.
    """
    import docx

    spoken = language or labels.language_of(results.run)
    document = docx.Document()
    _set_up(document)
    _head(document, results, form or report.Form(), spoken)
    for i, section in enumerate(report.sections(results, spoken), start=1):
        _section(document, i, section)
    _foot(document, form or report.Form(), spoken)
    _map_annex(document, results, map_paper, spoken)
    _properties(document, results, spoken)
    stream = io.BytesIO()
    document.save(stream)
    return _same_zip(stream.getvalue())


def _set_up(document: Word) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(6)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, size in _MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(size))
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    _page_number(section.header.paragraphs[0])


def _page_number(paragraph: Paragraph) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001 - fields have no public call


def _head(document: Word, results: schema.Results, form: report.Form, language: Language) -> None:
    from docx.shared import Mm

    table: Any = document.add_table(rows=1, cols=2)
    table.autofit = False
    left, right = table.rows[0].cells
    for column, cell, width in zip(table.columns, (left, right), _HEAD_MM, strict=True):
        column.width = cell.width = Mm(width)
    year = str(results.run.get("written_at", ""))[:4] or "……"
    number = words.text("present.report_number", language, number=form.number or "……-BC/……")
    _line(left, (form.superior or _DOTS).upper(), first=True)
    _line(left, (form.issuer or _DOTS).upper(), bold=True)
    _line(left, "*")
    _line(left, number)
    for mark in filter(None, [labels.note(results.run, language)]):
        _line(left, mark, bold=True, size=12)
    party = _line(
        right, words.text("present.report_party", language), bold=True, first=True, size=15
    )
    party.runs[0].font.underline = True
    date = words.text("present.report_date", language, place=form.place or "………", year=year)
    _line(right, date, italic=True)
    kind, subject = report.title(results, language)
    _centred(document, kind, bold=True, size=16, before=12)
    _centred(document, subject, bold=True, size=14)
    _centred(document, "-----", size=14)


def _line(
    cell: Any,  # noqa: ANN401 - python-docx has two classes of cell
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    first: bool = False,
    size: int = 14,
) -> Paragraph:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph: Paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(_clean(text))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return paragraph


def _centred(
    document: Word, text: str, *, bold: bool = False, size: int = 14, before: int = 0
) -> None:
    paragraph = _line(document, text, bold=bold, size=size)
    from docx.shared import Pt

    paragraph.paragraph_format.space_before = Pt(before)


def _section(document: Word, i: int, section: report.Section) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    heading = document.add_paragraph()
    heading.paragraph_format.first_line_indent = Mm(10)
    heading.paragraph_format.space_before = Pt(10)
    heading.paragraph_format.keep_with_next = True
    heading.add_run(_clean(f"{i}. {section.title}")).bold = True
    for text in section.paragraphs:
        paragraph = document.add_paragraph(_clean(text))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Mm(10)
    for table in section.tables:
        _table(document, table)


def _table(document: Word, table: report.Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    if table.title:
        heading = document.add_paragraph()
        heading.paragraph_format.space_after, heading.paragraph_format.keep_with_next = Pt(3), True
        heading.add_run(_clean(table.title)).italic = True
    grid: Any = document.add_table(rows=0, cols=len(table.widths))
    grid.style, grid.autofit = "Table Grid", False
    widths = column_mm(table.headers, table.rows, table.widths, total_mm=_TEXT_MM)
    lines = [table.headers, *table.rows] if table.headers else list(table.rows)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for k, texts in enumerate(lines):
        row = grid.add_row()
        is_head = bool(table.headers) and k == 0
        for kept in ("w:cantSplit", "w:tblHeader")[: 1 + is_head]:
            row._tr.get_or_add_trPr().append(OxmlElement(kept))  # noqa: SLF001 - no public call
        for i, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = Mm(widths[i])
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = is_head or (
                len(lines) <= _ON_ONE_PAGE and k < len(lines) - 1
            )
            run = paragraph.add_run(_clean(text))
            run.font.size = Pt(11)
            run.bold = is_head or (table.bold_last and k == len(lines) - 1)
            if is_head:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            elif table.numeric[i]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _foot(document: Word, form: report.Form, language: Language) -> None:
    from docx.oxml import OxmlElement

    table: Any = document.add_table(rows=1, cols=2)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - as above
    left, right = table.rows[0].cells
    heading = _line(left, words.text("present.report_recipients", language), first=True)
    heading.runs[0].font.underline = True
    copies = (*form.recipients, words.text("present.report_file_copy", language))
    for text in copies:
        _line(left, f"- {text}", size=12)
    for paragraph in left.paragraphs:
        paragraph.alignment = None
    _line(right, form.on_behalf or _DOTS, bold=True, first=True)
    _line(right, form.signer_title or _DOTS)
    for _ in range(4):
        _line(right, "")
    _line(right, form.signer or _DOTS, bold=True)


def _map_annex(document: Word, results: schema.Results, paper: str, language: Language) -> None:
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    width, height = drawing.sheet_mm(results, paper)
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Mm(15)
    heading = f"{words.text('present.report_annex', language)}. "
    _centred(document, heading + words.text("present.report_map", language), bold=True)
    picture = drawing.map_picture(
        results, width_mm=width - 30, height_mm=height - 62, language=language
    )
    image = io.BytesIO(ink.png_bytes(picture))
    document.add_picture(image, width=Mm(width - 30))


def _properties(document: Word, results: schema.Results, language: Language) -> None:
    made = pd.to_datetime(results.run.get("written_at"), utc=True, errors="coerce")
    when = datetime(2000, 1, 1, tzinfo=UTC) if made is None or pd.isna(made) else made
    core = document.core_properties
    core.created = core.modified = when.replace(tzinfo=None, microsecond=0)
    core.author, core.last_modified_by, core.comments = "", "", ""
    core.title = _clean(" ".join(report.title(results, language)))


def _clean(text: str) -> str:
    """Return text without the characters XML cannot hold."""
    return text.translate(_NOT_XML)


def _same_zip(data: bytes) -> bytes:
    """Return the archive with one fixed time on every part, so that runs compare equal."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
