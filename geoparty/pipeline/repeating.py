"""A run made again from its ``run.json``, to show that its outputs are what it says."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from geoparty import __version__, present
from geoparty.errors import Problem
from geoparty.pipeline.clock import Progress
from geoparty.pipeline.running import run
from geoparty.present.verify import run_record, settings_of
from geoparty.project import Project, sha256

_MOST_NAMED = 3


def repeat(out: Path, project: Project, *, progress: Progress | None = None) -> list[Problem]:
    """Run again with the settings and inputs a run names; tell which outputs come out otherwise.

    The settings are those of ``run.json``, not of ``project.toml``; the date of the run is taken
    over, so that every other byte has to agree. Nothing in ``out`` is touched. A GeoJSON or CSV
    that differs is told with how many rows, which, and in what columns.

    Raises
    ------
    InputError
        No readable ``run.json``, or inputs the run cannot be made from any more.
    """
    record = run_record(out)
    made = run(replace(project, settings=settings_of(record)), progress=progress)
    made.run["written_at"] = record.get("written_at", "")
    problems = []
    if record.get("geoparty") != __version__:
        params = {"then": str(record.get("geoparty")), "now": __version__}
        problems.append(Problem(key="verify.version_changed", params=params, severity="warning"))
    with tempfile.TemporaryDirectory() as folder:
        present.write_outputs(made, Path(folder))
        for name, digest in record.get("outputs", {}).items():
            again = Path(folder, Path(name).name)
            if not again.is_file() or sha256(again) != digest:
                problems.append(_difference(out / again.name, again))
    return problems


def _difference(then: Path, now: Path) -> Problem:
    """Return what differs between an output and the same output made again."""
    before, after = _rows(then), _rows(now)
    if before is None or after is None:
        return Problem(key="verify.repeat_differs", file=then.name)
    changed = [k for k in {**before, **after} if before.get(k) != after.get(k)]
    columns = {
        column
        for k in changed
        for column in {**before.get(k, {}), **after.get(k, {})}
        if k not in before or k not in after or before[k].get(column) != after[k].get(column)
    }
    params = {
        "n": len(changed),
        "rows": ", ".join(sorted(changed)[:_MOST_NAMED]),
        "columns": ", ".join(sorted(columns)),
    }
    return Problem(key="verify.repeat_rows", params=params, file=then.name)


def _rows(path: Path) -> dict[str, dict[str, Any]] | None:
    """Return the rows of a GeoJSON or CSV by their first value; None where it has no rows."""
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix == ".geojson":
            features = json.loads(text)["features"]
            rows = [{**f["properties"], "geometry": f["geometry"]} for f in features]
            return {
                str(f.get("id", i)): row
                for i, (f, row) in enumerate(zip(features, rows, strict=True))
            }
        if path.suffix == ".csv":
            return {str(i + 2): row for i, row in enumerate(csv.DictReader(io.StringIO(text)))}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
