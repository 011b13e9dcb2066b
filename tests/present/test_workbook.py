"""The workbook says what is unknown, and nothing in it runs."""

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from geoparty import words
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
    assert cut_off["Đến trung tâm xã, Mùa mưa (phút)"] == "không có đường"
    assert places[-1]["Đến trung tâm xã, Mùa mưa (phút)"] == "chưa đo được"


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
    assert "tệp thon.xlsx: và 2 mục khác" in values


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
