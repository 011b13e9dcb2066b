"""CSV files of any encoding and delimiter, one row never swallowing another."""

import unicodedata

import pytest

from geoparty.errors import InputError
from geoparty.read import delimited, grids, read_counts

HEAD = ["Tên thôn", "Số đảng viên", "Chi bộ", "Xã"]
ROWS = [["Bản Huổi Ết", "1.234", "Chi bộ riêng", "Mường Nhé"], ["Nậm, Pồ; x|y", "", "ghép", "Đỉnh"]]


def keys(error):
    return [p.key for p in error.value.problems]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(csv_file, encoding, delimiter):
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in [HEAD, *ROWS]]
    if encoding == "cp1258":
        lines = [windows(line) for line in lines]
    frame = read_counts(csv_file(*lines, encoding=encoding)).frame
    assert frame["place_name"].tolist() == ["Bản Huổi Ết", "Nậm, Pồ; x|y"]
    assert frame["members"].astype("float").fillna(-1).tolist() == [1234, -1]
    assert frame["commune_name"].tolist() == ["Mường Nhé", "Đỉnh"]


def windows(text):
    """Write tones after their letters, the only way Windows-1258 has."""
    out = ""
    for letter in text:
        plain = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(c for c in plain if c not in TONES))
        out += base + "".join(c for c in plain if c in TONES)
    return out


TONES = "\u0300\u0301\u0303\u0309\u0323"


def test_quote_never_closed_is_refused_with_its_row(csv_file):
    lines = ["Thôn,Đảng viên,Chi bộ", "A,1,ghép", '"B,2,ghép', *(f"C{i},3,ghép" for i in range(30))]
    with pytest.raises(InputError) as error:
        read_counts(csv_file(*lines))
    assert keys(error) == ["read.open_quote"]
    assert error.value.problems[0].rows == (3,)


def test_line_break_inside_a_cell_is_one_row(csv_file):
    read = read_counts(csv_file('Thôn,Đảng viên,Chi bộ,"Ghi\nchú"', 'A,1,ghép,"x\ny"', "B,2,ghép,"))
    assert read.frame["place_name"].tolist() == ["A", "B"]
    assert read.frame["row"].tolist() == [2, 3]


def test_bad_bytes_far_down_are_refused_not_replaced(csv_file):
    path = csv_file("Thôn,Đảng viên,Chi bộ", *(f"Bản {i},1,ghép" for i in range(20_000)))
    path.write_bytes(path.read_bytes() + b"B\xe1\xba,1,x\n")
    with pytest.raises(InputError) as error:
        read_counts(path)
    assert keys(error) == ["read.mixed_encoding"]


def test_blocks_join_without_a_seam(csv_file, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_ROWS", 7)
    path = csv_file("Thôn,Đảng viên,Chi bộ", *(f"Bản {i},{i},ghép" for i in range(50)))
    read = read_counts(path)
    assert read.frame["members"].tolist() == list(range(50))
    assert read.frame["row"].tolist() == list(range(2, 52))


def test_endless_file_is_refused(csv_file, monkeypatch):
    monkeypatch.setattr(delimited, "MOST_ROWS", 100)
    assert grids.MOST_ROWS > 1_000_000
    with pytest.raises(InputError) as error:
        read_counts(csv_file("Thôn,Đảng viên,Chi bộ", *["A,1,ghép"] * 200))
    assert keys(error) == ["read.too_many_rows"]


def test_short_and_long_lines(csv_file):
    read = read_counts(csv_file("Thôn,Đảng viên,Chi bộ", "A", "B,2,ghép,,,thừa"))
    assert read.frame["place_name"].tolist() == ["A", "B"]
    assert read.frame["members"].isna().tolist() == [True, False]
