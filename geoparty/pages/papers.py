"""Papers of the area on screen: report, workbook and map, to keep or to hand round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from geoparty import access
from geoparty.pages import downloads
from geoparty.pages.speech import say
from geoparty.pages.view import View
from geoparty.present import circulation, map_html, report_docx, report_pdf
from geoparty.present.workbook import workbook_bytes
from geoparty.schema import Results

PAPERS: dict[str, tuple[str, Callable[[Results], bytes]]] = {
    "docx": ("report.docx", report_docx),
    "pdf": ("report.pdf", report_pdf),
    "xlsx": ("gaps.xlsx", workbook_bytes),
    "html": ("map.html", lambda results: map_html(results).encode()),
}


def offer(view: View) -> None:
    """Offer the papers to those who may export, of the province or commune chosen."""
    if not view.may("export"):
        return
    t = view.language
    with st.popover(say("papers", t), icon=":material/description:", width="stretch"):
        st.caption(say("papers_about", t))
        masked = st.checkbox(say("papers_masked", t), key="masked", help=say("papers_mask", t))
        for kind, (file, _) in PAPERS.items():
            made = partial(paper, view, kind, masked=masked)
            downloads.button(view, say(f"paper_{kind}", t), made, file=file, key=f"paper_{kind}")


def paper(view: View, kind: str, *, masked: bool = False) -> bytes:
    """Return one paper of the area chosen."""
    return PAPERS[kind][1](of_area(view, masked=masked))


def of_area(view: View, *, masked: bool = False) -> Results:
    """Return the results of the area chosen, in the session's language, masked if asked for."""
    results = view.results
    settings = results.run["settings"] | {"language": view.language}
    results = replace(results, run=results.run | {"settings": settings})
    if view.province or view.commune:
        area = frozenset(map(str, view.communes.index))
        results = access.limit(results, access.Person(email="", role="viewer", communes=area))
    return circulation(results) if masked else results
