"""Recognise what the columns of a table mean from the words above them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz import fuzz, process

from geoparty.errors import Problem
from geoparty.read.values import fold

_SHAPEFILE_NAME = 10
"""Characters a shapefile keeps of a column name."""
_LEAST_TOKEN = 75.0
"""A typed word may differ this much (0-100) from the word meant."""
_SHORT = {"dv": "dang vien", "qcut": "quan chung uu tu", "tdp": "to dan pho", "cb": "chi bo"}
_FILLERS = frozenset(
    {"so", "tong", "luong", "cac", "va", "hoac", "nguoi", "trong", "do", "neu", "co"}
)
OWN, NAMED, ALIKE, STAND_IN, MISSPELT = 1.0, 0.99, 0.97, 0.95, 0.9
"""How sure a header is: our own column name, a name of it, its words in another order or with
fillers, a word that may stand in, a misspelling (times how alike)."""


@dataclass(frozen=True)
class Headers:
    """Which header stands for which of our columns, and how sure that is (0 to 1)."""

    columns: dict[str, str]
    scores: dict[str, float]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Words:
    named: tuple[str, ...]
    stand_in: tuple[str, ...]
    alike: frozenset[str]


@cache
def known_words(table: str) -> dict[str, _Words]:
    """Return for each column of a table the words for it, folded; the first is its own name."""
    words = tomllib.loads(files(__package__).joinpath("headers.toml").read_text("utf-8"))
    known = {}
    for name, by in words[table].items():
        named = tuple(dict.fromkeys(fold(w) for w in [name, *by["is"]]))
        stand_in = tuple(fold(w) for w in by.get("or", []))
        known[name] = _Words(named, stand_in, frozenset(_content(w) for w in named) - {""})
    return known


def recognise_headers(
    headers: Iterable[str], table: str, *, columns: Mapping[str, str] | None = None
) -> Headers:
    """Return the meaning of headers: the given map first, then their words.

    Our own column names win over synonyms, exact words over misspelt ones. A header that is
    recognised from a misspelling scores below 0.9. Two headers that name the same column
    equally well are a problem; the map decides it.

    Examples
    --------
    >>> recognise_headers(["STT", "Thôn/bản", "Tổng số ĐV", "Chi bộ"], "counts").columns
    {'place_name': 'Thôn/bản', 'members': 'Tổng số ĐV', 'cell_status': 'Chi bộ'}
    """
    given = [header for header in headers if fold(header)]
    found, problems = _given(given, table, columns or {})
    taken = set(found.values())
    matches = [
        (ours, header, score)
        for header in given
        if header not in taken
        for ours, score in _meanings(fold(header), table)
    ]
    scores = dict.fromkeys(found, OWN)
    absent = {ours for ours, theirs in (columns or {}).items() if "" in _ways(theirs)}
    for ours, header, score in sorted(matches, key=lambda match: -match[2]):
        if ours not in found and ours not in absent and header not in found.values():
            found[ours], scores[ours] = header, score
    problems += _twins(found, scores, matches, fixed=set(columns or {}))
    ordered = {name: found[name] for name in known_words(table) if name in found}
    return Headers(ordered, scores, tuple(problems))


def nearest_header(headers: Iterable[str], table: str, name: str) -> str:
    """Return the header most like one of our columns, for a message; empty if there is none.

    Examples
    --------
    >>> nearest_header(["STT", "So DV nu", "Ghi chú"], "counts", "members")
    'So DV nu'
    """
    folded = {fold(header): header for header in headers if fold(header)}
    words = known_words(table)[name]
    best = max(
        (
            match
            for word in (*words.named, *words.stand_in)
            if (match := process.extractOne(word, list(folded), scorer=fuzz.token_set_ratio))
        ),
        key=lambda match: match[1],
        default=None,
    )
    return folded[best[0]] if best else ""


def _given(
    headers: list[str], table: str, columns: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    exact = {" ".join(header.split()): header for header in headers}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for ours, theirs in columns.items():
        if ours not in known_words(table):
            near = process.extractOne(ours, list(known_words(table)))
            params = {"name": ours, "near": near[0] if near else ""}
            problems.append(Problem(key="read.unknown_column", params=params))
        elif header := next((exact[way] for way in _ways(theirs) if way in exact), ""):
            found[ours] = header
        elif "" not in _ways(theirs):
            near = process.extractOne(theirs, headers, scorer=fuzz.WRatio)
            params = {"name": theirs, "near": near[0] if near else ""}
            problems.append(Problem(key="read.mapped_column_missing", params=params))
    return found, problems


def _ways(theirs: str) -> list[str]:
    """Return the headers a project names for one column: the whole text, and its parts at bars.

    An empty part says that a file may lack the column.
    """
    return [" ".join(way.split()) for way in dict.fromkeys([theirs, *theirs.split("|")])]


def _twins(
    found: dict[str, str],
    scores: dict[str, float],
    matches: list[tuple[str, str, float]],
    *,
    fixed: set[str],
) -> list[Problem]:
    taken = set(found.values())
    rivals: dict[str, list[str]] = {}
    for ours, header, score in matches:
        sure = score >= ALIKE and ALIKE <= scores.get(ours, 0.0) < OWN
        if sure and header not in taken and ours not in fixed:
            rivals.setdefault(ours, [found[ours]]).append(header)
    return [
        Problem(key="read.two_columns", params={"name": ours, "headers": " | ".join(headers)})
        for ours, headers in rivals.items()
    ]


def twin_headers(found: Headers) -> dict[str, str]:
    """Return the headers of which two mean the same column of ours, with that column."""
    twins = [p.params for p in found.problems if p.key == "read.two_columns"]
    return {header: p["name"] for p in twins for header in p["headers"].split(" | ")}


@cache
def _meanings(key: str, table: str) -> tuple[tuple[str, float], ...]:
    return tuple(
        (ours, score)
        for ours, words in known_words(table).items()
        if (score := _score(key, words)) > 0
    )


def _score(key: str, words: _Words) -> float:
    if key == words.named[0]:
        return OWN
    if key in words.named:
        return NAMED - 0.0001 * words.named.index(key)
    is_cut = len(key) == _SHAPEFILE_NAME and words.named[0].startswith(key)
    if is_cut or _content(key) in words.alike:
        return ALIKE
    if key in words.stand_in:
        return STAND_IN - 0.0001 * words.stand_in.index(key)
    return MISSPELT * max((_misspelt(key, word) for word in words.named), default=0.0)


def _content(key: str) -> str:
    """Return the words that carry the meaning, abbreviations written out, in one order."""
    words = " ".join(_SHORT.get(word, word) for word in key.split()).split()
    return " ".join(sorted(set(words) - _FILLERS))


def _misspelt(key: str, word: str) -> float:
    """Return how alike two headers are when each word is the other's but for a slip."""
    ours, theirs = word.split(), key.split()
    if len(ours) != len(theirs) or len(word) < 6:
        return 0.0
    ratios = [
        100.0 if a == b else fuzz.ratio(a, b) if len(a) > 3 and a.isalpha() and b.isalpha() else 0.0
        for a, b in zip(ours, theirs, strict=True)
    ]
    return sum(ratios) / len(ratios) / 100 if min(ratios) >= _LEAST_TOKEN else 0.0
