"""Laws: rows in = rows kept + set aside + totals, whatever is done to a table."""

import csv
import io
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geoparty.errors import InputError
from geoparty.read import read_counts, read_places, values

HEAD = ["Mã thôn", "Tên thôn", "Xã", "Đảng viên", "Đảng viên chính thức", "Chi bộ", "Quần chúng"]
PLACE = ["P{}", "Bản {}", "Na Sang", "{}", "1", "Chi bộ riêng", "2"]
BAD = [
    "",
    "-",
    "-3",
    "2,5",
    "ba",
    "#REF!",
    "1.000",
    "x",
    "Tổng",
    "x" * 300,
    "\n",
    '"',
    "=1+1",
    "NaN",
]

cells = st.one_of(
    st.sampled_from(BAD),
    st.integers(-5, 2000).map(str),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
)


@st.composite
def tables(draw):
    rows = [[cell.format(i + 1) for cell in PLACE] for i in range(draw(st.integers(1, 12)))]
    for _ in range(draw(st.integers(0, 8))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(3, 6))] = draw(cells)
    rows += [list(draw(st.sampled_from(rows))) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        rows.insert(draw(st.integers(0, len(rows))), ["", "Tổng cộng", "", "9", "9", "", "9"])
    return draw(st.permutations(rows))


def written(rows):
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    path = Path(tempfile.mkdtemp()) / "t.csv"
    path.write_text(text.getvalue(), "utf-8")
    return path


def accounted(read):
    parts = (read.frame, read.rejected, read.totals)
    return sorted(row for part in parts for row in part["row"])


@settings(max_examples=20, deadline=None)
@given(tables())
def test_every_row_is_accounted_for_once(rows):
    for reader in (read_counts, read_places):
        read = reader(written(rows))
        assert accounted(read) == list(range(2, len(rows) + 2))
        assert read.rows_read == len(rows)
        assert all(read.rejected["reason"].str.startswith("read."))


@settings(max_examples=8, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_row(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, two = read_counts(written(rows)).frame, read_counts(written(shuffled)).frame
    columns = [c for c in one.columns if c not in {"row", "file"}]
    pd.testing.assert_frame_equal(
        one[columns].sort_values(columns, ignore_index=True),
        two[columns].sort_values(columns, ignore_index=True),
    )


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_read_or_end_in_our_error(content):
    for name in ("t.csv", "t.xlsx", "t.xls", "t.ods"):
        path = Path(tempfile.mkdtemp()) / name
        path.write_bytes(content)
        try:
            read_counts(path)
        except InputError as error:
            assert error.text("vi")  # noqa: PT017


@given(st.one_of(cells, st.integers(), st.floats(), st.booleans(), st.dates(), st.none()))
def test_any_cell_is_a_value_or_a_fault_never_both(cell):
    parsers = [values.whole, values.real, values.boolean, values.day, values.text, values.code(5)]
    for one in [*parsers, values.coded("cell_status"), values.coded("place_kind")]:
        value, fault = one(cell)
        assert value is None or fault is None
    value, _ = values.whole(cell)
    assert value is None or (isinstance(value, int) and value >= 0)


@given(st.integers(0, 999_999_999))
def test_count_reads_alike_in_every_way_of_writing_it(n):
    written = [str(n), f"{n:,}", f"{n:,}".replace(",", "."), f"{n:,}".replace(",", " "), float(n)]
    assert {values.whole(text) for text in written} == {(n, None)}


@given(
    st.dates(
        min_value=pd.Timestamp("1930-01-01").date(), max_value=pd.Timestamp("2099-12-31").date()
    )
)
def test_day_reads_alike_in_every_way_of_writing_it(day):
    texts = [
        f"{day:%d/%m/%Y}",
        f"{day:%Y-%m-%d}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
    ]
    assert {values.day(text)[0] for text in [*texts, day, pd.Timestamp(day)]} == {day}
