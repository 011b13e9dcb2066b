"""Convert legacy text of whole columns, once the project says so; until then, show what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from geoparty.errors import InputError, Problem
from geoparty.read.legacy import LEGACY, Legacy, legacy_of, to_unicode
from geoparty.read.raw import Raw

_LABELS: dict[Legacy, str] = {"tcvn3": "TCVN3 (.VnTime)", "vni": "VNI"}
_LOOKED_AT = 20_000


def convert(
    raw: Raw, encoding: str | None, *, fonts: Mapping[str, str] | None = None, input_name: str
) -> Raw:
    """Return the rows with the columns that are in ``encoding`` turned into Unicode.

    ``encoding`` is ``tcvn3``, ``vni``, ``unicode`` (leave all as it is) or None: not decided.
    A column is in a legacy encoding if its cells' font is (``fonts``), or if read so, and only
    so, its words are Vietnamese.

    Raises
    ------
    InputError
        Not decided, and columns look legacy: which, in what encoding, and a preview of each.
    """
    if encoding == "unicode":
        return raw
    found = {name: _encoding(raw.cells[name], (fonts or {}).get(name)) for name in raw.cells}
    if encoding is None:
        faults = [_fault(raw, name, e, input_name) for name, e in found.items() if e is not None]
        if faults:
            raise InputError(faults)
        return raw
    shown = {n: to_unicode(h, encoding) for n, h in raw.headers.items() if encoding in LEGACY}
    cells = raw.cells.assign(
        **{n: _converted(raw.cells[n], e) for n, e in found.items() if e is not None}
    )
    others = {n: _encoding(raw.others[n], None) for n in raw.others}
    return replace(
        raw,
        cells=cells,
        headers=raw.headers | shown,
        others=raw.others.assign(
            **{n: _converted(raw.others[n], e) for n, e in others.items() if e is not None}
        ),
    )


def _encoding(column: pd.Series[str], font: str | None) -> Legacy | None:
    texts = [text for text in column.dropna().unique()[:_LOOKED_AT] if isinstance(text, str)]
    telling = [text for text in texts if not text.isascii()]
    if not telling:
        return None
    by_font = next((e for e in LEGACY if e == font), None)
    return by_font if by_font and _is_latin(telling) else legacy_of(telling)


def _is_latin(texts: list[str]) -> bool:
    return any(all(ord(letter) <= 0xFF for letter in text) for text in texts)


def _converted(column: pd.Series[str], encoding: Legacy) -> pd.Series[str]:
    return column.map(
        lambda cell: to_unicode(cell, encoding) if isinstance(cell, str) else cell,
        na_action="ignore",
    )


def _fault(raw: Raw, name: str, encoding: Legacy, input_name: str) -> Problem:
    texts = [t for t in raw.cells[name].dropna().unique() if isinstance(t, str)]
    shown = [f"{t} → {to_unicode(t, encoding)}" for t in texts if not t.isascii()][:3]
    return Problem(
        key="read.legacy_text",
        params={
            "encoding": encoding,
            "label": _LABELS[encoding],
            "preview": shown,
            "input": input_name,
        },
        file=str(raw.source["file"].iloc[0]),
        sheet=str(raw.source["sheet"].iloc[0]) or None,
        column=to_unicode(raw.headers[name], encoding) or None,
    )
