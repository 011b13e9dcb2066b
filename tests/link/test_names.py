"""Two ways of typing one name have one key; two names have two."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty.link import name_key, name_keys
from geoparty.link.names import has_marks, ladder, strip_marks
from geoparty.read.legacy import from_unicode, to_unicode

SYLLABLES = [
    *("Nà", "Pá", "Huổi", "Mường", "Hoà", "Thuỷ", "Khoẻ", "Quý", "Giữa", "Lương", "Thượng"),
    *("Sự", "Bủng", "Đán", "Điện", "Phủ", "Xoè", "Uỷ", "Yên", "Oanh", "Hoàn", "Thuý"),
    *("Quỳnh", "Giàng", "Nghĩa", "Chiềng", "Khuyển", "Ngoãn", "Tuý", "Loan", "Ia", "Đắk"),
]
KINDS = ["", "bản ", "Thôn ", "làng ", "Buôn ", "ấp ", "Khu phố ", "Tổ dân phố "]
names = st.builds(
    lambda kind, words, number: kind + " ".join(words) + number,
    st.sampled_from(KINDS),
    st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=3),
    st.sampled_from(["", " 1", " 12"]),
)


@given(names)
def test_lossless_ways_of_typing_share_a_key(name):
    key = name_key(name)
    ways = [
        unicodedata.normalize("NFD", name),
        name.upper(),
        name.lower(),
        f"\ufeff {name.replace(' ', chr(0xA0) + ' ')}\u200b",
        name.replace(" ", "\u2013"),
        to_unicode(from_unicode(name.lower(), "tcvn3"), "tcvn3"),
        to_unicode(from_unicode(name, "vni"), "vni"),
    ]
    assert {name_key(way) for way in ways} == {key}


@given(names)
def test_only_letters_and_tones_that_are_there_make_the_key(name):
    own = strip_marks(name_key(name)).replace(" ", "")
    assert own in strip_marks(name.lower()).replace(" ", "")


@given(st.text(max_size=30))
def test_any_text_has_a_key(text):
    key = name_key(text)
    assert key == key.strip()
    assert name_key(unicodedata.normalize("NFD", text)) == key
    assert ladder(pd.Series([text])).shape == (1, 5)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hòa", "hoà"),
        ("thủy", "thuỷ"),
        ("khỏe", "khoẻ"),
        ("xòe", "xoè"),
        ("úy", "uý"),
        ("quý", "qúy"),
        ("Thúy", "Thuý"),
    ],
)
def test_both_styles_of_tone_are_one(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nà Bó", "Nà Bò"),
        ("Mường Lan", "Mường Lân"),
        ("Đá", "Da"),
        ("Bản Nà Sự 1", "Bản Nà Sự 2"),
        ("Tổ 3A", "Tổ 3B"),
        ("Làng Kly", "Làng Buôn Kly"),
        ("Trường Tiểu học Nà Sự", "Bản Nà Sự"),
        ("Bản I", "Bản Y"),
    ],
)
def test_different_names_have_different_keys(one, other):
    assert name_key(one) != name_key(other)


def test_missing_and_blank_names_have_no_key():
    keys = name_keys(pd.Series(["Bản Mới", None, " ", "\u200b"]))
    assert keys.isna().tolist() == [False, True, True, True]


def test_has_marks():
    assert [has_marks(t) for t in ("Na Sang", "Nà", "Đa", "o\u031b")] == [False, True, True, True]
