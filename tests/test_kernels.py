"""Machine code kept on disk is of the source there is, also of what a kernel calls."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from geoparty import kernels


def test_a_change_of_what_a_kernel_calls_reaches_it(tmp_path: Path) -> None:
    package = tmp_path / "made"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(kernels.__file__, package / "kernels.py")
    head = "from made.kernels import compiled\n"
    called = head + "@compiled\ndef step(n):\n    return n + 1\n"
    (package / "called.py").write_text(called)
    (package / "calls.py").write_text(
        head + "from made.called import step\n@compiled\ndef twice(n):\n    return step(step(n))\n"
    )
    script = "from made.calls import twice; print(twice(0), len(twice.stats.cache_hits))"
    ask = [sys.executable, "-c", script]
    env = os.environ | {"PYTHONPATH": str(tmp_path)}

    def told() -> str:
        return subprocess.run(ask, env=env, check=True, capture_output=True, text=True).stdout

    assert told().split() == ["2", "0"]
    assert told().split() == ["2", "1"], "kept while nothing changes"
    (package / "called.py").write_text(called.replace("+ 1", "+ 5"))
    assert told().split() == ["10", "0"]
