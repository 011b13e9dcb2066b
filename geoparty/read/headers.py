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

_LEAST_TOKEN = 75.0
"""A typed word may differ this much (0-100) from the word meant."""


@dataclass(frozen=True)
class Headers:
    """Which header stands for which of our columns, and how sure that is (0 to 1)."""

    columns: dict[str, str]
    scores: dict[str, float]
    problems: tuple[Problem, ...] = ()


@cache
def known_words(table: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return for each column of a table its own names and those that stand in, folded."""
    words = tomllib.loads(files(__package__).joinpath("headers.toml").read_text("utf-8"))
    return {
        name: (
            list(dict.fromkeys(fold(w) for w in [name, *by["is"]])),
            [fold(w) for w in by.get("or", [])],
        )
        for name, by in words[table].items()
    }


def recognise_headers(
    headers: Iterable[str], table: str, *, columns: Mapping[str, str] | None = None
) -> Headers:
    """Return the meaning of headers: the given map first, then their words.

    Our own column names win over synonyms, exact words over misspelt ones. A header that is
    recognised from a misspelling scores below 1.

    Examples
    --------
    >>> recognise_headers(["STT", "Thôn/bản", "Số đảng viên", "Chi bộ"], "counts").columns
    {'place_name': 'Thôn/bản', 'members': 'Số đảng viên', 'cell_status': 'Chi bộ'}
    """
    given = [header for header in headers if fold(header)]
    found, problems = _given(given, table, columns or {})
    free = [header for header in given if header not in found.values()]
    scores = dict.fromkeys(found, 1.0)
    for ours, header, score in sorted(_scored(free, table), key=lambda match: -match[2]):
        if ours not in found and header not in found.values():
            found[ours], scores[ours] = header, score
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
    own, stand_in = known_words(table)[name]
    best = max(
        (
            match
            for word in (*own, *stand_in)
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
        elif (header := exact.get(" ".join(theirs.split()))) is not None:
            found[ours] = header
        else:
            near = process.extractOne(theirs, headers, scorer=fuzz.WRatio)
            params = {"name": theirs, "near": near[0] if near else ""}
            problems.append(Problem(key="read.mapped_column_missing", params=params))
    return found, problems


def _scored(headers: list[str], table: str) -> Iterable[tuple[str, str, float]]:
    words = known_words(table)
    for header in headers:
        key = fold(header)
        for ours, (own, stand_in) in words.items():
            if key == own[0]:
                yield ours, header, 1.0
            elif key in own:
                yield ours, header, 0.99 - 0.0001 * own.index(key)
            elif key in stand_in:
                yield ours, header, 0.95 - 0.0001 * stand_in.index(key)
            elif score := max((_misspelt(key, word) for word in own), default=0.0):
                yield ours, header, score * 0.9


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
