"""Records of persons are refused wherever they enter, and nothing of them is repeated."""

import pytest

from geoparty.errors import PersonalDataError
from geoparty.read import read_communes, read_counts, read_places

PEOPLE = [
    ("Nguyễn Văn Minh", "001080012345", "12/05/1980"),
    ("Lò Thị Hoa", "011085004321", "01/02/1985"),
    ("Giàng A Páo", "011190000777", "30/11/1990"),
    ("Quàng Văn Biên", "014075123456", "07/07/1975"),
    ("Vàng Thị Sua", "011199888777", "19/03/1999"),
]
SECRETS = [part for person in PEOPLE for part in person]


def refused(path, reader=read_counts):
    with pytest.raises(PersonalDataError) as error:
        reader(path)
    for language in ("vi", "en"):
        message = error.value.text(language)
        assert not any(secret in message for secret in SECRETS)
    assert error.value.__cause__ is None
    return error.value.problems[0].params["columns"]


@pytest.mark.parametrize(
    "header",
    [
        "Họ và tên",
        "HỌ TÊN ĐẢNG VIÊN",
        "Số CCCD",
        "Ngày, tháng, năm sinh",
        "Số thẻ đảng viên",
        "Ngày vào Đảng",
        "date of birth",
    ],
)
def test_header_of_a_person(csv_file, header):
    assert refused(csv_file(f'Thôn,Đảng viên,Chi bộ,"{header}"', "A,3,riêng,x")) == "D"


@pytest.mark.parametrize("column", [0, 1])
def test_names_and_numbers_are_seen_without_their_headers(csv_file, column):
    lines = [f"Bản {i},3,riêng,{person[column]}" for i, person in enumerate(PEOPLE)]
    assert refused(csv_file("Thôn,Đảng viên,Chi bộ,Ghi chú", *lines)) == "D"


def test_names_with_birth_dates(csv_file):
    lines = [f"Bản {i},3,riêng,Nguyễn Minh {c},{1970 + i}" for i, c in enumerate("ABCDE")]
    lines = [line.replace(" A,", " An,").replace(" B,", " Bình,") for line in lines]
    refused(csv_file("Thôn,Đảng viên,Chi bộ,c1,c2", *lines))


def test_list_of_persons_without_any_header(csv_file):
    refused(csv_file(*(",".join(person) for person in PEOPLE)))


def test_hidden_sheet_and_vector_attributes(workbook, vector):
    head = ["Thôn", "Đảng viên", "Chi bộ"]
    book = workbook({"A": [head, ["A", 1, "x"]], "B": [["Họ và tên"], *([p[0]] for p in PEOPLE)]})
    refused(book)
    refused(vector([None], place_name=["A"], ngay_sinh=["1980"], ho_ten=["X"]), read_places)
    refused(vector([None], code=["1"], name=["A"], cccd=["X"]), read_communes)


def test_places_named_after_people_are_places(csv_file):
    names = ["Nguyễn Trãi", "Trần Phú", "Lê Lợi", "Hoàng Văn Thụ", "Quang Trung", "Lý Thường Kiệt"]
    read = read_places(csv_file("Tên thôn,Số hộ", *(f"{name},100" for name in names)))
    assert len(read.frame) == len(names)


def test_counts_about_ages_are_no_birth_dates(csv_file):
    header = "Thôn,Đảng viên,Chi bộ,Số đảng viên sinh trước 1965,Năm"
    assert len(read_counts(csv_file(header, "A,3,riêng,1,2025")).frame) == 1
