"""A new project: a file to edit and tables to fill in, which read then understands."""

import re
from pathlib import Path

import openpyxl
import pytest

from geoparty import read, words
from geoparty.errors import InputError
from geoparty.project import open_project
from geoparty.sample import write_new
from geoparty.sample.config import TABLES
from geoparty.sample.workbook import COUNT_COLUMNS, PLACE_COLUMNS
from geoparty.settings import DRY, WET, Rules, Settings

FILLED = {
    "place_id": "03127-001",
    "place_name": "Bản Nà Pheo",
    "place_kind": {"vi": "Thôn/bản", "en": "Village"},
    "commune_code": "03127",
    "commune_name": "Điện Biên Phủ",
    "households": 34,
    "lon": 103.021,
    "lat": 21.386,
    "as_of": "31/12/2025",
    "members": 5,
    "official_members": 4,
    "cell_status": {"vi": "Chi bộ riêng", "en": "Own cell"},
    "head_is_member": {"vi": "Có", "en": "Yes"},
}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_templates_filled_in_are_read_without_a_question(tmp_path: Path, language: str) -> None:
    write_new(tmp_path, language=language)
    for table, columns in {"places": PLACE_COLUMNS, "counts": COUNT_COLUMNS}.items():
        path = tmp_path / "data" / f"{table}.xlsx"
        book = openpyxl.load_workbook(path)
        typed = [FILLED.get(column) for column in columns]
        book.worksheets[0].append([v[language] if isinstance(v, dict) else v for v in typed])
        book.save(path)
        got = getattr(read, f"read_{table}")(path)
        assert got.problems == ()
        row = got.frame.iloc[0]
        assert row["place_name"] == "Bản Nà Pheo"
        assert row["commune_code"] == "03127", "leading zeros stay"
        assert row.get("place_kind", "village") == "village"
        assert row.get("cell_status", "own") == "own"
        assert row.get("head_is_member", True)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_project_file_shows_every_setting_and_opens(tmp_path: Path, language: str) -> None:
    write_new(tmp_path, language=language)
    project = open_project(tmp_path)
    assert project.settings.language == language
    text = (tmp_path / "project.toml").read_text("utf-8")
    for model in (Settings, *TABLES.values()):
        for key in model.model_fields:
            assert f"{key} = " in text or f"[{key}]" in text, key


def test_every_setting_is_explained_in_both_languages() -> None:
    known = words.catalogue("sample")
    wanted = [f"set_{key}" for key in Settings.model_fields]
    wanted += [f"set_{table}_{k}" for table, model in TABLES.items() for k in model.model_fields]
    assert [key for key in wanted if key not in known] == []


def test_every_default_shown_as_a_comment_can_be_used_as_it_stands(tmp_path: Path) -> None:
    write_new(tmp_path)
    path = tmp_path / "project.toml"
    setting = re.compile(r"# ([a-z0-9_]+ = .*|\[\[seasons\]\])")
    lines = [setting.sub(r"\1", line) for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(lines), "utf-8")
    settings = open_project(tmp_path).settings
    assert settings.rules == Rules()
    assert settings.seasons == (DRY, WET)
    assert settings.inputs.roads == "data/roads.geojson"


def test_existing_project_is_not_written_over(tmp_path: Path) -> None:
    write_new(tmp_path)
    with pytest.raises(InputError, match=r"project\.toml.*nothing is written over"):
        write_new(tmp_path, language="en")


def test_templates_check_what_is_typed(tmp_path: Path) -> None:
    write_new(tmp_path)
    page = openpyxl.load_workbook(tmp_path / "data" / "counts.xlsx").worksheets[0]
    checks = {v.type for v in page.data_validations.dataValidation}
    assert {"list", "whole", "date"} <= checks
    lists = [v.formula1 for v in page.data_validations.dataValidation if v.type == "list"]
    assert '"Chi bộ riêng,Chi bộ ghép,Chưa có"' in lists
