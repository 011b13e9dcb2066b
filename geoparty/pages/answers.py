"""What a planner asks of a plan: what a change costs, practice, curve, firm sites, changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from geoparty import pipeline
from geoparty.pages import plans, wishes
from geoparty.pages.jobs import Told, wait_for
from geoparty.pages.plans import Plan
from geoparty.pages.speech import literal, minutes, number, say
from geoparty.pages.store import store
from geoparty.pages.table import grid
from geoparty.pages.view import View
from geoparty.present import class_facts, labels
from geoparty.present.block import Block, Share
from geoparty.words import Language

ASKED = ("curve", "firmness", "changes")
_KEPT = "_answers_asked"


def bar(view: View, plan: Plan) -> None:
    """Offer one class more or fewer and the plan in full; say what the last change costs."""
    t = view.language
    if plans.network_of(view) is None or not view.may("plan") or plan.made is None:
        return
    now, held = wishes.current(view), len(plan.sites)
    new = held - len(set(now.running) & set(plan.sites["place_id"]))
    with st.container(horizontal=True):
        for step, icon in ((-1, ":material/remove:"), (1, ":material/add:")):
            st.button(
                say("plan_fewer" if step < 0 else "plan_another", t),
                icon=icon,
                key=f"plan_step_{step}",
                disabled=new + step < 1,
                on_click=wishes.change,
                args=(view,),
                kwargs={"n_sites": max(1, new + step)},
            )
        if not plans.is_in_full(plan):
            st.button(
                say("plan_in_full", t),
                icon=":material/verified:",
                type="primary",
                key="plan_in_full",
                on_click=_in_full,
                help=say("plan_in_full_about", t),
            )
    if now != view.settings.classes:
        st.caption(say("plan_cost", t) + " " + cost(view, plans.before(view), plan))


def cost(view: View, before: Plan, plan: Plan) -> str:
    """Return what one plan costs beside another, in classes, minutes and people."""
    t, places = view.language, view.results.places
    then, now = (plans.measures(places, one) for one in (before, plan))
    parts = [
        _more("cost_classes", now.sites - then.sites, t),
        _more("cost_people", now.served - then.served, t),
        _more("cost_hours", (now.person_min - then.person_min) / 60, t, 1),
        _trip("cost_mean", now.mean_min, then.mean_min, t),
        _trip("cost_longest", now.max_min, then.max_min, t),
    ]
    told = [part for part in parts if part]
    return "; ".join(told) + "." if told else say("cost_nothing", t)


def show(view: View, plan: Plan) -> None:
    """Show what is told beside the plan; what takes long is made when it is asked for."""
    t = view.language
    if plan.made is None or not len(plan.sites):
        return
    with st.expander(say("answers", t), icon=":material/query_stats:", expanded=True):
        _table(class_facts.practice(_practice(view, plan), t), view)
        _ask(view, plan, _wanted(plan))


def _wanted(plan: Plan) -> list[str]:
    left_out = plan.made is not None and plan.made.unserved["candidates"].notna().any()
    return [name for name in ASKED if name != "changes" or left_out]


def _ask(view: View, plan: Plan, names: list[str]) -> None:
    """Offer each answer as a button; show those asked for, and those the run already has."""
    t, asked = view.language, st.session_state.setdefault(_KEPT, set())
    ready = {name: _ready(view, plan, name) for name in names}
    with st.container(horizontal=True):
        for name in names:
            key = (plans.identity(plan), name)
            if ready[name] is None and key not in asked:
                st.button(
                    say(f"ask_{name}", t),
                    key=f"ask_{name}",
                    on_click=asked.add,
                    args=(key,),
                    icon=":material/play_arrow:",
                )
    for name in names:
        table = ready[name]
        key = (plans.identity(plan), name)
        if table is None and key in asked:
            table = _made(view, plan, name, partial(asked.discard, key))
        if table is not None:
            _answer(view, name, table)


def ready(view: View, plan: Plan) -> pipeline.ClassAnswers:
    """Return what has been told beside a plan so far."""
    names = ("practice", *ASKED)
    return pipeline.ClassAnswers(**{name: _ready(view, plan, name) for name in names})


def _ready(view: View, plan: Plan, name: str) -> pd.DataFrame | None:
    """Return an answer the run gave or this server made already."""
    answers = view.results.answers
    if plan.wishes == view.settings.classes and answers is not None:
        found: pd.DataFrame | None = getattr(answers, name)
        if found is not None:
            return found
    key = _key(view, plan, name)
    return store().get(key, pd.DataFrame) if key in store() else None


def _made(view: View, plan: Plan, name: str, on_cancel: Callable[[], None]) -> pd.DataFrame | None:
    return wait_for(
        _key(view, plan, name),
        lambda told: _make(view, plan, name, told),
        language=view.language,
        title=say(f"ask_{name}", view.language),
        on_cancel=on_cancel,
    )


def _make(view: View, plan: Plan, name: str, told: Told) -> pd.DataFrame | None:
    results = view.results
    settings = view.settings.model_copy(update={"classes": plan.wishes})
    if plan.made is None:
        return None
    answers = pipeline.class_answers(
        plan.made,
        results.places,
        results.network,
        replace(view.project, settings=settings),
        centres=results.centres,
        asked=[name],
        progress=partial(told, ""),
    )
    found: pd.DataFrame | None = getattr(answers, name)
    return found


def _practice(view: View, plan: Plan) -> pd.DataFrame | None:
    """Return person-hours of the plan beside today's ways."""
    settings = view.settings.model_copy(update={"classes": plan.wishes})
    made = plan.made
    if made is None:
        return None
    return store().get(
        _key(view, plan, "practice"),
        lambda: pipeline.compare_practice(
            made,
            view.results.places,
            view.results.network,
            replace(view.project, settings=settings),
            centres=view.results.centres,
        ),
    )


