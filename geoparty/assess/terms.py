"""Calendar years: sums over a term, and years without an admission."""

from __future__ import annotations

from typing import Any

import numpy as np
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


def years_without_admission(counts: pd.DataFrame) -> pd.Series[Any]:
    """Return for how many years, at least, each place has admitted nobody.

    What the newest counts report (``years_without_admission``) stands. Else the years up to the
    newest are counted back as long as each reports that nobody was admitted: a year with an
    admission ends the count, and so does one that was not reported; five, where nobody was
    ``admitted_last_5y``, is the least. A year that is not over counts for nothing. ``<NA>``
    where nothing is known.

    Parameters
    ----------
    counts
        ``place_id``, ``as_of``, ``admitted``; at most one row per place and date.

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {
    ...         "place_id": ["a", "a", "a", "b"],
    ...         "as_of": pd.to_datetime(["2023-12-31", "2024-12-31", "2025-12-31", "2025-12-31"]),
    ...         "admitted": pd.array([2, 0, 0, None], "Int64"),
    ...     }
    ... )
    >>> years_without_admission(counts).tolist()
    [2, <NA>]
    """
    schema.require_columns(counts, ["place_id", "as_of", "admitted"], of="counts")
    dated = counts.dropna(subset=["place_id", "as_of"]).sort_values("as_of", kind="stable")
    last = dated.drop_duplicates("place_id", keep="last").set_index("place_id").sort_index()
    years = _counted_back(dated).reindex(last.index)
    years = (years - (last["as_of"].dt.month < 12).astype("Int64")).clip(lower=0)
    if "admitted_last_5y" in last.columns:
        none_in_five = (last["admitted_last_5y"] == 0).fillna(False).to_numpy(bool)
        years = years.mask(none_in_five & ~(years >= 5).fillna(False).to_numpy(bool), 5)
    if "years_without_admission" in last.columns:
        years = last["years_without_admission"].astype("Int64").fillna(years)
    return years.rename("years_without_admission")


def _counted_back(dated: pd.DataFrame) -> pd.Series[Any]:
    """Count the years up to a place's newest that all report no admission."""
    yearly = dated.assign(year=dated["as_of"].dt.year).drop_duplicates(
        ["place_id", "year"], keep="last"
    )
    newest = yearly.groupby("place_id")["year"].transform("max")
    back = (newest - yearly["year"]).to_numpy()
    ids, at = np.unique(yearly["place_id"].to_numpy(), return_inverse=True)
    grid = np.full((len(ids), int(back.max(initial=0)) + 1), np.nan)
    grid[at, back] = yearly["admitted"].to_numpy("float64", na_value=np.nan)
    years = np.logical_and.accumulate(grid == 0, axis=1).sum(axis=1)
    index = pd.Index(ids, name="place_id")
    return pd.Series(years, index=index, dtype="Int64").mask(np.isnan(grid[:, 0]))
