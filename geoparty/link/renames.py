"""Another name of the same place, told from another way of writing it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rapidfuzz.distance import OSA

from geoparty.link.names import ladder
from geoparty.link.scores import SHORTEST


def other_names(written: pd.Series[Any], listed: pd.Series[Any]) -> pd.Series[Any]:
    """Return what is written where it is another name than the one listed, else that one.

    Spelling, kinds, diacritics and one typing mistake make no other name; another number does.

    Examples
    --------
    >>> listed = pd.Series(["Bản Nà Sự", "Nà Sự", "Nậm Pồ", "Nà Sự 1"])
    >>> written = pd.Series(["thôn Nà sự", "Huổi Lụ", None, "Nà Sự 2"])
    >>> other_names(written, listed).tolist()
    ['Bản Nà Sự', 'Huổi Lụ', 'Nậm Pồ', 'Nà Sự 2']
    """
    pairs = pd.DataFrame({"written": written, "listed": listed}).dropna()
    pairs = pairs[pairs["written"] != pairs["listed"]].astype("str").drop_duplicates()
    own, theirs = ladder(pairs["written"]), ladder(pairs["listed"])
    same = (own == theirs).any(axis=1)
    core = zip(own["core"].fillna(""), theirs["core"].fillna(""), strict=True)
    same |= pd.Series([_one_mistake(a, b) for a, b in core], same.index, dtype=bool)
    others = pd.MultiIndex.from_frame(pairs[~same])
    at = pd.MultiIndex.from_arrays([written, listed]).isin(others)
    return listed.mask(at, written).astype("str")


def _one_mistake(one: str, two: str) -> bool:
    numbers = [[c for c in name if c.isdigit()] for name in (one, two)]
    letters = min(len(name.replace(" ", "")) for name in (one, two))
    return (
        numbers[0] == numbers[1]
        and letters >= SHORTEST
        and OSA.distance(one, two, score_cutoff=1) <= 1
    )
