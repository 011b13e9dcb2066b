"""Gap levels and risk reasons: every combination of reported and not."""

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty.assess import gap_levels, risk_table
from geoparty.schema import COUNTS, GAP_LEVELS, conform
from geoparty.settings import RISK_REASONS, Rules

SOUND = {
    "members": 12,
    "official_members": 11,
    "reinforced_members": 0,
    "members_over_60": 3,
    "cell_status": "own",
    "candidates": 2,
    "admitted": 1,
    "admitted_last_5y": 4,
    "head_is_member": True,
}


def level(rules: Rules | None = None, **changes: object) -> tuple[str, object]:
    frame = conform(pd.DataFrame([SOUND | changes]).astype(object), COUNTS)
    row = gap_levels(frame, rules=rules or Rules()).iloc[0]
    return row["gap_level"], row["risk_reasons"]


@pytest.mark.parametrize(
    ("changes", "expected", "reasons"),
    [
        ({}, "covered", ""),
        ({"cell_status": "none"}, "no_cell", ""),
        ({"cell_status": "joint"}, "joint_cell", ""),
        ({"official_members": 5, "reinforced_members": 3}, "reinforced", "relies_on_reinforced"),
        ({"official_members": 5, "reinforced_members": 2}, "covered", ""),
        ({"official_members": 2}, "at_risk", "below_minimum"),
        ({"official_members": 3}, "at_risk", "near_minimum"),
        ({"official_members": 4}, "covered", ""),
        ({"members_over_60": 6}, "covered", ""),
        ({"members_over_60": 7}, "at_risk", "ageing"),
        ({"admitted_last_5y": 0}, "at_risk", "no_admission_5y"),
        ({"candidates": 0}, "at_risk", "no_candidate"),
        ({"head_is_member": False}, "at_risk", "head_not_member"),
        (
            {"official_members": 3, "reinforced_members": 1, "head_is_member": False},
            "reinforced",
            "near_minimum;relies_on_reinforced;head_not_member",
        ),
    ],
)
def test_each_level(changes, expected, reasons):
    assert level(**changes) == (expected, reasons)


@pytest.mark.parametrize("members", [0, 1, 2])
def test_own_cell_with_too_few_members_is_below_minimum(members):
    empty = {"official_members": None, "reinforced_members": 0, "members_over_60": 0}
    got, reasons = level(members=members, **empty)
    assert got == "at_risk"
    assert reasons.split(";")[0] == "below_minimum"


def test_nobody_and_no_cell():
    nobody = dict.fromkeys(("members", "official_members", "members_over_60"), 0)
    assert level(cell_status="none", **nobody)[0] == "no_members"
    # somebody sent from elsewhere is somebody
    some = dict.fromkeys(("members", "official_members", "members_over_60"))
    assert level(cell_status="none", **(some | {"reinforced_members": 2}))[0] == "no_cell"
    assert level(cell_status="none", **(some | {"reinforced_members": 0}))[0] == "unknown"
    # a joint cell stays one whatever is counted
    assert level(cell_status="joint", **some)[0] == "joint_cell"
    assert level(cell_status=None, **nobody)[0] == "unknown"


@pytest.mark.parametrize(
    ("missing", "decided"),
    [
        ("members", True),  # official members say enough; the share over 60 is then unknown
        ("official_members", False),
        ("reinforced_members", False),
        ("members_over_60", False),
        ("candidates", False),
        ("admitted_last_5y", True),  # somebody was admitted this year
        ("head_is_member", False),
    ],
)
def test_missing_is_never_zero(missing, decided):
    got, reasons = level(**{missing: None})
    if missing == "members":
        assert (got, pd.isna(reasons)) == ("unknown", True)
    elif decided:
        assert (got, reasons) == ("covered", "")
    else:
        assert got == "unknown"
        assert pd.isna(reasons)


def test_reason_known_to_hold_decides():
    assert level(candidates=0, head_is_member=None) == ("at_risk", "no_candidate")


def test_reasons_left_out_are_not_looked_at():
    without = Rules(risk_reasons=tuple(r for r in RISK_REASONS if r != "head_not_member"))
    assert level(without, head_is_member=None) == ("covered", "")
    assert level(without, head_is_member=False) == ("covered", "")


