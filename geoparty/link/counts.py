"""Counts to places: every row of a count table matched to one place, or said why not."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import schema, words
from geoparty.errors import Problem
from geoparty.link.communes import commune_of
from geoparty.link.linked import Linked, account, as_text, row_problems
from geoparty.link.matching import match
from geoparty.schema import SOURCE_COLUMNS, Read

_TOLD = {
    "link.several_places": "error",
    "link.only_without_marks": "error",
    "link.id_and_name_differ": "error",
    "link.no_such_place": "error",
    "link.unknown_place_id": "error",
    "link.no_place": "error",
    "link.several_communes": "error",
    "link.code_and_name_differ": "error",
    "link.no_such_commune": "error",
    "link.unknown_commune_code": "error",
    "link.place_without_commune": "error",
    "link.same_place_and_date": "error",
    "link.duplicate_row": "error",
}
_OUTCOME = {
    "link.no_such_place": "unmatched",
    "link.unknown_place_id": "unmatched",
    "link.no_such_commune": "unmatched",
    "link.unknown_commune_code": "unmatched",
    "link.no_place": "rejected",
    "link.duplicate_row": "rejected",
}
_REASONS = {
    "link.several_fit": "link.several_places",
    "link.code_and_name_differ": "link.id_and_name_differ",
    "link.no_such_name": "link.no_such_place",
    "link.unknown_code": "link.unknown_place_id",
    "link.no_name": "link.no_place",
}
_NAMING = ("place_id", "place_name", "commune_code", "commune_name", "as_of")


def link_counts(
    read: Read,
    places: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    crosswalk: pd.DataFrame | None = None,
    overrides: pd.DataFrame | None = None,
) -> Linked:
    """Find the place of every row of counts: by id, else by commune and name.

    Parameters
    ----------
    read
        ``read_counts``: frame with schema.COUNTS and SOURCE_COLUMNS.
    places
        Frame of :func:`geoparty.link.link_places`.
    communes
        Index ``commune_code``; commune_name, province_code, province_name.

    Returns
    -------
    Linked
        ``frame`` has the columns of schema.COUNTS and SOURCE_COLUMNS, at most one row per
        place and date. Rows that tell different counts of one place and date are all
        ambiguous. A file none of whose rows fits is told once, as of another province.
    """
    rows = read.frame.reset_index(drop=True)
    source = Read(rows, read.problems, read.rejected, read.totals)
    found = _place_of(rows, places, communes)
    _set_repeats_aside(rows, found)
    lines = _lines(found, places, communes)
    foreign, problems = _other_province(rows, lines, communes)
    problems += row_problems(rows, lines[~foreign], texts=_TOLD)
    return Linked(_frame(rows, found), account(source, lines, table="counts"), tuple(problems))


def _place_of(
    rows: pd.DataFrame, places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    commune = commune_of(rows, communes)
    asked = pd.DataFrame(
        {
            "place_id": rows["place_id"] if "place_id" in rows else None,
            "place_name": rows["place_name"] if "place_name" in rows else None,
            "commune_code": commune["commune_code"],
        },
        index=rows.index,
    )
    units = pd.DataFrame(places[["place_name", "commune_code"]]).assign(place_id=places.index)
    found = match(asked, units, name="place_name", parent="commune_code", code="place_id")
    out = pd.DataFrame(
        {
            "unit": None,
            "how": None,
            "score": np.nan,
            "reason": None,
            "candidates": None,
            "detail": None,
        },
        index=rows.index,
        dtype="object",
    )
    out.loc[found.matched.index, ["unit", "how", "score"]] = found.matched.to_numpy()
    for part in (found.ambiguous, found.unmatched, found.rejected):
        out.loc[part.index, "reason"] = part["reason"].replace(_REASONS)
        if "candidates" in part:
            out.loc[part.index, "candidates"] = part["candidates"]
    by_id = out["how"] == "code"
    out.loc[by_id, "how"] = "id"
    _need_commune(out, commune, places)
    return out.assign(commune_candidates=commune["candidates"])


def _need_commune(out: pd.DataFrame, commune: pd.DataFrame, places: gpd.GeoDataFrame) -> None:
    """A name decides only inside a known commune, unless all places are in a single one."""
    lost = commune["commune_code"].isna() & (out["how"] != "id")
    lost &= ~out["reason"].isin(["link.no_place", "link.id_and_name_differ"])
    unsaid = commune["reason"] == "link.no_commune"
    if places["commune_code"].nunique() == 1:
        lost &= ~unsaid
    reason = commune["reason"].where(~unsaid, "link.place_without_commune")
    kept = out["candidates"].where(out["unit"].isna(), out["unit"].map(lambda u: ((u, 1.0),)))
    out["candidates"] = out["candidates"].where(~lost, kept)
    out["reason"] = out["reason"].where(~lost, reason)
    out.loc[lost, ["unit", "how", "score"]] = None


def _set_repeats_aside(rows: pd.DataFrame, found: pd.DataFrame) -> None:
    """One row per place and date: repeats are rejected, rows that differ are ambiguous."""
    order = rows.sort_values(list(SOURCE_COLUMNS), kind="stable").index
    order = order[found.loc[order, "reason"].isna()]
    said = [c for c in schema.COUNTS if c in rows and c not in _NAMING]
    as_of = rows["as_of"] if "as_of" in rows else pd.Series(pd.NaT, index=rows.index)
    unit = found.loc[order, "unit"].astype("str") + "|" + as_of[order].astype("str")
    content = unit + "|" + as_text(rows.loc[order, said])
    is_repeat = content.duplicated()
    clashing = unit[~is_repeat].loc[lambda u: u.duplicated(keep=False)]
    is_clash = unit.isin(clashing)
    first = rows.loc[order, "row"].astype("str").groupby(unit).transform("first")
    for mask, reason in (
        (is_clash, "link.same_place_and_date"),
        (is_repeat & ~is_clash, "link.duplicate_row"),
    ):
        at = mask.index[mask]
        found.loc[at, "reason"] = reason
        found.loc[at, "candidates"] = found.loc[at, "unit"].map(lambda place: ((place, 1.0),))
        found.loc[at, "detail"] = first[at]
        found.loc[at, ["unit", "how", "score"]] = None


def _lines(
    found: pd.DataFrame, places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    outcome = found["reason"].map(_OUTCOME).fillna("ambiguous")
    outcome = outcome.where(found["reason"].notna(), "matched")
    place_name, commune_name = places["place_name"].to_dict(), communes["commune_name"].to_dict()
    of_places = found["candidates"].map(
        lambda pairs: ", ".join(f"{place_name[p]} ({p})" for p, _ in pairs) if pairs else None
    )
    of_communes = found["commune_candidates"].map(
        lambda codes: ", ".join(f"{commune_name[c]} ({c})" for c in codes) if codes else None
    )
    return pd.DataFrame(
        {
            "outcome": outcome,
            "how": found["how"],
            "score": found["score"].astype("float64"),
            "place_id": found["unit"],
            "reason": found["reason"],
            "detail": found["detail"].fillna(of_places).fillna(of_communes),
        }
    )


def _frame(rows: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    kept = found.index[found["reason"].isna()]
    said = rows.loc[kept].assign(place_id=found.loc[kept, "unit"].astype("str"))
    return schema.conform(said, schema.COUNTS).reset_index(drop=True)


def _other_province(
    rows: pd.DataFrame, lines: pd.DataFrame, communes: gpd.GeoDataFrame
) -> tuple[pd.Series[Any], list[Problem]]:
    """Files none of whose rows names a known commune or place, and one problem for each."""
    foreign = pd.Series(False, index=rows.index)
    problems = []
    unknown = lines["reason"].isin(["link.no_such_commune", "link.unknown_commune_code"])
    has = communes["province_name"] if "province_name" in communes else pd.Series(dtype="str")
    for file, group in rows.groupby("file", dropna=False):
        if not unknown[group.index].all():
            continue
        foreign[group.index] = True
        names = group["commune_name"] if "commune_name" in group else pd.Series(dtype="str")
        params = {
            "n": len(group),
            "province": words.listing(sorted(has.dropna().unique())),
            "names": words.listing(sorted(names.dropna().unique())),
        }
        problems.append(Problem(key="link.other_province", params=params, file=str(file)))
    return foreign, problems
