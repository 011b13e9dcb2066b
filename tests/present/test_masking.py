"""Circulated results show no small count, and none can be worked out from what is shown."""

import io
from dataclasses import replace

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from scipy.optimize import linprog

from geoparty.assess import gap_levels
from geoparty.present import circulation, labels, map_html, report_docx, write_outputs
from geoparty.present.hiding import hide
from geoparty.present.masking import PERSON_COUNTS, hide_counts
from geoparty.present.workbook import workbook_bytes
from geoparty.settings import Rules

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


FAMILY = ("members", "official_members", "reinforced_members", "members_over_60")
PARTS = ((1, 0), (2, 1), (2, 0), (3, 0))  # of FAMILY: a part, and the whole it is within

reports = st.lists(
    st.tuples(
        st.sampled_from("xy"),
        st.sampled_from("ab"),
        st.one_of(st.integers(0, 9), st.integers(0, 40)),
        *[st.sampled_from([0.0, 0.3, 0.7, 1.0])] * 3,
        st.sampled_from(["none", "own", "joint"]),
    ),
    min_size=1,
    max_size=8,
)


def four_counts(rows):
    """Return places with counts that fit each other, and the gap levels they come to."""
    frame = table([row[:3] for row in rows]).rename(columns={"value": "members"})
    members = frame["members"].to_numpy(dtype=int)
    official = np.array([round(n * row[3]) for n, row in zip(members, rows, strict=True)], int)
    reinforced = [round(n * row[4]) for n, row in zip(official, rows, strict=True)]
    over_60 = [round(n * row[5]) for n, row in zip(members, rows, strict=True)]
    for name, values in zip(FAMILY[1:], (official, reinforced, over_60), strict=True):
        frame[name] = pd.array(values, dtype="Int64")
    frame["cell_status"] = [row[6] for row in rows]
    return frame.join(gap_levels(frame, rules=Rules()))


def reader_of_all_counts(frame, hidden):
    """Return one linear system of all four counts: what is shown, and what gap levels say."""
    n = len(frame)
    own = frame["gap_level"].astype(str).isin(["covered", "reinforced"]).to_numpy()
    bounds, rows, totals, parts, gaps = [], [], [], [], []
    for at, name in enumerate(FAMILY):
        found, values = hidden[name], frame[name].to_numpy(dtype=float)
        least = np.where(own & (at < 2), 3, 1)
        cells = zip(values, found.places, least, strict=True)
        bounds += [(low, None) if h else (v, v) for v, h, low in cells]
        for mask, total in shown_equations(frame.assign(value=frame[name]), found):
            rows.append(np.concatenate([mask * (at == k) for k in range(4)]).astype(float))
            totals.append(float(total))
    for part, whole in PARTS:
        for row in range(n):
            line = np.zeros(4 * n)
            line[part * n + row], line[whole * n + row] = 1, -1
            local = frame["has_local_members"].iloc[row]
            asked = (part, whole) == (2, 0) and local is not pd.NA
            parts.append(line)
            gaps.append(-1.0 if asked and local else 0.0)
            if asked and not local:
                rows.append(line)
                totals.append(0.0)
    known = {"A_ub": np.array(parts), "b_ub": gaps, "bounds": bounds}
    return known | ({"A_eq": np.array(rows), "b_eq": totals} if rows else {})


@settings(max_examples=60, deadline=None)
@given(frame=reports.map(four_counts))
@example(frame=four_counts([("x", "a", 1, 0.0, 0.0, 0.0, "own"), ("x", "a", 6, 1, 0, 0, "own")]))
@example(  # 14 official members in two places, of 9 members and of 5 or less
    frame=four_counts(
        [("x", "a", n, share, 0.0, 0.0, "joint") for n, share in ((5, 1.0), (1, 0.0), (9, 1.0))]
    )
)
@example(  # covered: three official members at least, six in two places
    frame=four_counts([("x", "a", 3, 1.0, 0.0, 0.0, "own"), ("x", "a", 3, 1.0, 0.0, 0.0, "own")])
)
def test_all_counts_together_give_no_hidden_value_away(frame):
    """The reader also knows what is part of what, and what the gap levels say."""
    hidden = hide_counts(frame, below=BELOW)
    known = reader_of_all_counts(frame, hidden)
    for at in np.flatnonzero(np.concatenate([hidden[name].places for name in FAMILY])):
        target = np.eye(4 * len(frame))[at]
        low, high = linprog(target, **known), linprog(-target, **known)
        assert low.status == 0, low.message
        assert high.status == 3 or -high.fun - low.fun >= 1 - 1e-6


classes = st.lists(
    st.tuples(
        st.sampled_from("xy"),
        st.sampled_from("ab"),
        st.one_of(st.none(), st.integers(0, 4), st.integers(0, 30)),
        st.sampled_from(["S1", "S2", "S3", None]),
        st.integers(1, 90),
        st.booleans(),
    ),
    min_size=2,
    max_size=16,
)


