"""Uploads and decisions: seen before they are saved, and saved whole."""

import tomllib
import zipfile
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from patience import PATIENCE_S
from streamlit.testing.v1 import AppTest

from geoparty import words
from geoparty.errors import InputError
from geoparty.pages import bring, loaded, shell, store
from geoparty.pipeline import check
from geoparty.project import changed, open_project
from geoparty.schema import EDITS, OUTCOMES, STREAMS


def table_of(project):
    path = project.path(project.settings.inputs.counts[-1])
    return path.name, path.read_bytes()


def test_a_trial_reads_the_upload_and_leaves_the_project_alone(own):
    _, data = table_of(own)
    before = {p: p.read_bytes() for p in own.folder.rglob("*") if p.is_file()}
    with bring.trial(own, "counts", "mới.xlsx", data, add=False) as (tried, _):
        checked = check(tried)
        where = tried.settings.inputs.counts[0]
    assert set(checked.account.loc[checked.account["table"].eq("counts"), "file"]) == {"mới.xlsx"}
    assert {p: p.read_bytes() for p in own.folder.rglob("*") if p.is_file()} == before
    assert not own.path(where).exists()


def test_a_saved_upload_is_an_input_of_the_project(own):
    _, data = table_of(own)
    bring.save(own, "counts", "số liệu mới.xlsx", data, add=True)
    again = open_project(own.folder)
    assert again.settings.inputs.counts == (
        *own.settings.inputs.counts,
        "data/số liệu mới.xlsx",
    )
    assert again.path(again.settings.inputs.counts[-1]).read_bytes() == data
    assert again.settings.rules == own.settings.rules


def test_a_file_brought_again_is_tried_as_it_is_saved_instead_of_the_old_one(own):
    path = own.path(own.settings.inputs.counts[-1])
    before = check(own).account["outcome"].value_counts()
    with bring.trial(own, "counts", path.name, path.read_bytes(), add=True) as (tried, _):
        assert len(tried.settings.inputs.counts) == len(own.settings.inputs.counts)
        pd.testing.assert_series_equal(check(tried).account["outcome"].value_counts(), before)
    bring.save(own, "counts", path.name, path.read_bytes(), add=True)
    assert open_project(own.folder).settings.inputs.counts == own.settings.inputs.counts


def test_an_upload_never_replaces_the_file_of_another_input(own):
    places = own.path(own.settings.inputs.places)
    before = places.read_bytes()
    _, data = table_of(own)
    bring.save(own, "counts", places.name, data)
    assert places.read_bytes() == before
    assert open_project(own.folder).settings.inputs.counts != (f"data/{places.name}",)


def test_a_table_of_persons_is_refused(own):
    rows = "Họ và tên,Ngày sinh,Số CCCD\nNguyễn Văn A,01/01/1980,012345678901\n"
    data = rows.encode("utf-8-sig")
    with (
        bring.trial(own, "counts", "danh sách.csv", data, add=False) as (tried, _),
        pytest.raises(InputError, match="records of persons"),
    ):
        check(tried)


@pytest.mark.parametrize(
    "text",
    [
        '[inputs]\ncommunes = "c"\ncounts = ["a",\n  "b"]\nplaces = "p"\n[rules]\n',
        '[inputs]\n# counts = []\ncommunes = "c"\nplaces = "p"\n\n[rules]\n',
        'name = "x"\n[inputs] # files\nplaces = "p"\ncommunes = "c"',
    ],
)
def test_the_project_file_keeps_what_it_says(text):
    before = tomllib.loads(text)
    after = tomllib.loads(changed(text, {("inputs", "counts"): ["n 1.csv", "n2.csv"]}))
    before["inputs"]["counts"] = ["n 1.csv", "n2.csv"]
    assert after == before


@pytest.mark.parametrize("name", ["../../x.csv", "..\\..\\x.csv", "/etc/x.csv", "a/b/x.csv"])
def test_a_file_name_is_only_a_name(name):
    assert bring.safe_name(name) == "x.csv"


def test_roads_and_edits_are_previewed_in_words(project):
    columns = [*EDITS, *STREAMS]
    rows = pd.DataFrame({name: ["x"] for name in columns})
    rows = rows.assign(edit="closed", road_class="village", surface="gravel", seasons="wet;x")
    shown = bring._worded(rows, project.settings, "vi")
    assert shown["Vào mùa"].item() == "Mùa mưa; x"
    assert not set(shown.columns) & set(columns)
    assert shown.iloc[0, :1].tolist() == ["đóng"]
    assert {"Cấp đường", "Mặt đường"} <= set(shown.columns)
    assert shown["Cấp đường"].item() == words.text("travel.class_village", "vi")
    assert shown["Mặt đường"].item() == "cấp phối"


def test_the_account_is_in_the_order_of_the_outcomes():
    some = pd.DataFrame({"table": "counts", "outcome": OUTCOMES})
    said = [words.text(f"levels.{name}", "vi") for name in OUTCOMES]
    assert loaded.account_rows(some, "vi").columns.tolist() == ["Bảng", "Số dòng", *said]


