"""The parts pages are made of."""

import io
import json
import re
import threading
from dataclasses import replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import streamlit_folium
from hypothesis import given
from hypothesis import strategies as st

from geoparty import access, schema, words
from geoparty.pages import classes, downloads, isolation, mapview, papers, plans
from geoparty.pages.mapview import Sign
from geoparty.pages.speech import in_order, literal, plain_key
from geoparty.pages.store import Store, drawings, fingerprint
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.present.maps import script_json
from geoparty.read import read_counts
from geoparty.read.headers import known_words, recognise_headers


@pytest.fixture
def view(project, results):
    who = access.Person(email="", role="reviewer", everywhere=True)
    return View(project=project, results=results, language="vi", key="test", who=who)


def test_the_download_is_the_rows_of_the_table(view):
    places = view.results.places.iloc[5:12]
    features = json.loads(downloads.geojson(view, places, downloads.place_columns(view)))[
        "features"
    ]
    assert [f["properties"]["place_id"] for f in features] == list(places.index)
    assert set(downloads.place_columns(view)) == set(features[0]["properties"])


def test_every_format_holds_the_same_rows(view, tmp_path):
    places = view.results.places.iloc[5:12]
    columns = downloads.place_columns(view)
    packed = tmp_path / "a.gpkg"
    packed.write_bytes(downloads.geopackage(view, places, columns, name="a"))
    opened = {
        "geojson": gpd.read_file(io.BytesIO(downloads.geojson(view, places, columns))),
        "gpkg": gpd.read_file(packed, layer="a"),
        "csv": pd.read_csv(io.BytesIO(downloads.csv(view, places, columns)), sep=";"),
    }
    names = {"csv": "Tên địa bàn"}
    for kind, table in opened.items():
        assert table[names.get(kind, "place_name")].tolist() == places["place_name"].tolist()
    text = downloads.kml(view, places, name="gaps").decode()
    assert text.count("<Placemark") == places.geometry.notna().sum()


def opened(phone, tmp_path):
    """The names of places in each folder of a KML, as GDAL reads it, by the folder's name."""
    path = tmp_path / "taken.kml"
    path.write_bytes(phone)
    names = pyogrio.list_layers(path)[:, 0]
    return {name: set(gpd.read_file(path, layer=name)["Name"]) for name in names}


def test_a_phone_gets_the_places_of_isolation_by_time(view, tmp_path):
    places = view.results.places
    by_time = isolation.as_on_map(view, "wet").folders
    got = opened(downloads.kml(view, places, name="isolation_wet", folders=by_time), tmp_path)
    minute = places["centre_min_wet"].where(places.geometry.notna())
    near = places["place_name"][minute <= 30]
    far = places["place_name"][minute > view.settings.rules.cut_off_min]
    assert len(near)
    assert got[f"đến 30 phút: {len(near)}"] == set(near)
    assert not any("Chưa có" in name for name in got)
    if len(far):
        assert set(far) <= set().union(*list(got.values())[-3:])


def test_a_phone_gets_the_places_of_each_class_and_those_without(view, tmp_path):
    plan = plans.own(view)
    places = classes.with_sites(view.results.places, plan)
    places["site_id"] = places["site_id"].where(places["site_id"] != plan.sites.index[-1])
    kinds = classes.place_kinds(places, plan)
    asked, kinds = places[kinds != 4], kinds[kinds != 4]
    folders = partial(classes.folders, plan=plan, kinds=kinds, language="vi")
    got = opened(downloads.kml(view, asked, name="class_places", folders=folders), tmp_path)
    site = plan.sites.iloc[0]
    goes = asked["site_id"].eq(plan.sites.index[0]) | (asked.index == site["place_id"])
    there = asked["place_name"][goes & asked.geometry.notna()]
    name = f"{site['place_name']} ({site['commune_name']}): {len(there)}"
    assert got[name] == set(there)
    assert site["place_name"] in got[name]
    left = asked["place_name"][asked.geometry.notna() & (kinds == 2)]
    assert len(left)
    assert set(left) in got.values()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("table", ["places", "counts"])
def test_the_headers_we_write_are_those_we_know(table, language):
    ours = [name for name in known_words(table) if name in {**schema.PLACES, **schema.COUNTS}]
    written = {name: labels.header(name, {}, language) for name in ours}
    assert recognise_headers(written.values(), table).columns == written


