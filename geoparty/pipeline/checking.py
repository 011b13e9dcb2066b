"""Reading and linking: what there is to work on, and the account of every row."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import __version__, link, read, schema, travel
from geoparty.errors import InputError, Problem
from geoparty.pipeline.clock import Clock, Progress
from geoparty.project import Project, sha256
from geoparty.read import LandCover, Terrain
from geoparty.read.crs import NEAR_DEG, elsewhere
from geoparty.read.terrain import bounds_deg
from geoparty.read.vn2000 import meridian_problem
from geoparty.schema import Read

_NEAR_DEG = {"border": 9.0} | dict.fromkeys(("centres", "roads", "streams", "edits"), NEAR_DEG)
"""How near the communes each layer must come; the border of the country may be a province away.
Places have communes of their own: those that lie elsewhere are told row by row."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What reading and linking gave: clean frames, the account of every row, every problem."""

    project: Project
    communes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    counts: pd.DataFrame
    account: pd.DataFrame
    undecided: pd.DataFrame
    problems: tuple[Problem, ...]
    centres: gpd.GeoDataFrame | None
    border: gpd.GeoDataFrame | None
    roads: gpd.GeoDataFrame | None
    streams: gpd.GeoDataFrame | None
    edits: gpd.GeoDataFrame | None
    terrain: Terrain | None
    land_cover: LandCover | None
    lineage: pd.DataFrame | None
    inputs: list[dict[str, Any]]
    seconds: dict[str, float] = field(default_factory=dict)


def check(project: Project, *, progress: Progress | None = None) -> Checked:
    """Read and link a project's inputs; compute nothing else.

    Raises
    ------
    InputError
        Faults that leave nothing to work on (a file missing or unreadable, a column missing),
        those of every input at once. Faults of single rows are in ``problems`` and ``account``.
    """
    clock = Clock(progress)
    with clock.stage("read"):
        reads, rasters = _read_all(project)
    with clock.stage("link"):
        return _link_all(project, reads, rasters, clock.seconds)


