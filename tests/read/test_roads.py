"""Roads, streams and terrain."""

import zipfile

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from geoparty.errors import InputError
from geoparty.read import read_land_cover, read_roads, read_streams, read_terrain

LINES = [shapely.LineString([(103, 21 + i / 10), (103.1, 21 + i / 10)]) for i in range(3)]


def keys(error):
    return [p.key for p in error.value.problems]


def test_classes_and_surfaces_in_vietnamese(vector):
    path = vector(
        LINES,
        cap_duong=["Quốc lộ 12", "Đường liên thôn", "Đường mòn"],
        mat_duong=["Bê tông xi măng", "Cấp phối", "Đất"],
        ngầm=["không", "có", None],
    )
    frame = read_roads(path).frame
    assert frame["road_class"].tolist() == ["national", "commune", "path"]
    assert frame["surface"].tolist() == ["paved", "gravel", "dirt"]
    assert frame["is_ford"].fillna(value=False).tolist() == [False, True, False]
    assert frame["has_bridge"].isna().all()


def test_unknown_class_stays_in_the_network(vector):
    read = read_roads(vector(LINES, road_class=["national", "lạ", None]))
    assert len(read.frame) == 3
    assert read.frame["road_class"].isna().tolist() == [False, True, True]
    assert [p.severity for p in read.problems] == ["warning"]


def test_railways_are_set_aside(vector):
    read = read_roads(vector(LINES, highway=["primary", "Đường sắt", "construction"]))
    assert len(read.frame) == 1
    assert read.rows_read == 3
    assert set(read.rejected["reason"]) == {"read.not_a_road"}
    assert {p.severity for p in read.problems} == {"warning"}


def test_streams(vector):
    assert len(read_streams(vector(LINES)).frame) == 3


@pytest.mark.realdata
def test_osm_extract_is_read_by_its_tags(real_data):
    read = read_roads(real_data / "osm" / "andorra_2021-06-22.osm.pbf")
    counted = read.frame["road_class"].value_counts()
    assert counted["national"] > 500
    assert counted["path"] > 1000
    assert read.frame["surface"].notna().sum() > 800
    assert read.frame["is_ford"].sum() == 57
    assert read.frame["has_bridge"].sum() > 50


@pytest.mark.realdata
def test_railways_of_the_main_roads_file_are_set_aside(real_data):
    read = read_roads(real_data / "roads" / "vn_main_roads.gpkg")
    assert read.rows_read == 458
    assert len(read.rejected) == 32


def write_raster(path, band, *, crs="EPSG:4326", transform=None, count=1, nodata=-32768):
    transform = transform or Affine(0.1, 0, 103, 0, -0.1, 22)
    shape = {"height": band.shape[0], "width": band.shape[1], "count": count}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype=band.dtype,
        crs=crs,
        transform=transform,
        nodata=nodata,
        **shape,
    ) as raster:
        for i in range(count):
            raster.write(band, i + 1)
    return path


def test_terrain_voids_are_nan(tmp_path):
    band = np.array([[100, -32768], [300, 400]], dtype="int16")
    terrain = read_terrain(write_raster(tmp_path / "t.tif", band))
    assert terrain.elevation_m.dtype == np.float32
    np.testing.assert_array_equal(terrain.elevation_m, [[100, np.nan], [300, 400]])
    assert (terrain.transform.c, terrain.transform.f) == (103, 22)
    assert terrain.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("values", "options", "key"),
    [
        ([[1, 2]], {"crs": None}, "read.no_crs"),
        ([[1, 2]], {"count": 2}, "read.bands"),
        ([[-32768, -32768]], {}, "read.no_heights"),
        ([[12000, 2]], {}, "read.not_metres"),
    ],
)
def test_terrain_that_cannot_be_used(tmp_path, values, options, key):
    path = write_raster(tmp_path / "t.tif", np.array(values, dtype="int16"), **options)
    with pytest.raises(InputError) as error:
        read_terrain(path)
    assert keys(error) == [key]


