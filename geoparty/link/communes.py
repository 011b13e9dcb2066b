"""The commune of each row: by code, by name of today or of before the reform, by location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rapidfuzz.fuzz import ratio

from geoparty.errors import Problem
from geoparty.link.crosswalk import REFORM, bundled_crosswalk, legacy_units
from geoparty.link.eras import Fit, Reading, combine, lists_near, lists_used
from geoparty.link.matching import BARE, DECIDED_OUT, Match, resolve, text_of, without_marks
from geoparty.link.names import ladder, name_key, name_keys, strip_marks
from geoparty.link.overrides import decisions

WRITTEN = ("commune_code", "commune_name", "province_code", "province_name", "district_name")
_LIKELY = 0.75
"""A written name at least this much like a commune is confirmed by a point inside it."""
_SAME_NAME = 60.0
"""A code is believed only if the written name is at least this much like its unit's, percent."""
_LEVEL = {"code": 3, "name": 3, "name_without_marks": 2, "similar": 1}


def commune_of(
    rows: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    *,
    crosswalk: pd.DataFrame | None = None,
    at: pd.DataFrame | None = None,
    decided: pd.Series[Any] | None = None,
) -> pd.DataFrame:
    """Return commune_code, legacy_id, how, score, reason and candidates for each row.

    ``rows`` may have any of :data:`WRITTEN`, file and sheet, and ``as_of``. A written code or
    name is read as today's and as one of before the reform. Where the two lead to different
    communes, the other names of the sheet tell which list it uses, else its date; else, and
    where an old unit was split, only the point can decide.

    Parameters
    ----------
    at
        Communes each row's point lies in: columns row, commune_code.
    decided
        Human decisions: commune codes on the index of ``rows``.
    """
    written = _written(rows)
    asked = written.drop_duplicates(ignore_index=True)
    key = written.merge(asked.reset_index(), on=list(written.columns), how="left")["index"]
    readings = _readings(asked, communes, crosswalk)
    points = {} if at is None else at.groupby("row")["commune_code"].agg(tuple).to_dict()
    said = {} if decided is None else decided.dropna().to_dict()
    lines = [
        _settle(readings[k], points.get(row, ()), said.get(row))
        for row, k in zip(rows.index, key, strict=True)
    ]
    columns = ["commune_code", "legacy_id", "how", "score", "reason", "candidates"]
    return pd.DataFrame(lines, columns=columns, index=rows.index, dtype="object")


def decided_communes(
    rows: pd.DataFrame, overrides: pd.DataFrame | None, names: Mapping[str, str]
) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the commune a person decided each row's written commune to be, and problems."""
    return decisions(overrides, "communes", rows, names)


def _written(rows: pd.DataFrame) -> pd.DataFrame:
    said = {
        c: text_of(rows[c]) if c in rows else pd.Series(None, index=rows.index, dtype="str")
        for c in WRITTEN
    }
    out = pd.DataFrame(said, index=rows.index)
    out["column"] = [*zip(*(rows[c] for c in ("file", "sheet") if c in rows), strict=True)] or ""
    out["column"] = out["column"].astype("str")
    as_of = pd.to_datetime(rows["as_of"]) if "as_of" in rows else pd.Series(pd.NaT, rows.index)
    out["era"] = np.where(as_of.isna(), "", np.where(as_of < pd.Timestamp(REFORM), "old", "new"))
    return out.fillna("").reset_index(drop=True)


def _readings(
    asked: pd.DataFrame, communes: gpd.GeoDataFrame, crosswalk: pd.DataFrame | None
) -> list[Reading]:
    """Return the reading of every different thing written."""
    crosswalk = bundled_crosswalk() if crosswalk is None else crosswalk
    before = legacy_units(crosswalk, communes)
    said = asked.replace("", None).assign(
        unmarked=without_marks(asked["commune_name"], asked["column"]), parent=None
    )
    new = _fits_today(said, communes, before)
    old = _fits_before(said, before)
    used = lists_used(asked, new, old)
    leaning = lists_near(asked, new, old, used)
    is_town = ladder(said["commune_name"])["full"].fillna("").str.startswith("thị trấn ")
    is_old = is_town | said["district_name"].notna()  # neither exists since the reform
    coded, named = asked["commune_code"] != "", asked["commune_name"] != ""
    return [
        combine(
            new[i],
            old[i],
            "old" if is_old[i] else used[i],
            leaning=leaning[i],
            is_coded=bool(coded[i]),
            is_written=bool(coded[i] or named[i]),
        )
        for i in asked.index
    ]


def _fits_today(said: pd.DataFrame, communes: gpd.GeoDataFrame, before: pd.DataFrame) -> list[Fit]:
    units = pd.DataFrame(communes.drop(columns=communes.geometry.name)).assign(parent=None)
    kind = units["commune_type"].fillna("") + " " if "commune_type" in units else ""
    units = units.assign(name=kind + units["commune_name"], code=units.index)
    if "province_name" in units and units["province_name"].notna().all():
        units["parent"] = units["province_name"]
        today = before.dropna(subset=["province_today"]).drop_duplicates("province")
        moved = dict(zip(today["province"].map(name_key), today["province_today"], strict=True))
        moved |= {name_key(p): p for p in units["province_name"].unique()}
        said["parent"] = name_keys(said["province_name"]).map(moved).astype("str")
        said["parent"] = said["parent"].fillna(said["province_name"])
        if "province_code" in units:
            by_code = units.drop_duplicates("province_code").set_index("province_code")
            coded = said["province_code"].map(by_code["province_name"])
            said["parent"] = said["parent"].fillna(coded)
    found = _resolve(said, units)
    fits = _fits(found, said.index, {code: ((code,), None) for code in units.index})
    return _doubt_codes(fits, said, found, units)


