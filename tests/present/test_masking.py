"""Circulated results show no small count, and none can be worked out from what is shown."""

import io

import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from scipy.optimize import linprog

from geoparty.present import circulation, map_html, report_docx, write_outputs
from geoparty.present.masking import PERSON_COUNTS, hide, hide_counts
from geoparty.present.workbook import workbook_bytes

BELOW = 5


def table(rows):
    frame = pd.DataFrame(rows, columns=["province_code", "commune_code", "value"])
    frame["commune_code"] = frame["province_code"] + frame["commune_code"]
    frame["value"] = frame["value"].astype("Int64")
    return frame


tables = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.sampled_from("abc"),
        st.one_of(st.none(), st.integers(0, 7), st.integers(5, 60)),
    ),
    min_size=1,
    max_size=25,
).map(table)


def shown_equations(frame, hidden):
    """Return every total a reader sees as (rows it sums, its value)."""
    filled = frame["value"].fillna(0).astype(int)
    sums = [] if hidden.whole else [(np.ones(len(frame), bool), filled.sum())]
    for column, away in (("commune_code", hidden.communes), ("province_code", hidden.provinces)):
        for code, rows in frame.groupby(column).groups.items():
            if code not in away:
                sums.append((frame.index.isin(rows), filled.loc[rows].sum()))
    return sums


def range_of(target, frame, hidden):
    """Return the least and the most a sum of rows can be for a reader who knows all shown."""
    filled = frame["value"].fillna(0).to_numpy(dtype=float)
    bounds = [(1, None) if h else (v, v) for v, h in zip(filled, hidden.places, strict=True)]
    sums = shown_equations(frame, hidden)
    equations = {}
    if sums:
        matrix = np.array([rows for rows, _ in sums], float)
        equations = {"A_eq": matrix, "b_eq": [float(total) for _, total in sums]}
    ends = []
    for sign in (1, -1):
        answer = linprog(sign * target.astype(float), bounds=bounds, **equations)
        assert answer.status in (0, 3), answer.message
        ends.append(sign * answer.fun if answer.status == 0 else sign * -np.inf)
    return ends


@settings(max_examples=60, deadline=None)
@given(frame=tables)
def test_no_hidden_value_or_total_can_be_worked_out(frame):
    hidden = hide(frame["value"], frame, below=BELOW)
    for row in np.flatnonzero(hidden.places):
        low, high = range_of(np.arange(len(frame)) == row, frame, hidden)
        assert high - low + 1 >= BELOW - 1e-6
    for code in hidden.communes:
        low, high = range_of((frame["commune_code"] == code).to_numpy(), frame, hidden)
        assert high - low >= 1 - 1e-6


pairs = st.lists(
    st.tuples(st.sampled_from("xy"), st.sampled_from("ab"), st.integers(0, 9), st.floats(0, 1)),
    min_size=1,
    max_size=8,
)


def two_counts(rows):
    frame = table([(p, c, n) for p, c, n, _ in rows]).rename(columns={"value": "members"})
    official = [round(n * share) for _, _, n, share in rows]
    return frame.assign(official_members=pd.array(official, dtype="Int64"))


@settings(max_examples=60, deadline=None)
@given(frame=pairs.map(two_counts))
@example(frame=two_counts([("x", "a", 1, 0.0), ("x", "a", 6, 1.0)]))
def test_a_part_beside_its_whole_gives_no_hidden_value_away(frame):
    """The reader also knows that official members are members: one system of both counts."""
    hidden = hide_counts(frame, below=BELOW)
    names, n = ("members", "official_members"), len(frame)
    bounds, rows, totals = [], [], []
    for at, name in enumerate(names):
        values = frame[name].to_numpy(dtype=float)
        found = hidden[name]
        bounds += [(1, None) if h else (v, v) for v, h in zip(values, found.places, strict=True)]
        one = frame.assign(value=frame[name])
        for mask, total in shown_equations(one, found):
            rows.append(np.concatenate([mask * (at == k) for k in (0, 1)]).astype(float))
            totals.append(float(total))
    part_of_whole = np.hstack([-np.eye(n), np.eye(n)])
    known = {"A_ub": part_of_whole, "b_ub": np.zeros(n), "bounds": bounds}
    known |= {"A_eq": np.array(rows), "b_eq": totals} if rows else {}
    for at in np.flatnonzero(np.concatenate([hidden[name].places for name in names])):
        target = np.eye(2 * n)[at]
        low, high = linprog(target, **known), linprog(-target, **known)
        assert low.status == 0
        assert high.status == 3 or -high.fun - low.fun >= 1 - 1e-6