def account_totals(account: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return rows by table and outcome; ``rows`` is how many the table had.

    Examples
    --------
    >>> account = pd.DataFrame({"table": ["counts"] * 2, "outcome": ["matched", "rejected"]})
    >>> account_totals(account)["counts"]["rows"]
    2
    """
    totals = {}
    for table, rows in account.groupby("table", sort=True):
        outcomes = rows["outcome"].value_counts().reindex(schema.OUTCOMES, fill_value=0)
        totals[str(table)] = {"rows": len(rows)} | {str(k): int(v) for k, v in outcomes.items()}
    return totals


def describe(checked: Checked) -> dict[str, Any]:
    """Return what every output says of the run it is from: inputs, settings, account."""
    settings = checked.project.settings
    return {
        "geoparty": __version__,
        "python": platform.python_version(),
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": settings.name,
        "is_synthetic": settings.is_synthetic,
        "as_of": _dates(checked.counts),
        "inputs": checked.inputs,
        "settings": settings.model_dump(mode="json"),
        "account": account_totals(checked.account),
        "centres": "given" if checked.centres is not None else "derived",
    }


def _dates(counts: pd.DataFrame) -> list[str]:
    return sorted(counts["as_of"].dropna().dt.strftime("%Y-%m-%d").unique())


def _read_all(project: Project) -> tuple[dict[str, list[Read]], dict[str, Any]]:
    """Read every input, gathering the faults of all files before giving up."""
    readers: dict[str, Callable[..., Read]] = {
        "communes": read.read_communes,
        "places": read.read_places,
        "counts": read.read_counts,
        "centres": read.read_centres,
        "border": read.read_border,
        "roads": read.read_roads,
        "streams": read.read_streams,
        "edits": read.read_edits,
        "lineage": read.read_lineage,
        "crosswalk": read.read_crosswalk,
    }
    grids = {"terrain": read.read_terrain, "land_cover": read.read_land_cover}
    choices = _choices(project)
    reads: dict[str, list[Read]] = {name: [] for name in readers}
    rasters: dict[str, Any] = dict.fromkeys(grids)
    faults: list[Problem] = []
    for name, paths in project.input_paths().items():
        for path in paths:
            try:
                if name in grids:
                    rasters[name] = grids[name](path, crs=choices.get(name, {}).get("crs"))
                elif name in readers:
                    reads[name].append(readers[name](path, **choices.get(name, {})))
            except InputError as error:
                faults += error.problems
    if faults:
        raise InputError(faults)
    return reads, rasters


def _choices(project: Project) -> dict[str, dict[str, Any]]:
    """Return what the project says of how each input is read."""
    inputs = project.settings.inputs
    choices: dict[str, dict[str, Any]] = {}
    for option in ("columns", "encoding", "crs"):
        by_input: dict[str, Any] = getattr(inputs, option)
        for name, choice in by_input.items():
            choices.setdefault(name, {})[option] = choice
    return choices


def _link_all(
    project: Project,
    reads: dict[str, list[Read]],
    rasters: dict[str, Any],
    seconds: dict[str, float],
) -> Checked:
    communes = reads["communes"][0].frame
    _refuse_elsewhere(project, reads, rasters)
    overrides = read.read_overrides(project.path(project.settings.inputs.overrides))
    crosswalk = reads["crosswalk"][0].frame if reads["crosswalk"] else None
    places = link.link_places(
        reads["places"][0], communes, crosswalk=crosswalk, overrides=overrides
    )
    counts = link.link_counts(
        _combined(reads["counts"]), places.frame, communes, crosswalk=crosswalk, overrides=overrides
    )
    problems = [p for one in reads.values() for r in one for p in r.problems]
    problems += [p for grid in rasters.values() if grid is not None for p in grid.problems]
    tables = [r.frame for name in ("places", "counts") for r in reads[name]]
    problems += [*places.problems, *counts.problems, *_boundary_problems(reads)]
    problems += _edit_problems(reads)
    problems += link.unused_decisions(overrides, tables)
    return Checked(
        project=project,
        communes=communes,
        places=places.frame,
        counts=counts.frame,
        account=pd.concat([places.account, counts.account], ignore_index=True),
        undecided=link.review(places, counts),
        problems=tuple(problems),
        **rasters,
        inputs=_input_records(project, reads),
        seconds=seconds,
        **{
            name: reads[name][0].frame if reads[name] else None
            for name in ("centres", "border", "roads", "streams", "edits", "lineage")
        },
    )


def _refuse_elsewhere(
    project: Project, reads: dict[str, list[Read]], rasters: dict[str, Any]
) -> None:
    """Raise for layers and rasters of another part of the world, all of them at once."""
    communes = reads["communes"][0].frame
    faults = []
    for name, paths in project.input_paths().items():
        if rasters.get(name) is not None:
            found = [np.array([bounds_deg(rasters[name])])]
        elif name in _NEAR_DEG:
            found = [one.frame.geometry.dropna().bounds.to_numpy() for one in reads[name]]
        else:
            continue
        near = _NEAR_DEG.get(name, NEAR_DEG)
        for path, bounds in zip(paths, found, strict=True):
            if wrong := elsewhere(bounds, communes, near_deg=near):
                faults.append(replace(wrong, file=path.name))
    if faults:
        raise InputError(faults)


def _boundary_problems(reads: dict[str, list[Read]]) -> list[Problem]:
    """Return what is wrong with the boundaries as a whole, and layers shifted against them."""
    communes = reads["communes"][0].frame
    problems = list(read.measure_coverage(communes).problems)
    for name in ("places", "centres", "roads", "streams"):
        for one in reads[name]:
            shifted = meridian_problem(one.frame.geometry.dropna(), communes)
            if shifted is not None:
                problems.append(replace(shifted, file=str(one.frame["file"].iloc[0])))
    return problems


def _edit_problems(reads: dict[str, list[Read]]) -> list[Problem]:
    """Return the edits that change nothing, for no road is there, or that all lie astray."""
    if not reads["edits"] or reads["edits"][0].frame.empty:
        return []
    edits = reads["edits"][0].frame
    roads = reads["roads"][0].frame if reads["roads"] else edits.iloc[:0]
    file = str(edits["file"].iloc[0])
    met = travel.edits_on_roads(roads, edits)
    if not met.any() and (shifted := meridian_problem(edits.geometry, reads["communes"][0].frame)):
        return [replace(shifted, file=file)]
    idle = edits[~met & edits["edit"].ne("road")]
    if idle.empty:
        return []
    params = {"n": len(idle), "kinds": sorted(set(idle["edit"]))}
    rows = tuple(int(row) for row in idle["row"])
    return [Problem(key="travel.edit_without_road", params=params, file=file, rows=rows)]


def _combined(reads: list[Read]) -> Read:
    """Put the counts of several files under one another, so that repeats across files show."""
    if not reads:
        empty = pd.DataFrame(columns=[*schema.COUNTS, *schema.SOURCE_COLUMNS])
        return Read(schema.conform(empty, schema.COUNTS))
    return Read(
        frame=pd.concat([r.frame for r in reads], ignore_index=True),
        problems=tuple(p for r in reads for p in r.problems),
        rejected=pd.concat([r.rejected for r in reads], ignore_index=True),
        totals=pd.concat([r.totals for r in reads], ignore_index=True),
    )


def _input_records(project: Project, reads: dict[str, list[Read]]) -> list[dict[str, Any]]:
    records = []
    for name, paths in project.input_paths().items():
        for i, path in enumerate(paths):
            got = reads.get(name, [])
            rows = got[i].rows_read if i < len(got) else None
            file = _shown(path, project.folder)
            records.append({"input": name, "file": file, "sha256": sha256(path), "rows": rows})
    path = project.path(project.settings.inputs.overrides)
    if path.is_file():
        file, rows = _shown(path, project.folder), len(read.read_overrides(path))
        records.append({"input": "overrides", "file": file, "sha256": sha256(path), "rows": rows})
    return records


def _shown(path: Path, folder: Path) -> str:
    """Return a path as the project file names it, so that no machine path leaves the machine."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
