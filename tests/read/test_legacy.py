"""TCVN3 and VNI: told by the column, shown first, converted once confirmed."""

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from geoparty.errors import InputError
from geoparty.read import read_counts, read_places
from geoparty.read.legacy import LEGACY, from_unicode, legacy_of, to_unicode

NAMES = [
    "Bản Huổi Ết",
    "Nậm Pồ",
    "Mường Nhé",
    "Tổ dân phố số 3",
    "Púng Lương",
    "Thẩm Xả",
    "Đỉnh Đèo",
]
LETTERS = (
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ "
)


@pytest.mark.parametrize(
    ("encoding", "written", "meant"),
    [
        ("tcvn3", "B¶o Th¾ng", "Bảo Thắng"),
        ("tcvn3", "M\xad\xeang Kh\xad\xacng", "Mường Khương"),
        ("tcvn3", "§iÖn Biªn", "Điện Biên"),
        ("vni", "Xin chaøo caùc baïn", "Xin chào các bạn"),
        ("vni", "ÑIEÄN BIEÂN PHUÛ", "ĐIỆN BIÊN PHỦ"),
        ("vni", "Thò xaõ Möôøng Lay", "Thị xã Mường Lay"),
    ],
)
def test_known_words(encoding, written, meant):
    assert to_unicode(written, encoding) == meant


@given(st.text(LETTERS, max_size=40), st.sampled_from(LEGACY))
def test_there_and_back(text, encoding):
    assert to_unicode(from_unicode(text, encoding), encoding) == text


@pytest.mark.parametrize("encoding", LEGACY)
def test_column_is_told_from_its_words(encoding):
    assert legacy_of([from_unicode(name, encoding) for name in NAMES]) == encoding
    assert legacy_of(NAMES) is None
    assert legacy_of(["Ban Ten", "Na Sang"]) is None


def test_unicode_text_is_never_converted():
    assert [to_unicode(name, e) for name in NAMES for e in LEGACY] == [
        n for n in NAMES for _ in LEGACY
    ]


def table(csv_file, encoding):
    lines = ["Tên thôn;Đảng viên;Chi bộ", *(f"{name};5;Chi bộ riêng" for name in NAMES)]
    return csv_file(*(from_unicode(line, encoding) for line in lines), encoding="latin-1")


@pytest.mark.parametrize("encoding", LEGACY)
def test_old_encoding_is_shown_before_it_is_converted(csv_file, encoding):
    path = table(csv_file, encoding)
    with pytest.raises(InputError) as error:
        read_counts(path)
    (problem,) = error.value.problems
    assert problem.key == "read.legacy_text"
    assert problem.params["encoding"] == encoding
    assert "Nậm Pồ" in problem.text("vi")


@pytest.mark.parametrize("encoding", LEGACY)
def test_confirmed_encoding_gives_the_same_as_unicode(csv_file, encoding):
    read = read_counts(table(csv_file, encoding), encoding=encoding)
    assert read.frame["place_name"].str.lower().tolist() == [name.lower() for name in NAMES]
    assert set(read.frame["cell_status"]) == {"own"}
    assert [(p.key, p.severity) for p in read.problems] == [("read.converted", "warning")]


def test_decision_to_leave_the_text(csv_file):
    path = csv_file("Tên thôn;Mã xã", "B¶n Ten;03127", encoding="latin-1")
    assert read_places(path, encoding="unicode").frame["place_name"].tolist() == ["B¶n Ten"]


def test_font_tells_where_the_words_do_not(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Tên thôn", "Mã xã"])
    book.active.append(["V¹n Kú", "03127"])
    book.active["A2"].font = Font(name=".VnTime")
    path = tmp_path / "t.xlsx"
    book.save(path)
    with pytest.raises(InputError) as error:
        read_places(path)
    assert error.value.problems[0].params["preview"] == ["V¹n Kú → Vạn Kỳ"]
