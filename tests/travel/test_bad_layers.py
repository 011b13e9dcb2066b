"""Layers as offices have them: every fault is told with a count and a remedy, nothing is zero."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from geoparty import pipeline, sample
from geoparty.errors import InputError, SettingsError
from geoparty.pipeline.running import _travel
from geoparty.project import open_project


@pytest.fixture(scope="module")
def made():
    return sample.make_sample(sample.invent_communes(3, seed=3), places_per_commune=4, seed=3)


@pytest.fixture
def folder(made, tmp_path):
    sample.write_sample(made, tmp_path)
    return tmp_path


def say(folder, name, file):
    path = folder / "project.toml"
    text = path.read_text("utf-8")
    lines = [
        line for line in text.splitlines() if not line.startswith((f"# {name} =", f"{name} ="))
    ]
    at = lines.index("[inputs]") + 1
    path.write_text("\n".join([*lines[:at], f'{name} = "{file}"', *lines[at:]]), "utf-8")


def roads(folder, change):
    frame = change(gpd.read_file(folder / "data/roads.geojson"))
    frame.to_file(folder / "data/roads.gpkg")
    say(folder, "roads", "data/roads.gpkg")


def told(folder):
    """Problems by key, and minutes in the dry season."""
    checked = pipeline.check(open_project(folder))
    _, minutes, problems = _travel(checked)
    found = {p.key: p for p in (*checked.problems, *problems)}
    for problem in found.values():
        assert problem.text("vi") != problem.text("en")
    return found, minutes["centre_min_dry"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.to_crs(32648).set_crs(4326, allow_override=True), "VN-2000"),
        (
            lambda g: g.set_geometry(shapely.transform(g.geometry.array, lambda c: c[:, ::-1])),
            "swapped",
        ),
    ],
    ids=["metres said to be degrees", "swapped"],
)
def test_coordinates_that_cannot_be_are_refused(folder, change, message):
    roads(folder, change)
    with pytest.raises(InputError, match=message):
        pipeline.check(open_project(folder))


def test_roads_in_another_crs_give_the_same_minutes(folder):
    before, minutes = told(folder)
    roads(folder, lambda g: g.to_crs(32648))
    after, again = told(folder)
    assert not before
    assert not after
    np.testing.assert_allclose(again, minutes, rtol=1e-3)


def test_lines_without_length_and_unknown_words_are_counted_with_the_default(folder):
    def change(frame):
        lines = list(frame.geometry)
        lines[0] = shapely.LineString([lines[0].coords[0]] * 2)
        rest = [None] * (len(frame) - 2)
        return frame.set_geometry(gpd.GeoSeries(lines, crs=frame.crs)).assign(
            length=[-5, 0, *np.ones(len(frame) - 2)],
            road_class=["hyperloop", "maglev", *frame["road_class"][2:]],
            surface=["lava", *frame["surface"][1:]],
            oneway=["yes", "sometimes", *rest],
            closed_seasons=["wet;monsoon", None, *rest],
            barred_modes=["tank", None, *rest],
        )

    roads(folder, change)
    found, minutes = told(folder)
    assert np.isfinite(minutes).all()
    for key, n in {
        "travel.zero_length": 1,
        "travel.unknown_road_class": 2,
        "travel.unknown_surface": 1,
        "travel.unknown_road_season": 1,
        "travel.unknown_road_mode": 1,
    }.items():
        assert found[key].params["n"] == n
    assert "village" in found["travel.unknown_road_class"].text("en")
    assert "monsoon" in found["travel.unknown_road_season"].text("en")
    assert found["read.length_not_positive"].rows == (1, 2)


def test_a_terrain_with_a_hole_and_one_too_small(folder):
    path = folder / "data/terrain.tif"
    with rasterio.open(path) as raster:
        height, profile = raster.read(1), raster.profile
    rows, columns = height.shape
    holed = height.copy()
    holed[rows // 3 : 2 * rows // 3, columns // 3 : 2 * columns // 3] = -32768
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(holed, 1)
    found, _ = told(folder)
    assert found["travel.terrain_voids"].params["n"] > 100
    assert found["travel.on_barrier"].params["n"] > 0
    with rasterio.open(path, "w", **(profile | {"width": columns // 2})) as raster:
        raster.write(height[:, : columns // 2], 1)
    found, _ = told(folder)
    assert found["travel.off_terrain"].params["n"] > 0


def test_edits_are_made_and_their_faults_told(folder):
    line = gpd.read_file(folder / "data/roads.geojson").geometry.iloc[5]
    rows = [("đóng", line), ("tunnel", line), (None, line)]
    edits = gpd.GeoDataFrame(
        {"edit": [r[0] for r in rows]}, geometry=[r[1] for r in rows], crs="EPSG:4326"
    )
    edits.to_file(folder / "data/edits.geojson")
    say(folder, "edits", "data/edits.geojson")
    checked = pipeline.check(open_project(folder))
    assert checked.edits["edit"].tolist() == ["closed"]
    assert {"read.unknown_value", "read.missing_value"} == {p.key for p in checked.problems}
    network, _, _ = _travel(checked)
    before = gpd.read_file(folder / "data/roads.geojson").to_crs(network.crs).length.sum()
    assert network.edges.length.sum() == pytest.approx(
        before - gpd.GeoSeries([line], crs=4326).to_crs(network.crs).length.iloc[0], rel=0.01
    )


def planted(folder, change=lambda g: g, *, edit="closed"):
    """Give the project an edit on its sixth road, changed."""
    line = gpd.read_file(folder / "data/roads.geojson").geometry.iloc[[5]]
    edits = gpd.GeoDataFrame({"edit": [edit]}, geometry=list(line), crs="EPSG:4326")
    change(edits).to_file(folder / "data/edits.gpkg")
    say(folder, "edits", "data/edits.gpkg")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda g: g.to_crs(32648).set_crs(4326, allow_override=True), "read.metres_as_degrees"),
        (lambda g: g.set_crs(32648, allow_override=True), "read.degrees_as_metres"),
        (
            lambda g: g.set_geometry(shapely.transform(g.geometry.array, lambda c: c[:, ::-1])),
            "read.swapped",
        ),
        (lambda g: g.set_geometry(g.translate(30), crs=g.crs), "read.elsewhere"),
    ],
    ids=["metres said to be degrees", "degrees said to be metres", "swapped", "elsewhere"],
)
def test_edits_whose_place_cannot_be_are_refused(folder, change, key):
    planted(folder, change)
    with pytest.raises(InputError) as error:
        pipeline.check(open_project(folder))
    assert [(p.key.removesuffix("_zones"), p.file) for p in error.value.problems] == [
        (key, "edits.gpkg")
    ]


@pytest.mark.parametrize("edit", ["closed", "bridge", "ford", "road"])
def test_edits_read_by_the_meridian_of_another_zone_are_told(folder, edit):
    planted(folder, lambda g: g.set_geometry(g.translate(0.5), crs=g.crs), edit=edit)
    problems = pipeline.check(open_project(folder)).problems
    assert [(p.key, p.file, p.severity) for p in problems] == [
        ("read.shifted", "edits.gpkg", "error")
    ]


def test_an_edit_with_no_road_where_it_is_changes_nothing_and_is_told(folder):
    roads = gpd.read_file(folder / "data/roads.geojson")
    on = roads.geometry.iloc[5].interpolate(0.5, normalized=True)
    beside = shapely.Point(on.x + 0.0002, on.y + 0.0002)
    far = shapely.Point(on.x + 0.9, on.y)
    new = shapely.LineString([(on.x + 0.8, on.y), far])
    marks = {"closed": [on, beside, far], "bridge": [on, beside], "ford": [], "road": [new]}
    rows = [(kind, shape) for kind, shapes in marks.items() for shape in shapes]
    edits = gpd.GeoDataFrame(
        {"edit": [kind for kind, _ in rows]}, geometry=[shape for _, shape in rows], crs=4326
    )
    edits.to_file(folder / "data/edits.gpkg")
    say(folder, "edits", "data/edits.gpkg")
    (problem,) = pipeline.check(open_project(folder)).problems
    assert (problem.key, problem.rows, problem.severity) == (
        "travel.edit_without_road",
        (2,),
        "error",
    )
    assert problem.file == "edits.gpkg"


def test_land_cover_of_an_unknown_class_is_told(folder):
    with rasterio.open(folder / "data/terrain.tif") as raster:
        profile = {**raster.profile, "dtype": "uint8", "nodata": 0, "predictor": 1}
    value = np.full((profile["height"], profile["width"]), 30, np.uint8)
    value[:9] = 77
    with rasterio.open(folder / "data/cover.tif", "w", **profile) as raster:
        raster.write(value, 1)
    say(folder, "land_cover", "data/cover.tif")
    found, minutes = told(folder)
    assert found["travel.unknown_land_cover"].params["words"] == "77"
    assert np.isfinite(minutes).all()


def test_a_month_that_is_none_is_refused(folder):
    path = folder / "project.toml"
    season = '\n[[seasons]]\nname = "dry"\nlabel_vi = "Khô"\nlabel_en = "Dry"\nmonths = [13]\n'
    path.write_text(path.read_text("utf-8") + season, "utf-8")
    with pytest.raises(SettingsError, match="13"):
        open_project(folder)
