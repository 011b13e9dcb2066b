import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from travel_country import TRAVEL, hilly, line, network, points, random_country, roads, streams

from geoparty.travel import build_network, crossings, network_minutes, paired_minutes
from geoparty.travel.openings import _closes

VALLEY = roads(line((0, 0), (30_000, 0)), line((20_000, 0), (20_000, 9000)))
RIVERS = streams(
    line((5000, -20_000), (5000, 20_000)),
    line((15_000, -20_000), (15_000, 20_000)),
    line((19_000, 5000), (21_000, 5000)),
)
PLACES = points((2000, 0), (10_000, 0), (25_000, 0), (20_000, 8000))
CENTRE = points((0, 0))
PEOPLE = pd.Series([100, 200, 300, 400])


def found(net, places=PLACES, *, season="wet", **options):
    return crossings(net, places, CENTRE, season=season, cut_off_min=240, **options)


def test_a_ford_gives_back_what_lies_up_to_the_next():
    got = found(network(VALLEY, RIVERS), people=PEOPLE)
    assert got.frame["n_places"].tolist() == [1]
    assert got.frame["people"].tolist() == [200]
    assert got.frame.geometry.iloc[0].distance(got.frame.geometry.iloc[0]) == 0
    assert got.places["place"].tolist() == [1]
    assert got.places["before_min"].tolist() == [np.inf]


def test_the_best_follow_one_another_up_the_valley():
    got = found(network(VALLEY, RIVERS), people=PEOPLE, n_best=5)
    assert got.best["people"].tolist() == [200, 300, 400]
    assert got.best["n_places"].tolist() == [1, 1, 1]


def test_who_is_cut_off_together():
    groups = found(network(VALLEY, RIVERS)).groups
    assert groups.isna().tolist() == [True, False, False, False]
    assert groups.nunique() == 3


def test_open_fords_and_bridges_say_who_they_carry():
    net = network(VALLEY, RIVERS)
    dry = found(net, season="dry", people=PEOPLE)
    assert dry.frame["effect"].tolist() == ["closes"] * 3
    assert sorted(dry.frame["people"]) == [400, 700, 700]
    bridged = found(network(VALLEY.assign(has_bridge=True), RIVERS), people=PEOPLE)
    assert set(bridged.frame["kind"]) == {"bridge"}
    # the whole road is one bridge: without it only the place two kilometres away can walk
    assert bridged.frame["people"].max() == 900


def test_a_closed_track_is_a_crossing_too():
    track = roads(line((0, 0), (30_000, 0)), surface="dirt")
    got = found(network(track), points((28_000, 0)))
    assert got.frame["kind"].tolist() == ["road"]
    assert got.frame["n_places"].tolist() == [1]
    assert got.places["before_min"].iloc[0] == pytest.approx(28 / (5.04 * 0.8) * 60)


def test_unknown_counts_stay_unknown():
    got = found(network(VALLEY, RIVERS), people=pd.Series([1, None, 3, 4], dtype="Int64"))
    assert got.frame["people"].isna().tolist() == [True]
    assert found(network(VALLEY, RIVERS)).frame["people"].isna().all()


def test_ten_fords_into_one_valley_do_not_fill_the_list():
    many = roads(
        *(line((0, y), (9000, y)) for y in range(0, 2000, 200)),
        line((0, 0), (0, 1800)),
        line((9000, 0), (9000, 1800)),
        line((0, 0), (0, -9000)),
    )
    water = streams(line((5000, -500), (5000, 9000)), line((-500, -5000), (500, -5000)))
    got = found(network(many, water), points((8000, 0), (8500, 400), (0, -8000)))
    assert got.frame["is_best_of_group"].tolist()[:3] == [True, True, False]
    assert got.frame["is_best_of_group"].sum() == 2
    assert len(got.frame) == 11


def test_without_roads_there_is_nothing_to_open():
    net = build_network(None, travel=TRAVEL, seasons=network(VALLEY).seasons)
    assert found(net).frame.empty
    assert found(net).best.empty


def changed(net, edge, minutes):
    """The network again with one edge taking other minutes."""

    class Changed(type(net)):
        def edge_minutes(self, season):
            both = super().edge_minutes(season)
            for one_way in both:
                one_way[edge] = minutes
            return both

    fields = [name for name in net.__dataclass_fields__ if name != "_kept"]
    return Changed(**{name: getattr(net, name) for name in fields})


