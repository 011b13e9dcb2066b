"""Places to communes: every row of the places table matched, or said why not."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import schema, words
from geoparty.errors import InputError, Problem
from geoparty.link.communes import commune_of, text_column
from geoparty.link.linked import Linked, account, as_text, row_problems
from geoparty.link.locate import communes_at, location_of
from geoparty.link.names import ladder
from geoparty.schema import SOURCE_COLUMNS, Read

_TOLD = {
    "link.several_communes": "error",
    "link.in_several_communes": "error",
    "link.code_and_name_differ": "error",
    "link.no_such_commune": "error",
    "link.unknown_commune_code": "error",
    "link.no_commune": "error",
    "link.outside_every_commune": "error",
    "link.duplicate_place_id": "error",
    "link.duplicate_row": "error",
}
_UNMATCHED = {
    "link.no_such_commune",
    "link.unknown_commune_code",
    "link.no_commune",
    "link.outside_every_commune",
}
_REJECTED = {"link.duplicate_place_id", "link.duplicate_row"}


def link_places(
    read: Read,
    communes: gpd.GeoDataFrame,
    *,
    crosswalk: pd.DataFrame | None = None,
    overrides: pd.DataFrame | None = None,
) -> Linked:
    """Find the commune of every place, give it an id, and check its point.

    The commune is found by code, else by name (inside the province where the table gives
    one), else by the point. A point farther than 100 m outside its commune is taken off the
    map and reported; the place is kept.

    Parameters
    ----------
    read
        ``read_places``: frame with schema.PLACES and SOURCE_COLUMNS; geometry may be None.
    communes
        Index ``commune_code``; commune_name, province_code, province_name, polygons.

    Returns
    -------
    Linked
        ``frame`` has index ``place_id``, the columns of schema.PLACES and SOURCE_COLUMNS,
        commune_name, province_code, province_name, location, and geometry (EPSG:4326, None
        unless location is ``given``). Rows without a commune are in the account only.

    Raises
    ------
    InputError
        No row belongs to any of the communes: a table or boundaries of another province.
    """
    rows = read.frame.reset_index(drop=True)
    source = Read(rows, read.problems, read.rejected, read.totals)
    points = rows.geometry if isinstance(rows, gpd.GeoDataFrame) else _no_points(rows)
    points = points.to_crs(schema.CRS) if points.crs is not None else points.set_crs(schema.CRS)
    at = communes_at(points, communes)
    found = commune_of(rows, communes, at=at)
    adrift = (found["reason"] == "link.no_commune") & points.notna()
    found.loc[adrift, "reason"] = "link.outside_every_commune"
    found["place_id"] = _place_ids(rows, found, points)
    _set_duplicates_aside(rows, found, points)
    lines = _lines(found, communes)
    frame = _frame(rows, found, points, communes)
    if len(rows) and frame.empty:
        _refuse_other_province(rows, found, communes)
    problems = [*row_problems(rows, lines, texts=_TOLD), *_location_problems(frame)]
    return Linked(frame, account(source, lines, table="places"), tuple(problems))


def _no_points(rows: pd.DataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries([None] * len(rows), index=rows.index, crs=schema.CRS)


def _place_ids(rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries) -> pd.Series[Any]:
    """The id given, or one made of the commune and the name: the same in any order of rows.

    Places of one name in one commune are numbered by kind, point and size.
    """
    given = text_column(rows, "place_id").astype("object")
    keys = pd.DataFrame({"code": found["commune_code"], "name": ladder(rows["place_name"])["full"]})
    keys = keys[given.isna() & keys["code"].notna()].fillna("")
    made = keys["code"] + "-" + [_digest(f"{c} {n}") for c, n in zip(*keys.T.values, strict=True)]
    order = _content(rows, points).loc[made.index].sort_values(kind="stable").index
    number = made.loc[order].groupby(made.loc[order]).cumcount()
    made = made.where(number.reindex(made.index) == 0, made + "-" + (number + 1).astype("str"))
    return given.fillna(made)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _content(rows: pd.DataFrame, points: gpd.GeoSeries) -> pd.Series[Any]:
    """Everything a row says but for where it stands, as one text."""
    said = [c for c in schema.PLACES if c in rows]
    return as_text(pd.DataFrame(rows)[said].assign(point=points.to_wkt()))


def _set_duplicates_aside(rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries) -> None:
    """Reject repeats of a row, and all rows that share a given id but differ."""
    if "place_id" not in rows:
        return
    given = rows["place_id"].where(rows["place_id"].notna())
    order = rows.sort_values(list(SOURCE_COLUMNS), kind="stable").index
    content = _content(rows, points)
    repeat = pd.DataFrame({"id": given, "content": content}).loc[order].duplicated() & given.notna()
    repeat = repeat.reindex(rows.index)
    clash = (
        given[~repeat & given.notna()].duplicated(keep=False).reindex(rows.index, fill_value=False)
    )
    for mask, reason in (
        (clash, "link.duplicate_place_id"),
        (repeat & ~clash, "link.duplicate_row"),
    ):
        found.loc[mask, ["commune_code", "how", "score", "candidates"]] = None
        found.loc[mask, "reason"] = reason
        found.loc[mask, "detail"] = given[mask]


def _lines(found: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    outcome = pd.Series("ambiguous", index=found.index, dtype="object")
    outcome[found["reason"].isin(_UNMATCHED)] = "unmatched"
    outcome[found["reason"].isin(_REJECTED)] = "rejected"
    matched = found["reason"].isna()
    outcome[matched] = "matched"
    names = communes["commune_name"]
    detail = found["candidates"].map(
        lambda codes: ", ".join(f"{names[c]} ({c})" for c in codes) if codes else None
    )
    given = found["detail"] if "detail" in found else None
    return pd.DataFrame(
        {
            "outcome": outcome,
            "how": found["how"],
            "score": found["score"].astype("float64"),
            "place_id": found["place_id"].where(matched),
            "reason": found["reason"],
            "detail": detail if given is None else given.fillna(detail),
        }
    )


def _frame(
    rows: pd.DataFrame, found: pd.DataFrame, points: gpd.GeoSeries, communes: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    kept = found.index[found["reason"].isna()]
    code = found.loc[kept, "commune_code"].astype("str")
    said = pd.DataFrame(rows.drop(columns="geometry", errors="ignore")).loc[kept]
    said = schema.conform(said.assign(commune_code=code), schema.PLACES)
    for column in ("commune_name", "province_code", "province_name"):
        values = communes[column] if column in communes else pd.Series(dtype="str")
        said[column] = code.map(values).astype("str")
    said["place_id"] = found.loc[kept, "place_id"].astype("str")
    said["location"] = location_of(points.loc[kept], code, communes)
    shown = np.where(said["location"] == "given", points.loc[kept].to_numpy(), None)
    frame = gpd.GeoDataFrame(said, geometry=list(shown), crs=schema.CRS)
    return frame.set_index("place_id")


def _location_problems(frame: gpd.GeoDataFrame) -> list[Problem]:
    lines = pd.DataFrame({"reason": "link." + frame["location"], "detail": frame["place_name"]})
    texts = {"link.outside_commune": "error", "link.outside_all": "error"}
    return list(row_problems(pd.DataFrame(frame), lines, texts=texts))


def _refuse_other_province(
    rows: pd.DataFrame, found: pd.DataFrame, communes: gpd.GeoDataFrame
) -> None:
    if not found["reason"].isin(_UNMATCHED).all() or (found["reason"] == "link.no_commune").any():
        return
    has = communes["province_name"] if "province_name" in communes else pd.Series(dtype="str")
    names = rows["commune_name"] if "commune_name" in rows else pd.Series(dtype="str")
    params = {
        "n": len(rows),
        "province": words.listing(sorted(has.dropna().unique())),
        "names": words.listing(sorted(names.dropna().unique())),
    }
    file = str(rows["file"].iloc[0])
    raise InputError(Problem(key="link.other_province", params=params, file=file))
