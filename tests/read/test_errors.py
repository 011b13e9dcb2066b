"""Errors and fonts of cells, in each format of a workbook (saved by LibreOffice)."""

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from geoparty.errors import InputError
from geoparty.read import read_counts

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsx"])
def test_an_error_is_told_with_its_row_never_taken_for_not_reported(suffix):
    read = read_counts(DATA / f"errors.{suffix}", encoding="tcvn3")
    sound = read.frame.set_index("place_name").loc[["Bản Nà Sự", "Bản Nậm Pố"]]
    assert sound["members"].tolist() == [5, 3]
    assert read.frame.isna().any(axis=1).sum() >= 4
    told = {p.key: (p.rows, p.params["detail"]) for p in read.problems if p.severity == "error"}
    assert told == {"read.excel_error": ((3, 4, 5, 7), ["#DIV/0!", "#N/A", "#REF!"])}
    assert len(read.frame) == read.rows_read == 6


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsx"])
def test_the_font_of_the_cells_tells_the_old_encoding(suffix):
    with pytest.raises(InputError, match=r"TCVN3 .*B¶n Nµ Sù → Bản Nà Sự"):
        read_counts(DATA / f"errors.{suffix}")


def test_nought_of_a_formula_never_calculated_is_not_a_count(tmp_path):
    """A program that writes formulas without calculating them stores 0 as their result."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Mã thôn", "Số đảng viên", "Tình trạng chi bộ"])
        sheet.write_row(1, 0, ["A", 0, "Chưa có"])
        sheet.write_row(2, 0, ["B", None, "Chi bộ riêng"])
        sheet.write_formula(2, 1, "=4+3")
        sheet.write_row(3, 0, ["C", None, "Chi bộ riêng"])
        sheet.write_formula(3, 1, "=4+3", None, 7)
    read = read_counts(path)
    assert read.frame.set_index("place_id")["members"].dropna().to_dict() == {"A": 0, "C": 7}
    assert read.frame["place_id"].tolist() == ["A", "B", "C"]
    assert [(p.key, p.rows) for p in read.problems if p.severity == "error"] == [
        ("read.no_result", (3,))
    ]
    assert pd.isna(read.frame["members"][1])


def test_xls_whose_errors_cannot_be_told_is_refused(monkeypatch):
    """Its values could be read, but an error among them would pass for not reported."""

    def odd(*_, **__):
        raise IndexError("odd record")

    monkeypatch.setattr("xlrd.open_workbook", odd)
    with pytest.raises(InputError) as error:
        read_counts(DATA / "errors.xls", encoding="tcvn3")
    assert [p.key for p in error.value.problems] == ["read.damaged"]
