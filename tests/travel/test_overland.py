"""The search over roads and cells that writes no moves down, and segments that meet."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import TRAVEL, hilly, network, random_country

from geoparty.settings import DRY, WET
from geoparty.travel import overland, search
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
    whole, _ = search.spread(graph.start, graph.other, graph.cost, targets.node, targets.minutes)
    np.testing.assert_allclose(ways.minutes_to(targets), whole, rtol=1e-12)
    assert np.isfinite(whole).any()


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
