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


def run_and_write(
    project: Project, out: Path | None, language: words.Language, *, quiet: bool
) -> Results:
    """Run a project, write its outputs and show the summary; return the results."""
    from geoparty import pipeline, present

    with show.bar(language, quiet=quiet) as progress:
        results = pipeline.run(project, progress=progress)
        progress("present", 0, 1)
        written = present.write_outputs(results, out or project.folder / "out")
        progress("present", 1, 1)
    if not quiet:
        show.show_summary(results, written, language)
    return results


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


@contextmanager
def opening(
    folder: Path, lang: str | None, *, as_json: bool = False
) -> Iterator[tuple[Project, words.Language]]:
    """Open a project and tell errors, also those of what is done with it, in its language."""
    from geoparty.project import open_project

    with telling(language_of(lang), as_json=as_json):
        project = open_project(folder)
    language = language_of(lang, project)
    with telling(language, as_json=as_json):
        yield project, language


def fail(error: GeopartyError, language: words.Language) -> None:
    """Say an error and end with exit code 1."""
    show.terminal(stderr=True).print(
        error.text(language), markup=False, highlight=False, style="red"
    )
    raise typer.Exit(INPUT_PROBLEMS) from None


def exit_code(holder: Checked | Results) -> int:
    """Return 1 where any problem is an error, else 0."""
    return INPUT_PROBLEMS if any(p.severity == "error" for p in holder.problems) else DONE
