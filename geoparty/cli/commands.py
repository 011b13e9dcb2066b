"""Commands, thin: arguments in, words out. Work happens in ``pipeline``, imported late."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoparty import __version__, words
from geoparty.cli import show
from geoparty.errors import GeopartyError, InputError, Problem

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
LOCAL = ("localhost", "127.0.0.1", "::1")

_DATES = ["%Y-%m-%d", "%d/%m/%Y"]
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


def main() -> None:
    """Run the command line; every error of ours ends as a message and exit code 1."""
    try:
        app()
    except GeopartyError as error:
        _fail(error, _language(None))


@app.command(help="Tạo dự án mới với tệp mẫu Excel. · Start a project with Excel templates.")
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    lang: Lang = None,
) -> None:
    """Write a commented ``project.toml`` and Excel templates into a new folder."""
    from geoparty import sample

    language = _language(lang)
    with _telling(language):
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

    language = _language(lang)
    with _telling(language):
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
    language = _language(lang)
    with _telling(language, as_json=as_json):
        from geoparty import pipeline

        opened = _open(project)
        language = _language(lang, opened)
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
    raise typer.Exit(_exit_code(checked))


@app.command(help="Làm toàn bộ và ghi kết quả. · Do the whole job and write the outputs.")
def run(
    project: ProjectFolder, out: OutFolder = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Run every stage and write the outputs; exit 1 when rows had to be set aside."""
    language = _language(lang)
    with _telling(language, as_json=as_json):
        results = _run_and_write(project, out, lang, quiet=as_json)
        if as_json:
            show.echo_json(results.run)
    raise typer.Exit(_exit_code(results))


@app.command(help="Tiến độ qua các kỳ số liệu. · Change over all snapshots of the counts.")
def progress(
    project: ProjectFolder,
    out: OutFolder = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_DATES, help="Từ kỳ · first date compared")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DATES, help="Đến kỳ · second date compared")
    ] = None,
    lang: Lang = None,
) -> None:
    """Write ``progress.csv``, ``.xlsx`` and ``.geojson`` and print what changed."""
    language = _language(lang)
    with _telling(language):
        from geoparty import pipeline
        from geoparty.present.progress import write_progress

        opened = _open(project)
        language = _language(lang, opened)
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
    raise typer.Exit(_exit_code(checked))


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
    language = _language(lang)
    with _telling(language):
        from geoparty import pipeline
        from geoparty.present.travel import write_travel

        opened = _open(project)
        language = _language(lang, opened)
        if mode is not None:
            opened = opened.with_mode(mode)
        with show.bar(language, quiet=False) as bar:
            results = pipeline.run(opened, progress=bar)
            told = pipeline.travel_files(results, opened, n_best=best, progress=bar)
        written = write_travel(results, *told, out or opened.folder / "out")
    show.show_travel(results, told[0], written, language)
    raise typer.Exit(_exit_code(results))


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
    language = _language(lang)
    with _telling(language, as_json=as_json):
        from geoparty.present.verify import verify as verify_outputs

        opened = _open(project)
        language = _language(lang, opened)
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


@app.command(name="app", help="Mở ứng dụng trên máy này. · Serve the app on this machine.")
def app_(
    project: Annotated[Path, typer.Argument(metavar="[PROJECT]")] = Path(),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="Địa chỉ phục vụ; khác localhost thì cần --access · needs --access")
    ] = "localhost",
    access_file: Annotated[
        Path | None,
        typer.Option("--access", help="Tệp phân quyền (máy chủ chung) · who may see what"),
    ] = None,
    lang: Lang = None,
) -> None:
    """Serve the Streamlit app for one project; on localhost only, unless people sign in."""
    language = _language(lang)
    with _telling(language):
        opened = _open(project)
        if access_file is not None:
            from geoparty.access import read_access

            read_access(access_file)
        elif address not in LOCAL:
            raise typer.BadParameter(
                words.text("cli.needs_access", language), param_hint="--access"
            )
    raise typer.Exit(_serve(opened.folder, port, address=address, access_file=access_file))


