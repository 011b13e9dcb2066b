"""Cost rows sorted from near to far: what the median kernels work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, issparse, sparray

from geoparty.errors import ArgumentError, Problem
from geoparty.plan import row_kernels as kernels
from geoparty.plan.instance import Bools, Floats, Ints

NO_SITES: Ints = np.empty(0, dtype=np.int64)
ROWS_AT_ONCE = 256

Costs: TypeAlias = Floats | sparray
"""Demand x sites: a dense array (``inf`` is out of reach) or a sparse one (stored is in reach)."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Arcs by row, cheapest first, ties by site."""

    start: Ints
    site: Ints
    cost: Floats
    n_sites: int

    @property
    def n_rows(self) -> int:
        """Rows of demand."""
        return len(self.start) - 1

    @property
    def lengths(self) -> Ints:
        """Arcs of each row."""
        return np.diff(self.start)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The same arcs by site."""

    start: Ints
    row: Ints
    cost: Floats


def sorted_rows(cost: Costs, barred: Ints = NO_SITES, *, most: int | None = None) -> Rows:
    """Return the arcs within reach, row by row from near to far.

    Without those to ``barred`` sites; of a dense matrix, the ``most`` nearest of each row.

    Raises
    ------
    ArgumentError
        A cost is negative or not a number.
    """
    arcs = csr_array(cost) if issparse(cost) else None
    values = arcs.data if arcs is not None else np.asarray(cost, dtype=np.float64)
    bad = int((~(values >= 0)).sum())
    if bad:
        raise ArgumentError(Problem(key="plan.bad_costs", params={"n": bad}))
    if arcs is None:
        return _dense_rows(values, most, barred)
    finite = np.isfinite(arcs.data) & ~np.isin(arcs.indices, barred)
    row = np.repeat(np.arange(arcs.shape[0]), np.diff(arcs.indptr))[finite]
    site, data = arcs.indices[finite], arcs.data[finite].astype(np.float64)
    order = np.lexsort((site, data, row))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=arcs.shape[0]))])
    return Rows(
        start=start, site=site[order].astype(np.int32), cost=data[order], n_sites=arcs.shape[1]
    )


def _dense_rows(cost: Floats, most: int | None, barred: Ints) -> Rows:
    """Sort some rows at a time, so that nothing else is as large as the answer."""
    n, m = cost.shape
    width = m - len(barred) if most is None else min(most, m - len(barred))
    site, data = np.empty((n, width), dtype=np.int32), np.empty((n, width))
    for begin in range(0, n, ROWS_AT_ONCE):
        part = cost[begin : begin + ROWS_AT_ONCE].copy()
        part[:, barred] = np.inf
        near = np.arange(m)[None, :]
        if width < m:
            near = np.sort(np.argpartition(part, width - 1, axis=1)[:, :width], axis=1)
            part = np.take_along_axis(part, near, axis=1)
        order = np.argsort(part, axis=1, kind="stable")
        rows = slice(begin, begin + len(part))
        site[rows] = np.take_along_axis(np.broadcast_to(near, part.shape), order, axis=1)
        data[rows] = np.take_along_axis(part, order, axis=1)
    finite = np.isfinite(data)
    start = np.concatenate([[0], np.cumsum(finite.sum(axis=1))])
    if finite.all():
        return Rows(start=start, site=site.ravel(), cost=data.ravel(), n_sites=m)
    return Rows(start=start, site=site[finite], cost=data[finite], n_sites=m)


def columns_of(rows: Rows) -> Columns:
    """Return the arcs by site."""
    counts = np.bincount(rows.site, minlength=rows.n_sites)
    start = np.concatenate([[0], np.cumsum(counts)])
    row, cost = np.empty(len(rows.site), dtype=np.int32), np.empty(len(rows.site))
    kernels.turn(rows.start, rows.site, rows.cost, start, row, cost)
    return Columns(start=start, row=row, cost=cost)


def cut(rows: Rows, high: Floats, sites: Bools) -> Rows:
    """Return the arcs to the sites kept, at most ``high`` in each row, sites numbered anew."""
    number = np.where(sites, np.cumsum(sites) - 1, -1).astype(np.int32)
    start = kernels.count_kept(rows.start, rows.site, rows.cost, high, number)
    if start[-1] == len(rows.site) and sites.all():
        return rows
    site, cost = np.empty(start[-1], dtype=np.int32), np.empty(start[-1])
    kernels.copy_kept(rows.start, rows.site, rows.cost, high, number, site, cost)
    return Rows(start=start, site=site, cost=cost, n_sites=int(sites.sum()))


def keep_arcs(rows: Rows, keep: Bools, sites: Bools) -> Rows:
    """Return the arcs kept, sites numbered anew among those kept."""
    counts = np.concatenate([[0], np.cumsum(keep)])
    number = np.cumsum(sites, dtype=np.int32) - np.int32(1)
    return Rows(
        start=counts[rows.start],
        site=number[rows.site[keep]].astype(np.int32),
        cost=rows.cost[keep],
        n_sites=int(sites.sum()),
    )


def nearest_arcs(rows: Rows, sites: Ints) -> Ints:
    """Return the arc that serves each row from these sites, -1 where none does."""
    is_open = np.zeros(rows.n_sites, dtype=bool)
    is_open[sites] = True
    arcs = np.empty(rows.n_rows, dtype=np.int64)
    kernels.serve(rows.start, rows.site, is_open, arcs)
    return arcs
