"""Tables of indicators, balances and outlook by area, from assessed snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from geoparty import schema
from geoparty.assess.compare import ENTERING, GAPS, LEAVING, Comparison, balances
from geoparty.assess.indicators import INDICATORS, place_parts, tabulate
from geoparty.assess.outlook import outlook
from geoparty.assess.terms import term_sums, term_years
from geoparty.settings import ProgressRules

TERM = "term_admissions"
"""Admissions over the term: the indicator ``admissions_against_target`` of the summed years."""
WITHIN = "is_within"
_WHYS = (("closed", LEAVING), ("opened", ENTERING))


def indicator_tables(
    history: pd.DataFrame, areas: Sequence[str], wanted: ProgressRules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the long table of all areas, and that by commune and province for the outlook."""
    parts = place_parts(history, names=INDICATORS, founded_within_years=wanted.founded_within_years)
    tables = [_coded(tabulate(history, parts, by=["as_of"]), None)]
    tables += [_coded(tabulate(history, parts, by=["as_of", area]), area) for area in areas]
    tables += _term(history, areas, wanted)
    keys = [k for k in ("commune_code", "province_code") if k in history.columns]
    targeted = {name: parts[name] for name in wanted.target_percent}
    by_unit = tabulate(history, targeted, by=["as_of", *keys])
    return pd.concat(tables, ignore_index=True), by_unit


def _term(history: pd.DataFrame, areas: Sequence[str], wanted: ProgressRules) -> list[pd.DataFrame]:
    first, last = wanted.term_years
    if not term_years(history, first_year=first, last_year=last):
        return []
    sums = term_sums(history, first_year=first, last_year=last).assign(
        as_of=lambda t: t["as_of"].max()
    )
    parts = {TERM: place_parts(sums, names=["admissions_against_target"]).popitem()[1]}
    tables = [_coded(tabulate(sums, parts, by=["as_of"]), None)]
    return tables + [_coded(tabulate(sums, parts, by=["as_of", area]), area) for area in areas]


def _coded(table: pd.DataFrame, area: str | None) -> pd.DataFrame:
    """Put the values of any grouping column into ``area`` and ``code``."""
    code = pd.Series(pd.NA, index=table.index, dtype="str")
    if area is not None:
        code = table[area].astype("str")
        table = table.drop(columns=area)
    at = table.columns.get_loc("as_of") + 1 if "as_of" in table.columns else 0
    table.insert(at, "area", area or "all")
    table.insert(at + 1, "code", code)
    return table


def part_of(comparison: Comparison, history: pd.DataFrame, within: pd.Series[Any]) -> Comparison:
    """Return the comparison of the places that are within on either date.

    Its snapshots are whole, with a column ``is_within``, so that a place that only left the part
    is not taken for gone.
    """
    ids, days, inside = (c.to_numpy() for c in (history["place_id"], history["as_of"], within))
    changes = comparison.changes
    sides, kept = {}, np.zeros(len(changes), dtype=bool)
    for side in ("before", "after"):
        frame = getattr(comparison, side)
        day = frame["as_of"].iloc[0] if len(frame) else pd.NaT
        there = ids[(days == day) & inside]
        sides[side] = frame.assign(is_within=frame.index.isin(there))
        kept |= changes[f"place_id_{side}"].isin(there).to_numpy(bool)
    return Comparison(**sides, changes=changes[kept])


def balance_table(comparison: Comparison | None, areas: Sequence[str]) -> pd.DataFrame:
    """Return balances of all gaps and of each level, for everything and by every area."""
    if comparison is None:
        closed, opened = ([f"{s}_{w}" for w in v] for s, v in _WHYS)
        counted = ["opening", "closed", *closed, "opened", *opened, "closing"]
        return pd.DataFrame(columns=["area", "code", "levels", *counted])
    of = {"gaps": GAPS} | {level: (level,) for level in schema.GAP_LEVELS}
    part = [WITHIN] if WITHIN in comparison.before.columns else []
    tables = []
    for area in (None, *areas):
        table = balances(comparison, by=[*part, *([area] if area else [])], of=of)
        if part:
            table = table[table[WITHIN].to_numpy(bool)].drop(columns=WITHIN)
        tables.append(_coded(table, area))
    return pd.concat(tables, ignore_index=True)


def outlook_table(
    by_unit: pd.DataFrame, history: pd.DataFrame, wanted: ProgressRules, seed: int
) -> pd.DataFrame:
    """Return when each target is reached, for everything and by province."""
    unit = next((k for k in ("commune_code", "province_code") if k in by_unit.columns), None)
    if unit is None:
        by_unit = by_unit.assign(commune_code="")
        unit = "commune_code"
    tables = []
    for area in (None, *(a for a in ("province_code",) if a in by_unit.columns and a != unit)):
        told = outlook(
            by_unit,
            targets=wanted.target_percent,
            target_date=wanted.target_date,
            better={name: INDICATORS[name].better for name in wanted.target_percent},
            unit=unit,
            by=[area] if area else [],
            resamples=wanted.resamples,
            rng=np.random.default_rng(seed),
        )
        tables.append(_coded(told, area))
    return pd.concat(tables, ignore_index=True)


def area_names(history: pd.DataFrame, areas: Sequence[str]) -> dict[str, pd.Series[Any]]:
    """Return the names of the codes of each area that has any."""
    names = {}
    for area in ("commune", "province"):
        if {f"{area}_code", f"{area}_name"} <= set(history.columns):
            known = history.dropna(subset=f"{area}_code").drop_duplicates(
                f"{area}_code", keep="last"
            )
            code = known[f"{area}_code"].astype("str")
            names[f"{area}_code"] = known[f"{area}_name"].set_axis(code)
    if "legacy_id" in areas:
        from geoparty.link.crosswalk import bundled_crosswalk

        old = bundled_crosswalk().dropna(subset="legacy_code").drop_duplicates("legacy_code")
        names["legacy_id"] = (old["legacy_type"] + " " + old["legacy_name"]).set_axis(
            old["legacy_code"]
        )
    return names


def named(table: pd.DataFrame, names: dict[str, pd.Series[Any]]) -> pd.DataFrame:
    """Put the name of each area beside its code; the code where it has none."""
    name = table["code"].astype("str")
    for area, known in names.items():
        at = table["area"] == area
        name = name.mask(at, table["code"].map(known).fillna(table["code"]))
    out = table.copy()
    out.insert(out.columns.get_loc("code") + 1, "name", name)
    return out
