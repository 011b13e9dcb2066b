"""The whole job on real communes, and the promises that hold whatever the stages do."""

import io
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoparty import pipeline, present, read, sample, schema
from geoparty.project import open_project

GAPS_COLUMNS = [
    "place_id", "place_name", "place_kind", "commune_code", "commune_name", "province_code",
    "members", "cell_status", "candidates", "gap_level", "risk_reasons", "has_local_members",
    "is_border", "is_disadvantaged", "centre_min_dry", "centre_min_wet", "cell_min_dry",
    "cell_min_wet", "is_cut_off_wet", "priority",
]  # fmt: skip
FILES = {
    "places.geojson", "gaps.geojson", "communes.geojson", "border_communes.geojson",
    "class_sites.geojson", "class_assignments.csv", "gaps.xlsx", "account.csv", "map.html",
    "run.json",
}  # fmt: skip


def make(
    folder: Path, communes: gpd.GeoDataFrame, border: gpd.GeoDataFrame | None, **options: object
) -> Path:
    made = sample.make_sample(communes, border=border, **options)
    sample.write_sample(made, folder)
    return folder


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    communes = sample.invent_communes(4, seed=3)
    return make(tmp_path_factory.mktemp("invented"), communes, None, places_per_commune=12, seed=3)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("province", "n_communes", "n_border"),
    [("dien_bien", 45, 15), ("son_la", 75, 13), ("nghe_an", 130, 21)],
)
def test_real_province(
    real_data: Path, tmp_path: Path, province: str, n_communes: int, n_border: int
) -> None:
    communes = read.read_communes(real_data / f"boundaries/communes_{province}.parquet").frame
    border = read.read_border(real_data / "border/land_border_from_communes.parquet").frame
    project = open_project(make(tmp_path / "p", communes, border, places_per_commune=30, seed=1))
    results = pipeline.run(project)
    out = tmp_path / "out"
    written = present.write_outputs(results, out)
    assert {path.name for path in written} >= FILES
    assert len(results.communes) == n_communes
    border_communes = gpd.read_file(out / "border_communes.geojson")
    measured = border_communes[border_communes["border_km"] > 0]
    assert len(measured) == n_border
    places = gpd.read_file(out / "places.geojson")
    assert set(GAPS_COLUMNS) <= set(places.columns)
    located = places[places.geometry.notna()]
    joined = located.sjoin(communes.reset_index()[["commune_code", "geometry"]], predicate="within")
    at_home = joined["commune_code_left"] == joined["commune_code_right"]
    assert set(joined.loc[at_home, "place_id"]) == set(located["place_id"])
    for totals in results.run["account"].values():
        assert totals["rows"] == sum(totals[o] for o in schema.OUTCOMES)
    read_rows = {r["input"]: r["rows"] for r in results.run["inputs"]}
    assert results.run["account"]["places"]["rows"] == read_rows["places"]
    assert results.run["account"]["counts"]["rows"] == read_rows["counts"]
    account = pd.read_csv(out / "account.csv")
    assert len(account) == read_rows["places"] + read_rows["counts"]
    assert list(account.columns[:5]) == ["file", "sheet", "row", "outcome", "reason"]
    gaps = gpd.read_file(out / "gaps.geojson")
    assert set(gaps["place_id"]) == set(places.loc[places["gap_level"] != "covered", "place_id"])
    run = json.loads((out / "run.json").read_text("utf-8"))
    assert sum(run["gap_levels"].values()) == len(places)
    assert run["plan"]["status"] in {"optimal", "best_found", "partial", "infeasible"}


def test_wet_is_never_faster_than_dry(invented: Path) -> None:
    places = pipeline.run(open_project(invented)).places
    for target in ("centre", "cell"):
        dry, wet = places[f"{target}_min_dry"], places[f"{target}_min_wet"]
        assert (wet[dry.notna()] >= dry[dry.notna()] - 1e-9).all()


def test_no_trip_is_faster_than_the_fastest_road_in_a_straight_line(invented: Path) -> None:
    """A place off the network walks to it: its minutes are never zero for being off it."""
    project = open_project(invented)
    checked, places = pipeline.check(project), pipeline.run(project).places
    metric = places.estimate_utm_crs()
    centres = checked.centres.set_index("commune_code").geometry.to_crs(metric)
    own = gpd.GeoSeries(centres.reindex(places["commune_code"]).array, index=places.index)
    straight_km = places.geometry.to_crs(metric).distance(own) / 1000
    fastest_kph = max(project.settings.travel.speed_kph.values())
    for season in ("dry", "wet"):
        minutes = places[f"centre_min_{season}"]
        assert (
            minutes[straight_km.notna()] >= straight_km.dropna() / fastest_kph * 60 * 0.99
        ).all()


def test_row_order_never_matters(invented: Path, tmp_path: Path) -> None:
    """Shuffled tables give the same places, levels, minutes and plan objective."""
    first = pipeline.run(open_project(invented))
    shuffled = tmp_path / "shuffled"
    _copy_shuffled(invented, shuffled)
    second = pipeline.run(open_project(shuffled))
    columns = ["place_name", "gap_level", "risk_reasons", "priority", "members", "is_cut_off_wet"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.places[columns]).sort_index(),
        pd.DataFrame(second.places[columns]).sort_index(),
    )
    minutes = ["centre_min_dry", "cell_min_wet"]
    np.testing.assert_allclose(
        first.places[minutes].sort_index().to_numpy(float),
        second.places[minutes].sort_index().to_numpy(float),
    )
    assert first.run["plan"]["objective_min"] == pytest.approx(second.run["plan"]["objective_min"])


