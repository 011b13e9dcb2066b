"""How alike names are: the nearest units of a row, and the one that is surely meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Indel
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
_LACKS, _ADDS, _SCARCE = 0.9, 0.8, 0.7
"""Least score of a name that lacks one syllable of the other, that adds one, and of either
where a single syllable is shared. A name is one of a few dozen by a mistyped letter, but one of
two or three by a syllable left out: Tân Khánh is rather Tân Khánh Trung than Tân Thành."""
_KIND_DIFFERS = 0.05
"""Taken off these where the kinds differ: a Xã is rather another Xã than a Phường."""
_TAKEN, _NAMED = 0.1, 0.02
"""Taken off the rank of a unit that another row already has, where each unit has one row, and
where it may have several."""
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
        first, and a unit taken after those that are free. If not, the same tells apart only
        units that are equally near.

    Returns
    -------
    DataFrame
        row, unit, score (0 to 1), and ``is_sure``: the pair differs by one typing mistake,
        and no other row or unit of the parent comes near.
    """
    letters: dict[str, str] = {}
    left, right = _names(rows, letters), _names(units, letters)
    taken_in = {b: part.to_numpy() for b, part in taken.groupby("batch")["unit"]}
    parts = []
    for row_at, unit_at, batch in _groups(rows, units, once=once):
        used = np.isin(units.index[unit_at], taken_in.get(batch, []))
        own = {key: names[row_at] for key, names in left.items()}
        theirs = {key: names[unit_at] for key, names in right.items()}
        best, score, sure = _nearest(own, theirs, used, once=once, most=most)
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


def _names(table: pd.DataFrame, letters: dict[str, str]) -> Names:
    """Return the names as arrays; ``syllables`` has a letter for each syllable of the core."""
    names = {
        key: table[key].astype("object").fillna("") for key in ("full", "core", "bare", "text")
    }
    names["joined"] = names["core"].str.replace(" ", "")
    named = [f.removesuffix(n) for f, n in zip(names["full"], names["core"], strict=True)]
    names["kind"] = pd.Series(named, index=table.index, dtype="object")
    names["number"] = names["core"].astype("str").str.findall(r"\d+").str.join(" ")
    out = {key: values.to_numpy(dtype="object") for key, values in names.items()}
    words = [[w for w in name.split() if not w[0].isdigit()] for name in out["core"]]
    for word in {w for name in words for w in name}:
        letters.setdefault(word, chr(0x10000 + len(letters)))
    short = ["".join(letters[w] for w in name) for name in words]
    out["syllables"] = np.array(short, dtype="object")
    return out


