"""Several planners save to one project at once: no decision of anybody is lost or overwritten."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from patience import PATIENCE_S

from geoparty import files, pipeline, sample
from geoparty.errors import InputError
from geoparty.files import locked
from geoparty.link import save_override
from geoparty.pages import bring
from geoparty.plan import load_scenarios, save_scenario
from geoparty.project import Project, open_project
from geoparty.read.overrides import overrides_bytes, read_overrides
from geoparty.settings import Classes


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    communes = sample.invent_communes(3, seed=5)
    sample.write_sample(sample.make_sample(communes, places_per_commune=3, seed=5), folder)
    return folder


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may keep somebody waiting for their turn."""
    monkeypatch.setattr(files, "LOCK_WAIT_S", PATIENCE_S)


@pytest.fixture
def project(clean: Path, tmp_path: Path) -> Project:
    return open_project(shutil.copytree(clean, tmp_path / "p"))


def at_once(*works: Callable[[], object]) -> None:
    """Do each work in a process of its own, all at the same time; every one must succeed."""
    children = []
    for work in works:
        child = os.fork()
        if child == 0:
            try:
                work()
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(works)


def decided(path: Path, who: int, n: int) -> None:
    for i in range(n):
        save_override(
            path,
            table="counts",
            key=f"||||xã {who}||bản {i}",
            decision=f"P{who}{i}",
            unit_name="Bản",
            reason=f"planner {who}",
            day=date(2026, 5, 1),
        )


def test_decisions_of_planners_who_save_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "overrides.csv"
    at_once(*(lambda who=who: decided(path, who, 10) for who in range(4)))
    assert len(read_overrides(path)) == 40


def test_uploads_of_planners_who_save_at_once_are_all_inputs(project: Project) -> None:
    inputs = project.settings.inputs
    data = project.path(inputs.counts[-1]).read_bytes()

    def add(name: str) -> Callable[[], None]:
        return lambda: bring.save(project, "counts", name, data, add=True)

    at_once(*(add(f"{n}.xlsx") for n in range(4)), lambda: pipeline.save_columns(
        project, pipeline.recognised(project)
    ))  # fmt: skip
    again = open_project(project.folder).settings.inputs
    assert set(again.counts) == {*inputs.counts, *(f"data/{n}.xlsx" for n in range(4))}
    assert again.columns


def test_an_upload_does_not_go_over_what_another_saved_meanwhile(project: Project) -> None:
    seen = bring.stamp(project, "places")
    path = project.path(project.settings.inputs.places)
    theirs = path.read_bytes() + b" "
    bring.save(project, "places", path.name, theirs, seen=seen)
    before = (project.folder / "project.toml").read_bytes()
    with pytest.raises(InputError, match="places"):
        bring.save(project, "places", path.name, b"mine", seen=seen)
    assert path.read_bytes() == theirs
    assert (project.folder / "project.toml").read_bytes() == before
    now = bring.stamp(project, "places")
    bring.save(project, "places", path.name, b"mine, having looked", seen=now)
    older = [p.read_bytes() for p in (path.parent / "older").iterdir() if p.suffix == ".xlsx"]
    assert theirs in older


def test_a_scenario_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    first, second = Classes(n_sites=3), Classes(n_sites=9)
    save_scenario(tmp_path, "Mùa mưa", first)
    with pytest.raises(InputError, match="Mùa mưa"):
        save_scenario(tmp_path, "Mùa mưa", second)
    assert load_scenarios(tmp_path) == {"Mùa mưa": first}
    save_scenario(tmp_path, "Mùa mưa", second, seen=first)
    assert load_scenarios(tmp_path) == {"Mùa mưa": second}


def test_a_lock_of_a_program_that_was_killed_does_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "overrides.csv"
    child = os.fork()
    if child == 0:
        with locked(path):
            (tmp_path / "held").touch()
            time.sleep(3600)
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    with pytest.raises(InputError), locked(path, wait_s=0.1):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with locked(path, wait_s=0.1):
        pass


def test_no_text_of_the_decisions_is_a_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    texts = ["=1+1", "+x", "-x", "@x", "\tx", "'=x", "'plain", "x"]
    frame = pd.DataFrame(dict.fromkeys(read_overrides(tmp_path / "none").columns, texts))
    path = tmp_path / "overrides.csv"
    path.write_bytes(overrides_bytes(frame))
    cells = [c for line in path.read_text("utf-8-sig").splitlines() for c in line.split(",")]
    assert not [c for c in cells if c.strip('"')[:1] in ("=", "+", "-", "@", "\t")]
    pd.testing.assert_frame_equal(read_overrides(path), frame, check_dtype=False)
