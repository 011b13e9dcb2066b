import geopandas as gpd
import numpy as np
import pytest
from shapely import Point
from travel_country import CRS, EAST, NORTH, line, network, points, roads, streams

from geoparty.errors import ArgumentError
from geoparty.travel import apply_edits, network_minutes

ROAD = roads(line((0, 0), (30_000, 0)))
RIVER = streams(line((15_000, -20_000), (15_000, 20_000)))


def edits(*rows, **columns):
    kinds, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"edit": kinds, **columns}, geometry=list(shapes), crs=CRS)


def at(x, y):
    return Point(EAST + x, NORTH + y)


def minutes(frame, season="wet"):
    net = network(frame, RIVER)
    return network_minutes(net, points((28_000, 0)), points((0, 0)), season=season).iloc[0]


def test_a_bridge_opens_the_way_and_a_ford_in_its_place_closes_it():
    bridged = apply_edits(ROAD, edits(("bridge", at(15_010, 5))))
    assert minutes(ROAD) == np.inf
    assert np.isfinite(minutes(bridged))
    assert bridged["has_bridge"].sum() == 1
    assert minutes(bridged, "dry") == pytest.approx(minutes(ROAD, "dry"), rel=1e-3)
    washed = apply_edits(bridged, edits(("ford", at(15_010, 5))))
    assert minutes(washed) == np.inf


def test_a_closure_stops_riding_there():
    closed = apply_edits(ROAD, edits(("closed", at(15_000, 0))))
    assert minutes(closed, "dry") == np.inf
    assert closed.to_crs(CRS).length.sum() == pytest.approx(30_000 - 6, rel=1e-4)


def test_a_closure_for_a_season_leaves_the_others_alone():
    slide = apply_edits(ROAD, edits(("closed", at(9000, 0)), seasons=["dry"]))
    assert slide["closed_seasons"].notna().sum() == 1
    bare = network(slide)
    got = [
        network_minutes(bare, points((28_000, 0)), points((0, 0)), season=s).iloc[0]
        for s in ("dry", "wet")
    ]
    assert got[0] == np.inf
    assert np.isfinite(got[1])


def test_a_drawn_road_is_added_with_what_it_says():
    drawn = edits(("road", line((15_000, 0), (15_000, 9000))), surface=["gravel"])
    got = apply_edits(ROAD, drawn)
    assert got["surface"].tolist() == ["paved", "gravel"]
    assert got["road_class"].isna().tolist() == [False, True]
    assert ROAD["surface"].tolist() == ["paved"]


def test_unknown_edits_are_named():
    with pytest.raises(ArgumentError, match="tunnel"):
        apply_edits(ROAD, edits(("tunnel", at(0, 0))))
