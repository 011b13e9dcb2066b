"""Every export of a province (130 communes, 4,000 places) and of the country (90,000 places)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import Case, Size
from geoparty import present, schema
from geoparty.present.masking import PERSON_COUNTS
from geoparty.schema import Results
from geoparty.settings import Settings

SEED = 20_260_725
SIZES = {"small": (16, 480), "province": (130, 4_000), "full": (3_321, 90_000)}
"""Communes and places."""
_CORNERS = 160
"""Points of a commune's boundary, as many as real ones keep at map scale."""


def build(size: str) -> Results:
    """Make a result on a grid of communes with wavy boundaries, one in fifty not reported."""
    n_communes, n = SIZES[size]
    rng = np.random.default_rng(SEED)
    communes = _communes(n_communes)
    places = _places(communes, n, rng)
    counts = pd.crosstab(places["commune_code"], places["gap_level"])
    for level in schema.GAP_LEVELS:
        communes[f"n_{level}"] = counts.get(level, pd.Series(0, communes.index))
    communes["n_places"] = counts.sum(axis=1)
    for name in PERSON_COUNTS:
        communes[name] = places.groupby("commune_code")[name].sum()
    settings = Settings.model_validate({"inputs": {"communes": "x", "places": "y"}})
    account = pd.DataFrame("", index=range(2 * n), columns=list(schema.ACCOUNT))
    account = account.assign(table="counts", file="so lieu.xlsx", row=range(2, 2 * n + 2))
    return Results(
        communes=communes,
        places=places,
        provinces=communes.groupby("province_code")[list(PERSON_COUNTS)].sum(),
        sites=_sites(places),
        assignments=pd.DataFrame(columns=["place_id", "site_id", "candidates", "travel_min"]),
        account=account.assign(outcome="matched", score=np.nan),
        problems=(),
        run={"settings": settings.model_dump(mode="json"), "as_of": ["2025-12-31"]},
    )


