"""Does a folder of outputs still say what its inputs say? Compared by SHA-256."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geoparty.errors import InputError, Problem
from geoparty.project import Project, sha256
from geoparty.settings import Settings


def verify(out: Path, project: Project) -> list[Problem]:
    """Compare outputs with ``run.json``, and ``run.json`` with the project as it is now.

    Returns one problem per difference, none when everything still agrees: an output changed
    or gone since it was written, an input changed or gone since the run, settings changed.

    Raises
    ------
    InputError
        The folder has no readable ``run.json``, or one of a version with other settings.
    """
    run = run_record(out)
    return [
        *_outputs(out, run.get("outputs", {})),
        *_inputs(project, run),
        *_settings(project, run.get("settings", {})),
    ]


def run_record(out: Path) -> dict[str, Any]:
    """Return the ``run.json`` of a folder; errors as :func:`verify`."""
    path = out / "run.json"
    try:
        run = dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        raise InputError(Problem(key="verify.no_run_record", file=str(path))) from None
    return run


def _outputs(out: Path, written: dict[str, str]) -> list[Problem]:
    problems = []
    for name, digest in written.items():
        path = out / Path(name).name
        if not path.is_file():
            problems.append(Problem(key="verify.output_gone", file=name))
        elif sha256(path) != digest:
            problems.append(Problem(key="verify.output_changed", file=name))
    return problems


def settings_of(run: dict[str, Any]) -> Settings:
    """Return the settings a run was made with; errors as :func:`verify`."""
    try:
        return Settings.model_validate(run.get("settings"))
    except ValidationError:
        params = {"version": run.get("geoparty", "?")}
        problem = Problem(key="verify.other_version", params=params, file="run.json")
        raise InputError(problem) from None


def _inputs(project: Project, run: dict[str, Any]) -> list[Problem]:
    paths = replace(project, settings=settings_of(run)).input_paths()
    paths["overrides"] = [project.path(project.settings.inputs.overrides)]
    problems = []
    for record in run.get("inputs", []):
        left = paths.get(record["input"], [])
        path = left.pop(0) if left else project.path(record["file"])
        if not path.is_file():
            problems.append(Problem(key="verify.input_gone", file=record["file"]))
        elif sha256(path) != record["sha256"]:
            problems.append(Problem(key="verify.input_changed", file=record["file"]))
    if any(path.is_file() for path in paths["overrides"]):
        problems.append(Problem(key="verify.input_changed", file=paths["overrides"][0].name))
    return problems


def _settings(project: Project, used: dict[str, Any]) -> list[Problem]:
    now = project.settings.model_dump(mode="json")
    changed = sorted(k for k in now if now[k] != used.get(k))
    if not changed:
        return []
    params = {"n": len(changed), "keys": ", ".join(changed)}
    return [Problem(key="verify.settings_changed", params=params, file="project.toml")]
