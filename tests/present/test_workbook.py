"""The workbook says what is unknown, and nothing in it runs."""

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from geoparty import words
from geoparty.pipeline import ClassAnswers
from geoparty.present.workbook import workbook_bytes

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "http://x.vn", '=HYPERLINK("http://x")']


def opened(results):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(results)))


def rows(sheet) -> list[dict]:
    head, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_sheets_are_titled_in_the_language_of_the_run_and_named_for_programs(make):
    book = opened(make())
    assert book.sheetnames == ["Tổng hợp", "Địa bàn", "Xã", "Điểm mở lớp", "Đối soát dữ liệu"]
    assert set(book.defined_names) == {"places", "communes", "sites", "account"}
    assert book.defined_names["communes"].attr_text.startswith("'Xã'!$A$1:")
    english = opened(make(language="en"))
    assert english.sheetnames[:2] == ["Summary", "Places"]


def test_places_come_by_priority_with_words_for_what_is_unknown(make):
    places = rows(opened(make())["Địa bàn"])
    assert [p["Tên địa bàn"][-1] for p in places] == ["A", "B", "D", "C", "F", "E", "G"]
    unknown = next(p for p in places if p["Tên địa bàn"] == "Bản F")
    assert unknown["Đảng viên"] == "chưa báo cáo"
    assert unknown["Có đảng viên tại chỗ"] == "chưa rõ"
    assert places[0]["Đảng viên"] == 0
    cut_off = next(p for p in places if p["Tên địa bàn"] == "Bản D")
    assert cut_off["Đến trung tâm xã, mùa mưa (phút)"] == "không có đường"
    assert places[-1]["Đến trung tâm xã, mùa mưa (phút)"] == "chưa đo được"


def test_no_unknown_count_becomes_a_number(make):
    results = make()
    places = rows(opened(results)["Địa bàn"])
    by_id = {p["Mã địa bàn"]: p for p in places}
    for place_id, members in results.places["members"].items():
        shown = by_id[place_id]["Đảng viên"]
        assert shown == (
            "chưa báo cáo" if members is results.places["members"].dtype.na_value else members
        )


def test_lists_can_be_filtered_and_keep_their_head_in_sight(make):
    sheet = opened(make())["Địa bàn"]
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.freeze_panes == "C2"
    level = next(c for c in sheet[2] if c.value == "Chưa có đảng viên")
    assert level.fill.fgColor.rgb != "00000000"


def test_levels_add_up_to_the_number_of_places(make):
    sheet = opened(make())["Tổng hợp"]
    lines = [[c for c in row if c is not None] for row in sheet.iter_rows(values_only=True)]
    start = next(i for i, line in enumerate(lines) if line[:1] == ["Địa bàn theo mức độ phủ"])
    table = lines[start + 2 : start + 10]
    assert sum(line[1] for line in table[:7]) == table[7][1] == 7
    assert table[0] == ["Chưa có đảng viên", 1, 7, pytest.approx(1 / 7)]


def test_the_summary_names_the_rules_and_the_dates_of_the_data(make):
    sheet = opened(make())["Tổng hợp"]
    values = [c for row in sheet.iter_rows(values_only=True) for c in row if c is not None]
    assert "31/12/2025" in values
    assert any(str(v).startswith("Số đảng viên chính thức tối thiểu") for v in values)
    assert "Tệp thon.xlsx: và 2 mục khác." in values


@pytest.mark.parametrize("language", ["vi", "en"])
def test_text_that_looks_like_a_formula_or_link_stays_text(language, make):
    book = opened(make(names=HOSTILE, language=language))
    found = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                found.add(cell.value)
    assert set(HOSTILE) <= found


def test_text_longer_than_a_cell_is_cut_and_kept(make):
    sheet = opened(make(names=["x" * 40_000, *"ABCDEF"]))["Địa bàn"]
    assert any(len(str(c.value)) == 32_767 for c in sheet["B"])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_account_says_in_words_how_each_row_was_matched(make, language):
    results = make(language=language)
    how = ["code", "id", "name", "name_without_marks", "similar", "crosswalk", "override", ""]
    lines = pd.concat([results.account] * 2, ignore_index=True).assign(how=how)
    book = opened(replace(results, account=lines))
    found = rows(book[words.text("present.sheet_account", language)])
    told = {line[words.text("present.col_how", language)] for line in found}
    assert not told & set(how[:7])
    assert words.text("present.table_places", language) in {
        line[words.text("present.col_table", language)] for line in found
    }


def printed(sheet):
    """The rows of a sheet that come on paper, below its head, and how many columns of them."""
    head, *lines = sheet[sheet.print_area.rpartition("!")[2].replace("$", "")]
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.fitToHeight == 0  # as many pages as it takes, one wide
    assert sheet.page_setup.fitToWidth in (None, 1)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    names = [cell.value for cell in head]
    return [dict(zip(names, [c.value for c in line], strict=True)) for line in lines]


def test_paper_gets_the_places_with_a_gap_and_the_file_every_place(make):
    results = make()
    sheet = opened(results)["Địa bàn"]
    level = words.text("levels.covered", "vi")
    on_paper = printed(sheet)
    assert [p["Tên địa bàn"] for p in on_paper] == [
        p["Tên địa bàn"] for p in rows(sheet) if p["Mức độ phủ"] != level
    ]
    assert 0 < len(on_paper) < len(rows(sheet)) == len(results.places)
    assert "Đảng viên" in on_paper[0]
    assert "Mã địa bàn" not in on_paper[0]


def test_paper_gets_the_rows_to_be_looked_at_and_the_account_is_whole(make):
    results = make()
    outcome = ["matched", "rejected", "total", "matched", "unmatched", "matched"]
    lines = pd.DataFrame([results.account.iloc[0]] * 6).reset_index(drop=True)
    lines = lines.assign(outcome=outcome, reason="", row=range(2, 8))
    lines.loc[[1, 4], "reason"] = ["read.duplicate_id", "link.no_such_place"]
    book = opened(replace(results, account=lines))
    sheet = book["Đối soát dữ liệu"]
    assert [p["Dòng"] for p in printed(sheet)] == [3, 6]
    assert [p["Dòng"] for p in rows(sheet)] == [3, 6, 2, 4, 5, 7]
    assert book.defined_names["account"].attr_text.endswith("$7")
    nothing = opened(replace(results, account=lines.iloc[[0, 2]]))["Đối soát dữ liệu"]
    assert printed(nothing) == []
    assert len(rows(nothing)) == 2


def test_what_is_printed_last_is_the_account(make):
    told = pd.DataFrame(
        {"practice_hours": [2.0], "plan_hours": [1.0], "saved_hours": [1.0], "candidates": [4]}
        | {"not_compared": [0], "n_places": [1], "n_small": [0]},
        index=["commune"],
    )
    answers = ClassAnswers(practice=told)
    book = opened(replace(make(), answers=answers))
    assert book.sheetnames[-2:] == ["Phương án mở lớp", "Đối soát dữ liệu"]
    assert rows(book["Đối soát dữ liệu"])
    assert "DỮ LIỆU GIẢ LẬP" in book["Đối soát dữ liệu"].oddHeader.right.text
