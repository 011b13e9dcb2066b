"""What became of each place between two dates, and balances of gaps that add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema
from geoparty.assess.lineage import Links, find_links
from geoparty.errors import ArgumentError, Problem

CHANGES = (
    "unchanged",
    "improved",
    "worsened",
    "new",
    "gone",
    "merged_into",
    "merged_from",
    "split_from",
    "split_into",
    "not_comparable",
)
MIRRORED = {
    "improved": "worsened",
    "worsened": "improved",
    "new": "gone",
    "gone": "new",
    "merged_into": "split_from",
    "split_from": "merged_into",
    "merged_from": "split_into",
    "split_into": "merged_from",
}
"""What a change is called when the two dates are exchanged; the others keep their name."""
GAPS = ("no_members", "no_cell", "joint_cell", "reinforced", "at_risk")
"""Levels that are known gaps; ``unknown`` is accounted for on its own."""
_REGROUPED = ("merged_into", "merged_from", "split_into", "split_from")
LEAVING = ("covered", "other_level", "unknown", "gone", "regrouped", "moved")
_Ints = npt.NDArray[np.intp]
ENTERING = ("covered", "other_level", "unknown", "new", "regrouped", "moved")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two snapshots and what became of each place.

    ``changes`` has one row per place, index ``place_id`` (the later id of one that was
    renumbered): ``place_id_before`` and ``place_id_after`` (``<NA>`` where there is none),
    ``change`` (one of ``CHANGES``), ``why`` (``unknown_before``, ``unknown_after`` or
    ``unknown_both`` where not comparable), ``level_before``, ``level_after``, ``related`` (the
    places it merged with or split from, joined by ``;``), ``is_renamed``, ``is_moved`` (to
    another commune).
    """

    before: pd.DataFrame
    after: pd.DataFrame
    changes: pd.DataFrame


def compare(
    before: pd.DataFrame, after: pd.DataFrame, *, lineage: pd.DataFrame | None = None
) -> Comparison:
    """Compare two snapshots place by place.

    Places are the same when their id is, or when ``lineage`` says that one became the other.
    Places that merged or split are told as such and never counted as improved or worsened.

    Parameters
    ----------
    before, after
        Index ``place_id``, unique: ``gap_level``; ``place_name`` and ``commune_code`` to tell
        renamed and moved places; ``as_of`` to tell which is the earlier one.
    lineage
        ``place_id_before``, ``place_id_after`` (``<NA>``: ended), and ``on``, the day, where
        known; chains over several changes are followed. It is in the order of time: where
        ``before`` is the later snapshot it is read backwards.

    Examples
    --------
    >>> a = pd.DataFrame({"gap_level": ["no_cell", "covered"]}, index=["p", "q"])
    >>> b = pd.DataFrame({"gap_level": ["covered", "no_cell"]}, index=["p", "r"])
    >>> compare(a, b).changes["change"].to_dict()
    {'p': 'improved', 'q': 'gone', 'r': 'new'}
    """
    for name, frame in (("before", before), ("after", after)):
        schema.require_columns(frame, ["gap_level"], of=name)
        if not frame.index.is_unique:
            repeated = sorted(set(frame.index[frame.index.duplicated()].astype("str")))
            params = {"frame": name, "ids": repeated}
            raise ArgumentError(Problem(key="assess.repeated_ids", params=params))
    links = find_links(before, after, lineage)
    old, new = _pairs(before.index, after.index, links)
    changes = pd.DataFrame(
        {
            "place_id_before": _take(before.index, old),
            "place_id_after": _take(after.index, new),
            "level_before": _level(before, old),
            "level_after": _level(after, new),
        }
    )
    ids = changes["place_id_after"].fillna(changes["place_id_before"])
    changes.index = pd.Index(ids, name="place_id")
    changes.insert(2, "change", _change(changes, links))
    changes.insert(3, "why", _why(changes))
    changes["related"] = _related(changes, links)
    for name, column in (("is_renamed", "place_name"), ("is_moved", "commune_code")):
        changes[name] = _differs(before, after, old, new, column)
    return Comparison(before=before, after=after, changes=changes.sort_index())


