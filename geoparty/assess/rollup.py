"""Sums over communes, provinces, kinds or any column, with how many places reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from geoparty import schema

_BOOLEANS = ("head_is_member", "secretary_trained", "has_local_members")
SUMMED = (
    *(n for n in ("households", "population", "working_age", "away_workers")),
    *(
        name
        for name, column in schema.COUNTS.items()
        if column.dtype == "Int64" and name != "years_without_admission"
    ),
)
"""Columns that are added up; years of different places have no sum."""


def rollup(frame: pd.DataFrame, *, by: str | Sequence[str]) -> pd.DataFrame:
    """Return how many places there are at each gap level, and sums of counts, by group.

    Parameters
    ----------
    frame
        Assessed places: ``gap_level``, the columns of ``by``, and any counts.
    by
        One column or several; places without a value make a group of their own (``<NA>``).

    Returns
    -------
    pandas.DataFrame
        Sorted, indexed by ``by``: ``n_places``, ``n_<gap_level>`` for each level (they add up to
        ``n_places``); for each count its sum over the places that reported it (``<NA>`` where
        none did) and ``n_reported_<count>``; for each yes-or-no column ``n_<column>`` and
        ``n_reported_<column>``.

    Examples
    --------
    >>> places = pd.DataFrame(
    ...     {
    ...         "commune_code": ["1", "1", "2"],
    ...         "gap_level": ["no_cell", "covered", "covered"],
    ...         "members": pd.array([4, None, None], "Int64"),
    ...     }
    ... )
    >>> sums = rollup(places, by="commune_code")
    >>> sums[["n_no_cell", "members", "n_reported_members"]].to_numpy().tolist()
    [[1, 4, 1], [0, <NA>, 0]]
    """
    keys = [by] if isinstance(by, str) else list(by)
    schema.require_columns(frame, [*keys, "gap_level"], of="places")
    flat = pd.DataFrame(frame[keys]).reset_index(drop=True)
    level = frame["gap_level"].astype("str").to_numpy()
    flat["n_places"] = 1
    for name in schema.GAP_LEVELS:
        flat[f"n_{name}"] = (level == name).astype("int64")
    for name in (n for n in SUMMED if n in frame.columns):
        values = frame[name].astype("Int64").reset_index(drop=True)
        flat[name], flat[f"n_reported_{name}"] = values, values.notna().astype("int64")
    for name in (n for n in _BOOLEANS if n in frame.columns):
        values = frame[name].astype("boolean").reset_index(drop=True)
        flat[f"n_{name}"] = values.astype("Int64")
        flat[f"n_reported_{name}"] = values.notna().astype("int64")
    groups = flat.groupby(keys if len(keys) > 1 else keys[0], dropna=False, observed=True)
    return groups.sum(min_count=1)


def percent(numerator: pd.Series[Any], denominator: pd.Series[Any]) -> pd.Series[Any]:
    """Return the numerator in percent of the denominator.

    ``<NA>`` where either is not known, and where the denominator is zero: not applicable.

    Examples
    --------
    >>> percent(pd.Series([11, 10, 0]), pd.Series([8, 141, 0])).round(1).tolist()
    [137.5, 7.1, <NA>]
    """
    whole = denominator.astype("Float64")
    return numerator.astype("Float64") * 100 / whole.mask((whole == 0).fillna(False))
