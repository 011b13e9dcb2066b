"""Counts to places: every row of a count table matched to one place, or said why not."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import schema
from geoparty.errors import Problem, Severity
from geoparty.link.communes import commune_of, decided_communes
from geoparty.link.linked import Linked, account, as_text, row_problems, with_nearest, written
from geoparty.link.matching import resolve, text_of, without_marks
from geoparty.link.overrides import decisions
from geoparty.link.places import other_province
from geoparty.link.renames import other_names
from geoparty.link.undecided import COMMUNE_REASONS, undecided_rows
from geoparty.schema import SOURCE_COLUMNS, Read

_OUTCOME = {
    "link.no_such_place": "unmatched",
    "link.unknown_place_id": "unmatched",
    "link.no_such_commune": "unmatched",
    "link.unknown_commune_code": "unmatched",
    "link.no_place": "rejected",
    "link.duplicate_row": "rejected",
    "link.decided_out": "rejected",
}
_REASONS = {
    "link.several_fit": "link.several_places",
    "link.code_and_name_differ": "link.id_and_name_differ",
    "link.no_such_name": "link.no_such_place",
    "link.unknown_code": "link.unknown_place_id",
    "link.no_name": "link.no_place",
}
_TOLD: dict[str, Severity] = dict.fromkeys(
    [
        *COMMUNE_REASONS,
        *(reason for reason in _OUTCOME if reason != "link.decided_out"),
        "link.several_places",
        "link.only_without_marks",
        "link.id_and_name_differ",
        "link.place_without_commune",
        "link.same_place_and_date",
    ],
    "error",
)
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
        ``read_counts``: frame with schema.COUNTS and SOURCE_COLUMNS; province_name,
        province_code and district_name are used where the frame has them.
    places
        Frame of :func:`geoparty.link.link_places`.
    communes
        Index ``commune_code``; commune_name, province_code, province_name.
    crosswalk, overrides
        As for :func:`geoparty.link.link_places`.

    Returns
    -------
    Linked
        ``frame`` has the columns of schema.COUNTS and SOURCE_COLUMNS, at most one row per
        place and date. ``place_name`` is the list's, or the other name the row gives where its
        id or a decision says which place it is; ``commune_code`` and ``commune_name`` are the
        commune of today the row names, missing where it names none or several. Rows that tell
        different counts of one place and date are all ambiguous. A file none of whose rows
        fits is told once, as of another province.
    """
    rows = read.frame.reset_index(drop=True)
    source = Read(rows, read.problems, read.rejected, read.totals)
    names = places["place_name"].astype("object").to_dict()
    commune_names = communes["commune_name"].to_dict()
    decided, problems = decisions(overrides, "counts", rows, commune_names | names)
    shared, more = decided_communes(rows, overrides, commune_names)
    # Where the commune of a row was asked for, the decision on the row is a commune.
    of_commune = decided.isin([*commune_names]) & ~decided.isin([*names])
    shared = decided.where(of_commune, shared)
    decided = decided.mask(of_commune, None)
    commune = commune_of(rows, communes, crosswalk=crosswalk, decided=shared)
    found = _place_of(rows, places, commune, decided)
    _set_repeats_aside(rows, found)
    lines = _lines(rows, found, names | commune_names)
    foreign, told = _other_province(rows, lines, communes)
    problems += [*more, *told, *row_problems(rows, lines[~foreign], severity=_TOLD)]
    undecided = undecided_rows(
        rows, lines, found["candidates"], names, scope="counts", communes=commune_names
    )
    return Linked(
        _frame(rows, found, names, commune["commune_code"].astype("str"), commune_names),
        account(source, lines, table="counts"),
        tuple(problems),
        undecided,
    )


