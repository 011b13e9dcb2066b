"""How alike names are: the nearest units of a row, and the one that is surely meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist
from scipy.optimize import linear_sum_assignment

MOST_PAIRS = 4_000_000
"""Pairs of names compared at once."""
MOST_SLICES = 25
"""A parent with more pairs than this many times the above gets no proposals."""
SHORTEST = 6
"""Letters a name needs for one typing mistake in it to be recognised for sure."""
_WEIGHTS = (
    ("core", fuzz.ratio, 0.35),
    ("bare", fuzz.ratio, 0.35),
    ("bare", fuzz.token_set_ratio, 0.2),
    ("full", fuzz.ratio, 0.1),
)
_NUMBER_DIFFERS = 0.15
"""Taken off the score of names with different numbers: Nà Sự 1 is not Nà Sự 2."""

Scores = NDArray[np.float32]


def proposals(
    rows: pd.DataFrame, units: pd.DataFrame, *, taken: pd.Series[Any], once: bool, most: int = 3
) -> pd.DataFrame:
    """Return the units most like each row inside its parent, best first.

    Parameters
    ----------
    rows, units
        Tables with parent and the keys of :func:`geoparty.link.names.ladder`; rows also with
        ``batch``.
    taken
        Units that other rows already have: columns batch and unit.
    once
        Each unit serves one row of a batch: the best assignment of rows to free units comes
        first, and a unit taken after those that are free.

    Returns
    -------
    DataFrame
        row, unit, score (0 to 1), and ``is_sure``: the pair differs by one typing mistake,
        and no other row or unit of the parent comes near.
    """
    parts = []
    taken_in = dict(iter(taken.groupby("batch")["unit"]))
    for row_at, unit_at, batch in _groups(rows, units, slices=1 if once else MOST_SLICES):
        left, right = rows.loc[row_at], units.loc[unit_at]
        used = np.isin(unit_at, taken_in.get(batch, [])) if once else None
        parts.append(_nearest(left, right, used, most))
    columns = ["row", "unit", "score", "is_sure"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _groups(
    rows: pd.DataFrame, units: pd.DataFrame, *, slices: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any], Any]]:
    """Yield rows of one parent and batch with the units of that parent."""
    everywhere = units["parent"].isna().all()
    unit_of = {} if everywhere else units.groupby("parent").indices
    keys = [rows["batch"]] if everywhere else [rows["parent"], rows["batch"]]
    for key, at in rows.groupby(keys, sort=False).indices.items():
        batch = key[-1] if isinstance(key, tuple) else key
        unit_at = units.index.to_numpy() if everywhere else unit_of.get(key[0], [])
        if 0 < len(unit_at) * len(at) <= MOST_PAIRS * slices:
            step = max(1, MOST_PAIRS // len(unit_at))
            for start in range(0, len(at), step):
                yield rows.index.to_numpy()[at[start : start + step]], np.asarray(unit_at), batch


def _nearest(
    rows: pd.DataFrame, units: pd.DataFrame, used: NDArray[np.bool_] | None, most: int
) -> pd.DataFrame:
    scores = alike(rows, units)
    order = scores - (0.0 if used is None else np.where(used, 0.1, 0.0))
    first = _assign(order, used) if used is not None else order.argmax(axis=1)
    order[np.arange(len(rows)), first] += 1.0
    best = np.argsort(-order, axis=1, kind="stable")[:, :most]
    sure = _sure(rows, units, best[:, 0], used)
    at = np.arange(len(rows)).repeat(best.shape[1])
    return pd.DataFrame(
        {
            "row": rows.index.to_numpy()[at],
            "unit": units.index.to_numpy()[best.ravel()],
            "score": scores[at, best.ravel()].round(3),
            "is_sure": sure[at] & (np.tile(np.arange(best.shape[1]), len(rows)) == 0),
        }
    )


def alike(rows: pd.DataFrame, units: pd.DataFrame) -> Scores:
    """Return how alike every row and unit are, 0 to 1: with and without diacritics, in part."""
    scores = np.zeros((len(rows), len(units)), dtype=np.float32)
    for key, scorer, weight in _WEIGHTS:
        left, right = rows[key].fillna("").tolist(), units[key].fillna("").tolist()
        scores += cdist(left, right, scorer=scorer, dtype=np.float32) * np.float32(weight / 100)
    numbers = [t["core"].fillna("").str.findall(r"\d+").str.join(" ") for t in (rows, units)]
    differ = numbers[0].to_numpy()[:, None] != numbers[1].to_numpy()[None, :]
    return np.asarray(np.clip(scores - _NUMBER_DIFFERS * differ, 0, 1), dtype=np.float32)


def _assign(order: Scores, used: NDArray[np.bool_]) -> NDArray[Any]:
    """Return each row's unit in the best one-to-one assignment, its best unit where it has none."""
    first: NDArray[Any] = order.argmax(axis=1)
    row, unit = linear_sum_assignment(-order[:, ~used])
    free = np.flatnonzero(~used)[unit]
    worth = order[row, free] >= order[row, first[row]] - 0.25
    first[row[worth]] = free[worth]
    return first


def _sure(
    rows: pd.DataFrame, units: pd.DataFrame, first: NDArray[Any], used: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Whether each row differs from its first unit by one mistake and nothing else comes near."""
    left, right = rows["core"].fillna("").tolist(), units["core"].fillna("").tolist()
    edits = cdist(left, right, scorer=OSA.distance, dtype=np.uint8, score_cutoff=2)
    at = np.arange(len(rows))
    near_units = (edits <= 2).sum(axis=1)
    near_rows = (edits <= 1).sum(axis=0)[first]
    length = np.array([len(name.replace(" ", "")) for name in left])
    has_number = np.array([any(c.isdigit() for c in name) for name in left])
    sure: NDArray[np.bool_] = (edits[at, first] <= 1) & (near_units == 1) & (length >= SHORTEST)
    same_number = _digits(left) == _digits([right[u] for u in first])
    sure &= ~has_number | same_number
    if used is not None:
        sure &= (near_rows == 1) & ~used[first]
    return sure


def _digits(names: list[str]) -> NDArray[Any]:
    return np.array(["".join(c for c in name if c.isdigit()) for name in names], dtype=object)
