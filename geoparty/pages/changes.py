"""What moved between two dates: map, balances that add up, and the places behind them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.assess import AREAS, CHANGES, Progress
from geoparty.pages import layout, mapview, speech
from geoparty.pages.mapview import Drawing, Sign
from geoparty.pages.session import keep, kept
from geoparty.pages.speech import say
from geoparty.pages.table import grid
from geoparty.pages.view import View
from geoparty.present.progress import changes_frame
from geoparty.present.progress_book import header, in_words
from geoparty.words import Language

SIGNS = {
    "worsened": ("#b2182b", "triangle"),
    "gone": ("#5b2a86", "cross"),
    "new": ("#f2b134", "diamond"),
    "improved": ("#1b7fbd", "down"),
    "not_comparable": ("#8c8c8c", "ring"),
    "unchanged": ("#ffffff", "circle"),
}
"""Colour and shape of each change; merged and split places are drawn as new, and told apart in
words."""
SUMS = ("opening", "closed", "opened", "closing")
SHARES = ("no_members", "no_cell", "admission_rate")
LISTED = (
    "place_name",
    "place_kind",
    "commune_name",
    "change",
    "why",
    "level_before",
    "level_after",
    "place_name_before",
    "commune_name_before",
    "related",
)


def show(view: View, whole: Progress) -> tuple[date, date] | None:
    """Show what moved between two dates the planner chooses, and return them."""
    t = view.language
    if len(whole.dates) < 2 or whole.compared is None:
        return None
    with st.sidebar:
        pair = _two_dates(whole, t)
    score = view.progress(compared=pair)
    layout.map_and_card(view, mapview.picture(_drawing(view, score, pair)), _balance(score, t))
    st.caption(say("progress_adds_up", t))
    _by_area(view, pair)
    _places(view, score)
    return pair


def everything(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of everything let through, of a table by area."""
    return table[table["area"] == "all"]


def worded(table: pd.DataFrame, columns: tuple[str, ...], language: Language) -> pd.DataFrame:
    """Return columns of a table in words, under their headers."""
    there = pd.DataFrame(table[[c for c in columns if c in table.columns]])
    for name in there.columns:
        if pd.api.types.is_float_dtype(there[name]):
            there[name] = there[name].round(1)
        elif name.endswith("_date"):
            there[name] = there[name].map(lambda day: speech.date(day, language))
    shown = in_words(there, language)
    return shown.rename(columns={c: header(c, language) for c in shown.columns})


def areas(view: View) -> tuple[str, ...]:
    """Return the columns the places let through can be added up by."""
    whole = view.results.progress
    own = (*view.settings.progress.group_by, *(name for name, _ in view.own))
    return tuple(a for a in dict.fromkeys((*AREAS, *own)) if a in whole.areas or a in own)


def _two_dates(whole: Progress, language: Language) -> tuple[date, date]:
    """Ask for the two dates to compare, the earlier one first."""
    default = whole.compared or (whole.dates[0], whole.dates[-1])
    chosen = [
        _date(f"progress_{side}", whole.dates, day, language)
        for side, day in zip(("from", "to"), default, strict=True)
    ]
    first, last = sorted(chosen)
    return first, last


def _date(key: str, days: tuple[date, ...], default: date, language: Language) -> date:
    keep(key, default, list(days))
    return kept(
        key,
        lambda: st.selectbox(
            say(key, language),
            days,
            format_func=lambda day: speech.date(day, language),
            key=key,
        ),
    )


def _balance(score: Progress, language: Language) -> pd.DataFrame:
    """Return what closed and opened for each level: opening - closed + opened = closing."""
    table = worded(everything(score.balances), ("levels", *SUMS), language)
    short = {header(c, language): say(f"progress_{c}", language) for c in ("opening", "closing")}
    return table.set_index(header("levels", language)).rename(columns=short)