def balance(
    comparison: Comparison,
    *,
    by: str | Sequence[str] = (),
    levels: Iterable[str] = GAPS,
) -> pd.DataFrame:
    """Return opening gaps, closed, opened and closing ones by group; they always add up.

    ``opening - closed + opened = closing`` in every group, and ``closed_<why>`` and
    ``opened_<why>`` add up to theirs: ``covered`` (to or from covered), ``other_level`` (another
    level that is not counted here), ``unknown`` (to or from unknown), ``gone`` and ``new``,
    ``regrouped`` (merged or split), ``moved`` (to or from another group).

    Parameters
    ----------
    by
        Columns of both snapshots: a place is counted in its group of that date.
    levels
        Gap levels that are counted: all known gaps, or a single one.

    Examples
    --------
    >>> a = pd.DataFrame({"gap_level": ["no_cell", "covered"]}, index=["p", "q"])
    >>> b = pd.DataFrame({"gap_level": ["covered", "no_cell"]}, index=["p", "r"])
    >>> balance(compare(a, b))[["opening", "closed", "opened", "closing"]].to_numpy().tolist()
    [[1, 1, 1, 1]]
    """
    keys = [by] if isinstance(by, str) else list(by)
    table = balances(comparison, by=keys, of={"": levels}).drop(columns="levels")
    return table.set_index(keys) if keys else table