def _groups(
    rows: pd.DataFrame, units: pd.DataFrame, *, once: bool
) -> Iterator[tuple[NDArray[Any], NDArray[Any], Any]]:
    """Yield positions of rows of one parent and batch, and of the units of that parent.

    Rows without a parent meet all units, if these may have several rows.
    """
    everywhere = units["parent"].isna().all()
    unit_of = {} if everywhere else units.groupby("parent").indices
    by = ["batch"] if everywhere else ["parent", "batch"]
    limit = MOST_PAIRS * (1 if once else MOST_SLICES)
    for key, at in rows.groupby(by, sort=False, dropna=once).indices.items():
        parts = key if isinstance(key, tuple) else (key,)
        everywhere_here = everywhere or pd.isna(parts[0])
        unit_at = np.arange(len(units)) if everywhere_here else unit_of.get(parts[0], np.array([]))
        if 0 < len(unit_at) * len(at) <= limit:
            step = max(1, MOST_PAIRS // len(unit_at))
            for start in range(0, len(at), step):
                yield at[start : start + step], unit_at, parts[-1]


def _nearest(
    rows: Names, units: Names, used: Flags, *, once: bool, most: int
) -> tuple[NDArray[Any], Floats, Flags]:
    """Return each row's nearest units, their scores, and whether they are surely meant."""
    differ = rows["number"][:, None] != units["number"][None, :]
    short = cdist(
        rows["syllables"], units["syllables"], scorer=Indel.distance, dtype=np.uint8, score_cutoff=1
    )
    lacks = (short == 1) & ~differ
    scores = _alike(rows, units, differ, lacks)
    rank = scores - np.where(used, np.float32(_TAKEN if once else _NAMED), np.float32(0))
    first = _assign(rank, used, worth=0.25 if once else 2 * _NAMED)
    sure = _sure(rows, units, differ, lacks, used if once else None)
    first = np.where(sure >= 0, sure, first)
    rank[np.arange(len(first)), first] += 1
    best = np.argsort(-rank, axis=1, kind="stable")[:, :most]
    is_sure = np.zeros(best.shape, dtype=bool)
    is_sure[:, 0] = sure >= 0
    return best, np.take_along_axis(scores, best, axis=1), is_sure


def _alike(rows: Names, units: Names, differ: Flags, lacks: Flags) -> Floats:
    """Return how alike every row and unit are, 0 to 1: with and without diacritics, in part.

    ``lacks`` are the pairs of which one name has all syllables of the other and one more.
    """
    scores = np.zeros(differ.shape, dtype=np.float32)
    for key, scorer, weight in _WEIGHTS:
        part = cdist(rows[key], units[key], scorer=scorer, dtype=np.float32)
        scores += part * np.float32(weight / 100)
    scores = np.maximum(scores - differ * np.float32(_NUMBER_DIFFERS), np.float32(0))
    if lacks.any():
        own, theirs = (np.array([len(s) for s in n["syllables"]]) for n in (rows, units))
        least = np.where(own[:, None] < theirs, np.float32(_LACKS), np.float32(_ADDS))
        least[np.minimum(own[:, None], theirs) < 2] = _SCARCE
        kind, other = rows["kind"][:, None], units["kind"][None, :]
        least[(kind != other) & (kind != "") & (other != "")] -= np.float32(_KIND_DIFFERS)
        floor = least + scores * np.float32(0.05)
        scores = np.where(lacks, np.maximum(scores, floor), scores)
    return scores


def _assign(rank: Floats, used: Flags, *, worth: float) -> NDArray[Any]:
    """Return each row's unit in the best one-to-one assignment to units that are free.

    A row keeps its best unit where the assignment has none for it, or one that is less near
    by more than ``worth``.
    """
    first: NDArray[Any] = rank.argmax(axis=1)
    row, unit = linear_sum_assignment(-rank[:, ~used])
    free = np.flatnonzero(~used)[unit]
    kept = rank[row, free] >= rank[row, first[row]] - worth
    first[row[kept]] = free[kept]
    return first


def _sure(
    rows: Names, units: Names, differ: Flags, lacks: Flags, used: Flags | None
) -> NDArray[Any]:
    """Return each row's unit if it differs by one mistake and nothing else comes near, else -1.

    Names with different numbers are different places, however near; a name that lacks a
    syllable of another may be meant for that one.
    """
    ways = {
        key: cdist(rows[key], units[key], scorer=OSA.distance, dtype=np.uint8, score_cutoff=2)
        for key in ("core", "joined", "text")
    }
    edits = np.minimum(ways["core"], ways["joined"])
    edits[lacks] = _FAR - 1
    edits = np.minimum(edits, ways["text"])  # a mistake in the kind makes it part of the name
    edits[differ] = _FAR
    first: NDArray[Any] = edits.argmin(axis=1)
    length = np.array([len(name.replace(" ", "")) for name in rows["core"]])
    sure: Flags = (edits[np.arange(len(first)), first] <= 1) & (length >= SHORTEST)
    sure &= (edits < _FAR).sum(axis=1) == 1
    if used is not None:
        sure &= ((edits <= 1).sum(axis=0)[first] == 1) & ~used[first]
    return np.where(sure, first, -1)
