"""What the commands print: tables and messages for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geoparty import words
from geoparty.errors import Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from geoparty.assess import Progress as Score
    from geoparty.pipeline import Boundaries, Checked, Progress
    from geoparty.schema import Results
    from geoparty.travel import TravelReport

MOST_PROBLEMS_SHOWN = 20


def terminal(*, stderr: bool = False) -> Console:
    """Return the terminal to print on."""
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=True)


@contextmanager
def bar(language: words.Language, *, quiet: bool) -> Iterator[Progress]:
    """Show the stage at work on standard error, gone when done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal(stderr=True), transient=True, disable=quiet) as bars:
        task = bars.add_task("", total=None)

        def progress(stage: str, done: int, total: int) -> None:
            bars.update(
                task,
                description=words.text(f"pipeline.{stage}", language),
                completed=done,
                total=total,
            )

        yield progress


def echo_json(data: dict[str, Any]) -> None:
    """Print strict JSON on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))


def problem_records(problems: Iterable[Problem], language: words.Language) -> list[dict[str, Any]]:
    """Return problems as records for JSON, their texts in one language."""
    return [
        {
            "key": p.key,
            "severity": p.severity,
            "file": p.file,
            "sheet": p.sheet,
            "rows": list(p.rows),
            "column": p.column,
            "text": p.text(language),
        }
        for p in problems
    ]


def show_account(
    console: Console, totals: dict[str, dict[str, int]], language: words.Language
) -> None:
    """Print rows by table and outcome."""
    from rich.table import Table

    table = Table(title=words.text("cli.account", language), title_justify="left")
    table.add_column("")
    outcomes = ("rows", "matched", "ambiguous", "unmatched", "rejected", "total")
    for name in outcomes:
        header = words.text("cli.rows" if name == "rows" else f"levels.{name}", language)
        table.add_column(header, justify="right")
    for name, counts in totals.items():
        table.add_row(
            words.text(f"cli.table_{name}", language),
            *(words.number(counts[o], language) for o in outcomes),
        )
    console.print(table)


def show_problems(
    console: Console, holder: Checked | Results, language: words.Language, *, most: int | None
) -> None:
    """Print problems, errors first; at most so many, and how many more."""
    problems = sorted(holder.problems, key=lambda p: p.severity)
    if not problems:
        console.print(words.text("cli.no_problems", language), style="green")
    for problem in problems[:most]:
        style = "red" if problem.severity == "error" else "yellow"
        mark = words.text(f"cli.{problem.severity}", language)
        console.print(
            f"{mark}: {problem.text(language)}", style=style, markup=False, highlight=False
        )
    if most is not None and len(problems) > most:
        console.print(
            words.text("cli.more_problems", language, n=len(problems) - most), markup=False
        )


def show_summary(results: Results, written: list[Path], language: words.Language) -> None:
    """Print one screen: account, levels, the plan, problems, files written."""
    from geoparty.schema import GAP_LEVELS

    console, made = terminal(), results.run
    title = made["project"] + (
        f" — {words.text('cli.synthetic', language)}" if made["is_synthetic"] else ""
    )
    console.rule(title)
    show_account(console, made["account"], language)
    levels = made["gap_levels"]
    widest = max(1, *levels.values())
    for level in GAP_LEVELS:
        bar = "█" * round(30 * levels[level] / widest)
        n = words.number(levels[level], language)
        console.print(f"{words.text(f'levels.{level}', language):28} {n:>6} {bar}", highlight=False)
    figures = {
        "n_places": len(results.places),
        "n_communes": len(results.communes),
        "n_border": int(results.communes["is_border"].fillna(False).sum()),
        "cut_off": _cut_off(results, language),
        "n_sites": made["plan"]["n_sites"],
    }
    console.print(words.text("cli.figures", language, **figures), markup=False)
    planned = made["plan"]
    said = words.text(f"pipeline.plan_{planned['status']}", language, **planned)
    console.print(said, markup=False, highlight=False)
    show_problems(console, results, language, most=MOST_PROBLEMS_SHOWN)
    if written:
        names = ", ".join(path.name for path in written)
        console.print(
            words.text("cli.written", language, folder=written[0].parent, names=names), markup=False
        )


def _cut_off(results: Results, language: words.Language) -> str:
    """Return how many places each season cuts off; that it is not known where none is measured."""
    seasons = results.run["settings"]["seasons"]
    said = []
    for season in seasons:
        flag = results.places[f"is_cut_off_{season['name']}"]
        name = season[f"label_{language}"].lower()
        measured = flag.notna().any()
        key = "cut_off_season" if measured else "cut_off_not_measured"
        n = int(flag.fillna(value=False).sum())
        said.append(words.text(f"cli.{key}", language, n=n, season=name))
    return ", ".join(said)


def show_progress(score: Score, written: list[Path], language: words.Language) -> None:
    """Print the balances of the whole and where the files are."""
    from rich.table import Table

    console = terminal()
    days = [day.strftime("%d/%m/%Y") for day in score.dates]
    console.print(words.text("cli.snapshots", language, n=len(days), dates=", ".join(days)))
    rows = score.balances[(score.balances["area"] == "all")]
    if len(rows):
        columns = ("opening", "closed", "opened", "closing")
        table = Table(title=words.text("cli.balance", language), title_justify="left")
        table.add_column("")
        for name in columns:
            table.add_column(words.text(f"assess.{name}", language), justify="right")
        for row in rows.to_dict("records"):
            levels = row["levels"]
            named = "cli.gaps" if levels == "gaps" else f"levels.{levels}"
            table.add_row(
                words.text(named, language), *(words.number(row[c], language) for c in columns)
            )
        console.print(table)
    _show_outlook(console, score, language)
    for problem in score.problems:
        console.print(problem.text(language), markup=False, highlight=False, style="yellow")
    names = ", ".join(path.name for path in written)
    folder = written[0].parent
    console.print(words.text("cli.written", language, folder=folder, names=names), markup=False)


def _show_outlook(console: Console, score: Score, language: words.Language) -> None:
    """Print each target with both numbers of the last date and whether it is reached in time."""
    outlook = score.outlook[score.outlook["area"] == "all"]
    whole = score.indicators[score.indicators["area"] == "all"]
    last = whole.drop_duplicates("indicator", keep="last").set_index("indicator")
    for row in outlook.to_dict("records"):
        told = last.loc[row["indicator"]]
        if row["outlook"] == "unknown" or not told["denominator"]:
            continue
        console.print(
            words.text(
                "cli.outlook",
                language,
                name=words.text(f"assess.ind_{row['indicator']}", language),
                part=int(told["numerator"]),
                whole=int(told["denominator"]),
                percent=float(told["percent"]),
                target=row["target_percent"],
                by=f"{row['target_date']:%d/%m/%Y}",
                verdict=words.text(f"assess.outlook_{row['outlook']}", language),
                n=row["n_snapshots"],
            ),
            markup=False,
            highlight=False,
        )


def show_review(undecided: pd.DataFrame, language: words.Language) -> None:
    """Print each undecided row with its proposals and how to decide it."""
    console = terminal()
    if undecided.empty:
        console.print(words.text("cli.all_decided", language), style="green")
    for row in undecided.to_dict("records"):
        where = f"{row['file']} {row['sheet'] or ''} {row['row']}".replace("  ", " ")
        named = row["place_name"] or row["commune_name"] or ""
        outcome = words.text(f"levels.{row['outcome']}", language)
        console.print(f"{where}: {named} — {outcome} ({row['n_rows']})", markup=False)
        for unit, label, score in row["candidates"] or ():
            console.print(f"    {unit}  {label}  {score:.0%}", markup=False, highlight=False)
        console.print(f"    --key {row['key']!r}", markup=False, highlight=False, style="dim")
    if len(undecided):
        console.print(words.text("cli.how_to_decide", language), markup=False)


def show_travel(
    results: Results, report: TravelReport, written: list[Path], language: words.Language
) -> None:
    """Print by season how many are cut off, in how many groups, and what to open first."""
    console = terminal()
    mode = words.text(f"travel.mode_{report.used['travel']['mode']}", language)
    model = words.text(f"travel.model_{report.model}", language)
    console.print(words.text("cli.travel_how", language, mode=mode, model=model), markup=False)
    for problem in report.check.problems:
        console.print(problem.text(language), markup=False, highlight=False, style="yellow")
    seasons = {s["name"]: s[f"label_{language}"] for s in report.used["seasons"]}
    for name, found in report.crossings.items():
        groups = found.groups.dropna()
        said = {"n": len(groups), "of": len(results.places), "groups": groups.nunique()}
        text = words.text("cli.cut_off", language, season=seasons[name], **said)
        console.print(text, markup=False)
        opens = found.frame[found.frame["is_best_of_group"]].head(10)
        if len(opens):
            console.print(_crossings_table(opens, language))
    names = ", ".join(path.name for path in written)
    folder = written[0].parent
    console.print(words.text("cli.written", language, folder=folder, names=names), markup=False)


def _crossings_table(opens: pd.DataFrame, language: words.Language) -> Table:
    from rich.table import Table

    columns = ("kind", "road_class", "group", "n_places", "people", "candidates", "saved_min")
    table = Table(title=words.text("cli.crossings", language), title_justify="left")
    for name in columns:
        table.add_column(words.text(f"cli.crossing_{name}", language))
    for row in opens.to_dict("records"):
        kind = words.text(f"cli.kind_{row['kind']}", language)
        road = words.text(f"travel.class_{row['road_class']}", language)
        cells = [kind, road, *(row[c] for c in columns[2:-1]), round(row["saved_min"])]
        table.add_row(*("?" if cell is None or cell != cell else str(cell) for cell in cells))
    return table


def show_columns(
    found: pd.DataFrame, saved: dict[str, dict[str, str]], language: words.Language
) -> None:
    """Print each header with its meaning, file by file, and what was saved."""
    from rich.table import Table

    from geoparty.present.labels import header as label_of

    console = terminal()
    for (file, sheet), rows in found.groupby(["file", "sheet"], sort=False):
        table = Table(title=f"{file} {sheet}".strip(), title_justify="left")
        for name in ("header", "meaning", "score"):
            table.add_column(words.text(f"cli.column_{name}", language))
        for header, column, score in rows[["header", "column", "score"]].itertuples(index=False):
            meaning = f"{label_of(column, {}, language)} ({column})" if column else "—"
            table.add_row(header, meaning, f"{score:.0%}" if column else "")
        console.print(table)
    if saved:
        console.print(
            words.text("cli.columns_saved", language, inputs=", ".join(saved)), markup=False
        )
    else:
        console.print(words.text("cli.columns_how", language), markup=False)


def show_boundaries(found: Boundaries, saved: str | None, language: words.Language) -> None:
    """Print defects of the boundaries, what a repair does to areas, and what was saved."""
    from rich.table import Table

    from geoparty.pipeline import boundary_lines

    console = terminal()
    for line in boundary_lines(found, language):
        console.print(line, markup=False)
    if len(found.effect):
        table = Table(title=words.text("cli.repair_effect", language), title_justify="left")
        for name in ("commune", "before", "after", "change"):
            table.add_column(words.text(f"cli.repair_{name}", language))
        for name, before, after, change in found.effect.head(20).itertuples(index=False):
            areas = (words.number(a, language, decimals=3) for a in (before, after))
            table.add_row(str(name), *areas, words.number(change * 1e6, language, sign="+"))
        console.print(table)
    key, params = ("repair_saved", {"path": saved}) if saved else ("repair_how", {})
    if len(found.effect) or saved:
        console.print(words.text(f"cli.{key}", language, **params), markup=False)
