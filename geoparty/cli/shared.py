"""What the commands share: the app, their arguments, how they open, tell and end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoparty import words
from geoparty.cli import show
from geoparty.errors import GeopartyError

if TYPE_CHECKING:
    from geoparty.pipeline import Checked
    from geoparty.project import Project
    from geoparty.schema import Results

app = typer.Typer(
    name="geoparty",
    help="Lập kế hoạch phủ tổ chức ở vùng xa. · Plan organisation coverage in remote country.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DONE, INPUT_PROBLEMS = 0, 1
DATES = ["%Y-%m-%d", "%d/%m/%Y"]
ProjectFolder = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Thư mục dự án · project folder")
]
OutFolder = Annotated[
    Path | None, typer.Option("--out", help="Thư mục ghi kết quả · where to write (PROJECT/out)")
]
AsJson = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON · print JSON")]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", envvar="GEOPARTY_LANG", help="vi | en (mặc định theo dự án · project's)"
    ),
]


def run_and_write(project: Path, out: Path | None, lang: str | None, *, quiet: bool) -> Results:
    """Run a project, write its outputs and show the summary; return the results."""
    from geoparty import pipeline, present

    opened = open_(project)
    language = language_of(lang, opened)
    with show.bar(language, quiet=quiet) as progress:
        results = pipeline.run(opened, progress=progress)
        progress("present", 0, 1)
        written = present.write_outputs(results, out or opened.folder / "out")
        progress("present", 1, 1)
    if not quiet:
        show.show_summary(results, written, language)
    return results


def open_(folder: Path) -> Project:
    """Open a project folder."""
    from geoparty.project import open_project

    return open_project(folder)


def language_of(lang: str | None, project: Project | None = None) -> words.Language:
    """Return the language asked for, that of the environment, or the project's."""
    chosen = (
        lang or os.environ.get("GEOPARTY_LANG") or (project.settings.language if project else "vi")
    )
    if chosen not in words.LANGUAGES:
        raise typer.BadParameter(f"{chosen}: vi | en", param_hint="--lang")
    return chosen


@contextmanager
def telling(language: words.Language, *, as_json: bool = False) -> Iterator[None]:
    """Turn an error of ours into its message (or JSON) and exit code 1."""
    try:
        yield
    except GeopartyError as error:
        if as_json:
            show.echo_json({"problems": show.problem_records(error.problems, language)})
            raise typer.Exit(INPUT_PROBLEMS) from None
        fail(error, language)


def fail(error: GeopartyError, language: words.Language) -> None:
    """Say an error and end with exit code 1."""
    show.terminal(stderr=True).print(
        error.text(language), markup=False, highlight=False, style="red"
    )
    raise typer.Exit(INPUT_PROBLEMS) from None


def exit_code(holder: Checked | Results) -> int:
    """Return 1 where any problem is an error, else 0."""
    return INPUT_PROBLEMS if any(p.severity == "error" for p in holder.problems) else DONE
