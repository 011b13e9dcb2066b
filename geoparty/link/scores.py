"""How alike two names are, and the nearest units of a row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

Proposals = dict[int, tuple[tuple[int, float], ...]]


def nearest(rows: pd.DataFrame, units: pd.DataFrame, *, most: int = 3) -> Proposals:
    """Return for each row the units of its parent most like it, best first, with scores 0-1.

    A row whose parent is missing, or has no units, gets none.
    """
    by_parent = dict(tuple(units.groupby("parent").groups.items()))
    found: Proposals = {}
    for parent, group in rows.groupby("parent"):
        if parent in by_parent:
            found |= _nearest_in(group, units.loc[by_parent[parent]], most)
    if units["parent"].isna().all() and len(units):
        found |= _nearest_in(rows, units, most)
    return found


def _nearest_in(rows: pd.DataFrame, units: pd.DataFrame, most: int) -> Proposals:
    scores = np.zeros((len(rows), len(units)), dtype=np.float32)
    for key, worth in (("core", 1.0), ("named", 1.0), ("bare", 0.95)):
        left, right = rows[key].fillna("").tolist(), units[key].fillna("").tolist()
        np.maximum(scores, cdist(left, right, scorer=fuzz.ratio) / 100 * worth, out=scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    return {
        row: tuple((units.index[u], round(float(scores[i, u]), 3)) for u in order[i])
        for i, row in enumerate(rows.index)
    }
