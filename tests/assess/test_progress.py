"""Snapshots over time, the outlook, and everything put together."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoparty import schema, words
from geoparty.assess import (
    INDICATORS,
    OUTLOOKS,
    balance,
    indicators,
    narrow,
    outlook,
    snapshot,
    snapshots,
    track,
)
from geoparty.errors import SettingsError
from geoparty.settings import ProgressRules, Rules

DATES = pd.to_datetime(["2023-12-31", "2024-12-31", "2025-12-31"])


def places(*ids: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(columns, index=pd.Index(ids, name="place_id", dtype="str"))
    for name in ("valid_from", "valid_to"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def counts(rows: list[tuple[str, int, int | None]]) -> pd.DataFrame:
    """Place, position in DATES and members; cells follow from members."""
    frame = pd.DataFrame(rows, columns=["place_id", "date", "members"])
    frame["as_of"] = DATES[frame["date"].astype(int)]
    frame["cell_status"] = np.where(frame["members"].fillna(0) > 2, "joint", "none")
    return schema.conform(frame.drop(columns="date"), schema.COUNTS)


def present(history: pd.DataFrame) -> list[str]:
    return [
        f"{p}{d.year % 100}" for d, p in zip(history["as_of"], history["place_id"], strict=True)
    ]


def test_place_left_out_of_a_table_stays_and_is_unknown():
    given_counts = counts([("a", 0, 0), ("b", 0, 4), ("b", 1, 4), ("a", 2, 1), ("b", 2, 4)])
    history = snapshots(given_counts, places("b", "a"), rules=Rules())
    assert present(history) == ["a23", "b23", "a24", "b24", "a25", "b25"]
    levels = history.set_index(["place_id", history["as_of"].dt.year])["gap_level"]
    assert levels["a"].tolist() == ["no_members", "unknown", "no_cell"]
    assert pd.isna(history["members"].iloc[2])


def test_places_come_and_go():
    given_counts = counts([("a", 0, 0), ("b", 1, 4), ("c", 0, 1), ("c", 1, 1), ("c", 2, 1)])
    listed = places(
        "a",
        "b",
        "c",
        "d",
        valid_from=[None, None, None, "2024-06-01"],
        valid_to=["2025-01-01"] + [None] * 3,
    )
    history = snapshots(given_counts, listed, rules=Rules())
    assert present(history) == ["a23", "c23", "a24", "b24", "c24", "d24", "b25", "c25", "d25"]


@pytest.mark.parametrize("on", ["2025-03-01", None])
def test_place_that_merged_leaves_with_its_day(on):
    steps = pd.DataFrame({"place_id_before": ["a"], "place_id_after": ["b"], "on": [on]})
    steps["on"] = pd.to_datetime(steps["on"])
    given_counts = counts([("a", 0, 0), ("b", 0, 4), ("a", 1, 0), ("b", 1, 4), ("b", 2, 4)])
    history = snapshots(given_counts, places("a", "b"), rules=Rules(), lineage=steps)
    assert present(history) == ["a23", "b23", "a24", "b24", "b25"]
    got = track(given_counts, places("a", "b"), rules=Rules(), lineage=steps)
    assert got.comparison.changes["change"].to_dict() == {"a": "merged_into", "b": "unchanged"}


def test_place_that_gave_a_part_and_is_counted_again_goes_on():
    steps = pd.DataFrame({"place_id_before": ["a"], "place_id_after": ["b"]})
    steps["on"] = pd.to_datetime(["2024-03-01"])
    given_counts = counts([("a", 0, 0), ("b", 1, 4), ("a", 2, 4), ("b", 2, 4)])
    history = snapshots(given_counts, places("a", "b"), rules=Rules(), lineage=steps)
    assert present(history) == ["a23", "a24", "b24", "a25", "b25"]


def test_place_that_moved_to_another_commune_is_the_same_place():
    steps = pd.DataFrame({"place_id_before": ["a"], "place_id_after": ["a2"]})
    listed = places("a", "a2", commune_code=["1", "2"], place_name=["Bản Ten", "Bản Ten"])
    given_counts = counts([("a", 0, 0), ("a2", 2, 4)])
    got = track(given_counts, listed, rules=Rules(), lineage=steps)
    (change,) = got.comparison.changes.to_dict("records")
    assert (change["change"], change["is_moved"], change["is_renamed"]) == ("improved", True, False)
    moved = got.balances.query("area == 'commune_code' and levels == 'no_members'")
    assert moved["closed"].tolist() == [1, 0]


def moved_in_the_list() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A place listed in commune 2 today; its counts name commune 1 and another name."""
    given_counts = counts([("a", 0, 0), ("b", 0, 0), ("a", 1, 0), ("a", 2, 0), ("b", 2, 0)])
    given_counts["commune_code"] = ["1", "1", None, "1", "1"]
    given_counts["place_name"] = ["Bản Cũ", "Bản B", None, "Bản Cũ", "Bản B"]
    listed = places(
        "a", "b",
        place_name=["Bản Mới", "Bản B"], commune_code=["2", "1"],
        commune_name=["Mường Hai", "Mường Một"], province_code=["11", "11"],
    )  # fmt: skip
    communes = pd.DataFrame(
        {"commune_name": ["Mường Một", "Mường Hai"], "province_code": "11"}, index=["1", "2"]
    )
    return given_counts, listed, communes


