"""GeoJSON after RFC 7946, whatever the frame holds."""

import json

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from shapely import MultiPolygon, Point, Polygon, box

from geoparty.errors import ArgumentError
from geoparty.present import feature_collection


def strict(data: bytes) -> dict:
    def refuse(text):
        raise AssertionError(text)

    return json.loads(data, parse_constant=refuse)


def frame(geometry, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)


def test_unknown_and_infinite_are_null_and_zero_stays_zero():
    data = frame(
        [Point(0, 0)] * 3,
        count=pd.array([0, None, 3], dtype="Int64"),
        minutes=[0.0, np.nan, np.inf],
        flag=pd.array([False, None, True], dtype="boolean"),
        name=["", None, "Bản Nà"],
        day=pd.to_datetime(["2025-12-31", None, "2026-01-01"]),
        level=pd.Categorical(["a", None, "b"]),
    )
    features = strict(feature_collection(data))["features"]
    assert [f["properties"] for f in features] == [
        {"count": 0, "minutes": 0.0, "flag": False, "name": "", "day": "2025-12-31", "level": "a"},
        dict.fromkeys(("count", "minutes", "flag", "name", "day", "level")),
        {
            "count": 3,
            "minutes": None,
            "flag": True,
            "name": "Bản Nà",
            "day": "2026-01-01",
            "level": "b",
        },
    ]


def test_no_crs_member_and_note_only_when_given():
    assert list(strict(feature_collection(frame([Point(1, 2)])))) == ["type", "features"]
    assert strict(feature_collection(frame([Point(1, 2)]), note="thử"))["note"] == "thử"


def test_outer_rings_run_counter_clockwise_and_holes_clockwise():
    hole = Polygon(
        box(0, 0, 4, 4, ccw=False).exterior.coords, [box(1, 1, 2, 2, ccw=True).exterior.coords]
    )
    shapes = [hole, MultiPolygon([hole, box(5, 5, 6, 6, ccw=False)])]
    got = [
        shapely.geometry.shape(f["geometry"])
        for f in strict(feature_collection(frame(shapes)))["features"]
    ]
    for shape in got:
        for part in shapely.get_parts(shape):
            assert shapely.is_ccw(part.exterior)
            assert not any(shapely.is_ccw(ring) for ring in part.interiors)
    assert [s.area for s in got] == [15, 16]


def test_metres_come_out_as_degrees_with_at_most_seven_decimals():
    metric = frame([Point(103.123456789123, 21.987654321987)]).to_crs(32648)
    text = feature_collection(metric).decode()
    [feature] = strict(text.encode())["features"]
    assert feature["geometry"]["coordinates"] == [103.1234568, 21.9876543]


@pytest.mark.parametrize("nothing", [None, Point(), Point(np.nan, 1), Polygon()])
def test_a_row_without_a_usable_point_has_null_geometry(nothing):
    features = strict(feature_collection(frame([nothing, Point(1, 2)], a=[1, 2])))["features"]
    assert [f["geometry"] for f in features] == [None, {"type": "Point", "coordinates": [1, 2]}]
    assert [f["properties"]["a"] for f in features] == [1, 2]


def test_columns_are_chosen_and_ordered_and_the_index_can_be_one():
    data = frame([Point(0, 0)], a=[1], b=[2])
    data.index = pd.Index(["x"], name="place_id")
    [feature] = strict(feature_collection(data, ["b", "place_id"]))["features"]
    assert list(feature["properties"].items()) == [("b", 2), ("place_id", "x")]
    with pytest.raises(ArgumentError, match="c"):
        feature_collection(data, ["c"])


def test_a_frame_without_crs_is_refused():
    with pytest.raises(ArgumentError, match="coordinate reference system"):
        feature_collection(gpd.GeoDataFrame(geometry=[Point(0, 0)]))


def test_no_rows_is_an_empty_collection():
    assert strict(feature_collection(frame([], a=[])))["features"] == []


def test_gdal_reads_the_same_values(tmp_path):
    data = frame([Point(103.5, 21.5), None], a=["Bản \"Nà\" \\ 'x'", "<script>"], n=[1, 2])
    path = tmp_path / "x.geojson"
    path.write_bytes(feature_collection(data))
    got = gpd.read_file(path)
    assert got.crs == "EPSG:4326"
    assert got["a"].tolist() == data["a"].tolist()
    assert got.geometry.tolist() == [Point(103.5, 21.5), None]


@given(
    names=st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=5),
    key=st.text(min_size=1, max_size=8).filter(lambda k: k != "geometry"),
)
def test_any_text_comes_back_as_it_was(names, key):
    data = gpd.GeoDataFrame(
        {key: pd.array(names, dtype="object")}, geometry=[Point(0, 0)] * len(names), crs=4326
    )
    features = strict(feature_collection(data))["features"]
    assert [f["properties"] for f in features] == [{key: name} for name in names]


@given(values=st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), min_size=1, max_size=6))
def test_any_count_comes_back_as_it_was(values):
    data = frame([Point(0, 0)] * len(values), n=pd.array(values, dtype="Int64"))
    features = strict(feature_collection(data))["features"]
    assert [f["properties"]["n"] for f in features] == values
