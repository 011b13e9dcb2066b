"""Seat people left out of full classes: each class on a chain takes one unit and passes one on.

A breadth-first search for the shortest chain to a class with room (augmenting paths, Ford and
Fulkerson 1956, with whole units).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from geoparty.plan import sized_moves as moves
from geoparty.plan.instance import Ints
from geoparty.plan.sized_search import Search

Link = tuple[int, int, int]
"""A unit, the slot it goes to, and how many people are then too many there."""


def seat_by_chains(search: Search) -> None:
    """Seat the units left out, largest first, where a chain leads to a class with room."""
    again = True
    while again and search.load[0]:
        again = False
        waiting = np.flatnonzero(search.where == 0)
        for unit in waiting[np.argsort(-search.sizes[waiting], kind="stable")].tolist():
            chain = _chain(search, unit)
            for moved, slot, _ in chain:
                moves.move(moved, slot, search.sizes, search.where, search.load)
            again |= bool(chain)
        if again:
            search.settle()


def _chain(search: Search, unit: int) -> list[Link]:
    """Return who moves where to seat a unit, the last to move first; empty where there is none."""
    came: dict[int, tuple[Link, int]] = {}
    held = np.flatnonzero(search.host >= 0)
    queue: deque[int] = deque()
    units = np.array([unit])
    slot = 0
    while True:
        for link in _links(search, units, held, slot, came):
            came[link[1]] = (link, slot)
            if link[2] <= 0:
                return _back(came, link[1])
            queue.append(link[1])
        if not queue:
            return []
        slot = queue.popleft()
        units = np.flatnonzero((search.where == slot) & (search.sizes >= came[slot][0][2]))


def _links(
    search: Search, units: Ints, held: Ints, slot: int, came: dict[int, tuple[Link, int]]
) -> list[Link]:
    """Return for each class not met yet the smallest, nearest unit that can move there."""
    out = []
    for to in held.tolist():
        if to == slot or to in came or not len(units):
            continue
        able = units[np.isfinite(search.cost[to, units])]
        if len(able):
            one = int(able[np.lexsort((search.cost[to, able], search.sizes[able]))[0]])
            over = int(search.load[to] + search.sizes[one] - search.instance.max_size)
            out.append((one, to, over))
    return sorted(out, key=lambda link: (link[2], link[1]))


def _back(came: dict[int, tuple[Link, int]], slot: int) -> list[Link]:
    chain = []
    while slot:
        link, slot = came[slot]
        chain.append(link)
    return chain
