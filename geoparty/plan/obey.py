"""Make any plan keep the rules: classes too large, too small, too mixed or too dear are cut back.

Whom that leaves out is served again by :mod:`geoparty.plan.around` or the solver.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array

from geoparty.plan.instance import Classes, Instance, Ints, unit_minutes


def obey(instance: Instance, plan: Classes) -> Classes:
    """Return a plan within the rules that changes as little as it simply can.

    Units are left out of classes that are too large (farthest first) or of too many communes
    (fewest people first). Hosts that must hold a class and do not get one, made up of the nearest
    units. Then classes that are too small, too many or too dear go, smallest first.
    """
    of_unit, hosts = plan.of_unit.copy(), plan.hosts.copy()
    for k in range(len(hosts)):
        _fewer_groups(instance, of_unit, k)
        _fewer_people(instance, Classes(hosts=hosts, of_unit=of_unit), of_unit, k)
    hosts = _open_fixed(instance, hosts, of_unit)
    gone = _too_small(instance, hosts, of_unit)
    of_unit[np.isin(of_unit, gone)] = -1
    gone = _too_many(instance, hosts, of_unit, gone)
    of_unit[np.isin(of_unit, gone)] = -1
    return tidy(Classes(hosts=hosts, of_unit=of_unit))


def serve_waiting(instance: Instance, plan: Classes) -> Classes:
    """Return a plan that serves people left out without moving anybody else, as far as simple.

    They join the nearest class with room; then classes are opened where most of them gather, while
    the rules allow it; then the rest join what was opened.
    """
    of_unit, hosts = plan.of_unit.copy(), plan.hosts.copy()
    _join(instance, hosts, of_unit)
    by_host = instance.minutes.tocsc()
    spent = 0.0 if instance.class_cost is None else float(instance.class_cost[hosts].sum())
    while len(hosts) < instance.n_sites and (of_unit < 0).any():
        host, taken = _gathering(instance, by_host, hosts, of_unit, instance.budget - spent)
        if host < 0:
            break
        of_unit[taken] = len(hosts)
        hosts = np.append(hosts, host)
        spent += 0.0 if instance.class_cost is None else float(instance.class_cost[host])
    _join(instance, hosts, of_unit)
    return Classes(hosts=hosts, of_unit=of_unit)


def _gathering(
    instance: Instance, by_host: csc_array, hosts: Ints, of_unit: Ints, money: float
) -> tuple[int, Ints]:
    """Return the host where most people left out gather, and whom a class there takes; -1 none."""
    waiting = np.where(of_unit < 0, instance.sizes, 0).astype(np.float64)
    of = np.repeat(np.arange(instance.n_hosts), np.diff(by_host.indptr))
    reach = np.bincount(of, waiting[by_host.indices], minlength=instance.n_hosts)
    far = np.bincount(of, (waiting[by_host.indices] * by_host.data), minlength=instance.n_hosts)
    reach = np.minimum(reach, instance.max_size)
    if instance.class_cost is not None:
        reach[instance.class_cost > money] = 0
    if not instance.several:
        reach[hosts] = 0
    for host in np.lexsort((far, -reach))[:20].tolist():
        if reach[host] < instance.min_size:
            break
        span = slice(by_host.indptr[host], by_host.indptr[host + 1])
        units = by_host.indices[span][np.argsort(by_host.data[span], kind="stable")]
        taken = _gathered(instance, units[of_unit[units] < 0], instance.max_size)
        if instance.sizes[taken].sum() >= instance.min_size:
            return host, taken
    return -1, np.empty(0, dtype=np.int64)


def _join(instance: Instance, hosts: Ints, of_unit: Ints) -> None:
    """Put units left out, largest first, into the nearest class that may take them."""
    served = of_unit >= 0
    loads = np.bincount(of_unit[served], instance.sizes[served], minlength=len(hosts))
    waiting = np.flatnonzero(~served)
    for unit in waiting[np.argsort(-instance.sizes[waiting], kind="stable")].tolist():
        span = slice(instance.minutes.indptr[unit], instance.minutes.indptr[unit + 1])
        far = np.full(instance.n_hosts, np.inf)
        far[instance.minutes.indices[span]] = instance.minutes.data[span]
        room = loads + instance.sizes[unit] <= instance.max_size
        for k in np.argsort(far[hosts], kind="stable").tolist():
            if not np.isfinite(far[hosts[k]]):
                break
            if room[k] and _mixes(instance, of_unit, k, unit):
                of_unit[unit] = k
                loads[k] += instance.sizes[unit]
                break


def _mixes(instance: Instance, of_unit: Ints, k: int, unit: int) -> bool:
    """Return whether a class may take a unit, for the communes in it."""
    groups = groups_of(instance, of_unit, k)
    if instance.group is None or instance.group[unit] in groups:
        return True
    return len(groups) < instance.most_groups


def tidy(plan: Classes) -> Classes:
    """Return a plan without empty classes."""
    kept = np.isin(np.arange(len(plan.hosts)), plan.of_unit)
    renumber = np.append(np.cumsum(kept) - 1, -1)
    return Classes(hosts=plan.hosts[kept], of_unit=renumber[plan.of_unit])


def groups_of(instance: Instance, of_unit: Ints, k: int) -> Ints:
    """Return the communes a class has units of."""
    if instance.group is None:
        return np.empty(0, dtype=np.int64)
    return np.unique(instance.group[of_unit == k])


def _fewer_groups(instance: Instance, of_unit: Ints, k: int) -> None:
    groups = groups_of(instance, of_unit, k)
    if instance.group is None or len(groups) <= instance.most_groups:
        return
    members = np.flatnonzero(of_unit == k)
    people = np.bincount(instance.group[members], instance.sizes[members])
    kept = groups[np.argsort(-people[groups], kind="stable")[: instance.most_groups]]
    of_unit[members[~np.isin(instance.group[members], kept)]] = -1


def _fewer_people(instance: Instance, plan: Classes, of_unit: Ints, k: int) -> None:
    members = np.flatnonzero(of_unit == k)
    if instance.sizes[members].sum() <= instance.max_size:
        return
    order = members[np.argsort(unit_minutes(plan, instance.minutes)[members], kind="stable")]
    over = np.cumsum(instance.sizes[order]) > instance.max_size
    of_unit[order[over]] = -1


def _open_fixed(instance: Instance, hosts: Ints, of_unit: Ints) -> Ints:
    """Open a class at each host that must hold one and does not."""
    by_host = instance.minutes.tocsc()
    for host in np.setdiff1d(instance.fixed, hosts[np.unique(of_unit[of_unit >= 0])]).tolist():
        span = slice(by_host.indptr[host], by_host.indptr[host + 1])
        units, far = by_host.indices[span], by_host.data[span]
        held = np.isin(hosts[np.maximum(of_unit[units], 0)], instance.fixed) & (of_unit[units] >= 0)
        order = units[np.lexsort((units, far, held))]
        taken = _gathered(instance, order, instance.min_size)
        if instance.sizes[taken].sum() >= instance.min_size:
            of_unit[taken] = len(hosts)
            hosts = np.append(hosts, host)
    return hosts


def _gathered(instance: Instance, order: Ints, enough: int) -> Ints:
    """Return the first units that make up a class of enough people and few enough communes."""
    taken: list[int] = []
    people = 0
    groups: set[int | None] = set()
    for unit in order.tolist():
        if people >= enough:
            break
        group = None if instance.group is None else int(instance.group[unit])
        mixed = group is not None and len(groups | {group}) > instance.most_groups
        if mixed or people + instance.sizes[unit] > instance.max_size:
            continue
        taken.append(unit)
        people += int(instance.sizes[unit])
        groups.add(group)
    return np.array(taken, dtype=np.int64)


def _too_small(instance: Instance, hosts: Ints, of_unit: Ints) -> Ints:
    loads = np.bincount(of_unit[of_unit >= 0], instance.sizes[of_unit >= 0], minlength=len(hosts))
    return np.flatnonzero(loads < instance.min_size)


def _too_many(instance: Instance, hosts: Ints, of_unit: Ints, gone: Ints) -> Ints:
    """Return the classes to give up: those gone already, and the smallest that are too much."""
    loads = np.bincount(of_unit[of_unit >= 0], instance.sizes[of_unit >= 0], minlength=len(hosts))
    out = np.isin(np.arange(len(hosts)), gone)
    price = np.zeros(len(hosts)) if instance.class_cost is None else instance.class_cost[hosts]
    first = np.zeros(len(hosts), dtype=bool)
    first[np.unique(hosts, return_index=True)[1]] = True
    needed = first & np.isin(hosts, instance.fixed)
    for k in np.lexsort((loads, needed)).tolist():
        few = (~out).sum() <= instance.n_sites
        cheap = price[~out].sum() <= instance.budget * (1 + 1e-9)
        if few and cheap:
            break
        out[k] |= price[k] > 0 or not few
    return np.flatnonzero(out)