def test_what_stands_on_the_map_is_told_and_drawn_in_qgis(view, tmp_path):
    places, names = view.places.iloc[5:12], ("near", "far")
    signs = [
        Sign(label="Gần", colour="#c2dba0", shape="circle"),
        Sign(label="Xa", colour="#5b2a86", shape="square"),
    ]
    kinds = np.array([0, 1, 0, 0, 1, 1, 0])
    shown = downloads.AsOnMap(column="how_far", names=names, signs=signs, kinds=lambda _: kinds)
    path = tmp_path / "a.gpkg"
    columns = downloads.place_columns(view)
    path.write_bytes(downloads.geopackage(view, places, columns, name="a", on_map=shown))
    back = gpd.read_file(path, layer="a")
    assert back["how_far"].tolist() == [names[k] for k in kinds]
    assert back["place_id"].tolist() == list(places.index)
    style = pd.DataFrame(gpd.read_file(path, layer="layer_styles"))["styleQML"].iloc[0]
    assert 'attr="how_far"' in style
    assert 'value="far" label="Xa"' in style
    assert "194,219,160,255" in style


@pytest.mark.parametrize("language", ["vi", "en"])
def test_csv_comes_back_through_our_own_reader(view, language, tmp_path):
    view, path = replace(view, language=language), tmp_path / "taken.csv"
    places = view.results.places
    path.write_bytes(downloads.csv(view, places, downloads.place_columns(view)))
    read = read_counts(path)
    assert not [problem for problem in read.problems if problem.severity == "error"]
    back = read.frame.set_index("place_id")
    for name in ("members", "candidates"):
        assert back[name].astype("Int64").equals(places[name].astype("Int64")), name
    assert back["cell_status"].fillna("").tolist() == places["cell_status"].fillna("").tolist()


def test_no_way_is_told_in_csv_and_not_measured_is_empty(view):
    places = view.results.places.iloc[:3].assign(centre_min_wet=[np.inf, np.nan, 35.4])
    data = downloads.csv(view, places, ("centre_min_wet", "place_id")).decode("utf-8-sig")
    first = [line.split(";")[0] for line in data.splitlines()[1:]]
    assert first == ["không có đường", "", "35"]


def test_kilometres_are_written_as_the_language_writes_them(view):
    communes = view.results.communes.assign(border_km=26.64)
    for language, sep, km in (("vi", ";", "26,6"), ("en", ",", "26.6")):
        data = downloads.csv(
            replace(view, language=language), communes, ("commune_code", "border_km")
        )
        assert data.startswith("\ufeff".encode())
        lines = data.decode("utf-8-sig").splitlines()
        assert lines[1] == f"{communes.index[0]}{sep}{km}"


@pytest.mark.parametrize("kind", papers.PAPERS)
def test_papers_are_of_the_area_chosen(view, kind):
    code = view.results.communes.index[1]
    chosen = replace(view, commune=code)
    results = papers.of_area(chosen)
    assert set(results.places["commune_code"]) == {code}
    assert papers.PAPERS[kind][1](results)


def test_papers_to_hand_round_hide_small_counts(view):
    members = view.results.places["members"]
    small = members.between(1, 4)
    assert small.any()
    handed = papers.of_area(view, masked=True).places["members"]
    assert handed[small.fillna(value=False)].isna().all()


def test_the_most_urgent_place_is_first(view):
    order = view.in_order["priority"].dropna()
    assert order.is_monotonic_increasing
    assert len(view.in_order) == len(view.results.places)


