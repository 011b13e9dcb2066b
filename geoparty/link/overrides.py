"""Human decisions: which row they are about, whether they still fit, and how they are saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geoparty.errors import InputError, Problem
from geoparty.files import locked, write_whole
from geoparty.link.matching import DECIDED_OUT, text_of
from geoparty.link.names import ladder, name_key
from geoparty.read.overrides import OVERRIDES, overrides_bytes, read_overrides

Scope = Literal["communes", "places", "counts"]
"""What a decision is about: a commune as written anywhere, or one row of a table."""
COMMUNE_KEY = ("province_code", "province_name", "district_name", "commune_code", "commune_name")
ROW_KEY = (*COMMUNE_KEY, "place_id", "place_name")


def keys(rows: pd.DataFrame, columns: tuple[str, ...] = ROW_KEY) -> pd.Series[Any]:
    """Return what each row writes in these columns, in the form of its key, as one text.

    Examples
    --------
    >>> keys(pd.DataFrame({"commune_name": ["X. Nà Bủng"], "place_name": ["BẢN MỚI"]}))[0]
    '||||xã nà bủng||bản mới'
    """
    parts = [
        (ladder(text_of(rows[c]))["full"] if c.endswith("_name") else text_of(rows[c])).fillna("")
        if c in rows
        else pd.Series("", index=rows.index)
        for c in columns
    ]
    return parts[0].astype("object").str.cat(parts[1:], sep="|")


def decisions(
    overrides: pd.DataFrame | None,
    scope: Scope,
    rows: pd.DataFrame,
    names: Mapping[str, str],
) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the decided unit of each row, missing where none, and decisions that do not fit.

    ``names`` are the units and what they are called. A decision does not fit if its unit is
    gone or is called otherwise, or if no row of the table is written so any more.
    """
    if overrides is None or overrides.empty:
        return pd.Series(None, index=rows.index, dtype="object"), []
    written = keys(rows, COMMUNE_KEY if scope == "communes" else ROW_KEY)
    own = overrides[overrides["table"] == scope].drop_duplicates("key", keep="last")
    unit = own["decision"].astype("object")
    gone = ~unit.isin(list(names)) & (unit != DECIDED_OUT)
    called = own["unit_name"].fillna("").map(name_key)
    now = unit.map(names).astype("object").fillna("").map(name_key)
    renamed = ~gone & (unit != DECIDED_OUT) & (called != "") & (called != now)
    unused = ~own["key"].isin(set(written)) & (scope != "communes")
    problems = [
        Problem(
            key=key,
            params={"detail": own.loc[mask, "key"].str.strip("|").tolist()},
            file="overrides.csv",
            severity="warning" if key == "link.override_unused" else "error",
        )
        for key, mask in (
            ("link.override_unused", unused),
            ("link.override_unit_gone", gone & ~unused),
            ("link.override_unit_renamed", renamed & ~unused),
        )
        if mask.any()
    ]
    fits = own[~gone & ~renamed]
    decided = dict(zip(fits["key"], fits["decision"], strict=True))
    return written.map(decided).astype("object"), problems


def unused_decisions(
    overrides: pd.DataFrame | None, tables: Iterable[pd.DataFrame]
) -> list[Problem]:
    """Return a problem that names the decisions on communes no table writes so any more.

    Such a decision holds for all tables, so that only all of them together tell; those on rows
    of one table are told by :func:`decisions`.
    """
    if overrides is None or overrides.empty:
        return []
    own = overrides.loc[overrides["table"] == "communes", "key"].drop_duplicates()
    written = {key for table in tables for key in keys(table, COMMUNE_KEY).unique()}
    left = own[~own.isin(written)].str.strip("|").tolist()
    params = {"detail": left}
    problem = Problem(
        key="link.override_unused", params=params, file="overrides.csv", severity="warning"
    )
    return [problem] if left else []


def save_override(
    path: Path | str,
    *,
    table: Scope,
    key: str,
    decision: str,
    unit_name: str,
    reason: str,
    day: date,
    seen: str | None = None,
) -> pd.DataFrame:
    """Write one decision to the project's overrides file and return all there are.

    The file is read again under a lock and replaced in one step, so that two planners who
    save at once keep both their decisions. ``decision`` is the unit chosen, or "none": the
    row belongs to no unit. ``seen`` is the decision the planner was shown for this row.

    Raises
    ------
    InputError
        Another person has decided this row otherwise since ``seen``; or the file cannot be
        read or written.
    """
    path = Path(path)
    with locked(path):
        known = read_overrides(path)
        same = (known["table"] == table) & (known["key"] == key)
        before = known.loc[same, "decision"].iloc[-1] if same.any() else None
        if before not in (None, seen, decision):
            params = {"decision": before, "day": known.loc[same, "date"].iloc[-1]}
            raise InputError(Problem(key="link.override_meanwhile", params=params, file=path.name))
        line = (day.isoformat(), table, key, decision, unit_name, reason)
        out = pd.concat([known[~same], pd.DataFrame([line], columns=list(OVERRIDES), dtype="str")])
        out = out.sort_values(["table", "key"], kind="stable", ignore_index=True)
        write_whole(path, overrides_bytes(out))
    return out
