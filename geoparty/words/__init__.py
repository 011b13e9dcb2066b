"""Every word a person reads, in Vietnamese and English.

One catalogue file per topic beside this module, each entry ``[key]`` with ``vi``
and ``en``; placeholders are ``str.format`` fields and must be the same in both.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib.resources import files
from numbers import Real
from typing import Literal

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


@cache
def catalogue(topic: str) -> dict[str, dict[str, str]]:
    """Return one topic's entries, ``{key: {"vi": ..., "en": ...}}``."""
    path = files(__package__).joinpath(f"{topic}.toml")
    return tomllib.loads(path.read_text("utf-8"))


def topics() -> list[str]:
    """Return the names of all catalogue files, sorted."""
    return sorted(p.name[:-5] for p in files(__package__).iterdir() if p.name.endswith(".toml"))


def text(key: str, language: Language = "vi", /, **params: object) -> str:
    """Return the words for ``topic.key`` in one language, placeholders filled.

    Raises
    ------
    KeyError
        The key is not in its catalogue: a mistake in the program, never in data.

    Examples
    --------
    >>> text("levels.no_cell", "en")
    'No cell'
    >>> text("levels.no_cell", "vi")
    'Chưa có chi bộ'
    >>> text("errors.more", "en", n=3)
    'and 3 more'
    """
    topic, _, entry = key.partition(".")
    pattern = catalogue(topic)[entry][language]
    return _Pattern(language).vformat(pattern, (), params) if params else pattern


class _Pattern(string.Formatter):
    """``str.format`` with the separators of the language, where a field asks for any."""

    def __init__(self, language: Language) -> None:
        self._is_vietnamese = language == "vi"

    def format_field(self, value: object, format_spec: str) -> str:
        text = format(value, format_spec)
        is_number = isinstance(value, Real) and format_spec != ""
        return text.translate(_SWAPPED) if is_number and self._is_vietnamese else text


_SWAPPED = str.maketrans(",.", ".,")


def number(value: float, language: Language = "vi", *, decimals: int = 0, sign: str = "") -> str:
    """Return a number with the separators of the language; ``sign="+"`` writes both signs.

    Examples
    --------
    >>> number(1234, "vi"), number(0.0244, "vi", decimals=3), number(1234, "en", sign="+")
    ('1.234', '0,024', '+1,234')
    """
    return _Pattern(language).format_field(value, f"{sign},.{decimals}f")


def listing(items: list[str], language: Language = "vi", *, most: int = 3) -> str:
    """Join names for a sentence, the first few and how many more.

    Examples
    --------
    >>> listing(["Bản A", "Bản B", "Bản C", "Bản D", "Bản E"], "en")
    'Bản A, Bản B, Bản C and 2 more'
    """
    head = ", ".join(items[:most])
    rest = len(items) - most
    return head if rest <= 0 else f"{head} {text('errors.more', language, n=rest)}"
