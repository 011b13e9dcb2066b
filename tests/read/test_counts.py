"""Counts: every row kept, or set aside with the reason and the place to look."""

import pandas as pd
import pytest

from geoparty.errors import InputError
from geoparty.read import read_counts
from geoparty.schema import COUNTS, SOURCE_COLUMNS

HEAD = "Mã thôn,Tên thôn,Số đảng viên,Đảng viên chính thức,Đảng viên tăng cường,Chi bộ"
HEAD_NAMES = (
    *("place_id", "place_name", "members", "official_members", "reinforced_members"),
    "cell_status",
)


def keys(error):
    return [p.key for p in error.value.problems]


def test_frame_has_the_schema_and_where_each_row_came_from(csv_file):
    read = read_counts(csv_file(HEAD, "A,Bản Ten,5,4,1,riêng", "", "B,Bản Na,0,,,chưa có"))
    assert list(read.frame.columns) == [*COUNTS, *SOURCE_COLUMNS]
    assert read.frame["row"].tolist() == [2, 4]
    assert read.frame["cell_status"].tolist() == ["own", "none"]
    assert read.frame.loc[0, ["members", "official_members", "reinforced_members"]].tolist() == [
        5,
        4,
        1,
    ]
    assert read.rows_read == 2
    assert read.problems == ()


@pytest.mark.parametrize("blank", ["", "-", "–", "…", "chưa có số liệu", "  "])
def test_unreported_count_is_never_zero(csv_file, blank):
    read = read_counts(csv_file(HEAD, f"A,Bản Ten,{blank},,,ghép"))
    assert read.frame["members"].isna().all()
    assert read.frame["official_members"].isna().all()


@pytest.mark.parametrize(
    ("row", "reason", "detail", "unknown"),
    [
        ("A,Bản,-3,1,,riêng", "read.negative", "-3", {"members"}),
        ('A,Bản,"2,5",1,,riêng', "read.fraction", "2,5", {"members"}),
        ("A,Bản,ba,1,,riêng", "read.not_number", "ba", {"members"}),
        ("A,Bản,3,#REF!,,riêng", "read.excel_error", "#REF!", {"official_members"}),
        ("A,Bản,3,4,,riêng", "read.more_official", "4 > 3", {"members", "official_members"}),
        ("A,Bản,3,1,5,riêng", "read.more_reinforced", "5 > 3", {"members", "reinforced_members"}),
        ("A,Bản,3,1,,tím", "read.unknown_value", "tím", {"cell_status"}),
    ],
)
def test_bad_value_is_told_and_unknown_and_its_row_stays(csv_file, row, reason, detail, unknown):
    read = read_counts(csv_file(HEAD, "Z,Bản Z,1,1,0,ghép", row))
    assert read.rejected.empty
    line = read.frame.set_index("place_id").loc["A"]
    told = dict(zip(HEAD_NAMES, row.replace('"2,5"', "?").split(","), strict=True))
    filled = {name for name in HEAD_NAMES if told[name]} - unknown
    assert {name for name in HEAD_NAMES if pd.notna(line.get(name, "A"))} == filled
    (problem,) = read.problems
    assert (problem.key, problem.rows, problem.file) == (reason, (3,), "t.csv")
    assert problem.severity == "error"
    assert problem.params["detail"] == [detail]
    assert problem.column
    for language in ("vi", "en"):
        assert "{" not in problem.text(language)


@pytest.mark.parametrize(
    ("head", "row", "reason"),
    [
        ("Mã thôn,Đảng viên,Chi bộ,Ngày", "A,3,riêng,31/31/2025", "read.not_date"),
        ("Mã thôn,Đảng viên,Chi bộ,Ngày", ",3,riêng,1/3/2025", "read.missing_value"),
    ],
)
def test_row_of_no_place_or_date_is_set_aside_with_reason(csv_file, head, row, reason):
    read = read_counts(csv_file(head, "Z,1,ghép,1/3/2025", row))
    assert read.frame["place_id"].tolist() == ["Z"]
    assert read.rejected[["row", "reason"]].to_numpy().tolist() == [[3, reason]]
    (problem,) = read.problems
    assert (problem.key, problem.rows, problem.severity) == (reason, (3,), "error")


