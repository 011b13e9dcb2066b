"""Turn raw cells into the typed columns of a schema, every fault listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoparty.read import values
from geoparty.read.raw import Raw
from geoparty.read.rows import Faults, Then
from geoparty.schema import COMMUNES, Column

ABOVE: dict[str, Column] = {
    "province_code": COMMUNES["province_code"],
    "province_name": COMMUNES["province_name"],
    "district_name": Column(dtype="str", about="district before July 2025, as written"),
}
"""Columns of places and counts that tell same-named communes apart; kept where given."""
_CODE_WIDTHS = {"commune_code": 5, "province_code": 2}


def clean(
    raw: Raw,
    schema: Mapping[str, Column],
    faults: Faults,
    *,
    keep: frozenset[str] = frozenset(),
    doubt: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """Return the schema's columns that the file has, typed; rows with bad values set aside.

    A bad value in a column of ``keep`` or ``doubt`` leaves the value unknown and the row in: told
    as a warning, or as an error.
    """
    out = pd.DataFrame(index=raw.source.index)
    for name, column in schema.items():
        if name not in raw.cells:
            continue
        header = raw.headers[name]
        cells = raw.cells[name]
        parsed, found = values.parse(cells, _parser(name, column))
        then: Then = "warn" if name in keep else "doubt" if name in doubt else "reject"
        for key in sorted(set(found) - {""}):
            faults.add(found == key, key, then=then, column=header, detail=cells)
        if name in _CODE_WIDTHS:
            padded = (parsed.str.len() != cells.map(values.clean_text).str.len()) & parsed.notna()
            faults.add(padded, "read.code_padded", then="warn", column=header, detail=parsed)
        out[name] = _typed(parsed, column)
    return out


def carry_others(raw: Raw) -> pd.DataFrame:
    """Return the file's other columns as text, under their own headers."""
    return pd.DataFrame(
        {name: values.parse(raw.others[name], values.text)[0].astype("str") for name in raw.others},
        index=raw.source.index,
    )


def require_filled(
    frame: pd.DataFrame, names: list[str], faults: Faults, *, headers: Mapping[str, str]
) -> None:
    """Set aside rows where none of the named columns has a value."""
    have = [name for name in names if name in frame]
    empty = np.asarray(frame[have].isna().all(axis=1))
    faults.add(empty, "read.missing_value", column=" / ".join(headers[name] for name in have))


def _parser(name: str, column: Column) -> Callable[[object], values.Parsed]:
    if name in _CODE_WIDTHS:
        return values.code(_CODE_WIDTHS[name])
    if column.allowed:
        return values.coded(name)
    return {
        "Int64": values.whole,
        "float": values.real,
        "boolean": values.boolean,
        "date": values.day,
        "str": values.text,
    }[column.dtype]


def _typed(parsed: pd.Series[Any], column: Column) -> pd.Series[Any]:
    if column.dtype == "date":
        return pd.to_datetime(parsed).astype("datetime64[s]")
    dtype = {"float": "float64"}.get(column.dtype, column.dtype)
    return parsed.astype(dtype)
