import heapq

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import (
    LEG,
    PAVED,
    TRAVEL,
    WALK,
    line,
    network,
    points,
    random_country,
    roads,
    streams,
)

from geoparty.errors import ArgumentError
from geoparty.settings import DRY, WET
from geoparty.travel import build_network, network_minutes, od_minutes, paired_minutes

PATH = roads(line((0, 0), (10_000, 0)))


def nearest(net, origins, targets, season="dry"):
    return network_minutes(net, points(*origins), points(*targets), season=season).tolist()


def test_walks_to_the_road_rides_and_walks_again():
    got = nearest(network(PATH), [(9000, 500)], [(1000, -300)])
    assert got == pytest.approx([8000 / PAVED + 800 * LEG])


def test_two_points_on_the_same_stretch_do_not_go_round_by_its_ends():
    got = nearest(network(PATH), [(4000, 0)], [(4600, 0)])
    assert got == pytest.approx([600 / PAVED])


def test_walking_straight_is_taken_where_it_is_shorter():
    round_about = roads(line((0, 0), (9000, 0), (9000, 800), (0, 800)))
    assert nearest(network(round_about), [(0, 0)], [(0, 800)]) == pytest.approx([800 * LEG])


def test_the_place_itself_is_no_time_away():
    assert nearest(network(PATH), [(50, 700)], [(50, 700)]) == [0.0]


def test_no_point_is_not_measured_and_no_way_is_infinite():
    islands = roads(line((0, 0), (1000, 0)), line((60_000, 0), (61_000, 0)))
    got = nearest(network(islands), [None, (60_500, 0), (10, 0)], [(0, 0)])
    assert np.isnan(got[0])
    assert got[1] == np.inf
    assert got[2] == pytest.approx(10 / PAVED)


def test_a_point_not_given_empty_is_not_measured():
    origins = gpd.GeoSeries.from_wkt(["POINT EMPTY"], crs="EPSG:4326")
    assert network_minutes(network(PATH), origins, points((0, 0)), season="dry").isna().all()


def test_without_roads_nothing_is_measured():
    net = build_network(None, travel=TRAVEL, seasons=(DRY,))
    assert net.problems[0].key == "travel.no_roads"
    assert np.isnan(nearest(net, [(0, 0)], [(1, 1)])).all()
    assert paired_minutes(net, points((0, 0)), points((1, 1)), season="dry").isna().all()
    assert od_minutes(net, points((0, 0)), points((1, 1)), season="dry").nnz == 0


def test_far_from_every_road_is_not_reached_by_road():
    far = 1000 * TRAVEL.max_walk_to_road_km + 10
    assert nearest(network(PATH), [(0, far)], [(5000, 0)]) == [np.inf]


def test_no_target_is_no_way():
    assert nearest(network(PATH), [(0, 0)], []) == [np.inf]


RIVER = streams(line((5000, -2000), (5000, 2000)))


def test_a_derived_ford_closes_in_the_wet_season_and_is_said():
    net = network(PATH, RIVER)
    assert nearest(net, [(9000, 0)], [(1000, 0)]) == pytest.approx([8000 / PAVED])
    assert nearest(net, [(9000, 0)], [(1000, 0)], "wet") == [np.inf]
    assert net.edges["is_derived"].sum() == net.edges["is_crossing"].sum() == 1
    assert [p.key for p in net.problems] == ["travel.derived_fords", "travel.no_terrain"]
    assert net.problems[0].params["n"] == 1


def test_a_bridge_stays_open():
    got = nearest(network(PATH.assign(has_bridge=True), RIVER), [(9000, 0)], [(1000, 0)], "wet")
    assert got == pytest.approx([8000 / (PAVED * 0.9)])


def test_a_closed_ford_leaves_both_banks_their_own_road():
    got = nearest(network(PATH, RIVER), [(5001, 100), (9000, 0)], [(5100, 50)], "wet")
    speed, walk = PAVED * 0.9, LEG / 0.8
    assert got[0] == pytest.approx(np.hypot(99, 50) * walk)
    assert got[1] == pytest.approx(3900 / speed + 50 * walk)


def test_a_place_goes_to_the_road_of_its_own_bank_when_streams_rise():
    two = roads(line((0, 0), (10_000, 0)), line((0, 3000), (10_000, 3000)))
    net = network(two, streams(line((-5000, 500), (15_000, 500))))
    got = nearest(net, [(5000, 1000)], [(9000, 3000)], "wet")
    assert got == pytest.approx([(2000 * LEG / 0.8) + 4000 / (PAVED * 0.9)])


@pytest.mark.parametrize(
    "lines",
    [
        [line((0, 0), (5000, 0)), line((5000, 0), (10_000, 0))],
        [line((0, 0), (5000, 0), (10_000, 0))],
    ],
    ids=["two roads end at the stream", "a vertex on the stream"],
)
def test_a_stream_through_a_vertex_parts_the_road(lines):
    net = network(roads(*lines), RIVER)
    assert net.edges["is_crossing"].sum() == 1
    assert nearest(net, [(9000, 0)], [(1000, 0)], "wet") == [np.inf]


