"""VN-2000: zones found, shifted to WGS 84, wrong meridians named."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely

from geoparty.errors import InputError
from geoparty.read import read_communes, read_land_cover, read_places, read_terrain, vn2000
from geoparty.read.terrain import bounds_deg

PLAIN = "+proj=tmerc +lat_0=0 +lon_0=103 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m"
POINTS = [shapely.Point(102.9 + i / 10, 21.3 + i / 10) for i in range(4)]
SQUARES = [shapely.box(p.x, p.y, p.x + 0.05, p.y + 0.05) for p in POINTS]


def in_zone(geometry, epsg, labelled):
    """Return the geometry in a zone, with a CRS label of its own."""
    metres = gpd.GeoSeries(geometry, crs=4326).to_crs(epsg)
    return {"geometry": list(metres), "crs": labelled}


def communes(province="Điện Biên"):
    return {
        "code": [f"0312{i}" for i in range(4)],
        "name": list("ABCD"),
        "province_name": [province] * 4,
    }


def test_every_zone_of_the_registry_has_a_meridian():
    names = [zone.name for zone in vn2000.zones()]
    assert len(names) >= 20
    assert all(102 <= zone.meridian <= 111 for zone in vn2000.zones())


def test_zone_named_in_the_file_is_shifted_to_wgs84(vector):
    path = vector(**in_zone(POINTS, 9205, 9205), place_name=list("abcd"))
    found = read_places(path).frame.geometry
    assert all(a.distance(b) < 1e-7 for a, b in zip(found, POINTS, strict=True))
    unshifted = gpd.GeoSeries(in_zone(POINTS, 9205, None)["geometry"], crs=PLAIN).to_crs(4326)
    metres = found.to_crs(32648).distance(unshifted.to_crs(32648))
    assert metres.between(150, 250).all()


def test_zones_that_fit_are_named_when_the_file_names_none(vector):
    path = vector(**in_zone(POINTS, 9205, None), file="t.parquet", place_name=list("abcd"))
    with pytest.raises(InputError) as error:
        read_places(path)
    (problem,) = error.value.problems
    assert problem.key == "read.no_crs_zones"
    assert any("103-00" in zone for zone in problem.params["zones"])
    assert not any("108-30" in zone for zone in problem.params["zones"])
    assert read_places(path, crs="103-00").frame.geometry.iloc[0].distance(POINTS[0]) < 1e-7


def test_projection_without_its_datum_is_recognised(vector):
    path = vector(**in_zone(POINTS, 9205, PLAIN), file="t.parquet", place_name=list("abcd"))
    read = read_places(path)
    assert read.frame.geometry.iloc[0].distance(POINTS[0]) < 1e-7
    assert [(p.key, p.severity) for p in read.problems] == [("read.datum_added", "warning")]


def test_wrong_meridian_is_named(vector):
    path = vector(**in_zone(SQUARES, 9205, 5897), **communes())
    with pytest.raises(InputError) as error:
        read_communes(path)
    (problem,) = error.value.problems
    assert problem.key == "read.wrong_meridian"
    assert problem.params["zones"] == ["VN-2000 / TM-3 103-00"]
    assert len(read_communes(path, crs="EPSG:9205").frame) == 4


def test_stated_system_that_is_none(vector):
    path = vector(POINTS, place_name=list("abcd"))
    with pytest.raises(InputError) as error:
        read_places(path, crs="múi 3")
    assert [p.key for p in error.value.problems] == ["read.unknown_crs"]


def test_features_that_a_shift_would_bring_home():
    frame = gpd.GeoDataFrame(geometry=SQUARES, crs=4326)
    inside = gpd.GeoSeries([square.centroid for square in SQUARES], crs=4326)
    assert vn2000.meridian_problem(inside, frame) is None
    problem = vn2000.meridian_problem(inside.translate(1.75), frame)
    assert problem is not None
    assert problem.params == {"shift": "−1°45′", "share": 0}
    assert vn2000.meridian_problem(inside.translate(0, 3), frame) is None


@pytest.mark.realdata
def test_no_province_of_the_country_is_called_misplaced(real_data):
    whole = gpd.read_parquet(real_data / "boundaries" / "communes_vn.parquet")
    utm = pyproj.CRS(32648)
    assert vn2000.province_problem(whole.geometry, whole["province_name"].unique(), utm) is None
    for name, part in whole.groupby("province_name"):
        assert vn2000.province_problem(part.geometry, [name], utm) is None, name


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("province", "epsg"), [("dien_bien", 9205), ("son_la", 9206), ("nghe_an", 9208)]
)
def test_real_provinces_come_home_from_their_zone(real_data, tmp_path, province, epsg):
    source = real_data / "boundaries" / f"communes_{province}.parquet"
    there = gpd.read_parquet(source).to_crs(epsg)
    there.to_parquet(tmp_path / "zone.parquet")
    home, moved = read_communes(source).frame, read_communes(tmp_path / "zone.parquet").frame
    off = shapely.hausdorff_distance(home.geometry.array, moved.geometry.array)
    assert off.max() < 1e-7
    there.set_crs(9218, allow_override=True).to_parquet(tmp_path / "wrong.parquet")
    with pytest.raises(InputError) as error:
        read_communes(tmp_path / "wrong.parquet")
    assert error.value.problems[0].key == "read.wrong_meridian"


def terrain(path, crs, *, at=(500_000.0, 2_350_000.0)):
    """Write a raster of one height in metres."""
    profile = {"driver": "GTiff", "height": 9, "width": 9, "count": 1, "dtype": "float32"}
    place = rasterio.Affine(90, 0, at[0], 0, -90, at[1])
    with rasterio.open(path, "w", **profile, crs=crs, transform=place) as raster:
        raster.write(np.full((1, 9, 9), 700, "float32"))
    return path


@pytest.mark.parametrize("reader", [read_terrain, read_land_cover])
def test_a_raster_with_the_projection_alone_lies_where_one_with_the_datum_does(tmp_path, reader):
    stated = reader(terrain(tmp_path / "stated.tif", "EPSG:9205"))
    plain = reader(terrain(tmp_path / "plain.tif", PLAIN))
    assert bounds_deg(plain) == pytest.approx(bounds_deg(stated), abs=1e-9)
    assert stated.problems == ()
    assert [(p.key, p.severity, p.file) for p in plain.problems] == [
        ("read.datum_added", "warning", "plain.tif")
    ]
    unshifted = pyproj.Transformer.from_crs(PLAIN, 4326, always_xy=True)
    west, south = unshifted.transform(500_000, 2_350_000 - 9 * 90)
    assert pyproj.Geod(ellps="WGS84").inv(west, south, *bounds_deg(plain)[:2])[2] > 150


def test_a_raster_without_a_crs_names_the_zones_and_is_read_by_the_one_stated(tmp_path):
    path = terrain(tmp_path / "t.tif", None)
    with pytest.raises(InputError) as error:
        read_terrain(path)
    (problem,) = error.value.problems
    assert (problem.key, problem.file) == ("read.no_crs_zones", "t.tif")
    assert bounds_deg(read_terrain(path, crs="103-00")) == pytest.approx(
        bounds_deg(read_terrain(terrain(tmp_path / "stated.tif", "EPSG:9205"))), abs=1e-9
    )


@pytest.mark.parametrize(
    ("name", "of_zone", "epsg"),
    [
        ("VN-2000 / UTM zone 48N", "+lon_0=105 +k=0.9996", 3405),
        ("VN2000_103_00", "+lon_0=103 +k=0.9999", 9205),
        ("WGS 84 / UTM zone 48N", "+lon_0=105 +k=0.9996", None),
    ],
)
def test_a_system_by_its_name_only_gets_the_datum(name, of_zone, epsg):
    """Drawing programs know VN-2000 by name and write the datum of the satellites."""
    plain = pyproj.CRS(f"+proj=tmerc {of_zone} +x_0=500000 +datum=WGS84 +units=m").to_wkt()
    zone = vn2000.with_datum(pyproj.CRS.from_wkt(plain.replace("unknown", name, 1)))
    assert (zone.epsg if zone else None) == epsg


@pytest.mark.parametrize("epsg", [3405, 3406, 9205, 9218, 5897, 32648])
@pytest.mark.parametrize("version", ["WKT2_2019", "WKT1_GDAL", "WKT1_ESRI"])
def test_a_system_that_has_its_datum_is_left_alone(epsg, version):
    assert vn2000.with_datum(pyproj.CRS.from_wkt(pyproj.CRS(epsg).to_wkt(version))) is None
