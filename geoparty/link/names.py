"""Keys of Vietnamese names: what is left when the ways of typing one name are removed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import pandas as pd

UNIT_KINDS: dict[str, tuple[str, ...]] = {
    "xã": ("xã", "x."),
    "phường": ("phường", "p."),
    "thị trấn": ("thị trấn", "tt.", "tt", "t.t.", "t.t"),
    "đặc khu": ("đặc khu", "đk."),
    "huyện": ("huyện", "h."),
    "quận": ("quận", "q."),
    "thị xã": ("thị xã", "tx.", "tx"),
    "thành phố": ("thành phố", "tp.", "tp", "t.p."),
    "tỉnh": ("tỉnh",),
}
"""Kinds of government unit and their spellings; a single letter needs its full stop."""
PLACE_KINDS: dict[str, tuple[str, ...]] = {
    "thôn": ("thôn", "t."),
    "bản": ("bản", "b."),
    "làng": ("làng",),
    "buôn": ("buôn", "bon"),
    "plei": ("plei", "plây", "pơlei"),
    "ấp": ("ấp",),
    "khóm": ("khóm",),
    "xóm": ("xóm",),
    "sóc": ("sóc",),
    "phum": ("phum",),
    "khu phố": ("khu phố", "kp.", "kp"),
    "khu dân cư": ("khu dân cư", "kdc.", "kdc"),
    "khu": ("khu",),
    "khối": ("khối", "khối phố"),
    "tổ dân phố": ("tổ dân phố", "tdp.", "tdp", "tổ dân cư", "tổ"),
    "tiểu khu": ("tiểu khu", "tk.", "tk"),
    "đội": ("đội",),
    "cụm": ("cụm dân cư", "cụm"),
    "phố": ("phố",),
}
"""Kinds of settlement and their spellings."""
EXPANDED = {
    "trường th": "trường tiểu học",
    "trường mn": "trường mầm non",
    "th": "trường tiểu học",
    "mn": "trường mầm non",
    "thcs": "trường thcs",
    "ptdtbt": "trường ptdtbt",
    "tyt": "trạm y tế",
}
"""Short forms of schools and health stations at the head of a name, written out."""

_EXPANDED_HEADS = {short.split()[0] for short in EXPANDED}
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_MARKED = "\u0306\u0302\u031b"  # breve, circumflex, horn: part of the letter
_WORDS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")
_NUMBERS = (
    {word: i for i, word in enumerate(_WORDS, 1)}
    | {"tư": 4, "bẩy": 7}
    | {f"mười {word}": 10 + i for i, word in enumerate(_WORDS[:9], 1)}
    | {"mười lăm": 15, "hai mươi": 20}
)
_ROMANS = {
    ten + unit: 10 * tens + i
    for tens, ten in enumerate(("", "x", "xx"))
    for i, unit in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if ten + unit
}
_LAST_OF_NUMBER = {number.split()[-1] for number in (*_NUMBERS, *_ROMANS)}
Kinds = dict[str, list[tuple[list[str], str]]]
_D = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})
_APOSTROPHE = re.compile(r"\s*['\u2018\u2019\u02bc\u02bb`\u00b4]\s*")
_SEPARATOR = re.compile(r"[^\w.]+|_+")
_TONED = re.compile(f"[{_TONES}]")
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_LAST_BRACKET = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
_FULL_STOP = re.compile(r"\.(?=[^\s.])")
_INTO_NUMBER = re.compile(r"(?<=[^\W\d_]{2})(?=\d)")
_LETTER_NUMBER = re.compile(r"^([pqxt])\.? ?(?=\d)")
_ZEROS = re.compile(r"\b0+(?=\d)")
_NUMBER_LETTER = re.compile(r"(\d) ([^\W\d_])$")
_DIGIT = re.compile(r"\d")
_NUMBER_WORD = re.compile(r"\bs[ốo] (?=\d)")


def name_key(text: str) -> str:
    """Return the key two spellings of one name share.

    The examples are the specification. The key keeps tones and letters: it never makes two
    names of different letters equal. A name that is nothing but a kind keeps it.

    Examples
    --------
    Unicode form, blanks that cannot be seen, case, tone style, two sorts of đ:

    >>> name_key("Bản Nà Sự") == name_key("ba\u0309n na\u0300  sự") == name_key("NÀ\u00a0SỰ\u200b")
    True
    >>> name_key("Hoà Bình"), name_key("Thuỷ Nguyên"), name_key("Ðiện Biên")
    ('hòa bình', 'thủy nguyên', 'điện biên')

    Kinds of unit and of place, written out or short; a bracket that holds only a kind:

    >>> [name_key(s) for s in ("xã Sín Thầu", "X. Sín Thầu", "Sín Thầu", "Sín Thầu (xã)")]
    ['sín thầu', 'sín thầu', 'sín thầu', 'sín thầu']
    >>> [name_key(s) for s in ("P.1", "Phường 01", "TT. Mường Chà", "thôn/bản Mường Chà")]
    ['1', '1', 'mường chà', 'mường chà']
    >>> [name_key(s) for s in ("TDP số 3", "Tổ dân phố 3", "Tổ 3", "tk.3", "Khu phố III")]
    ['3', '3', '3', '3', '3']

    One kind of place is left out, so that a name that begins like one stays a name:

    >>> [name_key(s) for s in ("Thôn Bản Mế", "Làng Buôn Kly", "Chi bộ bản Nà Sự", "Bản")]
    ['bản mế', 'buôn kly', 'nà sự', 'bản']

    Numerals at the end, dashes, full stops, brackets, apostrophes:

    >>> [name_key(s) for s in ("Nà Sự 1", "Nà Sự I", "Nà Sự Một", "Nà Sự-1", "Nà Sự1.")]
    ['nà sự 1', 'nà sự 1', 'nà sự 1', 'nà sự 1', 'nà sự 1']
    >>> [name_key(s) for s in ("Pu Nhi \u2013 Nà Nếnh", "Đắk R\u2019lấp", "Tân An (cũ)", "Tổ 3 A")]
    ['pu nhi nà nếnh', 'đắk rlấp', 'tân an cũ', '3a']

    Letters and tones are kept, and so are schools and stations:

    >>> name_key("Nà Bó") == name_key("Nà Bò"), name_key("Trường TH Nà Sự")
    (False, 'trường tiểu học nà sự')
    """
    return _keys(text)[2]


def name_keys(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return :func:`name_key` of every name, missing where the name is missing or blank."""
    keys = {name: name_key(str(name)) or None for name in names.dropna().unique()}
    return names.map(keys).astype("str")


