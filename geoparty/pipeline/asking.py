"""Questions asked of a project after the first look: progress, crossings, decisions."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from geoparty import assess, link, travel
from geoparty.errors import InputError, Problem
from geoparty.pipeline.checking import Checked
from geoparty.project import Project
from geoparty.schema import Results


def progress_of(checked: Checked) -> assess.Progress | None:
    """Return what all dated snapshots tell of change over time; None where none is dated."""
    if checked.counts["as_of"].isna().all():
        return None
    settings = checked.project.settings
    return assess.track(
        checked.counts,
        checked.places,
        rules=settings.rules,
        progress=settings.progress,
        lineage=checked.lineage,
    )


def crossings_of(
    results: Results, project: Project, *, season: str | None = None, n_best: int = 5
) -> travel.Crossings:
    """Return what every ford, closed road and bridge means for the way to a commune centre.

    ``season`` is the first one that closes fords where not given.

    Raises
    ------
    InputError
        The project has no roads.
    SettingsError
        There is no such season.
    """
    if results.network is None or results.centres is None:
        raise InputError(Problem(key="pipeline.no_roads"))
    settings = project.settings
    closing = [s.name for s in settings.seasons if not s.fords_open] or [settings.seasons[-1].name]
    return travel.crossings(
        results.network,
        results.places.geometry,
        results.centres,
        season=settings.season(season or closing[0]),
        cut_off_min=settings.rules.cut_off_min,
        people=results.places["population"],
        candidates=results.places["candidates"],
        n_best=n_best,
    )


def decide(
    project: Project, undecided: pd.DataFrame, *, key: str, choose: str, reason: str
) -> None:
    """Write one human decision on an undecided row to the project's overrides.

    Raises
    ------
    InputError
        No undecided row has this key, or the file cannot be written.
    """
    rows = undecided[undecided["key"] == key]
    if rows.empty:
        raise InputError(Problem(key="cli.no_such_key", params={"key": key}))
    row = rows.iloc[0]
    labels = {str(unit): str(label) for unit, label, _ in row["candidates"] or ()}
    link.save_override(
        project.path(project.settings.inputs.overrides),
        table=row["scope"],
        key=key,
        decision=link.DECIDED_OUT if choose == "none" else choose,
        unit_name=labels.get(choose, ""),
        reason=reason,
        day=datetime.now(UTC).date(),
    )
