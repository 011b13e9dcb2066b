"""Outputs compared with what they were made from: what changed since is told, by file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geoparty import cli

runner = CliRunner()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, and what a run wrote from it."""
    folder = tmp_path_factory.mktemp("verify") / "p"
    sample = ["sample", str(folder), "--invented", "3", "--places-per-commune", "6"]
    assert runner.invoke(cli.app, sample).exit_code == 0
    text = (folder / "project.toml").read_text("utf-8")
    text = text.replace("# time_limit_s = 20.0", "time_limit_s = 0.5")
    (folder / "project.toml").write_text(text, "utf-8")
    ran = runner.invoke(cli.app, ["run", str(folder)])
    assert ran.exit_code == 0, ran.output
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    copy = tmp_path / "p"
    shutil.copytree(made, copy)
    return copy


def told(folder: Path) -> tuple[int, list[str]]:
    result = runner.invoke(cli.app, ["verify", str(folder), "--json", "--lang", "en"])
    return result.exit_code, [problem["text"] for problem in json.loads(result.stdout)["problems"]]


def test_outputs_of_unchanged_inputs_agree(made: Path) -> None:
    assert told(made) == (0, [])


def _record(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def made(folder: Path) -> None:
        path = folder / "out" / "run.json"
        record = json.loads(path.read_text("utf-8"))
        change(record)
        path.write_text(json.dumps(record), "utf-8")

    return made


def _append(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b" ")


def _settings(folder: Path) -> None:
    path = folder / "project.toml"
    text = path.read_text("utf-8")
    assert "# cut_off_min = 240.0" in text
    path.write_text(text.replace("# cut_off_min = 240.0", "cut_off_min = 200.0"), "utf-8")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_append("out/gaps.geojson"), "gaps.geojson"),
        (lambda folder: (folder / "out" / "account.csv").unlink(), "account.csv"),
        (_append("data/roads.geojson"), "roads.geojson"),
        (lambda folder: (folder / "data" / "streams.geojson").unlink(), "streams.geojson"),
        (_settings, "rules"),
        (lambda folder: (folder / "overrides.csv").write_text("key,place_id\n"), "overrides.csv"),
    ],
)
def test_what_changed_since_is_named(own: Path, change: Callable[[Path], None], named: str) -> None:
    change(own)
    code, problems = told(own)
    assert code == 1
    (problem,) = problems
    assert named in problem


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda folder: (folder / "out" / "run.json").write_text("{"), "no readable run.json"),
        (lambda folder: (folder / "out" / "run.json").unlink(), "no readable run.json"),
        (_record(lambda run: run["settings"]["rules"].update(old_rule=1)), "written by version"),
    ],
)
def test_a_record_that_cannot_be_read_is_told(
    own: Path, change: Callable[[Path], None], named: str
) -> None:
    change(own)
    result = runner.invoke(cli.app, ["verify", str(own), "--lang", "en"])
    assert result.exit_code != 0
    assert named in " ".join(result.output.split())
