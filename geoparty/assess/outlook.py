"""When an indicator reaches its target at the present pace, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema

OUTLOOKS = (
    "reached",
    "in_time",
    "late",
    "never",
    "open",
    "two_snapshots",
    "too_few_snapshots",
    "unknown",
)
"""Reached; surely in time, late or never; the range holds both; two or fewer dates; no data."""
_RANGE = (5.0, 95.0)
Floats = npt.NDArray[np.float64]


def outlook(
    table: pd.DataFrame,
    *,
    targets: Mapping[str, float],
    target_date: date,
    better: Mapping[str, Literal["lower", "higher"]],
    unit: str = "commune_code",
    by: str | Sequence[str] = (),
    resamples: int = 1000,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return for each target the pace so far, the year it is reached, and the range of both.

    The pace is the slope of the least-squares line through the percentages of all dates; the
    year is where a line of that slope from the last one meets the target. The range (5 to 95 %)
    comes from drawing whole communes again with replacement (Efron, 1979), which says how much
    it rests on which communes are counted, not what the future holds. From two dates there is a
    line but nothing to check it by: the outlook is ``two_snapshots``, an indication only.

    Parameters
    ----------
    table
        :func:`indicators` of the history, by ``as_of``, ``unit`` and the columns of ``by``.
    targets
        Percentage to reach, by indicator.
    better
        Whether the indicator is to fall or to rise.
    unit
        Column of what is drawn again.
    by
        Columns to tell the outlook for separately; none for all together.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, ``indicator``, ``target_percent``, ``target_date``, ``outlook`` (one
        of ``OUTLOOKS``), ``n_snapshots``, ``n_units``, ``first_date``, ``last_date``,
        ``percent_now``, ``pace`` with ``pace_low`` and ``pace_high`` (points a year),
        ``pace_needed`` to reach it on the day, ``year`` with ``year_low`` and ``year_high`` (a
        year as a number, 2029.5 its middle; ``inf``: not at this pace). ``NaN`` not known; the
        range is not known from fewer than two communes.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "as_of": pd.to_datetime(["2023-12-31", "2024-12-31", "2025-12-31"]),
    ...         "commune_code": "1",
    ...         "indicator": "no_cell",
    ...         "numerator": [30, 20, 10],
    ...         "denominator": [100, 100, 100],
    ...     }
    ... )
    >>> told = outlook(
    ...     table,
    ...     targets={"no_cell": 0.0},
    ...     target_date=date(2030, 12, 31),
    ...     better={"no_cell": "lower"},
    ...     rng=np.random.default_rng(1),
    ... )
    >>> told[["pace", "year"]].round(1).to_numpy().tolist()
    [[-10.0, 2027.0]]
    """
    keys = [by] if isinstance(by, str) else list(by)
    schema.require_columns(
        table, ["as_of", unit, "indicator", "numerator", "denominator", *keys], of="indicators"
    )
    wanted = table[table["indicator"].isin(list(targets))]
    draws = _Draws(resamples, rng)
    rows = []
    for key, group in wanted.groupby([*keys, "indicator"], dropna=False, observed=True):
        name = str(key[-1])
        sums = _by_unit(group, unit)
        told = _told(*sums, targets[name], _year(target_date), better[name] == "lower", draws)
        named = dict(zip(keys, key[:-1], strict=True))
        rows.append(named | {"indicator": name, "target_percent": targets[name]} | told)
    out = pd.DataFrame(rows, columns=[*keys, "indicator", "target_percent", *_TOLD])
    out.insert(len(keys) + 2, "target_date", pd.Timestamp(target_date))
    return out


_TOLD = (
    "outlook",
    "n_snapshots",
    "n_units",
    "first_date",
    "last_date",
    "percent_now",
    "pace",
    "pace_low",
    "pace_high",
    "pace_needed",
    "year",
    "year_low",
    "year_high",
)


def _by_unit(group: pd.DataFrame, unit: str) -> tuple[list[pd.Timestamp], Floats, Floats]:
    """Return the dates with data, and numerators and denominators, units x dates."""
    known = group[group["denominator"].fillna(0) > 0]
    units, _ = pd.factorize(known[unit], use_na_sentinel=False)
    when, dates = pd.factorize(known["as_of"], sort=True)
    shape = (units.max(initial=-1) + 1, len(dates))
    above, below = np.zeros(shape), np.zeros(shape)
    np.add.at(above, (units, when), known["numerator"].to_numpy("float64"))
    np.add.at(below, (units, when), known["denominator"].to_numpy("float64"))
    return list(dates), above, below


