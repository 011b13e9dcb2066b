"""The report as PDF: the same parts as the DOCX, its map in vectors, its letters inside."""

from __future__ import annotations

import io
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from geoparty import schema, words
from geoparty.present import drawing, ink, labels, report
from geoparty.present.columns import column_mm
from geoparty.words import Language

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import BaseDocTemplate, Flowable

FONTS = {
    "regular": "LiberationSerif",
    "bold": "LiberationSerif-Bold",
    "italic": "LiberationSerif-Italic",
}
_DOTS = "……………………"
_TEXT_MM = 165


def report_pdf(
    results: schema.Results,
    *,
    form: report.Form | None = None,
    language: Language | None = None,
    map_paper: str = "A4",
) -> bytes:
    """Return the report as PDF; see :func:`geoparty.present.report_docx` for its parts.

    Letters are Liberation Serif (the widths of Times New Roman), embedded. Text from data is
    never read as markup. The same results give the same bytes.
    """
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate

    spoken = language or labels.language_of(results.run)
    _register_fonts()
    width, height = drawing.sheet_mm(results, map_paper)
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pagesize=(210 * mm, 297 * mm),
        title=" ".join(report.title(results, spoken)),
        author="",
        invariant=1,
    )
    text = Frame(30 * mm, 20 * mm, _TEXT_MM * mm, 257 * mm, 0, 0, 0, 0)
    sheet = Frame(15 * mm, 12 * mm, (width - 30) * mm, (height - 27) * mm, 0, 0, 0, 0)
    document.addPageTemplates(
        [
            PageTemplate("text", [text], onPage=_page_number),
            PageTemplate("map", [sheet], pagesize=(width * mm, height * mm), onPage=_page_number),
        ]
    )
    story = [*_head(results, form or report.Form(), spoken)]
    for i, section in enumerate(report.sections(results, spoken), start=1):
        story += _section(i, section)
    story += _foot(form or report.Form(), spoken)
    story += [NextPageTemplate("map"), PageBreak()]
    annex = f"{words.text('present.report_annex', spoken)}. "
    story.append(_paragraph(annex + words.text("present.report_map", spoken), "title"))
    picture = drawing.map_picture(
        results, width_mm=width - 30, height_mm=height - 42, language=spoken
    )
    story.append(_map(picture))
    document.build(story)
    return stream.getvalue()


def _register_fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    known = pdfmetrics.getRegisteredFontNames()
    for key, name in FONTS.items():
        if name not in known:
            data = files(__package__).joinpath("vendor", ink.FONT_FILES[key]).read_bytes()
            pdfmetrics.registerFont(TTFont(name, io.BytesIO(data)))


def _page_number(canvas: Canvas, document: BaseDocTemplate) -> None:
    from reportlab.lib.units import mm

    if document.page > 1:
        width, height = canvas._pagesize  # noqa: SLF001 - the page's own size has no other name
        canvas.setFont(FONTS["regular"], 14)
        canvas.drawCentredString(width / 2, height - 13 * mm, str(document.page))


_STYLES: dict[str, dict[str, Any]] = {
    "text": {"fontSize": 14, "leading": 18, "alignment": 4, "firstLineIndent": 28, "spaceAfter": 6},
    "heading": {
        "fontName": FONTS["bold"],
        "fontSize": 14,
        "leading": 18,
        "firstLineIndent": 28,
        "spaceBefore": 10,
        "spaceAfter": 6,
        "keepWithNext": 1,
    },
    "title": {"fontName": FONTS["bold"], "fontSize": 14, "leading": 19, "alignment": 1},
    "centre": {"fontSize": 14, "leading": 18, "alignment": 1},
    "strong": {"fontName": FONTS["bold"], "fontSize": 14, "leading": 18, "alignment": 1},
    "mark": {"fontName": FONTS["bold"], "fontSize": 12, "leading": 15, "alignment": 1},
    "date": {"fontName": FONTS["italic"], "fontSize": 14, "leading": 20, "alignment": 1},
    "caption": {"fontName": FONTS["italic"], "fontSize": 14, "leading": 18, "keepWithNext": 1},
    "left": {"fontSize": 12, "leading": 15},
    "cell": {"fontSize": 11, "leading": 13},
    "cell_head": {"fontName": FONTS["bold"], "fontSize": 11, "leading": 13, "alignment": 1},
    "cell_bold": {"fontName": FONTS["bold"], "fontSize": 11, "leading": 13},
}


