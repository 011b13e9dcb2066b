"""The meaning of headers, for people to confirm."""

import pytest

from geoparty.errors import PersonalDataError
from geoparty.read import read_counts, recognise


def test_every_header_with_its_meaning_and_how_sure(csv_file):
    path = csv_file("Thôn/bản,Tổng số đảng viên,Tình trạng chi bộ,Đảng viên tăng cươngf,Khác")
    found = recognise(path, "counts").set_index("header")
    assert found.loc["Tổng số đảng viên", "column"] == "members"
    assert found.loc["Đảng viên tăng cươngf", "column"] == "reinforced_members"
    assert 0 < found.loc["Đảng viên tăng cươngf", "score"] < found.loc["Thôn/bản", "score"] <= 1
    assert found.loc["Khác", "column"] == ""


def test_what_was_confirmed_reads_without_a_word(csv_file):
    path = csv_file("Tên bản,Đảng viênn,Chi bộ", "A,3,ghép")
    assert [p.key for p in read_counts(path).problems] == ["read.header_guessed"]
    found = recognise(path, "counts")
    columns = dict(zip(found["column"], found["header"], strict=True))
    assert read_counts(path, columns=columns).problems == ()
    assert recognise(path, "counts", columns=columns)["score"].eq(1).all()


def test_vector_attributes(vector):
    found = recognise(vector([None], ten=["A"], maxa=["03127"], x1=["?"]), "places")
    assert found["column"].tolist() == ["place_name", "commune_code", ""]


def test_misspelling_never_changes_a_number(csv_file):
    found = recognise(csv_file("Đảng viên trên 50 tuổi,Đảng viên trên 60 tuổii"), "counts")
    assert found["column"].tolist() == ["", "members_over_60"]


def test_persons_are_refused_here_too(csv_file):
    with pytest.raises(PersonalDataError):
        recognise(csv_file("Họ và tên,Ngày sinh", "x,y"), "counts")
