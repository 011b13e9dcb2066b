"""What an upload is taken to say, for a person to confirm: columns, old encoding, zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pandas as pd
import streamlit as st

from geoparty import read
from geoparty.errors import GeopartyError, Problem
from geoparty.pages.speech import literal, number, say
from geoparty.present.labels import header as label_of
from geoparty.project import Project
from geoparty.read.headers import known_words
from geoparty.read.recognise import Table
from geoparty.read.vn2000 import zones
from geoparty.words import Language

_TABLES = ("communes", "places", "counts", "centres", "roads")
_OF_ZONES = (
    *("read.no_crs", "read.no_crs_zones", "read.metres_as_degrees", "read.metres_as_degrees_zones"),
    *("read.degrees_as_metres", "read.out_of_use", "read.wrong_meridian", "read.shifted"),
)
"""Problems that another coordinate system would settle."""
_SURE = 0.9
_ACROSS = 3


@dataclass(frozen=True)
class Reading:
    """How to read an upload: its old encoding and its zone, if any, and the meanings confirmed."""

    encoding: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def values(self, kind: str) -> dict[tuple[str, ...], object]:
        """Return what to write into the project file for an input."""
        out: dict[tuple[str, ...], object] = {}
        if self.encoding:
            out["inputs", "encoding", kind] = self.encoding
        if self.crs:
            out["inputs", "crs", kind] = self.crs
        if self.columns:
            out["inputs", "columns", kind] = dict(self.columns)
        return out


def ask_columns(
    project: Project, kind: str, path: Path, *, add: bool, language: Language
) -> Mapping[str, str] | None:
    """Show what each column of a file means, and return the meanings as the project says them.

    ``add``: the file joins those there are, whose headers are kept beside its own. None while
    two columns are said to mean the same.
    """
    if kind not in _TABLES:
        return {}
    known = project.settings.inputs.columns.get(kind, {})
    found = _recognised(path, kind, known if add else {})
    others = [p for p in project.input_paths().get(kind, []) if add and p.name != path.name]
    beside = [_recognised(p, kind, known).assign(file=p.name) for p in others]
    if found.empty:
        return {}
    chosen = _choose(found, kind, language)
    counted = pd.Series([c for c in chosen.values() if c]).value_counts()
    if twice := [label_of(str(c), {}, language) for c, n in counted.items() if n > 1]:
        st.warning(say("bring_columns_twice", language, names=", ".join(twice)))
        return None
    own = found.assign(column=found["header"].map(chosen), file=path.name)
    said = pd.concat([*beside, own], ignore_index=True)
    dropped = set(found["column"]) - set(chosen.values()) - {""}
    if add:
        dropped |= {ours for ours, theirs in known.items() if "" in theirs.split(" | ")}
    from geoparty.pipeline import meanings

    return meanings(said, dropped=sorted(dropped))


def ask_encoding(problems: Sequence[Problem], language: Language) -> str | None:
    """Show texts in an old encoding before and after, and return what a person says they are."""
    legacy = [p for p in problems if p.key == "read.legacy_text"]
    st.warning(say("bring_text_about", language), icon=":material/translate:")
    for problem in legacy:
        st.text("\n".join(_preview(problem)))
    ways = [str(legacy[0].params["encoding"]), "unicode"]
    return cast(
        "str | None",
        st.radio(
            say("bring_text", language),
            ways,
            index=None,
            format_func=lambda way: say(f"bring_text_{way}", language),
            key="bring_encoding",
        ),
    )


def ask_crs(problems: Sequence[Problem], language: Language) -> str | None:
    """Ask for the zone of VN-2000 where a file does not say its own, or says a wrong one."""
    asked = [p for p in problems if p.key in _OF_ZONES]
    if not asked:
        return None
    fits = str(asked[0].params.get("zones", ""))
    names = {f"EPSG:{z.epsg}": z.name for z in sorted(zones(), key=lambda z: z.name not in fits)}
    return cast(
        "str | None",
        st.selectbox(
            say("bring_crs", language),
            list(names),
            index=None,
            format_func=lambda code: f"{names[code]} ({code})",
            placeholder=say("bring_crs_choose", language),
            help=say("bring_crs_about", language),
            key="bring_crs",
        ),
    )


def _preview(problem: Problem) -> list[str]:
    lines = problem.params["preview"]
    return [str(line) for line in lines] if isinstance(lines, list | tuple) else [str(lines)]


def _recognised(path: Path, kind: str, columns: Mapping[str, str]) -> pd.DataFrame:
    try:
        return read.recognise(path, cast("Table", kind), columns=columns)
    except GeopartyError:
        return pd.DataFrame(columns=["sheet", "header", "column", "score"])


def _choose(found: pd.DataFrame, kind: str, language: Language) -> dict[str, str]:
    """Show a choice for each header and return the meaning of each, "" for none."""
    first = found.drop_duplicates("header")
    doubtful = bool((first["score"].between(0, _SURE, inclusive="neither")).any())
    used = int((first["column"] != "").sum())
    title = say(
        "bring_columns", language, n=number(used, language), of=number(len(first), language)
    )
    options = ["", *known_words(kind)]
    names = {o: label_of(o, {}, language) if o else say("bring_unused", language) for o in options}
    chosen: dict[str, str] = {}
    with st.expander(title, expanded=doubtful or used < len(first) // 2):
        st.caption(say("bring_columns_about", language))
        across = st.columns(_ACROSS)
        rows = first[["header", "column", "score"]].itertuples(index=False)
        for i, (text, column, score) in enumerate(rows):
            unsure = bool(column) and score < _SURE
            title = say("bring_unsure", language, header=text) if unsure else text
            chosen[text] = across[i % _ACROSS].selectbox(
                literal(title),
                options,
                index=options.index(column),
                format_func=lambda option: names[option],
                key=f"bring_column_{text}",
            )
    return chosen
