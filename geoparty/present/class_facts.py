"""What is told beside a class plan, as blocks of rows: practice, changes, curve, firm sites."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geoparty import schema, words
from geoparty.present import labels
from geoparty.present.block import Block, Cell, Share
from geoparty.words import Language


def blocks(results: schema.Results, language: Language) -> list[Block]:
    """Return the blocks there are answers for, in reading order."""
    answers = results.answers
    if answers is None:
        return []
    names = called(results.places)
    season = labels.season_labels(results.run, language)
    made = [
        practice(answers.practice, language),
        changes(answers.changes, language),
        forcing(answers.changes, names, language),
        curve(answers.curve, language),
        firmness(answers.firmness, names, season, language),
    ]
    return [block for block in made if block.rows]


def called(places: pd.DataFrame) -> pd.Series[str]:
    """Return places as people know them: name and commune."""
    return places["place_name"] + " (" + places["commune_name"].fillna("–") + ")"


def practice(table: pd.DataFrame | None, language: Language) -> Block:
    """Return person-hours of the plan beside today's ways, for the same people."""
    headers = [
        "practice",
        "places",
        "small",
        "people",
        "practice_hours",
        "plan_hours",
        "saved_hours",
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            _say(f"practice_{name}", language),
            int(row["n_places"]),
            None if pd.isna(row["n_small"]) else int(row["n_small"]),
            int(row["candidates"]),
            _tenth(row["practice_hours"]),
            _tenth(row["plan_hours"]),
            _tenth(row["saved_hours"]),
        )
        for name, row in _rows(table)
    ]
    if table is not None and table["not_compared"].any():
        headers.append("rest")
        rest = table["not_compared"].astype(int).tolist()
        rows = [(*row, n) for row, n in zip(rows, rest, strict=True)]
    return _block("practice", tuple(headers), rows, language)


def changes(table: pd.DataFrame | None, language: Language) -> Block:
    """Return the smallest change of each rule that serves everybody."""
    rows: list[tuple[Cell, ...]] = [
        (
            _say(f"rule_{rule}", language),
            _value(row["now"]),
            _say("no_change_does", language) if pd.isna(row["needed"]) else _value(row["needed"]),
        )
        for rule, row in _rows(table)
    ]
    return _block("changes", ("rule", "now", "needed"), rows, language)


def forcing(table: pd.DataFrame | None, names: pd.Series[str], language: Language) -> Block:
    """Return the places that have no class as it is: those that force a change."""
    places = [] if table is None or table.empty else list(table["places"].iloc[0])
    listed = words.listing([str(names.get(p, p)) for p in places], language, most=30)
    rows: tuple[tuple[Cell, ...], ...] = ((listed,),) if places else ()
    return Block(_say("forcing", language, n=len(places)), (), rows)


def curve(table: pd.DataFrame | None, language: Language) -> Block:
    """Return what each number of classes costs in travel."""
    headers = ("classes", "held", "hours", "bound", "mean", "longest", "left")
    rows = [
        (
            int(str(number)),
            int(row["n_held"]),
            _tenth(row["person_hours"]),
            _tenth(row["bound_hours"]),
            _tenth(row["mean_min"]),
            _tenth(row["max_min"]),
            int(row["n_unserved"]),
        )
        for number, row in _rows(table)
    ]
    return _block("curve", headers, rows, language)


def firmness(
    table: pd.DataFrame | None, names: pd.Series[str], seasons: dict[str, str], language: Language
) -> Block:
    """Return how often each site stays when travel times are off."""
    columns = [] if table is None else list(table.columns)
    headers = tuple(firm_header(str(c), seasons, language) for c in columns)
    rows: list[tuple[Cell, ...]] = [
        (str(names.get(place, place)), *[Share(float(row[c])) for c in columns])
        for place, row in _rows(table)
    ]
    first = _say("head_site", language)
    return Block(_say("title_firmness", language), (first, *headers), tuple(rows))


def firm_header(column: str, seasons: dict[str, str], language: Language) -> str:
    """Return the words of a column of firmness: stays_10, stays_wet, firm_to."""
    name = column.removeprefix("stays_")
    if column == "firm_to":
        return _say("head_firm_to", language)
    if name.isdigit():
        return _say("head_stays", language, percent=name)
    return _say("head_stays_season", language, season=seasons.get(name, name))


def _rows(table: pd.DataFrame | None) -> list[tuple[Any, Any]]:
    return [] if table is None else list(table.iterrows())


def _block(
    name: str, headers: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], language: Language
) -> Block:
    shown = tuple(_say(f"head_{h}", language) for h in headers)
    return Block(_say(f"title_{name}", language), shown, tuple(rows))


def _tenth(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None


def _value(value: float) -> int | float:
    return int(value) if float(value).is_integer() else math.ceil(float(value))


def _say(key: str, language: Language, **params: object) -> str:
    return words.text(f"answers.{key}", language, **params)
