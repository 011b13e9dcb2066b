"""Tables as offices write them: titles, merged headers, groups, totals, notes, several sheets."""

import datetime as dt

import pytest
import xlsxwriter

from geoparty.errors import InputError
from geoparty.read import read_counts, read_places

GRID = [
    ["TỈNH ỦY ĐIỆN BIÊN", None, None, None, None],
    ["BÁO CÁO TỔ CHỨC ĐẢNG (tính đến ngày 30/6/2026)", None, None, None, None],
    [],
    ["STT", "Thôn/bản", "Đảng viên", None, "Chi bộ"],
    [None, None, "Tổng số", "Chính thức", None],
    ["(1)", "(2)", "(3)", "(4)", "(5)"],
    ["I", "Xã Na Sang", 30, 21, None],
    [1, "Bản A", "20", 18, "riêng"],
    [2, "Bản B", 10, 3, "ghép"],
    ["STT", "Thôn/bản", "Tổng số", "Chính thức", "Chi bộ"],
    ["II", "Xã Mường Chà", 8, 7, None],
    [1, "Bản C", 5, 5, "riêng"],
    [2, "Bản D", None, None, "chưa có"],
    [3, "Cộng Hòa", 3, 2, "ghép"],
    [None, "Tổng cộng", 38, 28, None],
    [],
    [None, "Ghi chú: số liệu sơ bộ", None, None, None],
    [None, None, None, "Người lập biểu", None],
    [None, None, None, "Ông Tên Gì", None],
]


@pytest.fixture
def office(tmp_path):
    """Write GRID with its merged header cells."""

    def write(grid=GRID, name="report.xlsx"):
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Biểu 1")
            for r, row in enumerate(grid):
                for c, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(r, c, cell)
            sheet.merge_range("C4:D4", "Đảng viên")
            for column in "ABE":
                sheet.merge_range(f"{column}4:{column}5", GRID[3]["ABCDE".index(column)])
        return path

    return write


def with_cell(row, column, value):
    grid = [list(r) for r in GRID]
    grid[row - 1][column] = value
    return grid


def test_report_reads_with_every_row_in_its_place(office):
    read = read_counts(office())
    assert read.frame["place_name"].tolist() == ["Bản A", "Bản B", "Bản C", "Bản D", "Cộng Hòa"]
    assert read.frame["row"].tolist() == [8, 9, 12, 13, 14]
    assert read.frame["members"].astype("float").fillna(-1).tolist() == [20, 10, 5, -1, 3]
    assert read.frame["official_members"].astype("float").fillna(-1).tolist() == [18, 3, 5, -1, 2]
    assert read.totals["row"].tolist() == [7, 11, 15]
    assert read.rows_read == 8
    assert {p.severity for p in read.problems} == {"warning"}


def test_date_and_commune_come_from_headings_and_are_said(office):
    read = read_counts(office())
    assert set(read.frame["as_of"].dt.date) == {dt.date(2026, 6, 30)}
    assert read.frame["commune_name"].tolist() == ["Xã Na Sang"] * 2 + ["Xã Mường Chà"] * 3
    keys = {p.key for p in read.problems}
    assert {"read.date_from_title", "read.unit_from_heading"} <= keys


def test_repeated_headers_and_signatures_are_listed_not_read(office):
    rows = {p.key: p.rows for p in read_counts(office()).problems}
    assert rows["read.repeated_header"] == (10,)
    assert rows["read.footer"] == (17, 18, 19)
    assert "Ông Tên Gì" not in str(read_counts(office()).problems)


def test_totals_that_agree_are_not_mentioned_and_others_are(office):
    assert not any(p.key == "read.total_differs" for p in read_counts(office()).problems)
    read = read_counts(office(with_cell(7, 3, 22)))
    (problem,) = [p for p in read.problems if p.key == "read.total_differs"]
    assert problem.rows == (7,)
    assert problem.column == "Đảng viên Chính thức"
    assert "22 ≠ 21" in problem.text("en")


def test_total_over_an_unreported_count_need_only_be_no_less(office):
    assert not any(
        p.key == "read.total_differs" for p in read_counts(office(with_cell(11, 2, 99))).problems
    )
    off = read_counts(office(with_cell(11, 2, 6))).problems
    assert [p.rows for p in off if p.key == "read.total_differs"] == [(11,)]


