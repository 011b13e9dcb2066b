"""What no class plan with sizes can beat: people left out, classes, person-minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geoparty.plan import sized_dual
from geoparty.plan.instance import Floats, Instance
from geoparty.plan.sized_search import Search, small_search

N_STEPS = 1500
MOST_WORK = 2e8
NO_ONE = 1e9
"""Penalty a person where nobody is left out: any price is allowed."""


@dataclass(frozen=True, kw_only=True)
class Dual:
    """A bound, the people it would leave out priced in, and the prices that give it."""

    bound: float
    price: Floats
    values: Floats


def least_left_out(search: Search, known: float) -> float:
    """Return a number of people any plan leaves out."""
    free = np.zeros_like(search.costs)
    price = 0.5 * search.sizes
    dual = _dual(search, free, price, site_cost=0.0, penalty=1.0, known=known)
    return max(0.0, dual.bound)


def least_sites(search: Search, known: int, n_out: int) -> float:
    """Return a number of classes any plan that leaves out so many people needs."""
    free = np.zeros_like(search.costs)
    price = search.sizes / search.instance.max_size
    penalty = 1.0 if n_out else NO_ONE
    known_value = known + penalty * n_out
    dual = _dual(search, free, price, site_cost=1.0, penalty=penalty, known=known_value)
    return dual.bound - penalty * n_out


def minutes_penalty(search: Search, n_out: int) -> float:
    """Return what leaving a person out is priced at in the bound on minutes."""
    return 20.0 * float(search.instance.minutes.data.max(initial=1.0)) if n_out else NO_ONE


def minutes_dual(search: Search, known: float, n_out: int) -> Dual:
    """Return a bound on person-minutes of plans that leave out so many people, priced in."""
    longest = float(search.instance.minutes.data.max(initial=1.0))
    penalty = minutes_penalty(search, n_out)
    nearest = np.minimum.reduceat(search.unit_costs, search.by_unit[:-1])
    price = nearest + 0.2 * longest * search.sizes
    goal = known + penalty * n_out
    return _dual(search, search.costs, price, site_cost=0.0, penalty=penalty, known=goal)


def cut_instance(search: Search, dual: Dual, goal: float) -> Instance:
    """Return the instance without arcs that no plan below ``goal`` (priced as the bound) uses.

    The arcs of the plan at hand are kept.
    """
    instance = search.instance
    keep = sized_dual.arcs_worth_keeping(
        search.by_host,
        search.units,
        search.costs,
        search.sizes,
        dual.price,
        instance.min_size,
        instance.max_size,
        instance.n_sites,
        search.fixed,
        instance.several,
        dual.values,
        goal - dual.bound + 1e-6 * abs(goal),
    )
    host = np.repeat(np.arange(instance.n_hosts), np.diff(search.by_host))
    keep |= search.host[search.where[search.units]] == host
    minutes = search.costs / search.sizes[search.units]
    shape = instance.minutes.shape
    arcs = csr_array((minutes[keep], (search.units[keep], host[keep])), shape=shape)
    return replace(instance, minutes=arcs)


def _dual(
    search: Search,
    costs: Floats,
    price: npt.NDArray[np.floating[Any]],
    *,
    site_cost: float,
    penalty: float,
    known: float,
) -> Dual:
    instance = search.instance
    values, share = np.empty(instance.n_hosts), np.zeros(instance.n_hosts)
    prices = price.astype(np.float64)
    bound = sized_dual.sized_bound(
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
        instance.several,
        prices,
        known,
        int(np.clip(MOST_WORK / max(1, len(costs)), 200, N_STEPS)),
        values,
        share,
    )
    return Dual(bound=bound, price=prices, values=values)


def warm_up() -> None:
    """Compile the kernels, or load them, before any clock starts."""
    search = small_search()
    cut_instance(search, minutes_dual(search, 12.0, 0), 12.0)
