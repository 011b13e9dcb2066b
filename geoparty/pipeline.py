"""The stages wired once, for the command line and the pages."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import __version__, assess, link, plan, read, schema, travel
from geoparty.errors import InputError, Problem
from geoparty.project import Project, sha256
from geoparty.read import Terrain
from geoparty.schema import Read, Results

Progress = Callable[[str, int, int], None]
STAGES = ("read", "link", "travel", "assess", "plan")
COUNT_COLUMNS = [
    name
    for name in schema.COUNTS
    if name not in {"place_id", "place_name", "commune_code", "commune_name"}
]


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
    terrain: Terrain | None
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
    clock = _Clock(progress)
    with clock.stage("read"):
        reads, terrain = _read_all(project)
    with clock.stage("link"):
        return _link_all(project, reads, terrain, clock.seconds)


def run(project: Project, *, progress: Progress | None = None) -> Results:
    """Do the whole job for one project and return everything it found.

    Raises
    ------
    InputError
        As :func:`check`.
    """
    known = check(project, progress=progress)
    checked = _current(known)
    clock = _Clock(progress, dict(checked.seconds))
    with clock.stage("travel"):
        network, minutes, travel_problems = _travel(checked)
    with clock.stage("assess"):
        communes = _communes(checked)
        places = _places(checked, communes, minutes)
        communes = communes.join(assess.rollup(places, by=["commune_code"]))
        provinces = assess.rollup(places, by=["province_code", "province_name"])
        score = progress_of(known)
    with clock.stage("plan"):
        planned = plan_sites(places, network, project) if network else None
    problems = (
        *checked.problems,
        *travel_problems,
        *assess.border_problems(communes),
        *(planned.problems if planned else ()),
    )
    return Results(
        communes=communes,
        places=places,
        provinces=provinces,
        sites=_sites(planned, places),
        assignments=planned.assignments if planned else _no_assignments(),
        account=checked.account,
        problems=problems,
        roads=checked.roads,
        streams=checked.streams,
        border=checked.border,
        centres=_centres(checked),
        network=network,
        terrain=checked.terrain,
        undecided=checked.undecided,
        progress=score,
        run=describe(checked)
        | {
            "gap_levels": places["gap_level"]
            .value_counts()
            .reindex(schema.GAP_LEVELS, fill_value=0)
            .to_dict(),
            "plan": plan_record(planned),
            "seconds": clock.seconds,
        },
    )


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


def plan_sites(
    places: gpd.GeoDataFrame, network: travel.Network, project: Project
) -> plan.ClassPlan:
    """Choose class sites for assessed places under the project's class settings."""
    classes = project.settings.classes
    located = places[places.geometry.notna()]
    hosts = located[
        located["place_kind"].isin(classes.host_kinds) | located.index.isin(classes.fixed)
    ]
    minutes = travel.od_minutes(
        network,
        places.geometry,
        hosts.geometry,
        season=project.settings.season(classes.season),
        limit_min=classes.max_travel_min,
    )
    return plan.plan_classes(places["candidates"], hosts.index, minutes, classes=classes)


def plan_record(planned: plan.ClassPlan | None) -> dict[str, Any]:
    """Return what ``run.json`` says of a plan; ``not_planned`` where minutes are not measured."""
    if planned is None:
        return {"status": "not_planned", "n_sites": 0}
    return {
        "status": planned.status,
        "objective_min": planned.objective_min,
        "bound_min": planned.bound_min,
        "gap": planned.gap,
        "n_sites": len(planned.sites),
        "n_unserved": len(planned.unserved),
        "unserved": planned.unserved.to_dict("records"),
    }


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


class _Clock:
    """Seconds per stage, and progress told at each boundary."""

    def __init__(self, progress: Progress | None, seconds: dict[str, float] | None = None) -> None:
        self.progress, self.seconds = progress, seconds if seconds is not None else {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self.progress:
            self.progress(name, STAGES.index(name), len(STAGES))
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        if self.progress:
            self.progress(name, STAGES.index(name) + 1, len(STAGES))


def _read_all(project: Project) -> tuple[dict[str, list[Read]], Terrain | None]:
    """Read every input, gathering the faults of all files before giving up."""
    readers: dict[str, Callable[..., Read]] = {
        "communes": read.read_communes,
        "places": read.read_places,
        "counts": read.read_counts,
        "centres": read.read_centres,
        "border": read.read_border,
        "roads": read.read_roads,
        "streams": read.read_streams,
        "lineage": read.read_lineage,
        "crosswalk": read.read_crosswalk,
    }
    choices = _choices(project)
    reads: dict[str, list[Read]] = {name: [] for name in readers}
    terrain = None
    faults: list[Problem] = []
    for name, paths in project.input_paths().items():
        for path in paths:
            try:
                if name == "terrain":
                    terrain = read.read_terrain(path)
                elif name in readers:
                    reads[name].append(readers[name](path, **choices.get(name, {})))
            except InputError as error:
                faults += error.problems
    if faults:
        raise InputError(faults)
    return reads, terrain


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
    terrain: Terrain | None,
    seconds: dict[str, float],
) -> Checked:
    communes = reads["communes"][0].frame
    overrides = read.read_overrides(project.path(project.settings.inputs.overrides))
    crosswalk = reads["crosswalk"][0].frame if reads["crosswalk"] else None
    places = link.link_places(
        reads["places"][0], communes, crosswalk=crosswalk, overrides=overrides
    )
    counts = link.link_counts(
        _combined(reads["counts"]), places.frame, communes, crosswalk=crosswalk, overrides=overrides
    )
    problems = [p for one in reads.values() for r in one for p in r.problems]
    problems += [*places.problems, *counts.problems]
    return Checked(
        project=project,
        communes=communes,
        places=places.frame,
        counts=counts.frame,
        account=pd.concat([places.account, counts.account], ignore_index=True),
        undecided=link.review(places, counts),
        problems=tuple(problems),
        terrain=terrain,
        inputs=_input_records(project, reads),
        seconds=seconds,
        **{
            name: reads[name][0].frame if reads[name] else None
            for name in ("centres", "border", "roads", "streams", "lineage")
        },
    )


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
    return records


