"""Which places may hold a class."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from geoparty.pipeline.siting import host_ids
from geoparty.settings import Classes


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    """Two villages and a school in commune 00001, a village in 00002, one without a point."""
    rows = {
        "V1": ("village", "00001", Point(103.00, 21.00)),
        "V2": ("village", "00001", Point(103.05, 21.00)),
        "SC": ("school", "00001", Point(103.09, 21.00)),
        "V3": ("village", "00002", Point(103.30, 21.00)),
        "V4": ("village", "00002", None),
    }
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["place_kind", "commune_code", "geometry"]
    )
    return gpd.GeoDataFrame(frame.rename_axis("place_id"), geometry="geometry", crs=4326)


@pytest.fixture
def centres() -> gpd.GeoSeries:
    """The centre of 00001 lies by V2, that of 00002 by V3."""
    points = [Point(103.06, 21.001), Point(103.29, 21.0)]
    return gpd.GeoSeries(points, index=["00001", "00002"], crs=4326)


def test_a_commune_centre_is_the_place_nearest_to_it(
    places: gpd.GeoDataFrame, centres: gpd.GeoSeries
) -> None:
    rules = Classes(host_kinds=("commune_centre",))
    assert host_ids(places, rules, centres).tolist() == ["V2", "V3"]


def test_centres_come_beside_the_kinds_and_the_named(
    places: gpd.GeoDataFrame, centres: gpd.GeoSeries
) -> None:
    rules = Classes(host_kinds=("commune_centre", "school"), fixed=("V1",))
    assert host_ids(places, rules, centres).tolist() == ["V1", "V2", "SC", "V3"]


def test_without_known_centres_only_kinds_host(places: gpd.GeoDataFrame) -> None:
    rules = Classes(host_kinds=("commune_centre", "school"))
    assert host_ids(places, rules, None).tolist() == ["SC"]


def test_a_place_without_a_point_hosts_nothing(places: gpd.GeoDataFrame) -> None:
    rules = Classes(host_kinds=("village",))
    assert host_ids(places, rules, None).tolist() == ["V1", "V2", "V3"]
