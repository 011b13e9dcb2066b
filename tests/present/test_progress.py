"""The files of change over time: what they hold, and what they never do."""

import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import load_workbook

from geoparty import assess, schema
from geoparty.present import progress as present
from geoparty.settings import Rules

DATES = pd.to_datetime(["2023-12-31", "2024-12-31", "2025-12-31"])


def run(language: str = "vi", *, is_synthetic: bool = False) -> dict[str, object]:
    settings = {"language": language, "is_synthetic": is_synthetic}
    return {"settings": settings, "written_at": "2026-07-25T10:00:00+00:00"}


@pytest.fixture
def places():
    ids = pd.Index(["a", "b", "c"], name="place_id")
    return gpd.GeoDataFrame(
        {
            "place_name": ["=Bản A", "Bản B", "Bản C"],
            "place_kind": "village",
            "commune_code": ["03127", "03127", "03128"],
            "commune_name": ["Mường A", "Mường A", "Mường B"],
            "province_code": "11",
            "province_name": "Điện Biên",
        },
        index=ids,
        geometry=[shapely.Point(103, 21), shapely.Point(103.1, 21), None],
        crs=schema.CRS,
    )


def track(places: gpd.GeoDataFrame, dates: int = 3) -> assess.Progress:
    frame = pd.DataFrame(
        {
            "place_id": np.repeat(["a", "b", "c"], dates),
            "as_of": np.tile(DATES[:dates], 3),
            "members": ([0, 0, 3][:dates] + [4, 4, None][:dates] + [1, 5, 5][:dates]),
            "cell_status": "none",
        }
    )
    counts = schema.conform(frame, schema.COUNTS)
    return assess.track(counts, places, rules=Rules())


def sheets(data: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(io.BytesIO(data))
    return {s.title: [tuple(c.value for c in row) for row in s.iter_rows()] for s in book}


def test_three_files(places, tmp_path):
    paths = present.write_progress(track(places), places, tmp_path, run=run())
    assert [p.name for p in paths] == ["progress.csv", "progress.xlsx", "progress.geojson"]
    assert all(p.stat().st_size for p in paths)


def test_csv_shows_both_numbers_behind_every_percentage(places):
    told = track(places)
    data = present.progress_files(told, places, run=run())["progress.csv"]
    table = pd.read_csv(io.BytesIO(data), dtype={"code": str})
    assert len(table) == len(told.indicators)
    one = table.query("indicator == 'no_members' and area == 'all'")
    assert one["numerator"].tolist() == [1, 1, 0]
    assert one["denominator"].tolist() == [3, 3, 2]
    assert one["percent"].tolist() == [33.333, 33.333, 0]
    assert one["status"].tolist() == ["known", "known", "partial"]
    assert set(one["indicator_name"]) == {"Địa bàn chưa có đảng viên"}
    assert table.query("area == 'commune_code'")["code"].iloc[0] == "03127"


def test_workbook_in_the_language_of_the_run(places):
    book = sheets(present.progress_files(track(places), places, run=run("vi"))["progress.xlsx"])
    assert list(book) == [
        "Tổng hợp",
        "Cân đối",
        "Biến động địa bàn",
        "Chỉ số",
        "Dự báo",
        "Cách tính",
    ]
    head = book["Tổng hợp"][0]
    assert head[:3] == ("Chỉ số", "Tỷ lệ % 31/12/2023", "Tỷ lệ % 31/12/2024")
    balance = book["Cân đối"][1]
    assert balance[0] == "Tất cả"
    english = sheets(present.progress_files(track(places), places, run=run("en"))["progress.xlsx"])
    assert list(english) == ["Summary", "Balances", "Places", "Indicators", "Outlook", "Rules"]
    for rows in english.values():
        assert not any(str(c).startswith(("ind_", "rule_", "change_")) for c in rows[0])


def test_unknown_says_so_and_is_no_number(places):
    book = sheets(present.progress_files(track(places), places, run=run("en"))["progress.xlsx"])
    head, *rows = book["Summary"]
    rate = next(r for r in rows if r[0] == "Annual admission rate")
    assert rate[head.index("Percent")] == "not known"
    assert rate[head.index("State of the data")] == "unknown (not reported)"


def test_paper_gets_what_changed_and_the_last_date(places):
    files = present.progress_files(track(places), places, run=run(is_synthetic=True))
    book = load_workbook(io.BytesIO(files["progress.xlsx"]))
    changes, indicators = book["Biến động địa bàn"], book["Chỉ số"]
    assert [c.value for c in changes["D"]][2:] == ["tốt lên", "không so sánh được", "giữ nguyên"]
    assert changes.print_area == f"'{changes.title}'!$A$1:$L$4"
    days = [c.value for c in indicators["A"]][2:]
    n = days.count(max(days))
    assert days == sorted(days, reverse=True)
    assert 0 < n < len(days)
    assert indicators.print_area.endswith(f"${n + 2}")
    for sheet in (changes, indicators):
        assert sheet.print_title_rows == "$1:$2"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0


def test_text_is_never_a_formula(places):
    files = present.progress_files(track(places), places, run=run())
    cells = [c for row in sheets(files["progress.xlsx"])["Biến động địa bàn"] for c in row]
    assert "=Bản A" in cells
    book = load_workbook(io.BytesIO(files["progress.xlsx"]))
    assert all(c.data_type != "f" for s in book for row in s.iter_rows() for c in row)


def test_map_of_changes(places):
    data = present.progress_files(track(places), places, run=run())["progress.geojson"]
    features = json.loads(data)["features"]
    assert [f["properties"]["change"] for f in features] == [
        "improved",
        "not_comparable",
        "unchanged",
    ]
    assert list(features[0]["properties"]) == list(present.CHANGE_COLUMNS)
    assert features[0]["properties"]["date_before"] == "2023-12-31"
    assert features[2]["geometry"] is None
    frame = gpd.read_file(io.BytesIO(data))
    assert len(frame) == 3


def test_made_up_data_says_so_everywhere(places):
    files = present.progress_files(track(places), places, run=run(is_synthetic=True))
    assert "GIẢ LẬP" in files["progress.csv"].decode("utf-8-sig")
    assert json.loads(files["progress.geojson"])["note"]
    for rows in sheets(files["progress.xlsx"]).values():
        assert "GIẢ LẬP" in rows[0][0]


def test_one_date_leaves_the_changes_empty(places):
    files = present.progress_files(track(places, dates=1), places, run=run())
    assert json.loads(files["progress.geojson"])["features"] == []
    book = sheets(files["progress.xlsx"])
    assert len(book["Biến động địa bàn"]) == 1
    assert len(book["Tổng hợp"]) > 10


def test_same_progress_same_bytes(places):
    one, two = (present.progress_files(track(places), places, run=run()) for _ in range(2))
    assert one == two
