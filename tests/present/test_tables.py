"""CSV for Excel: opens with its letters, keeps numbers, and nothing in it runs."""

import csv
import io

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given

from geoparty.present import csv_bytes
from geoparty.present.tables import account_table, reason_words

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(st.lists(st.text(), min_size=1, max_size=4), st.text(min_size=1, max_size=5))
def test_no_cell_of_text_starts_like_a_formula(texts, name):
    data = csv_bytes(pd.DataFrame({name: pd.array(texts, dtype="object"), "n": -1}))
    head, *lines = rows(data)
    assert not any(cell.startswith(STARTS) for cell in head)
    assert not any(line[0].startswith(STARTS) for line in lines)
    assert [line[1] for line in lines] == ["-1"] * len(texts)


@pytest.mark.parametrize("text", ["=1+1", "+84", "-5", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_what_would_run_gets_an_apostrophe(text):
    assert rows(csv_bytes(pd.DataFrame({"a": [text]})))[1] == ["'" + text]


def test_unknown_is_empty_and_zero_is_zero():
    table = pd.DataFrame({"n": pd.array([0, None], dtype="Int64"), "t": ["", None]})
    assert rows(csv_bytes(table)) == [["n", "t"], ["0", ""], ["", ""]]


@pytest.mark.parametrize(("language", "sep"), [("vi", ";"), ("en", ",")])
def test_whole_numbers_have_no_decimals_for_people(language, sep):
    table = pd.DataFrame({"people": [4195.0, None], "km": [26.5, 3.0]})
    lines = csv_bytes(table, language=language).decode("utf-8-sig").splitlines()
    assert [line.split(sep)[0] for line in lines[1:]] == ["4195", ""]
    assert lines[1].split(sep)[1] == ("26,5" if language == "vi" else "26.5")
    assert csv_bytes(table).decode("utf-8-sig").splitlines()[1] == "4195.0,26.5"


def test_reasons_are_in_words_with_their_detail():
    assert "-5" in reason_words("read.negative", "-5", "en")
    assert reason_words("", "", "vi") == ""
    assert reason_words("no.such_key", "x", "vi") == "no.such_key"


def test_account_keeps_every_row_in_order(make):
    account = make().account
    table = account_table(account, "vi")
    assert list(table.columns[:5]) == ["file", "sheet", "row", "outcome", "reason"]
    assert table["row"].tolist() == account["row"].tolist()
    assert table["reason_key"].tolist() == account["reason"].tolist()