def opened(net, crossing):
    """The network again with one crossing, or all stretches of its road, not closed any more."""
    kind, edge = crossing.split("-")
    road = net.edges["road"].where(~net.edges["is_crossing"], -1).to_numpy()
    edges = [int(edge)] if kind == "ford" else np.flatnonzero(road == road[int(edge)])
    nothing = {"closed_surfaces": frozenset(), "closed_classes": frozenset()}
    open_ = net.season("wet").model_copy(update={"fords_open": True, **nothing})
    free = [minutes[edges] for minutes in net.edge_minutes(open_)]

    class Opened(type(net)):
        def edge_minutes(self, season):
            both = super().edge_minutes(season)
            for one_way, then in zip(both, free, strict=True):
                one_way[edges] = np.minimum(one_way[edges], then)
            return both

    fields = [name for name in net.__dataclass_fields__ if name != "_kept"]
    return Opened(**{name: getattr(net, name) for name in fields})


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), on_terrain=st.booleans())
def test_gains_and_losses_equal_asking_again(seed, on_terrain):
    frame, water, places = random_country(seed, n=4)
    frame = frame.assign(has_bridge=False)
    travel = TRAVEL.model_copy(update={"cell_m": 200.0})
    net = network(frame, water, travel=travel, terrain=hilly(seed, n=40) if on_terrain else None)
    targets = places.iloc[:2]
    wet = network_minutes(net, places, targets, season="wet")
    got = crossings(net, places, targets, season="wet", cut_off_min=60)
    fords = np.flatnonzero(net.edges["is_crossing"])
    for edge in fords[:4]:
        after = network_minutes(changed(net, edge, 0.0), places, targets, season="wet")
        turned = places.index[(wet > 60) & (after <= 60)]
        mine = got.places[got.places["crossing_id"] == f"ford-{edge}"]
        assert sorted(mine["place"]) == sorted(turned)
        np.testing.assert_allclose(mine["after_min"], after[mine["place"]], rtol=1e-9)
    tracks = got.frame[got.frame["kind"] == "road"].reset_index().set_index("road")
    stretches = np.flatnonzero(~net.edges["is_crossing"])
    for road, edge in zip(net.edges["road"].iloc[stretches[:6]], stretches[:6], strict=True):
        after = network_minutes(opened(net, f"road-{edge}"), places, targets, season="wet")
        turned = places.index[(wet > 60) & (after <= 60)]
        mine = got.places["place"][got.places["crossing_id"] == tracks["crossing_id"].get(road)]
        assert sorted(mine) == sorted(turned)
        saved = (wet - after)[np.isfinite(wet)].sum()
        assert tracks["saved_min"].get(road, 0.0) == pytest.approx(saved, abs=1e-6)
    dry = network_minutes(net, places, targets, season="dry")
    lost = crossings(net, places, targets, season="dry", cut_off_min=60)
    for edge in fords[:4]:
        after = network_minutes(changed(net, edge, np.inf), places, targets, season="dry")
        turned = places.index[(dry <= 60) & (after > 60)]
        mine = lost.places[lost.places["crossing_id"] == f"ford-{edge}"]
        assert sorted(mine["place"]) == sorted(turned)
        np.testing.assert_allclose(mine["after_min"], after[mine["place"]], rtol=1e-9)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), on_terrain=st.booleans())
def test_losing_a_bridge_equals_asking_again(seed, on_terrain):
    frame, water, places = random_country(seed, n=4)
    frame = frame.assign(has_bridge=True)
    beside = frame.geometry.interpolate(0.4, normalized=True).translate(20, 30)
    places = pd.concat([places, beside], ignore_index=True)
    net = network(frame, water, terrain=hilly(seed, n=40) if on_terrain else None)
    targets = places.iloc[:2]
    ask = {"season": "wet"}
    before = network_minutes(net, places, targets, **ask)
    got = crossings(net, places, targets, cut_off_min=60, n_best=0, **ask)
    bridges = got.frame[got.frame["kind"] == "bridge"]
    stretches = _closes(net.ways("wet"))[1]
    for name, row in bridges.head(8).iterrows():
        edges = stretches[net.edges["road"].to_numpy()[stretches] == row["road"]]
        after = network_minutes(changed(net, edges, np.inf), places, targets, **ask)
        turned = places.index[(before <= 60) & (after > 60)]
        assert sorted(got.places["place"][got.places["crossing_id"] == name]) == sorted(turned)
        lost = (after - before)[np.isfinite(after)].sum()
        assert row["saved_min"] == pytest.approx(lost, abs=1e-6)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_paired_crossings_are_those_of_each_target_alone(seed):
    frame, water, places = random_country(seed, n=4)
    net = network(frame.assign(has_bridge=False), water)
    own = places.iloc[[0, 1] * 6].set_axis(places.index)
    got = crossings(net, places, own, season="wet", cut_off_min=60, n_best=2)
    told = set()
    for which in (0, 1):
        mine = places.iloc[which::2]
        alone = crossings(net, mine, places.iloc[[which]], season="wet", cut_off_min=60)
        told |= set(map(tuple, alone.places[["crossing_id", "place"]].to_numpy()))
        assert got.groups[mine.index].notna().equals(alone.groups.notna())
    assert set(map(tuple, got.places[["crossing_id", "place"]].to_numpy())) == told
    wet = paired_minutes(net, places, own, season="wet")
    assert (got.groups.notna() == (wet > 60)).all()
    first = got.best.head(1).merge(got.frame["n_places"], left_on="crossing_id", right_index=True)
    assert (first["n_places_x"] == first["n_places_y"]).all()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), on_terrain=st.booleans(), is_paired=st.booleans())
def test_the_best_are_those_of_asking_again_after_each(seed, on_terrain, is_paired):
    frame, water, places = random_country(seed, n=5)
    frame = frame.assign(has_bridge=False)
    net = network(frame, water, terrain=hilly(seed, n=60) if on_terrain else None)
    targets = places.iloc[[0, 1, 2] * 4].set_axis(places.index) if is_paired else places.iloc[:1]
    people = pd.Series(range(10, 10 + len(places)), index=places.index)
    ask = {"season": "wet", "cut_off_min": 30, "people": people}
    best = crossings(net, places, targets, n_best=4, **ask).best
    for _, row in best.iterrows():
        now = crossings(net, places, targets, n_best=1, **ask)
        opens = now.frame[now.frame["effect"] == "opens"].fillna({"people": 0})
        opens = opens.sort_values(["people", "n_places", "saved_min"], ascending=False)
        top = opens.iloc[0]
        for column in ("n_places", "people", "saved_min"):
            expected = 0 if pd.isna(row[column]) else row[column]
            assert expected == pytest.approx(top[column]), column
        net = opened(net, row["crossing_id"])
