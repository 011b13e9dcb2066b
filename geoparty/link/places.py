"""Places to communes: every row of the places table matched, or said why not."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import schema
from geoparty.errors import InputError, Problem, Severity
from geoparty.link.communes import commune_of, decided_communes
from geoparty.link.linked import Linked, account, as_text, row_problems, with_nearest, written
from geoparty.link.locate import communes_at, location_of
from geoparty.link.matching import text_of
from geoparty.link.names import ladder
from geoparty.link.overrides import decisions
from geoparty.link.undecided import COMMUNE_REASONS, undecided_rows
from geoparty.schema import SOURCE_COLUMNS, Read

_UNMATCHED = {
    "link.no_such_commune",
    "link.unknown_commune_code",
    "link.no_commune",
    "link.outside_every_commune",
}
_REJECTED = {"link.duplicate_place_id", "link.duplicate_row", "link.decided_out"}
_TOLD: dict[str, Severity] = dict.fromkeys(
    [*COMMUNE_REASONS, *_UNMATCHED, "link.duplicate_place_id", "link.duplicate_row"], "error"
)


def link_places(
    read: Read,
    communes: gpd.GeoDataFrame,
    *,
    crosswalk: pd.DataFrame | None = None,
    overrides: pd.DataFrame | None = None,
) -> Linked:
    """Find the commune of every place, give it an id, and check its point.

    The commune is found by decision, by code, by name (inside province and district where the
    table gives them; names of before July 2025 through the crosswalk), else by the point. A
    point farther than 100 m outside its commune is taken off the map and reported; the place
    is kept.

    Parameters
    ----------
    read
        ``read_places``: frame with schema.PLACES and SOURCE_COLUMNS; geometry may be None.
        province_name, province_code and district_name are used where the frame has them.
    communes
        Index ``commune_code``; commune_name, province_code, province_name, polygons.
    crosswalk
        Columns of :data:`geoparty.link.crosswalk.COLUMNS`; the bundled one if not given.
    overrides
        ``read_overrides``.

    Returns
    -------
    Linked
        ``frame`` has index ``place_id``, the columns of schema.PLACES and SOURCE_COLUMNS,
        commune_name, province_code, province_name, legacy_id (the old unit the table names,
        if any), location, and geometry (EPSG:4326, None unless location is ``given``). Rows
        without a commune are in the account only.

    Raises
    ------
    InputError
        No row belongs to any of the communes: a table or boundaries of another province.
    """
    rows = read.frame.reset_index(drop=True)
    source = Read(rows, read.problems, read.rejected, read.totals)
    points = _points(rows)
    names = communes["commune_name"].to_dict()
    decided, problems = _decided(rows, overrides, names)
    at = communes_at(points, communes)
    found = commune_of(rows, communes, crosswalk=crosswalk, at=at, decided=decided)
    adrift = (found["reason"] == "link.no_commune") & points.notna()
    found.loc[adrift, "reason"] = "link.outside_every_commune"
    found["place_id"] = _place_ids(rows, found, points)
    _set_duplicates_aside(rows, found, points)
    lines = _lines(rows, found, names)
    frame = _frame(rows, found, points, communes)
    if len(rows) and frame.empty:
        _refuse_other_province(rows, found, communes)
    problems += [
        *row_problems(rows, lines, severity=_TOLD),
        *_location_problems(frame),
        *_same_names(rows, found),
    ]
    return Linked(
        frame,
        account(source, lines, table="places"),
        tuple(problems),
        undecided_rows(rows, lines, found["candidates"], names, scope="places"),
    )


def _points(rows: pd.DataFrame) -> gpd.GeoSeries:
    if not isinstance(rows, gpd.GeoDataFrame):
        return gpd.GeoSeries([None] * len(rows), index=rows.index, crs=schema.CRS)
    points = rows.geometry
    points = points.set_crs(schema.CRS) if points.crs is None else points.to_crs(schema.CRS)
    return points.where(points.notna() & ~points.is_empty, None)


def _decided(
    rows: pd.DataFrame, overrides: pd.DataFrame | None, names: dict[str, str]
) -> tuple[pd.Series[Any], list[Problem]]:
    own, problems = decisions(overrides, "places", rows, names)
    shared, more = decided_communes(rows, overrides, names)
    return own.fillna(shared), [*problems, *more]


def _place_ids(rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries) -> pd.Series[Any]:
    """Return the id given, or one of the commune and the name: the same in any order of rows.

    Places of one name in one commune are numbered by kind, point and size.
    """
    blank = pd.Series(None, index=rows.index, dtype="str")
    given = text_of(rows.get("place_id", blank)).astype("object")
    key = pd.DataFrame({"code": found["commune_code"], "name": ladder(rows["place_name"])["full"]})
    key = key[given.isna() & key["code"].notna()].fillna("")
    pairs = zip(key["code"], key["name"], strict=True)
    made = pd.Series([f"{code}-{_digest(code, name)}" for code, name in pairs], key.index, "object")
    order = _content(rows, points).loc[made.index].sort_values(kind="stable").index
    number = made.loc[order].groupby(made.loc[order]).cumcount().reindex(made.index)
    return given.fillna(made.where(number == 0, made + "-" + (number + 1).astype("str")))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("|".join(parts).encode(), digest_size=4).hexdigest()


def _content(rows: pd.DataFrame, points: gpd.GeoSeries) -> pd.Series[Any]:
    """Return everything a row says but for where it stands, as one text."""
    said = [c for c in schema.PLACES if c in rows]
    return as_text(pd.DataFrame(rows)[said].assign(point=points.to_wkt()))


def _set_duplicates_aside(rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries) -> None:
    """Reject repeats of a row, and all rows that share a given id but differ."""
    found["detail"] = None
    if "place_id" not in rows:
        return
    given = text_of(rows["place_id"])
    order = rows.sort_values(list(SOURCE_COLUMNS), kind="stable").index
    pair = pd.DataFrame({"id": given, "content": _content(rows, points)})
    repeat = pair.loc[order].duplicated().reindex(rows.index) & given.notna()
    shared = given[~repeat & given.notna()].duplicated(keep=False)
    clash = given.isin(given[shared.index[shared]])
    for mask, reason in (
        (clash, "link.duplicate_place_id"),
        (repeat & ~clash, "link.duplicate_row"),
    ):
        found.loc[mask, ["commune_code", "how", "score", "candidates"]] = None
        found.loc[mask, "reason"] = reason
        found.loc[mask, "detail"] = given[mask]


def _lines(rows: pd.DataFrame, found: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    outcome = pd.Series("ambiguous", index=found.index, dtype="object")
    outcome[found["reason"].isin(_UNMATCHED)] = "unmatched"
    outcome[found["reason"].isin(_REJECTED)] = "rejected"
    outcome[found["reason"].isna()] = "matched"
    said = written(rows, ("commune_code", "commune_name"))
    said = said.mask(said == "", rows["place_name"].astype("object"))
    detail = with_nearest(said, found["candidates"], names)
    return pd.DataFrame(
        {
            "outcome": outcome,
            "how": found["how"],
            "score": found["score"].astype("float64"),
            "place_id": found["place_id"].where(outcome == "matched"),
            "reason": found["reason"],
            "detail": found["detail"].fillna(detail).where(found["reason"].notna()),
        }
    )


def _frame(
    rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries, communes: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    kept = found.index[found["reason"].isna()]
    code = found.loc[kept, "commune_code"].astype("str")
    said = pd.DataFrame(rows.drop(columns="geometry", errors="ignore")).loc[kept]
    said = said.drop(columns=["province_code", "province_name", "district_name"], errors="ignore")
    said = schema.conform(said.assign(commune_code=code), schema.PLACES)
    for column in ("commune_name", "province_code", "province_name"):
        values = communes[column] if column in communes else pd.Series(dtype="str")
        said[column] = code.map(values).astype("str")
    said["place_id"] = found.loc[kept, "place_id"].astype("str")
    said["legacy_id"] = found.loc[kept, "legacy_id"].astype("str")
    said["location"] = location_of(points.loc[kept], code, communes)
    shown = np.where(said["location"] == "given", points.loc[kept].to_numpy(), None)
    frame = gpd.GeoDataFrame(said, geometry=list(shown), crs=schema.CRS)
    return frame.set_index("place_id")


def _location_problems(frame: gpd.GeoDataFrame) -> list[Problem]:
    said = frame["place_name"] + " (" + frame["commune_name"] + ")"
    lines = pd.DataFrame({"reason": "link." + frame["location"], "detail": said})
    told: dict[str, Severity] = {"link.outside_commune": "error", "link.outside_all": "error"}
    return list(row_problems(pd.DataFrame(frame), lines, severity=told))


def _same_names(rows: pd.DataFrame, found: pd.DataFrame) -> list[Problem]:
    """Tell of places without ids that share name and commune: counts cannot tell them apart."""
    key = pd.DataFrame({"code": found["commune_code"], "name": ladder(rows["place_name"])["full"]})
    given = text_of(rows["place_id"]).notna() if "place_id" in rows else False
    named = found["reason"].isna() & ~pd.Series(given, index=rows.index)
    twice = key[named].duplicated(keep=False).reindex(rows.index, fill_value=False)
    reason = pd.Series(None, index=rows.index, dtype="object").mask(twice, "link.same_name_twice")
    lines = pd.DataFrame({"reason": reason, "detail": rows["place_name"]})
    return list(row_problems(rows, lines, severity={"link.same_name_twice": "warning"}))


def _refuse_other_province(
    rows: pd.DataFrame, found: pd.DataFrame, communes: gpd.GeoDataFrame
) -> None:
    foreign = _UNMATCHED - {"link.no_commune"}
    if found["reason"].isin(foreign).all():
        raise InputError(other_province(rows, communes))


def other_province(rows: pd.DataFrame, communes: gpd.GeoDataFrame) -> Problem:
    """Return the problem of a file none of whose rows belongs to the communes."""
    has = communes["province_name" if "province_name" in communes else "commune_name"]
    said = next((c for c in ("commune_name", "commune_code") if c in rows), "place_name")
    params = {
        "n": len(rows),
        "province": sorted(has.dropna().unique()),
        "names": sorted(rows[said].dropna().astype("str").unique()),
    }
    return Problem(key="link.other_province", params=params, file=str(rows["file"].iloc[0]))