def _copy_shuffled(source: Path, target: Path) -> None:
    """Copy a project with the rows of its places and counts in another order."""
    import shutil

    import openpyxl

    shutil.copytree(source, target, ignore=shutil.ignore_patterns("out"))
    rng = np.random.default_rng(0)
    for name in ("places.xlsx", "counts.xlsx"):
        book = openpyxl.load_workbook(target / "data" / name)
        for sheet in book.worksheets:
            rows = [list(r) for r in sheet.iter_rows(values_only=True)]
            body = [r for r in rows[1:] if sum(v is not None for v in r) > 3]
            if len(body) < 10:
                continue
            order = rng.permutation(len(body))
            first = rows.index(body[0])
            for i, j in enumerate(order):
                for k, value in enumerate(body[j]):
                    sheet.cell(first + 1 + i, k + 1).value = value
        book.save(target / "data" / name)


def test_unreported_counts_stay_unknown(invented: Path) -> None:
    checked = pipeline.check(open_project(invented))
    places = pipeline.run(open_project(invented)).places
    newest = pipeline.latest(checked.counts)
    unreported = newest.index[newest["cell_status"].isna()]
    assert (places.loc[places.index.intersection(unreported), "gap_level"] == "unknown").all()
    without_counts = places.index.difference(newest.index)
    assert (places.loc[without_counts, "gap_level"] == "unknown").all()


def without(invented: Path, folder: Path, *inputs: str) -> Path:
    """A copy of a project that does not name these inputs."""
    shutil.copytree(invented, folder, ignore=shutil.ignore_patterns("out"))
    text = (folder / "project.toml").read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(inputs)]
    (folder / "project.toml").write_text("\n".join(kept), "utf-8")
    return folder


def test_no_roads_and_no_terrain_means_not_measured(invented: Path, tmp_path: Path) -> None:
    results = pipeline.run(open_project(without(invented, tmp_path / "p", "roads", "terrain")))
    assert results.places["centre_min_dry"].isna().all()
    assert results.places["is_cut_off_wet"].isna().all()
    assert any(p.key == "pipeline.no_roads" for p in results.problems)


SEASONS = """
[[seasons]]
name = "kho"
label_vi = "Mùa khô"
label_en = "Dry season"

[[seasons]]
name = "lu"
label_vi = "Mùa lũ"
label_en = "Flood season"
fords_open = false
closed_surfaces = ["dirt"]
walk_factor = 0.5
"""


def test_seasons_of_any_name_are_told_everywhere(
    invented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import openpyxl

    from geoparty.cli.show import show_summary
    from geoparty.present import workbook_bytes

    folder = without(invented, tmp_path / "p", "roads")
    text = (folder / "project.toml").read_text("utf-8")
    assert '# season = "dry"' in text
    text = text.replace('# season = "dry"', 'season = "kho"') + SEASONS
    (folder / "project.toml").write_text(text, "utf-8")
    results = pipeline.run(open_project(folder))
    n = int(results.places["is_cut_off_lu"].fillna(value=False).sum())
    assert n
    show_summary(results, [], "vi")
    assert f"mùa lũ {n} địa bàn" in " ".join(capsys.readouterr().out.split())
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(results)))["Địa bàn"]
    head = [cell.value for cell in sheet[1]]
    assert head.index("Bị chia cắt, mùa lũ") < head.index("Xã biên giới")
    reasons = head.index("Vì sao ở thứ tự này")
    told = [row[reasons] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert any("bị chia cắt mùa lũ" in str(one) for one in told)


def test_seasons_that_are_not_measured_are_told_as_that(
    invented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from geoparty.cli.show import show_summary

    results = pipeline.run(open_project(without(invented, tmp_path / "p", "roads", "terrain")))
    show_summary(results, [], "en")
    assert "wet season not measured" in " ".join(capsys.readouterr().out.split())


def test_places_of_a_plan_that_did_not_report_are_not_counted_as_left_out(invented: Path) -> None:
    told = pipeline.run(open_project(invented)).run["plan"]
    silent = [row for row in told["unserved"] if row["candidates"] is None]
    assert silent
    assert told["n_not_reported"] == len(silent)
    assert told["n_unserved"] == len(told["unserved"]) - len(silent)


def test_terrain_without_roads_is_walked_and_said(invented: Path, tmp_path: Path) -> None:
    results = pipeline.run(open_project(without(invented, tmp_path / "p", "roads")))
    assert results.places["centre_min_dry"].notna().any()
    assert any(p.key == "travel.no_roads_on_terrain" for p in results.problems)


def test_progress_names_every_stage_in_order(invented: Path) -> None:
    told: list[str] = []
    pipeline.run(open_project(invented), progress=lambda stage, _done, _total: told.append(stage))
    assert list(dict.fromkeys(told)) == list(pipeline.STAGES)
