"""Commands as a user types them: words, files and exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geoparty import cli

ROOT = Path(__file__).resolve().parents[1]
runner = CliRunner()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "p"
    result = runner.invoke(
        cli.app,
        ["sample", str(folder), "--invented", "4", "--places-per-commune", "8", "--seed", "2"],
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def broken(project: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("out"))
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "project.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_check_prints_the_account_and_exits_zero(project: Path) -> None:
    result = runner.invoke(cli.app, ["check", str(project), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    for totals in told["account"].values():
        assert totals["rows"] == sum(v for k, v in totals.items() if k != "rows")


def test_run_writes_outputs_and_a_summary(project: Path, tmp_path: Path) -> None:
    result = runner.invoke(
        cli.app, ["run", str(project), "--out", str(tmp_path / "o"), "--lang", "en"]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "o" / "gaps.xlsx").is_file()
    assert "SYNTHETIC" in result.output
    assert "No cell" in result.output


def test_run_json_is_the_run_record(project: Path, tmp_path: Path) -> None:
    result = runner.invoke(cli.app, ["run", str(project), "--out", str(tmp_path / "o"), "--json"])
    assert json.loads(result.stdout)["plan"]["status"]


def test_summary_is_vietnamese_by_default(project: Path, tmp_path: Path) -> None:
    result = runner.invoke(cli.app, ["run", str(project), "--out", str(tmp_path / "o")])
    assert "DỮ LIỆU GIẢ LẬP" in result.output
    assert "Chưa có chi bộ" in result.output


def test_columns_are_shown_and_confirmed_in_the_project_file(broken: Path) -> None:
    shown = runner.invoke(cli.app, ["columns", str(broken), "--lang", "en"])
    assert shown.exit_code == 0, shown.output
    assert "members" in shown.output
    saved = runner.invoke(cli.app, ["columns", str(broken), "--save"])
    assert saved.exit_code == 0, saved.output
    from geoparty.project import open_project

    assert open_project(broken).settings.inputs.columns["counts"]["members"]
    checked = runner.invoke(cli.app, ["check", str(broken), "--json"])
    assert checked.exit_code == 0, checked.output


def test_all_missing_files_are_told_at_once(broken: Path) -> None:
    (broken / "data" / "counts.xlsx").unlink()
    (broken / "data" / "roads.geojson").unlink()
    result = runner.invoke(cli.app, ["check", str(broken), "--json"])
    assert result.exit_code == 1
    files = {p["file"] for p in json.loads(result.stdout)["problems"]}
    assert {"counts.xlsx", "roads.geojson"} <= {Path(f).name for f in files}


def test_errors_are_told_in_the_language_of_the_project(broken: Path) -> None:
    (broken / "data" / "counts.xlsx").unlink()
    vietnamese = runner.invoke(cli.app, ["check", str(broken)]).output
    edit(broken, '# language = "vi"', 'language = "en"')
    english = runner.invoke(cli.app, ["check", str(broken)]).output
    assert "counts.xlsx" in english
    assert "there is no file" in english
    assert "there is no file" not in vietnamese
    assert runner.invoke(cli.app, ["check", str(broken), "--lang", "vi"]).output == vietnamese


def test_unknown_key_in_project_file_exits_one(broken: Path) -> None:
    edit(broken, "[inputs]", "[rulez]\nx = 1\n\n[inputs]")
    result = runner.invoke(cli.app, ["check", str(broken), "--lang", "en"])
    assert result.exit_code == 1
    assert 'did you mean "rules"' in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["check", "--nonsense", "x"],
        ["no-such-command"],
        ["sample", "x", "--seed", "-1"],
        ["check", ".", "--lang", "fr"],
    ],
)
def test_wrong_usage_exits_two(arguments: list[str]) -> None:
    assert runner.invoke(cli.app, arguments).exit_code == 2


def test_folder_without_project_says_what_to_do(tmp_path: Path) -> None:
    result = runner.invoke(cli.app, ["run", str(tmp_path), "--lang", "en"])
    assert result.exit_code == 1
    assert "geoparty new" in result.output


def test_new_project_opens_and_says_what_to_fill(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert runner.invoke(cli.app, ["new", str(folder)]).exit_code == 0
    from geoparty.project import open_project

    assert open_project(folder).settings.inputs.places
    again = runner.invoke(cli.app, ["new", str(folder), "--lang", "en"])
    assert again.exit_code == 1, "an existing project is never overwritten"


def test_help_needs_no_heavy_library() -> None:
    """The command line starts fast because stages are imported late."""
    heavy = ["pandas", "geopandas", "streamlit", "folium", "numba", "highspy", "rasterio", "scipy"]
    code = f"import sys, geoparty.cli; print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    """Tables and layers are compared by content: writers differ in bytes between versions."""
    from geoparty import read, sample

    sample.write_committed(tmp_path)
    for name in ("communes.geojson", "border.geojson"):
        path = Path("boundaries") / name
        assert json.loads((ROOT / path).read_text()) == json.loads((tmp_path / path).read_text())
    for name, reader in (("places", read.read_places), ("counts", read.read_counts)):
        committed, made = (reader(r / f"data/{name}.xlsx").frame for r in (ROOT, tmp_path))
        assert committed.astype("str").equals(made.astype("str")), name
