"""The counts of earlier years, told backwards from those of the last one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoparty.sample.noise import Ints

GONE_SHARE = 0.012
"""Members who died or moved away in a year."""
CANDIDATES_KEPT = 0.7
"""Share of the list that stays from one year to the next."""


def year_before(counts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the whole counts of a year earlier, from which those given can have come.

    ``counts`` has index ``place_id``, ``as_of``, ``commune_code`` and every count known. A cell
    founded since was not there; members admitted since were not yet; some who have gone were.
    """
    out = counts.copy()
    out["as_of"] = counts["as_of"] - pd.DateOffset(years=1)
    admitted, sent = _number(counts, "admitted"), _number(counts, "reinforced_members")
    recent = _number(counts, "admitted_last_5y") - admitted
    local = np.maximum(_number(counts, "members") - sent - admitted, 0)
    local = local + rng.binomial(np.maximum(local, 1), GONE_SHARE)
    before, fifth = _admissions(admitted, recent, local, counts, rng)
    out["members"] = local + sent
    out["official_members"] = local + sent - before
    out["members_over_60"] = np.minimum(_number(counts, "members_over_60"), local)
    out["admitted"] = before
    out["admitted_last_5y"] = np.minimum(np.maximum(recent + fifth, before), local)
    out["years_without_admission"] = _years_without(counts, out, rng)
    out = _candidates(out, rng)
    out["admission_target"] = np.maximum(before + rng.integers(-1, 2, len(out)), 0)
    unmade = out["cell_founded"].gt(out["as_of"]).to_numpy()
    out = _without_cells(out, unmade | (out["members"].eq(0) & out["cell_status"].eq("own")))
    flips = rng.random(len(out)) < 0.04
    out["head_is_member"] = (out["head_is_member"] & ~flips) & out["members"].gt(0)
    return out.astype(counts.dtypes)


def _number(frame: pd.DataFrame, column: str) -> Ints:
    return np.asarray(frame[column].to_numpy(dtype=np.intp))


def _admissions(
    admitted: Ints, recent: Ints, local: Ints, counts: pd.DataFrame, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Admissions of the year before and of five years ago, as the years without them tell."""
    years = _number(counts, "years_without_admission")
    before = np.minimum(rng.binomial(recent, 0.3), local)
    before = np.where(
        (admitted == 0) & (years == 1), np.clip(before, 1, np.maximum(local, 1)), before
    )
    before = np.where((admitted == 0) & (years > 1), 0, before)
    fifth = rng.binomial(np.maximum(local - recent, 0), 0.02)
    fifth = np.where((admitted == 0) & (years == 5), np.maximum(fifth, 1), fifth)
    fifth = np.where((admitted == 0) & (years > 5), 0, fifth)
    return np.minimum(before, local), fifth


def _years_without(counts: pd.DataFrame, earlier: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Return a year less than now where nobody was admitted; else as the five years allow."""
    n = len(counts)
    recent = earlier["admitted_last_5y"].gt(0)
    drawn = np.where(recent, rng.integers(1, 5, n), rng.integers(5, 16, n))
    since = _number(counts, "admitted").astype(bool)
    years = np.where(since, drawn, _number(counts, "years_without_admission") - 1)
    return np.asarray(np.where(earlier["admitted"].gt(0), 0, np.maximum(years, 1)))


def _candidates(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    now = _number(frame, "candidates")
    then = rng.binomial(now, CANDIDATES_KEPT) + rng.poisson(0.2 * now + 0.1)
    return frame.assign(candidates=then, graduates=rng.binomial(then, 0.4))


def _without_cells(frame: pd.DataFrame, gone: NDArray[np.bool_]) -> pd.DataFrame:
    """Take away the cells not yet founded; those split off later still shared one."""
    out = frame.copy()
    split = gone & out["cell_founded_by"].eq("split").to_numpy() & out["members"].gt(0).to_numpy()
    out.loc[gone, ["cell_status", "cell_id", "cell_founded", "cell_founded_by"]] = [
        "none",
        None,
        pd.NaT,
        None,
    ]
    out.loc[gone, "secretary_trained"] = pd.NA
    shared, year = out[split], out["as_of"].iloc[0]
    pair = shared.groupby("commune_code").cumcount() // 2 + 1
    name = "CBC-" + shared["commune_code"] + f"-{year:%y}-" + pair.astype("str")
    name = name[name.duplicated(keep=False)]
    out.loc[name.index, "cell_status"] = "joint"
    out.loc[name.index, "cell_id"] = name
    return out
