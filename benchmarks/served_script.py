"""The app over results that are already made; :mod:`benchmarks.served_app` serves it."""

import pickle
import sys
from pathlib import Path
from typing import Any

from geoparty.pages import main


def made(project: Any, *, progress: Any = None) -> Any:  # noqa: ANN401 - as pipeline.run
    """Return the results beside the project."""
    return pickle.loads((project.folder / "results.pickle").read_bytes())  # noqa: S301 - our own


if __name__ == "__main__":
    main(Path(sys.argv[-1]), run=made)