def ladder(names: pd.Series[Any], *, units: bool = False) -> pd.DataFrame:
    """Return the keys of every name, from strict to loose: full, named, core, bare; and text.

    ``full`` keeps the kind in one spelling, ``named`` leaves out the kind of government unit,
    ``core`` is :func:`name_key`, ``bare`` has no diacritics; ``text`` is the name as written but
    for case, blanks and marks. Missing names have no keys.
    ``units=True`` is for names of government units: Bản Liền is then no village called Liền.

    Examples
    --------
    >>> ladder(pd.Series(["Xã Bản Liền"])).loc[0].tolist()
    ['xã bản liền', 'bản liền', 'liền', 'lien', 'xã bản liền']
    >>> ladder(pd.Series(["Xã Bản Liền"]), units=True).loc[0].tolist()
    ['xã bản liền', 'bản liền', 'bản liền', 'ban lien', 'xã bản liền']
    """
    unique = pd.Series(names.dropna().unique(), dtype="object")
    keys = pd.DataFrame(
        [_keys(str(name), units=units) for name in unique],
        columns=["full", "named", "core", "bare", "text"],
        index=pd.Index(unique, dtype="object"),
        dtype="str",
    )
    keys = keys.where(keys != "")
    return keys.reindex(names.astype("object")).set_axis(names.index, axis=0)


def strip_marks(text: str) -> str:
    """Return the text without any diacritics, đ as d.

    Examples
    --------
    >>> strip_marks("Điện Biên Phủ")
    'Dien Bien Phu'
    """
    loose = unicodedata.normalize("NFD", text.translate(_D))
    plain = "".join(c for c in loose if not unicodedata.combining(c))
    return plain.replace("Đ", "D").replace("đ", "d")


_plain = lru_cache(maxsize=65536)(strip_marks)


def has_marks(text: str) -> bool:
    """Return whether the text has any Vietnamese diacritic or đ."""
    return not text.isascii() and strip_marks(text) != unicodedata.normalize("NFD", text)


def _keys(text: str, *, units: bool = False) -> tuple[str, ...]:
    tokens = _tokens(text)
    named = _strip(tokens, _OUTER)
    core = named if units else _strip(named, _INNER, most=1)
    bare = _strip([_plain(token) for token in tokens], _BARE_OUTER)
    bare = bare if units else _strip(bare, _BARE_INNER, most=1)
    return (
        _close([*_kind_at_head(tokens, _OUTER)[1].split(), *_canonical(named)]),
        _close(_canonical(named)),
        _close(core),
        _close(bare, words=False),
        " ".join(tokens),
    )


def _tokens(text: str) -> list[str]:
    text = _HIDDEN.sub("", unicodedata.normalize("NFKC", text).translate(_D).lower())
    text = _kind_in_brackets(text).replace("thôn/bản", "thôn")
    text = _SEPARATOR.sub(" ", _APOSTROPHE.sub("", text)).strip()
    text = _INTO_NUMBER.sub(" ", _FULL_STOP.sub(". ", text))
    text = _LETTER_NUMBER.sub(r"\1. ", text)
    return [_syllable(token) for token in text.split() if token.strip(".")]


