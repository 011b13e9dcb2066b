import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import (
    CRS,
    EAST,
    LEG,
    NORTH,
    PAVED,
    TRAVEL,
    hilly,
    line,
    network,
    points,
    random_country,
    roads,
)

from geoparty.travel import network_minutes, routes

BENT = roads(line((0, 0), (5000, 0), (5000, 4000)), line((5000, 4000), (9000, 4000)))


def drawn(frame):
    return [
        [(round(x - EAST), round(y - NORTH)) for x, y in shape.coords] if shape else None
        for shape in frame.geometry.to_crs(CRS)
    ]


def test_the_line_follows_the_road_and_the_legs():
    way = routes(network(BENT), points((100, 300)), points((8000, 4200)), season="dry")
    assert way["walk_min"].tolist() == pytest.approx([500 * LEG])
    assert way["ride_min"].tolist() == pytest.approx([(4900 + 4000 + 3000) / PAVED])
    corners = [(100, 300), (100, 0), (5000, 0), (5000, 4000), (8000, 4000), (8000, 4200)]
    assert list(dict.fromkeys(drawn(way)[0])) == corners


def test_along_one_stretch_and_straight_and_nowhere():
    targets = points((5000, 2000))
    way = routes(network(BENT), points((5000, 3000), (5500, 2000), None), targets, season="dry")
    assert list(dict.fromkeys(drawn(way)[0])) == [(5000, 3000), (5000, 2000)]
    assert way["ride_min"].iloc[0] == pytest.approx(1000 / PAVED)
    assert drawn(way)[1] == [(5500, 2000), (5000, 2000)]
    assert way["ride_min"].iloc[1] == 0
    assert way.iloc[2][["travel_min", "walk_min", "ride_min"]].isna().all()
    assert drawn(way)[2] is None


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000), on_terrain=st.booleans(), season=st.sampled_from(["dry", "wet"])
)
def test_the_way_takes_the_minutes_that_are_given(seed, on_terrain, season):
    frame, water, places = random_country(seed, n=4)
    travel = TRAVEL.model_copy(update={"cell_m": 200.0})
    net = network(frame, water, travel=travel, terrain=hilly(seed, n=40) if on_terrain else None)
    targets = places.iloc[:2]
    way = routes(net, places, targets, season=season)
    minutes = network_minutes(net, places, targets, season=season)
    np.testing.assert_allclose(way["travel_min"], minutes, rtol=1e-9)
    found = way[np.isfinite(minutes)]
    assert (found["walk_min"] <= found["travel_min"] + 1e-9).all()
    np.testing.assert_allclose(found["walk_min"] + found["ride_min"], found["travel_min"])
    shapes = found.geometry.to_crs(CRS)
    assert shapes.notna().all()
    assert all(shape.distance(p) < 1 for shape, p in zip(shapes, places[found.index], strict=True))
    fastest = max(travel.speed_kph.values()) * 1000 / 60
    assert (shapes.length / fastest <= found["travel_min"] + 1e-6).all()
