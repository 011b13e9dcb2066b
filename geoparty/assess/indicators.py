"""The figures planners are judged by: each with numerator, denominator, rule and source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema

RESIDENTIAL = ("village", "residential_group")
STATUSES = ("known", "partial", "unknown", "not_applicable")
"""All places reported; some did; none did; nothing to divide by."""
Floats = npt.NDArray[np.float64]


class Parts(NamedTuple):
    """What each place adds to numerator and denominator; ``NaN`` not known.

    ``in_scope`` tells which places the indicator is about.
    """

    numerator: Floats
    denominator: Floats
    in_scope: npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator. Its name, rule and source in words are ``assess.ind_<name>`` and so on."""

    name: str
    better: Literal["lower", "higher"]
    parts: Callable[[pd.DataFrame], Parts]
    counts_places: bool = False
    """Numerator and denominator are places, not people."""


def indicators(
    frame: pd.DataFrame,
    *,
    by: str | Sequence[str] = (),
    names: Iterable[str] | None = None,
    founded_within_years: int = 10,
) -> pd.DataFrame:
    """Return every indicator for every group of places.

    Only places that reported both numerator and denominator are in the two sums, so that one
    that did not report never counts as zero in either; ``n_reported`` of ``n_places`` says how
    many they are. A zero denominator is ``not_applicable``; with nothing reported, ``unknown``.

    Parameters
    ----------
    frame
        Assessed places, or the history of :func:`snapshots` (then with ``as_of`` in ``by``).
    by
        Columns to group by, any of the frame; none for one group of all places.
    names
        Indicators wanted, of ``INDICATORS``; all by default.
    founded_within_years
        Only cells founded so many years before ``as_of`` or later are told by how.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, then ``indicator``, ``numerator``, ``denominator`` (Int64),
        ``n_places``, ``n_reported``, ``percent`` (``<NA>`` where it cannot be told), ``status``
        (one of ``STATUSES``). Groups in order, indicators in theirs.

    Examples
    --------
    >>> places = pd.DataFrame({"admitted": [11, 4, None], "admission_target": [8, None, None]})
    >>> got = indicators(places, names=["admissions_against_target"])
    >>> got[["numerator", "denominator", "n_reported", "percent"]].to_numpy(float).tolist()
    [[11.0, 8.0, 1.0, 137.5]]
    >>> got["status"].tolist()
    ['partial']
    """
    wanted = list(INDICATORS if names is None else names)
    parts = place_parts(frame, names=wanted, founded_within_years=founded_within_years)
    return tabulate(frame, parts, by=by)


def place_parts(
    frame: pd.DataFrame, *, names: Iterable[str], founded_within_years: int = 10
) -> dict[str, Parts]:
    """Return what each place adds to each indicator, to be summed more than once."""
    typed = _typed(frame)
    as_of = typed["as_of"].fillna(typed["as_of"].max())
    founded = typed["cell_founded"]
    recent = (founded > as_of - pd.DateOffset(years=founded_within_years)) & (founded <= as_of)
    typed["founded_recently"] = (recent | as_of.isna()).where(founded.notna())
    return {name: INDICATORS[name].parts(typed) for name in names}


