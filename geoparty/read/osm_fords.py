"""Lines of an OpenStreetMap extract, and fords on their nodes made stretches of road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FORD_M = 5.0
"""A ford on a node is a stretch of road this far to either side, or half way to the next node."""
_DEGREE_M = 111_320.0


@dataclass(frozen=True)
class Lines:
    """Lines as runs of points: point ``i`` is node ``node[i]`` of line ``line[i]``.

    ``of`` says which way each line is a stretch of; ``n_short`` how many ways lack nodes that
    the file does not hold. Points that are no node have ``node`` -1.
    """

    degrees: Floats
    node: Ints
    line: Ints
    of: Ints
    is_ford: Bools
    n_short: int

    def geometry(self) -> NDArray[np.object_]:
        """Return the lines; None where fewer than two points are left."""
        size = np.bincount(self.line, minlength=len(self.of))
        keep = size[self.line] > 1
        out: NDArray[np.object_] = np.full(len(self.of), None, dtype=object)
        number = np.cumsum(size > 1) - 1
        if keep.any():
            out[size > 1] = shapely.linestrings(
                self.degrees[keep], indices=number[self.line[keep]].astype(np.intp)
            )
        return out


def part_at_fords(lines: Lines, fords: Ints, n_nodes: int) -> tuple[Lines, int]:
    """Part lines at the nodes that are fords; also return how many fords lie on no line.

    A node of several lines is a ford of one of them: of one that passes it, where there is one.
    """
    ford = _chosen(lines, fords, n_nodes)
    if not len(ford):
        return lines, len(fords)
    n = len(lines.line)
    before, after = ford[ford > 0] - 1, ford[ford < n - 1]
    before, after = (s[lines.line[s] == lines.line[s + 1]] for s in (before, after))
    cut = np.unique(
        np.concatenate([before + 1 - _share(lines, before), after + _share(lines, after)])
    )
    segment = cut.astype(np.int64)
    run = lines.degrees[segment + 1] - lines.degrees[segment]
    spot = lines.degrees[segment] + (cut - segment)[:, None] * run
    # each cut ends one stretch and begins the next
    m = len(cut)
    order = np.insert(np.arange(n), np.repeat(segment + 1, 2), n + _twice(np.arange(m), m))
    line = np.concatenate([lines.line, np.tile(lines.line[segment], 2)])[order]
    stretch = line + np.cumsum(order >= n + m)
    node = np.concatenate([lines.node, np.full(2 * m, -1)])[order]
    count = np.bincount(lines.line[segment], minlength=len(lines.of))
    of = np.repeat(np.arange(len(lines.of)), 1 + count)
    is_ford = np.zeros(len(of), bool)
    at_ford = np.zeros(n + 2 * m, bool)
    at_ford[ford] = True
    is_ford[stretch[at_ford[order]]] = True
    parted = Lines(
        np.concatenate([lines.degrees, spot, spot])[order],
        node,
        stretch,
        lines.of[of],
        is_ford,
        lines.n_short,
    )
    return parted, len(fords) - len(ford)


def _twice(number: Ints, shift: int) -> Ints:
    """Return every number, and beside it the same number shifted."""
    return np.column_stack([number, number + shift]).ravel()


def _share(lines: Lines, segment: Ints) -> Floats:
    """Return how far along some segments a ford at either end reaches, as a share."""
    here, there = lines.degrees[segment], lines.degrees[segment + 1]
    scale = np.column_stack([np.cos(np.radians(here[:, 1])), np.ones(len(here))])
    length = np.linalg.norm((there - here) * scale * _DEGREE_M, axis=1)
    share: Floats = np.minimum(0.5, FORD_M / np.maximum(length, 1e-9))
    return share


def _chosen(lines: Lines, fords: Ints, n_nodes: int) -> Ints:
    """Return one point of the lines for every ford that lies on one."""
    is_ford = np.zeros(n_nodes, bool)
    is_ford[fords] = True
    on = np.flatnonzero(is_ford[lines.node])
    change = np.concatenate([[True], lines.line[1:] != lines.line[:-1], [True]])
    order = on[np.lexsort((on, change[on] | change[on + 1]))]
    _, first = np.unique(lines.node[order], return_index=True)
    return np.sort(order[first])
