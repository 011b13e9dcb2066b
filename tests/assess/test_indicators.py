"""Indicators: the figures of published reports, and what is not reported."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoparty import schema, words
from geoparty.assess import (
    INDICATORS,
    TERM,
    gap_levels,
    indicators,
    term_sums,
    term_years,
    years_without_admission,
)
from geoparty.settings import Rules


def one(frame: pd.DataFrame, name: str, **more: object) -> pd.Series:
    (row,) = indicators(frame, names=[name], **more).to_dict("records")
    return pd.Series(row)


@pytest.mark.parametrize(
    ("admitted", "target", "percent"),
    [([6, 5], [5, 3], 137.5), ([10], [8], 125.0), ([100, 66], [90, 74], 101.2), ([42], [40], 105)],
)
def test_admissions_against_target_as_published(admitted, target, percent):
    got = one(
        pd.DataFrame({"admitted": admitted, "admission_target": target}),
        "admissions_against_target",
    )
    assert (got["numerator"], got["denominator"]) == (sum(admitted), sum(target))
    assert round(got["percent"], 1) == percent
    assert got["status"] == "known"


def cells(n: int, status: str) -> list[str]:
    return [status] * n


def test_995_of_3181_units_without_a_cell():
    frame = pd.DataFrame({"cell_status": cells(995, "none") + cells(3181 - 995, "own")})
    got = one(frame, "no_cell")
    assert (got["numerator"], got["denominator"]) == (995, 3181)
    assert round(got["percent"]) == 31


def test_10_of_141_is_7_1_percent_not_0_71():
    frame = pd.DataFrame({"members": [0] * 10 + [4] * 131})
    assert round(one(frame, "no_members")["percent"], 1) == 7.1


def test_74_of_131_admitted_in_residential_places():
    frame = pd.DataFrame({"place_kind": ["village", "school"], "admitted": [74, 57]})
    got = one(frame, "admitted_in_residential")
    assert (got["numerator"], got["denominator"]) == (74, 131)
    assert round(got["percent"], 1) == 56.5


def founded() -> pd.DataFrame:
    """1,070 cells founded in ten years by kind, 704 of them from new admissions."""
    by_kind = {"village": (446, 737), "school": (197, 248), "health_station": (61, 85)}
    rows = [
        {"place_kind": kind, "cell_founded_by": how}
        for kind, (admitted, total) in by_kind.items()
        for how in ["admission"] * admitted + ["transfer"] * (total - admitted)
    ]
    return pd.DataFrame(rows).assign(
        cell_status="own",
        cell_founded=pd.Timestamp("2020-06-30"),
        as_of=pd.Timestamp("2025-12-31"),
    )


def test_704_of_1070_cells_founded_from_new_admissions():
    frame = founded()
    got = one(frame, "founded_by_admission")
    assert (got["numerator"], got["denominator"]) == (704, 1070)
    kinds = indicators(frame, by="place_kind", names=["founded_by_admission"])
    assert sorted(kinds["numerator"]) == [61, 197, 446]
    assert sorted(kinds["denominator"]) == [85, 248, 737]


def test_cells_founded_earlier_are_not_looked_at():
    frame = founded().assign(cell_founded=pd.Timestamp("2015-12-31"))
    assert one(frame, "founded_by_admission")["status"] == "not_applicable"
    assert one(frame, "founded_by_admission", founded_within_years=11)["denominator"] == 1070
    unsaid = founded().assign(cell_founded=pd.NaT)
    assert one(unsaid, "founded_by_admission")["status"] == "unknown"


def test_not_reported_is_in_neither_sum_and_seen():
    frame = pd.DataFrame({"admitted": [3, 1, None], "members": [100, None, 50]})
    got = one(frame, "admission_rate")
    assert (got["numerator"], got["denominator"], got["percent"]) == (3, 100, 3.0)
    assert (got["n_places"], got["n_reported"], got["status"]) == (3, 1, "partial")


def test_zero_denominator_and_nothing_reported_are_two_things():
    nothing_planned = pd.DataFrame({"admitted": [0, 2], "admission_target": [0, 0]})
    got = one(nothing_planned, "admissions_against_target")
    assert (got["numerator"], got["denominator"], got["status"]) == (2, 0, "not_applicable")
    assert pd.isna(got["percent"])
    silent = pd.DataFrame({"admitted": [1, None], "admission_target": [None, None]})
    got = one(silent, "admissions_against_target")
    assert got["status"] == "unknown"
    assert got[["numerator", "denominator", "percent"]].isna().all()


def test_no_rows_is_not_applicable():
    got = indicators(pd.DataFrame({"members": pd.array([], "Int64")}))
    assert set(got["status"]) == {"not_applicable"}
    assert list(got["indicator"]) == list(INDICATORS)


def test_places_with_known_members_are_not_without():
    frame = pd.DataFrame({"members": [None, None], "official_members": [2, None]})
    got = one(frame, "no_members")
    assert (got["numerator"], got["n_reported"]) == (0, 1)


def test_secretaries_only_where_there_is_a_cell():
    frame = pd.DataFrame(
        {
            "cell_status": ["own", "none", "joint", "own"],
            "secretary_trained": [True, None, False, None],
        }
    )
    got = one(frame, "secretary_trained")
    assert (got["numerator"], got["denominator"], got["n_places"]) == (1, 2, 3)


def test_level_shares_leave_open_what_is_open():
    frame = pd.DataFrame(
        {"cell_status": ["own", "own", "none", None], "members": [None, 2, None, 4]}
    )
    frame = frame.join(gap_levels(frame, rules=Rules()))
    got = one(frame, "at_risk")
    assert (got["numerator"], got["denominator"], got["n_places"]) == (1, 2, 4)
    assert one(frame, "unknown")["numerator"] == 3


def test_every_indicator_has_its_words():
    for name in (*INDICATORS, TERM):
        for part in ("ind", "rule", "source"):
            for language in ("vi", "en"):
                assert words.text(f"assess.{part}_{name}", language)


def test_term_takes_the_last_counts_of_each_year():
    history = pd.DataFrame(
        {
            "as_of": pd.to_datetime(["2026-06-30", "2026-12-31", "2027-12-31"] * 2),
            "place_id": ["a"] * 3 + ["b"] * 3,
            "admitted": [10, 20, 22, 1, 2, None],
            "admission_target": [15, 20, 20, 1, 1, 1],
        }
    )
    sums = term_sums(history, first_year=2026, last_year=2030).set_index("place_id")
    assert sums.loc["a", ["admitted", "admission_target"]].tolist() == [42, 40]
    assert pd.isna(sums.loc["b", "admitted"])
    assert term_years(history, first_year=2026, last_year=2030) == [2026, 2027]


@pytest.mark.parametrize(
    ("admitted", "five", "told", "expected"),
    [
        ([1, 0, 0], None, None, 2),
        ([0, 0, 0], None, None, 3),
        ([0, None, 0], None, None, 1),  # a year that was not reported ends the count
        ([0, 0, 1], None, None, 0),
        ([0, 0, None], None, None, None),
        ([0, 0, None], 0, None, 5),
        ([0, 0, 0], 0, 9, 9),
    ],
)
def test_years_without_admission(admitted, five, told, expected):
    counts = pd.DataFrame(
        {
            "place_id": "a",
            "as_of": pd.to_datetime(["2023-12-31", "2024-12-31", "2025-12-31"]),
            "admitted": pd.array(admitted, "Int64"),
            "admitted_last_5y": pd.array([None, None, five], "Int64"),
            "years_without_admission": pd.array([None, None, told], "Int64"),
        }
    )
    got = years_without_admission(counts.iloc[::-1])["a"]
    assert (None if pd.isna(got) else got) == expected


def test_year_that_is_not_over_counts_for_nothing():
    dates = pd.to_datetime(["2025-12-31", "2026-06-30"])
    counts = pd.DataFrame({"place_id": "a", "as_of": dates, "admitted": [0, 0]})
    assert years_without_admission(counts.astype({"admitted": "Int64"})).tolist() == [1]


COUNTED = (
    "members",
    "official_members",
    "reinforced_members",
    "candidates",
    "graduates",
    "admitted",
    "admission_target",
    "working_age",
    "away_workers",
)
count = st.one_of(st.none(), st.integers(0, 9))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "commune_code": st.sampled_from(["1", "2", "3", None]),
            "place_kind": st.sampled_from(["village", "school", None]),
            "cell_status": st.sampled_from(["own", "joint", "none", None]),
            "cell_founded_by": st.sampled_from([*schema.CELL_FOUNDINGS, None]),
            "head_is_member": st.sampled_from([True, False, None]),
            "secretary_trained": st.sampled_from([True, False, None]),
            **dict.fromkeys(COUNTED, count),
        }
    ),
    max_size=12,
)


def assessed(rows: list[dict[str, object]]) -> pd.DataFrame:
    names = ["commune_code", "place_kind", "cell_status", "members", "admitted"]
    columns = {c: v for c, v in (schema.PLACES | schema.COUNTS).items() if c in (rows or [{}])[0]}
    frame = pd.DataFrame(rows, columns=list(columns) or names, dtype=object)
    frame = schema.conform(frame, columns).assign(cell_founded=pd.Timestamp("2024-01-01"))
    return frame.join(gap_levels(frame, rules=Rules()))


@settings(max_examples=20)
@given(rows, st.sampled_from([["commune_code"], ["place_kind"], ["commune_code", "place_kind"]]))
def test_any_partition_adds_up_to_the_total(rows, by):
    frame = assessed(rows)
    total = indicators(frame).set_index("indicator")
    parts = indicators(frame, by=by)
    sums = ["numerator", "denominator", "n_places", "n_reported"]
    added = parts.groupby("indicator")[sums].sum().reindex(total.index).fillna(0)
    pd.testing.assert_frame_equal(
        added.astype("int64"), total[sums].fillna(0).astype("int64"), check_names=False
    )
    assert (total["n_reported"] <= total["n_places"]).all()


@settings(max_examples=20)
@given(rows, st.randoms())
def test_row_order_never_matters(rows, random):
    frame = assessed(rows)
    order = random.sample(range(len(frame)), len(frame))
    got = indicators(frame.iloc[order].reset_index(drop=True), by="commune_code")
    pd.testing.assert_frame_equal(got, indicators(frame, by="commune_code"))


@settings(max_examples=20)
@given(rows)
def test_merging_two_communes_keeps_every_total(rows):
    frame = assessed(rows)
    merged = frame.assign(commune_code=frame["commune_code"].replace({"2": "1"}))
    sums = ["numerator", "denominator", "n_places", "n_reported"]
    was = indicators(frame, by="commune_code").groupby("indicator")[sums].sum()
    pd.testing.assert_frame_equal(
        indicators(merged, by="commune_code").groupby("indicator")[sums].sum(), was
    )
