"""The whole job: minutes, gap levels, class sites, as one bundle of frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import assess, plan, schema, travel
from geoparty.errors import Problem
from geoparty.pipeline.asking import progress_of
from geoparty.pipeline.checking import Checked, check, describe
from geoparty.pipeline.clock import Clock, Progress
from geoparty.pipeline.siting import about_settings, by_name, class_case, plan_case
from geoparty.pipeline.siting_answers import (
    ClassAnswers,
    answers_record,
    class_answers,
    with_firmness,
)
from geoparty.project import Project
from geoparty.schema import Results

COUNT_COLUMNS = [
    name
    for name in schema.COUNTS
    if name not in {"place_id", "place_name", "commune_code", "commune_name"}
]
_LINKED = ("commune_name", "province_code", "province_name", "legacy_id", "location")


def run(
    project: Project, *, progress: Progress | None = None, with_classes: bool = True
) -> Results:
    """Do the whole job for one project and return everything it found.

    ``with_classes`` false leaves the class sites unplanned, for those who ask of travel only.

    Raises
    ------
    InputError
        As :func:`check`.
    """
    known = check(project, progress=progress)
    checked = _current(known)
    clock = Clock(progress, dict(checked.seconds))
    with clock.stage("travel"):
        network, minutes, travel_problems = _travel(checked)
    with clock.stage("assess"):
        communes = _communes(checked)
        places = _places(checked, communes, minutes)
        communes = communes.join(assess.rollup(places, by=["commune_code"]))
        provinces = assess.rollup(places, by=["province_code", "province_name"])
        score = progress_of(known)
    planned, answers = None, None
    if with_classes:
        with clock.stage("plan"):
            planned, answers = _plan(places, network, checked) if network else (None, None)
    problems = (
        *checked.problems,
        *travel_problems,
        *assess.border_problems(communes),
        *(planned.problems if planned else ()),
        *about_settings(places, communes.index, project.settings.classes),
    )
    return Results(
        communes=communes,
        places=places,
        provinces=provinces,
        sites=with_firmness(_sites(planned, places), answers),
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
        plan=planned,
        answers=answers,
        own_columns=_own_columns(checked.places),
        run=describe(checked)
        | {
            "travel": {
                "model": travel.model(network),
                "mode": project.settings.travel.mode,
                "cell_m": network.cells.cell_m if network and network.cells else None,
            },
            "gap_levels": places["gap_level"]
            .value_counts()
            .reindex(schema.GAP_LEVELS, fill_value=0)
            .to_dict(),
            "plan": plan_record(planned) | answers_record(answers),
            "seconds": clock.seconds,
        },
    )


def _plan(
    places: gpd.GeoDataFrame, network: travel.Network, checked: Checked
) -> tuple[plan.ClassPlan, ClassAnswers]:
    """Plan the classes, and tell beside the plan what the settings ask for."""
    project, centres = checked.project, _centres(checked)
    case = class_case(places, network, project, centres=centres)
    made = plan_case(case, project.settings.classes)
    planned = replace(made, problems=tuple(by_name(made.problems, places)))
    answers = class_answers(planned, places, network, project, centres=centres, case=case)
    return planned, answers


def plan_record(planned: plan.ClassPlan | None) -> dict[str, Any]:
    """Return what ``run.json`` says of a plan; ``not_planned`` where minutes are not measured."""
    if planned is None:
        return {"status": "not_planned", "n_sites": 0}
    silent = int(planned.unserved["candidates"].isna().sum())
    return {
        "status": planned.status,
        "objective_min": planned.objective_min,
        "bound_min": planned.bound_min,
        "gap": planned.gap,
        "n_sites": len(planned.sites),
        "n_unserved": len(planned.unserved) - silent,
        "n_not_reported": silent,
        "unserved": planned.unserved.to_dict("records"),
    }


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
    if checked.roads is None and checked.terrain is None and checked.edits is None:
        return None, minutes, (Problem(key="pipeline.no_roads", severity="warning"),)
    network = travel.build_network(
        _edited(checked.roads, checked.edits),
        travel=settings.travel,
        seasons=settings.seasons,
        streams=checked.streams,
        terrain=checked.terrain,
        land_cover=checked.land_cover,
        area=checked.communes,
    )
    centres = _centres(checked)
    own = gpd.GeoSeries(centres.reindex(checked.places["commune_code"]).array, index=points.index)
    own = own.set_crs(schema.CRS, allow_override=True)
    found = travel.network_check(network, points, targets=own)
    with_cell = latest(checked.counts)["cell_status"].eq("own").reindex(points.index)
    cells = points[with_cell.fillna(False).astype(bool) & points.notna()]
    for season in settings.seasons:
        centre = travel.paired_minutes(network, points, own, season=season)
        cell = travel.network_minutes(network, points, cells, season=season)
        minutes[f"centre_min_{season.name}"] = centre
        minutes[f"cell_min_{season.name}"] = cell
    return network, minutes, found.problems


def _edited(
    roads: gpd.GeoDataFrame | None, edits: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the roads with the planner's edits made."""
    if edits is None:
        return roads
    if roads is None:
        roads = gpd.GeoDataFrame(columns=[*schema.ROADS], geometry=[], crs=schema.CRS)
    return travel.apply_edits(roads, edits)


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


def _own_columns(places: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the columns of the list of places that neither reading nor linking put there."""
    ours = {*schema.PLACES, *schema.SOURCE_COLUMNS, *_LINKED, "geometry"}
    return tuple(str(name) for name in places.columns if name not in ours)


def _sites(planned: plan.ClassPlan | None, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put names and points to the sites chosen."""
    named = places[["place_name", "commune_code", "commune_name", "geometry"]]
    empty = pd.DataFrame(columns=["place_id", "n_candidates", "mean_min", "max_min"])
    chosen = planned.sites if planned else empty.rename_axis("site_id")
    sites = chosen.join(named, on="place_id")
    return gpd.GeoDataFrame(sites, geometry="geometry", crs=schema.CRS)


def _no_assignments() -> pd.DataFrame:
    return pd.DataFrame(columns=["place_id", "site_id", "candidates", "travel_min", "weight"])
