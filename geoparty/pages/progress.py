"""Are we getting there: last year, this year, the target."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.pages import changes, downloads, layout, speech
from geoparty.pages.changes import everything, worded
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import number, say, share
from geoparty.pages.table import grid, plain
from geoparty.pages.view import View
from geoparty.present import progress_files
from geoparty.present.progress import indicator_names
from geoparty.present.progress_book import header
from geoparty.words import Language

FIRST = ("no_members", "no_cell", "admission_rate")


def page(view: View) -> None:
    """Show what moved between two dates, indicators over time, and the outlook."""
    t, whole = view.language, view.results.progress
    if whole is None or not whole.dates:
        st.header(say("progress_heading", t), anchor=False)
        st.info(say("progress_none", t))
        return
    found = view.progress()
    table = everything(found.indicators)
    layout.heading(view, "progress", _numbers(table, t))
    pair = changes.show(view, whole)
    _curves(view, table)
    st.subheader(say("progress_outlook", t), anchor=False)
    st.caption(say("progress_outlook_about", t))
    outlook = outlook_words(everything(found.outlook), t)
    plain(outlook, name=say("progress_outlook", t))
    _files(view, pair)


def _numbers(table: pd.DataFrame, language: Language) -> list[tuple[str, str, str]]:
    """Return the first indicators on their last date, with the one before and the rule."""
    found = []
    for name in FIRST:
        rows = table[table["indicator"] == name].sort_values("as_of")
        if rows.empty:
            continue
        last = rows.iloc[-1]
        (value,) = layout.figures(rows.tail(1), language)
        n, reported = int(last["n_places"]), int(last["n_reported"])
        counts = [number(k, language) for k in (reported, n, n - reported)]
        told = dict(zip(("reported", "n", "silent"), counts, strict=True))
        about = f"{words.text(f'assess.rule_{name}', language)}. "
        about += say("n_reported", language, **told)
        if len(rows) > 1:
            (was,) = layout.figures(rows.tail(2).head(1), language)
            when = speech.date(rows.iloc[-2]["as_of"], language)
            about += f" {say('progress_was', language, when=when, figures=was)}"
        found.append((indicator_names(language)[name], value, about))
    return found


def _curves(view: View, table: pd.DataFrame) -> None:
    """Show chosen indicators as curves, both numbers behind every percentage, and their rules."""
    t = view.language
    st.subheader(say("progress_curves", t), anchor=False)
    names = indicator_names(t)
    there = [n for n in names if n in set(table["indicator"])]
    keep("indicators", [n for n in FIRST if n in there], there)
    chosen = kept(
        "indicators",
        lambda: st.multiselect(
            say("progress_choose", t), there, format_func=lambda n: names[n], key="indicators"
        ),
    )
    rows = table[table["indicator"].isin(chosen)]
    if rows.empty:
        return
    order = {name: i for i, name in enumerate(chosen)}
    rows = rows.sort_values("indicator", key=lambda c: c.map(order), kind="stable")
    named = rows.assign(
        day=_short_days(rows["as_of"]),
        name=rows["indicator"].map(names),
        both=layout.figures(rows, t),
        target=rows["indicator"].map(view.settings.progress.target_percent),
    )
    names_shown = ", ".join(names[n] for n in order)
    st.altair_chart(_small_multiples(named, t), width="content", alt=names_shown)
    both = named.pivot_table(index="indicator", columns="as_of", values="both", aggfunc="first")
    both = both.loc[list(order)].rename(index=names, columns=lambda day: speech.date(day, t))
    both.index.name = say("progress_indicator", t)
    both.columns.name = None
    grid(both, t, name=say("progress_choose", t))
    with st.expander(say("progress_rules", t)):
        plain(_rules(rows, t), name=say("progress_rules", t))


def outlook_words(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the outlook in words: pace, what is needed, the year with its range, the verdict."""

    def told(value: float) -> str:
        return number(value, language, decimals=1)

    def pace(value: float) -> str:
        return number(value, language, decimals=2)

    def when(year: float) -> str:
        if pd.isna(year):
            return speech.UNKNOWN
        return say("progress_never", language) if np.isinf(year) else str(int(year))

    rows = [
        {
            "indicator": row.indicator,
            "outlook": row.outlook,
            "percent_now": told(row.percent_now),
            "target_percent": told(row.target_percent),
            "target_date": speech.date(row.target_date, language),
            "pace": pace(row.pace),
            "pace_needed": pace(row.pace_needed),
            "year": when(row.year),
            "range": f"{when(row.year_low)} – {when(row.year_high)}",
            "n_snapshots": number(row.n_snapshots, language),
        }
        for row in table.itertuples()
    ]
    frame = pd.DataFrame(rows)
    return worded(frame, tuple(frame.columns), language).set_index(header("indicator", language))


def _short_days(days: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates short enough for the axis of a small curve."""
    one_a_year = days.drop_duplicates().dt.year.is_unique
    return days.dt.strftime("%Y" if one_a_year else "%m/%Y")


def _rules(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return how each indicator is made, its source, and how many places reported it."""
    last = rows.drop_duplicates("indicator", keep="last")
    reported = [
        share(n, of, language) for n, of in zip(last["n_reported"], last["n_places"], strict=True)
    ]
    told = dict.fromkeys(("indicator", "rule", "source"), last["indicator"])
    table = pd.DataFrame(told).assign(n_reported=reported)
    return worded(table, tuple(table.columns), language).set_index(header("indicator", language))


def _small_multiples(named: pd.DataFrame, language: Language) -> alt.FacetChart:
    """Draw one small curve an indicator with its target, each on a scale of its own."""
    shown = pd.DataFrame(named[["name", "day", "percent", "both", "target"]])
    order = list(shown["name"].unique())
    base = alt.Chart(shown).properties(width=245, height=110)
    # marks are named in English; the table below says it all
    line = base.mark_line(point=alt.OverlayMarkDef(aria=False), color="#1f5f8b", aria=False).encode(
        x=alt.X("day:O", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("percent:Q", title="%"),
        tooltip=[
            alt.Tooltip("name", title=" "),
            alt.Tooltip("day", title=say("progress_day", language)),
            alt.Tooltip("both", title="%"),
        ],
    )
    target = base.mark_rule(strokeDash=[4, 3], color="#7a4b00", aria=False).encode(y="target:Q")
    drawn: alt.FacetChart = (
        alt.layer(line, target)
        .facet(facet=alt.Facet("name:N", sort=order, title=None), columns=3)
        .resolve_scale(y="independent")
        .configure(aria=False)
    )
    return drawn


def _files(view: View, pair: tuple[date, date] | None) -> None:
    """Offer the progress files of the places let through; they are made together, once."""
    if not view.may("export"):
        return
    score = view.progress(compared=pair, areas=changes.areas(view))

    def made() -> dict[str, bytes]:
        run: dict[str, Any] = view.results.run
        settings = run["settings"] | {"language": view.language}
        return progress_files(score, view.results.places, run=run | {"settings": settings})

    def files() -> dict[str, bytes]:
        chosen = (view.province, view.commune, view.kinds, view.own)
        return view.derived(f"progress_files/{view.language}/{chosen}/{pair}", made)

    with st.container(horizontal=True):
        for kind in ("xlsx", "csv", "geojson"):
            label, file = say(f"progress_{kind}", view.language), f"progress.{kind}"
            make = partial(_one, files, file)
            downloads.button(view, label, make, file=file, key=f"progress_{kind}")


def _one(files: Callable[[], dict[str, bytes]], name: str) -> bytes:
    return files()[name]
