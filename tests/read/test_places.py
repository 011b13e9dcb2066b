"""Places and centres: points from tables and vector files."""

import pytest
import shapely

from geoparty.errors import InputError
from geoparty.read import read_centres, read_places

HEAD = "Mã thôn,Tên thôn,Loại,Mã xã,Số hộ,Kinh độ,Vĩ độ"


def keys(error):
    return [p.key for p in error.value.problems]


def test_table_with_coordinates(csv_file):
    read = read_places(csv_file(HEAD, "A,Bản Ten,Bản,3127,80,103.05,21.4", "B,Tổ 1,TDP,3127,,,"))
    assert read.frame.crs.to_epsg() == 4326
    assert read.frame.geometry.iloc[0].equals(shapely.Point(103.05, 21.4))
    assert read.frame.geometry.iloc[1] is None
    assert read.frame["place_kind"].tolist() == ["village", "residential_group"]
    assert read.frame["commune_code"].tolist() == ["03127", "03127"]
    assert [p.key for p in read.problems] == ["read.code_padded"]


def test_all_rows_of_a_duplicate_id_are_set_aside(csv_file):
    rows = ["A,Bản 1,,,,,", "A,Bản 2,,,,,", "B,Bản 3,,,,,", ",Bản 4,,,,,", ",Bản 5,,,,,"]
    read = read_places(csv_file(HEAD, *rows))
    assert read.frame["place_name"].tolist() == ["Bản 3", "Bản 4", "Bản 5"]
    assert read.rejected["row"].tolist() == [2, 3]
    assert set(read.rejected["reason"]) == {"read.duplicate_id"}


def test_swapped_columns_are_refused_and_a_swapped_row_set_aside(csv_file):
    good = [f"{i},Bản {i},,,,103.0{i},21.4" for i in range(5)]
    read = read_places(csv_file(HEAD, *good, "X,Bản X,,,,21.4,103.2"))
    assert [(p.key, p.rows, p.severity) for p in read.problems] == [
        ("read.swapped_row", (7,), "error")
    ]
    assert read.frame["place_id"].tolist()[-1] == "X"
    assert read.frame.geometry.isna().tolist() == [False] * 5 + [True]
    with pytest.raises(InputError) as error:
        read_places(csv_file(HEAD, "X,Bản X,,,,21.4,103.2", "Y,Bản Y,,,,21.5,103.3"))
    assert keys(error) == ["read.swapped"]


def test_metres_in_degree_columns(csv_file):
    with pytest.raises(InputError) as error:
        read_places(csv_file(HEAD, "X,Bản X,,,,504000,2368000"))
    assert keys(error) == ["read.metres_as_degrees"]


def test_half_a_point_and_text_as_coordinate(csv_file):
    read = read_places(csv_file(HEAD, "A,Bản A,,,,103.1,", "B,Bản B,,,,đông,21", "C,Bản C,,,,,"))
    assert {(p.key, p.rows) for p in read.problems} == {
        ("read.half_a_point", (2,)),
        ("read.not_number", (3,)),
    }
    assert read.frame["place_id"].tolist() == ["A", "B", "C"]
    assert read.frame.geometry.isna().all()


def test_unknown_kind_keeps_the_place_and_says_so(csv_file):
    read = read_places(csv_file(HEAD, "A,Đảo A,lạ,,,,"))
    assert read.frame["place_kind"].isna().all()
    (problem,) = read.problems
    assert (problem.key, problem.severity) == ("read.unknown_value", "warning")


def test_vector_points_polygons_and_none(vector):
    geometry = [shapely.Point(103, 21), shapely.box(103, 21, 103.2, 21.2), None]
    read = read_places(vector(geometry, file="t.geojson", place_name=["a", "b", "c"]))
    assert read.frame.geometry.geom_type.tolist()[:2] == ["Point", "Point"]
    assert read.frame.geometry.iloc[2] is None
    assert read.frame.geometry.iloc[1].within(geometry[1])
    assert read.frame["row"].tolist() == [1, 2, 3]


def test_other_crs_is_reprojected(vector):
    utm = vector([shapely.Point(500000, 2322000)], crs=32648, place_name=["a"])
    point = read_places(utm).frame.geometry.iloc[0]
    assert point.distance(shapely.Point(105.0, 20.9965)) < 0.01


@pytest.mark.parametrize("name", ["t.gpkg", "t.parquet", "t.geojson", "t.shp", "t.fgb"])
def test_any_vector_format_gives_the_same(vector, name):
    read = read_places(vector([shapely.Point(103.5, 21.5)], file=name, place_name=["Bản Ten"]))
    assert read.frame["place_name"].tolist() == ["Bản Ten"]
    assert read.frame.geometry.iloc[0].equals(shapely.Point(103.5, 21.5))


def test_infinite_coordinates_are_set_aside(vector):
    points = [shapely.Point(103, 21), shapely.Point(float("inf"), 21)]
    read = read_places(vector(points, file="t.parquet", place_name=["a", "b"]))
    assert read.frame["place_name"].tolist() == ["a"]
    assert read.rejected["reason"].tolist() == ["read.not_finite"]


def test_centres_need_code_and_point(csv_file):
    rows = ["3127,103.1,21.4", "3128,,", "3129,103,21", "3129,103,21"]
    read = read_centres(csv_file("Mã xã,lon,lat", *rows))
    assert read.frame["commune_code"].tolist() == ["03127"]
    assert read.rejected["reason"].tolist() == [
        "read.no_shape",
        "read.duplicate_id",
        "read.duplicate_id",
    ]
