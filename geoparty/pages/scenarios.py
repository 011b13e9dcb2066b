"""Named scenarios: class settings kept in the project, and what each comes to."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import streamlit as st

from geoparty.errors import GeopartyError, InputError, Problem
from geoparty.files import locked, write_whole
from geoparty.pages import plans, signin, table, wishes
from geoparty.pages.plans import Measures, Plan, measures
from geoparty.pages.speech import literal, minutes, number, say, share
from geoparty.pages.view import View
from geoparty.plan import read_scenarios, save_scenario
from geoparty.project import FILE_NAME, changed
from geoparty.settings import Classes, parse_settings
from geoparty.words import Language

_MOST_NAME = 60


def compare(view: View, plan: Plan) -> None:
    """Show what the plan on screen comes to beside the project's own and saved ones."""
    t, now = view.language, wishes.current(view)
    with st.expander(say("scenarios", t), icon=":material/compare_arrows:"):
        _keep(view, now)
        known, _ = read_scenarios(view.project.folder, base=view.settings.classes)
        st.session_state["_scenarios_seen"] = known
        chosen = st.multiselect(
            say("scenario_choose", t), list(known), key="scenarios", placeholder=say("none", t)
        )
        shown = {say("scenario_own", t): plans.own(view)}
        shown |= {name: plans.in_full(view, known[name]) for name in chosen}
        if now != view.settings.classes:
            shown[say("scenario_now", t)] = plan
        sums = {name: measures(view.places, one) for name, one in shown.items()}
        table.grid(beside(sums, t), t, name=say("scenarios", t))
        _adopt(view, now)
        for name in chosen:
            st.button(
                say("scenario_use", t, name=literal(name)),
                key=f"use_{name}",
                on_click=_use,
                args=(known[name],),
            )


def adopt(folder: Path, classes: Classes, *, seen: Classes) -> None:
    """Write class settings into ``project.toml`` where they differ from those the planner saw.

    Raises
    ------
    InputError
        The project file says something else by now, or cannot be written.
    SettingsError
        The project file cannot be read.
    """
    path = folder / FILE_NAME
    with locked(path):
        text = path.read_text("utf-8-sig")
        if parse_settings(tomllib.loads(text)).classes != seen:
            raise InputError(Problem(key="files.changed_meanwhile", params={"what": FILE_NAME}))
        then, now = seen.model_dump(mode="json"), classes.model_dump(mode="json")
        values = {("classes", key): value for key, value in now.items() if value != then[key]}
        last = sorted(values, key=lambda key: isinstance(values[key], dict))
        write_whole(path, changed(text, {key: values[key] for key in last}).encode())


def _adopt(view: View, now: Classes) -> None:
    """Offer to make the settings on screen the project's own."""
    t = view.language
    if not view.may("plan") or now == view.settings.classes:
        return
    label, about = say("scenario_adopt", t), say("scenario_adopt_about", t)
    if not st.button(label, key="adopt", icon=":material/task_alt:", help=about):
        return
    try:
        adopt(view.project.folder, now, seen=view.settings.classes)
    except GeopartyError as error:
        st.error(say("not_saved", t))
        st.text(error.text(t))
        return
    signin.log(view.who, "plan", "project.toml [classes]", view.project.folder)
    st.session_state.pop("_classes", None)
    st.rerun()


def beside(sums: dict[str, Measures], language: Language) -> pd.DataFrame:
    """Return measures as rows and plans as columns, each with its difference to the first."""
    t, first = language, next(iter(sums.values()))

    def column(one: Measures) -> list[str]:
        return [
            _change(one.sites, first.sites, t),
            f"{share(one.served, one.people, t)} {_difference(one.served - first.served, t)}",
            f"{minutes(one.mean_min, t)} {_difference(one.mean_min - first.mean_min, t, 1)}",
            f"{minutes(one.max_min, t)} {_difference(one.max_min - first.max_min, t)}",
            _change(one.person_min, first.person_min, t),
        ]

    rows = [say(f"measure_{n}", t) for n in ("sites", "served", "mean", "max", "person")]
    return pd.DataFrame({name: column(one) for name, one in sums.items()}, index=rows)


def _change(value: float, first: float, language: Language) -> str:
    return f"{number(value, language)} {_difference(value - first, language)}"


def _difference(value: float, language: Language, decimals: int = 0) -> str:
    if pd.isna(value) or not round(value, decimals):
        return ""
    sign = "+" if value > 0 else "−"
    return f"({sign}{number(abs(value), language, decimals=decimals)})"


def _keep(view: View, now: Classes) -> None:
    """Offer to keep the settings on screen under a name."""
    t = view.language
    if not view.may("plan"):
        return
    with st.form("scenario", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        name = left.text_input(say("scenario_name", t), max_chars=_MOST_NAME).strip()
        sent = right.form_submit_button(say("scenario_save", t), width="stretch")
    if not sent:
        return
    if not name:
        st.error(say("scenario_no_name", t))
        return
    try:
        seen = st.session_state.get("_scenarios_seen", {}).get(name)
        save_scenario(view.project.folder, name, now, seen=seen)
    except GeopartyError as error:
        st.error(say("not_saved", t))
        st.text(error.text(t))
        return
    signin.log(view.who, "plan", f"scenario {name}", view.project.folder)
    st.success(say("scenario_saved", t))


def _use(classes: Classes) -> None:
    st.session_state["_classes"] = classes