class _Draws:
    """How often each of n units is drawn when n are drawn with replacement, many times over."""

    def __init__(self, resamples: int, rng: np.random.Generator) -> None:
        self._resamples, self._rng = resamples, rng
        self._of: dict[int, Floats] = {}

    def of(self, n: int) -> Floats:
        """Return the draws for n units (resamples x n); the same for the same n."""
        if n not in self._of:
            times = self._rng.multinomial(n, np.full(n, 1 / n), size=self._resamples)
            self._of[n] = times.astype(np.float64)
        return self._of[n]


def _told(
    dates: Sequence[date],
    above: Floats,
    below: Floats,
    target: float,
    target_year: float,
    is_lower: bool,
    draws: _Draws,
) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(_TOLD, np.nan)
    told |= {"n_snapshots": len(dates), "n_units": len(above), "outlook": "unknown"}
    told |= {"first_date": pd.NaT, "last_date": pd.NaT}
    if not len(dates):
        return told
    years = np.array([_year(day) for day in dates])
    series = 100 * above.sum(axis=0) / below.sum(axis=0)
    now = series[-1]
    told |= {"first_date": dates[0], "last_date": dates[-1], "percent_now": now}
    reached = now <= target if is_lower else now >= target
    if target_year > years[-1]:
        told["pace_needed"] = 0.0 if reached else (target - now) / (target_year - years[-1])
    if len(dates) > 1:
        told["pace"] = float(_slope(series[None], years)[0])
        told["year"] = float(_meets(series[None], years, target, is_lower)[0])
        if len(above) > 1:
            told |= _range(years, above, below, target, is_lower, draws.of(len(above)))
    told["outlook"] = _outlook(told, reached, target_year)
    return told


def _range(
    years: Floats,
    above: Floats,
    below: Floats,
    target: float,
    is_lower: bool,
    times: Floats,
) -> dict[str, float]:
    """Return how far pace and year spread over the draws of units."""
    whole = times @ below
    usable = (whole > 0).all(axis=1)
    drawn = 100 * (times @ above)[usable] / whole[usable]
    if not len(drawn):
        return {}
    pace = np.percentile(_slope(drawn, years), _RANGE)
    year = np.sort(_meets(drawn, years, target, is_lower))
    ranks = np.rint(np.array(_RANGE) / 100 * (len(year) - 1)).astype(int)
    return {
        "pace_low": float(pace[0]),
        "pace_high": float(pace[1]),
        "year_low": float(year[ranks[0]]),
        "year_high": float(year[ranks[1]]),
    }


def _slope(series: Floats, years: Floats) -> Floats:
    """Least-squares slope of each row, points a year."""
    off = years - years.mean()
    slope: Floats = (series - series.mean(axis=1, keepdims=True)) @ off / (off @ off)
    return slope


def _meets(series: Floats, years: Floats, target: float, is_lower: bool) -> Floats:
    """Year in which each row meets the target; its last year where it already has."""
    pace, now = _slope(series, years), series[:, -1]
    left = (now - target) if is_lower else (target - now)
    speed = -pace if is_lower else pace
    ahead = np.divide(left, speed, out=np.full(len(now), np.inf), where=speed > 1e-12)
    year: Floats = np.where(left <= 0, years[-1], years[-1] + ahead)
    return year


def _outlook(told: dict[str, Any], reached: bool, target_year: float) -> str:
    if reached:
        return "reached"
    if told["n_snapshots"] < 2:
        return "too_few_snapshots"
    if told["n_snapshots"] == 2:
        return "two_snapshots"
    low = told["year_low"] if told["year_low"] == told["year_low"] else told["year"]
    high = told["year_high"] if told["year_high"] == told["year_high"] else told["year"]
    if np.isinf(low):
        return "never"
    if high <= target_year:
        return "in_time"
    return "late" if low > target_year else "open"


def _year(day: date | pd.Timestamp) -> float:
    """Return a day as a year with its fraction: 2 July 2025 is 2025.5."""
    stamp = pd.Timestamp(day)
    return float(stamp.year + (stamp.day_of_year - 1) / (366 if stamp.is_leap_year else 365))
