"""The lock and the table of licences say what they should; nothing phones home."""

import re
from pathlib import Path

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


@pytest.mark.parametrize("file", [".streamlit/config.toml", "geoparty/cli/commands.py"])
def test_streamlit_sends_no_usage_statistics(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert re.search(r'gatherUsageStats"?\s*[=:]\s*"?false', text)
