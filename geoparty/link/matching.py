"""Rows to units by code and by name inside the parent unit; every row accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoparty.link import scores
from geoparty.link.names import has_marks, ladder, name_keys
from geoparty.schema import require_columns

Columns = str | tuple[str, str]
"""A column of both frames, or (column of the rows, column of the units)."""
DECIDED_OUT = "none"
"""The decision that a row belongs to no unit."""
BARE = 0.95
"""Score of a name that fits but for its diacritics."""
_LADDER = {
    "full": [("full", "full")],
    "named": [("named", "named")],
    "core": [("core", "core"), ("named", "core"), ("core", "named")],
    "bare": [("bare", "bare")],
}
"""Keys of row and unit that may be equal, strict to loose. A name that begins like a kind may
be written with its kind or without: Thôn Bản Mế is Bản Mế, but Làng Kly is not Làng Buôn Kly."""
_OUTCOME = {
    "link.no_such_name": "unmatched",
    "link.unknown_code": "unmatched",
    "link.no_name": "rejected",
    "link.decided_out": "rejected",
}


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

    Several rows may match one unit by code or by the same name. A code decides only where
    the name does not speak against it. Names decide in the order of
    :func:`geoparty.link.names.ladder`, never between two units; without diacritics only
    where the whole column has none. What is left is compared letter by letter, each unit
    for one row: a single typing mistake decides where nothing else comes near, anything
    less is a candidate.

    Parameters
    ----------
    rows, units
        Any index; that of ``units`` must be unique.
    name, parent, code
        A column of both frames, or (column of rows, column of units). Parents are compared
        by their key; a row without a parent is looked for in all of them. ``parent=None``
        looks in all units.
    overrides
        Decisions on the index of ``rows``: the unit's index, or :data:`DECIDED_OUT`.

    Examples
    --------
    >>> units = pd.DataFrame({"name": ["Nà Sự", "Mới"], "commune": ["A", "A"]}, index=["x", "y"])
    >>> rows = pd.DataFrame({"name": ["Bản Nà Sự", "Bản Cũ", None], "commune": "A"})
    >>> found = match(rows, units, name="name", parent="commune")
    >>> found.matched["unit"].to_dict(), list(found.unmatched.index), list(found.rejected.index)
    ({0: 'x'}, [1], [2])
    """
    return resolve(rows, units, name=name, parent=parent, code=code, overrides=overrides)


def resolve(
    rows: pd.DataFrame,
    units: pd.DataFrame,
    *,
    name: Columns,
    parent: Columns | None,
    code: Columns | None = None,
    overrides: pd.Series[Any] | None = None,
    unmarked: pd.Series[Any] | None = None,
    batch: pd.Series[Any] | None = None,
    once: bool = True,
    most: int = 9,
    are_units: bool = False,
) -> Match:
    """Match as :func:`match`, for a table put together from several.

    ``unmarked`` says which rows are of a column without diacritics (see
    :func:`without_marks`); ``batch`` which rows tell each place once. ``once=False`` lets any
    number of rows name one unit. ``most`` is how many candidates of one name are listed;
    ``are_units`` that the names are of government units.
    """
    left = _table(rows, (0, "rows"), name, parent, code)
    right = _table(units, (1, "units"), name, parent, code)
    keys = ladder(pd.concat([left["name"], right["name"]], ignore_index=True), units=are_units)
    left = left.join(keys.iloc[: len(left)])
    right = right.join(keys.iloc[len(left) :].reset_index(drop=True))
    if unmarked is None:
        unmarked = without_marks(left["name"], pd.Series(0, index=left.index))
    left["unmarked"] = unmarked.to_numpy()
    left["batch"] = 0 if batch is None else pd.factorize(batch.to_numpy())[0]
    out = _Outcomes(left.index, most)
    if overrides is not None:
        _decide_overrides(out, overrides.reindex(rows.index).reset_index(drop=True), units.index)
    _decide_codes(out, left, right)
    _decide_names(out, left, right)
    _refuse_nameless(out, left)
    _compare(out, left, right, once=once)
    return out.share(rows.index, units.index)


