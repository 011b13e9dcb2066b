"""Killed at any moment, on a full disk or in a read-only folder: nothing is half written."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from patience import answers
from trust.kills import killed_at_random, times

from geoparty import files, pipeline, present, sample
from geoparty.errors import InputError
from geoparty.link import save_override
from geoparty.pages import bring
from geoparty.plan import load_scenarios, save_scenario
from geoparty.present.verify import verify
from geoparty.project import open_project
from geoparty.read.overrides import read_overrides
from geoparty.schema import Results
from geoparty.settings import Classes

PROGRAM = "import sys; from geoparty.cli import main; main()"


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


def test_killing_the_writer_leaves_whole_files(
    results: Results, tmp_path: Path, figures: Counter[str]
) -> None:
    figures["kills survived: writing outputs"] += killed_at_random(
        lambda *_: present.write_outputs(results, tmp_path),
        lambda *_: assert_outputs_parse(tmp_path),
        times=times("writing outputs"),
        longest_s=2.0,
        rng=np.random.default_rng(8),
    )


def test_killing_a_whole_run_leaves_a_project_that_opens(
    project: Path, tmp_path: Path, figures: Counter[str]
) -> None:
    rng = np.random.default_rng(9)
    command = [sys.executable, "-c", PROGRAM, "run", str(project), "--out", str(tmp_path)]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole_s = time.monotonic() - started
    for _ in range(times("whole runs")):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            time.sleep(float(rng.uniform(0, whole_s)))
            one.kill()
        assert_outputs_parse(tmp_path)
        pipeline.check(open_project(project))
        figures["kills survived: whole runs"] += 1


def test_a_decision_that_was_saved_is_never_lost(tmp_path: Path, figures: Counter[str]) -> None:
    path = tmp_path / "overrides.csv"

    def decide(kill: int, n: int) -> None:
        save_override(
            path,
            table="counts",
            key=f"||||xã {kill}||bản {n}",
            decision=f"P{n}",
            unit_name="Bản",
            reason="=seen",
            day=date(2026, 5, 1),
        )

    def look(kill: int, done: int) -> None:
        kept = set(read_overrides(path)["key"])
        assert {f"||||xã {kill}||bản {n}" for n in range(done)} <= kept
        assert len({key.split("bản")[0] for key in kept}) <= kill + 1

    figures["kills survived: decisions"] += killed_at_random(
        decide, look, times=times("decisions"), longest_s=0.5, rng=np.random.default_rng(10)
    )
    assert len(read_overrides(path))


def test_a_scenario_that_was_saved_is_never_lost(tmp_path: Path, figures: Counter[str]) -> None:
    def keep(kill: int, n: int) -> None:
        save_scenario(tmp_path, f"Kịch bản {kill} {n}", Classes(n_sites=n + 1))
        before = load_scenarios(tmp_path).get("chung")
        save_scenario(tmp_path, "chung", Classes(n_sites=kill * 1000 + n + 1), seen=before)

    def look(kill: int, done: int) -> None:
        kept = load_scenarios(tmp_path)
        assert {f"Kịch bản {kill} {n}" for n in range(done)} <= set(kept)
        # parts of a killed writer lie in a folder of their own, which nobody reads
        assert all(json.loads(p.read_text("utf-8")) for p in tmp_path.glob("scenarios/*.json"))

    figures["kills survived: scenarios"] += killed_at_random(
        keep, look, times=times("scenarios"), longest_s=0.5, rng=np.random.default_rng(11)
    )


def test_an_upload_is_saved_whole_or_not_at_all(
    project: Path, tmp_path: Path, figures: Counter[str]
) -> None:
    own = Path(shutil.copytree(project, tmp_path / "p"))
    opened = open_project(own)
    first = opened.path(opened.settings.inputs.counts[0]).read_bytes()

    def upload(kill: int, n: int) -> None:
        now = open_project(own)
        add = len(now.settings.inputs.counts) < 5
        bring.save(
            now, "counts", f"số liệu {n % 3}.xlsx", first + bytes([kill % 256, n % 256]), add=add
        )

    def look(kill: int, done: int) -> None:
        now = open_project(own)
        for path in [p for paths in now.input_paths().values() for p in paths]:
            assert path.is_file()
        for path in now.input_paths()["counts"]:
            assert path.read_bytes().startswith(first)

    figures["kills survived: uploads"] += killed_at_random(
        upload, look, times=times("uploads"), longest_s=0.5, rng=np.random.default_rng(12)
    )


@pytest.mark.browser
def test_killing_the_app_leaves_a_project_that_opens(
    project: Path, tmp_path: Path, chromium: object, figures: Counter[str]
) -> None:
    own = Path(shutil.copytree(project, tmp_path / "p"))
    before = {p.name: p.read_bytes() for p in own.rglob("*") if p.is_file()}
    rng = np.random.default_rng(13)
    for _ in range(times("the app")):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-c", PROGRAM, "app", str(own), "--port", str(port)]
        # The server is a child of the command: both are killed, as a power cut would.
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as one:
            answers(f"http://localhost:{port}/_stcore/health", one)
            page = chromium.new_page()  # type: ignore[attr-defined]
            page.goto(f"http://localhost:{port}", wait_until="commit")
            time.sleep(float(rng.uniform(0, 6)))
            os.killpg(one.pid, signal.SIGKILL)
            page.close()
        assert pipeline.check(open_project(own)).places is not None
        after = {p.name: p.read_bytes() for p in own.rglob("*") if p.is_file()}
        assert after == before
        figures["kills survived: the app"] += 1


def test_verify_tells_what_changed(project: Path, results: Results, tmp_path: Path) -> None:
    opened = open_project(project)
    present.write_outputs(results, tmp_path)
    assert verify(tmp_path, opened) == []
    (tmp_path / "gaps.geojson").write_bytes(b"{}")
    (tmp_path / "map.html").unlink()
    told = {(p.key, p.file) for p in verify(tmp_path, opened)}
    assert told == {("verify.output_changed", "gaps.geojson"), ("verify.output_gone", "map.html")}


def test_run_json_is_enough_to_repeat_a_run_and_tell_what_changed(
    project: Path, results: Results, tmp_path: Path
) -> None:
    own = open_project(shutil.copytree(project, tmp_path / "p"))
    out = tmp_path / "out"
    present.write_outputs(pipeline.run(own), out)
    toml = own.folder / "project.toml"
    text = toml.read_text("utf-8")
    changed = text.replace("# min_official_members = 3", "min_official_members = 9")
    assert changed != text
    toml.write_text(changed, "utf-8")
    assert pipeline.repeat(out, open_project(own.folder)) == []
    places = own.path(own.settings.inputs.places)
    book = openpyxl.load_workbook(places)
    book.active.cell(3, 2).value = "Bản Đổi Tên"
    book.save(places)
    told = {p.file: p.params for p in pipeline.repeat(out, own)}
    assert told["places.geojson"]["n"] == 1
    assert told["places.geojson"]["columns"] == "place_name"
    keys = [p.key for p in verify(out, own)]
    assert keys == ["verify.input_changed"]


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="folders are read-only otherwise there")
def test_a_read_only_folder_ends_in_a_clear_message(results: Results, project: Path) -> None:
    """As a user who may not write: outputs, decisions, scenarios and uploads say so."""
    opened = open_project(project)
    own = Path(tempfile.mkdtemp(dir="/var/tmp"))
    copy = Path(shutil.copytree(project, own / "p"))
    for path in (own, copy, *copy.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    works = (
        lambda: present.write_outputs(results, copy / "out"),
        lambda: save_scenario(copy, "a", Classes()),
        lambda: bring.save(replace(opened, folder=copy), "counts", "a.csv", b"x"),
        lambda: save_override(
            copy / "overrides.csv", table="counts", key="k", decision="A", unit_name="", reason="",
            day=date(2026, 5, 1),
        ),
    )  # fmt: skip
    for work in works:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                work()
            except InputError as error:
                code = 0 if error.text("vi") and "cannot write" in error.text("en") else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
    for path in (own, copy, *copy.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(own)


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
