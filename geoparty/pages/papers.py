"""Papers of the area on screen: report, workbook and map, to keep or to hand round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from geoparty import access, pipeline
from geoparty.pages import answers, downloads
from geoparty.pages.plans import Plan
from geoparty.pages.speech import say
from geoparty.pages.view import View
from geoparty.plan import read_scenarios
from geoparty.present import circulation, map_html, report_docx, report_pdf
from geoparty.present.workbook import workbook_bytes
from geoparty.schema import Results

PAPERS: dict[str, tuple[str, Callable[[Results], bytes]]] = {
    "docx": ("report.docx", report_docx),
    "pdf": ("report.pdf", report_pdf),
    "xlsx": ("gaps.xlsx", workbook_bytes),
    "html": ("map.html", lambda results: map_html(results).encode()),
}


def offer(view: View, *, plan: Plan | None = None) -> None:
    """Offer the papers to those who may export, of the area chosen and the plan on screen."""
    if not view.may("export"):
        return
    t = view.language
    with st.popover(say("papers", t), icon=":material/description:", width="stretch"):
        st.caption(say("papers_about", t))
        masked = st.checkbox(say("papers_masked", t), key="masked", help=say("papers_mask", t))
        for kind, (file, _) in PAPERS.items():
            made = partial(paper, view, kind, masked=masked, plan=plan)
            downloads.button(view, say(f"paper_{kind}", t), made, file=file, key=f"paper_{kind}")


def telling(view: View, plan: Plan) -> View:
    """Return a view whose results tell the plan on screen, and say so where it is not their own."""
    results, own = view.results, view.settings.classes
    if plan.made is None or plan.wishes == own:
        return view
    known, _ = read_scenarios(view.project.folder, base=own)
    name = next((name for name, classes in known.items() if classes == plan.wishes), "")
    told = answers.ready(view, plan)
    of_own = results.plan.problems if results.plan is not None else ()
    rest = [problem for problem in results.problems if problem not in of_own]
    record = pipeline.plan_record(plan.made) | pipeline.answers_record(told)
    settings = results.run["settings"] | {"classes": plan.wishes.model_dump(mode="json")}
    results = replace(
        results,
        sites=pipeline.with_firmness(plan.sites, told),
        assignments=plan.assignments,
        problems=(*rest, *plan.problems),
        plan=plan.made,
        answers=told,
        run=results.run | {"settings": settings, "plan": record | {"scenario": name}},
    )
    return replace(view, results=results)


def paper(view: View, kind: str, *, masked: bool = False, plan: Plan | None = None) -> bytes:
    """Return one paper of the area chosen, with the plan on screen instead of the project's own."""
    told = telling(view, plan) if plan else view
    return PAPERS[kind][1](of_area(told, masked=masked))


def of_area(view: View, *, masked: bool = False) -> Results:
    """Return the results of the area chosen, in the session's language, masked if asked for."""
    results = view.results
    settings = results.run["settings"] | {"language": view.language}
    results = replace(results, run=results.run | {"settings": settings})
    if view.province or view.commune:
        area = frozenset(map(str, view.communes.index))
        results = access.limit(results, access.Person(email="", role="viewer", communes=area))
    return circulation(results) if masked else results
