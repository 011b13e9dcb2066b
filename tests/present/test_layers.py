"""GeoPackage and KML: read by GDAL and XML readers, numbers as in the frame, nothing runs."""

import sqlite3
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest

from geoparty.present import geopackage_bytes, kml_bytes
from geoparty.schema import GAP_LEVELS

HOSTILE = [
    "<script>alert(1)</script>",
    "]]><b>x</b>",
    "'; DROP TABLE places; --",
    '"><Style/>',
    "&amp;&#60;",
    "x\x00\x07\ufffey",
    "<![CDATA[<img src=x>]]>",
]
KML = "{http://www.opengis.net/kml/2.2}"


def parsed(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output


@pytest.fixture
def package(make, tmp_path):
    results = make(names=[*HOSTILE[:5], "F", "G"])
    path = tmp_path / "x.gpkg"
    layers = {"places": results.places, "communes": results.communes, "roads": results.roads}
    path.write_bytes(geopackage_bytes(layers, note="thử nghiệm"))
    return path


def test_layers_come_back_as_they_were(package, make):
    places = gpd.read_file(package, layer="places").set_index("place_id")
    wanted = make(names=[*HOSTILE[:5], "F", "G"]).places
    assert places.crs == "EPSG:4326"
    assert places["place_name"].tolist() == wanted["place_name"].tolist()
    assert places["members"].isna().tolist() == wanted["members"].isna().tolist()
    assert places["members"].dropna().tolist() == wanted["members"].dropna().tolist()
    assert places["gap_level"].tolist() == list(GAP_LEVELS)
    assert np.isnan(places["centre_min_wet"].iloc[3])
    assert bool(places["is_cut_off_wet"].iloc[3]) is True
    assert places.geometry.isna().tolist() == [False] * 6 + [True]


def test_qgis_finds_a_style_for_every_layer_with_the_levels_in_words(package):
    with closing(sqlite3.connect(package)) as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, styleQML FROM layer_styles"
            " WHERE useAsDefault = 1"
        ).fetchall()
        geometry = dict(
            database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
        )
        notes = {d for (d,) in database.execute("SELECT description FROM gpkg_contents")}
    assert {name: column for name, column, _ in rows} == geometry
    assert notes == {"thử nghiệm"}
    style = parsed(next(qml for name, _, qml in rows if name == "places"))
    categories = {c.get("value"): c.get("label") for c in style.iter("category")}
    assert tuple(categories) == GAP_LEVELS
    assert categories["no_cell"] == "Chưa có chi bộ"
    symbols = {s.get("name") for s in style.iter("symbol")}
    assert {c.get("symbol") for c in style.iter("category")} == symbols


def test_the_same_frames_give_the_same_package(make):
    assert geopackage_bytes({"places": make().places}) == geopackage_bytes(
        {"places": make().places}
    )


def test_kml_has_a_folder_for_each_level_drawn(make):
    results = make()
    root = parsed(kml_bytes(results.places, name="Thử", run=results.run))
    names = [folder.findtext(f"{KML}name") for folder in root.iter(f"{KML}Folder")]
    assert names[:2] == ["Chưa có đảng viên: 1", "Chưa có chi bộ: 1"]
    assert len(names) == 6
    assert "1 trên 7 địa bàn" in root.findtext(f"{KML}Document/{KML}description")
    mark = next(root.iter(f"{KML}Placemark"))
    data = {d.get("name"): d.findtext(f"{KML}value") for d in mark.iter(f"{KML}Data")}
    assert data["Đảng viên"] == "0"
    assert "Số dân" not in data
    assert mark.findtext(f"{KML}Point/{KML}coordinates") == "103.0212346,21.0300000"


def test_text_in_kml_stays_text(make):
    results = make(names=HOSTILE)
    data = kml_bytes(results.places, run=results.run)
    names = [m.findtext(f"{KML}name") for m in parsed(data).iter(f"{KML}Placemark")]
    assert names[:5] == HOSTILE[:5]
    assert names[5] == "x\ufffd\ufffd\ufffdy"
    assert b"CDATA" not in data


def test_gdal_reads_the_kml(make, tmp_path):
    path = tmp_path / "x.kml"
    path.write_bytes(kml_bytes(make().places))
    assert gpd.read_file(path, layer=0)["Name"].tolist() == ["Bản A"]
