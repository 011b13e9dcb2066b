"""Rows to units by code and by name inside the parent unit; every row accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoparty.link.names import has_marks, ladder, name_keys
from geoparty.link.scores import nearest
from geoparty.schema import require_columns

Columns = str | tuple[str, str]
"""A column of both frames, or (column of the rows, column of the units)."""


@dataclass(frozen=True)
class Match:
    """Rows matched to units, in four frames that share out the rows' index.

    ``matched`` has unit (index of the units), how and score (0 to 1); ``ambiguous`` and
    ``unmatched`` have reason and candidates, a tuple of (unit, score) pairs, best first;
    ``rejected`` has reason. A reason is a key of the catalogue.
    """

    matched: pd.DataFrame
    ambiguous: pd.DataFrame
    unmatched: pd.DataFrame
    rejected: pd.DataFrame


def match(
    rows: pd.DataFrame,
    units: pd.DataFrame,
    *,
    name: Columns,
    parent: Columns | None,
    code: Columns | None = None,
    overrides: pd.Series[Any] | None = None,
) -> Match:
    """Match rows to units: by decision, by code, then by name inside the parent unit.

    Several rows may match one unit. A code decides only where the name does not speak
    against it. Names decide in the order of :func:`geoparty.link.names.ladder`; without
    diacritics only where the whole column has none, and never between two units.

    Parameters
    ----------
    rows, units
        Any index; that of ``units`` must be unique.
    name, parent, code
        A column of both frames, or (column of rows, column of units). Parents are compared
        by their key; a row without a parent is looked for in all of them. ``parent=None``
        looks in all units.
    overrides
        Decisions on the index of ``rows``: the unit's index.

    Examples
    --------
    >>> units = pd.DataFrame({"name": ["Nà Sự", "Mới"], "commune": ["A", "A"]}, index=["x", "y"])
    >>> rows = pd.DataFrame({"name": ["Bản Nà Sự", "Bản Cũ", None], "commune": "A"})
    >>> found = match(rows, units, name="name", parent="commune")
    >>> found.matched["unit"].to_dict(), list(found.unmatched.index), list(found.rejected.index)
    ({0: 'x'}, [1], [2])
    """
    left, right = _tables(rows, units, name, parent, code)
    out = pd.DataFrame(
        {"unit": None, "how": None, "score": np.nan, "reason": None, "candidates": None},
        index=left.index,
        dtype="object",
    )
    _decide_overrides(out, left, right, overrides, rows)
    _decide_codes(out, left, right)
    _decide_names(out, left, right)
    _propose(out, left, right)
    return _share_out(out, rows.index, units.index)


def _pair(columns: Columns | None) -> tuple[str, str] | None:
    return (columns, columns) if isinstance(columns, str) else columns


def _tables(
    rows: pd.DataFrame,
    units: pd.DataFrame,
    name: Columns,
    parent: Columns | None,
    code: Columns | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    pairs = {"name": _pair(name), "parent": _pair(parent), "code": _pair(code)}
    out = []
    for side, (frame, of) in enumerate(((rows, "rows"), (units, "units"))):
        used = {what: pair[side] for what, pair in pairs.items() if pair}
        require_columns(frame, used.values(), of=of)
        values = {what: _clean(frame[column]) for what, column in used.items()}
        table = pd.DataFrame(values, index=frame.index).reindex(columns=list(pairs))
        table = table.reset_index(drop=True)
        table["parent"] = _parent_keys(table["parent"])
        out.append(table.join(ladder(table["name"])))
    return out[0], out[1]


def _clean(values: pd.Series[Any]) -> pd.Series[Any]:
    text = values.astype("str").str.strip()
    return text.where(values.notna() & (text != ""))


def _parent_keys(values: pd.Series[Any]) -> pd.Series[Any]:
    is_code = values.str.fullmatch(r"\d+").fillna(value=False).astype(bool)
    return values.where(is_code, name_keys(values))


def _open(out: pd.DataFrame) -> pd.Series[Any]:
    return out["unit"].isna() & out["reason"].isna()


def _decide_overrides(
    out: pd.DataFrame,
    left: pd.DataFrame,
    right: pd.DataFrame,
    overrides: pd.Series[Any] | None,
    rows: pd.DataFrame,
) -> None:
    if overrides is None:
        return


def _decide_codes(out: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame) -> None:
    """A code decides unless the name is that of another unit."""
    known = pd.Series(right.index, index=right["code"]).loc[lambda s: s.index.notna()]
    known = known[~known.index.duplicated(keep=False)]
    unit = left["code"].map(known)
    coded = unit.notna()
    if not coded.any():
        return
    at = unit[coded].astype(int)
    own = right.loc[at].set_axis(at.index, axis=0)
    same = pd.Series(False, index=at.index)
    for key in ("full", "named", "core", "bare"):
        same |= own[key] == left.loc[at.index, key]
    speaks_for_other = left.loc[at.index, "core"].isin(right["core"].dropna()) & ~same
    for row in at.index[speaks_for_other]:
        others = right.index[right["core"] == left.at[row, "core"]]
        out.at[row, "reason"] = "link.code_and_name_differ"
        out.at[row, "candidates"] = tuple((u, 1.0) for u in (at[row], *others[:5]))
    sure = at[~speaks_for_other]
    out.loc[sure.index, "unit"] = sure
    out.loc[sure.index, "how"] = "code"
    out.loc[sure.index, "score"] = 1.0


def _decide_names(out: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Exact keys, strict to loose: the first that fits any unit decides if it fits just one."""
    without_marks = not left["name"].dropna().map(has_marks).any()
    for key in ("full", "named", "core", "bare"):
        rows = left[_open(out) & left[key].notna()]
        if without_marks and key != "bare":
            continue
        pairs = _pairs(rows, right, key)
        fits = pairs.groupby("row")["unit"].agg(["first", "size"])
        decides = key != "bare" or without_marks
        one = fits[(fits["size"] == 1) & decides]
        out.loc[one.index, "unit"] = one["first"].astype("object")
        out.loc[one.index, "how"] = "name" if key != "bare" else "name_without_marks"
        out.loc[one.index, "score"] = 1.0 if key != "bare" else 0.95
        several = pairs[pairs["row"].isin(fits.index.difference(one.index))]
        for row, units in several.groupby("row")["unit"]:
            out.at[row, "reason"] = "link.several_fit" if decides else "link.only_without_marks"
            out.at[row, "candidates"] = tuple((u, 1.0 if decides else 0.9) for u in units[:9])


