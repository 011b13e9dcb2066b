"""Commands that serve the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from geoparty import words
from geoparty.cli.shared import (
    DONE,
    Lang,
    OutFolder,
    app,
    language_of,
    opening,
    run_and_write,
    telling,
)

LOCAL = ("localhost", "127.0.0.1", "::1")


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
    with opening(project, lang) as (opened, language):
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
    with telling(language_of(lang)):
        folder = _sample_folder()
    with opening(folder, lang) as (opened, language):
        run_and_write(opened, out, language, quiet=False)
    if serve:
        raise typer.Exit(_serve(folder, port))


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
    script = entry / ("server.py" if access_file else "local.py")
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
