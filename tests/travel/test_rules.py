"""What roads, streams and seasons may say: directions, vehicles, seasons, orders, land cover."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import (
    EAST,
    NORTH,
    PAVED,
    TRAVEL,
    WALK,
    Heights,
    line,
    network,
    points,
    random_country,
    roads,
    streams,
)

from geoparty.read import LandCover
from geoparty.settings import DRY, WET, Travel
from geoparty.travel import (
    build_network,
    crossings,
    network_minutes,
    od_minutes,
    paired_minutes,
    routes,
)

ROAD = line((0, 0), (10_000, 0))
RIVER = line((5000, -40_000), (5000, 40_000))


def minutes(net, start, end, season="dry"):
    return network_minutes(net, points(start), points(end), season=season).iloc[0]


def test_a_one_way_road_is_ridden_one_way_and_walked_back():
    net = network(roads(ROAD).assign(oneway="forward"))
    assert minutes(net, (0, 0), (10_000, 0)) == pytest.approx(10_000 / PAVED)
    assert minutes(net, (10_000, 0), (0, 0)) == pytest.approx(10_000 / WALK)
    assert minutes(net, (2000, 0), (9000, 0)) == pytest.approx(7000 / PAVED)
    assert minutes(net, (9000, 0), (2000, 0)) == pytest.approx(7000 / WALK)
    back = network(roads(ROAD).assign(oneway="backward"))
    assert minutes(back, (10_000, 0), (0, 0)) == pytest.approx(10_000 / PAVED)


@pytest.mark.parametrize(
    ("mode", "kph"),
    [("foot", 5.04), ("bicycle", 14), ("motorbike", 28), ("car", 25), ("fastest", 28)],
)
def test_each_vehicle_has_its_speed(mode, kph):
    travel = TRAVEL.model_copy(update={"mode": mode})
    net = network(roads(ROAD), travel=travel)
    assert minutes(net, (0, 0), (10_000, 0)) == pytest.approx(600 / kph)


def test_vehicles_barred_from_a_road_leave_it_to_the_others():
    barred = roads(ROAD).assign(barred_modes="motorbike; car")
    fastest = TRAVEL.model_copy(update={"mode": "fastest"})
    assert minutes(network(barred), (0, 0), (10_000, 0)) == pytest.approx(10_000 / WALK)
    got = minutes(network(barred, travel=fastest), (0, 0), (10_000, 0))
    assert got == pytest.approx(600 / 14)


def test_a_ferry_runs_where_nobody_walks():
    frame = roads(ROAD, road_class="ferry")
    shut = DRY.model_copy(update={"name": "shut", "closed_classes": frozenset({"ferry"})})
    travel = TRAVEL.model_copy(update={"detour_factor": 9.0, "max_walk_to_road_km": 0.1})
    net = build_network(
        frame,
        travel=travel,
        seasons=(DRY, WET, shut),
        streams=streams(RIVER),
    )
    assert not net.edges["is_crossing"].any()
    for season in ("dry", "wet"):
        assert minutes(net, (0, 0), (10_000, 0), season) <= 600 / 6 / 0.9
    assert minutes(net, (0, 0), (10_000, 0), "shut") == np.inf


def test_small_streams_are_passed_in_a_season_that_says_so():
    showers = WET.model_copy(update={"name": "showers", "passable_order": 2})
    for order, passes in ((1, True), (2, True), (3, False), (None, False)):
        water = streams(RIVER).assign(stream_order=order).astype({"stream_order": "Int64"})
        for terrain in (None, Heights(np.zeros((60, 60), np.float32), side=200.0)):
            net = build_network(
                roads(ROAD),
                travel=TRAVEL.model_copy(update={"cell_m": 200.0}),
                seasons=(DRY, WET, showers),
                streams=water,
                terrain=terrain,
            )
            assert minutes(net, (9000, 0), (1000, 0), "wet") == np.inf
            assert np.isfinite(minutes(net, (9000, 0), (1000, 0), "showers")) == passes


def test_a_ford_and_a_bridge_have_seasons_of_their_own():
    pieces = [line((0, 0), (4990, 0)), line((4990, 0), (5010, 0)), line((5010, 0), (10_000, 0))]
    ford = roads(*pieces, is_ford=[False, True, False])
    open_ = ford.assign(open_seasons=[None, "wet", None])
    assert minutes(network(ford, streams(RIVER)), (9000, 0), (0, 0), "wet") == np.inf
    assert np.isfinite(minutes(network(open_, streams(RIVER)), (9000, 0), (0, 0), "wet"))
    bridge = roads(*pieces, has_bridge=[False, True, False])
    sunk = bridge.assign(closed_seasons=[None, "wet", None])
    net = network(sunk, streams(RIVER))
    assert np.isfinite(minutes(network(bridge, streams(RIVER)), (9000, 0), (0, 0), "wet"))
    assert minutes(net, (9000, 0), (0, 0), "wet") == np.inf
    assert minutes(net, (9000, 0), (0, 0), "dry") == pytest.approx(9000 / PAVED)
    found = crossings(net, points((9000, 0)), points((0, 0)), season="wet", cut_off_min=240)
    assert found.frame[["kind", "n_places", "road"]].to_numpy().tolist() == [["road", 1, 1]]


def test_classes_slow_down_by_season():
    slow = DRY.model_copy(update={"name": "slow", "class_factor": {"commune": 0.5}})
    net = build_network(roads(ROAD), travel=TRAVEL, seasons=(DRY, slow))
    assert minutes(net, (0, 0), (10_000, 0), "slow") == pytest.approx(2 * 10_000 / PAVED)


def test_walking_follows_land_cover_of_another_grid_and_water_is_a_barrier():
    flat = Heights(np.zeros((40, 40), np.float32))
    value = np.full((80, 80), 30, np.int32)
    value[:, 40:60] = 10
    value[:60, 62:70] = 80
    cover = LandCover(value, Affine(50, 0, EAST, 0, -50, NORTH + 4000), flat.crs)
    travel = TRAVEL.model_copy(update={"cell_m": 100.0})
    nothing = roads(line((0, -50_000), (10, -50_000)))
    net = build_network(nothing, travel=travel, seasons=(DRY,), terrain=flat, land_cover=cover)
    plain = build_network(nothing, travel=travel, seasons=(DRY,), terrain=flat)
    here, forest = (50, 50), (1950, 50)
    assert minutes(net, here, forest) == pytest.approx(1900 / (4000 / 60), rel=0.02)
    assert minutes(plain, here, forest) == pytest.approx(1900 / (WALK * 0.6), rel=0.02)
    across = minutes(net, here, (2950, 50)) - minutes(net, here, (1950, 50))
    assert across == pytest.approx(1000 / (2000 / 60), rel=0.05)
    walled = minutes(net, (50, 3950), (3950, 3950))
    assert walled > minutes(plain, (50, 3950), (3950, 3950)) * 1.2


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), on_terrain=st.booleans())
def test_one_ways_agree_however_they_are_asked(seed, on_terrain):
    frame, water, places = random_country(seed, n=4)
    rng = np.random.default_rng(seed)
    frame["oneway"] = rng.choice(["both", "forward", "backward"], len(frame))
    flat = Heights(np.zeros((50, 50), np.float32)) if on_terrain else None
    travel = TRAVEL.model_copy(update={"cell_m": 200.0})
    net = network(frame, water, travel=travel, terrain=flat)
    targets = places.iloc[[0, 1] * 6].set_axis(places.index)
    own = paired_minutes(net, places, targets, season="wet")
    od = od_minutes(net, places, places.iloc[:2], season="wet")
    full = np.full(od.shape, np.inf)
    coo = od.tocoo()
    full[coo.row, coo.col] = coo.data
    np.testing.assert_allclose(own, full[np.arange(12), [0, 1] * 6], rtol=1e-9, atol=1e-9)
    nearest = network_minutes(net, places, places.iloc[:2], season="wet")
    np.testing.assert_allclose(nearest, full.min(axis=1), rtol=1e-9, atol=1e-9)
    way = routes(net, places, targets, season="wet", is_paired=True)
    np.testing.assert_allclose(way["travel_min"], own, rtol=1e-9, atol=1e-9)
    reached = np.isfinite(own)
    np.testing.assert_allclose(
        (way["walk_min"] + way["ride_min"])[reached], own[reached], rtol=1e-9, atol=1e-6
    )
    assert way.geometry.notna().tolist() == reached.tolist()


def test_speeds_travel_with_their_source():
    assert "Tobler" in Travel().speed_source
