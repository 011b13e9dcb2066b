r"""Who goes where, hosts given, when classes are so full that moving one or two no longer helps.

With people of a unit split between classes that is a transportation problem; a vertex of it splits
at most as many units as there are classes, and those are seated whole afterwards. Then each class
moves to the host nearest to its people, and so on in turn (Cooper 1964).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array

from geoparty.plan.chains import seat_by_chains
from geoparty.plan.effort import Effort
from geoparty.plan.instance import Classes, Floats, Ints
from geoparty.plan.mip import Program, solve
from geoparty.plan.sized_search import Search

MOST_ARCS = 100_000
WHOLE = 1e-6


def share_out(search: Search, effort: Effort) -> None:
    """Share people out anew among the classes held, and move those, while that gains."""
    while not effort.is_over:
        kept, value = search.plan(), search.value
        search.take(kept)  # its classes have the numbers of the plan, without those closed
        fresh = _shared(search, kept, effort)
        if fresh is not None:
            search.take(fresh)
            seat_by_chains(search)
            search.settle()
            search.close_small()
        too_small = search.load[1:][search.host[1:] >= 0] < search.instance.min_size
        if fresh is None or too_small.any() or search.value >= value - 1e-6 * abs(value):
            search.take(kept)
            return


def _shared(search: Search, plan: Classes, effort: Effort) -> Classes | None:
    """Return the plan with everybody whole who is whole in the cheapest sharing out."""
    slot, unit = np.nonzero(np.isfinite(search.cost[1 : len(plan.hosts) + 1]))
    n, m, k = len(plan.of_unit), len(plan.hosts), len(unit)
    if k > MOST_ARCS or (plan.of_unit < 0).any():
        return None
    size = search.sizes.astype(np.float64)
    ends = (np.concatenate([unit, n + slot]), np.tile(np.arange(k), 2))
    low, high = float(search.instance.min_size), float(search.instance.max_size)
    answer = solve(
        Program(
            cost=search.cost[slot + 1, unit],
            low=np.zeros(k),
            high=np.ones(k),
            integer=np.zeros(k, dtype=bool),
            matrix=csc_array((np.append(np.ones(k), size[unit]), ends), shape=(n + m, k)),
            row_low=np.append(np.ones(n), np.full(m, low)),
            row_high=np.append(np.ones(n), np.full(m, high)),
        ),
        effort=effort,
    )
    return None if not answer.x.size else _whole(search, plan, unit, slot, answer.x)


def _whole(search: Search, plan: Classes, unit: Ints, slot: Ints, share: Floats) -> Classes:
    """Return the plan with units whole where they have most of a share and there is room."""
    of_unit = np.full(len(plan.of_unit), -1)
    room = np.full(len(plan.hosts), search.instance.max_size)
    for a in np.lexsort((-search.sizes[unit], -share)).tolist():
        i, k = int(unit[a]), int(slot[a])
        if share[a] > WHOLE and of_unit[i] < 0 and room[k] >= search.sizes[i]:
            of_unit[i] = k
            room[k] -= search.sizes[i]
    return Classes(hosts=plan.hosts, of_unit=of_unit)
