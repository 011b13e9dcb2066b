"""Everything about change over time in one answer: what pages, command and exports show."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoparty import schema
from geoparty.assess.compare import ENTERING, GAPS, LEAVING, Comparison, balances, compare
from geoparty.assess.indicators import INDICATORS, place_parts, tabulate
from geoparty.assess.outlook import outlook
from geoparty.assess.snapshots import snapshot, snapshots
from geoparty.assess.terms import term_sums, term_years
from geoparty.errors import Problem, SettingsError
from geoparty.settings import ProgressRules, Rules

AREAS = ("commune_code", "legacy_id", "province_code", "place_kind")
"""Columns that are always added up by, where the places have any; ``legacy_id`` is the commune
of before July 2025 that the list of places names."""
TERM = "term_admissions"
"""Admissions over the term: the indicator ``admissions_against_target`` of the summed years."""
SEED = 20_260_101
_WHYS = (("closed", LEAVING), ("opened", ENTERING))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the snapshots of a project tell. Frames to show as they are; words by key.

    ``area`` is the column that was added up by (``all`` for everything), ``code`` the value in
    it (``<NA>`` where places have none), ``name`` its name.

    Attributes
    ----------
    dates
        Dates of the snapshots, oldest first.
    indicators
        ``as_of, area, code, name, indicator, numerator, denominator, n_places, n_reported,
        percent, status``; names in words are ``assess.ind_<indicator>``, rules
        ``assess.rule_<indicator>``, sources ``assess.source_<indicator>``. The term is
        ``term_admissions``, on its last date.
    balances
        From the first to the last of ``compared``: ``area, code, name, levels`` (``gaps`` or one
        level), ``opening, closed, closed_<why>, opened, opened_<why>, closing``.
    comparison
        The two snapshots compared; ``comparison.changes`` has one row per place. None where
        there is only one date.
    outlook
        See :func:`outlook`; for all places and for each province.
    history
        The assessed places of every date, see :func:`snapshots`.
    """

    dates: tuple[date, ...]
    compared: tuple[date, date] | None
    indicators: pd.DataFrame
    balances: pd.DataFrame
    comparison: Comparison | None
    outlook: pd.DataFrame
    history: pd.DataFrame
    problems: tuple[Problem, ...]


def track(
    counts: pd.DataFrame,
    places: pd.DataFrame,
    *,
    rules: Rules,
    progress: ProgressRules | None = None,
    lineage: pd.DataFrame | None = None,
    compared: tuple[date, date] | None = None,
    seed: int = SEED,
) -> Progress:
    """Return indicators, balances, changes and outlook over all dates of the counts.

    Parameters
    ----------
    counts, places, lineage
        As :func:`snapshots`.
    progress
        Targets, term and further grouping columns; the defaults where not given.
    compared
        The two dates to compare; the first and the last by default.

    Raises
    ------
    SettingsError
        A target names no indicator, a grouping column is not among the places, or a date to
        compare has no snapshot: all of them at once.
    """
    wanted = progress or ProgressRules()
    history = snapshots(counts, places, rules=rules, lineage=lineage, every=wanted.snapshot_every)
    days = tuple(d.date() for d in pd.DatetimeIndex(history["as_of"].unique()).sort_values())
    _refuse(wanted, history, days, compared)
    areas = [a for a in dict.fromkeys((*AREAS, *wanted.group_by)) if _has_any(history, a)]
    table, by_unit = _indicators(history, areas, wanted)
    pair = compared or ((days[0], days[-1]) if len(days) > 1 else None)
    comparison = None
    if pair:
        before, after = (snapshot(history, pd.Timestamp(day)) for day in pair)
        comparison = compare(before, after, lineage=lineage)
    return Progress(
        dates=days,
        compared=pair,
        indicators=_named(table, places),
        balances=_named(_balances(comparison, areas), places),
        comparison=comparison,
        outlook=_named(_outlook(by_unit, history, wanted, seed), places),
        history=history,
        problems=tuple(_problems(counts, history, wanted)),
    )


def _refuse(
    wanted: ProgressRules,
    history: pd.DataFrame,
    days: Sequence[date],
    compared: tuple[date, date] | None,
) -> None:
    """Raise for every name or date that is not there, with the nearest that is."""
    asked = [
        ("assess.unknown_indicator", wanted.target_percent, list(INDICATORS)),
        ("assess.unknown_grouping", wanted.group_by, [str(c) for c in history.columns]),
        ("assess.no_snapshot", map(str, compared or ()), [str(d) for d in days]),
    ]
    problems = [
        Problem(key=key, params={"name": name, "known": known, "near": _near(name, known)})
        for key, names, known in asked
        for name in names
        if name not in known
    ]
    if problems:
        raise SettingsError(problems)


def _near(name: str, known: list[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.0)), "")


def _indicators(
    history: pd.DataFrame, areas: list[str], wanted: ProgressRules
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


def _term(history: pd.DataFrame, areas: list[str], wanted: ProgressRules) -> list[pd.DataFrame]:
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


def _balances(comparison: Comparison | None, areas: list[str]) -> pd.DataFrame:
    """Return balances of all gaps and of each level, for everything and by every area."""
    if comparison is None:
        closed, opened = ([f"{s}_{w}" for w in v] for s, v in _WHYS)
        counted = ["opening", "closed", *closed, "opened", *opened, "closing"]
        return pd.DataFrame(columns=["area", "code", "levels", *counted])
    of = {"gaps": GAPS} | {level: (level,) for level in schema.GAP_LEVELS}
    tables = [_coded(balances(comparison, by=[], of=of), None)]
    tables += [_coded(balances(comparison, by=[area], of=of), area) for area in areas]
    return pd.concat(tables, ignore_index=True)


def _outlook(
    by_unit: pd.DataFrame, history: pd.DataFrame, wanted: ProgressRules, seed: int
) -> pd.DataFrame:
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


def _has_any(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and bool(frame[column].notna().any())


def _named(table: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Put the name of each area beside its code."""
    name = table["code"].astype("str")
    for area in ("commune", "province"):
        if {f"{area}_code", f"{area}_name"} <= set(places.columns):
            known = places.dropna(subset=f"{area}_code").drop_duplicates(f"{area}_code")
            names = known.set_index(known[f"{area}_code"].astype("str"))[f"{area}_name"]
            name = name.mask(table["area"] == f"{area}_code", table["code"].map(names))
    at = table["area"] == "legacy_id"
    if at.any():
        from geoparty.link.crosswalk import bundled_crosswalk

        old = bundled_crosswalk().dropna(subset="legacy_code").drop_duplicates("legacy_code")
        names = (old["legacy_type"] + " " + old["legacy_name"]).set_axis(old["legacy_code"])
        name = name.mask(at, table["code"].map(names).fillna(table["code"]))
    out = table.copy()
    out.insert(out.columns.get_loc("code") + 1, "name", name)
    return out


def _problems(counts: pd.DataFrame, history: pd.DataFrame, wanted: ProgressRules) -> list[Problem]:
    """Return what the figures stand on less firmly than they look."""
    told: list[tuple[str, dict[str, Any]]] = []
    undated = int(counts["as_of"].isna().sum())
    if undated:
        told.append(("assess.undated", {"n": undated}))
    first, last = wanted.term_years
    there = term_years(history, first_year=first, last_year=last)
    if there and len(there) < min(last, max(there)) - first + 1:
        missing = [str(y) for y in range(first, max(there) + 1) if y not in there]
        told.append(("assess.term_years_missing", {"years": missing}))
    return [Problem(key=key, params=params, severity="warning") for key, params in told]
