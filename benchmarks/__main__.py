"""Run the cases: ``python -m benchmarks [STAGE] [--size small|full] [--json]``."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import multiprocessing
import pkgutil
import resource
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import benchmarks
from benchmarks import Case, Size

FIELDS = ("case", "size", "cpu_s", "wall_s", "peak_mb", "peer", "peer_cpu_s", "ratio", "ok")
Measured = tuple[float, float, float, bool, list[tuple[str, float, str]]]
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def cases(stage: str | None) -> list[tuple[str, Case]]:
    """Return the cases of one stage, or of all, as (module, case)."""
    names = sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__"
    )
    if stage is not None and stage not in names:
        raise SystemExit(f"no stage {stage!r}; there are: {', '.join(names)}")
    chosen = [stage] if stage else names
    return [
        (name, case)
        for name in chosen
        for case in getattr(importlib.import_module(f"benchmarks.{name}"), "CASES", [])
    ]


def measure(module: str, number: int, size: Size, which: str, pipe: Connection) -> None:
    """Build, warm nothing, run one case in this process and send what it took."""
    case = importlib.import_module(f"benchmarks.{module}").CASES[number]
    given = case.build(size)
    work = case.run if which == "run" else case.peer
    cpu, wall = time.process_time(), time.perf_counter()
    answer = work(given)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ok = bool(case.check(given, answer)) if which == "run" else True
    figures = case.figures if which == "run" else case.peer_figures
    more = list(figures(answer)) if figures else []
    pipe.send((cpu + children.ru_utime + children.ru_stime, wall, peak, ok, more))


def in_process(module: str, number: int, size: Size, which: str) -> Measured:
    """Run :func:`measure` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    # a new process does not run __main__ again, and finds the function only by its module
    target = importlib.import_module("benchmarks.__main__").measure
    process = context.Process(target=target, args=(module, number, size, which, send))
    process.start()
    send.close()
    try:
        result: Measured = receive.recv()
    except EOFError:
        result = (float("nan"), float("nan"), float("nan"), False, [])
    process.join()
    return result


def row(module: str, number: int, case: Case, size: Size) -> dict[str, Any]:
    """Measure one case and its peer."""
    cpu, wall, peak, ok, more = in_process(module, number, size, "run")
    peer_cpu, _, _, _, peers = (
        in_process(module, number, size, "peer") if case.peer else (None, 0.0, 0.0, True, [])
    )
    return {
        "case": f"{module}.{case.name}",
        "size": size,
        "cpu_s": rounded(cpu, 3),
        "wall_s": rounded(wall, 3),
        "peak_mb": rounded(peak),
        "peer": case.peer_name,
        "peer_cpu_s": rounded(peer_cpu, 3),
        "ratio": rounded(peer_cpu / cpu, 2) if peer_cpu else None,
        "ok": ok,
        "figures": more + peers,
    }


def rounded(value: float | None, digits: int | None = None) -> float | None:
    """Return a figure rounded; None: there is none, as of a process that died."""
    return None if value is None or math.isnan(value) else round(value, digits)


def main() -> int:
    """Print a line a case; exit 1 when an answer was wrong or a case died."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("stage", nargs="?")
    parser.add_argument("--size", choices=["small", "full"], default="small")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    if not options.json:
        print(*FIELDS, sep="\t", flush=True)
    numbers: dict[str, int] = {}
    for module, case in cases(options.stage):
        number = numbers.get(module, 0)
        numbers[module] = number + 1
        if options.size not in case.sizes:
            continue
        if case.needs_real_data and not REAL_DATA.is_dir():
            print(
                f"# {module}.{case.name}: left out, no real data beside the project",
                file=sys.stderr,
            )
            continue
        rows.append(row(module, number, case, options.size))
        if not options.json:
            print(
                *("" if rows[-1][f] is None else rows[-1][f] for f in FIELDS), sep="\t", flush=True
            )
            for figure in rows[-1]["figures"]:
                print("#", *figure, sep="\t", flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
    return 0 if all(r["ok"] for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
