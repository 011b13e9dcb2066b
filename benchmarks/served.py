"""The app on a server of its own, over made-up results on real communes."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import present
from benchmarks.__main__ import REAL_DATA
from geoparty import read, schema
from geoparty.present.masking import PERSON_COUNTS
from geoparty.schema import Results

HERE = Path(__file__).parent
PROVINCE, PROVINCE_PLACES, PLACES = "40", 4_000, 90_000
"""Nghệ An, 130 communes."""
_OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "global.developmentMode": "false",
    "runner.postScriptGC": "false",
}


@dataclass(frozen=True)
class Served:
    """A running server, and what it serves."""

    address: str
    pid: int
    results: Results

    def cpu_s(self) -> float:
        """Processor seconds the server has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> int:
        """Most memory the server has held, megabytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def country() -> Results:
    """Return 90,000 made-up places on the real 3,321 communes, 4,000 of them in Nghệ An."""
    communes = _communes()
    rng = np.random.default_rng(present.SEED)
    own = communes["province_code"].eq(PROVINCE)
    parts = [
        _places(communes[own], PROVINCE_PLACES, rng),
        _places(communes[~own], PLACES - PROVINCE_PLACES, rng),
    ]
    places = pd.concat(parts)
    places.index = pd.Index([f"P{i}" for i in range(len(places))], name="place_id")
    places["place_name"] = "Bản " + places["province_code"].astype(str) + "-" + places.index
    places["priority"] = pd.array(rng.permutation(len(places)) + 1, dtype="Int64")
    counts = pd.crosstab(places["commune_code"], places["gap_level"]).reindex(communes.index)
    for level in schema.GAP_LEVELS:
        communes[f"n_{level}"] = counts.get(level, 0)
    communes["n_places"] = counts.sum(axis=1)
    base = present.build("small")
    roads = read.read_roads(REAL_DATA / "roads/vn_main_roads.gpkg").frame
    border = read.read_border(REAL_DATA / "border/land_border_from_communes.parquet").frame
    plan = {"status": "not_planned", "gap": None, "n_sites": 0}
    return Results(
        communes=communes,
        places=places,
        provinces=communes.groupby("province_code")[["n_places"]].sum(),
        sites=base.sites.head(0),
        assignments=base.assignments,
        account=base.account,
        problems=(),
        roads=roads,
        border=border,
        run=base.run | {"plan": plan},
    )


def _communes() -> gpd.GeoDataFrame:
    communes = read.read_communes(REAL_DATA / "boundaries/communes_vn.parquet").frame
    first = ["commune_name", "commune_type", "province_code", "province_name"]
    communes = communes[[*first, *(c for c in communes.columns if c not in first)]]
    is_border = np.arange(len(communes)) % 13 == 0
    return communes.assign(
        is_border=is_border,
        is_listed_border=is_border,
        border_km=is_border * 10.0,
        border_agreement=np.where(is_border, "both", "neither"),
        **dict.fromkeys(PERSON_COUNTS, 10),
    )


def _places(communes: gpd.GeoDataFrame, n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return places near the middle of their communes, in the benchmark's usual columns."""
    places = present._places(communes, n, rng)  # noqa: SLF001 - one maker for all benchmarks
    middle = shapely.get_coordinates(communes.geometry.representative_point().to_numpy())
    size = np.sqrt(shapely.area(communes.geometry.to_numpy()))
    at = communes.index.get_indexer(places["commune_code"])
    spread = rng.uniform(-0.25, 0.25, (len(places), 2)) * size[at, None]
    places = places.set_geometry(
        gpd.GeoSeries(shapely.points(middle[at] + spread), index=places.index, crs=schema.CRS)
    )
    return places.assign(
        is_cut_off_dry=places["is_cut_off_wet"], population=places["households"] * 4
    )


@contextmanager
def serve(results: Results, script: str = "served_app.py") -> Iterator[Served]:
    """Serve a script of this folder over results, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="geoparty-benchmark-") as folder:
        Path(folder, "results.pickle").write_bytes(pickle.dumps(results))
        toml = 'name = "Thử nghiệm"\n[inputs]\ncommunes = "c.geojson"\nplaces = "p.csv"\n'
        Path(folder, "project.toml").write_text(toml, "utf-8")
        flags = [f"--{k}={v}" for k, v in (_OPTIONS | {"server.port": port}).items()]
        command = [sys.executable, "-m", "streamlit", "run", str(HERE / script), *flags]
        address = f"http://127.0.0.1:{port}"
        with subprocess.Popen(
            [*command, "--", folder],
            env=os.environ | {"PYTHONPATH": str(HERE.parent)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                _wait(address)
                yield Served(address, process.pid, results)
            finally:
                process.terminate()


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(address)
