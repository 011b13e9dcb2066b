"""Isolation, priority and roll-ups."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty.assess import isolation, percent, priority, priority_reasons, rollup
from geoparty.errors import ArgumentError
from geoparty.schema import GAP_LEVELS
from geoparty.settings import DRY, WET, Rules


def test_cut_off_by_season():
    minutes = pd.DataFrame(
        {
            "centre_min_dry": [10.0, 240.0, 240.1, np.nan],
            "centre_min_wet": [20.0, np.inf, np.nan, 250.0],
        },
        index=["a", "b", "c", "d"],
    )
    got = isolation(minutes, seasons=(DRY, WET), rules=Rules())
    expected = pd.DataFrame(
        {
            "is_cut_off_dry": pd.array([False, False, True, None], "boolean"),
            "is_cut_off_wet": pd.array([False, True, None, True], "boolean"),
        },
        index=minutes.index,
    )
    pd.testing.assert_frame_equal(got, expected)


def test_minutes_of_a_season_must_be_there():
    with pytest.raises(ArgumentError, match="centre_min_wet"):
        isolation(pd.DataFrame({"centre_min_dry": [1.0]}), seasons=(WET,), rules=Rules())


PLACES = pd.DataFrame(
    {
        "gap_level": ["at_risk", "no_cell", "covered", "no_cell", "unknown", "no_cell", "no_cell"],
        "is_border": pd.array([True, False, True, None, True, True, True], "boolean"),
        "candidates": pd.array([9, 9, 9, 9, 9, 0, None], "Int64"),
    },
    index=list("abcdefg"),
)


def test_order_of_the_gap_list():
    got = priority(PLACES, rules=Rules(priority=("severity", "border", "candidates")))
    # no_cell first: border known (g: candidates unknown before f: none), unknown d, not border b
    expected = pd.Series([5, 4, None, 3, 6, 2, 1], index=PLACES.index, dtype="Int64")
    pd.testing.assert_series_equal(got, expected.rename("priority"))


def test_equal_places_stand_in_the_order_of_their_ids():
    level = ["no_cell", "no_cell", "no_members", "no_cell"]
    places = pd.DataFrame({"gap_level": level}, index=["c", "a", "z", "b"])
    assert priority(places, rules=Rules()).to_dict() == {"c": 4, "a": 2, "z": 1, "b": 3}
    assert priority(places, rules=Rules(priority=())).sort_index().tolist() == [1, 2, 3, 4]


def test_reasons_follow_the_criteria():
    got = priority_reasons(PLACES, rules=Rules(priority=("border", "candidates")), language="vi")
    assert got["g"] == "xã biên giới; chưa có số quần chúng ưu tú"
    assert got["d"] == "chưa rõ có phải xã biên giới; 9 quần chúng ưu tú"
    assert got["c"] == ""


def test_every_criterion_has_words_in_both_languages():
    for language in ("vi", "en"):
        texts = priority_reasons(PLACES, rules=Rules(), language=language)
        assert texts["a"].count("; ") == len(Rules().priority) - 1


def test_cut_off_in_any_season_counts_and_not_known_stands_between():
    season = {
        "is_cut_off_mua": pd.array([False, True, None, False, None], "boolean"),
        "is_cut_off_lu": pd.array([False, False, True, None, None], "boolean"),
    }
    frame = pd.DataFrame({"gap_level": "no_cell", **season}, index=list("abcde"))
    rules = Rules(priority=("cut_off",))
    assert priority(frame, rules=rules).to_dict() == {"b": 1, "c": 2, "d": 3, "e": 4, "a": 5}
    words = {"mua": "Mùa mưa", "lu": "Mùa lũ"}
    told = priority_reasons(frame, rules=rules, language="vi", seasons=words)
    assert told.to_dict() == {
        "a": "không bị chia cắt mùa nào",
        "b": "bị chia cắt mùa mưa",
        "c": "bị chia cắt mùa lũ",
        "d": "chưa rõ có bị chia cắt",
        "e": "chưa rõ có bị chia cắt",
    }
    both = frame.assign(is_cut_off_mua=True, is_cut_off_lu=True)
    assert priority_reasons(both, rules=rules, seasons=words)["a"] == "bị chia cắt mùa mưa, mùa lũ"


places = st.lists(
    st.fixed_dictionaries(
        {
            "gap_level": st.sampled_from(GAP_LEVELS),
            "is_border": st.sampled_from([True, False, None]),
            "households": st.one_of(st.none(), st.integers(0, 3)),
            "commune_code": st.sampled_from(["1", "2", None]),
            "place_kind": st.sampled_from(["village", "school", None]),
            "members": st.one_of(st.none(), st.integers(0, 9)),
            "head_is_member": st.sampled_from([True, False, None]),
        }
    ),
    min_size=1,
    max_size=12,
)


def frame_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=[f"p{i}" for i in range(len(rows))], dtype=object)
    types = {"is_border": "boolean", "households": "Int64", "members": "Int64"}
    return frame.astype(types | {"head_is_member": "boolean", "commune_code": "str"})


@given(places, st.randoms())
def test_priority_ranks_every_gap_once_whatever_the_row_order(rows, random):
    frame = frame_of(rows)
    got = priority(frame, rules=Rules())
    gaps = frame["gap_level"] != "covered"
    assert sorted(got.dropna()) == list(range(1, gaps.sum() + 1))
    assert got.notna().equals(gaps.rename("priority"))
    order = random.sample(list(frame.index), len(frame))
    pd.testing.assert_series_equal(priority(frame.loc[order], rules=Rules()), got.loc[order])


@given(places, st.sampled_from(["commune_code", "place_kind", ["commune_code", "place_kind"]]))
def test_rollup_over_any_partition_adds_up(rows, by):
    frame = frame_of(rows)
    got = rollup(frame, by=by)
    levels = got[[f"n_{name}" for name in GAP_LEVELS]]
    assert got["n_places"].sum() == len(frame)
    assert (levels.sum(axis=1) == got["n_places"]).all()
    for name in GAP_LEVELS:
        assert got[f"n_{name}"].sum() == (frame["gap_level"] == name).sum()
    assert got["n_reported_members"].sum() == frame["members"].notna().sum()
    assert got["members"].sum() == frame["members"].sum()
    assert got["n_head_is_member"].sum() == frame["head_is_member"].sum()
    assert (got["members"].isna() == (got["n_reported_members"] == 0)).all()


def test_years_of_different_places_are_never_added_up():
    frame = pd.DataFrame(
        {
            "commune_code": ["1", "1"],
            "gap_level": ["no_cell", "covered"],
            "years_without_admission": pd.array([3, 5], "Int64"),
        }
    )
    assert not [c for c in rollup(frame, by="commune_code") if "years" in c]


def test_rollup_of_nothing_has_the_same_columns():
    frame = PLACES.assign(commune_code="1", members=1)
    got = rollup(frame.iloc[:0], by="commune_code")
    assert list(got.columns) == list(rollup(frame, by="commune_code").columns)
    assert len(got) == 0


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(11, 8, 137.5), (10, 8, 125.0), (166, 164, 101.2), (74, 131, 56.5), (10, 141, 7.1)],
)
def test_published_percentages(numerator, denominator, expected):
    got = percent(pd.Series([numerator]), pd.Series([denominator]))
    assert round(got[0], 1) == expected


def test_percentage_of_nothing_is_not_applicable():
    got = percent(pd.Series([0, None], dtype="Int64"), pd.Series([0, 4]))
    assert got.isna().all()