def _communes(n: int) -> gpd.GeoDataFrame:
    side = int(np.ceil(np.sqrt(n)))
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    radius = 0.045 + 0.004 * np.sin(7 * angle)
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    middles = np.array([(103 + 0.1 * (i % side), 15 + 0.1 * (i // side)) for i in range(n)])
    codes = [f"{i:05d}" for i in range(n)]
    return gpd.GeoDataFrame(
        {
            "commune_name": [f"Mường Ủ {i}" for i in range(n)],
            "commune_type": "xã",
            "province_code": [f"{i // 98:02d}" for i in range(n)],
            "province_name": [f"Tỉnh {i // 98}" for i in range(n)],
            "is_border": np.arange(n) % 9 == 0,
            "is_listed_border": np.arange(n) % 9 == 0,
        },
        index=pd.Index(codes, name="commune_code", dtype="str"),
        geometry=shapely.polygons(ring[None] + middles[:, None]),
        crs=schema.CRS,
    )


def _places(communes: gpd.GeoDataFrame, n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    of = np.sort(rng.integers(0, len(communes), n))
    middle = communes.geometry.bounds.to_numpy()[of].reshape(-1, 2, 2).mean(axis=1)
    level = rng.choice(np.array(schema.GAP_LEVELS), n)
    minutes = rng.uniform(1, 400, n)
    columns = {
        "place_name": [f"Bản Nậm {i}" for i in range(n)],
        "place_kind": rng.choice(np.array(schema.PLACE_KINDS), n),
        **{name: communes[name].to_numpy()[of] for name in communes.columns[:4]},
        "households": rng.integers(20, 200, n),
        "as_of": pd.Timestamp("2025-12-31"),
        **{name: rng.integers(0, 25, n) for name in PERSON_COUNTS},
        "cell_status": rng.choice(np.array(schema.CELL_STATUSES), n),
        "gap_level": pd.Categorical(level, schema.GAP_LEVELS, ordered=True),
        "risk_reasons": np.where(level == "at_risk", "ageing;no_candidate", ""),
        "has_local_members": level != "no_members",
        "is_border": communes["is_border"].to_numpy()[of],
        "location": "given",
        **{f"{target}_min_{s}": minutes for target in ("centre", "cell") for s in ("dry", "wet")},
        "is_cut_off_wet": minutes > 240,
        "priority": pd.array(np.arange(1, n + 1), dtype="Int64"),
        "file": "so lieu.xlsx",
        "row": np.arange(5, n + 5),
    }
    frame = pd.DataFrame(columns, index=pd.Index([f"P{i}" for i in range(n)], name="place_id"))
    for name in PERSON_COUNTS:
        frame[name] = frame[name].astype("Int64").mask(rng.random(n) < 0.02)
    frame.insert(2, "commune_code", communes.index.to_numpy()[of])
    at = middle + rng.uniform(-0.03, 0.03, (n, 2))
    return gpd.GeoDataFrame(frame, geometry=shapely.points(at), crs=schema.CRS)


def _sites(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    hosts = places.iloc[:: max(len(places) // 40, 1)]
    sites = hosts[["place_name", "commune_code", "commune_name", "geometry"]].reset_index()
    sites = sites.assign(n_candidates=20, mean_min=30.0, max_min=60.0)
    return sites.set_index(pd.Index([f"S{i}" for i in range(len(sites))], name="site_id"))


def _write(results: Results) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return {p.name: p.read_bytes() for p in present.write_outputs(results, Path(folder))}


def _all_written(results: Results, written: dict[str, bytes]) -> bool:
    features = json.loads(written["places.geojson"])["features"]
    run = json.loads(written["run.json"])
    return len(features) == len(results.places) and len(run["outputs"]) == len(written) - 1


def _same_places(results: Results, data: bytes | str) -> bool:
    features = json.loads(data)["features"]
    members = [f["properties"]["members"] for f in features]
    return members == [None if pd.isna(v) else v for v in results.places["members"].tolist()]


def _by_gdal(results: Results) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "places.geojson")
        results.places.to_file(path, driver="GeoJSON", RFC7946="YES")
        return path.read_bytes()


def _opens(results: Results, data: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "layers.gpkg")
        path.write_bytes(data)
        got = gpd.read_file(path, layer="places")
    return bool((got.geometry.array == results.places.geometry.array).all())


def _nothing_small(results: Results, masked: Results) -> bool:
    counts = masked.places[list(PERSON_COUNTS)]
    small = counts.ge(1) & counts.lt(5)
    return len(counts) == len(results.places) and not small.fillna(value=False).to_numpy().any()


def _province(_size: Size) -> Results:
    return build("small" if _size == "small" else "province")


CASES = [
    Case(name="geojson", build=build, run=lambda r: present.feature_collection(r.places),
         check=_same_places, peer=_by_gdal, peer_name="GDAL GeoJSON"),
    Case(name="outputs", build=build, run=_write, check=_all_written),
    Case(name="outputs_province", build=_province, run=_write, check=_all_written,
         sizes=("full",)),
    Case(name="map", build=build, run=present.map_html,
         check=lambda r, page: f'"{r.places["place_name"].iloc[-1]}"' in page),
    Case(name="geopackage", build=build,
         run=lambda r: present.geopackage_bytes({"places": r.places, "communes": r.communes}),
         check=_opens),
    Case(name="kml", build=build, run=lambda r: present.kml_bytes(r.places, run=r.run),
         check=lambda r, data: data.count(b"<Placemark>") == len(r.places)),
    Case(name="circulation", build=build, run=present.circulation, check=_nothing_small),
    Case(name="report_pdf", build=build, run=present.report_pdf,
         check=lambda _r, data: data.startswith(b"%PDF")),
    Case(name="report_docx", build=build, run=present.report_docx,
         check=lambda _r, data: data.startswith(b"PK")),
]  # fmt: skip
