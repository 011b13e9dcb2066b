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
the one before reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array, csr_array

from geoparty.plan.instance import Classes, Floats, Instance, Ints, left_out
from geoparty.plan.mip import Answer, Program, solve

MOST_ARCS = 30_000
"""Above this many arcs (unit, class) the program is cut to the nearest hosts of each unit."""


@dataclass(frozen=True, kw_only=True)
class Improved:
    """A plan, and what is proven of it."""

    plan: Classes
    least_left_out: float
    least_sites: float
    least_minutes: float


def improve(instance: Instance, start: Classes, *, fewest: bool, time_limit_s: float) -> Improved:
    """Return the best plan found from a start, within the time."""
    began = perf_counter()
    arcs = _arcs(instance, start)
    plan, proven = start, arcs.whole
    least_out, least_sites = 0.0, 0.0

    def left(share: float) -> float:
        return max(0.5, (time_limit_s - (perf_counter() - began)) * share)

    if left_out(plan, instance.sizes):
        found = _stage(arcs, instance, plan, "left_out", time_limit_s=left(0.4))
        plan = found[0]
        least_out = found[1] if proven else 0.0
    if fewest:
        found = _stage(arcs, instance, plan, "sites", time_limit_s=left(0.5))
        plan = found[0]
        least_sites = found[1] if proven else 0.0
        instance = replace(instance, n_sites=len(plan.hosts))
    plan, bound = _stage(arcs, instance, plan, "minutes", time_limit_s=left(1.0))
    floor = 0.0 if left_out(plan, instance.sizes) else _nearest_minutes(instance)
    return Improved(
        plan=plan,
        least_left_out=np.ceil(least_out - 1e-6),
        least_sites=max(np.ceil(least_sites - 1e-6), _fewest_by_size(instance, plan)),
        least_minutes=max(bound if proven else 0.0, floor),
    )


def _fewest_by_size(instance: Instance, plan: Classes) -> float:
    served = instance.sizes.sum() - left_out(plan, instance.sizes)
    return float(np.ceil(served / instance.max_size))


def _nearest_minutes(instance: Instance) -> float:
    nearest = np.minimum.reduceat(instance.minutes.data, instance.minutes.indptr[:-1])
    return float((nearest * instance.sizes).sum())


@dataclass(frozen=True, kw_only=True)
class _Arcs:
    """Arcs kept: unit, class and minutes; the host of each class; whether that is all."""

    unit: Ints
    site: Ints
    minutes: Floats
    host: Ints
    whole: bool


