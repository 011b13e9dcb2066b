import numpy as np
import pandas as pd
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


def test_groups_hold_their_people_candidates_and_cells():
    index = list("abcdef")
    places = points((2000, 0), (25_000, 0), (25_000, 4000), None, (-20_000, 0), (26_000, 0))
    west = roads(line((-30_000, 0), (30_000, 0)))
    both = streams(*(line((x, -20_000), (x, 20_000)) for x in (15_000, -15_000)))
    report = travel_report(
        network(west, both),
        places.set_axis(index),
        targets={"centre": points((0, 0))},
        cut_off_min=240,
        people=pd.Series([1, 20, 300, 4000, 50_000, None], index, dtype="Int64"),
        candidates=pd.Series([1, 2, 3, 4, None, 5], index, dtype="Int64"),
        has_cell=pd.Series([True, True, None, True, False, True], index, dtype="boolean"),
    )
    groups = report.groups.drop(columns=["geometry", "best_crossing"])
    assert groups.astype(object).where(groups.notna(), None).to_numpy().tolist() == [
        ["wet", 1, 3, 320, 10, 2],
        ["wet", 2, 1, 50_000, None, 0],
    ]
    assert report.places["cut_off_group_wet"].fillna(0).tolist() == [0, 1, 1, 0, 2, 1]
    opens = report.crossings["wet"].frame
    assert report.groups["best_crossing"].tolist() == opens.sort_values("group").index.tolist()
    assert opens.sort_values("group")["people"].tolist() == [320, 50_000]


def test_no_way_in_either_season_is_not_later():
    islands = roads(line((0, 0), (1000, 0)), line((60_000, 0), (61_000, 0)))
    report = travel_report(
        network(islands), points((60_500, 0)), targets={"centre": points((0, 0))}, cut_off_min=240
    )
    assert report.places["later_min_wet"].tolist() == [0.0]


def test_levels_are_parted_by_the_thresholds():
    minutes = points((0, 0), (1, 1)).x * 0 + [60.0, 60.1]
    assert isolation_level(minutes, (60.0,)).tolist() == [0, 1]
