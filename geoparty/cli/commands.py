"""Commands, thin: arguments in, words out. Work happens in ``pipeline``, imported late."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geoparty import __version__, words
from geoparty.cli import show
from geoparty.cli.shared import (
    DATES,
    DONE,
    INPUT_PROBLEMS,
    AsJson,
    Lang,
    OutFolder,
    ProjectFolder,
    app,
    exit_code,
    fail,
    language_of,
    opening,
    run_and_write,
    telling,
)
from geoparty.errors import GeopartyError, InputError, Problem


def main() -> None:
    """Run the command line; every error of ours ends as a message and exit code 1."""
    try:
        app()
    except GeopartyError as error:
        fail(error, language_of(None))


@app.command(help="Tạo dự án mới với tệp mẫu Excel. · Start a project with Excel templates.")
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    lang: Lang = None,
) -> None:
    """Write a commented ``project.toml`` and Excel templates into a new folder."""
    from geoparty import sample

    language = language_of(lang)
    with telling(language):
        sample.write_new(folder, language=language)
    show.terminal().print(words.text("cli.new_done", language, folder=folder), markup=False)


@app.command(name="sample", help="Tạo dự án GIẢ LẬP trên ranh giới xã. · Make a SYNTHETIC project.")
def sample_(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    communes: Annotated[
        Path | None,
        typer.Option(help="Ranh giới xã (tệp bất kỳ GDAL đọc được) · commune polygons"),
    ] = None,
    invented: Annotated[
        int, typer.Option(min=3, help="Số xã tự đặt khi không có --communes · invented communes")
    ] = 12,
    border: Annotated[Path | None, typer.Option(help="Đường biên giới · land border lines")] = None,
    places_per_commune: Annotated[int, typer.Option(min=1, max=500)] = 30,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    snapshots: Annotated[
        int, typer.Option(min=1, max=20, help="Số năm có số liệu · years of counts")
    ] = 1,
    messy: Annotated[
        bool, typer.Option("--messy", help="Có lỗi như bảng thật · with the defects of real tables")
    ] = False,
    lang: Lang = None,
) -> None:
    """Generate a synthetic project on real or invented commune polygons."""
    from geoparty import read, sample

    language = language_of(lang)
    with telling(language):
        frame = (
            read.read_communes(communes).frame
            if communes
            else sample.invent_communes(invented, seed=seed)
        )
        lines = read.read_border(border).frame if border else None
        made = sample.make_sample(
            frame,
            places_per_commune=places_per_commune,
            seed=seed,
            n_snapshots=snapshots,
            messy=messy,
            border=lines,
        )
        sample.write_sample(made, folder)
    show.terminal().print(
        words.text("cli.sample_done", language, folder=folder, n=len(made.places)), markup=False
    )


@app.command(help="Chỉ đọc và khớp; in mọi lỗi. · Read and link only; print every problem.")
def check(project: ProjectFolder, as_json: AsJson = False, lang: Lang = None) -> None:
    """Print the account of every row and every problem; exit 1 when there are errors."""
    with opening(project, lang, as_json=as_json) as (opened, language):
        from geoparty import pipeline

        with show.bar(language, quiet=as_json) as progress:
            checked = pipeline.check(opened, progress=progress)
        if as_json:
            show.echo_json(
                {
                    "account": pipeline.account_totals(checked.account),
                    "problems": show.problem_records(checked.problems, language),
                }
            )
        else:
            console = show.terminal()
            show.show_account(console, pipeline.account_totals(checked.account), language)
            show.show_problems(console, checked, language, most=None)
    raise typer.Exit(exit_code(checked))


@app.command(help="Làm toàn bộ và ghi kết quả. · Do the whole job and write the outputs.")
def run(
    project: ProjectFolder, out: OutFolder = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Run every stage and write the outputs; exit 1 when rows had to be set aside."""
    with opening(project, lang, as_json=as_json) as (opened, language):
        results = run_and_write(opened, out, language, quiet=as_json)
        if as_json:
            show.echo_json(results.run)
    raise typer.Exit(exit_code(results))


@app.command(help="Tiến độ qua các kỳ số liệu. · Change over all snapshots of the counts.")
def progress(
    project: ProjectFolder,
    out: OutFolder = None,
    since: Annotated[
        datetime | None, typer.Option(formats=DATES, help="Từ kỳ · first date compared")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=DATES, help="Đến kỳ · second date compared")
    ] = None,
    lang: Lang = None,
) -> None:
    """Write ``progress.csv``, ``.xlsx`` and ``.geojson`` and print what changed."""
    with opening(project, lang) as (opened, language):
        from geoparty import pipeline
        from geoparty.present.progress import write_progress

        with show.bar(language, quiet=False) as bar:
            checked = pipeline.check(opened, progress=bar)
            bar("progress", 0, 1)
            score = pipeline.progress_of(checked)
        if score is None:
            raise InputError(Problem(key="cli.no_dates"))
        if since or until:
            from geoparty.assess import narrow

            first = since.date() if since else score.dates[0]
            last = until.date() if until else score.dates[-1]
            score = narrow(score, compared=(first, last), areas=score.areas)
        run_record = pipeline.describe(checked)
        written = write_progress(
            score, checked.places, out or opened.folder / "out", run=run_record
        )
    show.show_progress(score, written, language)
    raise typer.Exit(exit_code(checked))


@app.command(help="Đi lại theo mùa, ngầm và cầu cần làm. · Travel by season and the crossings.")
def travel(
    project: ProjectFolder,
    out: OutFolder = None,
    mode: Annotated[
        str | None, typer.Option(help="foot | bicycle | motorbike | car | fastest")
    ] = None,
    best: Annotated[int, typer.Option(min=1, max=100, help="Số công trình · how many")] = 5,
    lang: Lang = None,
) -> None:
    """Write minutes, ways, rasters, cut-off groups, crossings and the network check."""
    with opening(project, lang) as (opened, language):
        from geoparty import pipeline
        from geoparty.present.travel import write_travel

        if mode is not None:
            opened = opened.with_mode(mode)
        with show.bar(language, quiet=False) as bar:
            results = pipeline.run(opened, progress=bar, with_classes=False)
            told = pipeline.travel_files(results, opened, n_best=best, progress=bar)
        written = write_travel(results, *told, out or opened.folder / "out")
    show.show_travel(results, told[0], written, language)
    raise typer.Exit(exit_code(results))


@app.command(help="So kết quả với dữ liệu hiện tại. · Check outputs against their inputs.")
def verify(
    project: ProjectFolder,
    out: OutFolder = None,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Chạy lại rồi so · run again and compare")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell what changed since a run wrote its outputs; exit 1 when anything did."""
    with opening(project, lang, as_json=as_json) as (opened, language):
        from geoparty.present.verify import verify as verify_outputs

        where = out or opened.folder / "out"
        problems = verify_outputs(where, opened)
        if repeat:
            from geoparty import pipeline

            with show.bar(language, quiet=as_json) as progress:
                problems += pipeline.repeat(where, opened, progress=progress)
    if as_json:
        show.echo_json({"problems": show.problem_records(problems, language)})
    for line in [p.text(language) for p in problems] or [words.text("verify.same", language)]:
        if not as_json:
            show.terminal().print(line, markup=False, highlight=False)
    raise typer.Exit(INPUT_PROBLEMS if problems else DONE)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Phiên bản · version")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit(DONE)