def test_a_road_that_touches_a_stream_and_turns_back_is_not_cut():
    bank = roads(line((0, 100), (5000, 0), (0, -100)))
    net = network(bank, RIVER)
    assert net.edges["is_crossing"].sum() == 0
    assert np.isfinite(nearest(net, [(0, 100)], [(0, -100)], "wet")).all()


def test_where_two_streams_meet_on_the_road_every_bank_is_apart():
    star = roads(
        line((0, 0), (5000, 0)), line((5000, 0), (9000, 3000)), line((5000, 0), (9000, -3000))
    )
    fork = streams(
        line((5000, -2000), (5000, 0)), line((5000, 0), (5000, 2000)), line((5000, 0), (9000, 0))
    )
    net = network(star, fork)
    assert net.edges["is_crossing"].sum() == 2
    got = nearest(net, [(9000, 3000), (9000, -3000)], [(0, 0)], "wet")
    assert got == [np.inf, np.inf]


def test_a_named_ford_without_a_stream_lies_in_the_middle_of_its_line():
    ford = roads(line((0, 0), (4000, 0)), line((4000, 0), (6000, 0)), is_ford=[False, True])
    net = network(ford)
    crossing = net.edges[net.edges["is_crossing"]]
    assert crossing["is_derived"].tolist() == [False]
    assert crossing.geometry.x.tolist() == pytest.approx([305_000])
    got = nearest(net, [(4900, 0), (5100, 0)], [(0, 0)], "wet")
    assert np.isfinite(got).tolist() == [True, False]


def test_dirt_is_walked_when_it_closes():
    dirt = PATH.assign(surface="dirt")
    got = nearest(network(dirt), [(6000, 0)], [(0, 0)], "wet")
    assert got == pytest.approx([6000 / (WALK * 0.8)])


def test_roads_that_cross_meet_and_roads_that_end_on_another_meet():
    cross = roads(
        line((0, 0), (8000, 0)), line((4000, -4000), (4000, 4000)), line((6000, 0.4), (6000, 3000))
    )
    got = nearest(network(cross), [(4000, 4000), (6000, 3000)], [(0, 0)])
    assert got == pytest.approx([8000 / PAVED, (6000 + 3000) / PAVED], rel=1e-3)


def test_a_road_passes_under_a_bridge_without_meeting_it():
    over = roads(
        line((3900, 0), (4100, 0)), line((4000, -4000), (4000, 20_000)), has_bridge=[True, False]
    )
    net = network(over)
    assert len(net.edges) == 2


def test_an_end_metres_away_is_not_joined():
    gap = roads(line((0, 0), (8000, 0)), line((8003, 0), (16_000, 0)))
    assert len(network(gap).node_xy) == 4


def test_unknown_class_and_surface_are_filled_and_said():
    net = network(PATH.assign(road_class=None, surface="mud"))
    assert net.edges["road_class"].tolist() == ["village"]
    assert net.edges["surface"].tolist() == ["dirt"]
    said = [p.key for p in net.problems[:2]]
    assert said == ["travel.unknown_road_class", "travel.unknown_surface"]
    for problem in net.problems[:2]:
        assert "1" in problem.text("vi")


def test_paired_and_matrix_agree_with_nearest():
    frame, water, places = random_country(1)
    net = network(frame, water)
    targets = places.iloc[:5]
    for season in ("dry", "wet"):
        matrix = od_minutes(net, places, targets, season=season)
        full = np.full(matrix.shape, np.inf)
        coo = matrix.tocoo()
        full[coo.row, coo.col] = coo.data
        close = network_minutes(net, places, targets, season=season)
        np.testing.assert_allclose(full.min(axis=1), close, rtol=1e-12)
        for k in range(5):
            paired = paired_minutes(net, places, targets.iloc[[k] * 12], season=season)
            np.testing.assert_allclose(full[:, k], paired, rtol=1e-12)
        assert (np.diag(full[:5]) == 0).all()


def test_matrix_keeps_what_is_within_the_limit():
    frame, water, places = random_country(2)
    net = network(frame, water)
    full = od_minutes(net, places, places, season="dry").toarray()
    near = od_minutes(net, places, places, season="dry", limit_min=30.0)
    assert near.nnz == (full <= 30).sum()
    assert near.toarray().max() <= 30


def test_paired_needs_as_many_targets():
    with pytest.raises(ArgumentError, match="2 origins but 1 targets"):
        paired_minutes(network(PATH), points((0, 0), (1, 1)), points((0, 0)), season="dry")


def test_index_and_name_are_kept():
    origins = points((0, 0), (1, 1)).set_axis(["b", "a"])
    got = network_minutes(network(PATH), origins, points((0, 0)), season=DRY)
    assert got.index.tolist() == ["b", "a"]
    assert got.name == "travel_min"


