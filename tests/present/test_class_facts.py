"""What is told beside a class plan, as rows people read."""

from dataclasses import replace

import numpy as np
import pandas as pd

from geoparty.pipeline import ClassAnswers
from geoparty.present import class_facts
from geoparty.present.workbook import workbook_bytes

PRACTICE = pd.DataFrame(
    {
        "candidates": [120.0],
        "plan_hours": [31.04],
        "practice_hours": [150.0],
        "saved_hours": [118.96],
        "not_compared": [0.0],
        "n_places": [6],
        "n_small": pd.array([2], dtype="Int64"),
    },
    index=pd.Index(["commune"], name="practice"),
)
CHANGES = pd.DataFrame(
    {"now": [120.0, 100.0], "needed": [167.2, np.nan], "places": [["a"], ["a"]]},
    index=pd.Index(["max_travel_min", "max_size"], name="rule"),
)
CURVE = pd.DataFrame(
    {
        "status": ["optimal"],
        "n_held": [2],
        "person_hours": [92.78],
        "bound_hours": [90.0],
        "mean_min": [39.2],
        "max_min": [99.9],
        "n_unserved": [0],
    },
    index=pd.Index([2], name="n_sites"),
)
FIRM = pd.DataFrame(
    {"stays_10": [2 / 3], "stays_wet": [1.0], "firm_to": [0.1]},
    index=pd.Index(["a"], name="place_id"),
)
NAMES = pd.Series({"a": "Bản Na (Mù Cả)"})


def test_every_answer_reads_in_both_languages():
    for language, practice, rule in (
        ("vi", "Mỗi xã một lớp, học ở trung tâm xã", "Đi xa nhất (phút)"),
        ("en", "One class in each commune, at its centre", "Longest trip (minutes)"),
    ):
        row = class_facts.practice(PRACTICE, language).rows[0]
        assert row == (practice, 6, 2, 120, 150.0, 31.0, 119.0)
        rows = class_facts.changes(CHANGES, language).rows
        assert rows[0] == (rule, 120, 168)
        assert isinstance(rows[1][2], str)
        assert class_facts.forcing(CHANGES, NAMES, language).rows == (("Bản Na (Mù Cả)",),)
        assert class_facts.curve(CURVE, language).rows[0] == (2, 2, 92.8, 90.0, 39.2, 99.9, 0)
        firm = class_facts.firmness(FIRM, NAMES, {"wet": "Mùa mưa"}, language)
        assert firm.rows == (("Bản Na (Mù Cả)", 2 / 3, 1.0, 0.1),)
        assert len(firm.headers) == len(firm.rows[0])


def test_nothing_asked_is_nothing_told(results):
    assert class_facts.blocks(results, "vi") == []
    empty = replace(results, answers=ClassAnswers())
    assert class_facts.blocks(empty, "vi") == []


def test_the_workbook_has_a_sheet_for_it(results, tmp_path):
    import openpyxl

    told = replace(results, answers=ClassAnswers(practice=PRACTICE, curve=CURVE))
    path = tmp_path / "gaps.xlsx"
    path.write_bytes(workbook_bytes(told))
    book = openpyxl.load_workbook(path)
    rows = book["Phương án mở lớp"].iter_rows(values_only=True)
    cells = [cell for row in rows for cell in row]
    assert 31.0 in cells
    assert 90.0 in cells