def _arcs(instance: Instance, start: Classes) -> _Arcs:
    """Return arcs of every unit to every class its hosts may hold, cut where too many."""
    used = np.bincount(start.hosts, minlength=instance.n_hosts)
    reach = _reach(instance)
    most = np.maximum(1, np.ceil(2 * reach / instance.max_size).astype(np.int64) - 1)
    most = np.minimum(np.maximum(most, used), instance.n_sites)
    per_unit = np.bincount(
        np.repeat(np.arange(instance.n_units), np.diff(instance.minutes.indptr)),
        weights=most[instance.minutes.indices],
        minlength=instance.n_units,
    )
    if per_unit.sum() <= MOST_ARCS:
        return _spread(instance.minutes, most, whole=True)
    near = _nearest(instance, used, max(5, MOST_ARCS // (2 * instance.n_units)))
    most = np.where(used > 0, np.minimum(used + 1, most), 1)
    return _spread(near, most, whole=False)


def _reach(instance: Instance) -> Floats:
    weights = np.repeat(instance.sizes, np.diff(instance.minutes.indptr)).astype(np.float64)
    reach = np.bincount(instance.minutes.indices, weights, minlength=instance.n_hosts)
    return reach.astype(np.float64)


def _nearest(instance: Instance, used: Ints, most: int) -> csr_array:
    """Keep the nearest hosts of each unit and those the start uses."""
    minutes = instance.minutes
    units = np.repeat(np.arange(instance.n_units), np.diff(minutes.indptr))
    order = np.lexsort((minutes.indices, minutes.data, units))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - minutes.indptr[units[order]]
    keep = (rank < most) | (used[minutes.indices] > 0)
    counts = np.bincount(units[keep], minlength=instance.n_units)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((minutes.data[keep], minutes.indices[keep], starts), shape=minutes.shape)


def _spread(minutes: csr_array, most: Ints, *, whole: bool) -> _Arcs:
    """Repeat each host as many times as classes it may hold."""
    host = np.repeat(np.arange(len(most)), most)
    first = np.concatenate([[0], np.cumsum(most)])[:-1]
    times = most[minutes.indices]
    units = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return _Arcs(
        unit=np.repeat(units, times),
        site=np.repeat(first[minutes.indices], times) + within,
        minutes=np.repeat(minutes.data, times),
        host=host,
        whole=whole,
    )


def _stage(
    arcs: _Arcs, instance: Instance, plan: Classes, aim: str, *, time_limit_s: float
) -> tuple[Classes, float]:
    """Improve one aim, the people left out held where they are; return plan and bound."""
    program = _program(arcs, instance, plan, aim)
    answer = solve(program, time_limit_s=time_limit_s, start=_vector(arcs, instance, plan))
    better = answer.x.size and answer.objective <= _value(arcs, instance, plan, program) + 1e-9
    return (_decode(arcs, instance, answer) if better else plan), answer.bound


def _value(arcs: _Arcs, instance: Instance, plan: Classes, program: Program) -> float:
    return float(program.cost @ _vector(arcs, instance, plan))


def _program(arcs: _Arcs, instance: Instance, plan: Classes, aim: str) -> Program:
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
    row, column, value = (np.concatenate(part) for part in zip(*rows, strict=True))
    shape = (n + 2 * m + k + 2, m + k + n)
    inf = np.inf
    cost = np.zeros(shape[1])
    if aim == "left_out":
        cost[u] = instance.sizes
    elif aim == "sites":
        cost[y] = 1
    else:
        cost[x] = arcs.minutes * size
    low = np.zeros(shape[1])
    low[np.searchsorted(arcs.host, instance.fixed)] = 1
    ends = (np.ones(n), np.full(m, -inf), np.zeros(m), np.full(k, -inf), [-inf, -inf])
    room = float(left_out(plan, instance.sizes))
    tops = (np.ones(n), np.zeros(m), np.full(m, inf), np.zeros(k), [instance.n_sites, room])
    return Program(
        cost=cost,
        low=low,
        high=np.ones(shape[1]),
        integer=np.ones(shape[1], dtype=bool),
        matrix=csc_array((value, (row, column)), shape=shape),
        row_low=np.concatenate(ends),
        row_high=np.concatenate(tops),
    )


def _vector(arcs: _Arcs, instance: Instance, plan: Classes) -> Floats:
    """Return a plan as the program's columns."""
    m, k = len(arcs.host), len(arcs.unit)
    out = np.zeros(m + k + instance.n_units)
    first = np.searchsorted(arcs.host, np.arange(instance.n_hosts))
    order = np.argsort(plan.hosts, kind="stable")
    sorted_hosts = plan.hosts[order]
    nth = np.arange(len(order)) - np.searchsorted(sorted_hosts, sorted_hosts)
    site = np.empty(len(order), dtype=np.int64)
    site[order] = first[sorted_hosts] + nth
    out[site] = 1
    served = plan.of_unit >= 0
    chosen = np.full(instance.n_units, -1)
    chosen[served] = site[plan.of_unit[served]]
    out[m : m + k] = arcs.site == chosen[arcs.unit]
    out[m + k :] = ~served
    return out


def _decode(arcs: _Arcs, instance: Instance, answer: Answer) -> Classes:
    m, k = len(arcs.host), len(arcs.unit)
    is_open = np.flatnonzero(answer.x[:m] > 0.5)
    taken = answer.x[m : m + k] > 0.5
    of_unit = np.full(instance.n_units, -1)
    of_unit[arcs.unit[taken]] = np.searchsorted(is_open, arcs.site[taken])
    used = np.isin(np.arange(len(is_open)), of_unit)
    renumber = np.append(np.cumsum(used) - 1, -1)
    return Classes(hosts=arcs.host[is_open[used]], of_unit=renumber[of_unit])
