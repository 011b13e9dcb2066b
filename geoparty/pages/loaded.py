"""The top of every page: what was loaded, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.errors import Problem
from geoparty.pages import table
from geoparty.pages.speech import UNKNOWN, date, literal, number, say
from geoparty.pages.view import View
from geoparty.schema import OUTCOMES
from geoparty.words import Language

_FEW, _PROBLEMS_HEIGHT = 5, 380


def banner(view: View) -> None:
    """Show the project, whether it is made up, what was loaded and every problem."""
    t, results = view.language, view.results
    if view.settings.is_synthetic:
        st.warning(words.text("present.synthetic", t), icon=":material/science:")
    name = view.settings.name or view.project.folder.resolve().name
    left, right = st.columns([2, 1], vertical_alignment="center")
    loaded = view.derived(f"loaded/{t}", lambda: _sentence(view))
    left.caption(f"**{literal(name)}** · {loaded}")
    errors = sum(p.severity == "error" for p in results.problems)
    label = say("problems", t, n=number(len(results.problems), t), errors=number(errors, t))
    if not results.problems:
        label = say("no_problems", t)
    icon = ":material/error:" if errors else ":material/fact_check:"
    with right.popover(label, icon=icon, width="stretch"):
        if results.problems:
            rows = view.derived(f"problems/{t}", lambda: problem_rows(results.problems, t))
            many = len(rows) > _FEW
            with st.container(height=_PROBLEMS_HEIGHT if many else "content", border=False):
                # as text, not as a grid: what is wrong, and what to do, is read whole
                table.plain(rows.set_index(rows.columns[0]), name=say("problems_named", t))
        st.caption(say("account", t))
        rows = view.derived(
            f"account/{t}", lambda: table.numbered(account_rows(results.account, t), t)
        )
        table.grid(rows, t, name=say("account", t), hide_index=True)


def _sentence(view: View) -> str:
    """Return in one line what was loaded."""
    t, results = view.language, view.results
    rows = len(results.account)
    matched = int(results.account["outcome"].eq("matched").sum())
    dates = results.places["as_of"].dropna() if "as_of" in results.places else pd.Series()
    as_of = date(dates.max(), t) if len(dates) else words.text("present.sum_no_date", t)
    return say(
        "loaded",
        t,
        communes=number(len(results.communes), t),
        places=number(len(results.places), t),
        matched=number(matched, t),
        rows=number(rows, t),
        date=as_of,
    )


def problem_rows(problems: Iterable[Problem], language: Language) -> pd.DataFrame:
    """Return problems in words, errors first."""
    rows = [
        (say(p.severity, language), p.where(language) or UNKNOWN, p.what(language))
        for p in sorted(problems, key=lambda p: p.severity)
    ]
    return pd.DataFrame(
        rows, columns=[say(f"problem_{c}", language) for c in ("level", "where", "what")]
    )


def account_rows(account: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return how many input rows had each outcome, by table."""
    counted = pd.crosstab(account["table"], account["outcome"])
    told = [name for name in OUTCOMES if name == "matched" or name in counted]
    counted = counted.reindex(columns=told, fill_value=0)
    counted = counted.rename(columns=lambda name: words.text(f"levels.{name}", language))
    counted.insert(0, say("account_rows", language), counted.sum(axis=1))
    names = [say(f"table_{n}", language) for n in counted.index]
    counted.insert(0, say("account_table", language), names)
    return counted
