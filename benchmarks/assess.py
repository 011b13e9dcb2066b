"""Progress over ten dates of 90,000 places, and border communes of the whole country."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks import Case, Size
from benchmarks.__main__ import REAL_DATA
from geoparty import assess, schema
from geoparty.settings import Rules

SEED = 20_260_725
SIZES = {"small": (2_000, 3, 60), "full": (90_000, 10, 3_321)}
"""Places, dates, communes."""
_KINDS = ("village", "village", "village", "residential_group", "school", "health_station")
_STATUSES = ("own", "own", "own", "own", "joint", "none")


class Given(NamedTuple):
    """Counts of all dates and the list of places."""

    counts: pd.DataFrame
    places: pd.DataFrame


def build(size: Size) -> Given:
    """Make places and counts that slowly get better, three in a hundred not reported."""
    n, dates, n_communes = SIZES[size]
    rng = np.random.default_rng(SEED)
    commune = np.sort(rng.integers(0, n_communes, n))
    ids = pd.Index([f"P{i:06d}" for i in range(n)], name="place_id", dtype="str")
    columns = {name: c for name, c in schema.PLACES.items() if name != "place_id"}
    listed = {
        "place_name": ids,
        "commune_code": [f"{c:05d}" for c in commune],
        "commune_name": [f"Xã {c}" for c in commune],
        "place_kind": rng.choice(_KINDS, n),
        "working_age": rng.integers(50, 300, n),
        "away_workers": rng.integers(0, 50, n),
    }
    places = schema.conform(pd.DataFrame(listed, index=ids), columns)
    places["province_code"] = [f"{c // 98:02d}" for c in commune]
    places["province_name"] = [f"Tỉnh {c // 98}" for c in commune]
    tables = [_counts(places, year, rng) for year in range(2026 - dates, 2026)]
    return Given(schema.conform(pd.concat(tables, ignore_index=True), schema.COUNTS), places)


def _counts(places: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make the counts of one year; until 2020 one place in a hundred was in the next commune."""
    ids, n = places.index, len(places)
    moved = (np.arange(n) % 100 == 0) & (year < 2020)
    commune = places["commune_code"].where(~moved, places["commune_code"].shift(-200))
    status = rng.choice(_STATUSES, n)
    members = np.where(status == "none", rng.integers(0, 2, n), rng.integers(3, 20, n))
    official = members - rng.integers(0, 2, n) * (members > 0)
    frame = pd.DataFrame(
        {
            "place_id": ids,
            "place_name": places["place_name"].to_numpy(),
            "commune_code": commune.to_numpy(),
            "as_of": pd.Timestamp(year, 12, 31),
            "members": members,
            "official_members": official,
            "reinforced_members": np.minimum(official, rng.integers(0, 3, n)),
            "members_over_60": members // 3,
            "cell_status": status,
            "candidates": rng.integers(0, 5, n),
            "graduates": rng.integers(0, 3, n),
            "admitted": rng.integers(0, 2, n),
            "admitted_last_5y": rng.integers(1, 5, n),
            "admission_target": rng.integers(0, 3, n),
            "head_is_member": rng.random(n) > 0.2,
            "secretary_trained": rng.random(n) > 0.3,
            "cell_founded": pd.to_datetime(rng.integers(1990, year, n).astype(str)),
            "cell_founded_by": rng.choice(schema.CELL_FOUNDINGS, n),
        }
    )
    frame["admission_target"] = frame["admission_target"].mask(rng.random(n) < 0.03)
    return frame[rng.random(n) >= 0.03]


def progress(given: Given) -> assess.Progress:
    """Assess every date; all indicators, balances and the outlook by every area."""
    return assess.track(given.counts, given.places, rules=Rules())


def adds_up(given: Given, told: assess.Progress) -> bool:
    """Hold one indicator against plain sums, all areas against the total, and the balances."""
    plain = given.counts.dropna(subset=["admitted", "admission_target"])
    plain = plain.groupby("as_of")[["admitted", "admission_target"]].sum()
    table = told.indicators
    one = table[(table["indicator"] == "admissions_against_target") & (table["area"] == "all")]
    ours = one.set_index("as_of")[["numerator", "denominator"]]
    same = (ours.to_numpy(int) == plain.to_numpy(int)).all()
    sums = table.groupby(["indicator", "area"])[["numerator", "denominator", "n_places"]].sum()
    spread = sums.groupby("indicator").nunique().to_numpy()
    b = told.balances
    balanced = (b["opening"] - b["closed"] + b["opened"] == b["closing"]).all()
    return bool(same and (spread == 1).all() and balanced)


def build_border(size: Size) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, int]:
    """Read the communes of the country or of one province, and the border line."""
    province, n = ("vn", 248) if size == "full" else ("dien_bien", 15)
    communes = gpd.read_parquet(REAL_DATA / f"boundaries/communes_{province}.parquet")
    border = gpd.read_parquet(REAL_DATA / "border/land_border_from_communes.parquet")
    return communes.set_index("code"), border, n


def border(given: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, int]) -> pd.DataFrame:
    """Tell the border communes."""
    return assess.border_communes(given[0], given[1], rules=Rules())


def border_by_buffer(given: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, int]) -> pd.Series:
    """Do the same with a buffer round the border and the boundaries cut by it."""
    crs = given[0].estimate_utm_crs()
    near = given[1].to_crs(crs).buffer(Rules().border_tolerance_m).union_all()
    return given[0].to_crs(crs).boundary.intersection(near).length


def border_is_right(
    given: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, int], told: pd.DataFrame
) -> bool:
    """Compare with the number the press gives, or the province's own."""
    return int(told["is_border"].sum()) == given[2]


CASES = [
    Case(name="progress", build=build, run=progress, check=adds_up),
    Case(
        name="border_communes",
        build=build_border,
        run=border,
        check=border_is_right,
        peer=border_by_buffer,
        peer_name="geopandas buffer and intersection",
        needs_real_data=True,
    ),
]
