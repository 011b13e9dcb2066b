"""Snapshots compared: what became of each place, and balances that add up."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoparty import words
from geoparty.assess import CHANGES, GAPS, balance, compare
from geoparty.assess.compare import ENTERING, LEAVING, MIRRORED
from geoparty.errors import ArgumentError
from geoparty.schema import GAP_LEVELS


def snap(levels: dict[str, str], *, as_of: str | None = None, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"gap_level": levels}, index=pd.Index(list(levels), name="place_id"))
    frame["gap_level"] = pd.Categorical(
        frame["gap_level"], categories=list(GAP_LEVELS), ordered=True
    )
    if as_of:
        frame["as_of"] = pd.Timestamp(as_of)
    return frame.assign(**columns)


def lineage(*steps: tuple[str, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(steps, columns=["place_id_before", "place_id_after", "on"])
    return frame.assign(on=pd.to_datetime(frame["on"]))


def changes(*args: object, **more: object) -> dict[str, str]:
    return compare(*args, **more).changes["change"].to_dict()


def test_each_change():
    before = snap({"a": "no_cell", "b": "covered", "c": "at_risk", "d": "unknown", "e": "covered"})
    after = snap({"a": "covered", "b": "at_risk", "c": "at_risk", "d": "covered", "f": "no_cell"})
    assert changes(before, after) == {
        "a": "improved",
        "b": "worsened",
        "c": "unchanged",
        "d": "not_comparable",
        "e": "gone",
        "f": "new",
    }
    assert compare(before, after).changes.loc["d", "why"] == "unknown_before"


def test_merge_split_and_new_id():
    before = snap({"a": "no_cell", "b": "no_cell", "c": "covered", "d": "no_cell", "e": "at_risk"})
    after = snap(
        {
            "ab": "covered",
            "c": "covered",
            "c2": "no_cell",
            "d1": "covered",
            "d2": "no_cell",
            "e9": "covered",
        }
    )
    steps = lineage(
        ("a", "ab", None), ("b", "ab", None), ("c", "c2", None),
        ("d", "d1", None), ("d", "d2", None), ("e", "e9", None),
    )  # fmt: skip
    got = compare(before, after, lineage=steps).changes
    assert got["change"].to_dict() == {
        "a": "merged_into",
        "b": "merged_into",
        "ab": "merged_from",
        "c": "unchanged",
        "c2": "split_from",
        "d": "split_into",
        "d1": "split_from",
        "d2": "split_from",
        "e9": "improved",
    }
    assert got.loc["ab", "related"] == "a;b"
    assert got.loc["c2", "related"] == "c"
    assert got.loc["e9", "place_id_before"] == "e"


def test_place_absorbed_by_one_that_stays():
    got = compare(
        snap({"a": "no_cell", "b": "covered"}),
        snap({"b": "covered"}),
        lineage=lineage(("a", "b", None)),
    ).changes
    assert got["change"].to_dict() == {"a": "merged_into", "b": "unchanged"}


def test_chain_of_changes_is_followed():
    steps = lineage(("a", "x", "2023-05-01"), ("b", "x", "2023-05-01"), ("x", "z", "2024-05-01"))
    before = snap({"a": "no_cell", "b": "covered"}, as_of="2022-12-31")
    after = snap({"z": "covered"}, as_of="2025-12-31")
    assert changes(before, after, lineage=steps) == {
        "a": "merged_into",
        "b": "merged_into",
        "z": "merged_from",
    }


def test_steps_outside_the_two_dates_do_not_count():
    steps = lineage(("a", "b", "2020-01-01"))
    before = snap({"a": "no_cell"}, as_of="2022-12-31")
    after = snap({"b": "covered"}, as_of="2025-12-31")
    assert changes(before, after, lineage=steps) == {"a": "gone", "b": "new"}


def test_endless_circle_of_steps_ends():
    steps = lineage(("a", "b", None), ("b", "c", None), ("c", "a", None))
    assert changes(snap({"a": "no_cell"}), snap({"z": "covered"}), lineage=steps) == {
        "a": "gone",
        "z": "new",
    }


def test_renamed_and_moved():
    before = snap(
        {"a": "covered", "b": "covered"}, place_name=["Bản A", "Bản B"], commune_code=["1", "1"]
    )
    after = snap(
        {"a": "covered", "b": "covered"}, place_name=["Bản A", "Bản C"], commune_code=["2", "1"]
    )
    got = compare(before, after).changes
    assert got["is_renamed"].tolist() == [False, True]
    assert got["is_moved"].tolist() == [True, False]


def test_repeated_ids_are_refused():
    twice = pd.concat([snap({"a": "covered"}), snap({"a": "covered"})])
    with pytest.raises(ArgumentError, match="repeats place ids: a"):
        compare(twice, snap({"a": "covered"}))


def test_balance_of_86_places_without_members_to_none():
    before = snap({f"p{i}": "no_members" if i < 86 else "covered" for i in range(100)})
    after = snap({f"p{i}": "no_cell" if i < 6 else "covered" for i in range(100)})
    (row,) = balance(compare(before, after), levels=["no_members"]).to_dict("records")
    assert (row["opening"], row["closed"], row["opened"], row["closing"]) == (86, 86, 0, 0)
    assert (row["closed_covered"], row["closed_other_level"]) == (80, 6)
    (row,) = balance(compare(before, after)).to_dict("records")
    assert (row["opening"], row["closed"], row["closing"]) == (86, 80, 6)


def test_place_that_changes_commune_leaves_one_and_enters_the_other():
    before = snap({"a": "no_cell"}, commune_code="1")
    after = snap({"a": "no_cell"}, commune_code="2")
    got = balance(compare(before, after), by="commune_code")
    assert got["closed_moved"].to_dict() == {"1": 1, "2": 0}
    assert got["opened_moved"].to_dict() == {"1": 0, "2": 1}
    assert balance(compare(before, after))[["closed", "opened"]].to_numpy().tolist() == [[0, 0]]


def test_every_word_is_there():
    for name in CHANGES:
        assert words.text(f"assess.change_{name}")
    for name in {*LEAVING, *ENTERING}:
        assert words.text(f"assess.move_{name}")


snapshots = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.sampled_from(GAP_LEVELS), st.sampled_from(["1", "2", None])),
)
steps = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefghxy"), st.none()), max_size=6
)


def frame_of(drawn: dict[str, tuple[str, str | None]], as_of: str) -> pd.DataFrame:
    communes = pd.array([c for _, c in drawn.values()], dtype="str")
    return snap({k: v for k, (v, _) in drawn.items()}, as_of=as_of, commune_code=communes)


@given(
    snapshots, snapshots, steps, st.sampled_from([GAPS, ("no_cell",), ("unknown",), ("covered",)])
)
def test_balances_add_up_in_every_group(one, two, links, levels):
    before, after = frame_of(one, "2024-12-31"), frame_of(two, "2025-12-31")
    comparison = compare(before, after, lineage=lineage(*links))
    for by in ("commune_code", []):
        got = balance(comparison, by=by, levels=levels)
        assert (got["opening"] - got["closed"] + got["opened"] == got["closing"]).all()
        assert (got[[f"closed_{w}" for w in LEAVING]].sum(axis=1) == got["closed"]).all()
        assert (got[[f"opened_{w}" for w in ENTERING]].sum(axis=1) == got["opened"]).all()
        assert got["opening"].sum() == before["gap_level"].isin(levels).sum()
        assert got["closing"].sum() == after["gap_level"].isin(levels).sum()


@settings(max_examples=20)
@given(snapshots, steps)
def test_comparing_a_snapshot_with_itself_changes_nothing(one, links):
    frame = frame_of(one, "2025-12-31")
    comparison = compare(frame, frame, lineage=lineage(*links))
    assert set(comparison.changes["change"]) <= {"unchanged", "not_comparable"}
    got = balance(comparison, by="commune_code")
    assert not got[["closed", "opened"]].to_numpy().any()


@settings(max_examples=20)
@given(snapshots, snapshots, steps)
def test_comparing_backwards_is_the_mirror(one, two, links):
    before, after = frame_of(one, "2024-12-31"), frame_of(two, "2025-12-31")
    steps = lineage(*links)
    there = compare(before, after, lineage=steps)
    back = compare(after, before, lineage=steps)
    by_ids = ["place_id_before", "place_id_after"]
    forward = there.changes.assign(change=there.changes["change"].replace(MIRRORED))
    forward = forward.rename(columns=dict(zip(by_ids, by_ids[::-1], strict=True)))
    columns = [*by_ids, "change", "related", "is_moved"]
    pd.testing.assert_frame_equal(
        forward[columns].sort_values(by_ids).reset_index(drop=True),
        back.changes[columns].sort_values(by_ids).reset_index(drop=True),
    )
    a, b = balance(there, by="commune_code"), balance(back, by="commune_code")
    assert a["closed"].tolist() == b["opened"].tolist()
    assert a["opened_new"].tolist() == b["closed_gone"].tolist()
    assert a["opened_regrouped"].tolist() == b["closed_regrouped"].tolist()


@settings(max_examples=20)
@given(snapshots, snapshots, steps)
def test_merging_two_communes_keeps_every_balance(one, two, links):
    before, after = frame_of(one, "2024-12-31"), frame_of(two, "2025-12-31")
    merged = [f.assign(commune_code=f["commune_code"].replace({"2": "1"})) for f in (before, after)]
    was = balance(compare(before, after, lineage=lineage(*links)), by="commune_code")
    now = balance(compare(*merged, lineage=lineage(*links)), by="commune_code")
    kept = ["opening", "closing", "closed_covered", "closed_gone", "opened_new", "opened_covered"]
    assert was[kept].sum().to_dict() == now[kept].sum().to_dict()
    for side in ("closed", "opened"):
        between = was[f"{side}_moved"].sum() - now[f"{side}_moved"].sum()
        assert was[side].sum() - now[side].sum() == between >= 0
