"""The search over roads and cells that writes no moves down, and segments that meet."""

import numba
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import TRAVEL, hilly, network, random_country

from geoparty.settings import DRY, WET
from geoparty.travel import buckets, heap, moves, overland, search
from geoparty.travel.meet import meeting
from geoparty.travel.minutes import points_on

CELL = TRAVEL.model_copy(update={"cell_m": 60.0})


def country(seed):
    """Roads, streams of any order, hills with a void and some of them slow, in several tiles."""
    rng = np.random.default_rng(seed)
    frame, water, places = random_country(seed)
    water["stream_order"] = rng.integers(1, 4, len(water))
    terrain = hilly(seed, n=90)
    low, high = sorted(rng.integers(0, 90, 2))
    terrain.elevation_m[low:high, 30:34] = np.nan
    net = network(frame, water, travel=CELL, terrain=terrain)
    slow = rng.choice([1.0, 2.5], net.cells.height_m.shape).astype(np.float32)
    if seed % 2:
        object.__setattr__(net.cells, "slow", slow)
    return net, places


@settings(max_examples=6)
@given(
    seed=st.integers(0, 100_000),
    season=st.sampled_from([DRY, WET, WET.model_copy(update={"passable_order": 2})]),
)
def test_a_search_over_land_is_that_over_all_moves_written_down(seed, season):
    net, places = country(seed)
    assert min(net.cells.height_m.shape) > overland.TILE
    ways = net.ways(season)
    targets = ways.links(points_on(net, places.iloc[:3]), into=False)
    graph = ways.graph
    whole, _ = search.spread(
        graph.start, graph.other, graph.cost, targets.node, targets.minutes, np.inf
    )
    np.testing.assert_allclose(ways.minutes_to(targets), whole, rtol=1e-12)
    assert np.isfinite(whole).any()


def test_what_finds_no_room_to_wait_comes_at_the_next_turn_of_its_tile(monkeypatch):
    net, places = country(7)
    ways = net.ways(WET)
    targets = ways.links(points_on(net, places.iloc[:3]), into=False)
    before = ways.minutes_to(targets)
    monkeypatch.setattr(overland, "SLOTS", 5)
    monkeypatch.setattr(overland, "spread", numba.njit(overland.spread.py_func))
    np.testing.assert_array_equal(ways.minutes_to(targets), before)


@pytest.mark.parametrize("seed", range(4))
def test_a_move_ends_inside_and_passes_over_no_void(seed):
    rng = np.random.default_rng(seed)
    height = np.where(rng.random((7, 9)) < 0.15 * seed, np.nan, 1.0)
    bits = moves.open_moves(height)
    walked = {(int(r), int(c)) for r, c in np.argwhere(~np.isnan(height))}
    for (row, column), k in ((cell, k) for cell in np.ndindex(7, 9) for k in range(16)):
        down, across = int(moves.ROW_STEP[k]), int(moves.COLUMN_STEP[k])
        # a knight's move passes between two cells: half its longer step, and the same turned
        half = (down / 2, across / 2)
        passed = {(row + int(f(half[0])), column + int(f(half[1]))) for f in (np.floor, np.ceil)}
        cells = {(row, column), (row + down, column + across)} | (passed if k >= 8 else set())
        assert bool(bits[row, column] >> k & 1) == (cells <= walked)


def test_what_a_search_calls_for_every_node_counts_no_holders():
    nodes, places, minutes = numba.int32[::1], numba.int64[::1], numba.float64[::1]
    one = numba.int64
    for call, given_ in (
        (heap.offer, (nodes, nodes, minutes, one, one, numba.float64)),
        (heap.nearest, (nodes, nodes, minutes, one)),
        (buckets.put, (nodes, nodes, nodes, places, one, one)),
        (buckets.take, (nodes, nodes, nodes, places, one)),
    ):
        fresh = numba.njit(call.py_func)
        fresh.compile(given_)
        body = fresh.inspect_llvm(fresh.signatures[0]).split("define ", 2)[1]
        assert "NRT_" not in body, call


@settings(max_examples=60)
@given(seed=st.integers(0, 100_000), within_m=st.sampled_from([0.0, 0.05, 1.0, 60.0]))
def test_segments_meet_as_geos_says(seed, within_m):
    rng = np.random.default_rng(seed)
    # whole numbers touch, line up and repeat; the long ones cross many buckets
    some = [rng.integers(0, side, (n, 4)).astype(float) for side, n in ((12, 40), (2000, 40))]
    some.append(rng.uniform(0, 500, (40, 4)))
    asked, held = (np.concatenate([part[i::2] for part in some]) for i in range(2))
    held = held[np.hypot(held[:, 2] - held[:, 0], held[:, 3] - held[:, 1]) > 0]
    got = set(zip(*(one.tolist() for one in meeting(asked, held, within_m=within_m)), strict=True))
    lines = [shapely.linestrings(one.reshape(-1, 1, 2, 2)) for one in (asked, held)]
    lines[1] = lines[1].ravel()
    meet = shapely.dwithin(*lines, within_m) if within_m else shapely.intersects(*lines)
    assert got == set(zip(*(one.tolist() for one in np.nonzero(meet)), strict=True))


def test_segments_with_an_end_in_common_are_left_out_when_asked():
    star = np.array([[0.0, 0, 10, 0], [10, 0, 20, 5], [5, -5, 5, 5], [10, 0, 0, 0]])
    one, two = meeting(star, star, but_at_ends=True)
    assert sorted(zip(one.tolist(), two.tolist(), strict=True)) == [(0, 2), (2, 0), (2, 3), (3, 2)]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_meets_nothing(n):
    one, two = meeting(np.zeros((n, 4)), np.zeros((1 - n, 4)))
    assert len(one) == len(two) == 0
