"""Vietnamese text from before Unicode: TCVN3 (.VnTime fonts) and VNI, told by the column.

Both write the letters of Latin-1 and let the font show others. The tables are those of
TCVN 5712:1993 (VN3) and of VNI for Windows; xvnkb's ``vni.h`` has the second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Literal

Legacy = Literal["tcvn3", "vni"]
LEGACY: tuple[Legacy, ...] = ("tcvn3", "vni")

_TCVN3_LETTERS = (
    "\xb5\xb8\xb6\xb7\xb9\xa8\xbb\xbe\xbc\xbd\xc6\xa9\xc7\xca\xc8\xc9\xcb\xae"
    "\xcc\xd0\xce\xcf\xd1\xaa\xd2\xd5\xd3\xd4\xd6\xd7\xdd\xd8\xdc\xde"
    "\xdf\xe3\xe1\xe2\xe4\xab\xe5\xe8\xe6\xe7\xe9\xac\xea\xed\xeb\xec\xee"
    "\xef\xf3\xf1\xf2\xf4\xad\xf5\xf8\xf6\xf7\xf9\xfa\xfd\xfb\xfc\xfe"
    "\xa1\xa2\xa3\xa4\xa5\xa6\xa7"
)  # fmt: skip
_TCVN3_MEANS = (
    "àáảãạăằắẳẵặâầấẩẫậđ"
    "èéẻẽẹêềếểễệìíỉĩị"
    "òóỏõọôồốổỗộơờớởỡợ"
    "ùúủũụưừứửữựỳýỷỹỵ"
    "ĂÂÊÔƠƯĐ"
)  # fmt: skip
_VNI_MARKS = {
    "aeouyôö": {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"},
    "aeo": {
        "â": "\u0302",
        "á": "\u0302\u0301",
        "à": "\u0302\u0300",
        "å": "\u0302\u0309",
        "ã": "\u0302\u0303",
        "ä": "\u0302\u0323",
    },
    "a": {
        "ê": "\u0306",
        "é": "\u0306\u0301",
        "è": "\u0306\u0300",
        "ú": "\u0306\u0309",
        "ü": "\u0306\u0303",
        "ë": "\u0306\u0323",
    },
}
_VNI_LETTERS = {
    "ô": "ơ",
    "ö": "ư",
    "ñ": "đ",
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "î": "ỵ",
}
_MOST_SENSE = 0.7
"""Names in other tongues (Đăk Pxi, Ia Đal) are no Vietnamese syllables."""
_TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
_ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx]|[bcdđghkmp]?[rlwjz]|p[nx]"
_RIME = (
    "a(?:c|ch|i|m|n|ng|nh|o|p|t|u|y)?|ă(?:c|m|n|ng|p|t)|â(?:c|m|n|ng|p|t|u|y)"
    "|e(?:c|m|n|ng|o|p|t)?|ê(?:ch|m|n|nh|p|t|u|ng|c)?|i(?:a|ch|m|n|nh|p|t|u|c|ng)?"
    "|[iy]ê(?:c|m|n|ng|p|t|u)|o(?:c|i|m|n|ng|p|t|ong|oc)?|o?a(?:c|ch|i|m|n|ng|nh|o|p|t|y)?"
    "|oă(?:c|m|n|ng|t)|oe(?:n|o|t|m)?|ô(?:c|i|m|n|ng|p|t)?|ơ(?:i|m|n|p|t|u)?"
    "|u(?:a|c|i|m|n|ng|p|t)?|uâ(?:n|t|y|ng)|uê(?:ch|n|nh)?|uô(?:c|i|m|n|ng|t)|uơ"
    "|uy(?:a|ch|n|nh|t|u|p)?|uyê(?:n|t)|ư(?:a|c|i|m|n|ng|t|u)?|ươ(?:c|i|m|n|ng|p|t|u)|y(?:nh|t|ch|p|u)?"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_RIME})")
_WORD = re.compile(r"[^\W\d_]+(?:[\xa1-\xbf\xd7\xf7][^\W\d_]*)*|[\xa1-\xbf\xd7\xf7][^\W\d_]*")


def to_unicode(text: str, encoding: Legacy) -> str:
    """Return TCVN3 or VNI text as Unicode (NFC).

    Text with letters that neither has (``ế``, ``ư``: it is Unicode already) stays as it is; a
    dash or quotation mark put in by Excel does not make it so.

    Examples
    --------
    >>> to_unicode("B¶n Pó \u2013 Khoang", "tcvn3")
    'Bản Pú – Khoang'
    >>> to_unicode("B¶o Th¾ng", "tcvn3"), to_unicode("Ñieän Bieân Phuû", "vni")
    ('Bảo Thắng', 'Điện Biên Phủ')
    """
    if not is_latin1(text):
        return text
    if encoding == "tcvn3":
        return text.translate(_tcvn3())
    return _vni_pattern().sub(lambda found: _vni()[found[0]], text)


def from_unicode(text: str, encoding: Legacy) -> str:
    """Return Unicode text as TCVN3 or VNI writes it; TCVN3 has no capitals with tones.

    Examples
    --------
    >>> from_unicode("Điện Biên Phủ", "vni")
    'Ñieän Bieân Phuû'
    """
    letters = unicodedata.normalize("NFC", text)
    if encoding == "tcvn3":
        written = {means: chr(code) for code, means in _tcvn3().items()}
        return "".join(written.get(c) or written.get(c.lower(), c) for c in letters)
    table = {means: code for code, means in reversed(_vni().items())}
    return "".join(table.get(c, c) for c in letters)


def legacy_of(texts: Iterable[str]) -> Legacy | None:
    """Tell from a whole column whether it is TCVN3 or VNI; None where Unicode fits as well.

    The words with letters beyond ASCII decide: nearly all are Vietnamese syllables in the
    right reading, and more only in that one than only as they stand.

    Examples
    --------
    >>> legacy_of(["B¶n Ten", "NËm P¸"]), legacy_of(["Baûn Ten", "Naäm Paù"])
    ('tcvn3', 'vni')
    >>> legacy_of(["Bản Ten", "Nậm Pá"]) is None
    True
    """
    words = _telling_words(texts)
    sense = {e: [_is_syllable(to_unicode(word, e)) for word in words] for e in LEGACY}
    best = max(LEGACY, key=lambda encoding: sum(sense[encoding]))
    if sum(sense[best]) < _MOST_SENSE * len(words):
        return None
    plain = [_is_syllable(word) for word in words]
    only_legacy = sum(then and not now for now, then in zip(plain, sense[best], strict=True))
    only_unicode = sum(
        now and (not then or not is_latin1(word))
        for word, now, then in zip(words, plain, sense[best], strict=True)
    )
    return best if only_legacy > 2 * only_unicode else None


def is_vietnamese(text: str) -> bool:
    """Tell whether the words with diacritics are Vietnamese syllables, read as they stand."""
    words = _telling_words([unicodedata.normalize("NFC", text)])
    return not words or _share(words) >= 0.7


def _telling_words(texts: Iterable[str], most: int = 5000) -> list[str]:
    words: list[str] = []
    for text in texts:
        words += [word for word in _WORD.findall(text) if len(word) > 1 and not word.isascii()]
        if len(words) >= most:
            break
    return words


def is_latin1(text: str) -> bool:
    """Return whether all letters are of the 256 an old font has; other signs do not count."""
    return all(ord(letter) <= 0xFF for letter in text if letter.isalpha())


def _share(words: list[str]) -> float:
    return sum(_is_syllable(word) for word in words) / len(words)


@cache
def _is_syllable(word: str) -> bool:
    plain = unicodedata.normalize("NFD", word.lower()).translate(_TONES)
    whole = unicodedata.normalize("NFC", plain)
    return bool(_SYLLABLE.fullmatch(re.sub("[klrh]$", "c", whole)) or _SYLLABLE.fullmatch(whole))


@cache
def _tcvn3() -> dict[int, str]:
    return dict(zip(map(ord, _TCVN3_LETTERS), _TCVN3_MEANS, strict=True))


@cache
def _vni() -> dict[str, str]:
    table = {}
    for bases, marks in _VNI_MARKS.items():
        for base in bases:
            for mark, tone in marks.items():
                lower = unicodedata.normalize("NFC", _VNI_LETTERS.get(base, base) + tone)
                table[base + mark] = lower
                table[base.upper() + mark] = table[base.upper() + mark.upper()] = lower.upper()
    for letter, means in _VNI_LETTERS.items():
        table[letter], table[letter.upper()] = means, means.upper()
    return table


@cache
def _vni_pattern() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _vni()), key=len, reverse=True)))
