"""A new project: settings with every choice explained, and Excel tables to fill in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoparty import schema, words
from geoparty.errors import InputError, Problem
from geoparty.files import batch
from geoparty.sample.config import project_toml
from geoparty.sample.workbook import (
    A4,
    COUNT_COLUMNS,
    PLACE_COLUMNS,
    WIDTH,
    WIDTHS,
    YES_NO,
    headers,
    new_workbook,
    write_header,
)
from geoparty.words import Language

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

FILES = ("project.toml", "boundaries/README.md", "data/places.xlsx", "data/counts.xlsx")
TABLES = {"places": PLACE_COLUMNS, "counts": COUNT_COLUMNS}
LAST_ROW = 5_000
"""Cells are checked as they are typed down to this row."""
EARLIEST = date(1930, 1, 1)
DEGREES = {"lon": (102, 118), "lat": (6, 24)}


def write_new(folder: Path | str, *, language: Language = "vi") -> list[Path]:
    """Start a project: a commented ``project.toml`` and workbooks for places and counts.

    The workbooks have Vietnamese or English headers that ``read`` knows, a list to choose
    from where values are coded, and a sheet of instructions. The boundaries are the
    planner's own to add.

    Raises
    ------
    InputError
        The folder already holds one of the files, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> [path.name for path in write_new(tempfile.mkdtemp())]
    ['project.toml', 'README.md', 'places.xlsx', 'counts.xlsx']
    """
    folder = Path(folder)
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        params = {"files": there}
        raise InputError(Problem(key="sample.exists", params=params, file=str(folder)))
    with batch(folder / "boundaries") as files:
        files.write("README.md", words.text("sample.readme_new", language).lstrip().encode())
    with batch(folder / "data") as files:
        for table in TABLES:
            files.write(f"{table}.xlsx", template(table, language=language))
    with batch(folder) as files:
        files.write("project.toml", _settings(language).encode())
    return [folder / name for name in FILES]


def template(table: str, *, language: Language = "vi") -> bytes:
    """Return the empty workbook of a table: ``places`` or ``counts``."""
    columns = list(TABLES[table])
    name = words.text(f"sample.template_{table}", language)
    book, stream = new_workbook(name, synthetic=False)
    page = book.add_worksheet(name)
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    write_header(book, page, columns, language)
    for j, column in enumerate(columns):
        kind = _column(column).dtype
        style = {"str": text, "date": day}.get(kind)
        page.set_column(j, j, WIDTHS.get(column, WIDTH), style)
        page.data_validation(1, j, LAST_ROW, j, _check(column, language))
    _instructions(book, table, columns, language)
    book.close()
    return stream.getvalue()


def _settings(language: Language) -> str:
    values: dict[str, Any] = {
        "name": words.text("sample.template_name", language),
        "language": language,
        "inputs": {
            "communes": "boundaries/communes.geojson",
            "places": "data/places.xlsx",
            "counts": ["data/counts.xlsx"],
        },
    }
    return project_toml(values, language=language)


def _column(name: str) -> schema.Column:
    degrees = schema.Column(dtype="float", about="degrees")
    return {**schema.COUNTS, **schema.PLACES, "lon": degrees, "lat": degrees}[name]


def _check(column: str, language: Language) -> dict[str, Any]:
    """Return what may be typed into a column's cells, and the help shown beside them."""
    kind = _column(column)
    check: dict[str, Any] = {"validate": "any"}
    if kind.allowed or kind.dtype == "boolean":
        choices = [words.text(f"levels.{v}", language) for v in kind.allowed]
        choices = choices or [words.text(f"sample.{v}", language) for v in YES_NO.values()]
        check = {"validate": "list", "source": _separable(choices)}
        check["error_message"] = words.text("sample.wrong_choice", language)
    elif kind.dtype == "Int64":
        check = {"validate": "integer", "criteria": ">=", "value": 0}
        check["error_message"] = words.text("sample.wrong_count", language)
    elif kind.dtype == "date":
        check = {"validate": "date", "criteria": ">=", "value": EARLIEST}
        check["error_message"] = words.text("sample.wrong_date", language)
    elif column in DEGREES:
        low, high = DEGREES[column]
        check = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
        check["error_message"] = words.text("sample.wrong_degrees", language)
    help_text = words.text(f"sample.help_{column}", language)
    return {**check, "input_title": headers([column], language)[0][:32], "input_message": help_text}


def _separable(choices: list[str]) -> list[str]:
    """Excel parts the choices at commas; ours may hold one."""
    return [choice.replace(", ", "/") for choice in choices]


def _instructions(
    book: xlsxwriter.Workbook, table: str, columns: list[str], language: Language
) -> None:
    """Add the sheet that says how to fill in the table, one sentence a cell.

    A cell never holds a header alone, so that the sheet is not taken for a table.
    """
    page: Worksheet = book.add_worksheet(words.text("sample.template_help", language))
    title = book.add_format({"bold": True, "font_size": 13, "font_color": "#1F4E78"})
    bold = book.add_format({"bold": True})
    line = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 100)
    page.hide_gridlines(2)
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, words.text(f"sample.help_title_{table}", language), title)
    for i, key in enumerate(("rows", "blank", "persons", "columns"), start=2):
        page.write_string(i, 0, f"• {words.text(f'sample.help_{key}', language)}", line)
    required = words.text("sample.help_required", language)
    for i, (column, header) in enumerate(
        zip(columns, headers(columns, language), strict=True), start=7
    ):
        mark = f" ({required})" if _column(column).required else ""
        what = words.text(f"sample.help_{column}", language)
        page.write_rich_string(i, 0, bold, f"{header}{mark}", f": {what}", line)
