"""The words of headers, levels and values in exports and on maps."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema, words
from geoparty.words import Language

_CODED = ("gap_level", "place_kind", "cell_status", "location", "outcome", "border_agreement")


def language_of(run: Mapping[str, Any]) -> Language:
    """Return the language a run was made in; Vietnamese where it does not say."""
    return "en" if run.get("settings", {}).get("language") == "en" else "vi"


def is_synthetic(run: Mapping[str, Any]) -> bool:
    """Return whether the run is on made-up data."""
    return bool(run.get("settings", {}).get("is_synthetic", False))


def note(run: Mapping[str, Any], language: Language) -> str | None:
    """Return what every output must carry: made-up data, whose plan, a mark; or None."""
    parts = [words.text("present.synthetic", language)] if is_synthetic(run) else []
    if plan := scenario(run, language):
        parts.append(words.text("present.scenario_note", language, plan=plan))
    if circulated := run.get("circulation"):
        days = [date.fromisoformat(day).strftime("%d/%m/%Y") for day in run.get("as_of", ())]
        dates = ", ".join(days) or words.text("present.sum_no_date", language)
        below = circulated["mask_below"]
        parts += [circulated["mark"]] if circulated["mark"] else []
        parts.append(words.text("present.circulated", language, below=below, dates=dates))
    return ". ".join(part.rstrip(".") for part in parts) or None


def scenario(run: Mapping[str, Any], language: Language) -> str | None:
    """Return which plan is told where it is not the project's own; None where it is.

    Examples
    --------
    >>> scenario({"plan": {"scenario": "By bus"}}, "en")
    'scenario “By bus”, not the project’s own plan'
    """
    name = (run.get("plan") or {}).get("scenario")
    if name is None:
        return None
    key = "scenario_named" if name else "scenario_unnamed"
    return words.text(f"present.{key}", language, name=name)


def masked(frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """Return the rows whose value of a column is hidden for circulation.

    Examples
    --------
    >>> masked(pd.DataFrame({"masked": ["members;graduates", ""]}), "members").tolist()
    [True, False]
    """
    if "masked" not in frame:
        return np.zeros(len(frame), dtype=bool)
    listed = ";" + frame["masked"].fillna("").astype(object) + ";"
    return np.asarray(listed.str.contains(f";{name};", regex=False), dtype=bool)


def season_labels(run: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Return the seasons of a run and their names."""
    seasons = run.get("settings", {}).get("seasons", ())
    return {s["name"]: s[f"label_{language}"] for s in seasons}


def header(column: str, seasons: Mapping[str, str], language: Language = "vi") -> str:
    """Return the header of a column in words; an unknown column keeps its name.

    Examples
    --------
    >>> header("members", {}, "vi"), header("centre_min_wet", {"wet": "Mùa mưa"}, "vi")
    ('Đảng viên', 'Đến trung tâm xã, mùa mưa (phút)')
    >>> header("n_no_cell", {}, "en")
    'No cell'
    """
    known = words.catalogue("present")
    if f"col_{column}" in known:
        return words.text(f"present.col_{column}", language)
    for season, label in seasons.items():
        stem = column.removesuffix(f"_{season}")
        if stem != column and f"season_{stem}" in known:
            return words.text(f"present.season_{stem}", language, season=label.lower())
    if column.startswith("n_reported_"):
        name = header(column.removeprefix("n_reported_"), seasons, language)
        return words.text("present.reported", language, name=name)
    if column.removeprefix("n_") in schema.GAP_LEVELS:
        return words.text(f"levels.{column.removeprefix('n_')}", language)
    return header(column.removeprefix("n_"), seasons, language) if column[:2] == "n_" else column


def counted(label: str, n: int, language: Language) -> str:
    """Return a label of a legend with how many there are.

    Examples
    --------
    >>> counted("Chưa rõ", 1555, "vi")
    'Chưa rõ: 1.555'
    """
    return f"{label}: {words.number(n, language)}"


def sort_key(text: str) -> tuple[list[int], list[int]]:
    """Return the place of a text in Vietnamese order: letters first, then tones.

    Letters go a ă â b c d đ e ê ... o ô ơ ... u ư ... y; tones level, huyền, hỏi, ngã, sắc, nặng.

    Examples
    --------
    >>> sorted(["Đắk Lắk", "Điện Biên", "Ea", "Dầu", "Ân", "An", "Ăn", "Án"], key=sort_key)
    ['An', 'Án', 'Ăn', 'Ân', 'Dầu', 'Đắk Lắk', 'Điện Biên', 'Ea']
    """
    letters: list[int] = []
    tones: list[int] = []
    for part in unicodedata.normalize("NFD", text.casefold().replace("đ", "d\u0335")):
        if part in _TONES and tones:
            tones[-1] = _TONES.index(part) + 1
        elif part in _LETTER_MARKS and letters:
            letters[-1] += _LETTER_MARKS.index(part) + 1
        else:
            letters.append(ord(part) * 8)
            tones.append(0)
    return letters, tones


_TONES = "\u0300\u0309\u0303\u0301\u0323"
_LETTER_MARKS = "\u0306\u0302\u031b\u0335"


def value_words(value: str, language: Language = "vi") -> str:
    """Return the words of a coded value; one that is not coded is returned as it is.

    Examples
    --------
    >>> value_words("no_cell", "en"), value_words("outside_commune", "en"), value_words("x", "en")
    ('No cell', 'Outside its commune', 'x')
    """
    for key in (f"levels.{value}", f"present.value_{value}"):
        topic, _, entry = key.partition(".")
        if entry in words.catalogue(topic):
            return words.text(key, language)
    return value


def reasons_words(value: str, language: Language = "vi") -> str:
    """Return risk reasons ``a;b`` in words, joined by semicolons."""
    return "; ".join(value_words(part, language) for part in value.split(";") if part)


def _yes_no(flag: bool, language: Language) -> str:
    return words.text("present.true" if flag else "present.false", language)


def worded(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return a table with coded values and yes/no in words; unknown stays unknown."""
    out = table.copy()
    for name in out.columns:
        column = out[name]
        said: Callable[[Any], str]
        if name in _CODED:
            said = partial(value_words, language=language)
        elif name == "risk_reasons":
            said = partial(reasons_words, language=language)
        elif pd.api.types.is_bool_dtype(column):
            said = partial(_yes_no, language=language)
        else:
            continue
        # each value is put in words once, however many rows have it
        out[name] = column.astype(object).map({v: said(v) for v in column.dropna().unique()})
    return out
