"""Everything about change over time in one answer: what pages, command and exports show."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from geoparty.assess import scoring
from geoparty.assess.compare import Comparison, compare
from geoparty.assess.indicators import INDICATORS
from geoparty.assess.snapshots import snapshot, snapshots
from geoparty.assess.terms import term_years
from geoparty.errors import Problem, SettingsError
from geoparty.settings import ProgressRules, Rules

AREAS = ("commune_code", "legacy_id", "province_code", "place_kind")
"""Columns that are always added up by, where the places have any; ``legacy_id`` is the commune
of before July 2025 that the list of places names."""
SEED = 20_260_101


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the snapshots of a project tell. Frames to show as they are; words by key.

    ``area`` is the column that was added up by (``all`` for everything), ``code`` the value in
    it (``<NA>`` where places have none), ``name`` its name.

    Attributes
    ----------
    dates
        Dates of the snapshots, oldest first.
    areas
        Columns that can be added up by.
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
    rules, lineage
        What it was made with.
    """

    dates: tuple[date, ...]
    areas: tuple[str, ...]
    compared: tuple[date, date] | None
    indicators: pd.DataFrame
    balances: pd.DataFrame
    comparison: Comparison | None
    outlook: pd.DataFrame
    history: pd.DataFrame
    problems: tuple[Problem, ...]
    rules: ProgressRules
    lineage: pd.DataFrame | None


def track(
    counts: pd.DataFrame,
    places: pd.DataFrame,
    *,
    rules: Rules,
    progress: ProgressRules | None = None,
    lineage: pd.DataFrame | None = None,
    communes: pd.DataFrame | None = None,
    compared: tuple[date, date] | None = None,
    seed: int = SEED,
) -> Progress:
    """Return indicators, balances, changes and outlook over all dates of the counts.

    Parameters
    ----------
    counts, places, lineage, communes
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
    history = snapshots(
        counts, places, rules=rules, lineage=lineage, every=wanted.snapshot_every, communes=communes
    )
    days = _days(history)
    _refuse(wanted, history, days, compared)
    areas = tuple(a for a in dict.fromkeys((*AREAS, *wanted.group_by)) if _has_any(history, a))
    empty = pd.DataFrame()
    blank = Progress(
        dates=days,
        areas=areas,
        compared=compared or ((days[0], days[-1]) if len(days) > 1 else None),
        indicators=empty,
        balances=empty,
        comparison=None,
        outlook=empty,
        history=history,
        problems=tuple(_problems(counts, history, wanted)),
        rules=wanted,
        lineage=lineage,
    )
    return _scored(_compared(blank), areas, seed=seed)


def narrow(
    progress: Progress,
    within: pd.Series[Any] | None = None,
    *,
    compared: tuple[date, date] | None = None,
    areas: Sequence[str] = (),
    seed: int = SEED,
) -> Progress:
    """Return what the same snapshots tell of a part of the places, or between two other dates.

    A place that left the part (it moved to another commune, say) is not gone: its balance says
    ``moved``.

    Parameters
    ----------
    within
        On the index of ``progress.history``: whether a place of a date is in the part.
    compared
        The two dates to compare; those of ``progress`` where not given.
    areas
        Columns of the history to add up by, beside everything.

    Raises
    ------
    SettingsError
        A date to compare has no snapshot.
    """
    _refuse(progress.rules, progress.history, progress.dates, compared)
    if compared is not None and compared != progress.compared:
        progress = _compared(replace(progress, compared=compared))
    return _scored(progress, tuple(areas), within, seed=seed)


def cut(progress: Progress, within: pd.Series[Any], *, seed: int = SEED) -> Progress:
    """Return what a part of the places tells on its own, with nothing of the others in it.

    Unlike with :func:`narrow`, a place that moved out of the part is gone, and one that moved
    into it is new.
    """
    history = progress.history[within.to_numpy(bool)].reset_index(drop=True)
    lineage = progress.lineage
    if lineage is not None:
        known = lineage[["place_id_before", "place_id_after"]].isin(set(history["place_id"]))
        lineage = lineage[known.all(axis=1)]
    alone = replace(progress, history=history, lineage=lineage, problems=())
    return _scored(_compared(alone), progress.areas, seed=seed)


def _compared(progress: Progress) -> Progress:
    """Compare the two dates place by place."""
    if progress.compared is None:
        return progress
    before, after = (snapshot(progress.history, pd.Timestamp(day)) for day in progress.compared)
    return replace(progress, comparison=compare(before, after, lineage=progress.lineage))


def _scored(
    progress: Progress,
    areas: tuple[str, ...],
    within: pd.Series[Any] | None = None,
    *,
    seed: int,
) -> Progress:
    """Put the figures of the places within to what is compared."""
    whole, comparison = progress.history, progress.comparison
    history = whole if within is None else whole[within.to_numpy(bool)]
    if comparison is not None and within is not None:
        comparison = scoring.part_of(comparison, whole, within)
    names = scoring.area_names(whole, areas)
    table, by_unit = scoring.indicator_tables(history, areas, progress.rules)
    return replace(
        progress,
        areas=areas,
        indicators=scoring.named(table, names),
        balances=scoring.named(scoring.balance_table(comparison, areas), names),
        comparison=comparison,
        outlook=scoring.named(scoring.outlook_table(by_unit, history, progress.rules, seed), names),
        history=history,
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


def _days(history: pd.DataFrame) -> tuple[date, ...]:
    days = pd.DatetimeIndex(history["as_of"].unique()).sort_values()
    return tuple(d.date() for d in days)


def _has_any(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and bool(frame[column].notna().any())


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
