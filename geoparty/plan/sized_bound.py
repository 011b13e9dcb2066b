"""What no class plan with sizes can beat: people left out, classes, person-minutes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geoparty.plan import sized_dual
from geoparty.plan.instance import Floats
from geoparty.plan.sized_search import Search, small_search

N_STEPS = 1500
MOST_WORK = 2e8
NO_ONE = 1e9
"""Penalty a person where nobody is left out: any price is allowed."""


def least_left_out(search: Search, known: float) -> float:
    """Return a number of people any plan leaves out."""
    free = np.zeros_like(search.costs)
    price = 0.5 * search.sizes
    return max(0.0, _bound(search, free, price, site_cost=0.0, penalty=1.0, known=known))


def least_sites(search: Search, known: int, n_out: int) -> float:
    """Return a number of classes any plan that leaves out so many people needs."""
    free = np.zeros_like(search.costs)
    price = search.sizes / search.instance.max_size
    penalty = 1.0 if n_out else NO_ONE
    known_value = known + penalty * n_out
    bound = _bound(search, free, price, site_cost=1.0, penalty=penalty, known=known_value)
    return bound - penalty * n_out


def least_minutes(search: Search, known: float, n_out: int) -> float:
    """Return person-minutes any plan that leaves out so many people needs."""
    longest = float(search.instance.minutes.data.max(initial=1.0))
    penalty = 20.0 * longest if n_out else NO_ONE
    price = _nearest(search) + 0.2 * longest * search.sizes
    known += penalty * n_out
    bound = _bound(search, search.costs, price, site_cost=0.0, penalty=penalty, known=known)
    return bound - penalty * n_out


def _nearest(search: Search) -> Floats:
    return np.minimum.reduceat(search.unit_costs, search.by_unit[:-1])


def _bound(
    search: Search,
    costs: Floats,
    price: npt.NDArray[np.floating[Any]],
    *,
    site_cost: float,
    penalty: float,
    known: float,
) -> float:
    instance = search.instance
    values, share = np.empty(instance.n_hosts), np.zeros(instance.n_hosts)
    return sized_dual.sized_bound(
        search.by_host,
        search.units,
        costs,
        search.sizes,
        instance.min_size,
        instance.max_size,
        instance.n_sites,
        site_cost,
        penalty,
        search.fixed,
        price.astype(np.float64),
        known,
        int(np.clip(MOST_WORK / max(1, len(costs)), 200, N_STEPS)),
        values,
        share,
    )


def warm_up() -> None:
    """Compile the kernels, or load them, before any clock starts."""
    search = small_search()
    least_minutes(search, 12.0, 0)
