"""Our parsers meet any bytes: a bounded number of cases here, long runs by ``fuzz.py``."""

import os
import platform
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from trust.targets import TARGETS, seeds

CASES = int(os.environ.get("GEOPARTY_FUZZ", "30"))
"""Cases of each target from hypothesis; atheris does a hundred times as many for all together."""

pieces = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"\0", b"\xff\xfe", b"=1+1", b'"', b";" * 50, b"9" * 400, b"\r", b"-1e999"]),
)


def changed(seed: bytes) -> st.SearchStrategy[bytes]:
    """Return a sound input with pieces put in, taken out or cut off."""

    def change(cuts: list[tuple[float, int, bytes]]) -> bytes:
        data = seed
        for share, gone, piece in cuts:
            at = int(share * len(data))
            data = data[:at] + piece + data[at + gone :]
        return data

    cut = st.tuples(st.floats(0, 1), st.integers(0, 40), pieces)
    return st.one_of(st.lists(cut, min_size=1, max_size=4).map(change), pieces)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused_in_words(name: str, figures: Counter[str]) -> None:
    @settings(max_examples=CASES)
    @given(data=changed(seeds()[name]))
    def tried(data: bytes) -> None:
        figures["fuzzing: cases of hypothesis"] += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            TARGETS[name](data)

    tried()


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or sys.version_info >= (3, 14),
    reason="no wheel of atheris",
)
def test_guided_by_the_code_no_input_breaks_it(tmp_path: Path, figures: Counter[str]) -> None:
    runs = CASES * 100
    script = Path(__file__).with_name("fuzz.py")
    options = [
        f"-runs={runs}",
        "-seed=1",
        "-max_len=600",
        "-len_control=0",
        "-timeout=300",  # of the clock: a loaded machine must not be a find
        "-rss_limit_mb=4000",
    ]
    done = subprocess.run(
        [sys.executable, str(script), "all", *options],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures["fuzzing: cases of atheris"] += runs