def test_unknown_season_and_missing_crs_are_refused():
    with pytest.raises(ArgumentError, match="dry, wet"):
        nearest(network(PATH), [(0, 0)], [(0, 0)], "autumn")
    with pytest.raises(ArgumentError, match="coordinate system"):
        network_minutes(
            network(PATH), points((0, 0)).set_crs(None, allow_override=True), points(), season="dry"
        )


seeds = st.integers(0, 10_000)


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_wet_is_never_faster_than_dry(seed):
    frame, water, places = random_country(seed)
    net = network(frame, water)
    dry = network_minutes(net, places, places.iloc[:2], season="dry")
    wet = network_minutes(net, places, places.iloc[:2], season="wet")
    assert (wet >= dry - 1e-9).all()


@settings(max_examples=12, deadline=None)
@given(seed=seeds, lost=st.integers(0, 1000))
def test_closing_a_crossing_or_slowing_an_edge_never_shortens(seed, lost):
    frame, water, places = random_country(seed)
    net = network(frame, water)
    before = network_minutes(net, places, places.iloc[:2], season="dry")
    slower = frame.copy()
    slower.loc[lost % len(frame), "road_class"] = "path"
    after = network_minutes(network(slower, water), places, places.iloc[:2], season="dry")
    assert (after >= before - 1e-9).all()


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_an_added_target_never_lengthens(seed):
    frame, water, places = random_country(seed)
    net = network(frame, water)
    for season in ("dry", "wet"):
        one = network_minutes(net, places, places.iloc[:1], season=season)
        two = network_minutes(net, places, places.iloc[:2], season=season)
        assert (two <= one + 1e-9).all()


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_row_order_and_place_never_matter(seed):
    frame, water, places = random_country(seed)
    expected = network_minutes(network(frame, water), places, places.iloc[:2], season="wet")
    rng = np.random.default_rng(seed)
    mixed = frame.iloc[rng.permutation(len(frame))]
    order = rng.permutation(len(places))
    net = network(mixed, water.iloc[::-1])
    got = network_minutes(net, places.iloc[order], places.iloc[[1, 0]], season="wet")
    np.testing.assert_allclose(got.reindex(expected.index), expected, rtol=1e-9)
    moved = [g.translate(5000, -3000) for g in (frame, water, places)]
    there = network_minutes(
        network(frame.set_geometry(moved[0]), water.set_geometry(moved[1])),
        moved[2],
        moved[2].iloc[:2],
        season="wet",
    )
    np.testing.assert_allclose(there, expected, rtol=1e-6)


def by_heap(edges, source):
    """Dijkstra as in the textbook: {node: minutes}, for edges (a, b, minutes)."""
    ways = {}
    for a, b, minutes in edges:
        ways.setdefault(a, []).append((b, minutes))
        ways.setdefault(b, []).append((a, minutes))
    done, heap = {}, [(0.0, source)]
    while heap:
        minutes, node = heapq.heappop(heap)
        if node not in done:
            done[node] = minutes
            for other, more in ways[node]:
                heapq.heappush(heap, (minutes + more, other))
    return done


@settings(max_examples=12, deadline=None)
@given(seed=seeds, season=st.sampled_from([DRY, WET]))
def test_equals_the_textbook_on_the_same_roads(seed, season):
    frame, _, _ = random_country(seed)
    edges = []
    for row in frame.itertuples():
        kph = TRAVEL.speed_kph[row.road_class] * TRAVEL.surface_factor[row.surface]
        kph *= season.surface_factor.get(row.surface, 1)
        if row.road_class == "path" or row.surface in season.closed_surfaces:
            kph = TRAVEL.walk_kph * season.walk_factor
        edges.append((*row.geometry.coords, row.geometry.length / (kph * 1000 / 60)))
    ends = list({end for a, b, _ in edges for end in (a, b)})
    oracle = by_heap(edges, ends[0])
    by_road = [oracle.get(end, np.inf) for end in ends]
    at = gpd.GeoSeries(gpd.points_from_xy(*zip(*ends, strict=True)), crs=frame.crs)
    roads_only = TRAVEL.model_copy(update={"max_walk_to_road_km": 1e-6})
    net = build_network(frame, travel=roads_only, seasons=(season,))
    got = network_minutes(net, at, at.iloc[:1], season=season)
    np.testing.assert_allclose(got, by_road, rtol=1e-6, atol=1e-6)


@settings(max_examples=12, deadline=None)
@given(seed=seeds, season=st.sampled_from(["dry", "wet"]))
def test_a_smaller_graph_has_the_same_minutes(seed, season):
    frame, water, places = random_country(seed, n=12)
    net = network(frame, water)
    matrix = od_minutes(net, places, places, season=season)
    full = np.full(matrix.shape, np.inf)
    coo = matrix.tocoo()
    full[coo.row, coo.col] = coo.data
    for k in range(3):
        each = network_minutes(net, places, places.iloc[[k]], season=season)
        np.testing.assert_allclose(full[:, k], each, rtol=1e-9)
    near = od_minutes(net, places, places, season=season, limit_min=45).tocoo()
    assert near.nnz == (full <= 45).sum()
    np.testing.assert_allclose(near.data, full[near.row, near.col], rtol=1e-9)