def balances(
    comparison: Comparison, *, by: Sequence[str], of: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Return several balances under one another, ``levels`` naming each; see :func:`balance`."""
    here, there, groups = _both_groups(comparison, list(by))
    tables = [
        groups.assign(levels=name, **_balance(comparison.changes, here, there, levels, len(groups)))
        for name, levels in of.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _balance(
    changes: pd.DataFrame, here: _Ints, there: _Ints, levels: Iterable[str], n: int
) -> dict[str, _Ints]:
    """Count what was there, what left and entered and why, and what is there, by group."""
    counted = [schema.GAP_LEVELS.index(level) for level in levels]
    was, still = (
        np.isin(changes[f"level_{side}"].cat.codes, counted) for side in ("before", "after")
    )
    stays = was & still & (here == there)
    leaves, enters = was & ~stays, still & ~stays
    why_left, why_came = _why_left(changes, "after", still), _why_left(changes, "before", was)
    return {
        "opening": _count(here, was, n),
        "closed": _count(here, leaves, n),
        **{f"closed_{w}": _count(here, leaves & (why_left == w), n) for w in LEAVING},
        "opened": _count(there, enters, n),
        **{
            f"opened_{came}": _count(there, enters & (why_came == left), n)
            for left, came in zip(LEAVING, ENTERING, strict=True)
        },
        "closing": _count(there, still, n),
    }


def _pairs(before: pd.Index, after: pd.Index, links: Links) -> tuple[_Ints, _Ints]:
    """Return positions in both snapshots of every place; -1 where it is not there."""
    old = np.arange(len(before))
    new = after.get_indexer(before)
    renumbered = before.get_indexer(links.renumbered["before"])
    new[renumbered] = after.get_indexer(links.renumbered["after"])
    only = np.setdiff1d(np.arange(len(after)), new)
    return np.append(old, np.full(len(only), -1)), np.append(new, only)


def _take(index: pd.Index, at: _Ints) -> pd.Series[Any]:
    return pd.Series(index.astype("str").array.take(at, allow_fill=True))


def _level(frame: pd.DataFrame, at: _Ints) -> pd.Categorical:
    levels = pd.Categorical(frame["gap_level"], categories=list(schema.GAP_LEVELS))
    codes = levels.fillna("unknown").codes
    taken = np.where(at < 0, -1, codes[at] if len(codes) else -1)
    return pd.Categorical.from_codes(taken, categories=list(schema.GAP_LEVELS), ordered=True)


def _change(changes: pd.DataFrame, links: Links) -> npt.NDArray[np.object_]:
    old, new = changes["level_before"].cat.codes, changes["level_after"].cat.codes
    unknown = schema.GAP_LEVELS.index("unknown")
    left = changes["place_id_before"].map(links.n_successors).fillna(0).to_numpy()
    came = changes["place_id_after"].map(links.n_predecessors).fillna(0).to_numpy()
    is_gone = changes["place_id_after"].isna().to_numpy()
    is_new = changes["place_id_before"].isna().to_numpy()
    cases = {
        "split_into": is_gone & (left > 1),
        "merged_into": is_gone & (left == 1),
        "gone": is_gone,
        "merged_from": is_new & (came > 1),
        "split_from": is_new & (came == 1),
        "new": is_new,
        "not_comparable": ((old == unknown) | (new == unknown)).to_numpy(),
        "improved": (new > old).to_numpy(),
        "worsened": (new < old).to_numpy(),
    }
    return np.select(list(cases.values()), list(cases), default="unchanged").astype(object)


def _why(changes: pd.DataFrame) -> pd.Series[Any]:
    before, after = changes["level_before"] == "unknown", changes["level_after"] == "unknown"
    which = np.select([before & after, before], ["unknown_both", "unknown_before"], "unknown_after")
    told = (changes["change"] == "not_comparable").to_numpy()
    return pd.Series(which, index=changes.index, dtype="str").where(told)


def _related(changes: pd.DataFrame, links: Links) -> pd.Series[Any]:
    """Join the others each place merged with or split from, in either direction of time."""
    same = links.edges.merge(links.renumbered, how="left", indicator=True)["_merge"] == "both"
    edges = links.edges[~same.to_numpy()]
    ways = ((edges["before"], edges["after"]), (edges["after"], edges["before"]))
    pairs = [
        pd.DataFrame({"row": changes.index.to_numpy(), "id": changes[column].to_numpy()}).merge(
            pd.DataFrame({"id": mine.to_numpy(), "other": others.to_numpy()}), on="id"
        )
        for column, (mine, others) in zip(("place_id_before", "place_id_after"), ways, strict=True)
    ]
    found = pd.concat(pairs)[["row", "other"]].drop_duplicates().sort_values("other")
    joined = found.groupby("row")["other"].agg(";".join)
    return joined.reindex(changes.index).astype("str")


def _differs(
    before: pd.DataFrame, after: pd.DataFrame, old: _Ints, new: _Ints, column: str
) -> pd.arrays.BooleanArray:
    """Tell whether a place's column differs; unknown where one side is missing."""
    both = (old >= 0) & (new >= 0)
    if column not in before.columns or column not in after.columns:
        return pd.array([pd.NA] * len(old), dtype="boolean")
    left = before[column].astype("str").array.take(np.where(both, old, -1), allow_fill=True)
    right = after[column].astype("str").array.take(np.where(both, new, -1), allow_fill=True)
    unlike = pd.Series(pd.Series(left) != pd.Series(right), dtype="boolean")
    return unlike.mask(pd.isna(left) | pd.isna(right)).array


def _both_groups(comparison: Comparison, keys: list[str]) -> tuple[_Ints, _Ints, pd.DataFrame]:
    """Return the number of each place's group on both dates, -1 where absent, and the groups."""
    changes = comparison.changes
    n_old = len(comparison.before)
    if not keys:
        return (
            np.where(changes["place_id_before"].isna(), -1, 0),
            np.where(changes["place_id_after"].isna(), -1, 0),
            pd.DataFrame(index=range(1)),
        )
    for name, frame in (("before", comparison.before), ("after", comparison.after)):
        schema.require_columns(frame, keys, of=name)
    both = pd.concat([comparison.before[keys], comparison.after[keys]])
    grouped = both.groupby(keys, dropna=False, observed=True, sort=True)
    codes = grouped.ngroup().to_numpy()
    groups = grouped.size().index.to_frame(index=False)
    old = comparison.before.index.get_indexer(changes["place_id_before"])
    new = comparison.after.index.get_indexer(changes["place_id_after"])
    here = np.where(old < 0, -1, np.append(codes[:n_old], -1)[old])
    return here, np.where(new < 0, -1, np.append(codes[n_old:], -1)[new]), groups


def _count(group: _Ints, at: npt.NDArray[np.bool_], n: int) -> _Ints:
    return np.bincount(group[at], minlength=n)


def _why_left(
    changes: pd.DataFrame, side: str, still: npt.NDArray[np.bool_]
) -> npt.NDArray[np.str_]:
    """Say why a place is no longer counted, seen from the other date (``side``)."""
    level = changes[f"level_{side}"].cat.codes.to_numpy()
    regrouped = changes["change"].isin(_REGROUPED).to_numpy(bool)
    return np.select(
        [
            (level < 0) & regrouped,
            level < 0,
            still,
            level == schema.GAP_LEVELS.index("covered"),
            level == schema.GAP_LEVELS.index("unknown"),
        ],
        ["regrouped", "gone", "moved", "covered", "unknown"],
        default="other_level",
    )
