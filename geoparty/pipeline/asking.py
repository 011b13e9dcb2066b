"""Questions asked of a project after the first look: progress, crossings, decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import assess, link, travel
from geoparty.errors import InputError, Problem
from geoparty.pipeline.checking import Checked
from geoparty.pipeline.clock import Progress
from geoparty.present.travel import SeasonFiles
from geoparty.project import Project
from geoparty.read.overrides import read_overrides
from geoparty.schema import Results
from geoparty.settings import Season


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
        communes=checked.communes,
    )


def travel_of(
    results: Results,
    project: Project,
    *,
    n_best: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> travel.TravelReport:
    """Return everything about the way to the own commune's centre, season by season.

    Minutes are those of the run; crossings are judged by the way to the own centre.

    Raises
    ------
    InputError
        The project has neither roads nor terrain.
    """
    if results.network is None or results.centres is None:
        raise InputError(Problem(key="pipeline.no_roads"))
    places = results.places
    own = places["cell_status"].eq("own").astype("Int64")
    return travel.travel_report(
        results.network,
        places.geometry,
        targets={"centre": own_centres(results)},
        cut_off_min=project.settings.rules.cut_off_min,
        people=places["population"],
        candidates=places["candidates"],
        has_cell=own.where(places["cell_status"].notna()),
        minutes=places,
        n_best=n_best,
        progress=progress,
    )


def own_centres(results: Results) -> gpd.GeoSeries:
    """Return the commune centre of each place, index ``place_id``.

    Raises
    ------
    InputError
        The project has neither roads nor terrain.
    """
    if results.centres is None:
        raise InputError(Problem(key="pipeline.no_roads"))
    points = results.centres.reindex(results.places["commune_code"]).array
    return gpd.GeoSeries(points, index=results.places.index, crs=results.centres.crs)


def travel_files(
    results: Results, project: Project, *, n_best: int = 5, progress: Progress | None = None
) -> tuple[travel.TravelReport, list[SeasonFiles]]:
    """Return what ``geoparty travel`` writes: the report, and ways and rasters by season.

    Raises
    ------
    InputError
        The project has neither roads nor terrain.
    """
    told = partial(progress, "travel") if progress else None
    report = travel_of(results, project, n_best=n_best, progress=told)
    found = []
    for step, season in enumerate(project.settings.seasons):
        if told:
            told(step, len(project.settings.seasons))
        found.append(season_files(results, season))
    return report, found


def season_files(results: Results, season: Season) -> SeasonFiles:
    """Return the ways to the own centres in a season, and minutes from everywhere."""
    centres = own_centres(results)
    ways = travel.routes(
        results.network, results.places.geometry, centres, season=season, is_paired=True
    )
    surface = travel.minutes_surface(
        results.network, results.centres, season=season, area=results.communes.geometry
    )
    return SeasonFiles(season=season, routes=ways, surface=surface)


def units_for(
    row: Mapping[str, Any], places: pd.DataFrame, communes: pd.DataFrame
) -> dict[str, str]:
    """Return all units an undecided row can be given and their names, the likely ones first.

    ``row`` is one of ``Checked.undecided``. Counts go to places: those of the communes its
    candidates are in, then, with their commune, all others. Everything else goes to a commune.
    """
    if row["scope"] != "counts":
        return {str(code): str(name) for code, name in communes["commune_name"].items()}
    near = places["commune_code"].reindex([unit for unit, _, _ in row["candidates"] or ()])
    own = places["commune_code"].isin(near.dropna())
    away = places["place_name"] + ", " + places["commune_name"]
    names = places["place_name"].where(own, away)
    ordered = names.loc[own.sort_values(ascending=False, kind="stable").index]
    return {str(place): str(name) for place, name in ordered.items()}


def decided(project: Project) -> dict[str, str]:
    """Return the decisions written so far, by key; some of them leave their row open."""
    known = read_overrides(project.path(project.settings.inputs.overrides))
    return dict(zip(known["key"], known["decision"], strict=True))


def decide(
    project: Project,
    undecided: pd.DataFrame,
    *,
    key: str,
    choose: str,
    reason: str,
    units: Mapping[str, str] | None = None,
    seen: str | None = None,
) -> None:
    """Write one human decision on an undecided row to the project's overrides.

    ``choose`` is one of the row's candidates, "none", or any of ``units`` (id -> name), where
    given. ``seen`` is an earlier decision on the row that left it open and is known to.

    Raises
    ------
    InputError
        No undecided row has this key, there is no such unit, or the file cannot be written.
    """
    rows = undecided[undecided["key"] == key]
    if rows.empty:
        raise InputError(Problem(key="cli.no_such_key", params={"key": key}))
    row = rows.iloc[0]
    labels = {str(unit): str(label) for unit, label, _ in row["candidates"] or ()}
    labels = {**(units or {}), **labels}
    if choose not in (*labels, "none"):
        raise InputError(Problem(key="cli.no_such_unit", params={"unit": choose}))
    link.save_override(
        project.path(project.settings.inputs.overrides),
        table=row["scope"],
        key=key,
        decision=link.DECIDED_OUT if choose == "none" else choose,
        unit_name=labels.get(choose, ""),
        reason=reason,
        day=datetime.now(UTC).date(),
        seen=seen,
    )
