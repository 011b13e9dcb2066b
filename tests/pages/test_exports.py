"""What is taken out is what is filtered on screen, as other programs read it."""

import io
import json
import re

import docx
import geopandas as gpd
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely
from pages.test_browser import drawn
from playwright.sync_api import expect

from geoparty.pages.speech import number

pytestmark = pytest.mark.browser


def taken(page, name, *, first=True):
    """The bytes behind a download button."""
    buttons = page.get_by_role("button", name=name)
    with page.expect_download() as waiting:
        (buttons.first if first else buttons.last).click()
    return waiting.value.path().read_bytes()


@pytest.fixture
def filtered(page, results):
    """One commune's places cut off or not in the wet season, on screen; and those rows."""
    commune = results.places["commune_code"].value_counts().index[0]
    page.goto(f"/isolation?season=wet&commune={commune}")
    drawn(page)
    rows = results.places[results.places["commune_code"].eq(commune)]
    assert 3 < len(rows) < len(results.places)
    page.get_by_role("button", name=f"Tải GeoJSON ({number(len(rows), 'vi')} dòng)").wait_for()
    return page, rows


def test_every_format_has_the_rows_and_numbers_on_screen(filtered, tmp_path):
    page, rows = filtered
    cut_off = int(rows["is_cut_off_wet"].fillna(value=False).sum())
    metric = page.get_by_test_id("stMetricValue").first
    expect(metric).to_have_text(re.compile(rf"^\s*{cut_off}/"))
    phone = tmp_path / "taken.kml"
    phone.write_bytes(taken(page, "KML"))
    assert "<Document><name>Nơi bị chia cắt theo mùa</name>" in phone.read_text("utf-8")
    layers = list(pyogrio.list_layers(phone)[:, 0])
    by_time = re.compile(r"(đến|trên|\d+–|không có đường|chưa đo)")
    assert all(map(by_time.match, layers)), layers
    names = [name for layer in layers for name in gpd.read_file(phone, layer=layer)["Name"]]
    assert sorted(names) == sorted(rows["place_name"][rows.geometry.notna()])
    for button, driver in (("Tải GeoJSON", "geojson"), ("GeoPackage", "gpkg")):
        path = tmp_path / f"taken.{driver}"
        path.write_bytes(taken(page, button))
        got = gpd.read_file(path, **({"layer": "isolation_wet"} if driver == "gpkg" else {}))
        got = got.set_index("place_id").loc[rows.index]
        assert got["members"].sum() == rows["members"].sum()
        assert got["members"].isna().tolist() == rows["members"].isna().tolist()
        assert int(got["is_cut_off_wet"].fillna(value=False).astype(bool).sum()) == cut_off
        there = rows.geometry.notna()
        pair = (frame.geometry[there].to_numpy() for frame in (got, rows))
        assert shapely.distance(*pair).max() < 1e-6
    data = taken(page, "CSV")
    assert data.startswith("\ufeff".encode())
    table = pd.read_csv(io.BytesIO(data), sep=";", decimal=",")
    assert len(table) == len(rows)
    assert table["Đảng viên"].sum() == rows["members"].sum()
    minutes = data.decode("utf-8-sig").splitlines()[1].split(";")
    assert not [cell for cell in minutes if re.fullmatch(r"\d+[.,]0", cell)]  # 1.480 or 1480,0


def test_papers_speak_of_the_area_on_screen(filtered):
    page, rows = filtered
    page.get_by_role("button", name="Báo cáo, Excel, bản đồ").click()
    report = docx.Document(io.BytesIO(taken(page, "Báo cáo Word")))
    tables = [[c.text for c in row.cells] for table in report.tables for row in table.rows]
    text = " ".join([p.text for p in report.paragraphs] + [c for row in tables for c in row])
    pdf = pypdf.PdfReader(io.BytesIO(taken(page, "Báo cáo PDF")))
    printed = " ".join(sheet.extract_text() for sheet in pdf.pages)
    no_members = int(rows["gap_level"].eq("no_members").sum())
    for said in (text, printed):
        said = " ".join(said.split())
        assert f"Đã rà soát {len(rows)} địa bàn thuộc 1 xã" in said
        near = rf"\b{no_members}\b[^.;]{{0,60}}chưa có đảng viên"
        back = rf"chưa có đảng viên[^.;]{{0,60}}\b{no_members}\b"
        assert re.search(f"{near}|{back}", said, re.IGNORECASE)
    book = pd.read_excel(
        io.BytesIO(taken(page, "Sổ Excel đầy đủ")), sheet_name=None, engine="calamine"
    )
    sheets = [sheet for sheet in book.values() if rows["place_name"].iloc[0] in sheet.to_string()]
    assert sheets
    html = taken(page, "Bản đồ mở không cần mạng").decode()
    assert rows["place_name"].iloc[0] in html


def test_papers_of_the_classes_page_tell_the_plan_on_screen_and_its_name(page, results):
    page.goto("/classes")
    drawn(page)
    n = len(results.sites) + 1
    metric = page.get_by_test_id("stMetricValue")
    page.get_by_role("button", name="Thêm một lớp").click()
    expect(metric.first).to_have_text(re.compile(rf"^\s*{n}\s*$"))
    name = "Thêm lớp ở vùng xa"
    page.get_by_text("So sánh các phương án").click()
    page.get_by_label("Tên phương án").fill(name)
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.get_by_text("Đã lưu phương án vào dự án.").wait_for()
    served = int(metric.nth(1).inner_text().split("/")[0].replace(".", ""))
    sites = json.loads(taken(page, re.compile("Tải GeoJSON")))
    assert name in sites["note"]
    on_screen = {f["properties"]["place_name"] for f in sites["features"]}
    page.get_by_role("button", name="Báo cáo, Excel, bản đồ").click()
    data = taken(page, "Sổ Excel đầy đủ")
    book = pd.read_excel(io.BytesIO(data), sheet_name=None, engine="calamine")
    listed = book["Điểm mở lớp"]
    assert len(listed) == n
    assert listed["Số người học"].sum() == served
    assert set(listed["Tên địa bàn"]) == on_screen
    assert f"“{name}”, không phải phương án của dự án" in book["Tổng hợp"].to_string()
    report = docx.Document(io.BytesIO(taken(page, "Báo cáo Word")))
    text = " ".join(p.text for p in report.paragraphs)
    assert f"phương án tính thử “{name}”, không phải phương án của dự án" in text
    rows = [[c.text for c in row.cells] for table in report.tables for row in table.rows]
    assert on_screen <= {row[0] for row in rows if len(row) == 5}
    html = taken(page, "Bản đồ mở không cần mạng").decode()
    assert name in html
