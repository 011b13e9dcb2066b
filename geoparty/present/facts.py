"""The figures on the first sheet and in the report, as blocks of rows; they add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from geoparty import schema, words
from geoparty.present import labels
from geoparty.present.block import Block, Cell, Share
from geoparty.words import Language


def blocks(results: schema.Results, language: Language) -> list[Block]:
    """Return every block of the summary, in reading order; empty ones are left out."""
    found = [
        about(results, language),
        by_level(results.places, language),
        by_kind(results.places, language),
        by_province(results.places, language),
        unknown(results.places, language),
        plan(results, language),
        account(results.account, language),
        rules(results.run, language),
        problems(results, language),
    ]
    return [block for block in found if block.rows]


def about(results: schema.Results, language: Language) -> Block:
    """Return what the run was made of: project, time, version, dates of the data."""
    run, t = results.run, _texts(language)
    rows: list[tuple[Cell, ...]] = [
        (t("sum_project"), str(run.get("settings", {}).get("name", ""))),
        (t("sum_made"), _shown_time(str(run.get("written_at", "")))),
        (t("sum_version"), str(run.get("geoparty", ""))),
        (t("sum_data_dates"), data_dates(results.places, language)),
    ]
    return Block(t("title"), (), tuple(row for row in rows if row[1]))


def data_dates(places: pd.DataFrame, language: Language) -> str:
    """Return the date of the counts, or the first and last where they differ."""
    if "as_of" not in places or places["as_of"].isna().all():
        return words.text("present.sum_no_date", language)
    dates = places["as_of"].dropna()
    first, last = dates.min().strftime("%d/%m/%Y"), dates.max().strftime("%d/%m/%Y")
    return first if first == last else f"{first} – {last}"


def by_level(places: pd.DataFrame, language: Language) -> Block:
    """Return places by gap level with the whole and the share; the last row is the sum."""
    t = _texts(language)
    counts = places["gap_level"].astype(object).value_counts()
    n = len(places)
    rows = [
        (words.text(f"levels.{level}", language), k, n, _share(k, n))
        for level in schema.GAP_LEVELS
        for k in [int(counts.get(level, 0))]
    ]
    rows.append((t("sum_all"), sum(row[1] for row in rows), n, _share(n, n)))
    headers = (t("sum_level"), t("sum_n"), t("sum_of"), t("sum_share"))
    return Block(t("sum_levels"), headers, tuple(rows), schema.GAP_LEVELS)


def by_kind(places: pd.DataFrame, language: Language) -> Block:
    """Return, by kind of place, how many there are, without members and without a cell."""
    kinds = places["place_kind"].astype(object)
    names = [*schema.PLACE_KINDS, None]
    return _grouped(
        [
            (
                labels.value_words(kind, language) if kind else _texts(language)("unknown_value"),
                places[kinds.eq(kind) if kind else kinds.isna()],
            )
            for kind in names
        ],
        ("sum_kinds", "sum_kind"),
        language,
    )


def by_province(places: pd.DataFrame, language: Language) -> Block:
    """Return the same by province."""
    groups = [(str(name), part) for name, part in places.groupby("province_name")]
    groups.sort(key=lambda group: labels.sort_key(group[0]))
    rest = places[places["province_name"].isna()]
    groups.append((_texts(language)("unknown_value"), rest))
    return _grouped(groups, ("sum_provinces", "col_province_name"), language)


def _grouped(
    groups: list[tuple[str, pd.DataFrame]], titles: tuple[str, str], language: Language
) -> Block:
    t = _texts(language)
    sums = {name: _level_sums(part) for name, part in groups if len(part)}
    rows: list[tuple[Cell, ...]] = [(name, *row) for name, row in sums.items()]
    if rows:
        rows.append((t("sum_all"), *(sum(column) for column in zip(*sums.values(), strict=True))))
    headers = tuple(
        t(key) for key in ("sum_n", "sum_no_members", "sum_no_cell", "sum_at_risk", "sum_unknown")
    )
    return Block(t(titles[0]), (t(titles[1]), *headers), tuple(rows))


def _level_sums(part: pd.DataFrame) -> tuple[int, ...]:
    """Return places, without members, without a cell (members or not), at risk, unknown."""
    levels = part["gap_level"].astype(object)
    no_members = int(levels.eq("no_members").sum())
    no_cell = no_members + int(levels.eq("no_cell").sum())
    at_risk, unknown = (int(levels.eq(level).sum()) for level in ("at_risk", "unknown"))
    return len(part), no_members, no_cell, at_risk, unknown


def unknown(places: pd.DataFrame, language: Language) -> Block:
    """Return how many places did not report each figure; fully reported ones are left out."""
    t, n = _texts(language), len(places)
    names = [*schema.COUNTS, "households", "population"]
    skipped = {"place_id", "place_name", "commune_code", "commune_name", "cell_id"}
    missing = {
        name: int((places[name].isna() & ~labels.masked(places, name)).sum())
        for name in names
        if name in places and name not in skipped
    }
    rows = [
        (labels.header(name, {}, language), k, n, _share(k, n)) for name, k in missing.items() if k
    ]
    if "location" in places:
        k = int(places["location"].astype(object).ne("given").sum())
        rows += [(t("sum_no_location"), k, n, _share(k, n))] if k else []
    headers = (t("sum_unknown_item"), t("sum_unknown_n"), t("sum_of"), t("sum_share"))
    return Block(t("sum_known"), headers, tuple(rows))


def plan(results: schema.Results, language: Language) -> Block:
    """Return what the class plan says of itself."""
    t, found = _texts(language), results.run.get("plan") or {}
    rows: list[tuple[Cell, ...]] = []
    if told := labels.scenario(results.run, language):
        rows.append((t("plan_scenario"), told))
    if found.get("status"):
        rows.append((t("plan_status"), labels.value_words(str(found["status"]), language)))
        rows.append((labels.header("sites", {}, language), len(results.sites)))
        rows += [
            (t(f"plan_{key}"), round(float(found[key]), 1))
            for key in ("objective_min", "bound_min")
            if isinstance(found.get(key), (int, float))
        ]
    return Block(t("sum_plan"), (), tuple(rows))


def account(table: pd.DataFrame, language: Language) -> Block:
    """Return input rows by table and outcome, with their sum."""
    t = _texts(language)
    counted = table.groupby(["table", "outcome"], observed=True, sort=True).size()
    rows: list[tuple[Cell, ...]] = [
        (_table_words(str(name), language), labels.value_words(str(outcome), language), int(k))
        for (name, outcome), k in counted.items()
    ]
    if rows:
        rows.append((t("sum_all"), None, len(table)))
    return Block(t("sum_account"), (t("col_table"), t("sum_outcome"), t("sum_rows")), tuple(rows))


def rules(run: dict[str, Any], language: Language) -> Block:
    """Return every rule the run was made with."""
    t = _texts(language)
    settings = run.get("settings", {})
    rows = [
        (_rule_words(name, language), _rule_value(name, value, language))
        for name, value in (settings.get("rules") or {}).items()
    ]
    return Block(t("sum_rules"), (t("sum_rule"), t("sum_value")), tuple(rows))


def problems(results: schema.Results, language: Language) -> Block:
    """Return every problem of the input, in words."""
    t = _texts(language)
    rows = tuple((_sentence(problem.text(language)),) for problem in results.problems)
    return Block(t("sum_problems"), (t("sum_problem"),), rows)


def _sentence(text: str) -> str:
    """Return a text with a capital first letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _texts(language: Language) -> Callable[[str], str]:
    return lambda key: words.text(f"present.{key}", language)


def _share(part: int, whole: int) -> Share | None:
    return Share(part / whole) if whole else None


def _table_words(name: str, language: Language) -> str:
    known = words.catalogue("present")
    return words.text(f"present.table_{name}", language) if f"table_{name}" in known else name


def _rule_words(name: str, language: Language) -> str:
    known = words.catalogue("present")
    return words.text(f"present.rule_{name}", language) if f"rule_{name}" in known else name


def _rule_value(name: str, value: object, language: Language) -> Cell:
    if isinstance(value, (list, tuple)):
        return ", ".join(labels.value_words(str(v), language) for v in value)
    if isinstance(value, float) and "share" in name:
        return Share(value)
    if isinstance(value, (int, float)):
        return int(value) if value == int(value) else value
    return shown_date(str(value))


def shown_date(text: str) -> str:
    """Return ISO ``2026-03-05`` as ``05/03/2026``; other texts as they are."""
    try:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text


def _shown_time(stamp: str) -> str:
    """Return ISO ``2026-03-05T07:08:09`` as ``05/03/2026 07:08``; other texts as they are."""
    try:
        return pd.Timestamp(stamp).strftime("%d/%m/%Y %H:%M") if stamp else ""
    except ValueError:
        return stamp
