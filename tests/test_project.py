"""Project folders open, or say what is wrong."""

from pathlib import Path

import pytest

from geoparty.errors import SettingsError
from geoparty.project import open_project, sha256


def write(folder: Path, text: str) -> Path:
    (folder / "project.toml").write_text(text, "utf-8")
    return folder


def test_paths_start_at_the_project_folder(tmp_path: Path) -> None:
    write(tmp_path, '[inputs]\ncommunes = "a/c.geojson"\nplaces = "p.csv"\ncounts = ["n.csv"]\n')
    paths = open_project(tmp_path).input_paths()
    assert paths["communes"] == [tmp_path / "a/c.geojson"]
    assert paths["counts"] == [tmp_path / "n.csv"]
    assert "roads" not in paths


def test_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text('\ufeff[inputs]\ncommunes="c"\nplaces="p"\n', "utf-8")
    assert open_project(tmp_path).settings.inputs.places == "p"


@pytest.mark.parametrize("text", ["[inputs\n", "a = \n", 'x = "\x00"'])
def test_not_toml_is_told_in_plain_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="not valid TOML"):
        open_project(write(tmp_path, text))


def test_the_line_that_is_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="row 2"):
        open_project(write(tmp_path, '[inputs]\nplaces = "a\n'))


def test_another_encoding_than_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_bytes('[inputs]\nplaces = "bản"\n'.encode("utf-16"))
    with pytest.raises(SettingsError, match="save the file again as UTF-8"):
        open_project(tmp_path)


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="geoparty new"):
        open_project(tmp_path)


def test_sha256_is_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
