"""The whole run: a province of real communes with generated places."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import Case, Size
from benchmarks.__main__ import REAL_DATA
from geoparty import pipeline, present, read, sample
from geoparty.project import open_project
from geoparty.schema import OUTCOMES, Results

BORDER_COMMUNES = {"dien_bien": 15, "son_la": 13, "nghe_an": 21}


def build(size: Size, province: str = "dien_bien") -> tuple[Path, str]:
    """Generate a project on the province's real communes, about 30 places a commune."""
    communes = read.read_communes(REAL_DATA / f"boundaries/communes_{province}.parquet").frame
    if size == "small":
        communes = communes.iloc[:5]
    border = read.read_border(REAL_DATA / "border/land_border_from_communes.parquet").frame
    folder = Path(tempfile.mkdtemp(prefix="geoparty-benchmark-"))
    made = sample.make_sample(communes, places_per_commune=30, seed=1, border=border)
    sample.write_sample(made, folder)
    return folder, province if size == "full" else ""


def whole_run(given: tuple[Path, str]) -> Results:
    """Read, link, travel, assess, plan and write every output."""
    results = pipeline.run(open_project(given[0]))
    present.write_outputs(results, given[0] / "out")
    return results


def is_right(given: tuple[Path, str], results: Results) -> bool:
    """Check the account and the number of border communes known from outside."""
    totals = results.run["account"].values()
    adds_up = all(t["rows"] == sum(t[o] for o in OUTCOMES) for t in totals)
    n_border = int((results.communes["border_km"] > 0).sum())
    return adds_up and n_border == BORDER_COMMUNES.get(given[1], n_border)


CASES = [
    Case(name="run_dien_bien", build=build, run=whole_run, check=is_right, needs_real_data=True),
    *(
        Case(
            name=f"run_{province}",
            build=lambda size, province=province: build(size, province),
            run=whole_run,
            check=is_right,
            sizes=("full",),
            needs_real_data=True,
        )
        for province in ("son_la", "nghe_an")
    ),
]
