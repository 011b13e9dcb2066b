"""Words, numbers and names as a page shows them, in the session's language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from geoparty import words
from geoparty.words import Language

UNKNOWN = "–"
"""What is not known or not measured; never a zero."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&=^\"'@/])")
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"


def say(key: str, language: Language, /, **params: object) -> str:
    """Return a text of the pages' catalogue."""
    return words.text(f"pages.{key}", language, **params)


def literal(text: object) -> str:
    r"""Return text from data so that Markdown shows it as it is: no link, image or markup.

    Examples
    --------
    >>> literal("Bản *A* ![x](http://y)")
    'Bản \\*A\\* \\!\\[x\\]\\(http\\:\\/\\/y\\)'
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def number(value: float | None, language: Language, *, decimals: int = 0) -> str:
    """Return a number with the separators of the language; unknown is a dash.

    Examples
    --------
    >>> number(1234.5, "vi", decimals=1), number(1234.5, "en", decimals=1), number(None, "vi")
    ('1.234,5', '1,234.5', '–')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    if np.isinf(value):
        return "∞"
    return words.number(value, language, decimals=decimals)


def share(part: int, whole: int, language: Language) -> str:
    """Return a count with its whole and the percentage of it.

    Examples
    --------
    >>> share(10, 141, "vi"), share(0, 0, "en")
    ('10/141 (7,1 %)', '0/0')
    """
    counts = f"{number(part, language)}/{number(whole, language)}"
    if not whole:
        return counts
    return f"{counts} ({number(100 * part / whole, language, decimals=1)} %)"


def minutes(value: float | None, language: Language) -> str:
    """Return minutes in words: not measured, no way through, or hours and minutes.

    Examples
    --------
    >>> minutes(135.0, "en"), minutes(float("inf"), "en"), minutes(None, "en")
    ('2 h 15 min', 'no way through', 'not measured')
    """
    if value is None or pd.isna(value):
        return words.text("present.not_measured", language)
    if np.isinf(value):
        return words.text("present.no_way", language)
    hours, rest = divmod(round(float(value)), 60)
    short = say("minutes", language, n=rest)
    if not hours:
        return short
    return f"{say('hours', language, n=hours)} {short}" if rest else say("hours", language, n=hours)


def every_minutes(values: pd.Series[Any], language: Language) -> list[str]:
    """Return the minutes of a column in words; what is said alike is put in words once.

    Examples
    --------
    >>> every_minutes(pd.Series([135.2, 134.9, float("nan")]), "en")
    ['2 h 15 min', '2 h 15 min', 'not measured']
    """
    codes, different = pd.factorize(values.round(), use_na_sentinel=False)
    told = [minutes(value, language) for value in different]
    return [told[code] for code in codes]


def date(value: object, language: Language) -> str:
    """Return a date as people of the language write it.

    Examples
    --------
    >>> date(pd.Timestamp(2025, 12, 31), "vi"), date(pd.NaT, "en")
    ('31/12/2025', '–')
    """
    if value is None or value is pd.NaT:
        return UNKNOWN
    moment = pd.Timestamp(str(value))
    return f"{moment:%d/%m/%Y}" if language == "vi" else f"{moment.day} {moment:%b %Y}"


def in_order(names: Iterable[str]) -> list[str]:
    """Return names in Vietnamese order: a ă â ... d đ ..., then by tone.

    Examples
    --------
    >>> in_order(["Đông", "Dung", "Ân", "An", "Ấn"])
    ['An', 'Ân', 'Ấn', 'Dung', 'Đông']
    """
    return sorted(names, key=order_key)


def order_key(name: str) -> tuple[list[int], list[int], str]:
    """Return the key that sorts one name in Vietnamese order."""
    letters, tones = [], []
    for char in unicodedata.normalize("NFC", name.casefold()):
        parts = unicodedata.normalize("NFD", char)
        tone = next((t for t in parts if t in _TONES), "")
        letter = unicodedata.normalize("NFC", parts.replace(tone, "")) if tone else char
        at = _LETTERS.find(letter)
        letters.append(at if at >= 0 else ord(letter[0]) - 1000)
        tones.append(_TONES.index(tone) + 1 if tone else 0)
    return letters, tones, name


def plain_key(text: str) -> str:
    """Return text for searching: lower case, without diacritics.

    Examples
    --------
    >>> plain_key("Đồng Văn")
    'dong van'
    """
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(c for c in bare if not unicodedata.combining(c))
