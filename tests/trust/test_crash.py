"""Killed at any moment, on a full disk or in a read-only folder: nothing is half written."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from trust.kills import killed_at_random

from geoparty import files, pipeline, present, sample
from geoparty.errors import InputError
from geoparty.present.verify import verify
from geoparty.project import open_project
from geoparty.schema import Results

TIMES = int(os.environ.get("GEOPARTY_KILLS", "20"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crash")
    communes = sample.invent_communes(3, seed=5)
    sample.write_sample(sample.make_sample(communes, places_per_commune=5, seed=5), folder)
    return folder


@pytest.fixture(scope="module")
def results(project: Path) -> Results:
    return pipeline.run(open_project(project))


def assert_outputs_parse(out: Path) -> None:
    """Every file with an output's name is whole."""
    for path in out.glob("*.geojson"):
        assert len(gpd.read_file(path)) >= 0
    for path in out.glob("*.csv"):
        assert pd.read_csv(path).shape[1] > 1
    for path in out.glob("*.xlsx"):
        openpyxl.load_workbook(path, read_only=True).close()
    for path in out.glob("*.json"):
        assert json.loads(path.read_text("utf-8"))["outputs"]
    for path in out.glob("*.html"):
        assert path.read_text("utf-8").rstrip().endswith(("</html>", "</script>"))


def test_killing_the_writer_leaves_whole_files(results: Results, tmp_path: Path) -> None:
    survived = killed_at_random(
        lambda: present.write_outputs(results, tmp_path),
        lambda: assert_outputs_parse(tmp_path),
        times=TIMES,
        longest_s=2.0,
        rng=np.random.default_rng(8),
    )
    assert survived == TIMES


def test_killing_a_whole_run_leaves_a_project_that_opens(project: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    code = "import sys; from geoparty.cli import main; main()"
    command = [sys.executable, "-c", code, "run", str(project), "--out", str(tmp_path)]
    for _ in range(max(2, TIMES // 10)):
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(float(rng.uniform(0, 8)))
            process.kill()
        assert_outputs_parse(tmp_path)
        pipeline.check(open_project(project))


def test_verify_tells_what_changed(project: Path, results: Results, tmp_path: Path) -> None:
    opened = open_project(project)
    present.write_outputs(results, tmp_path)
    assert verify(tmp_path, opened) == []
    (tmp_path / "gaps.geojson").write_bytes(b"{}")
    (tmp_path / "map.html").unlink()
    told = {(p.key, p.file) for p in verify(tmp_path, opened)}
    assert told == {("verify.output_changed", "gaps.geojson"), ("verify.output_gone", "map.html")}


def test_a_full_disk_ends_in_a_clear_message(
    monkeypatch: pytest.MonkeyPatch, results: Results, tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    present.write_outputs(results, tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError) as caught:
        present.write_outputs(results, tmp_path)
    assert "Traceback" not in caught.value.text("vi")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_made_ends_in_a_clear_message(
    results: Results, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError):
        present.write_outputs(results, tmp_path / "file" / "out")


def test_two_runs_write_the_same_bytes(project: Path, tmp_path: Path) -> None:
    """Dates and seconds aside, the same inputs give the same files."""
    for name in ("a", "b"):
        present.write_outputs(pipeline.run(open_project(project)), tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        other = tmp_path / "b" / path.name
        if path.suffix in {".geojson", ".csv"}:
            assert path.read_bytes() == other.read_bytes(), path.name
    first, second = (json.loads((tmp_path / n / "run.json").read_text("utf-8")) for n in "ab")
    for run in (first, second):
        for key in ("written_at", "seconds", "outputs"):
            run.pop(key)
    assert first == second