def _paragraph(text: str, style: str, *, right: bool = False) -> Flowable:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    values = {"fontName": FONTS["regular"]} | _STYLES[style] | ({"alignment": 2} if right else {})
    return Paragraph(_plain(text), ParagraphStyle(style, **values))


def _plain(text: str) -> str:
    """Return text that a paragraph shows as it is: no markup, blanks to write in kept."""
    return escape(text, quote=False).replace("  ", "\u00a0\u00a0")


def _underlined(text: str, style: str) -> Flowable:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    values = {"fontName": FONTS["regular"]} | _STYLES[style]
    return Paragraph(f"<u>{_plain(text)}</u>", ParagraphStyle(style, **values))


def _head(results: schema.Results, form: report.Form, language: Language) -> list[Flowable]:
    from reportlab.platypus import Spacer

    year = str(results.run.get("written_at", ""))[:4] or "……"
    number = words.text("present.report_number", language, number=form.number or "……-BC/……")
    marks = filter(None, [labels.note(results.run, language)])
    left = [
        _paragraph((form.superior or _DOTS).upper(), "centre"),
        _paragraph((form.issuer or _DOTS).upper(), "strong"),
        _paragraph("*", "centre"),
        _paragraph(number, "centre"),
        *(_paragraph(mark, "mark") for mark in marks),
    ]
    date = words.text("present.report_date", language, place=form.place or "………", year=year)
    party = words.text("present.report_party", language)
    right = [_underlined(party, "strong"), _paragraph(date, "date")]
    kind, subject = report.title(results, language)
    return [
        _side_by_side(left, right),
        Spacer(1, 16),
        _paragraph(kind, "title"),
        _paragraph(subject, "title"),
        _paragraph("-----", "centre"),
    ]


def _side_by_side(left: list[Flowable], right: list[Flowable]) -> Flowable:
    from reportlab.lib.units import mm
    from reportlab.platypus import Table

    both = Table([[left, right]], colWidths=[78 * mm, 87 * mm])
    both.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return both


def _section(i: int, section: report.Section) -> list[Flowable]:
    from reportlab.platypus import Spacer

    story = [_paragraph(f"{i}. {section.title}", "heading")]
    story += [_paragraph(text, "text") for text in section.paragraphs]
    for table in section.tables:
        if table.title:
            story.append(_paragraph(table.title, "caption"))
        story += [_table(table), Spacer(1, 10)]
    return story


def _table(table: report.Table) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
    from reportlab.platypus import LongTable

    lines = [[_paragraph(text, "cell_head") for text in table.headers]] if table.headers else []
    for k, row in enumerate(table.rows):
        style = "cell_bold" if table.bold_last and k == len(table.rows) - 1 else "cell"
        lines.append(
            [
                _paragraph(text, style, right=numeric)
                for text, numeric in zip(row, table.numeric, strict=True)
            ]
        )
    widths = column_mm(table.headers, table.rows, table.widths, total_mm=_TEXT_MM)
    grid = LongTable(
        lines, colWidths=[width * mm for width in widths], repeatRows=int(bool(table.headers))
    )
    grid.setStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#444444")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return grid


def _foot(form: report.Form, language: Language) -> list[Flowable]:
    from reportlab.platypus import KeepTogether, Spacer

    copies = (*form.recipients, words.text("present.report_file_copy", language))
    left = [
        _underlined(words.text("present.report_recipients", language), "left"),
        *(_paragraph(f"- {text}", "left") for text in copies),
    ]
    right = [
        _paragraph(form.on_behalf or _DOTS, "strong"),
        _paragraph(form.signer_title or _DOTS, "centre"),
        Spacer(1, 70),
        _paragraph(form.signer or _DOTS, "strong"),
    ]
    return [Spacer(1, 12), KeepTogether([_side_by_side(left, right)])]


def _map(picture: drawing.Picture) -> Flowable:
    from reportlab.lib.units import mm
    from reportlab.platypus import Flowable as Base

    class Map(Base):  # type: ignore[misc]
        """The picture as one block."""

        def __init__(self) -> None:
            super().__init__()
            self.width, self.height = picture.width_mm * mm, picture.height_mm * mm

        def draw(self) -> None:
            ink.draw_pdf(self.canv, picture, FONTS)

    return Map()
