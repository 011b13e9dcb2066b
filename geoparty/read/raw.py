"""Rows as they stand in a file, each column by our name, each row with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoparty.errors import Problem
from geoparty.schema import SOURCE_COLUMNS, Read


def no_source() -> pd.DataFrame:
    """Return an empty frame of SOURCE_COLUMNS."""
    return pd.DataFrame(
        {
            "file": pd.Series(dtype="str"),
            "sheet": pd.Series(dtype="str"),
            "row": pd.Series(dtype=int),
        }
    )


@dataclass(frozen=True)
class Raw:
    """Rows of data: ``cells`` by our column name and ``source`` beside them, one index.

    ``headers`` tells which header of the file each of our columns came from. ``totals`` are
    total and subtotal rows, SOURCE_COLUMNS and cells; ``aside`` rows that are no data, with
    ``reason`` and ``detail``. ``geometry`` is a GeoSeries in EPSG:4326, or None.
    """

    cells: pd.DataFrame
    source: pd.DataFrame
    headers: dict[str, str]
    problems: tuple[Problem, ...] = ()
    geometry: Any = None
    totals: pd.DataFrame = field(default_factory=no_source)
    aside: pd.DataFrame = field(default_factory=lambda: no_source().assign(reason="", detail=""))

    def account(self, read: Read, *problems: Problem) -> Read:
        """Return the reading with the rows that never reached it, and every problem."""
        return Read(
            frame=read.frame,
            problems=(*self.problems, *read.problems, *problems),
            rejected=pd.concat([self.aside, read.rejected], ignore_index=True)
            if len(self.aside)
            else read.rejected,
            totals=self.totals[list(SOURCE_COLUMNS)].reset_index(drop=True),
        )
