"""The frame around every page: language, project, filters, what was loaded, navigation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from geoparty import access, words
from geoparty.errors import GeopartyError
from geoparty.pages import (
    border,
    bring,
    classes,
    frame,
    gaps,
    isolation,
    loaded,
    order,
    papers,
    plans,
    progress,
    search,
    signin,
    wishes,
)
from geoparty.pages.jobs import Told, wait_for
from geoparty.pages.mapview import take_click
from geoparty.pages.session import from_link, keep, kept, opens_on, to_link
from geoparty.pages.speech import in_order, literal, order_key, say
from geoparty.pages.store import Runner, fingerprint, project_of, store
from geoparty.pages.view import View
from geoparty.project import Project
from geoparty.schema import PLACE_KINDS, Results
from geoparty.words import LANGUAGES, Language

PAGES: dict[str, tuple[Callable[[View], None], str]] = {
    "gaps": (gaps.page, ":material/pin_drop:"),
    "border": (border.page, ":material/flag:"),
    "isolation": (isolation.page, ":material/flood:"),
    "classes": (classes.page, ":material/school:"),
    "progress": (progress.page, ":material/trending_up:"),
    "bring": (bring.page, ":material/upload_file:"),
}
MOST_VALUES = 60
"""A column of the planner's own with more values than this groups nothing."""
_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<path d='M8 1 15 14H1Z' fill='#b3541e' stroke='#222'/></svg>"
)


def show(folder: Path, *, run: Runner | None = None) -> None:
    """Show the app for the project in a folder."""
    st.set_page_config(page_title="geoparty", page_icon=_ICON, layout="wide")
    frame.style()
    from_link()
    try:
        project = project_of(folder)
        language = _language(project)
        frame.named(language)
        who = signin.person(language)
        results, key = _results(project, language, run)
        key = f"{key}/{signin.area(who)}"
        results = store().get(f"{key}/limited", partial(access.limit, results, who))
        criteria, rules = order.chosen(project.settings.rules), project.settings.rules
        if criteria != rules.priority:
            key = f"{key}/{','.join(criteria)}"
            results = store().get(f"{key}/ranked", partial(order.ranked, results, criteria, rules))
    except GeopartyError as error:
        language = "en" if st.session_state.get("lang") == "en" else "vi"
        st.error(say("cannot_open", language), icon=":material/error:")
        st.text(error.text(language))
        return
    _apply_click(results)
    page = _navigation(language)
    opens_on(page)
    title = say(f"{page}_title", language)
    st.set_page_config(page_title=f"{title} · geoparty", page_icon=_ICON, layout="wide")
    view = _filters(View(project=project, results=results, language=language, key=key, who=who))
    loaded.banner(view)
    with st.sidebar:
        taken_out = st.container()
    PAGES[page][0](view)
    on_classes = page == "classes"
    with taken_out:  # once the page is drawn: the plan on screen is then known
        papers.offer(view, plan=plans.shown(view) if on_classes else None)
    plan = wishes.in_link(view) if on_classes else None
    to_link({"order": None if criteria == rules.priority else criteria, "plan": plan})


def _language(project: Project) -> Language:
    """Return the session's language; the project's until somebody chooses."""
    keep("lang", project.settings.language, list(LANGUAGES))
    names = {"vi": "Tiếng Việt", "en": "English"}
    with st.sidebar:
        chosen = kept(
            "lang",
            lambda: st.segmented_control(
                "Ngôn ngữ · Language",
                LANGUAGES,
                format_func=lambda code: names[code],
                key="lang",
                label_visibility="collapsed",
            ),
        )
    return "en" if (chosen or project.settings.language) == "en" else "vi"


def _results(project: Project, language: Language, run: Runner | None) -> tuple[Results, str]:
    """Return the project's results, made once for every session, with progress shown."""
    key = fingerprint(project)
    if st.session_state.get("_given_up") == key:
        st.info(say("given_up", language))
        st.button(say("run_again", language), on_click=_run_again, type="primary")
        st.stop()

    def made(told: Told) -> Results:
        if run is not None:
            return run(project, progress=told)
        from geoparty import pipeline

        return pipeline.run(project, progress=told)

    title = say("loading", language)
    give_up = partial(st.session_state.__setitem__, "_given_up", key)
    results = wait_for(f"{key}/results", made, language=language, title=title, on_cancel=give_up)
    return results, key


def _run_again() -> None:
    st.session_state.pop("_given_up", None)


def _navigation(language: Language) -> str:
    """Return the name of the page chosen; titles follow the language, addresses do not."""
    first = next(iter(PAGES))
    pages = [
        st.Page(
            _nothing(name),
            title=say(f"{name}_title", language),
            url_path="start" if name == first else name,
            icon=icon,
            default=name == first,
        )
        for name, (_, icon) in PAGES.items()
    ]
    title = say(f"{first}_title", language)
    also = st.Page(_nothing(first), title=title, url_path=first, visibility="hidden")
    return st.navigation([*pages, also]).url_path or first