@app.command(help="Chạy dự án mẫu (giả lập) rồi mở ứng dụng. · Run the sample and serve the app.")
def demo(
    out: OutFolder = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    lang: Lang = None,
) -> None:
    """Run the synthetic sample project, write its outputs and serve the app."""
    language = _language(lang)
    with _telling(language):
        folder = _sample_folder()
        _run_and_write(folder, out, lang, quiet=False)
    if serve:
        raise typer.Exit(_serve(folder, port))


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Phiên bản · version")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit(DONE)


def _run_and_write(project: Path, out: Path | None, lang: str | None, *, quiet: bool) -> Results:
    from geoparty import pipeline, present

    opened = _open(project)
    language = _language(lang, opened)
    with show.bar(language, quiet=quiet) as progress:
        results = pipeline.run(opened, progress=progress)
        progress("present", 0, 1)
        written = present.write_outputs(results, out or opened.folder / "out")
        progress("present", 1, 1)
    if not quiet:
        show.show_summary(results, written, language)
    return results


def _sample_folder() -> Path:
    """Return the sample project: beside the package in a clone, else made in this folder."""
    clone = Path(__file__).resolve().parents[2]
    if (clone / "project.toml").is_file():
        return clone
    from geoparty import sample

    folder = Path("geoparty-demo")
    if not (folder / "project.toml").is_file():
        communes = sample.invent_communes(12, seed=1)
        sample.write_sample(sample.make_sample(communes, places_per_commune=25, seed=1), folder)
    return folder


def _serve(
    folder: Path, port: int, *, address: str = "localhost", access_file: Path | None = None
) -> int:
    entry = Path(__file__).parents[1] / "pages" / "entry"
    script = entry / ("server.py" if access_file else "app.py")
    options = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "global.developmentMode": "false",
        "server.enableAgentApi": "false",
        "server.enableXsrfProtection": "true",
        "server.fileWatcherType": "none",
        "runner.postScriptGC": "false",  # to walk what was loaded costs 0.1 s a run
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "theme.primaryColor": "#1f5f8b",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        *flags,
        "--",
        str(folder.resolve()),
    ]
    environment = dict(os.environ)
    if access_file is not None:
        environment["GEOPARTY_ACCESS"] = str(access_file.resolve())
    with subprocess.Popen(command, env=environment) as served:  # noqa: S603
        # Asked to end, this process must not leave the app running on its own.
        signal.signal(signal.SIGTERM, lambda *_: served.terminate())
        try:
            return max(served.wait(), DONE)  # ended by a signal is negative: asked for, so done
        except KeyboardInterrupt:
            return DONE


def _open(folder: Path) -> Project:
    from geoparty.project import open_project

    return open_project(folder)


def _language(lang: str | None, project: Project | None = None) -> words.Language:
    chosen = (
        lang or os.environ.get("GEOPARTY_LANG") or (project.settings.language if project else "vi")
    )
    if chosen not in words.LANGUAGES:
        raise typer.BadParameter(f"{chosen}: vi | en", param_hint="--lang")
    return chosen


@contextmanager
def _telling(language: words.Language, *, as_json: bool = False) -> Iterator[None]:
    """Turn an error of ours into its message (or JSON) and exit code 1."""
    try:
        yield
    except GeopartyError as error:
        if as_json:
            show.echo_json({"problems": show.problem_records(error.problems, language)})
            raise typer.Exit(INPUT_PROBLEMS) from None
        _fail(error, language)


def _fail(error: GeopartyError, language: words.Language) -> None:
    show.terminal(stderr=True).print(
        error.text(language), markup=False, highlight=False, style="red"
    )
    raise typer.Exit(INPUT_PROBLEMS) from None


def _exit_code(holder: Checked | Results) -> int:
    return INPUT_PROBLEMS if any(p.severity == "error" for p in holder.problems) else DONE
