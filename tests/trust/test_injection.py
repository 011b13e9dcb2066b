"""No value of the data is executed in any output; each string is shown as it is."""

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from present.test_page import still
from trust.injection import PAYLOADS

from geoparty import pipeline, present, sample
from geoparty.pages import bring
from geoparty.plan import load_scenarios, save_scenario
from geoparty.project import open_project
from geoparty.schema import Results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run whose place, commune and project names are the strings, first and last in a name."""
    folder = tmp_path_factory.mktemp("injection")
    communes = sample.invent_communes(3, seed=6)
    sample.write_sample(sample.make_sample(communes, places_per_commune=20, seed=6), folder)
    results = pipeline.run(open_project(folder))
    names = results.places["place_name"].astype("object").copy()
    for i, payload in enumerate(PAYLOADS):
        names.iloc[2 * i] = payload
        names.iloc[2 * i + 1] = f"Bản {payload}"
    results.places["place_name"] = names.astype("str")
    results.communes["commune_name"] = list(PAYLOADS[: len(results.communes)])
    results.places["commune_name"] = results.places["commune_code"].map(
        results.communes["commune_name"]
    )
    if len(results.sites):
        results.sites["place_name"] = PAYLOADS[0]
    results.run["project"] = PAYLOADS[0]
    results.run["settings"]["name"] = PAYLOADS[0]
    results.account["detail"] = PAYLOADS[2]
    return results


@pytest.fixture(scope="module")
def out(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    present.write_outputs(results, folder)
    return folder


def test_geojson_keeps_each_string_as_it_is(out: Path) -> None:
    names = set(gpd.read_file(out / "places.geojson")["place_name"])
    assert set(PAYLOADS) <= names


def test_no_cell_of_the_workbook_is_a_formula(out: Path) -> None:
    book = openpyxl.load_workbook(out / "gaps.xlsx")
    seen = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None
                seen.add(cell.value)
    assert set(PAYLOADS) <= seen


def test_no_cell_of_a_csv_starts_a_formula(out: Path, results: Results) -> None:
    files = {p.name: p.read_bytes() for p in out.glob("*.csv")}
    files["places"] = present.csv_bytes(results.places[["place_name", "commune_name"]])
    for name, content in files.items():
        for row in csv.reader(content.decode("utf-8-sig").splitlines()):
            for cell in row:
                unsafe = cell.startswith(("=", "+", "@", "\t", "\r"))
                negative = cell.startswith("-") and not cell[1:2].isdigit()
                assert not unsafe, (name, cell)
                assert not negative, (name, cell)
                assert not cell.startswith("-2+3"), (name, cell)


def test_run_record_is_plain_json(out: Path) -> None:
    assert json.loads((out / "run.json").read_text("utf-8"))["project"] == PAYLOADS[0]


def test_geopackage_keeps_strings_and_tables(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    path.write_bytes(present.geopackage_bytes({"places": results.places}))
    assert set(PAYLOADS) <= set(gpd.read_file(path, layer="places")["place_name"])
    with sqlite3.connect(path) as connection:
        tables = {r[0] for r in connection.execute("select table_name from gpkg_contents")}
    assert "places" in tables


def test_kml_is_text_for_every_reader(results: Results) -> None:
    from xml.etree import ElementTree as ET

    content = present.kml_bytes(results.places)
    root = ET.fromstring(content)  # noqa: S314 - our own bytes
    names = {e.text for e in root.iter("{http://www.opengis.net/kml/2.2}name")}
    assert {p.strip() for p in PAYLOADS} <= {str(n).strip() for n in names}
    for element in root.iter("{http://www.opengis.net/kml/2.2}description"):
        assert "<script" not in (element.text or "").lower()


def test_no_file_name_leaves_its_folder_or_the_project_file_its_shape(tmp_path: Path) -> None:
    """Uploads and scenarios named by the strings: files where they belong, TOML that parses."""
    communes = sample.invent_communes(3, seed=6)
    sample.write_sample(sample.make_sample(communes, places_per_commune=2, seed=6), tmp_path / "p")
    around = set(tmp_path.iterdir())
    for payload in PAYLOADS:
        project = open_project(tmp_path / "p")
        name = bring.safe_name(f"{payload}.csv")
        bring.save(project, "counts", name, b"x", add=True)
        again = open_project(tmp_path / "p")
        assert again.settings.inputs.counts[-1] == f"data/{name}"
        assert again.settings.rules == project.settings.rules
        path = save_scenario(tmp_path / "p", payload, project.settings.classes)
        assert path.parent == tmp_path / "p" / "scenarios"
        assert payload in load_scenarios(tmp_path / "p")
    assert set(tmp_path.iterdir()) == around


@pytest.fixture(autouse=True)
def counted(figures: Counter[str]) -> Iterator[None]:
    """Count the strings each test of an output tries; a test that fails is not counted."""
    yield
    figures["injection: strings tried, all outputs together"] += len(PAYLOADS)
    figures["injection: outputs"] += 1


@pytest.mark.browser
def test_the_map_page_executes_nothing(out: Path, chromium: object) -> None:
    """Every card is opened in a real browser; no dialog, request or global appears."""
    page = chromium.new_page()  # type: ignore[attr-defined]
    told: list[str] = []
    page.on("dialog", lambda d: told.append(d.message))
    page.on("request", lambda r: told.append(r.url) if not r.url.startswith("file:") else None)
    page.goto((out / "map.html").as_uri())
    page.wait_for_selector("[data-drawn]")
    shown = set()
    for x in range(300, 1000, 50):
        for y in range(100, 700, 50):
            still(page)
            page.mouse.click(x, y)
            cards = page.locator(".gp-card")
            shown |= set(cards.all_inner_texts())
    assert any("hacked" in text for text in shown), "no card with a string was opened"
    assert page.evaluate("window.hacked") is None
    assert told == []
    page.close()
