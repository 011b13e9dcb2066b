"""Kernels on sorted rows: cut short, thinned out, turned into columns, read to an open site."""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints


@compiled
def serve(start: Ints, site: Ints, is_open: Bools, served_by: Ints) -> None:
    """Set the nearest open site of each row, -1 where none is within reach."""
    for i in range(start.size - 1):
        served_by[i] = -1
        for k in range(start[i], start[i + 1]):
            if is_open[site[k]]:
                served_by[i] = k
                break


@compiled
def count_kept(start: Ints, site: Ints, cost: Floats, high: Floats, number: Ints) -> Ints:
    """Return where each row starts once arcs dearer than ``high`` or to dropped sites are gone."""
    begin = np.zeros(start.size, np.int64)
    for i in range(start.size - 1):
        n = 0
        for k in range(start[i], start[i + 1]):
            if cost[k] > high[i]:
                break
            n += number[site[k]] >= 0
        begin[i + 1] = begin[i] + n
    return begin


@compiled
def copy_kept(
    start: Ints,
    site: Ints,
    cost: Floats,
    high: Floats,
    number: Ints,
    kept_site: Ints,
    kept_cost: Floats,
) -> None:
    """Copy the arcs :func:`count_kept` counted; ``number`` is the new one of a site, or -1."""
    q = 0
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if cost[k] > high[i]:
                break
            j = number[site[k]]
            if j >= 0:
                kept_site[q], kept_cost[q] = j, cost[k]
                q += 1


@compiled
def turn(start: Ints, site: Ints, cost: Floats, col: Ints, row: Ints, col_cost: Floats) -> None:
    """Write the arcs by column; ``col`` is where each column starts."""
    at = col.copy()
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            a = at[site[k]]
            row[a], col_cost[a] = i, cost[k]
            at[site[k]] += 1


@compiled
def fall_to_open(start: Ints, site: Ints, cost: Floats, is_open: Bools, dearest: Floats) -> None:
    """Lower what each row pays at most to its nearest open site."""
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if cost[k] >= dearest[i]:
                break
            if is_open[site[k]]:
                dearest[i] = cost[k]
                break


@compiled
def best_ball(
    start: Ints, site: Ints, cost: Floats, share: Floats, is_open: Bools, least: float
) -> tuple[int, float]:
    """Return a row and a cost such that it is least certain whether the row pays no more.

    ``share`` is how far each site is open. The parts of a row that go to sites in and beyond the
    cost differ in mean cost; of rows whose parts are both at least ``least``, the one that would
    lose most whichever way it is decided is taken. Row -1: none is in doubt.
    """
    best, at, radius = 0.0, -1, 0.0
    for i in range(start.size - 1):
        total, held, end = 0.0, 0.0, start[i]
        for k in range(start[i], start[i + 1]):
            x = min(1.0 if is_open[site[k]] else share[site[k]], 1.0 - held)
            total += x * cost[k]
            held += x
            end = k + 1
            if held >= 1.0 - 1e-9:
                break
        if held < 1e-9:
            continue
        within, inside = 0.0, 0.0
        for k in range(start[i], end - 1):
            x = 1.0 if is_open[site[k]] else share[site[k]]
            inside += x
            within += x * cost[k]
            if cost[k + 1] <= cost[k] or inside < least or held - inside < least:
                continue
            apart = (total - within) / (held - inside) - within / inside
            score = inside * (held - inside) * apart
            if score > best:
                best, at, radius = score, i, cost[k]
    return at, radius
