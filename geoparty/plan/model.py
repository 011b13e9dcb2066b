r"""Class siting as a mixed-integer program, improved stage by stage.

Capacitated p-median with single sources (Hakimi 1964 for the objective; Osman and Christofides
1994 for sizes). Units :math:`i` of :math:`q_i` people, classes :math:`j` (a host may hold several,
each is one :math:`j`), minutes :math:`t_{ij}` stored only within the limit:

.. math::

    \sum_j x_{ij} + u_i &= 1 && \forall i \\
    L\,y_j \le \sum_i q_i x_{ij} &\le U\,y_j && \forall j \\
    x_{ij} &\le y_j && \forall i, j \\
    \sum_j y_j &\le p, \qquad x, y, u \in \{0, 1\}

First the people left out, :math:`\sum q_i u_i`, are minimised; then, if asked, the number of
classes :math:`\sum y_j`; then person-minutes :math:`\sum q_i t_{ij} x_{ij}`; each stage keeps what
the one before reached. Classes of at most :math:`K` communes need :math:`z_{gj} \ge x_{ij}` for
the commune :math:`g` of :math:`i`, and :math:`\sum_g z_{gj} \le K\,y_j`; a budget :math:`B` with
:math:`f_j` a class needs :math:`\sum_j f_j y_j \le B`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from geoparty.plan.effort import Effort
from geoparty.plan.instance import Classes, Floats, Instance, Ints, left_out
from geoparty.plan.mip import Answer, Program, solve

MOST_ARCS = 30_000
"""Above this many arcs (unit, class) the program is too large to be solved whole."""


@dataclass(frozen=True, kw_only=True)
class Arcs:
    """Unit, class and minutes of each arc; the host of each class."""

    unit: Ints
    site: Ints
    minutes: Floats
    host: Ints


def arcs_of(instance: Instance, start: Classes) -> Arcs | None:
    """Return arcs of every unit to every class its hosts may hold, None where too many.

    Two classes of one host that would fit into one are merged, so a host within reach of
    ``r`` people never needs ``2 r / U`` classes. Classes of two communes may not be merged, so
    with that rule a host may need one for each unit within its reach.
    """
    used = np.bincount(start.hosts, minlength=instance.n_hosts)
    reach = _reach(instance)
    most = np.ceil(2 * reach / instance.max_size).astype(np.int64) - 1
    if instance.group is not None:
        most = np.bincount(instance.minutes.indices, minlength=instance.n_hosts)
    most = np.clip(most, 1, instance.n_sites if instance.several else 1) * (reach > 0)
    most = np.maximum(most, used)
    if most[instance.minutes.indices].sum() > MOST_ARCS:
        return None
    return _spread(instance.minutes, most)


def _reach(instance: Instance) -> Floats:
    weights = np.repeat(instance.sizes, np.diff(instance.minutes.indptr)).astype(np.float64)
    reach = np.bincount(instance.minutes.indices, weights, minlength=instance.n_hosts)
    return reach.astype(np.float64)


def _spread(minutes: csr_array, most: Ints) -> Arcs:
    """Repeat each host as many times as classes it may hold."""
    host = np.repeat(np.arange(len(most)), most)
    first = np.concatenate([[0], np.cumsum(most)])[:-1]
    times = most[minutes.indices]
    units = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return Arcs(
        unit=np.repeat(units, times),
        site=np.repeat(first[minutes.indices], times) + within,
        minutes=np.repeat(minutes.data, times),
        host=host,
    )


def class_sites(arcs: Arcs, plan: Classes) -> Ints:
    """Return which of the classes each host may hold the classes of a plan are."""
    order = np.argsort(plan.hosts, kind="stable")
    hosts = plan.hosts[order]
    nth = np.arange(len(order)) - np.searchsorted(hosts, hosts)
    site = np.empty(len(order), dtype=np.int64)
    site[order] = np.searchsorted(arcs.host, hosts) + nth
    return site


def solve_stage(
    arcs: Arcs,
    instance: Instance,
    plan: Classes,
    aim: str,
    *,
    effort: Effort,
    max_nodes: int | None = None,
) -> tuple[Classes, float]:
    """Improve one aim, the people left out held where they are; return plan and bound.

    ``aim`` is ``left_out``, ``sites``, ``minutes``, ``people`` (left out, then minutes) or
    ``fewest`` (left out, then classes, then minutes); the last two are for small parts.
    """
    program = _program(arcs, instance, plan, aim)
    answer = solve(program, effort=effort, start=_vector(arcs, instance, plan), max_nodes=max_nodes)
    better = answer.x.size and answer.objective <= _value(arcs, instance, plan, program) + 1e-9
    return (_decode(arcs, instance, answer) if better else plan), answer.bound


def _value(arcs: Arcs, instance: Instance, plan: Classes, program: Program) -> float:
    return float(program.cost @ _vector(arcs, instance, plan))


def _program(arcs: Arcs, instance: Instance, plan: Classes, aim: str) -> Program:
    n, m, k = instance.n_units, len(arcs.host), len(arcs.unit)
    size = instance.sizes[arcs.unit].astype(np.float64)
    y, x, u = np.arange(m), m + np.arange(k), m + k + np.arange(n)
    each = np.arange(k)
    rows = [
        (arcs.unit, x, np.ones(k)),  # everybody once
        (np.arange(n), u, np.ones(n)),
        (n + arcs.site, x, size),  # at most U
        (n + y, y, np.full(m, -float(instance.max_size))),
        (n + m + arcs.site, x, size),  # at least L
        (n + m + y, y, np.full(m, -float(instance.min_size))),
        (n + 2 * m + each, x, np.ones(k)),  # only where a class is
        (n + 2 * m + each, arcs.site, -np.ones(k)),
        (np.full(m, n + 2 * m + k), y, np.ones(m)),  # at most p
        (np.full(n, n + 2 * m + k + 1), u, instance.sizes.astype(np.float64)),
    ]
    shape = (n + 2 * m + k + 2, m + k + n)
    ends = (np.ones(n), np.full(m, -np.inf), np.zeros(m), np.full(k, -np.inf), [-np.inf, -np.inf])
    room = float(left_out(plan, instance.sizes))
    tops = (np.ones(n), np.zeros(m), np.full(m, np.inf), np.zeros(k), [instance.n_sites, room])
    more, top, n_more = _rules(arcs, instance, shape)
    row, column, value = (np.concatenate(part) for part in zip(*rows, *more, strict=True))
    shape = (shape[0] + len(top), shape[1] + n_more)
    low = np.zeros(shape[1])
    low[np.searchsorted(arcs.host, instance.fixed)] = 1
    return Program(
        cost=np.concatenate([_aim(aim, arcs, instance), np.zeros(n_more)]),
        low=low,
        high=np.ones(shape[1]),
        integer=np.arange(shape[1]) < m + k + n,
        matrix=csc_array((value, (row, column)), shape=shape),
        row_low=np.concatenate([*ends, np.full(len(top), -np.inf)]),
        row_high=np.concatenate([*tops, top]),
    )


def _aim(aim: str, arcs: Arcs, instance: Instance) -> Floats:
    """Return the cost of classes, arcs and units left out."""
    n, m = instance.n_units, len(arcs.host)
    sizes = instance.sizes.astype(np.float64)
    minutes = arcs.minutes * sizes[arcs.unit]
    none, one, far = np.zeros(m), np.ones(m), np.zeros(n)
    if aim == "left_out":
        return np.concatenate([none, 0 * minutes, sizes])
    if aim == "sites":
        return np.concatenate([one, 0 * minutes, far])
    if aim == "minutes":
        return np.concatenate([none, minutes, far])
    np.maximum.at(far, arcs.unit, minutes)
    a_class = far.sum() + 1.0 if aim == "fewest" else 0.0
    a_person = (far.sum() + 1.0) + a_class * min(m, instance.n_sites)
    return np.concatenate([a_class * one, minutes, a_person * sizes])


_Triple = tuple[Ints, Ints, Floats]


def _rules(
    arcs: Arcs, instance: Instance, shape: tuple[int, int]
) -> tuple[list[_Triple], Floats, int]:
    """Return entries, row tops and how many columns the rules beside sizes and number add."""
    m, (row, column) = len(arcs.host), shape
    entries: list[_Triple] = []
    tops: list[Floats] = []
    n_more = 0
    if instance.group is not None:
        keys, pair = _pairs(arcs, instance)
        k, n_more = len(arcs.unit), len(keys)
        each, z = row + np.arange(k), column + np.arange(n_more)
        at_most = row + k + np.arange(m)
        entries = [
            (each, m + np.arange(k), np.ones(k)),
            (each, column + pair, -np.ones(k)),
            (row + k + keys % m, z, np.ones(n_more)),
            (at_most, np.arange(m), np.full(m, -float(instance.most_groups))),
        ]
        tops = [np.zeros(k + m)]
        row += k + m
    if instance.class_cost is not None:
        entries.append((np.full(m, row), np.arange(m), instance.class_cost[arcs.host]))
        tops.append(np.array([instance.budget * (1 + 1e-9)]))
    return entries, np.concatenate(tops) if tops else np.empty(0), n_more


def _pairs(arcs: Arcs, instance: Instance) -> tuple[Ints, Ints]:
    """Return the pairs of group and class there are, as group times classes plus class."""
    if instance.group is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    codes = instance.group[arcs.unit] * np.int64(len(arcs.host)) + arcs.site
    keys, pair = np.unique(codes, return_inverse=True)
    return keys, pair


def _vector(arcs: Arcs, instance: Instance, plan: Classes) -> Floats:
    """Return a plan as the program's columns."""
    m, k = len(arcs.host), len(arcs.unit)
    out = np.zeros(m + k + instance.n_units)
    site = class_sites(arcs, plan)
    out[site] = 1
    served = plan.of_unit >= 0
    chosen = np.full(instance.n_units, -1)
    chosen[served] = site[plan.of_unit[served]]
    taken = arcs.site == chosen[arcs.unit]
    out[m : m + k] = taken
    out[m + k :] = ~served
    keys, pair = _pairs(arcs, instance)
    return np.concatenate([out, np.isin(np.arange(len(keys)), pair[taken]) if len(keys) else []])


def _decode(arcs: Arcs, instance: Instance, answer: Answer) -> Classes:
    m, k = len(arcs.host), len(arcs.unit)
    is_open = np.flatnonzero(answer.x[:m] > 0.5)
    taken = answer.x[m : m + k] > 0.5
    of_unit = np.full(instance.n_units, -1)
    of_unit[arcs.unit[taken]] = np.searchsorted(is_open, arcs.site[taken])
    used = np.isin(np.arange(len(is_open)), of_unit)
    renumber = np.append(np.cumsum(used) - 1, -1)
    return Classes(hosts=arcs.host[is_open[used]], of_unit=renumber[of_unit])