def _key(view: View, plan: Plan, name: str) -> str:
    return f"{view.key}/answer/{name}/{plans.identity(plan)}"


def _answer(view: View, name: str, table: pd.DataFrame) -> None:
    t, names = view.language, class_facts.called(view.results.places)
    if name == "curve":
        _table(class_facts.curve(table, t), view)
        st.altair_chart(_chart(view, table), width="content")
        st.caption(say("curve_about", t))
    elif name == "changes":
        _table(class_facts.changes(table, t), view)
        block = class_facts.forcing(table, names, t)
        if block.rows:
            st.markdown(f"**{block.title}:** {literal(block.rows[0][0])}")
    else:
        seasons = labels.season_labels(view.results.run, t)
        _table(class_facts.firmness(table, names, seasons, t), view)


def _table(block: Block, view: View) -> None:
    """Show a block as a table, numbers written as people of the language write them."""
    if not block.rows:
        return
    st.markdown(f"**{block.title}**")
    rows = [[_cell(cell, view) for cell in row] for row in block.rows]
    grid(pd.DataFrame(rows, columns=list(block.headers)), view.language, name=block.title)


def _cell(cell: object, view: View) -> str | None:
    t = view.language
    if cell is None:
        return None
    if isinstance(cell, Share):
        return f"{number(100 * float(cell), t)} %"
    if isinstance(cell, (int, float)):
        return number(float(cell), t, decimals=int(isinstance(cell, float))).replace("-", "−")
    return str(cell)


def _chart(view: View, table: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Return hours travelled by number of classes, with what cannot be undercut."""
    t = view.language
    shown = table.reset_index()[["n_sites", "person_hours", "bound_hours"]]
    x = alt.X("n_sites:O", title=say("plan_n_classes", t), axis=alt.Axis(labelAngle=0))
    line = alt.Chart(shown).mark_line(point=True, color="#1f5a8a")
    floor = alt.Chart(shown).mark_line(strokeDash=[4, 3], color="#8a6d1f")
    y = alt.Y("person_hours:Q", title=say("curve_hours", t), scale=alt.Scale(zero=False))
    floor = floor.encode(x=x, y=alt.Y("bound_hours:Q", scale=alt.Scale(zero=False)))
    return alt.layer(line.encode(x=x, y=y), floor, width=620, height=220)


def _in_full() -> None:
    st.session_state["_in_full"] = True


def _more(key: str, value: float, language: Language, decimals: int = 0) -> str:
    if pd.isna(value) or not round(value, decimals):
        return ""
    sign = "+" if value > 0 else "−"
    return say(key, language, n=sign + number(abs(value), language, decimals=decimals))


def _trip(key: str, now: float, then: float, language: Language) -> str:
    if pd.isna(now) or pd.isna(then) or not round(now - then):
        return ""
    sign = "+" if now > then else "−"
    return say(key, language, n=sign + minutes(abs(now - then), language))