def _place_of(
    rows: pd.DataFrame, places: gpd.GeoDataFrame, commune: pd.DataFrame, decided: pd.Series[Any]
) -> pd.DataFrame:
    """Return unit, how, score, reason, candidates and detail of each row."""
    blank = pd.Series(None, index=rows.index, dtype="str")
    asked = pd.DataFrame(
        {c: text_of(rows[c]) if c in rows else blank for c in ("place_id", "place_name")}
    ).assign(commune_code=commune["commune_code"].astype("str"))
    source = pd.Series([*zip(rows["file"], rows["sheet"], strict=True)], rows.index, dtype="object")
    as_of = rows["as_of"].astype("str").fillna("") if "as_of" in rows else ""
    units = pd.DataFrame(places[["place_name", "commune_code"]]).assign(place_id=places.index)
    found = resolve(
        asked,
        units,
        name="place_name",
        parent="commune_code",
        code="place_id",
        overrides=decided,
        unmarked=without_marks(asked["place_name"], source),
        batch=source.astype("str") + as_of,
    )
    columns = ["unit", "how", "score", "reason", "candidates", "detail"]
    out = pd.DataFrame(None, index=rows.index, columns=columns, dtype="object")
    out.loc[found.matched.index, ["unit", "how", "score"]] = found.matched.to_numpy()
    for part in (found.ambiguous, found.unmatched, found.rejected):
        out.loc[part.index, "reason"] = part["reason"].replace(_REASONS)
        if "candidates" in part:
            out.loc[part.index, "candidates"] = part["candidates"]
    out.loc[out["how"] == "code", "how"] = "id"
    _prefer_old_unit(out, commune["legacy_id"], places)
    _need_commune(out, asked, commune, places)
    return out


def _prefer_old_unit(
    out: pd.DataFrame, legacy_id: pd.Series[Any], places: gpd.GeoDataFrame
) -> None:
    """Of places of one name in a merged commune, take the one whose table names the same old unit.

    A single place of the name is not taken if its table names another old unit.
    """
    if "legacy_id" not in places or places["legacy_id"].isna().all():
        return
    origin = places["legacy_id"].dropna().to_dict()
    named = out["reason"].isin(["link.several_places"]) | (out["how"] == "name")
    for row in out.index[named & legacy_id.notna()]:
        unit, pairs = out.loc[row, "unit"], out.loc[row, "candidates"]
        pairs = ((unit, 1.0),) if pd.notna(unit) else pairs
        same = [u for u, _ in pairs if origin.get(u) == legacy_id[row]]
        other = [u for u, _ in pairs if origin.get(u, legacy_id[row]) != legacy_id[row]]
        if len(same) == 1:
            out.loc[row, ["unit", "how", "score", "reason"]] = [same[0], "name", 1.0, None]
        elif len(other) == len(pairs):
            out.loc[row, ["unit", "how", "score"]] = None
            out.loc[row, "reason"] = "link.several_places"
            out.at[row, "candidates"] = pairs  # noqa: PD008 - a tuple is one value


def _need_commune(
    out: pd.DataFrame, asked: pd.DataFrame, commune: pd.DataFrame, places: gpd.GeoDataFrame
) -> None:
    """Take back names found without a known commune, unless all places are in a single one."""
    lost = commune["commune_code"].isna() & ~out["how"].isin(["id", "override"])
    lost &= ~out["reason"].isin(["link.no_place", "link.id_and_name_differ", "link.decided_out"])
    unsaid = commune["reason"] == "link.no_commune"
    if len(places) and (places["commune_code"] == places["commune_code"].iloc[0]).all():
        lost &= ~unsaid
    unknown_id = unsaid & asked["place_id"].notna()
    reason = commune["reason"].mask(unsaid, "link.place_without_commune")
    reason = reason.mask(unknown_id, "link.unknown_place_id")
    fits = out["unit"].map(lambda unit: ((unit, 1.0),), na_action="ignore").astype("object")
    fits = fits.fillna(out["candidates"]).where(unsaid, commune["candidates"])
    out["candidates"] = out["candidates"].where(~lost, fits)
    out["reason"] = out["reason"].where(~lost, reason)
    out.loc[lost, ["unit", "how", "score"]] = None


