"""The frame around the pages: its style, and its own words in the page's language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import streamlit as st

from geoparty.pages.speech import say
from geoparty.present.maps import script_json
from geoparty.words import Language

_ENGLISH = {
    "sidebar": "Sidebar",
    "sidebar_close": "Collapse sidebar",
    "sidebar_open": "Expand sidebar",
    "pages": "App pages",
    "open": "Open",
    "close": "Close",
    "help": "Help for ",
    "less": "Decrement",
    "more": "Increment",
    "values": "Selected values",
    "remove": "Remove ",
    "clear": "Clear all",
    "file": "file upload",
    "files": "Add files",
}
"""What Streamlit calls its own controls; one that ends with a space goes on with their label."""
_STYLE = """<style>
.stMainBlockContainer {padding: .9rem 1.6rem 2rem}
.stMainBlockContainer h2 {font-size: 1.4rem; padding: 0}
.stMainBlockContainer h3 {font-size: 1.2rem; padding: .3rem 0}
[data-testid="stMetricValue"] {font-size: 1.45rem; line-height: 1.25}
[data-testid="stMetric"] {padding: .1rem .2rem}
[data-testid="stMetric"] > div {padding: .4rem .8rem .3rem}
.stMainBlockContainer [data-testid="stHeading"] {margin-bottom: .35rem}
[data-testid="stTable"] :is(th, td) {padding: .25rem .4rem !important}
[data-testid="stAlertContainer"] {padding: .25rem .8rem; min-height: 0}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * {
  color: #4d5358 !important; opacity: 1 !important}
[data-testid="stSkipToContent"] {font-size: 0}
[data-testid="stSkipToContent"]::after {font-size: .9rem; content: "»"}
[data-testid="stElementToolbar"], [data-testid="InputInstructions"] {display: none}
[data-testid="stSidebarHeader"] {height: 2.4rem; margin-bottom: 0}
[data-testid="stSidebarUserContent"] {padding-bottom: 1rem}
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] {gap: .6rem}
.stMainBlockContainer > div > [data-testid="stVerticalBlock"] {gap: .55rem}
[data-testid="stSidebar"] [data-testid="stElementContainer"]:has(> [data-testid="stHtml"]) {
  display: none}
:is(a, button, summary, label:has(input), [tabindex]:not(input, textarea),
  [data-testid="stMultiSelect"] input):focus-visible,
label:has(input:is([type="radio"], [type="checkbox"]):focus-visible) {
  outline: 3px solid #1f5f8b !important; outline-offset: 1px}
[data-testid="stMain"]:focus-visible {outline-offset: -4px}
</style>"""


def style() -> None:
    """Give the frame its style."""
    st.html(_STYLE)


def named(language: Language) -> None:
    """Tell the browser the language, and the names of the controls Streamlit brings."""
    with st.sidebar:
        st.html(_script(language), unsafe_allow_javascript=True)


@cache
def _script(language: Language) -> str:
    """Return the script that names the frame; only words of the catalogue are in it."""
    ours = language != "en"
    said = {
        "lang": language,
        "map": say("frame_map", language),
        "skip": say("frame_skip", language),
        "names": [[e, _ours(key, e, language)] for key, e in _ENGLISH.items()] if ours else [],
    }
    code = files("geoparty.pages").joinpath("frame.js").read_text("utf-8")
    return f"<script>{code}({script_json(said)});</script>"


def _ours(key: str, english: str, language: Language) -> str:
    return say(f"frame_{key}", language) + (" " if english.endswith(" ") else "")