def _fits_before(said: pd.DataFrame, before: pd.DataFrame) -> list[Fit]:
    """Look for old units inside what the row gives: district, province of then or of now."""
    out = [Fit()] * len(said)
    if before.empty:
        return out
    led_to = {i: (t, k) for i, t, k in before[["targets", "legacy_id"]].itertuples()}
    now = {name_key(p) for p in before["province_today"].dropna().unique()}
    key = name_keys(said["province_name"])
    province = pd.Series("", index=said.index).mask(key.notna(), "province")
    province = province.mask(key.isin(now), "province_today")
    district = said["district_name"].notna()
    for (inside, with_district), rows in said.groupby([province, district]):
        columns = [c for c in (with_district and "district", inside) if c]
        parents = [before[c].fillna("") for c in columns]
        written = [rows[f"{'district' if c == 'district' else 'province'}_name"] for c in columns]
        found = _resolve(
            rows.assign(parent=_joined(written)), before.assign(parent=_joined(parents))
        )
        fits = _doubt_codes(_fits(found, rows.index, led_to), rows, found, before)
        for i, fit in zip(rows.index, fits, strict=True):
            out[i] = fit
    return out


def _joined(parts: list[pd.Series[Any]]) -> pd.Series[Any] | None:
    return parts[0] + " " + parts[1] if len(parts) == 2 else parts[0] if parts else None


def _resolve(said: pd.DataFrame, units: pd.DataFrame) -> Match:
    return resolve(
        said,
        units,
        name=("commune_name", "name"),
        parent="parent",
        code=("commune_code", "code"),
        unmarked=said["unmarked"],
        batch=said["column"],
        once=False,
        most=len(units),
        are_units=True,
    )


def _fits(found: Match, index: pd.Index[Any], led_to: dict[Any, Any]) -> list[Fit]:
    """Turn a match into fits: the communes the units lead to, by how well they fit."""
    fits: dict[Any, Fit] = {}
    for row, unit, how, score in found.matched[["unit", "how", "score"]].itertuples():
        codes, legacy_id = led_to[unit]
        fits[row] = Fit(_LEVEL[how], how, score, codes, legacy_id)
    for part in (found.ambiguous, found.unmatched):
        for row, reason, units in part[["reason", "candidates"]].itertuples():
            near: dict[str, float] = {}
            for unit, score in units:
                near |= {c: max(score, near.get(c, 0)) for c in led_to[unit][0]}
            several = reason in ("link.several_fit", "link.only_without_marks")
            meant = [unit for unit, score in units if several and score >= BARE]
            fitting = dict.fromkeys(c for unit in meant for c in led_to[unit][0])
            ids = {led_to[unit][1] for unit in meant}
            exact = reason == "link.several_fit" and units[0][1] == 1
            fits[row] = Fit(
                level=(3 if exact else 2) if several else 0,
                how="name" if exact else "name_without_marks",
                score=units[0][1] if units else 0.0,
                codes=tuple(fitting) if several else (),
                legacy_id=ids.pop() if len(ids) == 1 else None,
                reason=reason,
                near=tuple(near.items()),
            )
    return [fits.get(row, Fit()) for row in index]


def _doubt_codes(
    fits: list[Fit], said: pd.DataFrame, found: Match, units: pd.DataFrame
) -> list[Fit]:
    """Take back a code whose unit has quite another name: codes were used again."""
    coded = found.matched.index[found.matched["how"] == "code"]
    coded = coded[said.loc[coded, "commune_name"].notna()]
    unit = found.matched.loc[coded, "unit"]
    pairs = zip(said.loc[coded, "commune_name"], units.loc[unit, "name"], strict=True)
    alike = [ratio(strip_marks(name_key(a)), strip_marks(name_key(b))) for a, b in pairs]
    doubted = set(coded[np.array(alike, dtype="float64") < _SAME_NAME])
    return [
        Fit(reason="link.code_and_name_differ", near=tuple((c, 1.0) for c in fit.codes))
        if row in doubted
        else fit
        for row, fit in zip(said.index, fits, strict=True)
    ]


def _settle(reading: Reading, here: tuple[str, ...], decided: str | None) -> tuple[Any, ...]:
    """Return the line of one row: a human decision, one commune left, or the point's choice."""
    if decided is not None:
        out = decided == DECIDED_OUT
        code, reason = (None, "link.decided_out") if out else (decided, None)
        return code, None, "override", 1.0, reason, None
    sole = reading.codes[0] if len(reading.codes) == 1 and not reading.reason else None
    chosen = [c for c in _choices(reading, here) if c in here]
    if len(chosen) == 1 and chosen[0] != sole:
        legacy = reading.old.legacy_id if chosen[0] in reading.old.codes else None
        return chosen[0], legacy, "location", 1.0, None, None
    if sole:
        how = "crosswalk" if reading.fit is reading.old else reading.fit.how
        return sole, reading.fit.legacy_id, how, reading.fit.score, None, None
    candidates, reason = reading.near, reading.reason
    if not reading.is_written:
        candidates = tuple((c, 1.0) for c in here)
        reason = "link.in_several_communes" if here else "link.no_commune"
    return None, reading.old.legacy_id, None, np.nan, reason, candidates


def _choices(reading: Reading, here: tuple[str, ...]) -> tuple[str, ...]:
    """Return the communes a point may choose from: those that fit, or come near in name."""
    if not reading.is_written:
        return here
    if reading.reason in ("link.code_and_name_differ", "link.unknown_commune_code"):
        return ()
    return reading.any_of or tuple(c for c, score in reading.near if score >= _LIKELY)