def _kind_in_brackets(text: str) -> str:
    """Put a kind that stands in brackets after the name before it: Hát Lót (thị trấn)."""
    found = _LAST_BRACKET.search(text)
    if found and found.start() > 0:
        inside = _SEPARATOR.sub(" ", found[1]).split()
        if inside and _kind_at_head(inside, _ANY)[0] == len(inside):
            return f"{' '.join(inside)} {text[: found.start()]}"
    return text


@lru_cache(maxsize=65536)
def _syllable(token: str) -> str:
    """Put the tone of a syllable where the older style has it: hoà -> hòa."""
    loose = unicodedata.normalize("NFD", token)
    tones = _TONED.findall(loose)
    if len(tones) != 1:
        return unicodedata.normalize("NFC", loose)
    letters = [
        unicodedata.normalize("NFC", part)
        for part in re.findall(f".[{_MARKED}]*", _TONED.sub("", loose))
    ]
    at = _tone_position(letters)
    letters[at] += tones[0]
    return unicodedata.normalize("NFC", "".join(letters))


def _tone_position(letters: list[str]) -> int:
    vowels = [i for i, c in enumerate(letters) if strip_marks(c) in "aeiouy"]
    if len(vowels) > 1 and vowels[0] > 0:
        onset = letters[vowels[0] - 1] + letters[vowels[0]]
        vowels = vowels[1:] if onset in ("qu", "gi") else vowels
    if not vowels:
        return len(letters) - 1
    marked = [i for i in vowels if letters[i] in "ăâêôơư"]
    if marked:
        return marked[-1]
    closed = vowels[-1] < len(letters) - 1
    if closed:
        return vowels[-1]
    return vowels[1] if len(vowels) > 2 else vowels[0]


def _strip(tokens: list[str], kinds: Kinds, *, most: int = 9) -> list[str]:
    """Leave out kinds at the head, as long as something is left."""
    for _ in range(most):
        size = _kind_at_head(tokens, kinds)[0]
        if not 0 < size < len(tokens):
            break
        tokens = tokens[size:]
    return tokens


def _canonical(tokens: list[str]) -> list[str]:
    """Write the kind at the head in one spelling."""
    size, kind = _kind_at_head(tokens, _INNER)
    return [*kind.split(), *tokens[size:]]


def _kind_at_head(tokens: list[str], kinds: Kinds) -> tuple[int, str]:
    for way, kind in kinds.get(tokens[0], ()) if tokens else ():
        if tokens[: len(way)] == way:
            return len(way), kind
    return 0, ""


def _close(tokens: list[str], *, words: bool = True) -> str:
    """Write out short forms at the head and the numeral at the end; join what is left."""
    if any("." in token for token in tokens):
        tokens = [t for t in (token.replace(".", "") for token in tokens) if t]
    if tokens and tokens[0] in _EXPANDED_HEADS:
        head = next((n for n in (2, 1) if " ".join(tokens[:n]) in EXPANDED and len(tokens) > n), 0)
        tokens = [*EXPANDED.get(" ".join(tokens[:head]), "").split(), *tokens[head:]]
    text = " ".join(_number(tokens, words=words))
    if _DIGIT.search(text):
        text = _NUMBER_LETTER.sub(r"\1\2", _ZEROS.sub("", text))
        text = _NUMBER_WORD.sub("", text)
    return text


def _number(tokens: list[str], *, words: bool) -> list[str]:
    if not tokens or tokens[-1] not in _LAST_OF_NUMBER:
        return tokens
    for n in (2, 1):
        last = " ".join(tokens[-n:])
        number = (_NUMBERS.get(last) if words else None) or _ROMANS.get(last)
        if number and len(tokens) >= n:
            return [*tokens[:-n], str(number)]
    return tokens


def _spellings(kinds: dict[str, tuple[str, ...]], *, bare: bool = False) -> Kinds:
    """Return the spellings of kinds by their first word, longest first."""
    found: Kinds = {}
    for kind, ways in kinds.items():
        for way in ways:
            tokens = [_syllable(t) for t in _FULL_STOP.sub(". ", way).split()]
            tokens = [strip_marks(t) for t in tokens] if bare else tokens
            found.setdefault(tokens[0], []).append((tokens, kind))
    return {first: sorted(ways, key=lambda w: -len(w[0])) for first, ways in found.items()}


_BEFORE = {**UNIT_KINDS, "chi bộ": ("chi bộ",)}
_OUTER, _BARE_OUTER = _spellings(_BEFORE), _spellings(_BEFORE, bare=True)
_INNER, _BARE_INNER = _spellings(PLACE_KINDS), _spellings(PLACE_KINDS, bare=True)
_ANY = _spellings({**_BEFORE, **PLACE_KINDS})
