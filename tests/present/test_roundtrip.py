"""The office gets its own workbook back, every row in its place, with our columns beside."""

import io

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font

from geoparty.errors import InputError
from geoparty.present.roundtrip import SIGN, add_to_workbook
from geoparty.schema import ACCOUNT


@pytest.fixture
def office():
    """Return a workbook with a title, a two-line gap, a total and columns of its own."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    sheet["A1"] = "DANH SÁCH THÔN, BẢN"
    sheet.append([])
    sheet.append([])
    sheet.append(["TT", "Tên", "Ghi chú của cơ quan"])
    for i, name in enumerate(["Bản A", "Bản B", "Bản lạ"], start=1):
        sheet.append([i, name, f"ghi chú {i}"])
    sheet.append(["", "Cộng", "=SUM(A5:A7)"])
    sheet["B4"].font = Font(bold=True)
    book.create_sheet("Trang khác")["B2"] = "giữ nguyên"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture
def filled(results):
    rows = [
        ("places", "thon.xlsx", "Sheet1", 5, "matched", "name", 1.0, "P0", "", ""),
        ("places", "thon.xlsx", "Sheet1", 6, "matched", "code", None, "P3", "", ""),
        ("places", "thon.xlsx", "Sheet1", 7, "unmatched", "", None, "", "=1+1", "x"),
        ("places", "thon.xlsx", "Sheet1", 8, "total", "", None, "", "", ""),
    ]
    object.__setattr__(results, "account", pd.DataFrame(rows, columns=list(ACCOUNT)))
    return results


def sheet_of(data):
    return openpyxl.load_workbook(io.BytesIO(data))["Sheet1"]


def test_their_cells_stay_and_ours_come_after(office, filled):
    before = sheet_of(office)
    after = sheet_of(add_to_workbook(office, filled, file="thon.xlsx"))
    for row in before.iter_rows():
        for cell in row:
            assert after[cell.coordinate].value == cell.value
    assert after["B4"].font.bold
    assert after["D4"].value == SIGN + "Kết quả"
    assert [after.cell(row, 4).value for row in range(5, 9)] == [
        "Đã khớp",
        "Đã khớp",
        "Không khớp",
        "Dòng tổng cộng",
    ]


def test_rows_get_the_results_of_their_place_in_words(office, filled):
    after = sheet_of(add_to_workbook(office, filled, file="thon.xlsx"))
    heads = {cell.value: cell.column for cell in after[4]}
    assert after.cell(5, heads[SIGN + "Mức độ phủ"]).value == "Chưa có đảng viên"
    assert after.cell(6, heads[SIGN + "Đến trung tâm xã, mùa mưa (phút)"]).value == "không có đường"
    assert after.cell(7, heads[SIGN + "Mức độ phủ"]).value is None
    assert after.cell(5, heads[SIGN + "Thứ tự ưu tiên"]).value == 1


def test_a_second_round_adds_no_columns(office, filled):
    once = add_to_workbook(office, filled, file="thon.xlsx")
    twice = add_to_workbook(once, filled, file="thon.xlsx")
    assert sheet_of(once).max_column == sheet_of(twice).max_column


def test_our_texts_are_never_formulas(office, filled):
    after = sheet_of(add_to_workbook(office, filled, file="thon.xlsx"))
    reason = after["E7"]
    assert (reason.value, reason.data_type) == ("=1+1", "s")
    assert after["C8"].data_type == "f"


def test_other_sheets_and_files_are_left_alone(office, filled):
    data = add_to_workbook(office, filled, file="khac.xlsx")
    assert sheet_of(data).max_column == 3
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["Trang khác"]["B2"].value == "giữ nguyên"


@pytest.mark.parametrize("data", [b"", b"xyz", b"PK\x03\x04"])
def test_a_file_that_is_no_workbook_is_said(filled, data):
    with pytest.raises(InputError, match=r"not an \.xlsx workbook"):
        add_to_workbook(data, filled, file="thon.xlsx")