@pytest.mark.parametrize(
    ("crs", "place", "told"),
    [
        ("EPSG:32648", Affine(0.1, 0, 103, 0, -0.1, 22), ["read.degrees_as_metres"]),
        ("EPSG:9205", Affine(0.1, 0, 103, 0, -0.1, 22), ["read.degrees_as_metres"]),
        ("EPSG:4326", Affine(90, 0, 500_000, 0, -90, 2_350_000), ["read.metres_as_degrees_zones"]),
        ("EPSG:4326", Affine(1e4, 0, -9e6, 0, -1e4, 0), ["read.metres_as_degrees"]),
        ("EPSG:4326", Affine(0.1, 0, 21, 0, -0.1, 103.1), ["read.swapped"]),
        ("EPSG:32648", Affine(90, 0, 2_350_000, 0, -90, 500_000), ["read.out_of_use"]),  # x, y
        ("EPSG:27700", Affine(90, 0, 5_000_000, 0, -90, 500_000), ["read.out_of_use"]),
        ("EPSG:32648", Affine(90, 0, 500_000, 0, -90, 2_350_000), []),
        ("EPSG:32649", Affine(90, 0, -120_000, 0, -90, 2_350_000), []),  # the zone beside it
        ("EPSG:4326", Affine(180, 0, 0, 0, -90, 90), []),  # the whole earth, 0 to 360
        ("EPSG:4326", Affine(1, 0, 178.5, 0, -1, 22), []),
    ],
)
@pytest.mark.parametrize("reader", [read_terrain, read_land_cover])
def test_position_that_contradicts_the_coordinate_system(tmp_path, reader, crs, place, told):
    band = np.full((2, 2), 100, dtype="int16")
    path = write_raster(tmp_path / "t.tif", band, crs=crs, transform=place)
    if not told:
        assert reader(path).crs == crs
        return
    with pytest.raises(InputError) as error:
        reader(path)
    assert keys(error) == told
    assert error.value.problems[0].file == "t.tif"


@pytest.mark.parametrize(
    ("crs", "shape", "told"),
    [
        ("EPSG:32648", shapely.LineString([(103, 21), (103.1, 21)]), "read.degrees_as_metres"),
        ("EPSG:32648", shapely.LineString([(2e6, 5e5), (2.1e6, 5e5)]), "read.out_of_use"),
        ("EPSG:3405", shapely.LineString([(5e5, 8e6), (5e5, 8.1e6)]), "read.out_of_use"),
    ],
)
def test_lines_that_contradict_their_coordinate_system(vector, crs, shape, told):
    path = vector([shape, shape], crs=crs, road_class=["village"] * 2)
    with pytest.raises(InputError) as error:
        read_roads(path)
    assert keys(error) == [told]


def test_terrain_that_is_no_raster(tmp_path):
    path = tmp_path / "t.tif"
    path.write_bytes(b"II*\0 cut short")
    with pytest.raises(InputError) as error:
        read_terrain(path)
    assert keys(error) == ["read.damaged"]


@pytest.mark.parametrize(
    "content",
    [
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource>",
        "<OGRWFSDataSource><URL>http://127.0.0.1/wfs</URL></OGRWFSDataSource>",
        "<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>",
    ],
)
@pytest.mark.parametrize("name", ["t.geojson", "t.gml", "t.vrt", "t.tif", "t.osm"])
def test_file_that_points_elsewhere_is_never_opened(tmp_path, content, name):
    path = tmp_path / name
    path.write_text(content)
    for reader in (read_roads, read_streams, read_terrain):
        with pytest.raises(InputError) as error:
            reader(path)
        assert keys(error) == ["read.pointer"]


def test_archive_that_holds_a_pointer(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.vrt", "<OGRVRTDataSource/>")
    with pytest.raises(InputError) as error:
        read_roads(path)
    assert keys(error) == ["read.pointer"]
