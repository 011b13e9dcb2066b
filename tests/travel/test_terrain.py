from dataclasses import dataclass

import numpy as np
import pandas as pd
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
    hilly,
    line,
    network,
    points,
    random_country,
    roads,
    streams,
)

from geoparty.travel import (
    build_network,
    network_minutes,
    od_minutes,
    paired_minutes,
    terrain_minutes,
)
from geoparty.travel.cells import walk_factor

CELL = TRAVEL.model_copy(update={"cell_m": 100.0})
FLAT = Heights(np.zeros((40, 40), np.float32))
OFF = WALK * TRAVEL.off_path_factor


@dataclass(frozen=True)
class Moved(Heights):
    """A terrain elsewhere."""

    by: tuple[float, float] = (0.0, 0.0)

    @property
    def transform(self):
        return Affine.translation(*self.by) @ super().transform


NO_ROADS = roads(line((-90_000, 0), (-89_000, 0)))


def nearest(net, origins, targets, season="dry"):
    return network_minutes(net, points(*origins), points(*targets), season=season).tolist()


def land(frame=NO_ROADS, water=None, terrain=FLAT):
    return network(frame, water, travel=CELL, terrain=terrain)


def test_people_walk_where_there_is_no_road():
    got = nearest(land(), [(350, 350)], [(350, 3350)])
    assert got == pytest.approx([3000 / OFF])


def test_walks_equal_those_of_the_raster():
    terrain = hilly(3)
    n = len(terrain.elevation_m)
    rows, columns = np.mgrid[:n, :n]
    centres = [
        (100 * c + 50, 100 * (n - r) - 50) for r, c in zip(rows.flat, columns.flat, strict=True)
    ]
    got = nearest(land(terrain=terrain), centres, [centres[7 * n + 9]])
    speed = np.full((n, n), CELL.walk_kph * CELL.off_path_factor)
    expected = terrain_minutes(speed, terrain.elevation_m, [(7, 9)], cell_m=100).ravel()
    near = np.hypot(rows.ravel() - 7, columns.ravel() - 9) <= 4
    np.testing.assert_allclose(np.array(got)[~near], expected[~near], rtol=1e-3)


def test_a_road_is_met_where_it_passes():
    road = roads(line((0, 2050), (4000, 2050)))
    got = nearest(land(road), [(250, 1050)], [(3750, 2050)])
    assert got == pytest.approx([1000 / OFF + 3500 / PAVED], rel=0.05)


def test_people_walk_between_broken_pieces_of_road():
    broken = roads(line((0, 2050), (1500, 2050)), line((2500, 2050), (4000, 2050)))
    got = nearest(land(broken), [(50, 2050)], [(3950, 2050)])
    assert got == pytest.approx([1000 / OFF + 2900 / PAVED], rel=0.05)
    roads_only = nearest(network(broken), [(50, 2050)], [(3950, 2050)])
    assert got < roads_only


RIVER = streams(line((-100, 1930), (4100, 2070)))


def test_a_stream_leaks_nowhere_when_fords_are_closed():
    net = land(water=RIVER)
    assert nearest(net, [(2050, 2450)], [(2050, 1550)], "wet") == [np.inf]
    assert nearest(net, [(2050, 2450)], [(2050, 1550)], "dry") == pytest.approx([900 / OFF])


def test_a_stream_is_not_as_wide_as_a_cell():
    net = land(water=RIVER)
    got = nearest(net, [(50, 2250), (50, 1750)], [(3950, 2250), (3950, 1750)], "wet")
    assert got == pytest.approx([3900 / (OFF * 0.8)] * 2)


def test_a_bridge_is_the_way_across():
    bridge = roads(line((3050, 1500), (3050, 2500)), has_bridge=True)
    got = nearest(land(bridge, RIVER), [(50, 2450)], [(50, 1550)], "wet")
    assert np.isfinite(got).all()
    ford = roads(line((3050, 1500), (3050, 2500)))
    assert nearest(land(ford, RIVER), [(50, 2450)], [(50, 1550)], "wet") == [np.inf]


