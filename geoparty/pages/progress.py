"""Are we getting there: last year, this year, the target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.assess import CHANGES, Progress
from geoparty.pages import downloads, layout
from geoparty.pages.mapview import Drawing, Sign
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import date, number, say, share
from geoparty.pages.view import View
from geoparty.present import progress_files
from geoparty.present.progress import indicator_names
from geoparty.present.progress_book import header, in_words
from geoparty.words import Language

FIRST = ("no_members", "no_cell", "admission_rate")
SIGNS = {
    "worsened": ("#b2182b", "triangle"),
    "gone": ("#5b2a86", "cross"),
    "new": ("#f2b134", "diamond"),
    "improved": ("#1b7fbd", "down"),
    "not_comparable": ("#8c8c8c", "ring"),
    "unchanged": ("#ffffff", "circle"),
}
"""Colour and shape of each change; merged and split places are drawn as new."""
BALANCE = ("levels", "opening", "closed", "opened", "closing")
OUTLOOK = (
    "indicator",
    "target_percent",
    "target_date",
    "percent_now",
    "pace",
    "pace_needed",
    "year",
    "year_low",
    "year_high",
    "n_snapshots",
    "first_date",
    "last_date",
    "outlook",
)


def page(view: View) -> None:
    """Show indicators over time, what moved between two dates, and the outlook."""
    t, progress = view.language, view.results.progress
    if progress is None:
        st.header(say("progress_heading", t))
        st.info(say("progress_none", t))
        return
    table = _of_area(progress.indicators, view)
    layout.heading(view, "progress", _numbers(table, t))
    _curves(table, t)
    if progress.comparison is not None:
        st.subheader(_between(progress, t))
        layout.map_and_card(view, _drawing(view, progress), _balance(view, progress))
    st.subheader(say("progress_outlook", t))
    st.dataframe(_worded(_of_area(progress.outlook, view), OUTLOOK, t), hide_index=True)
    _files(view, progress)


def _of_area(table: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the rows of the commune or province chosen, else those of everything."""
    for area, code in (("commune_code", view.commune), ("province_code", view.province)):
        found = table[(table["area"] == area) & (table["code"] == code)] if code else table.head(0)
        if len(found):
            return found
    return table[table["area"] == "all"]


def _numbers(table: pd.DataFrame, language: Language) -> list[tuple[str, str, str]]:
    """Return the first indicators on their last date, with the one before and the rule."""
    found = []
    for name in FIRST:
        rows = table[table["indicator"] == name].sort_values("as_of").dropna(subset="percent")
        value = "–"
        if len(rows):
            last = rows.iloc[-1]
            value = share(int(last["numerator"]), int(last["denominator"]), language)
        label = indicator_names(language)[name]
        about = words.text(f"assess.rule_{name}", language)
        if len(rows) > 1:
            before = rows.iloc[-2]
            was = number(float(before["percent"]), language, decimals=1)
            when = date(before["as_of"], language)
            about = f"{about}. {say('progress_was', language, when=when, percent=was)}"
        found.append((label, value, about))
    return found


def _curves(table: pd.DataFrame, language: Language) -> None:
    """Show chosen indicators as curves, and both numbers behind every percentage."""
    names = indicator_names(language)
    there = [n for n in names if n in set(table.dropna(subset="percent")["indicator"])]
    keep("indicators", [n for n in FIRST if n in there], there)
    chosen = kept(
        "indicators",
        lambda: st.multiselect(
            say("progress_choose", language),
            there,
            format_func=lambda n: names[n],
            key="indicators",
        ),
    )
    rows = table[table["indicator"].isin(chosen)]
    if rows.empty:
        return
    days = rows["as_of"].map(lambda day: date(day, language))
    numbers = [
        share(int(n), int(d), language) if pd.notna(n) and pd.notna(d) else "–"
        for n, d in zip(rows["numerator"], rows["denominator"], strict=True)
    ]
    named = rows.assign(day=days, name=rows["indicator"].map(names), both=numbers)
    st.altair_chart(_small_multiples(named), width="content")
    both = named.pivot_table(
        index="name", columns="day", values="both", aggfunc="first", sort=False
    )
    both.index.name = say("progress_indicator", language)
    st.dataframe(both, width="stretch")


