"""The outputs of a run: names and columns are a contract."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

from geoparty.present import map_html, write_outputs

NAMES = [
    "places.geojson",
    "gaps.geojson",
    "communes.geojson",
    "border_communes.geojson",
    "class_sites.geojson",
    "class_assignments.csv",
    "gaps.xlsx",
    "account.csv",
    "map.html",
    "run.json",
]
PLACE_PROPERTIES = """
    place_id place_name place_kind commune_code commune_name province_code members cell_status
    candidates gap_level risk_reasons has_local_members is_border is_disadvantaged
    centre_min_dry centre_min_wet cell_min_dry cell_min_wet is_cut_off_wet priority
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory, make) -> Path:
    folder = tmp_path_factory.mktemp("out")
    write_outputs(make(), folder)
    return folder


def features(path: Path) -> list[dict]:
    return json.loads(path.read_bytes())["features"]


def test_every_file_is_there_and_nothing_else(tmp_path, make):
    paths = write_outputs(make(), tmp_path / "new" / "out")
    assert [p.name for p in paths] == NAMES
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == sorted(NAMES)


def test_places_have_the_columns_of_the_contract(out):
    rows = features(out / "places.geojson")
    assert len(rows) == 7
    assert set(PLACE_PROPERTIES.split()) <= set(rows[0]["properties"])
    assert rows[6]["geometry"] is None


def test_unreachable_minutes_are_null_and_cut_off_says_why(out):
    row = features(out / "places.geojson")[3]["properties"]
    assert (row["centre_min_wet"], row["is_cut_off_wet"]) == (None, True)
    unknown = features(out / "places.geojson")[6]["properties"]
    assert (unknown["centre_min_wet"], unknown["is_cut_off_wet"]) == (None, None)


def test_gaps_are_every_place_that_is_not_covered(out):
    levels = [f["properties"]["gap_level"] for f in features(out / "gaps.geojson")]
    assert levels == ["no_members", "no_cell", "joint_cell", "reinforced", "at_risk", "unknown"]


def test_gaps_say_why_they_stand_where_they_stand(out):
    first = features(out / "gaps.geojson")[0]["properties"]
    assert first["priority_reasons"].startswith("chưa có đảng viên; ")
    sheet = openpyxl.load_workbook(out / "gaps.xlsx").worksheets[1]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    told = {row[1]: row[rows[0].index("Vì sao ở thứ tự này")] for row in rows[1:]}
    assert told[first["place_name"]] == first["priority_reasons"]


def test_border_communes_are_those_by_geometry_or_by_list(out):
    codes = [f["properties"]["commune_code"] for f in features(out / "border_communes.geojson")]
    assert codes == ["03001", "03002"]


def test_sites_and_assignments_have_the_columns_of_the_contract(out):
    [site] = features(out / "class_sites.geojson")
    wanted = {"site_id": "L1", "place_id": "P1", "n_candidates": 5, "max_min": 35.25}
    assert wanted.items() <= site["properties"].items()
    table = pd.read_csv(out / "class_assignments.csv")
    assert table.to_dict("list") == {
        "place_id": ["P1", "P2"],
        "site_id": ["L1", "L1"],
        "candidates": [2, 3],
        "travel_min": [0.0, 35.25],
    }


def test_minutes_of_assignments_have_the_decimals_of_the_other_outputs(results, tmp_path):
    longer = results.assignments.assign(travel_min=1 / 3)
    object.__setattr__(results, "assignments", longer)
    write_outputs(results, tmp_path)
    assert set(pd.read_csv(tmp_path / "class_assignments.csv")["travel_min"]) == {0.333}


def test_a_run_without_a_plan_writes_empty_sites(results, tmp_path):
    object.__setattr__(results, "sites", results.sites.iloc[:0])
    object.__setattr__(results, "assignments", results.assignments.iloc[:0])
    write_outputs(results, tmp_path)
    assert features(tmp_path / "class_sites.geojson") == []
    assert (tmp_path / "class_assignments.csv").read_text("utf-8-sig").splitlines() == [
        "place_id,site_id,candidates,travel_min"
    ]


def test_account_has_one_line_per_input_row_and_opens_in_excel(out):
    raw = (out / "account.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(out / "account.csv", keep_default_na=False)
    assert list(table.columns[:5]) == ["file", "sheet", "row", "outcome", "reason"]
    assert table["row"].tolist() == [5, 6, 7, 8]
    assert table["file"].tolist()[2] == "'=cmd()"


def test_run_is_strict_json_and_names_every_file(out):
    text = (out / "run.json").read_text("utf-8")
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    run = json.loads(text)
    assert run["worst"] is None
    assert run["settings"]["rules"]["min_official_members"] == 3
    assert list(run["outputs"]) == NAMES[:-1]


def test_made_up_data_is_said_in_every_output(out):
    note = "DỮ LIỆU GIẢ LẬP"
    for name in NAMES:
        if name.endswith(".geojson"):
            data = json.loads((out / name).read_bytes())
            assert note in data["note"]
            assert all(f["properties"]["is_synthetic"] is True for f in data["features"])
    assert json.loads((out / "run.json").read_bytes())["is_synthetic"] is True
    assert note in (out / "map.html").read_text("utf-8")
    book = openpyxl.load_workbook(out / "gaps.xlsx")
    assert note in book.worksheets[0]["A1"].value


def test_real_data_is_not_called_made_up(tmp_path, make):
    write_outputs(make(is_synthetic=False), tmp_path)
    for name in NAMES:
        data = (tmp_path / name).read_bytes()
        assert "GIẢ LẬP".encode() not in data
    assert "is_synthetic" not in features(tmp_path / "places.geojson")[0]["properties"]


def test_the_same_results_give_the_same_bytes(tmp_path, make):
    first = write_outputs(make(), tmp_path / "a")
    second = write_outputs(make(), tmp_path / "b")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_results_are_left_as_they_were(results, tmp_path, make):
    before = make()
    write_outputs(results, tmp_path)
    pd.testing.assert_frame_equal(results.places, before.places)
    pd.testing.assert_frame_equal(results.communes, before.communes)


def test_geopandas_opens_every_layer(out):
    for name in NAMES[:5]:
        frame = gpd.read_file(out / name)
        assert frame.crs == "EPSG:4326"
        shapes = frame.geometry.dropna()
        assert shapes.is_valid.all()
        assert np.isfinite(frame.total_bounds).all()


def test_a_map_without_sites_lines_or_points_still_draws(results):
    for name in ("roads", "streams", "border"):
        object.__setattr__(results, name, None)
    object.__setattr__(results, "places", results.places.iloc[6:])
    assert "GIẢ LẬP" in map_html(results)