def test_place_renamed_and_moved_in_the_list_alone_is_seen():
    given_counts, listed, communes = moved_in_the_list()
    got = track(given_counts, listed, rules=Rules(), communes=communes)
    then = got.history.set_index(["place_id", got.history["as_of"].dt.year])
    assert then.loc["a", "place_name"].tolist() == ["Bản Cũ", "Bản Cũ", "Bản Mới"]
    assert then.loc["a", "commune_name"].tolist() == ["Mường Một", "Mường Một", "Mường Hai"]
    flags = got.comparison.changes[["change", "is_renamed", "is_moved"]]
    assert flags.loc["a"].tolist() == ["unchanged", True, True]
    assert flags.loc["b"].tolist() == ["unchanged", False, False]
    rows = got.balances.query("area == 'commune_code' and levels == 'gaps'").set_index("name")
    sums = rows[["opening", "closed_moved", "opened_moved", "closing"]]
    assert sums.loc["Mường Một"].tolist() == [2, 1, 0, 1]
    assert sums.loc["Mường Hai"].tolist() == [0, 0, 1, 1]


def test_place_that_left_a_part_is_not_gone():
    given_counts, listed, communes = moved_in_the_list()
    got = track(given_counts, listed, rules=Rules(), communes=communes)
    part = narrow(got, got.history["commune_code"] == "1")
    (row,) = part.balances.query("levels == 'gaps'").to_dict("records")
    assert (row["opening"], row["closed_moved"], row["closed_gone"], row["closing"]) == (2, 1, 0, 1)
    assert sorted(part.comparison.changes.index) == ["a", "b"]
    first = narrow(got, compared=(date(2023, 12, 31), date(2024, 12, 31)))
    assert not first.comparison.changes["is_moved"].any()
    with pytest.raises(SettingsError):
        narrow(got, compared=(date(2023, 12, 31), date(2024, 1, 1)))


