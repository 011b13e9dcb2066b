"""The lock and the table of licences say what they should; nothing phones home."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_every_pin_has_hashes_and_no_index_is_named() -> None:
    pins = re.findall(r"^[\w.\-]+==[^\s]+.*(?:\n +--hash=sha256:[0-9a-f]{64}(?: \\)?)+", LOCK, re.M)
    assert len(pins) == len(re.findall(r"^\S", LOCK, re.M)) > 80
    assert not re.search(r"https?://|--(?:extra-)?index|@ ", LOCK)


def test_the_table_of_licences_lists_what_is_locked() -> None:
    table = (ROOT / "docs" / "licences.md").read_text("utf-8")
    listed = {canonicalize_name(n) for n in re.findall(r"^\| ([\w.]\S*) \|", table, re.M)}
    pins = re.findall(r"^([\w.\-]+)==[^;\n\\]+(;?)", LOCK, re.M)
    assert listed - {"package"} <= {canonicalize_name(name) for name, _ in pins}
    assert {canonicalize_name(name) for name, on_some in pins if not on_some} <= listed
    assert "not declared" not in table


@pytest.mark.parametrize("file", [".streamlit/config.toml", "geoparty/cli/serve.py"])
def test_streamlit_sends_no_usage_statistics(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert re.search(r'gatherUsageStats"?\s*[=:]\s*"?false', text)


@pytest.fixture
def supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", ROOT / "scripts" / "supply.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bill_of(pins: list[tuple[str, str]]) -> str:
    return json.dumps({"components": [{"name": n, "version": v} for n, v in pins]})


def builder(supply: ModuleType, pins: list[tuple[str, str]]):
    """Return what stands for the tools: files as they would write them."""

    def run(*command: str, capture_output: bool = False):
        if command[0] == "uv":
            folder = Path(command[command.index("--out-dir") + 1])
            for name in ("geoparty-0.1.0-py3-none-any.whl", "geoparty-0.1.0.tar.gz"):
                (folder / name).write_bytes(b"x")
        else:
            assert str(supply.LOCK) in command
            Path(command[command.index("-o") + 1]).write_text(bill_of(pins))
        return subprocess.CompletedProcess(command, 0)

    return run


def test_a_release_is_wheel_sdist_bill_of_materials_and_checksums(
    supply: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supply, "run", builder(supply, supply.pins()))
    assert supply.release(str(tmp_path / "dist")) == 0
    assert len(supply.pins()) > 90
    names = sorted(path.name.split("-")[0] for path in (tmp_path / "dist").iterdir())
    assert names == ["SHA256SUMS", "geoparty", "geoparty", "geoparty"]
    assert len((tmp_path / "dist" / "SHA256SUMS").read_text().splitlines()) == 3
    assert supply.release(str(tmp_path / "dist")) == 2  # never into a folder of another one


@pytest.mark.parametrize("fault", ["one missing", "one more", "another version"])
def test_a_bill_of_materials_that_is_not_the_locked_set_ends_the_release(
    supply: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    (name, version), *rest = supply.pins()
    changed = {
        "one missing": rest,
        "one more": [*supply.pins(), ("left-pad", "1.0")],
        "another version": [(name, version + ".post9"), *rest],
    }[fault]
    monkeypatch.setattr(supply, "run", builder(supply, changed))
    assert supply.release(str(tmp_path / "dist")) == 2
    told = capsys.readouterr().err
    assert ("left-pad 1.0: listed, not locked" if fault == "one more" else name) in told
    assert not (tmp_path / "dist" / "SHA256SUMS").exists()


@pytest.mark.parametrize(
    ("hole", "skipped", "answer", "code", "words"),
    [
        (False, 0, True, 0, "packages looked up, 0 known"),
        (True, 0, True, 1, "PYSEC-1, fixed in: 9.9"),
        (False, 3, True, 2, "3 packages could not be looked up"),
        (False, 0, False, 2, "did not answer"),
    ],
)
def test_an_audit_that_looked_nothing_up_is_no_clean_one(
    supply: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hole: bool,
    skipped: int,
    answer: bool,
    code: int,
    words: str,
) -> None:
    """pip-audit itself ends with 0 where its service knows none of the packages."""
    found = [{"name": n, "version": v, "vulns": []} for n, v in supply.pins()]
    if hole:
        found[0]["vulns"] = [{"id": "PYSEC-1", "fix_versions": ["9.9"]}]
    for part in found[:skipped]:
        part["skip_reason"] = "not found"
    out = json.dumps({"dependencies": found}) if answer else ""
    done = subprocess.CompletedProcess("pip-audit", 0, out, "ConnectionError: no such host")
    monkeypatch.setattr(supply, "run", lambda *command, capture_output: done)
    assert supply.audit() == code
    told = capsys.readouterr()
    assert words in told.out + told.err
