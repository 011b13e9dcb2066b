"""Widths of a printed table's columns: by their share, but no word breaks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from geoparty.present import ink

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_LETTERS_PT = 11
"""Size of the letters in tables of the report."""
_MM_PER_PT = 25.4 / 72
_PADDING_MM = 4.4
"""What Word leaves empty left and right in a cell, and the line."""
_MEASURED_AT = 100


def column_mm(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    *,
    total_mm: float,
) -> list[float]:
    """Return the width of each column: its share of the whole, or its longest word if that is more.

    Headers are bold; letters have the widths of Times New Roman. Where the words do not fit at all,
    the shares stand.

    Examples
    --------
    >>> rows = [("Mường Nhé", "12"), ("Nà Hỳ", "7")]
    >>> [round(w) for w in column_mm(("Commune", "Candidates"), rows, (9, 1), total_mm=100)]
    [77, 23]
    >>> [round(w) for w in column_mm(("Commune", "n"), rows, (4, 1), total_mm=100)]
    [80, 20]
    """
    lines = [headers, *rows] if headers else list(rows)
    least = [
        max(_longest_mm(line[i], bold=line is headers) for line in lines) + _PADDING_MM
        for i in range(len(shares))
    ]
    by_share = [share / sum(shares) * total_mm for share in shares]
    if sum(least) > total_mm:
        return by_share
    held: set[int] = set()
    while True:
        room = total_mm - sum(least[i] for i in held)
        rest = sum(share for i, share in enumerate(shares) if i not in held)
        widths = [least[i] if i in held else share / rest * room for i, share in enumerate(shares)]
        narrow = {i for i, width in enumerate(widths) if width < least[i]}
        if not narrow:
            return widths
        held |= narrow


def _longest_mm(text: str, *, bold: bool) -> float:
    scale = _LETTERS_PT * _MM_PER_PT / _MEASURED_AT
    font = _font("bold" if bold else "regular")
    return max((font.getlength(word) * scale for word in text.split()), default=0.0)


@cache
def _font(kind: str) -> FreeTypeFont:
    from PIL import ImageFont

    data = files(__package__).joinpath("vendor", ink.FONT_FILES[kind]).read_bytes()
    return ImageFont.truetype(io.BytesIO(data), _MEASURED_AT)
