"""The commune of each row: by code, by name and province, by location."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty.link.matching import match

COLUMNS = ("commune_code", "commune_name", "province_code", "province_name")


def commune_of(
    rows: pd.DataFrame, communes: gpd.GeoDataFrame, *, at: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return commune_code, how, score, reason and candidates for each row.

    ``rows`` may have any of commune_code, commune_name, province_code and province_name.
    ``at`` holds the communes each row's point lies in (columns row, commune_code). A row is
    decided (``commune_code`` set) or has a reason, a key of the catalogue, with the
    candidates, a tuple of commune codes.
    """
    written = pd.DataFrame({c: text_column(rows, c) for c in COLUMNS}, index=rows.index)
    written["parent"], units = _province(written, communes)
    found = match(
        written,
        units.assign(commune_code=units.index),
        name="commune_name",
        parent="parent",
        code="commune_code",
    )
    out = pd.DataFrame(
        {"commune_code": None, "how": None, "score": np.nan, "reason": None, "candidates": None},
        index=rows.index,
        dtype="object",
    )
    out.loc[found.matched.index, ["commune_code", "how", "score"]] = found.matched.to_numpy()
    for part in (found.ambiguous, found.unmatched):
        out.loc[part.index, "reason"] = part["reason"].map(_REASONS)
        out.loc[part.index, "candidates"] = part["candidates"].map(
            lambda pairs: tuple(unit for unit, _ in pairs)
        )
    out.loc[found.rejected.index, "reason"] = "link.no_commune"
    _by_location(out, at)
    return out


_REASONS = {
    "link.several_fit": "link.several_communes",
    "link.only_without_marks": "link.several_communes",
    "link.code_and_name_differ": "link.code_and_name_differ",
    "link.no_such_name": "link.no_such_commune",
    "link.unknown_code": "link.unknown_commune_code",
}


def text_column(rows: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return a column as text, missing where it is blank or the frame lacks it."""
    if column not in rows:
        return pd.Series(None, index=rows.index, dtype="str")
    text = rows[column].astype("str").str.strip()
    return text.where(rows[column].notna() & (text != ""))


def _province(
    written: pd.DataFrame, communes: gpd.GeoDataFrame
) -> tuple[pd.Series[Any], pd.DataFrame]:
    """The parent of rows and communes: the province's name where rows give it, or its code."""
    units = pd.DataFrame(communes.drop(columns=communes.geometry.name))
    by = "province_name" if written["province_name"].notna().any() else "province_code"
    if by not in units or units[by].isna().all():
        none = pd.Series(None, index=written.index, dtype="str")
        return none, units.assign(parent=None)
    return written[by], units.assign(parent=units[by])


def _by_location(out: pd.DataFrame, at: pd.DataFrame | None) -> None:
    """The point decides where no commune is written, or between the communes that fit."""
    if at is None or at.empty:
        return
    for row, codes in at[at["row"].isin(out.index[out["reason"].notna()])].groupby("row")[
        "commune_code"
    ]:
        reason, candidates = out.at[row, "reason"], out.at[row, "candidates"] or ()
        if reason == "link.no_commune":
            fits = list(codes)
        elif reason == "link.several_communes":
            fits = [c for c in codes if c in candidates]
        else:
            continue
        if len(fits) == 1:
            out.loc[row, ["commune_code", "how", "score"]] = [fits[0], "location", 1.0]
            out.loc[row, ["reason", "candidates"]] = [None, None]
        elif reason == "link.no_commune":
            out.at[row, "reason"] = "link.in_several_communes"
            out.at[row, "candidates"] = tuple(fits)