class _Outcomes:
    """What is known of each row so far; positions of rows and units throughout."""

    def __init__(self, index: pd.Index[Any], most: int) -> None:
        self.most = most
        self.unit = pd.Series(-1, index=index)
        self.how = pd.Series(None, index=index, dtype="object")
        self.score = pd.Series(np.nan, index=index)
        self.reason = pd.Series(None, index=index, dtype="object")
        self.candidates: dict[int, tuple[tuple[int, float], ...]] = {}

    def open(self) -> pd.Series[Any]:
        return (self.unit < 0) & self.reason.isna()

    def decide(self, unit: pd.Series[Any], how: str, score: float | pd.Series[Any] = 1.0) -> None:
        self.unit[unit.index] = unit.astype("int64")
        self.how[unit.index] = how
        self.score[unit.index] = score if isinstance(score, float) else score.astype("float64")

    def share(self, rows: pd.Index[Any], units: pd.Index[Any]) -> Match:
        outcome = self.reason.map(_OUTCOME).fillna("ambiguous").where(self.unit < 0, "matched")
        kept = outcome == "matched"
        matched = pd.DataFrame({"how": self.how[kept], "score": self.score[kept]})
        matched.insert(0, "unit", units[self.unit[kept]])
        parts = [matched.set_axis(rows[matched.index], axis=0)]
        for name in ("ambiguous", "unmatched", "rejected"):
            at = outcome.index[outcome == name]
            part = pd.DataFrame({"reason": self.reason[at].to_numpy()}, index=rows[at])
            if name != "rejected":
                named = [
                    tuple((units[u], s) for u, s in self.candidates.get(row, ())) for row in at
                ]
                part["candidates"] = pd.Series(named, index=part.index, dtype="object")
            parts.append(part)
        return Match(*parts)


def _table(
    frame: pd.DataFrame,
    side: tuple[int, str],
    name: Columns,
    parent: Columns | None,
    code: Columns | None,
) -> pd.DataFrame:
    given = {"name": name, "parent": parent, "code": code}
    used = {what: c if isinstance(c, str) else c[side[0]] for what, c in given.items() if c}
    require_columns(frame, used.values(), of=side[1])
    table = pd.DataFrame(
        {what: text_of(frame[used[what]]) if what in used else None for what in given},
        index=frame.index,
        dtype="str",
    ).reset_index(drop=True)
    is_code = table["parent"].fillna("").str.fullmatch(r"\d+").astype(bool)
    table["parent"] = table["parent"].where(is_code, name_keys(table["parent"]))
    return table


