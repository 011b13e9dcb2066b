"""Commune polygons and lines: the right place on earth, or a clear refusal."""

import geopandas as gpd
import pytest
import shapely
from shapely.affinity import translate

from geoparty.errors import InputError
from geoparty.read import read_border, read_communes
from geoparty.schema import COMMUNES, SOURCE_COLUMNS

SQUARES = [shapely.box(103 + i / 10, 21, 103.1 + i / 10, 21.1) for i in range(3)]
CODES = ["03127", "03151", "03158"]
NAMES = ["Điện Biên Phủ", "Mường Lay", "Sín Thầu"]


def keys(error):
    return [p.key for p in error.value.problems]


def test_columns_and_index(vector):
    read = read_communes(vector(SQUARES, code=CODES, name=NAMES, name_en=["a", "b", "c"]))
    assert read.frame.index.tolist() == CODES
    assert read.frame.index.name == "commune_code"
    expected = [*COMMUNES, *SOURCE_COLUMNS, "geometry"]
    assert [read.frame.index.name, *read.frame.columns] == expected
    assert read.frame["is_listed_border"].isna().all()
    assert read.frame["area_km2"].between(115, 116).all()


def test_codes_keep_or_regain_leading_zeros(vector):
    read = read_communes(vector(SQUARES, code=[3127, 3151, 3158], name=NAMES))
    assert read.frame.index.tolist() == CODES
    assert [(p.key, p.severity) for p in read.problems] == [("read.code_padded", "warning")]


def test_kind_is_split_from_a_full_name(vector):
    full = ["Phường Điện Biên Phủ", "xã Mường Lay", "Đặc khu Cô Tô"]
    read = read_communes(vector(SQUARES, code=CODES, full_name=full))
    assert read.frame["commune_name"].tolist() == ["Điện Biên Phủ", "Mường Lay", "Cô Tô"]
    assert read.frame["commune_type"].tolist() == ["phường", "xã", "đặc khu"]


def test_short_name_is_taken_before_the_full_one(vector):
    read = read_communes(vector(SQUARES, code=CODES, full_name=["x", "y", "z"], name=NAMES))
    assert read.frame["commune_name"].tolist() == NAMES


def test_duplicate_codes_are_refused(vector):
    with pytest.raises(InputError) as error:
        read_communes(vector(SQUARES, code=["03127", "03127", "03158"], name=NAMES))
    assert keys(error) == ["read.duplicate_code"]
    assert error.value.problems[0].rows == (1, 2)


def test_missing_crs(vector):
    path = vector(SQUARES, crs=None, file="t.parquet", code=CODES, name=NAMES)
    with pytest.raises(InputError) as error:
        read_communes(path)
    assert keys(error) == ["read.no_crs"]


@pytest.mark.parametrize(
    ("shift", "crs", "key"),
    [
        ((500000, 2300000), 4326, "read.metres_as_degrees_zones"),
        ((5e6, 9e6), 4326, "read.metres_as_degrees"),
        ((0, 0), 32648, "read.degrees_as_metres"),
    ],
)
def test_crs_that_contradicts_the_coordinates(vector, shift, crs, key):
    moved = [translate(square, *shift) for square in SQUARES]
    with pytest.raises(InputError) as error:
        read_communes(vector(moved, crs=crs, file="t.parquet", code=CODES, name=NAMES))
    assert key in keys(error)


def test_swapped_axes(vector):
    swapped = [shapely.transform(s, lambda xy: xy[:, ::-1]) for s in SQUARES]
    with pytest.raises(InputError) as error:
        read_communes(vector(swapped, file="t.parquet", code=CODES, name=NAMES))
    assert keys(error) == ["read.swapped"]
    assert "swapped" in error.value.text("en")


def test_all_file_level_faults_at_once(vector):
    with pytest.raises(InputError) as error:
        read_communes(vector(SQUARES, crs=None, file="t.parquet", x=CODES))
    assert set(keys(error)) == {"read.no_crs", "read.missing_column"}
    assert len(error.value.problems) == 3


def test_invalid_polygon_is_repaired_and_said(vector):
    spike = shapely.Polygon([(103, 21), (104, 21), (104, 22), (103.5, 20.99), (103, 22)])
    assert not spike.is_valid
    read = read_communes(vector([spike, *SQUARES[1:]], code=CODES, name=NAMES))
    assert read.frame.geometry.is_valid.all()
    (problem,) = read.problems
    assert (problem.key, problem.severity, problem.rows) == ("read.repaired", "warning", (1,))
    assert "m² → " in problem.text("vi")


def test_collapsed_polygon_is_set_aside(vector):
    line = shapely.Polygon([(103, 21), (104, 22), (103, 21), (103, 21)])
    read = read_communes(vector([line, *SQUARES[1:]], code=CODES, name=NAMES))
    assert read.frame.index.tolist() == CODES[1:]
    assert read.rejected["reason"].tolist() == ["read.collapsed"]
    assert read.rows_read == 3


def test_points_are_no_communes(vector):
    read = read_communes(vector([shapely.Point(103, 21), *SQUARES[1:]], code=CODES, name=NAMES))
    assert read.rejected["reason"].tolist() == ["read.wrong_shape"]


def test_border_lines(vector):
    line = shapely.LineString([(103, 21), (103.5, 21.5)])
    read = read_border(vector([line], file="b.geojson"))
    assert isinstance(read.frame, gpd.GeoDataFrame)
    assert read.frame.geometry.iloc[0].equals(line)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "n"), [("dien_bien", 45), ("son_la", 75), ("nghe_an", 130), ("lao_cai", 99)]
)
def test_real_provinces_read_without_a_word(real_data, name, n):
    read = read_communes(real_data / "boundaries" / f"communes_{name}.parquet")
    assert len(read.frame) == read.rows_read == n
    assert read.problems == ()
    assert read.frame.index.str.fullmatch(r"\d{5}").all()
    assert read.frame["area_km2"].notna().all()


@pytest.mark.realdata
def test_geojson_of_one_commune_agrees_with_the_pack(real_data):
    folder = real_data / "boundaries"
    pack = read_communes(folder / "communes_dien_bien.parquet").frame
    wards = sorted((folder / "raw_dien_bien" / "wards").glob("*.geojson"))
    one = read_communes(wards[0]).frame
    code = one.index[0]
    assert one.loc[code, "commune_name"] == pack.loc[code, "commune_name"]
    assert one.geometry[code].symmetric_difference(pack.geometry[code]).area < 1e-9


def test_polygon_round_the_globe_is_set_aside(vector):
    wide = shapely.box(-179, 21, 179, 22)
    read = read_communes(vector([wide, *SQUARES[1:]], code=CODES, name=NAMES))
    assert read.rejected["reason"].tolist() == ["read.around_the_globe"]
    assert read.problems[0].text("vi")


def test_file_without_one_usable_commune_is_refused(vector):
    with pytest.raises(InputError) as error:
        read_communes(vector([shapely.Point(103, 21)], code=CODES[:1], name=NAMES[:1]))
    assert keys(error) == ["read.wrong_shape"]