@given(st.text())
def test_text_from_data_is_never_markup(text):
    shown = literal(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>!|#$:~]", shown)
    assert re.sub(r"\\(.)", r"\1", shown) == " ".join(text.split())


@given(st.text())
def test_a_message_is_safe_in_a_script(text):
    sent = script_json({"name": text})
    assert not set("<>&`$\u2028\u2029") & set(sent)
    assert json.loads(sent) == {"name": text}


def test_names_sort_as_in_vietnamese():
    names = ["Ứng", "Đa", "Dũng", "Ân", "Ăn", "An", "Bản 10", "ấp A"]
    assert in_order(names) == ["An", "Ăn", "Ân", "ấp A", "Bản 10", "Dũng", "Đa", "Ứng"]


def test_search_needs_no_diacritics():
    assert plain_key("Nậm Pồ") == plain_key("nam po")


def test_two_sessions_make_a_thing_once():
    made, start, kept = [], threading.Barrier(4), Store()

    def ask():
        start.wait()
        kept.get("key", lambda: made.append(1))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_the_oldest_thing_goes_first():
    kept = Store(kept=2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda: key)  # noqa: B023 - called at once
    assert ["a" in kept, "b" in kept, "c" in kept] == [True, False, True]


def test_too_many_bytes_drive_out_the_oldest_but_never_the_last():
    kept = Store(most_bytes=10)
    for key, made in (("a", "12345"), ("b", "12345"), ("c", "1"), ("d", "1" * 99)):
        assert kept.get(key, lambda made=made: made) == made
        there = [k for k in "abcd" if k in kept]
    assert there == ["d"]


def test_what_is_drawn_is_shared_only_where_nothing_differs(view):
    other = [
        replace(view, **{name: value})
        for name, value in {
            "key": "test/of another area",
            "language": "en",
            "province": "01",
            "commune": "00001",
            "kinds": ("village",),
            "own": (("a", ("b",)),),
            "part": ("x",),
        }.items()
    ]
    drawings.clear()
    made = [v.drawn("what", lambda v=v: id(v), "choice") for v in (view, *other)]
    assert made == [id(v) for v in (view, *other)]
    assert view.drawn("what", lambda: "new", "choice") == id(view)
    assert view.drawn("what", lambda: "new", "other choice") == "new"


def test_a_changed_input_changes_the_key(project, tmp_path):
    before = fingerprint(project)
    path = project.path(project.settings.inputs.overrides)
    path.write_text("table,how\n", "utf-8")
    try:
        assert fingerprint(project) != before
    finally:
        path.unlink()
    assert fingerprint(project) == before


def test_a_viewer_is_offered_no_download(view):
    viewer = access.Person(email="a@b.vn", role="viewer", everywhere=True)
    assert view.may("export")
    assert not View(
        project=view.project, results=view.results, language="vi", key="t", who=viewer
    ).may("export")


def test_places_without_a_point_are_left_to_the_table(view):
    places = view.results.places.copy()
    places.loc[places.index[:3], "geometry"] = None
    assert isinstance(places, gpd.GeoDataFrame)
    assert (
        json.loads(downloads.geojson(view, places.head(1), ["place_id"]))["features"][0]["geometry"]
        is None
    )


def test_every_word_of_the_pages_is_in_both_languages():
    for key, entry in words.catalogue("pages").items():
        assert set(entry) == {"vi", "en"}, key
        fields = [sorted(re.findall(r"{(\w+)", entry[lang])) for lang in ("vi", "en")]
        assert fields[0] == fields[1], key


def test_only_who_has_candidates_waits_for_a_class():
    places = pd.DataFrame(
        {
            "candidates": pd.array([0, 3, None, 0, 2], dtype="Int64"),
            "site_name": [None, None, None, None, "Bản A"],
        }
    )
    kinds = np.array(
        [classes.KINDS.index(k) for k in ("site", "unserved", "not_reported", "none", "served")]
    )
    said = classes.attendance(places, kinds, "vi")["site_name"]
    assert said.fillna("").to_dict() == {0: "", 1: "Chưa có lớp", 2: "", 4: "Bản A"}


def test_only_the_message_of_the_map_changes(monkeypatch):
    sent = []
    monkeypatch.setattr(streamlit_folium, "_component_func", lambda **given: sent.append(given))
    for text in ('{"a":1}', '{"a":2}', '{"a":2}'):
        mapview.show(mapview.Picture(text, "serial", pd.Index(["P1"])))
    shared = [{k: v for k, v in s.items() if k not in ("feature_group", "on_change")} for s in sent]
    assert shared[0] == shared[1] == shared[2]
    assert "geoparty.mount(map_div)" in shared[0]["script"]
    first, second, third = (s["feature_group"] for s in sent)
    assert second == third == first.replace('"a":1', '"a":2')
    assert first.count("geoparty.show(") == 1


def test_places_of_a_province_keep_their_order(view):
    whole = view.in_order
    for code in whole["province_code"].unique():
        part = replace(view, province=code).in_order
        assert part.index.equals(whole.index[whole["province_code"] == code])