def _by_area(view: View, pair: tuple[date, date]) -> None:
    """Show gaps and first indicators by an area the planner chooses, with their sum."""
    t, options = view.language, areas(view)
    if not options:
        return
    keep("progress_by", options[0], list(options))
    area = kept(
        "progress_by",
        lambda: st.segmented_control(
            say("progress_by", t),
            options,
            format_func=lambda name: _area_name(name, t),
            key="progress_by",
        ),
    )
    if area:
        day = speech.date(pair[1], t)
        st.caption(say("progress_by_about", t, day=day))
        name = say("progress_by_about", t, day=day)
        grid(by_area(view, area, pair), t, name=name, hide_index=True)


def by_area(view: View, area: str, pair: tuple[date, date]) -> pd.DataFrame:
    """Return a line for each value of an area and their sum: the gaps and the shares behind."""
    t = view.language
    score = view.progress(compared=pair, areas=(area,))
    name = _area_name(area, t)
    rows = score.balances[score.balances["levels"] == "gaps"]
    rows = pd.concat([rows[rows["area"] == area], everything(rows)]).set_index(["area", "code"])
    table = in_words(rows.reset_index(), t)[["name", *SUMS]].set_axis(rows.index)
    table["name"] = table["name"].fillna(words.text("present.unknown_value", t).capitalize())
    table.loc[[i for i in table.index if i[0] == "all"], "name"] = words.text("present.sum_all", t)
    last = score.indicators[score.indicators["as_of"] == pd.Timestamp(pair[1])]
    for indicator in SHARES:
        found = last[last["indicator"] == indicator].set_index(["area", "code"])
        found = found[~found.index.duplicated()].reindex(table.index)
        table[words.text(f"assess.ind_{indicator}", t)] = layout.figures(found, t)
    table = pd.concat([table.tail(1), table.head(-1)])
    return table.rename(columns={"name": name} | {c: header(c, t) for c in SUMS})


def _area_name(area: str, language: Language) -> str:
    known = words.catalogue("assess")
    return words.text(f"assess.area_{area}", language) if f"area_{area}" in known else area


def _places(view: View, score: Progress) -> None:
    """List the places that are not as they were."""
    t = view.language
    table = changes_frame(score, view.results.places)
    moved = table["is_renamed"].fillna(False) | table["is_moved"].fillna(False)
    table = pd.DataFrame(table[table["change"].ne("unchanged") | moved.astype(bool)])
    n = speech.number(len(table), t)
    with st.expander(say("progress_places", t, n=n)):
        grid(worded(table, LISTED, t), t, name=say("progress_places", t, n=n), hide_index=True)


def _drawing(view: View, score: Progress, pair: tuple[date, date]) -> Drawing:
    t, communes = view.language, view.on_map
    before, after = (speech.date(day, t) for day in pair)
    names = list(SIGNS)
    changes = score.comparison.changes["change"] if score.comparison else pd.Series()
    places = layout.located(view, view.places)
    found = changes.reindex(places.index).fillna("not_comparable").astype(object)
    drawn = found.where(found.isin(names), "new")
    told = {name: words.text(f"assess.change_{name}", t) for name in CHANGES}
    signs = [
        Sign(label=told[name], colour=colour, shape=shape, size=0.6 if name == "unchanged" else 1)
        for name, (colour, shape) in SIGNS.items()
    ]
    return Drawing(
        geo=view.geo(),
        language=t,
        aria=say("progress_aria", t),
        title=say("progress_legend", t, before=before, after=after),
        communes=communes,
        fill=layout.left_out(np.zeros(len(communes), dtype=int), view.is_in),
        fill_signs=[Sign(label=say("land", t), colour="#f4f1e6")],
        tips=[""] * len(communes),
        places=places,
        kinds=np.array([names.index(name) for name in drawn], dtype=int),
        kind_signs=signs,
        place_tips=layout.place_tips(places, [told[name] for name in found]),
        lines=layout.land_lines(view),
    )