def _small_multiples(named: pd.DataFrame) -> alt.Chart:
    """Draw one small curve an indicator, each on a scale of its own, dates in common."""
    shown = pd.DataFrame(named[["name", "day", "percent", "both"]])
    drawn: alt.Chart = (
        alt.Chart(shown, description=", ".join(shown["name"].unique()))
        .mark_line(point=True, color="#1f5f8b")
        .encode(
            x=alt.X("day:O", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("percent:Q", title="%"),
            tooltip=["name", "day", "both"],
            facet=alt.Facet("name:N", columns=3, sort=None, title=None),
        )
        .properties(width=250, height=110)
        .resolve_scale(y="independent")
    )
    return drawn


def _between(progress: Progress, language: Language) -> str:
    first, last = progress.compared or (None, None)
    return say("progress_between", language, first=date(first, language), last=date(last, language))


def _balance(view: View, progress: Progress) -> pd.DataFrame:
    """Return what closed and opened for each level: opening - closed + opened = closing."""
    return _worded(_of_area(progress.balances, view), BALANCE, view.language).set_index(
        header("levels", view.language)
    )


def _worded(table: pd.DataFrame, columns: tuple[str, ...], language: Language) -> pd.DataFrame:
    there = pd.DataFrame(table[[c for c in columns if c in table.columns]])
    for name in there.columns:
        if pd.api.types.is_float_dtype(there[name]):
            there[name] = there[name].round(1)
        elif name.endswith("_date"):
            there[name] = there[name].map(lambda day: date(day, language))
    worded = in_words(there, language)
    return worded.rename(columns={c: header(c, language) for c in worded.columns})


def _drawing(view: View, progress: Progress) -> Drawing:
    t, communes = view.language, view.on_map
    names = list(SIGNS)
    changes = progress.comparison.changes["change"] if progress.comparison else pd.Series()
    places = layout.located(view, view.places)
    found = changes.reindex(places.index).fillna("not_comparable").astype(object)
    found = found.where(found.isin(names), "new")
    told = {name: words.text(f"assess.change_{name}", t) for name in CHANGES}
    signs = [
        Sign(label=told[name], colour=colour, shape=shape, size=0.6 if name == "unchanged" else 1)
        for name, (colour, shape) in SIGNS.items()
    ]
    return Drawing(
        geo=view.geo(),
        aria=say("progress_aria", t),
        title=say("progress_legend", t),
        communes=communes,
        fill=layout.left_out(np.zeros(len(communes), dtype=int), view.is_in),
        fill_signs=[Sign(label=say("land", t), colour="#f4f1e6")],
        tips=[""] * len(communes),
        places=places,
        kinds=np.array([names.index(name) for name in found], dtype=int),
        kind_signs=signs,
        place_tips=layout.place_tips(places, [told[name] for name in found]),
        lines=layout.land_lines(view),
    )


def _files(view: View, progress: Progress) -> None:
    """Offer the progress files; they are made together, once."""
    if not view.may("export"):
        return

    def made() -> dict[str, bytes]:
        run: dict[str, Any] = view.results.run
        settings = run["settings"] | {"language": view.language}
        return progress_files(progress, view.results.places, run=run | {"settings": settings})

    def files() -> dict[str, bytes]:
        return view.derived(f"progress/{view.language}", made)

    with st.container(horizontal=True):
        for kind in ("xlsx", "csv", "geojson"):
            label, file = say(f"progress_{kind}", view.language), f"progress.{kind}"
            make = partial(_one, files, file)
            downloads.button(view, label, make, file=file, key=f"progress_{kind}")


def _one(files: Callable[[], dict[str, bytes]], name: str) -> bytes:
    return files()[name]
