"""Places find their commune or say why not; points are checked; ids do not depend on order."""

import pandas as pd
import pytest
from shapely import box

from geoparty.errors import InputError
from geoparty.link import link_places
from geoparty.schema import ACCOUNT

WEST, EAST, FAR = (102.05, 22.05), (102.15, 22.05), (110.0, 10.0)


def outcomes(linked):
    return linked.account[["outcome", "how", "reason"]].to_numpy().tolist()


def test_code_then_name_then_location(communes, read_of):
    rows = [
        {"place_name": "Bản A", "commune_code": "03158", "commune_name": None},
        {"place_name": "Bản B", "commune_code": None, "commune_name": "xã NÀ BỦNG"},
        {"place_name": "Bản C", "commune_code": None, "commune_name": None},
    ]
    linked = link_places(read_of(rows, points=[WEST, EAST, EAST]), communes)
    assert linked.account["how"].tolist() == ["code", "name", "location"]
    assert linked.frame["commune_code"].tolist() == ["03158", "03176", "03176"]
    assert linked.frame["commune_name"].tolist() == ["Sín Thầu", "Nà Bủng", "Nà Bủng"]
    assert linked.frame["province_name"].unique().tolist() == ["Điện Biên"]
    assert linked.frame["location"].tolist() == ["given"] * 3
    assert linked.problems == ()


def test_code_of_one_commune_with_the_name_of_another_is_not_guessed(communes, read_of):
    rows = [
        {"place_name": "Bản A", "commune_code": "03158", "commune_name": "Nà Bủng"},
        {"place_name": "Bản B", "commune_code": "03158", "commune_name": "Sín Thầu"},
    ]
    linked = link_places(read_of(rows, points=[WEST, WEST]), communes)
    assert outcomes(linked)[0] == ["ambiguous", "", "link.code_and_name_differ"]
    assert linked.account.loc[0, "detail"] == "03158, Nà Bủng → Sín Thầu (03158); Nà Bủng (03176)"
    assert [(p.key, p.rows) for p in linked.problems] == [("link.code_and_name_differ", (2,))]


def test_the_account_has_a_line_for_every_row(communes, read_of):
    rows = [{"place_name": "Bản A", "commune_name": "Sín Thầu"}, {"place_name": "Bản B"}]
    read = read_of(rows, rejected=2, totals=1)
    account = link_places(read, communes).account
    assert list(account.columns) == list(ACCOUNT)
    assert account["outcome"].tolist() == ["matched", "unmatched", "rejected", "rejected", "total"]
    assert account["row"].tolist() == [2, 3, 4, 5, 6]
    assert (account["table"] == "places").all()


def test_points_that_are_not_in_their_commune_are_taken_off_the_map(communes, read_of):
    names = ["inside", "just outside", "too far", "neighbour", "nowhere", "none"]
    rows = [{"place_name": n, "commune_code": "03158"} for n in names]
    points = [WEST, (101.9995, 22.05), (101.998, 22.05), EAST, FAR, None]
    linked = link_places(read_of(rows, points=points), communes)
    assert linked.frame["location"].tolist() == [
        "given",  # inside
        "given",  # 52 m outside
        "outside_all",  # 206 m outside
        "outside_commune",
        "outside_all",
        "missing",
    ]
    assert linked.frame.geometry.notna().tolist() == [True, True, False, False, False, False]
    told = {p.key: (p.rows, p.severity) for p in linked.problems}
    assert told == {
        "link.outside_all": ((4, 6), "error"),
        "link.outside_commune": ((5,), "error"),
    }


def test_a_point_in_two_communes_decides_nothing(communes, read_of):
    overlapping = communes.set_geometry(
        [box(102.0, 22.0, 102.11, 22.1), box(102.09, 22.0, 102.2, 22.1)]
    )
    rows = [{"place_name": "A"}, {"place_name": "B"}]
    linked = link_places(read_of(rows, points=[(102.1, 22.05), WEST]), overlapping)
    assert outcomes(linked)[0] == ["ambiguous", "", "link.in_several_communes"]
    assert outcomes(linked)[1][:2] == ["matched", "location"]


def test_a_table_of_another_province_is_refused_once(communes, read_of):
    rows = [{"place_name": "Bản A", "commune_name": n} for n in ("Kim Liên", "Nam Đàn")]
    with pytest.raises(InputError, match=r"none of the rows, 2 in all, .* Điện Biên.*Kim Liên"):
        link_places(read_of(rows), communes)


def test_made_ids_do_not_depend_on_the_order_of_rows(communes, read_of):
    rows = [
        {"place_name": "Bản Mới", "commune_code": "03158", "households": 10},
        {"place_name": "Bản Mới", "commune_code": "03158", "households": 20},
        {"place_name": "Bản Mới", "commune_code": "03176", "households": 10},
        {"place_name": "Bản Cũ", "commune_code": "03176", "households": 10},
    ]
    there = link_places(read_of(rows), communes).frame
    back = link_places(read_of(rows[::-1]), communes).frame
    assert there.index.is_unique
    columns = ["place_name", "commune_code", "households"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(there[columns]).sort_index(), pd.DataFrame(back[columns]).sort_index()
    )


def test_shared_ids_are_rejected_and_exact_repeats_counted_once(communes, read_of):
    rows = [
        {"place_id": "1", "place_name": "Bản A", "commune_code": "03158"},
        {"place_id": "1", "place_name": "Bản B", "commune_code": "03158"},
        {"place_id": "2", "place_name": "Bản C", "commune_code": "03158"},
        {"place_id": "2", "place_name": "Bản C", "commune_code": "03158"},
        {"place_id": "3", "place_name": "Bản D", "commune_code": "03158"},
    ]
    linked = link_places(read_of(rows), communes)
    assert [o[0] for o in outcomes(linked)] == ["rejected"] * 2 + ["matched", "rejected", "matched"]
    assert linked.frame.index.tolist() == ["2", "3"]
    assert {p.key: p.rows for p in linked.problems} == {
        "link.duplicate_place_id": (2, 3),
        "link.duplicate_row": (5,),
    }


def test_an_empty_table_gives_an_empty_frame(communes, read_of):
    linked = link_places(read_of([{"place_name": "x"}]), communes)
    assert linked.account["reason"].tolist() == ["link.no_commune"]
    assert len(linked.frame) == 0
    assert "location" in linked.frame
