"""Convert legacy text of whole columns, once the project says so; until then, show what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from geoparty.errors import InputError, Problem, Severity
from geoparty.read.legacy import LEGACY, Legacy, is_latin1, legacy_of, to_unicode
from geoparty.read.raw import Raw
from geoparty.schema import COMMUNES, COUNTS, PLACES

_LABELS: dict[Legacy, str] = {"tcvn3": "TCVN3 (.VnTime)", "vni": "VNI"}
_NUMBERS = frozenset(
    name
    for columns in (COMMUNES, PLACES, COUNTS)
    for name, column in columns.items()
    if column.dtype in {"Int64", "float", "date"}
)
_LOOKED_AT = 20_000
_PREVIEWED = 5


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
    legacy = {name: e for name, e in found.items() if e is not None}
    if not set(legacy) - _NUMBERS:  # an odd sign among numbers is a typing error
        legacy = {}
    if encoding is None:
        if legacy:
            raise InputError(list(_problems(raw, legacy, "read.legacy_text", "error", input_name)))
        return raw
    others = {n: e for n in raw.others if (e := _encoding(raw.others[n], None)) is not None}
    notes = _problems(raw, legacy, "read.converted", "warning", input_name)
    return replace(
        raw,
        cells=raw.cells.assign(**{n: _converted(raw.cells[n], e) for n, e in legacy.items()}),
        others=raw.others.assign(**{n: _converted(raw.others[n], e) for n, e in others.items()}),
        headers=_headers(raw),
        problems=(*raw.problems, *notes),
    )


def _encoding(column: pd.Series[str], font: str | None) -> Legacy | None:
    texts = [text for text in column.dropna().unique()[:_LOOKED_AT] if isinstance(text, str)]
    telling = [text for text in texts if not text.isascii()]
    if not telling:
        return None
    by_font = next((e for e in LEGACY if e == font), None)
    return by_font if by_font and _is_latin(telling) else legacy_of(telling)


def _is_latin(texts: list[str]) -> bool:
    return any(is_latin1(text) for text in texts)


def _converted(column: pd.Series[str], encoding: Legacy) -> pd.Series[str]:
    return column.map(
        lambda cell: to_unicode(cell, encoding) if isinstance(cell, str) else cell,
        na_action="ignore",
    )


def _problems(
    raw: Raw, legacy: Mapping[str, Legacy], key: str, severity: Severity, input_name: str
) -> Iterator[Problem]:
    """Give one problem for each encoding met, with its columns and the first changed texts."""
    for encoding in LEGACY:
        names = [name for name, e in legacy.items() if e == encoding]
        if names:
            columns = [_headers(raw)[name] for name in names]
            yield Problem(
                key=key,
                params={
                    "encoding": encoding,
                    "label": _LABELS[encoding],
                    "columns": columns,
                    "preview": [text for name in names for text in _preview(raw, name, encoding)],
                    "input": input_name,
                },
                file=str(raw.source["file"].iloc[0]),
                sheet=str(raw.source["sheet"].iloc[0]) or None,
                severity=severity,
            )


def _headers(raw: Raw) -> dict[str, str]:
    legacy = legacy_of(raw.headers.values())
    return {n: to_unicode(h, legacy) if legacy else h for n, h in raw.headers.items()}


def _preview(raw: Raw, name: str, encoding: Legacy) -> list[str]:
    texts = [t for t in raw.cells[name].dropna().unique() if isinstance(t, str)]
    return [f"{t} → {to_unicode(t, encoding)}" for t in texts if not t.isascii()][:_PREVIEWED]