def _shown(path: Path, folder: Path) -> str:
    """Return a path as the project file names it, so that no machine path leaves the machine."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def latest(counts: pd.DataFrame) -> pd.DataFrame:
    """Return each place's newest counts, index ``place_id``; undated rows count as oldest.

    Examples
    --------
    >>> counts = pd.DataFrame({"place_id": ["a", "a", "b"], "members": [3, 4, 0],
    ...     "as_of": pd.to_datetime(["2024-12-31", "2025-12-31", "2025-12-31"])})
    >>> latest(counts)["members"].to_dict()
    {'a': 4, 'b': 0}
    """
    ordered = counts.sort_values("as_of", na_position="first", kind="stable")
    return ordered.drop_duplicates("place_id", keep="last").set_index("place_id").sort_index()


def _dates(counts: pd.DataFrame) -> list[str]:
    return sorted(counts["as_of"].dropna().dt.strftime("%Y-%m-%d").unique())


def _current(checked: Checked) -> Checked:
    """Leave out the places that had ended by the newest counts; progress still knows them."""
    newest = checked.counts["as_of"].max()
    ended = (checked.places["valid_to"] <= newest).fillna(value=False)
    if not ended.any():
        return checked
    names = checked.places.loc[ended, "place_name"].tolist()
    told = Problem(
        key="pipeline.ended", params={"n": len(names), "names": names}, severity="warning"
    )
    return replace(checked, places=checked.places[~ended], problems=(*checked.problems, told))


def _travel(
    checked: Checked,
) -> tuple[travel.Network | None, pd.DataFrame, tuple[Problem, ...]]:
    """Return the network, minutes by place and season, and what could not be measured."""
    settings = checked.project.settings
    points = checked.places.geometry
    columns = [
        f"{target}_min_{season.name}"
        for season in settings.seasons
        for target in ("centre", "cell")
    ]
    minutes = pd.DataFrame(float("nan"), index=points.index, columns=columns)
    if checked.roads is None:
        return None, minutes, (Problem(key="pipeline.no_roads", severity="warning"),)
    network = travel.build_network(
        checked.roads,
        travel=settings.travel,
        seasons=settings.seasons,
        streams=checked.streams,
        terrain=checked.terrain,
        area=checked.communes,
    )
    centres = _centres(checked)
    own = gpd.GeoSeries(centres.reindex(checked.places["commune_code"]).array, index=points.index)
    own = own.set_crs(schema.CRS, allow_override=True)
    with_cell = latest(checked.counts)["cell_status"].eq("own").reindex(points.index)
    cells = points[with_cell.fillna(False).astype(bool) & points.notna()]
    for season in settings.seasons:
        centre = travel.paired_minutes(network, points, own, season=season)
        cell = travel.nearest_minutes(network, points, cells, season=season)
        minutes[f"centre_min_{season.name}"] = centre
        minutes[f"cell_min_{season.name}"] = cell
    return network, minutes, ()


def _centres(checked: Checked) -> gpd.GeoSeries:
    """Return one point per commune: the centre given, else a point in its middle."""
    middle = checked.communes.representative_point()
    if checked.centres is None:
        return middle
    given = checked.centres.drop_duplicates("commune_code").set_index("commune_code").geometry
    return given.reindex(middle.index).where(given.reindex(middle.index).notna(), middle)


def _communes(checked: Checked) -> gpd.GeoDataFrame:
    border = assess.border_communes(
        checked.communes, checked.border, rules=checked.project.settings.rules
    )
    return checked.communes.join(border)


def _places(
    checked: Checked, communes: gpd.GeoDataFrame, minutes: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Join counts and minutes to the places, and assess them."""
    settings = checked.project.settings
    carried = [*COUNT_COLUMNS, *schema.SOURCE_COLUMNS]
    counts = latest(checked.counts).reindex(columns=carried).reindex(checked.places.index)
    places = checked.places.drop(columns=list(schema.SOURCE_COLUMNS)).join(counts).join(minutes)
    places = places.join(assess.gap_levels(places, rules=settings.rules))
    places = places.join(communes[["is_border", "is_disadvantaged"]], on="commune_code")
    places = places.join(assess.isolation(minutes, seasons=settings.seasons, rules=settings.rules))
    years = assess.years_without_admission(checked.counts).reindex(places.index)
    places = places.assign(years_without_admission=years)
    return places.assign(priority=assess.priority(places, rules=settings.rules))


def _sites(planned: plan.ClassPlan | None, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put names and points to the sites chosen."""
    named = places[["place_name", "commune_code", "commune_name", "geometry"]]
    empty = pd.DataFrame(columns=["place_id", "n_candidates", "mean_min", "max_min"])
    chosen = planned.sites if planned else empty.rename_axis("site_id")
    sites = chosen.join(named, on="place_id")
    return gpd.GeoDataFrame(sites, geometry="geometry", crs=schema.CRS)


def _no_assignments() -> pd.DataFrame:
    return pd.DataFrame(columns=["place_id", "site_id", "candidates", "travel_min"])