def test_all_faults_of_a_row_are_listed(csv_file):
    read = read_counts(csv_file(HEAD, "A,Bản,-1,x,,tím"))
    assert len(read.frame) == read.rows_read == 1
    assert {p.key for p in read.problems} == {
        "read.negative",
        "read.not_number",
        "read.unknown_value",
    }


def test_missing_columns_are_named_together_with_the_closest_header(csv_file):
    with pytest.raises(InputError) as error:
        read_counts(csv_file("Mã thôn,So dang vien nu,Ghi chú", "A,3,"))
    assert keys(error) == ["read.missing_column"] * 2
    assert error.value.problems[0].params["near"] == "So dang vien nu"


def test_column_map_of_the_project_wins(csv_file):
    path = csv_file("id,A1,A2", "A,3,riêng")
    read = read_counts(path, columns={"members": "A1", "cell_status": "A2"})
    assert read.frame["members"].tolist() == [3]


def test_column_map_naming_a_column_that_is_not_there(csv_file):
    with pytest.raises(InputError) as error:
        read_counts(csv_file(HEAD, "A,Bản,3,3,0,riêng"), columns={"members": "Số đảng viênn"})
    assert "read.mapped_column_missing" in keys(error)
    assert "Số đảng viên" in error.value.text("vi")


def test_same_table_reads_alike_from_workbook_and_csv(csv_file, workbook):
    rows = [["Mã thôn", "Đảng viên", "Chi bộ", "Trưởng thôn là đảng viên", "Tính đến ngày"]]
    rows += [["A", 1234, "Ghép", "x", "30/6/2026"], ["B", "1.234", "own", "không", "31/12/2025"]]
    from_book = read_counts(workbook(rows)).frame
    text = [";".join(map(str, row)) for row in rows]
    from_csv = read_counts(csv_file(*text)).frame
    pd.testing.assert_frame_equal(
        from_book.drop(columns=["file", "sheet"]), from_csv.drop(columns=["file", "sheet"])
    )
    assert from_book["members"].tolist() == [1234, 1234]
    assert from_book["as_of"].dt.strftime("%Y-%m-%d").tolist() == ["2026-06-30", "2025-12-31"]


def test_several_sheets_are_read_and_notes_are_not(workbook):
    head = ["Mã thôn", "Đảng viên", "Chi bộ"]
    sheets = {
        "Hướng dẫn": [["Điền vào trang sau"], ["Không để trống"]],
        "Xã A": [head, ["A", 1, "ghép"]],
        "Xã B": [head, ["B", 2, "ghép"], ["C", -2, "ghép"]],
    }
    read = read_counts(workbook(sheets))
    assert read.frame[["place_id", "sheet", "row"]].to_numpy().tolist() == [
        ["A", "Xã A", 2],
        ["B", "Xã B", 2],
        ["C", "Xã B", 3],
    ]
    (problem,) = [p for p in read.problems if p.severity == "error"]
    assert (problem.sheet, problem.rows) == ("Xã B", (3,))


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "read.empty_file"),
        (b"\n\n", "read.no_rows"),
        (b"%PDF-1.7 not a workbook", "read.not_workbook"),
        (b"PK\x03\x04 cut short", "read.damaged"),
    ],
)
@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_file_that_is_no_table(tmp_path, content, key, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_counts(path)
    if name == "t.xlsx" and content == b"\n\n":
        key = "read.damaged"
    if name == "t.csv" and content[:1] in (b"%", b"P"):
        key = "read.not_csv"
    assert keys(error) == [key]


def test_header_without_rows(csv_file):
    with pytest.raises(InputError) as error:
        read_counts(csv_file(HEAD))
    assert keys(error) == ["read.no_rows"]


def test_missing_file(tmp_path):
    with pytest.raises(InputError) as error:
        read_counts(tmp_path / "không có.xlsx")
    assert keys(error) == ["read.no_file"]
