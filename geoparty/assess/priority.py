"""The order of the gap list, and why each place stands where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema, words
from geoparty.settings import Rules

CRITERIA = {
    "severity": "gap_level",
    "border": "is_border",
    "disadvantaged": "is_disadvantaged",
    "cut_off_wet": "is_cut_off_wet",
    "households": "households",
    "candidates": "candidates",
    "years_without_admission": "years_without_admission",
}
"""Column each criterion looks at."""
_NUMBERS = ("households", "candidates", "years_without_admission")


def priority(frame: pd.DataFrame, *, rules: Rules) -> pd.Series[Any]:
    """Return each place's rank in the gap list, from 1; ``<NA>`` where it is covered.

    Places are ordered by the criteria of ``rules.priority``, the first deciding first: the more
    severe gap level, "yes" before "no", the larger number. What is not known stands between yes
    and no, and between any number above zero and zero. Ties are broken by the index, so that the
    order of the rows never matters.

    Parameters
    ----------
    frame
        ``gap_level`` and the columns of the criteria; an absent one is not known for any place.

    Examples
    --------
    >>> places = pd.DataFrame(
    ...     {"gap_level": ["at_risk", "no_cell", "covered"]}, index=["a", "b", "c"]
    ... )
    >>> priority(places, rules=Rules()).tolist()
    [2, 1, <NA>]
    """
    schema.require_columns(frame, ["gap_level"], of="places")
    gaps = frame[(frame["gap_level"] != "covered").to_numpy(bool)]
    by_index = np.argsort(np.argsort(gaps.index.to_numpy(), kind="stable"), kind="stable")
    order = np.lexsort([by_index, *(_key(gaps, c) for c in reversed(rules.priority))])
    ranks = pd.Series(pd.NA, index=frame.index, dtype="Int64", name="priority")
    at = np.flatnonzero((frame["gap_level"] != "covered").to_numpy(bool))
    ranks.iloc[at[order]] = np.arange(1, len(gaps) + 1)
    return ranks


def priority_reasons(
    frame: pd.DataFrame, *, rules: Rules, language: words.Language = "vi"
) -> pd.Series[Any]:
    """Return in words, criterion by criterion, why each place stands where it stands.

    Empty where the place is covered.

    Examples
    --------
    >>> places = pd.DataFrame({"gap_level": ["no_cell"], "is_border": [True]})
    >>> rules = Rules(priority=("severity", "border", "candidates"))
    >>> priority_reasons(places, rules=rules, language="en").tolist()
    ['no cell; border commune; candidates not reported']
    """
    parts = [_words(frame, criterion, language) for criterion in rules.priority]
    joined = parts[0].str.cat(parts[1:], sep="; ") if parts else pd.Series("", index=frame.index)
    covered = (frame["gap_level"] == "covered").to_numpy(bool)
    return joined.astype("str").mask(covered, "").rename("priority_reasons")


def _column(frame: pd.DataFrame, criterion: str) -> pd.Series[Any]:
    name = CRITERIA[criterion]
    dtype = "Float64" if criterion in _NUMBERS else "boolean"
    if name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype=dtype)
    return frame[name].astype(dtype)


def _key(frame: pd.DataFrame, criterion: str) -> npt.NDArray[np.float64]:
    """Return sort keys, smallest first."""
    if criterion == "severity":
        order = {name: i for i, name in enumerate(schema.GAP_LEVELS)}
        return np.asarray(frame["gap_level"].astype("str").map(order), dtype=np.float64)
    values = _column(frame, criterion).astype("Float64").to_numpy("float64", na_value=0.5)
    return -np.asarray(values, dtype=np.float64)


def _words(frame: pd.DataFrame, criterion: str, language: words.Language) -> pd.Series[Any]:
    if criterion == "severity":
        levels = {n: words.text(f"levels.{n}", language) for n in schema.GAP_LEVELS}
        lower = {n: text[0].lower() + text[1:] for n, text in levels.items()}
        return frame["gap_level"].astype("str").map(lower)
    values = _column(frame, criterion)
    unknown = words.text(f"assess.why_{criterion}_unknown", language)
    if criterion in _NUMBERS:
        pattern = words.text(f"assess.why_{criterion}", language, n="{n}")
        known = values.map(lambda n: pattern.format(n=int(n)), na_action="ignore")
        return known.astype("str").fillna(unknown)
    yes_no = {v: words.text(f"assess.why_{criterion}_{n}", language) for v, n in _YES_NO}
    return values.map(yes_no, na_action="ignore").astype("str").fillna(unknown)


_YES_NO = ((True, "yes"), (False, "no"))
