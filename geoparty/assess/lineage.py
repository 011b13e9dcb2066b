"""Which place became which: merges, splits and changes of id, followed through time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_NAMES = ["before", "after"]


@dataclass(frozen=True)
class Links:
    """How places that are in only one of two snapshots hang together.

    ``edges`` has ``before`` and ``after``, ids of the two snapshots; ``renumbered`` those that
    are one place under two ids; the counts are by id.
    """

    edges: pd.DataFrame
    renumbered: pd.DataFrame
    n_successors: dict[str, int]
    n_predecessors: dict[str, int]


def find_links(before: pd.DataFrame, after: pd.DataFrame, lineage: pd.DataFrame | None) -> Links:
    """Return the links between two snapshots that a lineage tells of."""
    old, new = before.index, after.index
    edges = _followed(_edges(before, after, lineage), old, new)
    only_old, only_new = ~_among(edges["before"], new), ~_among(edges["after"], old)
    edges = edges[only_old | only_new].drop_duplicates().sort_values(_NAMES)
    n_out = edges["before"].value_counts()
    n_in = edges["after"].value_counts()
    single = edges["before"].map(n_out).eq(1) & edges["after"].map(n_in).eq(1)
    single &= ~_among(edges["before"], new) & ~_among(edges["after"], old)
    return Links(edges.reset_index(drop=True), edges[single], n_out.to_dict(), n_in.to_dict())


def _edges(before: pd.DataFrame, after: pd.DataFrame, lineage: pd.DataFrame | None) -> pd.DataFrame:
    """Return the steps between the two dates, in the direction of the comparison."""
    if lineage is None:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in _NAMES})
    steps = lineage.dropna(subset=["place_id_before", "place_id_after"])
    steps = steps[steps["place_id_before"] != steps["place_id_after"]]
    first, last = (
        frame["as_of"].max() if "as_of" in frame.columns else pd.NaT for frame in (before, after)
    )
    if pd.notna(first) and pd.notna(last) and "on" in steps.columns:
        early, late = min(first, last), max(first, last)
        steps = steps[steps["on"].isna() | ((steps["on"] > early) & (steps["on"] <= late))]
    backwards = pd.notna(first) and pd.notna(last) and first > last
    ends = steps[["place_id_before", "place_id_after"]].astype("str")
    ends.columns = _NAMES[::-1] if backwards else _NAMES
    return ends[_NAMES].drop_duplicates()


def _followed(edges: pd.DataFrame, old: pd.Index[Any], new: pd.Index[Any]) -> pd.DataFrame:
    """Follow steps through every place that is not in both snapshots."""
    walk = edges[_among(edges["before"], old)]
    seen = walk
    while len(walk):
        on = walk[~(_among(walk["after"], old) & _among(walk["after"], new))]
        joined = on.merge(edges, left_on="after", right_on="before", suffixes=("", "_next"))
        walk = joined[["before", "after_next"]].set_axis(_NAMES, axis=1).drop_duplicates()
        is_known = pd.MultiIndex.from_frame(walk).isin(pd.MultiIndex.from_frame(seen))
        walk = walk[~is_known & (walk["before"] != walk["after"])]
        seen = pd.concat([seen, walk])
    return seen[_among(seen["after"], new)]


def _among(ids: pd.Series[Any], index: pd.Index[Any]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = index.get_indexer(ids) >= 0
    return found
