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
    ("core", fuzz.ratio, 0.25),
    ("bare", fuzz.ratio, 0.25),
    ("bare", fuzz.token_set_ratio, 0.25),
    ("joined", fuzz.ratio, 0.15),
    ("full", fuzz.ratio, 0.1),
)
_NUMBER_DIFFERS = 0.15
"""Taken off the score of names with different numbers: Nà Sự 1 is not Nà Sự 2."""
_TAKEN = 0.1
"""Taken off the rank of a unit that another row already has."""
_FAR = 3
"""More edits than are told apart."""

Names = dict[str, NDArray[Any]]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


def proposals(
    rows: pd.DataFrame, units: pd.DataFrame, *, taken: pd.DataFrame, once: bool, most: int = 3
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
    left, right = _names(rows), _names(units)
    taken_in = {b: part.to_numpy() for b, part in taken.groupby("batch")["unit"]} if once else {}
    parts = []
    for row_at, unit_at, batch in _groups(rows, units, slices=1 if once else MOST_SLICES):
        used = np.isin(units.index[unit_at], taken_in.get(batch, [])) if once else None
        own = {key: names[row_at] for key, names in left.items()}
        theirs = {key: names[unit_at] for key, names in right.items()}
        best, score, sure = _nearest(own, theirs, used, most)
        at = np.repeat(row_at, best.shape[1])
        parts.append((at, unit_at[best.ravel()], score.ravel(), sure.ravel()))
    none = (
        np.array([], dtype=int),
        np.array([], dtype=int),
        np.array([]),
        np.array([], dtype=bool),
    )
    at, unit, score, sure = (np.concatenate(c) for c in zip(none, *parts, strict=True))
    return pd.DataFrame(
        {
            "row": rows.index[at],
            "unit": units.index[unit],
            "score": score.astype("float64").round(3),
            "is_sure": sure,
        }
    )


def _names(table: pd.DataFrame) -> Names:
    names = {
        key: table[key].astype("object").fillna("") for key in ("full", "core", "bare", "text")
    }
    names["joined"] = names["core"].str.replace(" ", "")
    names["number"] = names["core"].astype("str").str.findall(r"\d+").str.join(" ")
    return {key: values.to_numpy(dtype="object") for key, values in names.items()}


def _groups(
    rows: pd.DataFrame, units: pd.DataFrame, *, slices: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any], Any]]:
    """Yield positions of rows of one parent and batch, and of the units of that parent."""
    everywhere = units["parent"].isna().all()
    unit_of = {} if everywhere else units.groupby("parent").indices
    by = ["batch"] if everywhere else ["parent", "batch"]
    for key, at in rows.groupby(by, sort=False).indices.items():
        parts = key if isinstance(key, tuple) else (key,)
        unit_at = np.arange(len(units)) if everywhere else unit_of.get(parts[0], np.array([]))
        if 0 < len(unit_at) * len(at) <= MOST_PAIRS * slices:
            step = max(1, MOST_PAIRS // len(unit_at))
            for start in range(0, len(at), step):
                yield at[start : start + step], unit_at, parts[-1]


def _nearest(
    rows: Names, units: Names, used: Flags | None, most: int
) -> tuple[NDArray[Any], Floats, Flags]:
    """Return each row's nearest units, their scores, and whether they are surely meant."""
    differ = rows["number"][:, None] != units["number"][None, :]
    scores = _alike(rows, units, differ)
    rank = scores - (np.float32(0) if used is None else np.where(used, np.float32(_TAKEN), 0))
    first = rank.argmax(axis=1) if used is None else _assign(rank, used)
    each = np.arange(len(first))
    rank[each, first] += 1
    best = np.argsort(-rank, axis=1, kind="stable")[:, :most]
    sure = np.zeros(best.shape, dtype=bool)
    sure[:, 0] = _sure(rows, units, differ, first, used)
    return best, np.take_along_axis(scores, best, axis=1), sure


def _alike(rows: Names, units: Names, differ: Flags) -> Floats:
    """Return how alike every row and unit are, 0 to 1: with and without diacritics, in part."""
    scores = np.zeros(differ.shape, dtype=np.float32)
    for key, scorer, weight in _WEIGHTS:
        part = cdist(rows[key], units[key], scorer=scorer, dtype=np.float32)
        scores += part * np.float32(weight / 100)
    return np.maximum(scores - differ * np.float32(_NUMBER_DIFFERS), np.float32(0))


def _assign(rank: Floats, used: Flags) -> NDArray[Any]:
    """Return each row's unit in the best one-to-one assignment, its best unit where it has none."""
    first: NDArray[Any] = rank.argmax(axis=1)
    row, unit = linear_sum_assignment(-rank[:, ~used])
    free = np.flatnonzero(~used)[unit]
    worth = rank[row, free] >= rank[row, first[row]] - 0.25
    first[row[worth]] = free[worth]
    return first


def _sure(
    rows: Names, units: Names, differ: Flags, first: NDArray[Any], used: Flags | None
) -> Flags:
    """Whether each row differs from its first unit by one mistake and nothing else comes near.

    Names with different numbers are different places, however near.
    """
    edits = np.full(differ.shape, _FAR, dtype=np.uint8)
    for key in ("core", "text", "joined"):
        ways = cdist(rows[key], units[key], scorer=OSA.distance, dtype=np.uint8, score_cutoff=2)
        edits = np.minimum(edits, ways)
    edits[differ] = _FAR
    length = np.array([len(name.replace(" ", "")) for name in rows["core"]])
    sure: Flags = (edits[np.arange(len(first)), first] <= 1) & (length >= SHORTEST)
    sure &= (edits < _FAR).sum(axis=1) == 1
    if used is not None:
        sure &= ((edits <= 1).sum(axis=0)[first] == 1) & ~used[first]
    return sure
