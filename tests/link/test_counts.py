"""Counts find their place or say why not; one row per place and date."""

from dataclasses import replace

import pandas as pd
import pytest

from geoparty.link import link_counts, link_places
from geoparty.link.crosswalk import bundled_crosswalk


@pytest.fixture(scope="module")
def places(communes, read_of):
    rows = [
        {"place_id": "A", "place_name": "Bản Nà Sự", "commune_code": "03158"},
        {"place_id": "B", "place_name": "Bản Mới", "commune_code": "03158"},
        {"place_id": "C", "place_name": "Bản Mới", "commune_code": "03176"},
    ]
    return link_places(read_of(rows), communes).frame


def count(name=None, commune="Sín Thầu", *, members=3, **more):
    return {
        "place_name": name,
        "commune_name": commune,
        "members": members,
        "cell_status": "own",
        "as_of": pd.Timestamp("2026-01-01"),
        **more,
    }


def test_by_id_else_by_commune_and_name(communes, places, read_of):
    rows = [count(place_id="C", commune=None), count("thôn NÀ SỰ"), count("Mới", "X. Nà Bủng")]
    rows[2]["as_of"] = pd.Timestamp("2025-01-01")
    linked = link_counts(read_of(rows, totals=1), places, communes)
    assert linked.account["how"].tolist() == ["id", "name", "name", ""]
    assert linked.frame["place_id"].tolist() == ["C", "A", "C"]
    assert linked.frame["members"].tolist() == [3, 3, 3]
    assert linked.account["place_id"].tolist() == ["C", "A", "C", ""]
    assert linked.problems == ()


def test_what_does_not_fit_is_said(communes, places, read_of):
    rows = [
        count("Bản Lạ"),
        count(None),
        count("Bản Mới", None),
        count("Bản Mới", "Mường Lạ"),
        count("Bản Mới", place_id="A"),
        count(None, place_id="Z"),
        count("Nà Sự"),
    ]
    account = link_counts(read_of(rows), places, communes).account
    assert account[["outcome", "reason"]].to_numpy().tolist() == [
        ["unmatched", "link.no_such_place"],
        ["rejected", "link.no_place"],
        ["ambiguous", "link.place_without_commune"],
        ["unmatched", "link.no_such_commune"],
        ["ambiguous", "link.id_and_name_differ"],
        ["unmatched", "link.unknown_place_id"],
        ["matched", ""],
    ]


def test_two_tellings_of_one_place_and_date_count_neither(communes, places, read_of):
    rows = [count("Nà Sự", members=3), count("Nà Sự", members=4), count("Bản Mới")]
    linked = link_counts(read_of(rows), places, communes)
    assert linked.account["outcome"].tolist() == ["ambiguous", "ambiguous", "matched"]
    assert linked.frame["place_id"].tolist() == ["B"]
    assert [(p.key, p.rows) for p in linked.problems] == [("link.same_place_and_date", (2, 3))]


def test_the_same_telling_twice_counts_once(communes, places, read_of):
    rows = [count("Nà Sự"), count("Bản Nà Sự"), count("Nà Sự", as_of=pd.Timestamp("2025-01-01"))]
    linked = link_counts(read_of(rows), places, communes)
    assert linked.account["outcome"].tolist() == ["matched", "rejected", "matched"]
    assert linked.account["reason"].tolist() == ["", "link.duplicate_row", ""]
    assert linked.account.loc[1, "detail"] == "Bản Nà Sự, Sín Thầu (2, 3)"


def test_rows_that_repeat_those_of_another_table_name_it(communes, places, read_of):
    rows = [count("Nà Sự"), count("Nà Sự"), count("Bản Mới"), count("Bản Mới", members=9)]
    frame = read_of(rows)
    said = frame.frame.assign(file=["a.xlsx", "b.csv", "a.xlsx", "a.xlsx"], row=[8, 8, 9, 9])
    said["sheet"] = pd.Series(["I", None, "I", "II"], dtype="str")
    detail = link_counts(replace(frame, frame=said), places, communes).account["detail"]
    assert detail.tolist() == [
        "",
        "Bản Mới, Sín Thầu (I: 9; II: 9)",
        "Bản Mới, Sín Thầu (I: 9; II: 9)",
        "Nà Sự, Sín Thầu (a.xlsx: 8; b.csv: 8)",
    ]


def test_a_file_of_another_province_is_told_once(communes, places, read_of):
    rows = [count("Xóm 1", "Kim Liên"), count("Xóm 2", "Nam Đàn")]
    linked = link_counts(read_of(rows, file="nghe_an.xlsx"), places, communes)
    assert [(p.key, p.file) for p in linked.problems] == [("link.other_province", "nghe_an.xlsx")]
    assert linked.account["outcome"].tolist() == ["unmatched", "unmatched"]
    assert "none of the rows, 2 in all" in linked.problems[0].text("en")


def test_missing_counts_stay_missing(communes, places, read_of):
    linked = link_counts(read_of([count("Nà Sự", members=None)]), places, communes)
    assert linked.frame["members"].isna().tolist() == [True]


def test_rows_without_a_date_are_not_repeats_of_each_other(communes, places, read_of):
    rows = [count("Nà Sự", as_of=pd.NaT), count("Bản Mới", as_of=pd.NaT)]
    linked = link_counts(read_of(rows), places, communes)
    assert linked.account["outcome"].tolist() == ["matched", "matched"]


def test_an_unknown_id_is_said_with_the_id(communes, places, read_of):
    rows = [count("Bản Mới", None, place_id="Z9"), count("Nà Sự")]
    linked = link_counts(read_of(rows), places, communes)
    assert linked.account["reason"].tolist() == ["link.unknown_place_id", ""]
    assert "Z9, Bản Mới" in linked.problems[0].text("en")


def test_counts_carry_the_name_and_the_commune_of_today_that_they_give(communes, places, read_of):
    """An old table names the commune of before the reform; the crosswalk leads to today's."""
    old = bundled_crosswalk().drop_duplicates("legacy_code", keep=False)
    old = old[(old["commune_code"] == "03176") & (old["legacy_name"] != "Nà Bủng")].iloc[0]
    then = {"as_of": pd.Timestamp("2024-12-31"), "commune_code": old["legacy_code"]}
    rows = [
        count("Huổi Lụ", old["legacy_name"], place_id="A", **then),
        count("thôn Nà sự", place_id="A"),
        count("Bản Mơi", None, place_id="B", as_of=pd.Timestamp("2025-12-31")),
    ]
    frame = link_counts(read_of(rows), places, communes).frame
    assert frame["place_id"].tolist() == ["A", "A", "B"]
    assert frame["place_name"].tolist() == ["Huổi Lụ", "Bản Nà Sự", "Bản Mới"]
    assert frame["commune_code"].fillna("").tolist() == ["03176", "03158", ""]
    assert frame["commune_name"].iloc[0] == communes.loc["03176", "commune_name"]