def test_an_account_without_a_match_says_none():
    none = loaded.account_rows(pd.DataFrame({"table": ["counts"], "outcome": ["rejected"]}), "vi")
    assert none["Đã khớp"].tolist() == [0]
    assert none["Số dòng"].tolist() == [1]


def script(folder, run):
    from geoparty.pages import main

    main(folder, run=run)


def test_a_decision_is_written_to_the_project(own, results, monkeypatch):
    rows = pd.DataFrame(
        {
            "scope": ["counts"],
            "key": ["||||xã a||bản mới"],
            "n_rows": [2],
            "table": ["counts"],
            "file": ["counts.xlsx"],
            "sheet": [None],
            "row": [7],
            "place_name": ["Bản *Mới*"],
            "commune_name": ["Xã A"],
            "outcome": ["ambiguous"],
            "reason": ["link.several_places"],
            "detail": ["Bản Mới 1, Bản Mới 2"],
            "candidates": [((results.places.index[0], "Bản Mới 1", 0.9),)],
        }
    )
    open_ones = replace(results, undecided=rows)
    monkeypatch.setattr(shell, "_navigation", lambda language: "bring")
    store.store.clear()
    run = lambda project, *, progress: open_ones  # noqa: E731
    app = AppTest.from_function(
        script, default_timeout=PATIENCE_S, kwargs={"folder": own.folder, "run": run}
    )
    app.run()
    assert not app.exception
    box = next(b for b in app.selectbox if b.key.startswith("decide_"))
    box.select(results.places.index[0])
    next(b for b in app.button if b.label == "Lưu các quyết định và tính lại").click()
    app.run()
    assert not app.exception
    saved = pd.read_csv(own.path(own.settings.inputs.overrides), dtype=str)
    assert saved["decision"].tolist() == [results.places.index[0]]
    # the row is still open, and decided again: the planner has seen what stands there
    box = next(b for b in app.selectbox if b.key.startswith("decide_"))
    box.select(results.places.index[1])
    next(b for b in app.button if b.label == "Lưu các quyết định và tính lại").click()
    app.run()
    saved = pd.read_csv(own.path(own.settings.inputs.overrides), dtype=str)
    assert saved["decision"].tolist() == [results.places.index[1]]
    store.store.clear()


def test_a_saved_upload_is_told_and_leaves_the_page(own, app):
    app = app("bring", folder=own.folder)
    name, data = table_of(own)
    app.file_uploader[0].upload(f"mới {name}", data).run()
    next(b for b in app.button if b.key == "bring_save").click().run()
    assert not app.exception
    assert f"data/mới {name}" in open_project(own.folder).settings.inputs.counts
    assert [s.value for s in app.success if "Đã lưu mới counts" in s.value]
    assert "bring_save" not in {b.key for b in app.button}


@pytest.fixture
def without_system(own, tmp_path):
    """Boundaries as a shapefile in VN-2000 that does not say so, zipped."""
    communes = gpd.read_file(own.path(own.settings.inputs.communes))
    metres = communes.to_crs(3405).rename(columns=lambda name: name.removeprefix("commune_"))
    metres[["code", "name", "geometry"]].to_file(tmp_path / "xa.shp")
    packed = tmp_path / "xa.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("xa.*"):
            if part.suffix in {".shp", ".dbf", ".shx"}:
                archive.write(part, part.name)
    return packed.read_bytes()


def test_boundaries_that_do_not_say_their_zone_are_asked_for_it(own, results, without_system, app):
    app = app("bring", folder=own.folder, bring_kind="communes")
    app.file_uploader[0].upload("xa.zip", without_system).run()
    assert any("hệ toạ độ" in t.value for t in app.text)
    assert "bring_save" not in {b.key for b in app.button}
    box = next(b for b in app.selectbox if b.key == "bring_crs")
    assert "EPSG:3405" in box.options[0] or any("EPSG:3405" in o for o in box.options[:3])
    box.select("EPSG:3405").run()
    [rows] = [d.value for d in app.dataframe if "Mã xã" in d.value]
    assert set(rows["Mã xã"]) <= set(results.communes.index)
    assert not any("hệ toạ độ" in t.value for t in app.text)
    next(b for b in app.button if b.key == "bring_save").click().run()
    assert not app.exception
    again = open_project(own.folder)
    assert again.settings.inputs.crs == {"communes": "EPSG:3405"}
    assert len(check(again).communes) == len(results.communes)


def test_the_zone_of_a_file_goes_with_it(own):
    toml = own.folder / "project.toml"
    toml.write_text(changed(toml.read_text("utf-8"), {("inputs", "crs", "communes"): "103-00"}))
    project, path = open_project(own.folder), own.path(own.settings.inputs.communes)
    with bring.trial(project, "communes", "new.geojson", path.read_bytes(), add=False) as (one, _):
        assert not one.settings.inputs.crs
    bring.save(project, "communes", "new.geojson", path.read_bytes())
    assert not open_project(own.folder).settings.inputs.crs
