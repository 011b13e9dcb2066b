import geopandas as gpd
import numpy as np
import pandas as pd
from travel_country import TRAVEL, Heights, line, network, points, roads, streams

from geoparty.settings import DRY, WET
from geoparty.travel import (
    build_network,
    network_check,
    network_minutes,
    paired_minutes,
    travel_report,
    unmeasured,
)

BROKEN = roads(line((0, 0), (8000, 0)), line((8003, 0), (16_000, 0)), line((0, 9000), (500, 9000)))


def test_breaks_islands_fords_and_far_places_are_in_the_layer():
    net = network(BROKEN, streams(line((1000, -100), (1000, 100))))
    found = network_check(net, points((0, 100), (9000, 40_000), None))
    assert found.layer["what"].value_counts().to_dict() == {
        "break": 2,
        "island": 2,
        "far_place": 1,
        "derived_ford": 1,
    }
    assert found.layer.crs == "EPSG:4326"
    far = found.layer[found.layer["what"] == "far_place"]
    assert far["place"].tolist() == [1]
    assert far["detail"].tolist() == [32.1]
    assert found.components["road_km"].round(1).tolist() == [8.0, 8.0, 0.5]
    said = {p.key for p in found.problems}
    assert {"travel.breaks", "travel.islands", "travel.far_places"} <= said
    for problem in found.problems:
        assert problem.text("vi")
        assert problem.text("en")


def test_a_whole_network_has_no_complaints():
    whole = roads(line((0, 0), (8000, 0)), line((8000, 0), (16_000, 0)))
    found = network_check(network(whole), points((0, 100)))
    assert found.layer.empty
    assert [p.key for p in found.problems] == ["travel.no_terrain"]


def test_reasons_why_not_measured():
    flat = np.zeros((40, 40), np.float32)
    flat[:10, :10] = np.nan
    travel = TRAVEL.model_copy(update={"cell_m": 100.0})
    net = network(BROKEN, travel=travel, terrain=Heights(flat))
    got = unmeasured(net, points((2000, 2000), (450, 3550), (-900, 0), None, (90_000, 90_000)))
    assert got.fillna("").tolist() == [
        "",
        "on_barrier",
        "off_terrain",
        "no_point",
        "off_terrain",
    ]
    told = network_minutes(net, points((450, 3550), (90_000, 90_000)), points((0, 0)), season="dry")
    assert np.isfinite(told).tolist() == [True, False]
    assert told.isna().tolist() == [False, True]
    nothing = build_network(None, travel=TRAVEL, seasons=(DRY,))
    assert unmeasured(nothing, points((0, 0))).tolist() == ["no_network"]


def test_a_place_whose_target_cannot_be_reached_from_anywhere_says_so():
    height = np.zeros((40, 40), np.float32)
    height[:10, :10] = np.nan
    travel = TRAVEL.model_copy(update={"cell_m": 100.0, "max_walk_to_road_km": 0.2})
    net = network(roads(line((3000, 100), (3900, 100))), travel=travel, terrain=Heights(height))
    places = points((2000, 2000), (2100, 2000), (450, 3450), None, (3000, 3000)).set_axis(
        [*"abcde"]
    )
    targets = points((450, 3550), None, (450, 3550), (3000, 100), (3000, 100)).set_axis(
        places.index
    )
    reasons = [*("no_target", "no_target", "on_barrier", "no_point"), ""]
    assert unmeasured(net, places, targets=targets).fillna("").tolist() == reasons
    told = paired_minutes(net, places, targets, season="dry")
    assert told.isna().tolist() == [True, True, False, True, False]
    report = travel_report(net, places, targets={"centre": targets}, cut_off_min=240)
    assert report.places["unmeasured"].fillna("").tolist() == reasons
    layer = report.check.layer
    assert layer.loc[layer["what"] == "no_target", "place"].tolist() == ["a", "b"]
    said = {p.key: p for p in report.check.problems}["travel.no_target"]
    assert said.params["n"] == 2
    assert "a, b" in said.text("en")


def test_holes_of_the_terrain_are_in_the_layer_and_its_rim_is_not():
    height = np.zeros((40, 40), np.float32)
    height[:, :3] = np.nan
    height[10:12, 10:13] = height[12, 13] = height[30, 30] = np.nan
    found = network_check(network(BROKEN, terrain=Heights(height)), points((2000, 2000)))
    voids = found.layer[found.layer["what"] == "terrain_void"]
    assert sorted(voids["detail"]) == [1, 7]
    assert voids.to_crs(32648).area.round(-2).sum() == 8 * 100 * 100
    told = {p.key: p.params for p in found.problems}
    assert told["travel.terrain_voids"]["n"] == 8


def test_a_season_that_closes_everything_is_said():
    net = network(roads(line((0, 0), (8000, 0)), surface="dirt"))
    assert "travel.season_closes_all" in {p.key for p in network_check(net, points()).problems}
    assert WET.closed_surfaces == {"dirt"}


def test_a_network_without_roads_can_be_checked():
    nothing = build_network(None, travel=TRAVEL, seasons=(DRY,))
    found = network_check(nothing, points((0, 0)))
    assert found.layer.empty
    assert [p.key for p in found.problems] == ["travel.no_roads"]
    assert isinstance(found.components, pd.DataFrame)
    assert isinstance(found.layer, gpd.GeoDataFrame)
