import numpy as np
from travel_country import line, network, points, roads, streams

from geoparty.travel import isolation_level, travel_report

VALLEY = roads(line((0, 0), (30_000, 0)))
RIVER = streams(line((15_000, -20_000), (15_000, 20_000)))
PLACES = points((2000, 0), (25_000, 0), (25_000, 4000), None).set_axis(list("abcd"))


def test_seasons_stand_side_by_side():
    report = travel_report(
        network(VALLEY, RIVER),
        PLACES,
        targets={"centre": points((0, 0)), "own": PLACES},
        cut_off_min=240,
    )
    table = report.places
    assert table.loc["b", "centre_min_wet"] == np.inf
    assert table["level_dry"].tolist()[:2] == [0, 1]
    assert table["level_wet"].fillna(-1).tolist() == [0, 4, 4, -1]
    assert table["later_min_wet"].tolist()[1:3] == [np.inf, np.inf]
    assert 0 < table.loc["a", "later_min_wet"] < 1
    assert table["own_min_dry"].tolist()[:3] == [0, 0, 0]
    assert table["cut_off_group_wet"].fillna(0).tolist() == [0, 1, 1, 0]
    assert table["unmeasured"].fillna("").tolist() == ["", "", "", "no_point"]
    assert report.crossings["wet"].frame["n_places"].tolist() == [2]
    assert report.model == "roads"
    assert report.used["travel"]["walk_kph"] == 5.04


def test_no_way_in_either_season_is_not_later():
    islands = roads(line((0, 0), (1000, 0)), line((60_000, 0), (61_000, 0)))
    report = travel_report(
        network(islands), points((60_500, 0)), targets={"centre": points((0, 0))}, cut_off_min=240
    )
    assert report.places["later_min_wet"].tolist() == [0.0]


def test_levels_are_parted_by_the_thresholds():
    minutes = points((0, 0), (1, 1)).x * 0 + [60.0, 60.1]
    assert isolation_level(minutes, (60.0,)).tolist() == [0, 1]
