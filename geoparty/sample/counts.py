"""Counts of members, cells and candidates that hang together."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geoparty import schema
from geoparty.sample.history import year_before
from geoparty.sample.noise import Floats, generator

AS_OF = date(2025, 12, 31)
FOUNDINGS = {
    "admission": 0.64,
    "transfer": 0.16,
    "split": 0.14,
    "resettlement": 0.05,
    "other": 0.01,
}
MEAN_AGE_YEARS = 22
"""Of cells: about a third of them are less than ten years old."""
NAMING = ("as_of", "place_name", "commune_code", "commune_name", "cell_status", "cell_id")
"""Columns that stay where a row is not reported."""
JOINT_SIZES = (2, 3, 4)


def make_counts(
    places: gpd.GeoDataFrame, remoteness: Floats, *, seed: int, n_snapshots: int = 1
) -> pd.DataFrame:
    """Return a row of counts per place and year, consistent in itself and with its neighbours.

    The last of ``n_snapshots`` years is that of ``AS_OF``; a place has no counts of before its
    ``valid_from``.

    ``remoteness`` is 0 (at the centre) to 1 for each place. Remote places have fewer members,
    fewer own cells and more members sent from elsewhere. What was not reported is missing.
    """
    years = [_whole_counts(places, remoteness, generator(seed, "counts"))]
    for i in range(1, n_snapshots):
        years.append(year_before(years[-1], generator(seed, f"counts {i} years before")))
    reported = [
        _leave_unreported(year, generator(seed, f"unreported {i}")) for i, year in enumerate(years)
    ]
    counts = pd.concat(reported[::-1])
    began = places["valid_from"].reindex(counts.index)
    counts = counts[began.isna() | (began <= counts["as_of"])].reset_index()
    return schema.conform(counts, schema.COUNTS)[list(schema.COUNTS)]


def _whole_counts(
    places: gpd.GeoDataFrame, remoteness: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the counts of ``AS_OF``, all of them known; index ``place_id``."""
    frame = pd.DataFrame(index=places.index)
    frame["cell_status"] = _statuses(places, remoteness, rng)
    frame["cell_id"] = _cells(places, frame["cell_status"], rng)
    frame["cell_status"] = frame["cell_status"].mask(
        (frame["cell_status"] == "joint") & frame["cell_id"].isna(), "own"
    )
    is_own = frame["cell_status"] == "own"
    frame.loc[is_own, "cell_id"] = "CB-" + frame.index[is_own]
    frame = frame.join(_members(places, frame["cell_status"], remoteness, rng))
    frame = frame.join(_admissions(frame, rng))
    frame = frame.join(_people_in_charge(frame, rng))
    frame = frame.join(_foundings(frame["cell_status"], AS_OF, rng))
    newer = places["valid_from"] > frame["cell_founded"]
    frame["cell_founded"] = frame["cell_founded"].mask(newer, places["valid_from"])
    frame["as_of"] = pd.Timestamp(AS_OF).as_unit("s")
    return frame.join(places[["place_name", "commune_code", "commune_name"]])


def _statuses(places: gpd.GeoDataFrame, remoteness: Floats, rng: np.random.Generator) -> pd.Series:
    """Own, joint or none: of remote villages about three in ten have no cell of their own."""
    kind = places["place_kind"].to_numpy()
    office = kind == "office"
    school = np.isin(kind, ["school", "health_station"])
    none = np.where(office, 0.0, np.where(school, 0.10, 0.02 + 0.16 * remoteness**1.5))
    joint = np.where(office, 0.05, np.where(school, 0.30, 0.05 + 0.14 * remoteness**1.5))
    joint = np.where(kind == "residential_group", joint / 2, joint)
    joint = np.where(places["valid_from"].notna(), 0.0, joint)
    draw = rng.random(len(places))
    status = np.where(draw < none, "none", np.where(draw < none + joint, "joint", "own"))
    return pd.Series(status, index=places.index)