def test_number_merged_over_rows_is_left_unknown(tmp_path):
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for c, header in enumerate(["Thôn", "Xã", "Đảng viên", "Chi bộ"]):
            sheet.write(0, c, header)
        for r, name in enumerate(["Bản A", "Bản B"], start=1):
            sheet.write(r, 0, name)
        sheet.merge_range("B2:B3", "Na Sang")
        sheet.merge_range("C2:C3", 9)
        sheet.merge_range("D2:D3", "ghép")
    read = read_counts(path)
    assert read.frame["commune_name"].tolist() == ["Na Sang", "Na Sang"]
    assert read.frame["cell_status"].tolist() == ["joint", "joint"]
    assert read.frame["members"].isna().all()
    (problem,) = [p for p in read.problems if p.severity == "error"]
    assert (problem.key, problem.rows) == ("read.merged_number", (2, 3))


def test_commune_from_the_name_of_the_sheet(workbook):
    head = ["Thôn", "Đảng viên", "Chi bộ"]
    book = workbook({"Xã Na Sang": [head, ["A", 1, "ghép"]], "P. Mường Lay": [head, ["B", 1, "x"]]})
    read = read_counts(book)
    assert read.frame["commune_name"].tolist()[0] == "Xã Na Sang"
    assert read.frame["commune_name"].isna().tolist() == [False, True]


def test_two_columns_of_one_meaning_are_refused_until_one_is_named(csv_file):
    path = csv_file("Thôn,Số đảng viên,Tổng số ĐV,Chi bộ", "A,3,4,riêng")
    with pytest.raises(InputError) as error:
        read_counts(path)
    assert [p.key for p in error.value.problems] == ["read.two_columns"]
    assert read_counts(path, columns={"members": "Tổng số ĐV"}).frame["members"].tolist() == [4]


def test_same_header_twice_is_refused(csv_file):
    with pytest.raises(InputError) as error:
        read_counts(csv_file("Thôn,Thôn,Đảng viên,Chi bộ", "A,B,3,riêng"))
    assert [p.key for p in error.value.problems] == ["read.two_columns"]


def test_hidden_sheet_is_said_and_not_read(tmp_path):
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("Hiện", "Ẩn"):
            sheet = book.add_worksheet(name)
            for r, row in enumerate([["Thôn", "Đảng viên", "Chi bộ"], [name, 1, "ghép"]]):
                sheet.write_row(r, 0, row)
            if name == "Ẩn":
                sheet.hide()
    read = read_counts(path)
    assert read.frame["place_name"].tolist() == ["Hiện"]
    assert [(p.key, p.sheet) for p in read.problems] == [("read.sheet_hidden", "Ẩn")]


def test_headers_from_the_words_of_our_own_schema_are_known(csv_file):
    path = csv_file("place_id,place_name,members,cell_status,as_of", "A,Bản,3,own,2026-06-30")
    assert read_counts(path).problems == ()


def test_shapefile_cuts_column_names(vector):
    path = vector([None], file="t.shp", place_name=["A"], commune_co=["03127"], households=[5])
    read = read_places(path)
    assert read.frame["commune_code"].tolist() == ["03127"]
    assert read.frame["households"].tolist() == [5]


def test_other_columns_are_kept_to_group_by_but_not_ethnicity(csv_file):
    read = read_places(csv_file("Tên thôn,Khu vực,Dân tộc,Mã xã", "Bản A,III,Thái,03127"))
    assert read.frame["Khu vực"].tolist() == ["III"]
    assert not any("tộc" in column for column in read.frame.columns)
    assert "province_name" not in read.frame


def test_province_and_district_are_kept_where_given(csv_file):
    read = read_places(csv_file("Tên thôn,Xã,Huyện,Tỉnh", "Bản A,Na Sang,Mường Chà,Điện Biên"))
    assert read.frame.loc[0, ["province_name", "district_name"]].tolist() == [
        "Điện Biên",
        "Mường Chà",
    ]


@pytest.mark.parametrize(
    "name", ["Xa Lai", "Công", "Tổng Khao", "Cộng Hòa", "Xã đội", "Toàn Thắng"]
)
def test_place_whose_name_looks_like_a_heading_is_a_place(csv_file, name):
    lines = ["Xã,Thôn,Đảng viên,Chi bộ", f"xã Na Sang,{name},3,riêng", f"Na Sang,{name},,"]
    read = read_counts(csv_file(*lines))
    assert read.frame["place_name"].tolist() == [name, name]


@pytest.mark.parametrize("row", ["Cộng xã Na Sang,,3,", ",TỔNG CỘNG:,3,", "Tổng số,,3,"])
def test_total_in_either_column(csv_file, row):
    read = read_counts(csv_file("Xã,Thôn,Đảng viên,Chi bộ", "Na Sang,Bản A,3,riêng", row))
    assert read.totals["row"].tolist() == [3]
    assert read.problems == ()