@given(frame=tables)
def test_nothing_small_is_shown(frame):
    hidden = hide(frame["value"], frame, below=BELOW)
    shown = frame["value"][~hidden.places].dropna()
    assert not shown.between(1, BELOW - 1).any()
    for column, away in (("commune_code", hidden.communes), ("province_code", hidden.provinces)):
        sums = frame.groupby(column)["value"].sum()
        assert not sums[~sums.index.isin(away)].between(1, BELOW - 1).any()


@given(frame=tables)
def test_row_order_never_matters(frame):
    turned = frame.iloc[::-1].reset_index(drop=True)
    first, second = (hide(f["value"], f, below=BELOW) for f in (frame, turned))
    assert first.communes == second.communes
    assert first.provinces == second.provinces
    hidden = [sorted(f["value"][h.places]) for f, h in ((frame, first), (turned, second))]
    assert hidden[0] == hidden[1]


def test_large_counts_zero_and_unknown_are_left_alone():
    frame = table([("x", "a", 9), ("x", "a", 0), ("x", "a", None), ("x", "b", 80)])
    hidden = hide(frame["value"], frame, below=BELOW)
    assert not hidden.places.any()
    assert not hidden.communes | hidden.provinces
    assert not hidden.whole


def test_one_small_place_takes_a_second_with_it():
    frame = table([("x", "a", 2), ("x", "a", 30), ("x", "a", 12), ("x", "b", 50)])
    hidden = hide(frame["value"], frame, below=BELOW)
    assert hidden.places.tolist() == [True, False, True, False]
    assert not hidden.communes


def test_a_lone_small_place_hides_its_commune_and_a_second_commune():
    frame = table([("x", "a", 2), ("x", "b", 30), ("x", "b", 40), ("x", "c", 90)])
    hidden = hide(frame["value"], frame, below=BELOW)
    assert hidden.places.tolist() == [True, True, False, False]
    assert hidden.communes == {"xa", "xb"}


def test_circulated_results_keep_no_small_count_and_no_working_column(make):
    results = circulation(make(), mark="LƯU HÀNH NỘI BỘ")
    places = results.places
    for name in set(PERSON_COUNTS) & set(places):
        assert not places[name].dropna().between(1, 4).any()
    assert not {"file", "sheet", "row", "head_is_member", "cell_id"} & set(places)
    assert results.account.empty
    assert results.assignments.empty
    assert results.problems == ()
    assert results.progress is None
    assert "inputs" not in results.run["settings"]
    assert places.loc["P1", "masked"].split(";")[0] == "members"
    assert places.loc["P4", "members"] is pd.NA
    assert places.loc["P4", "masked"] == ""


def test_a_small_rest_hides_the_part():
    frame = pd.DataFrame({"commune_code": ["a"] * 3, "province_code": "x"})
    also = np.array([True, False, False])
    values = pd.Series(pd.array([9, 20, 30], dtype="Int64"))
    hidden = hide(values, frame, below=BELOW, also=also)
    assert hidden.places[0]
    assert hidden.places.sum() == 2


def test_every_export_says_what_is_hidden_and_carries_the_mark(make, tmp_path):
    results = circulation(make(), mark="LƯU HÀNH NỘI BỘ")
    write_outputs(results, tmp_path)
    for name in ("places.geojson", "run.json", "map.html"):
        assert "LƯU HÀNH NỘI BỘ" in (tmp_path / name).read_text("utf-8")
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(results)))
    assert "LƯU HÀNH NỘI BỘ" in book.worksheets[0]["A1"].value
    head, *rows = book["Địa bàn"].iter_rows(values_only=True)
    shown = [row[head.index("Đảng viên")] for row in rows]
    assert "đã che" in shown
    assert "chưa báo cáo" in shown
    assert not {1, 2, 3, 4} & set(shown)


@pytest.mark.parametrize("build", [map_html, report_docx])
def test_other_exports_of_circulated_results_work(make, build):
    assert build(circulation(make()))


def test_the_planners_own_results_are_not_touched(make):
    results = make()
    circulation(results)
    pd.testing.assert_frame_equal(results.places, make().places)
    assert "masked" not in results.places