def test_rows_without_date_or_place_belong_to_no_snapshot():
    given_counts = counts([("a", 0, 0), ("x", 0, 4), ("a", 1, 4)])
    given_counts.loc[2, "as_of"] = pd.NaT
    history = snapshots(given_counts, places("a"), rules=Rules())
    assert present(history) == ["a23"]
    assert snapshot(history, "2023-12-31").index.tolist() == ["a"]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("date", ["a 11-30", "a 12-24", "b 12-24", "a 12-31", "b 12-31"]),
        ("month", ["a 11-30", "a 12-31", "b 12-31"]),
        ("quarter", ["a 12-31", "b 12-31"]),
        ("year", ["a 12-31", "b 12-31"]),
    ],
)
def test_communes_that_report_on_different_days_are_told_together(every, expected):
    rows = counts([("a", 0, 0), ("b", 0, 4), ("a", 0, 5)])
    rows["as_of"] = pd.to_datetime(["2025-11-30", "2025-12-24", "2025-12-31"])
    history = snapshots(rows, places("a", "b"), rules=Rules(), every=every)
    days = history["as_of"].dt.strftime("%m-%d")
    assert (history["place_id"] + " " + days).tolist() == expected
    last = snapshot(history, "2025-12-31")
    assert last.loc["a", "members"] == 5
    if every != "date":
        assert last.loc["b", "counted_on"] == pd.Timestamp("2025-12-24")


def test_columns_of_the_planners_own_can_be_grouped_by():
    history = snapshots(
        counts([("a", 0, 0), ("b", 0, 4)]), places("a", "b", cluster=["x", "y"]), rules=Rules()
    )
    got = indicators(history, by=["as_of", "cluster"], names=["no_members"])
    assert got["numerator"].tolist() == [1, 0]


def table(series: dict[str, list[float]], dates: pd.DatetimeIndex = DATES) -> pd.DataFrame:
    rows = [
        {
            "as_of": day,
            "commune_code": commune,
            "indicator": "no_cell",
            "numerator": n,
            "denominator": 100,
        }
        for commune, values in series.items()
        for day, n in zip(dates, values, strict=False)
    ]
    return pd.DataFrame(rows)


def told(
    frame: pd.DataFrame,
    *,
    target: float = 0.0,
    on: date = date(2030, 12, 31),
    seed: int = 1,
    **more: object,
) -> pd.Series:
    (row,) = outlook(
        frame,
        targets={"no_cell": target},
        target_date=on,
        better={"no_cell": "lower"},
        rng=np.random.default_rng(seed),
        **more,
    ).to_dict("records")
    return pd.Series(row)


def test_steady_pace_and_the_year_it_arrives():
    got = told(table({"1": [30, 20, 10], "2": [30, 20, 10]}))
    assert got["pace"] == pytest.approx(-10, rel=0.01)
    assert int(got["year"]) == 2026
    assert (got["year_low"], got["year_high"]) == (got["year"], got["year"])
    assert got["pace_needed"] == pytest.approx(-2, rel=0.01)
    assert (got["outlook"], got["n_snapshots"], got["n_units"]) == ("in_time", 3, 2)


def test_range_is_wide_where_communes_differ():
    communes = {str(i): [50, 50 - i, 50 - 2 * i] for i in range(-4, 9)}
    got = told(table(communes), on=date(2032, 12, 31))
    assert got["year_low"] < got["year"] < got["year_high"]
    assert got["pace_low"] < got["pace"] < got["pace_high"]
    assert got["outlook"] in ("late", "open")
    assert told(table(communes)).to_dict() == told(table(communes)).to_dict()


def test_two_dates_are_an_indication_and_one_is_nothing():
    got = told(table({"1": [30, 20], "2": [20, 10]}))
    assert (got["outlook"], got["n_snapshots"]) == ("two_snapshots", 2)
    got = told(table({"1": [30], "2": [20]}))
    assert got["outlook"] == "too_few_snapshots"
    assert np.isnan(got["year"])
    assert np.isnan(got["pace"])
    assert got["percent_now"] == 25


def test_wrong_way_never_arrives():
    got = told(table({"1": [10, 20, 30], "2": [10, 21, 33]}))
    assert (got["outlook"], got["year"]) == ("never", np.inf)


