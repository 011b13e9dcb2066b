"""Sums over the years of a term, from the last counts of each year."""

from __future__ import annotations

import pandas as pd

from geoparty import schema


def term_sums(
    history: pd.DataFrame,
    *,
    first_year: int,
    last_year: int,
    columns: tuple[str, ...] = ("admitted", "admission_target"),
) -> pd.DataFrame:
    """Return for each place the sum of yearly counts over a term; unknown if a year is.

    ``admitted`` counts from the first of January, so of each calendar year only the last
    snapshot is taken. Years without any snapshot are not in the sum: say which with
    :func:`term_years`.

    Parameters
    ----------
    history
        ``as_of``, ``place_id`` and the counts; at most one row per place and date.

    Returns
    -------
    pandas.DataFrame
        One row per place, with the columns of its last row and ``columns`` summed.

    Examples
    --------
    >>> history = pd.DataFrame(
    ...     {
    ...         "as_of": pd.to_datetime(["2025-06-30", "2025-12-31", "2026-12-31"]),
    ...         "place_id": ["a", "a", "a"],
    ...         "admitted": [1, 2, 3],
    ...     }
    ... )
    >>> term_sums(history, first_year=2025, last_year=2026)["admitted"].tolist()
    [5]
    """
    schema.require_columns(history, ["as_of", "place_id"], of="history")
    counted = [c for c in columns if c in history.columns]
    year = history["as_of"].dt.year
    term = history.assign(year=year)[(year >= first_year) & (year <= last_year)]
    newest = term.groupby("year")["as_of"].transform("max")
    yearly = term[term["as_of"] == newest]
    last = yearly.drop_duplicates("place_id", keep="last").set_index("place_id")
    values = yearly.set_index("place_id")[counted].astype("Int64")
    sums, reported = values.groupby(level=0).sum(), values.notna().groupby(level=0).all()
    sums = sums.where(reported).reindex(last.index)
    return last.drop(columns="year").assign(**{c: sums[c] for c in counted}).reset_index()


def term_years(history: pd.DataFrame, *, first_year: int, last_year: int) -> list[int]:
    """Return the years of a term that have a snapshot.

    Examples
    --------
    >>> history = pd.DataFrame({"as_of": pd.to_datetime(["2025-06-30", "2027-12-31"])})
    >>> term_years(history, first_year=2025, last_year=2030)
    [2025, 2027]
    """
    years = {int(y) for y in history["as_of"].dt.year.unique()}
    return sorted(y for y in years if first_year <= y <= last_year)
