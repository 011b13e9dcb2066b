"""What goes wrong when a name or a number is typed by many hands, one function a defect."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

Defect = Callable[[str, np.random.Generator], str]
"""Text and random numbers in, spoiled text out; the same text where the defect does not apply."""

_SHORT = {
    "tổ dân phố": ("TDP", "TDP.", "Tổ DP", "tổ dân phố"),
    "bản": ("B.", "bản"),
    "thôn": ("T.", "thôn"),
    "trường tiểu học": ("TH", "Trường TH"),
    "trường mầm non": ("MN", "Trường MN"),
    "trạm y tế": ("TYT", "Trạm YT"),
    "ubnd": ("Ủy ban nhân dân", "UBND"),
}
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_WORDS = ("Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười")
_LAST_NUMBER = re.compile(r"\d+$")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OPEN = re.compile(
    rf"(o)([{_TONES}]?)([ae])([{_TONES}]?)(?!\w)|(?<!q)(u)([{_TONES}]?)(y)([{_TONES}]?)(?!\w)",
    re.IGNORECASE,
)
"""An open syllable in oa, oe or uy, with its tone mark on either vowel."""
_VILLAGE_KINDS = ("bản ", "thôn ", "xóm ", "buôn ", "làng ", "ấp ", "khóm ")


def nfd(text: str, rng: np.random.Generator) -> str:
    """Write letters and their marks apart, as some keyboards do."""
    del rng
    return unicodedata.normalize("NFD", text)


def tone_style(text: str, rng: np.random.Generator) -> str:
    """Put the tone mark on the other vowel.

    Examples
    --------
    >>> tone_style("Thôn Hòa Thủy", np.random.default_rng(1))
    'Thôn Hoà Thuỷ'
    """
    del rng
    letters = unicodedata.normalize("NFD", text)
    moved = _OPEN.sub(_moved_tone, letters)
    return unicodedata.normalize("NFC", moved) if moved != letters else text


def _moved_tone(found: re.Match[str]) -> str:
    first, on_first, second, on_second = (found.groups()[i] or "" for i in range(4))
    if not first:
        first, on_first, second, on_second = (found.groups()[i] or "" for i in range(4, 8))
    return first + on_second + second + on_first


def case(text: str, rng: np.random.Generator) -> str:
    """Type the whole name in capitals, or in small letters."""
    return text.upper() if rng.random() < 0.7 else text.lower()


def blanks(text: str, rng: np.random.Generator) -> str:
    """Double a blank, make one non-breaking, or leave one at an end."""
    kind = int(rng.integers(3))
    return (text.replace(" ", "  ", 1), text.replace(" ", "\u00a0", 1), f" {text} ")[kind]


def abbreviated(text: str, rng: np.random.Generator) -> str:
    """Shorten the word for the kind of place."""
    for long, shorts in _SHORT.items():
        if text.lower().startswith(f"{long} "):
            return shorts[int(rng.integers(len(shorts)))] + text[len(long) :]
    return text


def prefix_dropped(text: str, rng: np.random.Generator) -> str:
    """Leave out the word for a village before its name."""
    del rng
    for kind in _VILLAGE_KINDS:
        rest = text[len(kind) :]
        if text.lower().startswith(kind) and not rest[:1].isdigit():
            return rest
    return text


def numeral(text: str, rng: np.random.Generator) -> str:
    """Write the number at the end as a Roman numeral, in words, or with a zero before it."""
    found = _LAST_NUMBER.search(text)
    if not found or int(found[0]) > len(_ROMAN):
        return text
    n = int(found[0])
    other = (_ROMAN[n - 1], _WORDS[n - 1], f"{n:02d}")[int(rng.integers(3))]
    return text[: found.start()] + other


def dash(text: str, rng: np.random.Generator) -> str:
    """Join the last two syllables by a hyphen or a dash."""
    return ("-" if rng.random() < 0.6 else " – ").join(text.rsplit(" ", 1))


def no_diacritics(text: str, rng: np.random.Generator) -> str:
    """Leave out every mark, đ included."""
    del rng
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in letters if not unicodedata.combining(c))


def typo(text: str, rng: np.random.Generator) -> str:
    """Drop, double or exchange one letter of the last words; numbers are left alone."""
    at = [i for i, c in enumerate(text) if c.isalpha() and i > len(text) // 3]
    if not at:
        return text
    i, kind = int(rng.choice(at)), int(rng.integers(3))
    if kind == 0:
        return text[:i] + text[i + 1 :]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    return text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]


def missing_syllable(text: str, rng: np.random.Generator) -> str:
    """Leave out one syllable of a longer name."""
    parts = text.split(" ")
    if len(parts) < 4:
        return text
    del parts[int(rng.integers(1, len(parts) - 1))]
    return " ".join(parts)


LOSSLESS: dict[str, Defect] = {
    "nfd": nfd,
    "tone_style": tone_style,
    "case": case,
    "blanks": blanks,
    "abbreviated": abbreviated,
    "prefix_dropped": prefix_dropped,
    "numeral": numeral,
    "dash": dash,
}
"""Defects after which the name can still be told for certain."""
LOSSY: dict[str, Defect] = {
    "no_diacritics": no_diacritics,
    "typo": typo,
    "missing_syllable": missing_syllable,
}


def worded_number(text: str, rng: np.random.Generator) -> str:
    """Write a count with words about it."""
    return (f"{text} đ/c", "chưa rõ", f"khoảng {text}")[int(rng.integers(3))]


def negative(text: str, rng: np.random.Generator) -> str:
    """Write a minus before a count."""
    return f"-{text}" if text not in ("", "0") else f"-{int(rng.integers(1, 5))}"


def thousands(text: str, rng: np.random.Generator) -> str:
    """Part the thousands by a full stop, as text."""
    return f"{int(text):,}".replace(",", "." if rng.random() < 0.7 else " ") if text else text


NUMBERS: dict[str, Defect] = {"worded_number": worded_number, "negative": negative}