def text_of(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values as text, missing where blank."""
    text = values.astype("str").str.strip()
    return text.where(values.notna() & (text != ""))


def without_marks(names: pd.Series[Any], column: pd.Series[Any]) -> pd.Series[Any]:
    """Return which rows belong to a column of names none of which has any diacritic."""
    marked = names.map(has_marks, na_action="ignore") == True  # noqa: E712 - missing is not marked
    return ~column.isin(column[marked])


def _decide_overrides(out: _Outcomes, decided: pd.Series[Any], units: pd.Index[Any]) -> None:
    said = decided.dropna()
    at = pd.Series(units.get_indexer(pd.Index(said)), index=said.index)
    out.decide(at[at >= 0], "override")
    out.reason[said.index[said == DECIDED_OUT]] = "link.decided_out"


def _decide_codes(out: _Outcomes, left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Let a code decide unless the name is that of another unit."""
    known = pd.Series(right.index, index=right["code"])
    known = known[known.index.notna() & ~known.index.duplicated(keep=False)]
    unit = left["code"][out.open()].map(known).dropna().astype(int)
    own, said = right.loc[unit].set_axis(unit.index, axis=0), left.loc[unit.index]
    same = pd.concat([own[k] == said[k] for k in _LADDER], axis=1).any(axis=1)
    others = right.groupby("core").indices
    against = unit.index[said["core"].isin(others.keys()) & ~same]
    for row in against:
        meant = [(int(u), 1.0) for u in others[left["core"][row]][: out.most]]
        out.candidates[row] = ((int(unit[row]), 1.0), *meant)
    out.reason[against] = "link.code_and_name_differ"
    out.decide(unit.drop(against), "code")


def _decide_names(out: _Outcomes, left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Let the strictest key that fits any unit decide where it fits just one."""
    has_none = left["unmarked"]
    for key, pairs in _LADDER.items():
        loose = key == "bare"
        rows = left[out.open() & left[key].notna() & (loose | ~has_none)]
        fits = _fits(rows, right, pairs)
        size = fits["row"].map(fits["row"].value_counts())
        decides = fits["row"].map(has_none) if loose else pd.Series(True, index=fits.index)
        score = BARE if loose else 1.0
        one = fits[(size == 1) & decides.astype(bool)].set_index("row")["unit"]
        out.decide(one, "name_without_marks" if loose else "name", score)
        doubt = fits[~fits["row"].isin(one.index)]
        told = doubt["row"].unique()
        out.reason[told] = "link.several_fit"
        out.reason[doubt.loc[~decides[doubt.index].astype(bool), "row"].unique()] = (
            "link.only_without_marks"
        )
        for row, units in doubt.groupby("row")["unit"]:
            out.candidates[row] = tuple((int(u), score) for u in units[: out.most])


def _fits(rows: pd.DataFrame, right: pd.DataFrame, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Return row and unit of every fit of key and parent, in order of rows and units.

    A row without a parent meets the units of all parents; units without parents meet all rows.
    """
    everywhere = right["parent"].isna().all()
    within = rows["parent"].notna() & (not everywhere)
    parts = [pd.DataFrame({"row": [], "unit": []}, dtype="int64")]
    for part, by in ((rows[within], ["parent"]), (rows[~within], [])):
        if part.empty:
            continue
        for own, theirs in pairs:
            asked = part[[*by, own]].rename(columns={own: "key"}).assign(row=part.index)
            known = right[[*by, theirs]].rename(columns={theirs: "key"}).assign(unit=right.index)
            both = asked.dropna().merge(known.dropna(), on=[*by, "key"])
            parts.append(both[["row", "unit"]])
    return pd.concat(parts).drop_duplicates().sort_values(["row", "unit"], ignore_index=True)


def _refuse_nameless(out: _Outcomes, left: pd.DataFrame) -> None:
    nameless = out.open() & left["full"].isna()
    out.reason[nameless] = np.where(
        left["code"][nameless].notna(), "link.unknown_code", "link.no_name"
    )


def _compare(out: _Outcomes, left: pd.DataFrame, right: pd.DataFrame, *, once: bool) -> None:
    """Decide single typing mistakes; give the rest its candidates.

    A name that fits without diacritics keeps what it fits first, and gets the nearest after.
    """
    bare = out.reason == "link.only_without_marks"
    rows = left[out.open() | bare]
    taken = pd.DataFrame({"batch": left["batch"], "unit": out.unit})[out.unit >= 0]
    found = scores.proposals(rows, right, taken=taken, once=once)
    sure = found[found["is_sure"] & ~found["row"].map(bare)].set_index("row")
    out.decide(sure["unit"], "similar", sure["score"])
    out.reason[rows.index[~bare[rows.index]].difference(sure.index)] = "link.no_such_name"
    rest = found[~found["row"].isin(sure.index)]
    pairs = zip(rest["row"], rest["unit"], rest["score"], strict=True)
    for row, unit, score in pairs:
        known = out.candidates.get(row, ())
        if unit not in (u for u, _ in known):
            best = BARE - 0.01 if bare[row] else 1.0
            out.candidates[row] = (*known, (int(unit), min(float(score), best)))