def test_reached_and_unknown():
    assert told(table({"1": [3, 2, 0]}))["outlook"] == "reached"
    silent = table({"1": [1, 1, 1]}).assign(numerator=pd.NA, denominator=pd.NA)
    got = told(silent.astype({"numerator": "Int64", "denominator": "Int64"}))
    assert (got["outlook"], got["n_snapshots"]) == ("unknown", 0)


def test_one_commune_has_no_range():
    got = told(table({"1": [30, 20, 10]}))
    assert np.isnan(got["year_low"])


@settings(max_examples=30)
@given(st.lists(st.integers(0, 100), min_size=3, max_size=3), st.integers(0, 100))
def test_year_never_lies_before_the_last_date(values, target):
    got = told(table({"1": values, "2": values}), target=target, resamples=100)
    assert got["outlook"] in OUTLOOKS
    assert got["year"] >= 2025.99
    if got["outlook"] == "reached":
        assert values[-1] <= target


def test_everything_put_together():
    rows = [
        (p, t, m)
        for p, ms in {"a": [0, 0, 3], "b": [1, 3, 3], "c": [4, 4, None]}.items()
        for t, m in enumerate(ms)
    ]
    listed = places(
        "a", "b", "c",
        commune_code=["1", "1", "2"], commune_name=["Mường A", "Mường A", "Mường B"],
        province_code=["11"] * 3, province_name=["Điện Biên"] * 3,
        place_kind=["village"] * 3, cluster=["x", "x", None],
    )  # fmt: skip
    wanted = ProgressRules(group_by=("cluster",), term_years=(2024, 2026))
    got = track(counts(rows), listed, rules=Rules(), progress=wanted)
    assert got.dates == (date(2023, 12, 31), date(2024, 12, 31), date(2025, 12, 31))
    assert set(got.indicators["area"]) == {
        "all",
        "commune_code",
        "province_code",
        "place_kind",
        "cluster",
    }
    row = got.indicators.query(
        "area == 'commune_code' and code == '1' and indicator == 'no_members'"
    )
    assert row["name"].tolist() == ["Mường A"] * 3
    assert row["numerator"].tolist() == [1, 1, 0]
    gaps = got.balances.query("area == 'all' and levels == 'gaps'")
    assert (gaps["opening"] - gaps["closed"] + gaps["opened"] == gaps["closing"]).all()
    assert got.comparison.changes["change"].tolist() == ["improved", "improved", "not_comparable"]
    assert set(got.outlook["indicator"]) == {"no_members", "no_cell", "admission_rate"}
    assert got.problems == ()
    term = got.indicators.query("indicator == 'term_admissions' and area == 'all'")
    assert term["status"].tolist() == ["unknown"]


def test_old_communes_are_an_area_where_the_list_names_them():
    listed = places("a", "b", commune_code=["03352", "03352"], legacy_id=["03355", None])
    got = track(counts([("a", 0, 0), ("b", 0, 4)]), listed, rules=Rules())
    rows = got.indicators.query("area == 'legacy_id' and indicator == 'no_members'")
    assert rows["name"].astype(object).where(rows["name"].notna(), None).tolist() == [
        "xã Sam Mứn",
        None,
    ]
    assert rows["numerator"].tolist() == [1, 0]


def test_areas_add_up_to_all():
    rng = np.random.default_rng(1)
    ids = [f"p{i}" for i in range(60)]
    rows = [
        (p, t, int(m)) for t in range(3) for p, m in zip(ids, rng.integers(0, 6, 60), strict=True)
    ]
    listed = places(*ids, commune_code=[str(i % 7) for i in range(60)], place_kind=["village"] * 60)
    got = track(counts(rows), listed, rules=Rules())
    sums = ["opening", "closed", "opened", "closing"]
    by_area = got.balances.groupby(["area", "levels"])[sums].sum()
    for area in ("commune_code", "place_kind"):
        pd.testing.assert_frame_equal(by_area.loc[area], by_area.loc["all"])
    pd.testing.assert_frame_equal(
        balance(got.comparison, by="commune_code")[sums].reset_index(drop=True),
        got.balances.query("area == 'commune_code' and levels == 'gaps'")[sums].reset_index(
            drop=True
        ),
    )


