"""The name and commune a place had on each date, as the counts of that date give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_OF_A_COMMUNE = ("commune_name", "province_code", "province_name")


def as_then(
    history: pd.DataFrame,
    counts: pd.DataFrame,
    row: npt.NDArray[np.intp],
    communes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the history with the names and communes of each date in place of those of today.

    Where the counts of a date give none, those of the place's counts before stand, else those
    after; on the last date the list of places stands.

    Parameters
    ----------
    history
        ``as_of``, ``place_id``, sorted by both; ``place_name``, ``commune_code`` and what belongs
        to it as the list of places has them.
    counts
        RangeIndex; ``place_name``, ``commune_code`` where given.
    row
        The row of ``counts`` of each row of the history, -1 where there is none.

    Examples
    --------
    >>> history = pd.DataFrame({"as_of": [1, 2, 3], "place_id": "a", "place_name": "Bản Mới"})
    >>> counts = pd.DataFrame({"place_name": ["Bản Cũ", "Bản Mới"]})
    >>> as_then(history, counts, np.array([0, -1, 1]))["place_name"].tolist()
    ['Bản Cũ', 'Bản Cũ', 'Bản Mới']
    """
    history = history.copy()
    changed = {
        name: then
        for name in ("place_name", "commune_code")
        if name in history and name in counts
        for then in [_then(history, history[name], _told(counts[name], row, history.index))]
        if len(then)
    }
    if "place_name" in changed:
        history.loc[changed["place_name"].index, "place_name"] = changed["place_name"]
    if "commune_code" in changed:
        known = _known(history, communes)
        codes = changed["commune_code"]
        history.loc[codes.index, "commune_code"] = codes
        for name in known.columns:
            history.loc[codes.index, name] = codes.map(known[name])
    return history


def _told(
    column: pd.Series[Any], row: npt.NDArray[np.intp], index: pd.Index[Any]
) -> pd.Series[Any]:
    return pd.Series(column.astype("str").array.take(row, allow_fill=True), index=index)


def _then(history: pd.DataFrame, listed: pd.Series[Any], told: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values that differ from those listed, on the index of their rows."""
    is_other = (told.notna() & (told != listed)).to_numpy(bool)
    of_them = history["place_id"].isin(history["place_id"][is_other].unique())
    is_last = history["as_of"] == history["as_of"].max()
    filled = told.mask(is_last, listed)[of_them].groupby(history["place_id"][of_them])
    values = filled.ffill().fillna(filled.bfill()).fillna(listed[of_them])
    return values[(values != listed[of_them]).to_numpy(bool)]


def _known(history: pd.DataFrame, communes: pd.DataFrame | None) -> pd.DataFrame:
    """Return name and province of every commune, index ``commune_code``."""
    names = [name for name in _OF_A_COMMUNE if name in history]
    listed = history.dropna(subset="commune_code").drop_duplicates("commune_code")
    known = listed.set_index("commune_code")[names]
    if communes is None:
        return known
    return pd.concat([known, communes.reindex(columns=names)]).loc[lambda t: ~t.index.duplicated()]