def _nothing(name: str) -> Callable[[], None]:
    def page() -> None:
        """Stand for a page in the navigation; the frame draws it."""

    page.__name__ = name
    return page


def _apply_click(results: Results) -> None:
    """Turn a click on the map into choices, before the widgets that show them are drawn."""
    click = take_click()
    if click is None:
        return
    if click.place_id:
        st.session_state["place"] = click.place_id
        return
    several = len(results.communes["province_code"].unique()) > 1
    if several and not st.session_state.get("province"):
        st.session_state["province"] = click.province_code
        st.session_state["commune"] = None
    elif click.commune_code in results.communes.index:
        st.session_state["commune"] = click.commune_code
    st.session_state["place"] = None


def _filters(view: View) -> View:
    """Draw the filters every page shares, and return the view they leave."""
    t = view.language
    provinces = view.derived("provinces", lambda: _provinces(view.results.communes))
    with st.sidebar:
        search.box(view)
        several = len(provinces) > 1
        _with_province(view.results.communes, several=several)
        province = _one_of("province", provinces, t) if several else None
        commune = None
        if several and not province:  # a list of 3,000 names, many of them alike, helps nobody
            st.session_state["commune"] = st.session_state["_kept_commune"] = None
        else:
            communes = view.derived(
                f"communes/{province}", lambda: _communes(view.results.communes, province)
            )
            commune = _one_of("commune", communes, t)
        if province or commune:
            st.button(say("up", t), icon=":material/arrow_upward:", on_click=_up, key="up")
        kinds = _kinds(view)
        own = _own(view)
    return View(
        project=view.project,
        results=view.results,
        language=t,
        key=view.key,
        who=view.who,
        province=province,
        commune=commune,
        kinds=kinds,
        own=own,
    )


def _with_province(communes: pd.DataFrame, *, several: bool) -> None:
    """Choose the province of a commune that came without one, as in a link."""
    state = st.session_state
    if several and not (state.get("province") or state.get("_kept_province")):
        found = communes["province_code"].get(state.get("commune"))
        if found is not None:
            state["province"] = found


def _up() -> None:
    """Go from the commune to its province, from there to everything."""
    level = "commune" if st.session_state.get("commune") else "province"
    st.session_state[level] = None
    st.session_state["place"] = None


def _provinces(communes: pd.DataFrame) -> dict[str, str]:
    """Return the provinces' names by code, in Vietnamese order."""
    first = communes.drop_duplicates("province_code").set_index("province_code")
    names = first["province_name"].dropna().to_dict()
    return dict(sorted(names.items(), key=lambda pair: order_key(pair[1])))


def _communes(communes: pd.DataFrame, province: str | None) -> dict[str, str]:
    """Return the communes' names by code, of a province if one is given, in Vietnamese order."""
    if province:
        communes = communes[communes["province_code"].eq(province).fillna(value=False)]
    names = communes["commune_name"].to_dict()
    return dict(sorted(names.items(), key=lambda pair: order_key(pair[1])))


def _one_of(key: str, names: dict[str, str], language: Language) -> str | None:
    """Ask for one of the codes by name, or none."""
    codes = list(names)
    keep(key, None, codes)
    return kept(
        key,
        lambda: st.selectbox(
            say(key, language),
            codes,
            index=None,
            format_func=lambda code: names[code],
            placeholder=say("all", language),
            key=key,
        ),
    )


def _kinds(view: View) -> tuple[str, ...]:
    there = view.derived("kinds", lambda: set(view.results.places["place_kind"].dropna().unique()))
    options = [kind for kind in PLACE_KINDS if kind in there]
    keep("kinds", [], options)
    chosen = kept(
        "kinds",
        lambda: st.multiselect(
            say("kind", view.language),
            options,
            format_func=lambda kind: words.text(f"levels.{kind}", view.language),
            placeholder=say("all", view.language),
            key="kinds",
        ),
    )
    return tuple(chosen)


def _own(view: View) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Ask for values of the planner's own columns that group places."""
    t, places = view.language, view.results.places
    asked = view.settings.progress.group_by
    options = view.derived(
        "own",
        lambda: {
            name: in_order(map(str, places[name].dropna().unique()))
            for name in view.results.own_columns
            if name in asked or 1 < places[name].nunique() <= MOST_VALUES
        },
    )
    if not options:
        return ()
    keep("own", [n for n in asked if n in options], list(options))
    columns = kept(
        "own",
        lambda: st.multiselect(
            say("own", t),
            list(options),
            placeholder=say("own_none", t),
            help=say("own_about", t),
            key="own",
        ),
    )
    return tuple((name, _values(name, options[name], t)) for name in columns)


def _values(column: str, options: list[str], language: Language) -> tuple[str, ...]:
    """Ask for values of one column; none chosen lets all through."""
    key = f"own_{column}"
    keep(key, [], options)
    chosen = kept(
        key,
        lambda: st.multiselect(literal(column), options, placeholder=say("all", language), key=key),
    )
    return tuple(chosen)