def _set_repeats_aside(rows: pd.DataFrame, found: pd.DataFrame) -> None:
    """Keep one row per place and date: repeats are rejected, rows that differ are ambiguous."""
    order = rows.sort_values(list(SOURCE_COLUMNS), kind="stable").index
    order = order[found.loc[order, "reason"].isna()]
    said = [c for c in schema.COUNTS if c in rows and c not in _NAMING]
    as_of = rows["as_of"] if "as_of" in rows else pd.Series(pd.NaT, index=rows.index)
    unit = found.loc[order, "unit"].astype("str") + "|" + as_of[order].astype("str").fillna("")
    is_repeat = (unit + "|" + as_text(rows.loc[order, said])).duplicated()
    several = unit[unit.duplicated(keep=False)]
    is_clash = unit.isin(several[~is_repeat[several.index]].loc[lambda u: u.duplicated(keep=False)])
    place = found.loc[order, "unit"]
    others = {key: _standing(group) for key, group in rows.loc[several.index].groupby(several)}
    for mask, reason in (
        (is_clash, "link.same_place_and_date"),
        (is_repeat & ~is_clash, "link.duplicate_row"),
    ):
        at = mask.index[mask]
        found.loc[at, "reason"] = reason
        found.loc[at, "candidates"] = place[at].map(lambda unit: ((unit, 1.0),))
        found.loc[at, "detail"] = unit[at].map(others)
        found.loc[at, ["unit", "how", "score"]] = None


def _standing(rows: pd.DataFrame) -> str:
    """Return where rows stand: their numbers, by sheet and file where these are several."""
    source = [c for c in ("file", "sheet") if len(rows[c].dropna().unique()) > 1]
    if not source:
        return ", ".join(rows["row"].astype("str"))
    parts = rows["row"].groupby([rows[c].fillna("") for c in source], sort=False)
    return "; ".join(
        f"{' · '.join(filter(None, name))}: {', '.join(row.astype('str'))}" for name, row in parts
    )


def _lines(rows: pd.DataFrame, found: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    outcome = found["reason"].map(_OUTCOME).fillna("ambiguous")
    said = written(rows, ("place_id", "place_name", "commune_code", "commune_name"))
    told_in = said + " (" + found["detail"].astype("object").fillna("") + ")"
    detail = with_nearest(said, found["candidates"], names)
    detail = detail.mask(found["detail"].notna(), told_in)
    return pd.DataFrame(
        {
            "outcome": outcome.where(found["reason"].notna(), "matched"),
            "how": found["how"],
            "score": found["score"].astype("float64"),
            "place_id": found["unit"],
            "reason": found["reason"],
            "detail": detail.where(found["reason"].notna()),
        }
    )


def _frame(
    rows: pd.DataFrame,
    found: pd.DataFrame,
    names: dict[str, str],
    commune: pd.Series[Any],
    commune_names: dict[str, str],
) -> pd.DataFrame:
    kept = found.index[found["reason"].isna()]
    unit, code = found.loc[kept, "unit"].astype("str"), commune[kept]
    said = rows.loc[kept].assign(place_id=unit, commune_code=code)
    said["commune_name"] = code.map(commune_names)
    by_id = found.loc[kept, "how"].isin(["id", "override"])
    written = said["place_name"] if "place_name" in said else pd.Series(None, kept, dtype="str")
    said["place_name"] = other_names(written.where(by_id), unit.map(names))
    said = said.drop(columns=["province_code", "province_name", "district_name"], errors="ignore")
    return schema.conform(said, schema.COUNTS).reset_index(drop=True)


def _other_province(
    rows: pd.DataFrame, lines: pd.DataFrame, communes: gpd.GeoDataFrame
) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the rows of files none of whose communes is known, and one problem for each file."""
    unknown = lines["reason"].isin(["link.no_such_commune", "link.unknown_commune_code"])
    foreign = unknown.groupby(rows["file"].astype("str")).transform("all").astype(bool)
    groups = rows[foreign].groupby("file", sort=True)
    return foreign, [other_province(group, communes) for _, group in groups]