def _pairs(rows: pd.DataFrame, right: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows and units of one key and one parent; a row without a parent meets all of them."""
    units = right[right[key].notna()].rename_axis("unit").reset_index()[["unit", key, "parent"]]
    rows = rows.rename_axis("row").reset_index()[["row", key, "parent"]]
    within = rows[rows["parent"].notna()].merge(units, on=[key, "parent"])
    free = rows[rows["parent"].isna()].drop(columns="parent").merge(units, on=key)
    return pd.concat([within, free])[["row", "unit"]].sort_values(["row", "unit"])


def _propose(out: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame) -> None:
    for row in left.index[_open(out) & left["name"].isna()]:
        known = pd.notna(left.at[row, "code"])
        out.at[row, "reason"] = "link.unknown_code" if known else "link.no_name"
        out.at[row, "candidates"] = () if known else None
    rest = left[_open(out)]
    proposals = nearest(rest, right)
    out.loc[rest.index, "reason"] = "link.no_such_name"
    for row in rest.index:
        out.at[row, "candidates"] = proposals.get(row, ())


_OUTCOME = {
    "link.no_such_name": "unmatched",
    "link.unknown_code": "unmatched",
    "link.no_name": "rejected",
}


def _share_out(out: pd.DataFrame, rows: pd.Index[Any], units: pd.Index[Any]) -> Match:
    outcome = out["reason"].map(_OUTCOME).where(out["unit"].isna(), "matched").fillna("ambiguous")
    out["candidates"] = [
        c if c is None else tuple((units[u], score) for u, score in c) for c in out["candidates"]
    ]
    matched = out.loc[outcome == "matched", ["unit", "how", "score"]]
    matched["unit"] = units[matched["unit"].astype(int)]
    matched["score"] = matched["score"].astype("float64")
    parts = [matched]
    for name, columns in (
        ("ambiguous", ["reason", "candidates"]),
        ("unmatched", ["reason", "candidates"]),
        ("rejected", ["reason"]),
    ):
        parts.append(out.loc[outcome == name, columns])
    return Match(*(part.set_axis(rows[part.index], axis=0) for part in parts))