@settings(max_examples=5, deadline=None)
@given(st.lists(st.sampled_from("xyz"), min_size=20, max_size=20), st.randoms())
def test_parts_add_up_to_the_whole(groups, random):
    ids = [f"p{i}" for i in range(20)]
    rows = [(p, t, random.randint(0, 5)) for t in range(3) for p in ids if random.random() < 0.9]
    listed = places(*ids, commune_code=[str(i % 3) for i in range(20)], cluster=groups)
    got = track(counts(rows), listed, rules=Rules())
    parts = [narrow(got, got.history["cluster"] == g, areas=["commune_code"]) for g in "xyz"]
    for name, sums in (
        ("balances", ["opening", "closed", "opened", "closing"]),
        ("indicators", ["numerator", "denominator", "n_places", "n_reported"]),
    ):
        whole = getattr(got, name).query("area in ('all', 'commune_code')")
        keys = ["area", "code", "levels" if name == "balances" else "indicator"]
        every = pd.concat([getattr(part, name) for part in parts])
        pd.testing.assert_frame_equal(
            every.groupby(keys, dropna=False)[sums].sum(),
            whole.groupby(keys, dropna=False)[sums].sum(),
            check_dtype=False,
        )


def test_same_counts_same_outlook():
    ids = [f"p{i:02d}" for i in range(60)]
    members = np.random.default_rng(7).integers(0, 3, (60, 3))
    rows = [(p, t, int(members[i, t])) for i, p in enumerate(ids) for t in range(3)]
    listed = places(*ids, commune_code=[str(i // 3) for i in range(60)])
    one, two = (track(counts(rows), listed, rules=Rules()).outlook for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    other = track(counts(rows), listed, rules=Rules(), seed=2).outlook
    assert one["pace_low"].iloc[-1] != other["pace_low"].iloc[-1]


def test_one_date_has_no_balance_but_figures():
    got = track(counts([("a", 0, 0)]), places("a", commune_code=["1"]), rules=Rules())
    assert got.compared is None
    assert got.balances.empty
    two = track(counts([("a", 0, 0), ("a", 1, 0)]), places("a"), rules=Rules())
    assert list(got.balances.columns) == list(two.balances.columns)
    assert len(got.indicators) >= 2 * len(INDICATORS)
    assert set(got.outlook["outlook"]) <= {"too_few_snapshots", "unknown"}


def test_no_counts_at_all():
    got = track(counts([]), places("a", commune_code=["1"]), rules=Rules())
    assert got.dates == ()
    assert got.history.empty


def test_wrong_names_and_dates_are_refused_together():
    wanted = ProgressRules(target_percent={"no_cel": 0}, group_by=("cluter",))
    with pytest.raises(SettingsError) as raised:
        track(
            counts([("a", 0, 0)]),
            places("a", cluster=["x"]),
            rules=Rules(),
            progress=wanted,
            compared=(date(2023, 12, 31), date(2024, 12, 31)),
        )
    near = [p.params["near"] for p in raised.value.problems]
    assert near == ["no_cell", "cluster", "2023-12-31"]


def test_undated_rows_and_missing_years_are_told():
    rows = counts([("a", 0, 0), ("a", 2, 0), ("a", 1, 0)])
    rows.loc[2, "as_of"] = pd.NaT
    got = track(rows, places("a"), rules=Rules(), progress=ProgressRules(term_years=(2023, 2027)))
    assert [p.key for p in got.problems] == ["assess.undated", "assess.term_years_missing"]
    assert "2024" in got.problems[1].text("vi")


def test_every_outlook_has_words():
    for name in OUTLOOKS:
        assert words.text(f"assess.outlook_{name}")
