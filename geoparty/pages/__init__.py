"""Streamlit pages: widgets, one cached call, one view."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoparty.pages.store import Runner

__all__ = ["main"]


def main(folder: Path | str | None = None, *, run: Runner | None = None) -> None:
    """Show the app for one project.

    Parameters
    ----------
    folder
        Project folder; without it the last command-line argument, else the current folder.
    run
        Makes the results of a project; :func:`geoparty.pipeline.run` if not given.
    """
    from geoparty.pages.shell import show

    arguments = sys.argv[1:]
    chosen = folder or (arguments[-1] if arguments else ".")
    show(Path(chosen), run=run)