def test_bounds_that_other_counts_prove():
    # three reinforced official members are at least three official members
    counts = conform(
        pd.DataFrame({"cell_status": ["own"], "reinforced_members": [3], "members": [5]}), COUNTS
    )
    reasons = risk_table(counts, rules=Rules()).iloc[0]
    assert not reasons["below_minimum"]
    assert pd.isna(reasons["near_minimum"])
    assert reasons["relies_on_reinforced"]  # at most two of five are local


def test_columns_that_are_absent_are_not_reported():
    got = gap_levels(pd.DataFrame({"cell_status": ["own", "joint"]}), rules=Rules())
    assert got["gap_level"].tolist() == ["unknown", "joint_cell"]
    assert got["gap_level"].cat.ordered
    assert tuple(got["gap_level"].cat.categories) == GAP_LEVELS


def test_local_members():
    frame = pd.DataFrame(
        {
            "members": [3, 3, 0, 4, None, None],
            "reinforced_members": [0, 3, None, None, 1, 1],
            "official_members": [None, None, None, None, 4, 1],
            "cell_status": "own",
        }
    )
    got = gap_levels(frame, rules=Rules())["has_local_members"]
    assert got.astype(object).where(got.notna(), None).tolist() == [
        True, False, False, None, True, None,
    ]  # fmt: skip


count = st.one_of(st.none(), st.integers(0, 6))
row = st.fixed_dictionaries(
    {
        "members": count,
        "official_members": count,
        "reinforced_members": count,
        "members_over_60": count,
        "cell_status": st.sampled_from(["own", "joint", "none", None]),
        "candidates": count,
        "admitted": count,
        "admitted_last_5y": count,
        "head_is_member": st.sampled_from([True, False, None]),
    }
)


def table(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {name: COUNTS[name] for name in SOUND}
    return conform(pd.DataFrame(rows, columns=list(SOUND), dtype=object), columns)


@given(st.lists(row, max_size=8), st.randoms())
def test_row_order_never_matters_and_the_caller_keeps_his_frame(rows, random):
    frame = table(rows)
    before = frame.copy()
    order = random.sample(range(len(rows)), len(rows))
    got = gap_levels(frame, rules=Rules())
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_index_equal(got.index, frame.index)
    pd.testing.assert_frame_equal(gap_levels(frame.iloc[order], rules=Rules()), got.iloc[order])


@st.composite
def whole_rows(draw):
    """Everything reported, and possible."""
    members, last_5y = draw(st.integers(0, 8)), draw(st.integers(0, 3))
    official = draw(st.integers(0, members))
    return {
        "members": members,
        "official_members": official,
        "reinforced_members": draw(st.integers(0, official)),
        "members_over_60": draw(st.integers(0, members)),
        "cell_status": draw(st.sampled_from(["own", "joint", "none"])),
        "candidates": draw(st.integers(0, 2)),
        "admitted": draw(st.integers(0, last_5y)),
        "admitted_last_5y": last_5y,
        "head_is_member": draw(st.booleans()),
    }


@given(whole_rows(), st.sets(st.sampled_from(sorted(SOUND))))
def test_hiding_a_count_gives_the_same_or_less_knowledge(counts, hidden):
    """A level told without some counts is the level told with them, or a weaker statement.

    Hiding may only turn a verdict into ``unknown``, or ``reinforced`` into ``at_risk`` when a
    reason is known; nothing ever becomes covered.
    """
    full = gap_levels(table([counts]), rules=Rules()).iloc[0]
    part = gap_levels(table([counts | dict.fromkeys(hidden)]), rules=Rules()).iloc[0]
    if part["gap_level"] != "unknown":
        allowed = {full["gap_level"]} | (
            {"at_risk"} if full["gap_level"] == "reinforced" else set()
        )
        assert part["gap_level"] in allowed
    if pd.notna(part["risk_reasons"]):
        assert set(part["risk_reasons"].split(";")) - {""} <= set(full["risk_reasons"].split(";"))
    if pd.notna(part["has_local_members"]):
        assert part["has_local_members"] == full["has_local_members"]


def test_every_combination_has_a_level():
    values = itertools.product([None, 0, 2, 3, 8], [None, 0, 3], ["own", "joint", "none", None])
    rows = [SOUND | {"members": m, "reinforced_members": r, "cell_status": s} for m, r, s in values]
    got = gap_levels(table(rows), rules=Rules())
    assert got["gap_level"].notna().all()