def _cells(places: gpd.GeoDataFrame, status: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Group the joint places of a commune, near ones first, two to four to a cell."""
    cell = np.full(len(places), None, dtype=object)
    at = np.nonzero(status == "joint")[0]
    joint = places.iloc[at]
    xy = joint.get_coordinates().to_numpy()
    rows = pd.Series(range(len(joint)), index=joint["commune_code"].to_numpy())
    for commune, own in rows.groupby(level=0, sort=True):
        left = own.tolist()
        serial = 0
        while len(left) >= 2:
            size = min(int(rng.choice(JOINT_SIZES, p=[0.6, 0.3, 0.1])), len(left))
            size = len(left) if len(left) - size == 1 and len(left) <= max(JOINT_SIZES) else size
            near = cKDTree(xy[left]).query(xy[left[0]], k=size)[1]
            group = [left[i] for i in np.atleast_1d(near)]
            serial += 1
            cell[at[group]] = f"CBG-{commune}-{serial:02d}"
            left = [i for i in left if i not in group]
    return pd.Series(cell, index=places.index, dtype="str")


def _members(
    places: gpd.GeoDataFrame, status: pd.Series, remoteness: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    """Members by size and remoteness; cells that would be too small are helped from elsewhere."""
    n = len(places)
    kind = places["place_kind"].to_numpy()
    people = places["population"].astype("float").fillna(0).to_numpy()
    mean = np.where(people > 0, people * (0.055 - 0.025 * remoteness), 0.0)
    mean = np.where(kind == "school", 14.0, np.where(kind == "health_station", 6.0, mean))
    mean = np.where(kind == "office", 22.0, mean)
    own, joint = (status == "own").to_numpy(), (status == "joint").to_numpy()
    local = rng.poisson(mean * rng.gamma(4, 0.25, n))
    local = np.where(own, np.maximum(local, 4), np.where(joint, np.clip(local // 4, 1, 4), 0))
    few = (status == "none").to_numpy() & (rng.random(n) < 0.6)
    local = np.where(few, rng.integers(1, 3, n), local)
    weak = own & np.isin(kind, ["village", "residential_group"])
    weak &= rng.random(n) < 0.03 + 0.12 * remoteness
    local = np.where(weak, rng.integers(0, 3, n), local)
    sent = np.where(weak, 3 - local + rng.integers(0, 2, n), 0)
    sent = np.where(own & ~weak & (rng.random(n) < 0.05), rng.integers(1, 3, n), sent)
    thin = own & ~weak & (rng.random(n) < 0.02)
    local, sent = np.where(thin, 2, local), np.where(thin, 0, sent)
    probation = rng.binomial(np.maximum(local - 3, 0), 0.045)
    old_share = rng.beta(2, 6, n)
    frame = pd.DataFrame(
        {
            "members": local + sent,
            "official_members": local + sent - probation,
            "reinforced_members": sent,
            "members_over_60": rng.binomial(local, np.where(kind == "school", 0.01, old_share)),
        },
        index=places.index,
    )
    return frame.astype("Int64")


def _admissions(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Candidates, graduates among them, admissions this year and over five."""
    n = len(frame)
    members, official, sent = (
        frame[c].to_numpy(dtype=int) for c in ("members", "official_members", "reinforced_members")
    )
    admitted = members - official
    local = members - sent
    recent = np.minimum(admitted + rng.binomial(np.maximum(local - admitted, 0), 0.14), local)
    mean = np.where(members == 0, 0.6, 0.9 + 0.06 * members)
    candidates = np.where(rng.random(n) < 0.08, 0, rng.poisson(mean) + (members > 3))
    graduates = rng.binomial(candidates, 0.45)
    target = np.where(members == 0, 0, np.maximum(admitted + rng.integers(-1, 2, n), 0))
    values = {
        "candidates": candidates,
        "graduates": graduates,
        "admitted": admitted,
        "admitted_last_5y": recent,
        "admission_target": target,
        "years_without_admission": np.where(
            admitted > 0, 0, np.where(recent > 0, rng.integers(1, 5, n), rng.integers(5, 16, n))
        ),
    }
    return pd.DataFrame(values, index=frame.index).astype("Int64")


def _people_in_charge(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n = len(frame)
    members = frame["members"].to_numpy(dtype=int)
    head = (members > 0) & (rng.random(n) < np.clip(0.35 + 0.09 * members, 0, 0.93))
    trained = pd.array(rng.random(n) < 0.7, dtype="boolean")
    trained[(frame["cell_status"] != "own").to_numpy()] = pd.NA
    return pd.DataFrame(
        {"head_is_member": pd.array(head, dtype="boolean"), "secretary_trained": trained},
        index=frame.index,
    )


def _foundings(status: pd.Series, as_of: date, rng: np.random.Generator) -> pd.DataFrame:
    """When and how each own cell came into being; most of late from new admissions."""
    n = len(status)
    age_days = np.minimum(rng.exponential(MEAN_AGE_YEARS * 365, n), 60 * 365).astype(int) + 30
    day = pd.Timestamp(as_of) - pd.to_timedelta(age_days, unit="D")
    how = rng.choice(list(FOUNDINGS), size=n, p=list(FOUNDINGS.values()))
    frame = pd.DataFrame({"cell_founded": day, "cell_founded_by": how}, index=status.index)
    frame.loc[status.ne("own"), :] = None
    return frame


def _leave_unreported(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Blank what offices leave blank: single cells, and here and there a whole row."""
    out = frame.copy()
    rates = {
        "members_over_60": 0.03,
        "candidates": 0.02,
        "graduates": 0.02,
        "admitted_last_5y": 0.02,
        "admission_target": 0.04,
        "years_without_admission": 0.03,
        "cell_founded": 0.05,
        "cell_founded_by": 0.06,
        "head_is_member": 0.02,
        "secretary_trained": 0.05,
    }
    for column, rate in rates.items():
        out[column] = out[column].mask(rng.random(len(out)) < rate)
    silent = (rng.random(len(out)) < 0.01) & out["cell_status"].ne("joint")
    counted = [c for c in out.columns if c not in NAMING]
    out.loc[silent, counted] = None
    out.loc[silent & (rng.random(len(out)) < 0.5), ["cell_status", "cell_id"]] = None
    return out