def with_classes(make, rows):
    """Return results whose places go to classes; a place may be served in part, or nowhere."""
    frame = table([row[:3] for row in rows]).rename(columns={"value": "candidates"})
    frame.index = pd.Index([f"P{i}" for i in range(len(rows))], name="place_id")
    points = gpd.points_from_xy([103.0] * len(rows), [21.0] * len(rows))
    places = gpd.GeoDataFrame(frame, geometry=points, crs=4326)
    went = places.assign(site_id=[row[3] for row in rows], travel_min=[row[4] for row in rows])
    went["candidates"] -= [int(row[5] and (row[2] or 0) > 1) for row in rows]  # one is left out
    went = went[went["site_id"].notna() & (went["candidates"] > 0).fillna(False)].reset_index()
    sizes = went.groupby("site_id")["candidates"].sum()
    person_minutes = (went["candidates"] * went["travel_min"]).groupby(went["site_id"]).sum()
    sites = gpd.GeoDataFrame(
        {"n_candidates": sizes, "mean_min": (person_minutes / sizes).astype(float)},
        geometry=gpd.points_from_xy([103.0] * len(sizes), [21.0] * len(sizes)),
        crs=4326,
    )
    columns = ["place_id", "site_id", "candidates", "travel_min"]
    return replace(make(), places=places, sites=sites, assignments=went[columns])


def going(commune, site, *candidates, minutes=20):
    return [("x", commune, n, site, minutes, False) for n in candidates]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=classes)
@example(rows=going("a", "S1", 4, 4, 4) + going("b", "S1", 2) + going("b", "S2", 9, 9))
@example(rows=going("a", "S1", 4, minutes=10) + going("a", "S1", 3) + going("b", "S2", 30))
def test_sizes_of_classes_and_totals_together_give_no_hidden_value_away(make, rows):
    """The reader knows who goes to which class, for how long, and every size and total shown."""
    results = with_classes(make, rows)
    shown, told = circulation(results, mask_below=BELOW).sites, results.assignments
    places = results.places.reset_index().assign(value=lambda frame: frame["candidates"])
    hidden = hide(places["value"], places, below=BELOW)
    n, m = len(places), len(told)
    values = places["value"].fillna(0).to_numpy(dtype=float)
    row_of = dict(zip(places["place_id"], range(n), strict=True))
    bounds = [(1, None) if h else (v, v) for v, h in zip(values, hidden.places, strict=True)]
    sums = [(np.append(mask, np.zeros(m)), t) for mask, t in shown_equations(places, hidden)]
    served = {"A_ub": np.zeros((m, n + m)), "b_ub": np.zeros(m)}
    for at, (place, part) in enumerate(zip(told["place_id"], told["candidates"], strict=True)):
        row = row_of[place]
        if part == values[row]:  # all of it goes; else how many do is not known
            sums.append((np.eye(n + m)[n + at] - np.eye(n + m)[row], 0.0))
        served["A_ub"][at, [n + at, row]] = 1, -1
        bounds.append((0, None))
    for site, line in shown.iterrows():
        goes = np.append(np.zeros(n), told["site_id"].eq(site).to_numpy(dtype=float))
        minutes = np.append(np.zeros(n), told["travel_min"].to_numpy(dtype=float))
        if not pd.isna(line["n_candidates"]):
            sums.append((goes, float(line["n_candidates"])))
        if not pd.isna(line["mean_min"]):
            sums.append((goes * (minutes - line["mean_min"]), 0.0))
    equations = {"A_eq": np.array([s for s, _ in sums]), "b_eq": [float(t) for _, t in sums]}
    known = served | (equations if sums else {}) | {"bounds": bounds}
    for row in np.flatnonzero(hidden.places):
        target = np.eye(n + m)[row]
        low, high = linprog(target, **known), linprog(-target, **known)
        assert low.status == 0, low.message
        assert high.status == 3 or -high.fun - low.fun + 1 >= BELOW - 1e-6


def test_a_class_of_whole_communes_keeps_its_size(make):
    rows = going("a", "S1", *[4] * 5) + going("b", "S1", *[3] * 5, minutes=30)
    sites = circulation(with_classes(make, rows), mask_below=BELOW).sites
    assert sites["n_candidates"].tolist() == [35]
    assert sites["masked"].tolist() == ["mean_min"]


def test_a_class_of_a_part_of_a_place_keeps_its_size_to_itself(make):
    """Of 20 candidates four go, with the one of another place: five in all, so that one is below 5.

    Read as if all of both places went, their sum of 21 would be safe to show.
    """
    rows = going("a", "S1", 20) + going("a", "S1", 1) + going("b", "S2", 30)
    results = with_classes(make, rows)
    assert circulation(results, mask_below=BELOW).sites["n_candidates"].tolist() == [21, 30]
    went = results.assignments.assign(candidates=[4, 1, 30])
    sites = results.sites.assign(n_candidates=[5, 30])
    shown = circulation(replace(results, assignments=went, sites=sites), mask_below=BELOW).sites
    assert shown["n_candidates"].isna().tolist() == [True, False]


def test_places_are_ranked_without_their_hidden_counts(make):
    """Candidates order places that are alike else; the rank would tell who has more."""
    results = make()
    places = results.places.assign(gap_level="no_cell", is_border=True, households=40)
    places = places.assign(candidates=[1, 2, 3, 4, 5, 6, 7], is_cut_off_wet=False)
    ranks = [
        circulation(replace(results, places=p)).places["priority"].tolist()
        for p in (places, places.assign(candidates=[7, 6, 5, 4, 3, 2, 1]))
    ]
    assert ranks[0] == ranks[1]


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


def test_a_scenario_handed_round_is_told_without_the_name_somebody_gave_it(make):
    results = make()
    name = "theo ý kiến tổ công tác"
    results = replace(results, run=results.run | {"plan": {"status": "optimal", "scenario": name}})
    assert name in labels.note(results.run, "vi")
    told = labels.note(circulation(results).run, "vi")
    assert name not in told
    assert "phương án tính thử chưa đặt tên" in told
    assert "phương án" not in labels.note(circulation(make()).run, "vi")
