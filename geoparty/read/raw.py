"""Rows as they stand in a file, each column by our name, each row with where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoparty.errors import Problem
from geoparty.read.values import fold
from geoparty.schema import COMMUNES, COUNTS, PLACES, SOURCE_COLUMNS, Read

_LEFT_OUT = re.compile(
    r".*\b(?:dan toc|ton giao|ethnic\w*|religio\w*)\b.*|stt|tt|no|fid|objectid|geometry"
)
"""Columns never carried on: people are not profiled by ethnicity or religion."""


def no_source() -> pd.DataFrame:
    """Return an empty frame of SOURCE_COLUMNS."""
    dtypes = {"file": "str", "sheet": "str", "row": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def other_columns(headers: Iterable[str], recognised: set[str]) -> dict[str, int]:
    """Return the headers that are not ours but may group places, and where they stand.

    Examples
    --------
    >>> other_columns(["STT", "Thôn", "Khu vực", "Dân tộc", ""], {"Thôn"})
    {'Khu vực': 2}
    """
    ours = {*COMMUNES, *PLACES, *COUNTS, *SOURCE_COLUMNS}
    found: dict[str, int] = {}
    for at, header in enumerate(headers):
        name = fold(header)
        if name and not _LEFT_OUT.fullmatch(name) and header not in recognised | ours:
            found.setdefault(header, at)
    return found


@dataclass(frozen=True)
class Raw:
    """Rows of data: ``cells`` by our column name and ``source`` beside them, one index.

    ``headers`` tells which header of the file each of our columns came from. ``totals`` are
    total and subtotal rows, SOURCE_COLUMNS and cells; ``others`` the columns that are not ours.
    ``geometry`` is a GeoSeries in EPSG:4326, or None; ``crs`` what it was in.
    """

    cells: pd.DataFrame
    source: pd.DataFrame
    headers: dict[str, str]
    problems: tuple[Problem, ...] = ()
    geometry: Any = None
    crs: Any = None
    others: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: pd.DataFrame = field(default_factory=no_source)

    def account(self, read: Read, *problems: Problem) -> Read:
        """Return the reading with the rows that never reached it, and every problem."""
        return Read(
            frame=read.frame,
            problems=(*self.problems, *read.problems, *problems),
            rejected=read.rejected,
            totals=self.totals[list(SOURCE_COLUMNS)].reset_index(drop=True),
        )
