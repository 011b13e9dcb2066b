"""What an upload is taken to say is confirmed by a person, and written to the project."""

import tomllib

import pandas as pd
import pytest

from geoparty.errors import InputError
from geoparty.pages import bring
from geoparty.pages.confirm import Reading
from geoparty.pipeline import check, meanings, recognised, save_columns
from geoparty.project import open_project

OFFICE = "Mã thôn,Số ĐV,Tổng số đảng viên,Tình trạng chi bộ\n"


def csv_of(results, head=OFFICE):
    place = results.places.index[0]
    return (head + f"{place},5,7,Chi bộ riêng\n").encode("utf-8-sig")


def test_two_columns_of_one_meaning_are_both_shown_and_neither_is_saved(own, results):
    bring.save(own, "counts", "c.csv", csv_of(results))
    project = open_project(own.folder)
    found = recognised(project)
    twins = found[found["column"] == "members"]
    assert twins["header"].tolist() == ["Số ĐV", "Tổng số đảng viên"]
    assert (twins["score"] == 0.5).all()
    assert "members" not in save_columns(project, found)["counts"]
    with pytest.raises(InputError, match="two columns mean members"):
        check(open_project(own.folder))


def test_what_a_person_confirms_is_read_so_and_saved(own, results):
    columns = {"members": "Tổng số đảng viên", "candidates": ""}
    reading = Reading(columns=columns)
    bring.save(own, "counts", "c.csv", csv_of(results), reading=reading)
    project = open_project(own.folder)
    assert project.settings.inputs.columns["counts"] == columns
    assert check(project).counts["members"].tolist() == [7]


def test_an_old_encoding_is_saved_for_its_input_only(own, results):
    bring.save(own, "counts", "c.csv", csv_of(results), reading=Reading(encoding="tcvn3"))
    text = (own.folder / "project.toml").read_text("utf-8")
    assert tomllib.loads(text)["inputs"]["encoding"] == {"counts": "tcvn3"}


def test_files_that_name_a_column_differently_are_read_together(own, results):
    first = csv_of(results, "Mã thôn,Đảng viên A,Ghi chú,Tình trạng chi bộ\n")
    second = csv_of(results, "Mã thôn,Ghi chú,Đảng viên B,Tình trạng chi bộ\n")
    rows = pd.DataFrame(
        {
            "file": ["a", "a", "b", "b"],
            "header": ["Mã thôn", "Đảng viên A", "Mã thôn", "Đảng viên B"],
            "column": ["place_id", "members", "place_id", "members"],
        }
    )
    columns = meanings(rows)
    assert columns == {"place_id": "Mã thôn", "members": "Đảng viên A | Đảng viên B"}
    bring.save(own, "counts", "a.csv", first)
    reading = Reading(columns=columns)
    bring.save(open_project(own.folder), "counts", "b.csv", second, add=True, reading=reading)
    account = check(open_project(own.folder)).account
    account = account[account["table"] == "counts"]
    assert account["reason"].tolist() == ["link.same_place_and_date"] * 2  # 5 here, 7 there