def tabulate(
    frame: pd.DataFrame, parts: dict[str, Parts], *, by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """Sum the parts of places over groups; see :func:`indicators`."""
    keys = [by] if isinstance(by, str) else list(by)
    schema.require_columns(frame, keys, of="places")
    code, groups = _groups(frame, keys)
    sums = [_sums(part, code, len(groups)) for part in parts.values()]
    shape = (len(parts), 4, len(groups))
    above, below, places, reported = np.array(sums, np.int64).reshape(shape).transpose(1, 2, 0)
    names = np.tile(np.array(list(parts), dtype=object), len(groups))
    table = groups.take(np.repeat(np.arange(len(groups)), len(parts))).reset_index(drop=True)
    silent = (reported == 0) & (places > 0)
    percent = np.divide(100.0 * above, below, out=np.full(above.shape, np.nan), where=below > 0)
    status = np.select(
        [(below == 0) & (reported == places), below == 0, reported < places],
        [STATUSES.index("not_applicable"), STATUSES.index("unknown"), STATUSES.index("partial")],
    )
    return table.assign(
        indicator=pd.array(names, dtype="str"),
        numerator=pd.arrays.IntegerArray(above.ravel(), silent.ravel()),
        denominator=pd.arrays.IntegerArray(below.ravel(), silent.ravel()),
        n_places=places.ravel(),
        n_reported=reported.ravel(),
        percent=pd.array(percent.ravel(), dtype="Float64"),
        status=pd.Categorical.from_codes(status.ravel(), categories=list(STATUSES)),
    )


def _groups(frame: pd.DataFrame, keys: list[str]) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return the number of each row's group, and the groups in order; missing keys make one."""
    code = np.zeros(len(frame), dtype=np.intp)
    for key in keys:
        values, levels = pd.factorize(frame[key], sort=True, use_na_sentinel=True)
        code = code * (len(levels) + 1) + np.where(values < 0, len(levels), values)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    if not keys:
        return code, pd.DataFrame(index=range(1))
    return code, frame[keys].iloc[first].reset_index(drop=True)


def _sums(part: Parts, code: npt.NDArray[np.intp], n: int) -> list[Floats]:
    """Add up one indicator by group: numerator, denominator, places, places that reported."""
    known = part.in_scope & ~np.isnan(part.numerator) & ~np.isnan(part.denominator)
    return [
        np.rint(np.bincount(code, np.where(at, weight, 0), minlength=n))
        for weight, at in (
            (part.numerator, known),
            (part.denominator, known),
            (1.0, part.in_scope),
            (1.0, known),
        )
    ]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    columns = {
        name: column
        for name, column in (schema.PLACES | schema.COUNTS).items()
        if name not in ("place_id", "place_name", "commune_code", "commune_name")
    }
    plain = pd.DataFrame(frame[[c for c in (*columns, "gap_level") if c in frame.columns]])
    if "gap_level" not in plain:
        plain["gap_level"] = "unknown"
    return schema.conform(plain, columns)


def _floats(column: pd.Series[Any]) -> Floats:
    return np.asarray(column.to_numpy("float64", na_value=np.nan), dtype=np.float64)


def _sum_ratio(above: str, below: str) -> Callable[[pd.DataFrame], Parts]:
    """People of one count over people of another."""

    def parts(frame: pd.DataFrame) -> Parts:
        everywhere = np.ones(len(frame), dtype=bool)
        return Parts(_floats(frame[above]), _floats(frame[below]), everywhere)

    return parts


def _share(
    holds: Callable[[pd.DataFrame], pd.Series[Any]],
    scope: Callable[[pd.DataFrame], pd.Series[Any]] | None = None,
) -> Callable[[pd.DataFrame], Parts]:
    """Places where something holds over places where it is known whether it does."""

    def parts(frame: pd.DataFrame) -> Parts:
        value = _floats(holds(frame).astype("boolean").astype("Float64"))
        one = np.where(np.isnan(value), np.nan, 1.0)
        inside = np.ones(len(frame), dtype=bool)
        if scope is not None:
            inside = scope(frame).fillna(True).to_numpy(bool)
        return Parts(value, one, inside)

    return parts


def _without_members(frame: pd.DataFrame) -> pd.Series[Any]:
    somebody = frame[["official_members", "reinforced_members", "members_over_60"]].gt(0)
    return (frame["members"] == 0).mask(
        frame["members"].isna() & somebody.fillna(False).any(axis=1), False
    )


def _status_is(value: str) -> Callable[[pd.DataFrame], pd.Series[Any]]:
    def holds(frame: pd.DataFrame) -> pd.Series[Any]:
        status = frame["cell_status"]
        return (status == value).astype("boolean").mask(status.isna())

    return holds


def _level_is(value: str) -> Callable[[pd.DataFrame], pd.Series[Any]]:
    """Return whether a place has a level; open while that of a place with a cell is unknown."""

    def holds(frame: pd.DataFrame) -> pd.Series[Any]:
        status, level = frame["cell_status"], frame["gap_level"]
        is_open = (level == "unknown") & ((status == "own") | status.isna())
        return (level == value).astype("boolean").mask(is_open.fillna(True))

    return holds


def _has_cell(frame: pd.DataFrame) -> pd.Series[Any]:
    status = frame["cell_status"]
    return (status != "none").astype("boolean").mask(status.isna())


def _in_residential_places(frame: pd.DataFrame) -> Parts:
    admitted, kind = _floats(frame["admitted"]), frame["place_kind"]
    admitted = np.where(kind.isna() & (admitted > 0), np.nan, admitted)
    residential = kind.isin(RESIDENTIAL).to_numpy(bool)
    everywhere = np.ones(len(frame), dtype=bool)
    return Parts(np.where(residential, admitted, admitted * 0), admitted, everywhere)


def _founded_by(how: str) -> Callable[[pd.DataFrame], Parts]:
    """Cells founded in one way over all founded in the years looked at."""

    def parts(frame: pd.DataFrame) -> Parts:
        own = (frame["cell_status"] == "own").to_numpy(bool)
        below, by = _floats(frame["founded_recently"]), frame["cell_founded_by"]
        above = np.where(by.isna() & (below > 0), np.nan, (by == how) & (below > 0))
        return Parts(above.astype(float), below, own)

    return parts


_ALL = (
    Indicator(
        name="no_members", better="lower", counts_places=True, parts=_share(_without_members)
    ),
    Indicator(name="no_cell", better="lower", counts_places=True, parts=_share(_status_is("none"))),
    Indicator(
        name="joint_cell", better="lower", counts_places=True, parts=_share(_status_is("joint"))
    ),
    Indicator(
        name="reinforced", better="lower", counts_places=True, parts=_share(_level_is("reinforced"))
    ),
    Indicator(
        name="at_risk", better="lower", counts_places=True, parts=_share(_level_is("at_risk"))
    ),
    Indicator(
        name="unknown",
        better="lower",
        counts_places=True,
        parts=_share(lambda frame: frame["gap_level"] == "unknown"),
    ),
    Indicator(
        name="head_is_member",
        better="higher",
        counts_places=True,
        parts=_share(lambda frame: frame["head_is_member"]),
    ),
    Indicator(
        name="secretary_trained",
        better="higher",
        counts_places=True,
        parts=_share(lambda frame: frame["secretary_trained"], _has_cell),
    ),
    Indicator(
        name="admissions_against_target",
        better="higher",
        parts=_sum_ratio("admitted", "admission_target"),
    ),
    Indicator(name="admission_rate", better="higher", parts=_sum_ratio("admitted", "members")),
    Indicator(
        name="graduates_of_candidates",
        better="higher",
        parts=_sum_ratio("graduates", "candidates"),
    ),
    Indicator(
        name="admitted_of_graduates", better="higher", parts=_sum_ratio("admitted", "graduates")
    ),
    Indicator(
        name="admitted_of_candidates", better="higher", parts=_sum_ratio("admitted", "candidates")
    ),
    Indicator(name="admitted_in_residential", better="higher", parts=_in_residential_places),
    Indicator(name="away_workers", better="lower", parts=_sum_ratio("away_workers", "working_age")),
    *(
        Indicator(
            name=f"founded_by_{how}", better="higher", counts_places=True, parts=_founded_by(how)
        )
        for how in schema.CELL_FOUNDINGS
    ),
)
INDICATORS: dict[str, Indicator] = {indicator.name: indicator for indicator in _ALL}
"""Every indicator, in the order they are shown."""
