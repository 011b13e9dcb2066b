r"""The bound on classes of people from at most :math:`K` communes.

The classes a host may hold are bounded as without that rule (:mod:`geoparty.plan.sized_dual`), and
also by communes: :math:`k` classes take people of at most :math:`kK` of them. With a price
:math:`\pi \ge 0` for a person's room, :math:`k` classes of at most :math:`U` people are worth at
least what the :math:`kK` communes worth most are, :math:`\sum_i \min(0, c_i - \lambda_i + \pi
q_i)`, less :math:`\pi k U`. That is tried without a price and with the one at which the host is
full. Each of these grows ever more slowly with :math:`k`, and so does the largest of them.
"""

from __future__ import annotations

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Floats, Ints
from geoparty.plan.sized_dual import fill_host, people_price, ranked_classes

SMALL = 1e-9
PLAIN, FREE, PRICED = 0, 1, 2
"""Which bound holds: by people alone, by communes with room free, by communes with room priced."""


@compiled
def communes_worth(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    group: Ints,
    room_price: float,
    worth: Floats,
) -> float:
    """Set what each commune is worth to a host; return how many people are worth taking."""
    worth[:] = 0.0
    load = 0.0
    for a in range(begin, end):
        i = units[a]
        value = costs[a] - price[i] + room_price * sizes[i]
        if value < 0:
            worth[group[i]] += value
            load += sizes[i]
    return load


@compiled
def bounds_at(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    group: Ints,
    most_groups: int,
    high: int,
    worth: Floats,
    most_classes: int,
    total: Floats,
    which: Ints,
) -> tuple[int, float]:
    """Set the worth of the first 1, 2, ... classes of a host, and which bound that is.

    Returns for how many classes, and the price of room. ``worth`` is set for both prices.
    """
    load = communes_worth(begin, end, units, costs, sizes, price, group, 0.0, worth[0])
    room_price = 0.0
    out = np.zeros(int(load / high) + 2)
    n_plain = 1
    if load > high:
        room_price = max(0.0, -people_price(begin, end, units, costs, sizes, price, 0, high))
        n_plain = ranked_classes(begin, end, units, costs, sizes, price, high, out)
    else:
        out[0] = worth[0].sum()
    communes_worth(begin, end, units, costs, sizes, price, group, room_price, worth[1])
    free, priced = np.sort(worth[0]), np.sort(worth[1])
    plain, by_free, by_priced, n = 0.0, 0.0, 0.0, 0
    while n < most_classes:
        plain += out[n] if n < n_plain else 0.0
        for g in range(n * most_groups, min((n + 1) * most_groups, free.size)):
            by_free += free[g]
            by_priced += priced[g]
        last = by_priced - room_price * (n + 1) * high
        total[n] = max(plain, by_free, last)
        which[n] = PLAIN if total[n] == plain else FREE if total[n] == by_free else PRICED
        n += 1
        if total[n - 1] >= (total[n - 2] if n > 1 else 0.0) - SMALL:
            break
    return n, room_price


@compiled
def mixed_classes(
    by_host: Ints,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    group: Ints,
    most_groups: int,
    high: int,
    most_classes: int,
    values: Floats,
    more: Floats,
    at: Ints,
) -> int:
    """Set the worth of a first class at each host; list those of further ones and their hosts.

    Returns how many further ones there are.
    """
    worth = np.empty((2, group.max() + 1))
    total, which = np.empty(most_classes), np.empty(most_classes, np.int64)
    n_more = 0
    for j in range(values.size):
        n, _ = bounds_at(
            by_host[j], by_host[j + 1], units, costs, sizes, price, group, most_groups, high,
            worth, most_classes, total, which,
        )  # fmt: skip
        values[j] = total[0]
        for k in range(1, n):
            if total[k] < total[k - 1] - SMALL and n_more < more.size:
                more[n_more], at[n_more] = total[k] - total[k - 1], j
                n_more += 1
    return n_more


@compiled
def take_mixed(
    begin: int,
    end: int,
    units: Ints,
    costs: Floats,
    sizes: Ints,
    price: Floats,
    group: Ints,
    most_groups: int,
    low: int,
    high: int,
    n_classes: int,
    left: Floats,
) -> None:
    """Take off ``left`` whom so many classes of a host serve in their bound."""
    worth = np.empty((2, group.max() + 1))
    total, which = np.empty(n_classes), np.empty(n_classes, np.int64)
    n, room_price = bounds_at(
        begin, end, units, costs, sizes, price, group, most_groups, high,
        worth, n_classes, total, which,
    )  # fmt: skip
    if which[n - 1] == PLAIN:
        fill_host(begin, end, units, costs, sizes, price, low, float(high * n_classes), left)
        return
    priced = which[n - 1] == PRICED
    order = np.argsort(worth[1 if priced else 0], kind="mergesort")
    chosen = np.zeros(worth.shape[1], np.bool_)
    chosen[order[: n * most_groups]] = True
    for a in range(begin, end):
        i = units[a]
        value = costs[a] - price[i] + (room_price * sizes[i] if priced else 0.0)
        if value < 0 and chosen[group[i]]:
            left[i] -= 1.0
