"""The order of the gap list, and why each place stands where it stands."""

from __future__ import annotations

from collections.abc import Mapping
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
    "cut_off": "is_cut_off",
    "households": "households",
    "candidates": "candidates",
    "years_without_admission": "years_without_admission",
}
"""Column each criterion looks at; ``is_cut_off`` is made of those of every season."""
_OF_SEASON = "is_cut_off_"
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
    frame = _any_season(frame)
    gaps = frame[(frame["gap_level"] != "covered").to_numpy(bool)]
    by_index = np.argsort(np.argsort(gaps.index.to_numpy(), kind="stable"), kind="stable")
    order = np.lexsort([by_index, *(_key(gaps, c) for c in reversed(rules.priority))])
    ranks = pd.Series(pd.NA, index=frame.index, dtype="Int64", name="priority")
    at = np.flatnonzero((frame["gap_level"] != "covered").to_numpy(bool))
    ranks.iloc[at[order]] = np.arange(1, len(gaps) + 1)
    return ranks


def priority_reasons(
    frame: pd.DataFrame,
    *,
    rules: Rules,
    language: words.Language = "vi",
    seasons: Mapping[str, str] | None = None,
) -> pd.Series[Any]:
    """Return in words, criterion by criterion, why each place stands where it stands.

    Empty where the place is covered. ``seasons`` holds the words for the names of seasons.

    Examples
    --------
    >>> places = pd.DataFrame({"gap_level": ["no_cell"], "is_border": [True]})
    >>> rules = Rules(priority=("severity", "border", "candidates"))
    >>> priority_reasons(places, rules=rules, language="en").tolist()
    ['no cell; border commune; candidates not reported']
    """
    whole = _any_season(frame)
    parts = [
        _cut_off(whole, seasons or {}, language)
        if criterion == "cut_off"
        else _words(whole, criterion, language)
        for criterion in rules.priority
    ]
    joined = parts[0].str.cat(parts[1:], sep="; ") if parts else pd.Series("", index=frame.index)
    covered = (frame["gap_level"] == "covered").to_numpy(bool)
    return joined.astype("str").mask(covered, "").rename("priority_reasons")


def _any_season(frame: pd.DataFrame) -> pd.DataFrame:
    """Add whether a place is cut off in any season; not known where a season is not and none is."""
    flags = [name for name in frame if str(name).startswith(_OF_SEASON)]
    found = pd.Series(pd.NA if not flags else False, index=frame.index, dtype="boolean")
    for name in flags:  # Kleene's or: yes beats not known, not known beats no
        found |= frame[name].astype("boolean")
    return frame.assign(is_cut_off=found)


def _cut_off(
    frame: pd.DataFrame, seasons: Mapping[str, str], language: words.Language
) -> pd.Series[Any]:
    """Return in words in which seasons a place is cut off."""
    named = pd.Series("", index=frame.index, dtype="str")
    for name in (str(n) for n in frame if str(n).startswith(_OF_SEASON)):
        season = name.removeprefix(_OF_SEASON)
        is_cut_off = frame[name].astype("boolean").fillna(value=False).to_numpy(bool)
        named = named.mask(is_cut_off, named + f", {seasons.get(season, season).lower()}")
    yes = words.text("assess.why_cut_off_yes", language, seasons="")
    no_or_unknown = _words(frame, "cut_off", language)
    return no_or_unknown.mask(named != "", yes + named.str.removeprefix(", "))


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
