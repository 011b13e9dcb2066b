"""Check the total rows of a table against the rows they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoparty.errors import Problem
from geoparty.read import values
from geoparty.schema import Column


def check_totals(
    totals: pd.DataFrame,
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    headers: Mapping[str, str],
    incomplete: pd.DataFrame,
) -> list[Problem]:
    """Return a warning for each total that is not the sum of its rows.

    A total is taken to be of the rows since the total before it, of those up to the next, or of
    the whole sheet: whichever agrees. Where a row of it was not reported or was set aside
    (``incomplete``, SOURCE_COLUMNS), it need only be no less than what was reported.
    """
    counted = [name for name, column in columns.items() if column.dtype == "Int64"]
    counted = [name for name in counted if name in totals and name in frame]
    problems = []
    for (file, sheet), stated in totals.groupby(["file", "sheet"], sort=False):
        rows = frame[(frame["file"] == file) & (frame["sheet"] == sheet)].sort_values("row")
        gone = incomplete[(incomplete["file"] == file) & (incomplete["sheet"] == sheet)]
        for name in counted:
            number, _ = values.parse(stated[name], values.whole)
            off = list(_off(stated["row"], number, rows["row"], rows[name], gone["row"]))
            if off:
                shown = ", ".join(f"{told} ≠ {summed}" for _, told, summed in off[:3])
                problems.append(
                    Problem(
                        key="read.total_differs",
                        params={"detail": shown},
                        file=str(file),
                        sheet=str(sheet) or None,
                        rows=tuple(row for row, _, _ in off),
                        column=headers.get(name),
                        severity="warning",
                    )
                )
    return problems


def _off(
    at: pd.Series[int],
    stated: pd.Series[Any],
    rows: pd.Series[int],
    counts: pd.Series[int],
    gone: pd.Series[int],
) -> Iterator[tuple[int, int, int]]:
    known = counts.fillna(0).to_numpy(dtype="int64")
    sums = np.concatenate([[0], known.cumsum()])
    holes = np.sort(np.concatenate([rows[counts.isna()].to_numpy(), gone.to_numpy()]))
    marks = np.concatenate([[0], np.sort(at.to_numpy()), [np.iinfo("int64").max]])
    where = rows.to_numpy()
    for row, told in zip(at, stated, strict=True):
        if told is None:
            continue
        i = int(np.searchsorted(marks, row))
        spans = [(marks[i - 1], row), (row, marks[i + 1]), (0, marks[-1])]
        found = []
        for low, high in spans:
            first, last = np.searchsorted(where, [low, high])
            hole = np.searchsorted(holes, high) > np.searchsorted(holes, low)
            if last > first:
                found.append((int(sums[last] - sums[first]), bool(hole)))
        fits = any(told == total or (hole and told >= total) for total, hole in found)
        if found and not fits:
            yield int(row), int(told), found[0][0]