@pytest.mark.parametrize("seed", range(5))
def test_a_closed_ford_leaks_to_neither_bank(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(1500, 2500, 2)
    slant = rng.uniform(-0.4, 0.4)
    water = streams(line((-100, y - slant * (x + 100)), (4100, y + slant * (4100 - x))))
    ford = roads(line((x - 300, y - 900), (x, y), (x + 300, y + 900)))
    net = land(ford, water)
    wet = nearest(net, [(x - 300, y - 900)], [(x + 300, y + 900)], "wet")
    assert wet == [np.inf]
    assert np.isfinite(nearest(net, [(x - 300, y - 900)], [(x + 300, y + 900)])).all()


def test_uphill_is_slower_than_down():
    slope = Heights(np.tile(np.arange(40, dtype=np.float32) * 20, (40, 1)))
    net = land(terrain=slope)
    up = nearest(net, [(350, 350)], [(2350, 350)])
    down = nearest(net, [(2350, 350)], [(350, 350)])
    assert up == pytest.approx([2000 / OFF * np.exp(3.5 * 0.25 - 0.175)], rel=1e-3)
    assert down == pytest.approx([2000 / OFF * np.exp(3.5 * 0.15 - 0.175)], rel=1e-3)


def test_voids_are_not_walked_and_places_off_the_terrain_walk_straight():
    holed = FLAT.elevation_m.copy()
    holed[:, 20] = np.nan
    road = roads(line((-20_000, 350), (-9000, 350)))
    net = land(road, terrain=Heights(holed))
    assert nearest(net, [(350, 350)], [(3650, 350)]) == [np.inf]
    got = nearest(net, [(350, 350), (-9000, 850), (-15_000, 350)], [(3650, 350), (-9500, 350)])
    assert got[0] == pytest.approx(9850 * 1.3 / WALK)
    assert got[1] == pytest.approx(500 / PAVED + 500 * 1.3 / WALK, rel=0.2)
    assert got[2] == pytest.approx(5500 / PAVED)


def test_paired_and_matrix_agree_with_nearest():
    frame, water, places = random_country(5, n=4)
    net = land(frame, water, hilly(5))
    targets = places.iloc[:4]
    for season in ("dry", "wet"):
        matrix = od_minutes(net, places, targets, season=season).tocoo()
        full = np.full(matrix.shape, np.inf)
        full[matrix.row, matrix.col] = matrix.data
        close = network_minutes(net, places, targets, season=season)
        np.testing.assert_allclose(full.min(axis=1), close, rtol=1e-12)
        for k in range(4):
            paired = paired_minutes(net, places, targets.iloc[[k] * 12], season=season)
            np.testing.assert_allclose(full[:, k], paired, rtol=1e-12)


seeds = st.integers(0, 10_000)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_wet_is_never_faster_than_dry_on_terrain(seed):
    frame, water, places = random_country(seed, n=4)
    net = land(frame, water, hilly(seed, n=40))
    minutes = {
        season: network_minutes(net, places, places.iloc[:2], season=season)
        for season in ("dry", "wet")
    }
    assert (minutes["wet"] >= minutes["dry"] - 1e-9).all()
    assert np.isfinite(minutes["dry"]).all()


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_a_closed_road_never_shortens(seed):
    frame, water, places = random_country(seed, n=4)
    terrain = hilly(seed, n=40)
    closed = frame.assign(closed_seasons=["wet", *[None] * (len(frame) - 1)])
    opened, without = (
        network_minutes(land(roads, water, terrain), places, places.iloc[:2], season="wet")
        for roads in (frame, closed)
    )
    assert (without >= opened - 1e-9).all()


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_an_added_road_never_lengthens(seed):
    frame, water, _ = random_country(seed, n=4)
    rng, terrain = np.random.default_rng(seed), hilly(seed, n=40)
    places = points(*rng.uniform(200, 3800, (12, 2)))  # off the terrain only four roads are kept
    # drawn across the others, and ending beside a place
    beside = np.array([places.iloc[2].x - EAST, places.iloc[2].y - NORTH]) + 20
    drawn = roads(line(*rng.uniform(0, 4000, (2, 2)), beside), surface="dirt")
    drawn["road_class"] = rng.choice(["village", "path", "district"], 1)
    both = pd.concat([frame, drawn], ignore_index=True)
    for season in ("dry", "wet"):
        more, fewer = (
            network_minutes(land(some, water, terrain), places, places.iloc[:2], season=season)
            for some in (both, frame)
        )
        assert (more <= fewer + 1e-6).all()


def test_roads_are_cut_where_they_pass_from_cell_to_cell():
    road = roads(line((20, 50), (320, 50), (320, 450), (20, 50)))
    pieces = land(road).pieces
    lines = land(road).edges.geometry.iloc[0]
    ends = [lines.interpolate(float(s), normalized=True) for s in pieces.low]
    assert len(ends) == 4 + 4 + 3 + 4
    middles = pieces.node_xy[pieces.tail] - [EAST, NORTH]
    on_border = np.isclose(middles % 100, 0, atol=1e-6) | np.isclose(middles % 100, 100, atol=1e-6)
    assert on_border.any(axis=1).sum() == len(ends) - 1
    np.testing.assert_allclose(pieces.node_xy[pieces.tail], [(p.x, p.y) for p in ends], atol=1e-6)
    halves = land(
        roads(line((20, 50), (130, 50)), line((130, 50), (320, 50), (320, 450), (20, 50)))
    )
    old = {tuple(xy) for xy in pieces.node_xy.round(6)}
    assert old < {tuple(xy) for xy in halves.pieces.node_xy.round(6)}


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_triangles_hold_between_any_three_places(seed):
    frame, water, places = random_country(seed, n=4)
    net = land(frame, water, hilly(seed, n=40))
    inside = places[:6]
    matrix = od_minutes(net, inside, inside, season="wet").tocoo()
    full = np.full(matrix.shape, np.inf)
    full[matrix.row, matrix.col] = matrix.data
    via = (full[:, :, None] + full[None, :, :]).min(axis=1)
    # the place in between may be walked through, at most from one cell's corner to another's
    steepest = max(np.abs(np.diff(net.cells.height_m, axis=a)).max() for a in (0, 1)) / 100
    slack = 2 * 100 * np.sqrt(2) / (OFF * 0.8) * walk_factor(np.array(steepest))
    assert (full <= via + slack).all()


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_moving_everything_changes_nothing(seed):
    frame, water, places = random_country(seed, n=4)
    hills = hilly(seed, n=40)
    there = [layer.set_geometry(layer.translate(7300, -4100)) for layer in (frame, water)]
    away = Moved(hills.elevation_m, by=(7300, -4100))
    for season in ("dry", "wet"):
        here, moved = (
            network_minutes(land(*layers), some, some.iloc[:2], season=season)
            for layers, some in (
                ((frame, water, hills), places),
                ((*there, away), places.translate(7300, -4100)),
            )
        )
        np.testing.assert_allclose(moved, here, rtol=1e-6)


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_level_country_is_as_far_there_as_back(seed):
    frame, water, places = random_country(seed, n=4)
    net = land(frame, water, Heights(np.zeros((40, 40), np.float32)))
    full = np.full((len(places),) * 2, np.inf)
    matrix = od_minutes(net, places, places, season="wet").tocoo()
    full[matrix.row, matrix.col] = matrix.data
    np.testing.assert_allclose(full, full.T, rtol=1e-9, atol=1e-9)


def test_finer_cells_come_nearer_to_one_answer():
    def hills(side):
        x = (np.arange(4000 / side) + 0.5) * side
        height = 600 * np.sin(x / 900)[None, :] * np.cos(x / 700)[:, None]
        return Heights(height.astype(np.float32), side=side)

    ends = points((430, 370)), points((3610, 1730))
    finer = TRAVEL.model_copy(update={"cell_m": 1.0})
    road = roads(line((1000, 1000), (2500, 1400)), road_class="path")
    told = [
        network_minutes(network(road, travel=finer, terrain=hills(side)), *ends, season="dry")[0]
        for side in (400.0, 200.0, 100.0, 50.0, 25.0)
    ]
    apart = np.abs(np.diff(told))
    assert (np.diff(apart) < 0).all()
    assert apart[-1] < 0.002 * told[-1]


def test_terrain_alone_is_enough():
    net = build_network(None, travel=CELL, seasons=(), streams=None, terrain=FLAT)
    from geoparty.settings import DRY

    assert nearest(net, [(350, 350)], [(350, 3350)], DRY) == pytest.approx([3000 / OFF])
