"""Cost rows sorted from near to far: what the median kernels work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, issparse, sparray

from geoparty.errors import ArgumentError, Problem
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.jit import compiled

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


def sorted_rows(cost: Costs) -> Rows:
    """Return the arcs within reach, row by row from near to far.

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
        return _dense_rows(values)
    finite = np.isfinite(arcs.data)
    row = np.repeat(np.arange(arcs.shape[0]), np.diff(arcs.indptr))[finite]
    site, data = arcs.indices[finite], arcs.data[finite].astype(np.float64)
    order = np.lexsort((site, data, row))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=arcs.shape[0]))])
    return Rows(
        start=start, site=site[order].astype(np.int32), cost=data[order], n_sites=arcs.shape[1]
    )


def _dense_rows(cost: Floats) -> Rows:
    m = cost.shape[1]
    site = np.argsort(cost, axis=1, kind="stable").astype(np.int32)
    data = np.take_along_axis(cost, site, axis=1)
    finite = np.isfinite(data)
    start = np.concatenate([[0], np.cumsum(finite.sum(axis=1))])
    if finite.all():
        return Rows(start=start, site=site.ravel(), cost=data.ravel(), n_sites=m)
    return Rows(start=start, site=site[finite], cost=data[finite], n_sites=m)


def columns_of(rows: Rows) -> Columns:
    """Return the arcs by site."""
    order = np.argsort(rows.site, kind="stable")
    row = np.repeat(np.arange(rows.n_rows, dtype=np.int32), rows.lengths)
    counts = np.bincount(rows.site, minlength=rows.n_sites)
    start = np.concatenate([[0], np.cumsum(counts)])
    return Columns(start=start, row=row[order], cost=rows.cost[order])


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


@compiled
def serve(start: Ints, site: Ints, is_open: Bools, served_by: Ints) -> None:
    """Set the nearest open site of each row, -1 where none is within reach."""
    for i in range(start.size - 1):
        served_by[i] = -1
        for k in range(start[i], start[i + 1]):
            if is_open[site[k]]:
                served_by[i] = k
                break


def nearest_arcs(rows: Rows, sites: Ints) -> Ints:
    """Return the arc that serves each row from these sites, -1 where none does."""
    is_open = np.zeros(rows.n_sites, dtype=bool)
    is_open[sites] = True
    arcs = np.empty(rows.n_rows, dtype=np.int64)
    serve(rows.start, rows.site, is_open, arcs)
    return arcs
