"""The places as they were on each date the counts are of."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema
from geoparty.assess.gaps import gap_levels
from geoparty.assess.naming import as_then
from geoparty.settings import Rules

Period = Literal["date", "month", "quarter", "year"]
_OF_THE_PLACE = ("place_id", "as_of", "place_name", "commune_code", "commune_name")
"""Columns of a counts table that are not counts."""


def snapshots(
    counts: pd.DataFrame,
    places: pd.DataFrame,
    *,
    rules: Rules,
    lineage: pd.DataFrame | None = None,
    every: Period = "date",
    communes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the assessed places of every date, one row per date and place.

    A place is in the snapshot of a date when its counts of that date are given, or when it is
    known to have been there: counted before, or in being since ``valid_from``; and not yet gone:
    ``valid_to`` is later, and it has not become another place in ``lineage``. Counts it did not
    report are unknown, so that a place left out of a table never leaves the list of gaps.

    A place has the name and commune that its counts of a date give (today's commune, by the
    crosswalk: see :func:`geoparty.link.link_counts`); where they give none, those of its counts
    before or else after. On the last date it is as the list of places has it. One that changed
    its id as well is listed as it was and as it is, and linked by ``lineage``.

    Parameters
    ----------
    counts
        ``schema.COUNTS`` with ``place_id`` and ``as_of``, at most one row per place and date; rows
        without a date belong to no snapshot.
    places
        Index ``place_id``: ``schema.PLACES`` and any other column of the planner's own.
    lineage
        ``place_id_before``, ``place_id_after`` and ``on``, the day; see :func:`compare`.
    every
        Counts of one date, month, quarter or year make one snapshot, with the latest of their
        dates; of a place's several counts in it the last stand.
    communes
        Index ``commune_code``, with the names and provinces of communes that no place is listed
        in today.

    Returns
    -------
    pandas.DataFrame
        ``as_of`` and ``place_id`` (sorted by both), the columns of ``places`` without geometry,
        the counts, ``counted_on`` (the day of the place's own counts), and those of
        :func:`gap_levels`.

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {
    ...         "place_id": ["a", "b", "a"],
    ...         "as_of": pd.to_datetime(["2024-12-31", "2024-12-31", "2025-12-31"]),
    ...         "members": [0, 3, 4],
    ...         "cell_status": ["none", "joint", "none"],
    ...     }
    ... )
    >>> places = pd.DataFrame(index=pd.Index(["a", "b"], name="place_id"))
    >>> history = snapshots(counts, places, rules=Rules())
    >>> history["gap_level"].tolist()
    ['no_members', 'joint_cell', 'no_cell', 'unknown']
    """
    code, ids = pd.factorize(counts["place_id"], use_na_sentinel=True)
    at = np.append(places.index.get_indexer(ids), -1)[code]
    usable = (counts["as_of"].notna() & (at >= 0)).to_numpy(bool)
    counts, at = counts[usable].assign(counted_on=counts["as_of"]), at[usable]
    dates, when = _dates(counts["as_of"], every)
    given = np.full((len(dates), len(places)), -1)
    in_time = np.argsort(counts["as_of"].to_numpy(), kind="stable")
    given[when[in_time], at[in_time]] = in_time
    row, date = _present(given >= 0, places, dates, lineage)
    listed = [c for c in places.columns if c not in (*schema.SOURCE_COLUMNS, "geometry")]
    own = [c for c in counts.columns if c not in (*_OF_THE_PLACE, *listed)]
    history = pd.DataFrame(places[listed]).take(row)
    history.insert(0, "place_id", history.index)
    history.insert(0, "as_of", dates[date])
    reported = counts[own].reset_index(drop=True).reindex(given[date, row])
    history = history.reset_index(drop=True).join(reported.reset_index(drop=True))
    history = as_then(history, counts.reset_index(drop=True), given[date, row], communes)
    return history.join(gap_levels(history, rules=rules))


def _dates(
    as_of: pd.Series[Any], every: Period
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.intp]]:
    """Return the dates of the snapshots, and the number of each row's."""
    days, when = np.unique(as_of.to_numpy(), return_inverse=True)
    if every == "date" or not len(days):
        return days, when
    period = pd.DatetimeIndex(days).to_period({"month": "M", "quarter": "Q", "year": "Y"}[every])
    is_last = np.append(period[1:] != period[:-1], [True])
    return days[is_last], (np.cumsum(is_last) - is_last)[when]


def snapshot(history: pd.DataFrame, as_of: str | pd.Timestamp) -> pd.DataFrame:
    """Return the places of one date, index ``place_id``.

    Examples
    --------
    >>> history = pd.DataFrame({"as_of": pd.to_datetime(["2025-12-31"]), "place_id": ["a"]})
    >>> snapshot(history, "2025-12-31").index.tolist()
    ['a']
    """
    return history[history["as_of"] == pd.Timestamp(as_of)].set_index("place_id")


def _present(
    given: npt.NDArray[np.bool_],
    places: pd.DataFrame,
    dates: npt.NDArray[np.datetime64],
    lineage: pd.DataFrame | None,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return positions (in places, in dates) of every place of every snapshot, by date and id."""
    day = dates[:, None]
    there = np.logical_or.accumulate(given, axis=0)
    there |= _column(places, "valid_from").to_numpy() <= day
    there &= ~(_column(places, "valid_to").to_numpy() <= day)
    if lineage is not None:
        there &= ~_became_another(given, places.index, day, lineage)
    order = np.argsort(places.index.to_numpy(), kind="stable")
    date, at = np.nonzero((given | there)[:, order])
    return order[at], date


def _became_another(
    given: npt.NDArray[np.bool_],
    ids: pd.Index[Any],
    day: npt.NDArray[np.datetime64],
    lineage: pd.DataFrame,
) -> npt.NDArray[np.bool_]:
    """Tell on which dates a place has gone into others: since that day, and not counted again."""
    steps = lineage.dropna(subset=["place_id_before", "place_id_after"])
    same = steps["place_id_before"] == steps["place_id_after"]
    went = ids.isin(steps["place_id_before"]) & ~ids.isin(steps.loc[same, "place_id_before"])
    counted_again = np.logical_or.accumulate(given[::-1], axis=0)[::-1]
    if "on" not in steps.columns:
        return np.asarray(went & ~counted_again)
    on = steps.groupby("place_id_before")["on"].min().reindex(ids)
    return np.asarray(went & ~counted_again & ((on.to_numpy() <= day) | on.isna().to_numpy()))


def _column(places: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name in places.columns:
        return places[name].astype("datetime64[s]")
    return pd.Series(pd.NaT, index=places.index, dtype="datetime64[s]")
