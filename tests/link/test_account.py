"""Whatever is done to a table, each of its rows has exactly one line in the account."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoparty.link import bundled_crosswalk, link_counts, link_places, match
from geoparty.schema import LOCATIONS, OUTCOMES, SOURCE_COLUMNS

NAMES = ["Bản Nà Sự", "Nà Sự", "Na Su", "Bản Mới", "Thôn Mới", "Tổ 1", "TDP số 1", "", None, "Bản"]
COMMUNES = ["Sín Thầu", "xã NÀ BỦNG", "Nà Bung", "Vàng Đán", "Kim Liên", "", None]
CODES = ["03158", "03176", "03170", "99999", None, None]
IDS = ["A", "B", "C", None, None, None]
POINTS = [(102.05, 22.05), (102.15, 22.05), (102.1, 22.05), (110.0, 10.0), None, None]
MARK = {"place_id": "mark", "place_name": "Bản Mốc", "commune_code": "03158"}

OLD = bundled_crosswalk().loc[lambda table: table["commune_code"].isin(["03158", "03176"])]

texts = st.one_of(st.sampled_from(NAMES), st.text(max_size=8))
rows = st.fixed_dictionaries(
    {
        "place_id": st.sampled_from(IDS),
        "place_name": texts,
        "commune_code": st.sampled_from(CODES),
        "commune_name": st.one_of(st.sampled_from(COMMUNES), st.text(max_size=8)),
        "households": st.sampled_from([None, 0, 10]),
    }
)
tables = st.lists(rows, min_size=1, max_size=8)
slow = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check_account(read, linked):
    account = linked.account
    source = pd.concat([read.frame[list(SOURCE_COLUMNS)], read.rejected, read.totals])
    lines = account[list(SOURCE_COLUMNS)].astype("object").to_numpy().tolist()
    assert sorted(lines) == sorted(
        source[list(SOURCE_COLUMNS)].astype("object").to_numpy().tolist()
    )
    assert set(account["outcome"]) <= set(OUTCOMES)
    assert account["outcome"].value_counts().sum() == read.rows_read
    matched = account["outcome"] == "matched"
    assert matched.sum() == len(linked.frame)
    assert (account.loc[matched, "reason"] == "").all()
    assert (account.loc[~matched & (account["outcome"] != "total"), "reason"] != "").all()
    undecided = account["outcome"].isin(["ambiguous", "unmatched"])
    assert len(linked.undecided) == undecided.sum()
    assert all(p.text("vi") and p.text("en") for p in linked.problems)


@slow
@given(
    table=tables,
    points=st.lists(st.sampled_from(POINTS), min_size=8, max_size=8),
    seed=st.integers(0, 99),
)
def test_places_in_any_state_and_order(communes, read_of, table, points, seed):
    given_rows = [*table, MARK]
    read = read_of(given_rows, points=[*points[: len(table)], None], rejected=2, totals=1)
    before = read.frame.copy()
    linked = link_places(read, communes, crosswalk=OLD)
    pd.testing.assert_frame_equal(read.frame, before)
    check_account(read, linked)
    assert linked.frame.index.is_unique
    assert set(linked.frame["location"]) <= set(LOCATIONS)
    assert (linked.frame.geometry.notna() == (linked.frame["location"] == "given")).all()
    order = np.random.default_rng(seed).permutation(len(read.frame))
    moved = type(read)(read.frame.iloc[order], rejected=read.rejected, totals=read.totals)
    again = link_places(moved, communes, crosswalk=OLD)
    pd.testing.assert_frame_equal(again.account, linked.account)
    columns = ["place_name", "commune_code", "location"]
    pd.testing.assert_frame_equal(
        again.frame.sort_index()[columns], linked.frame.sort_index()[columns]
    )


@slow
@given(
    table=tables,
    members=st.lists(st.sampled_from([None, 1, 2]), min_size=8, max_size=8),
    seed=st.integers(0, 99),
    times=st.integers(1, 3),
)
def test_counts_in_any_state_and_order(communes, read_of, table, members, seed, times):
    listed = [
        {"place_id": "A", "place_name": "Bản Nà Sự", "commune_code": "03158"},
        {"place_id": "B", "place_name": "Bản Mới", "commune_code": "03158"},
        {"place_id": "C", "place_name": "Bản Mới", "commune_code": "03176"},
    ]
    places = link_places(read_of(listed), communes, crosswalk=OLD).frame
    counted = [
        {**row, "members": m, "cell_status": "own"} for row, m in zip(table, members, strict=False)
    ] * times  # an office that pastes its table twice
    read = read_of(counted, rejected=1, totals=2)
    linked = link_counts(read, places, communes, crosswalk=OLD)
    check_account(read, linked)
    assert not linked.frame.duplicated(["place_id", "as_of"]).any()
    assert set(linked.frame["place_id"]) <= set(places.index)
    order = np.random.default_rng(seed).permutation(len(read.frame))
    moved = type(read)(read.frame.iloc[order], rejected=read.rejected, totals=read.totals)
    pd.testing.assert_frame_equal(
        link_counts(moved, places, communes, crosswalk=OLD).account, linked.account
    )


@slow
@given(table=tables, keep=st.lists(st.booleans(), min_size=6, max_size=6))
def test_match_shares_out_the_index_and_never_uses_a_unit_it_was_not_given(table, keep):
    units = pd.DataFrame(
        {
            "place_name": ["Bản Nà Sự", "Bản Mới", "Bản Mới", "Tổ 1", "Nà Sư", "Bản Nà Sử"],
            "commune_code": ["03158", "03158", "03176", "03158", "03176", "03158"],
            "place_id": list("ABCDEF"),
        },
        index=list("uvwxyz"),
    )[keep]
    asked = pd.DataFrame(table, index=[f"r{i}" for i in range(len(table))])
    out = match(asked, units, name="place_name", parent="commune_code", code="place_id")
    parts = [out.matched, out.ambiguous, out.unmatched, out.rejected]
    assert sorted(i for part in parts for i in part.index) == sorted(asked.index)
    assert set(out.matched["unit"]) <= set(units.index)
    assert out.matched["score"].between(0, 1).all()
    for part in (out.ambiguous, out.unmatched):
        assert {unit for pairs in part["candidates"] for unit, _ in pairs} <= set(units.index)


def test_without_counts_there_is_an_empty_account(communes, read_of):
    places = link_places(read_of([MARK]), communes, crosswalk=OLD).frame
    read = read_of([{"place_name": "x", "members": 1, "cell_status": "own"}])
    empty = type(read)(read.frame.iloc[:0])
    linked = link_counts(empty, places, communes, crosswalk=OLD)
    assert len(linked.frame) == len(linked.account) == len(linked.undecided) == 0
