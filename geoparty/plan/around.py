"""Plans improved part by part: a few classes near each other are planned anew, the rest stays.

A part is searched as :mod:`geoparty.plan.sized_search` does; where there are rules beside sizes and
number it is a small program of :mod:`geoparty.plan.model`, so that every rule is kept.
This finds plans where rules beside sizes and number hold, and answers what-if questions from the
last plan at once. It proves nothing: bounds come from :mod:`geoparty.plan.sized_bound`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from geoparty.plan.effort import Effort
from geoparty.plan.instance import Classes, Instance, Ints, left_out, person_minutes, unit_minutes
from geoparty.plan.model import arcs_of, solve_stage
from geoparty.plan.obey import tidy

N_CLASSES = 4
"""Classes planned anew together."""
PART_ARCS = 500
"""Arcs of a part for the solver, about; it needs well under a second for it."""
SEARCHED_ARCS = 6_000
"""Arcs of a part for the search, about."""
MOST_NODES = 20
WORK_AN_ARC, PART_WORK = 4e4, 1e9
"""Work of a part, in units of :class:`Effort`, for each arc; what the solver may do at most."""
SPARE_CLASSES = 1
"""Classes a part may open beside those it closes."""


def plan_around(
    instance: Instance,
    plan: Classes,
    *,
    fewest: bool,
    effort: Effort,
    hosts: Iterable[int] = (),
    rng: np.random.Generator,
) -> Classes:
    """Return a plan as good or better, planned anew around hosts, people left out, and at random.

    With ``hosts`` the search ends once their neighbourhoods and the people left out were planned
    anew without gain; without, it goes on while there is effort.
    """
    wanted = list(hosts)
    goes_on = not wanted
    tried: set[bytes] = set()
    while not effort.is_over:
        units = _next_units(instance, plan, wanted, goes_on, tried, rng)
        if units is None:
            break
        better = _planned_anew(instance, plan, units, fewest, effort)
        if better is None:
            continue
        plan = better
        tried.clear()
    return plan


def worth(instance: Instance, plan: Classes, *, fewest: bool) -> tuple[float, float, float]:
    """Return what plans are compared by: people left out, classes where that counts, minutes."""
    n_classes = float(len(plan.hosts)) if fewest else 0.0
    minutes = round(person_minutes(plan, instance), 6)
    return float(left_out(plan, instance.sizes)), n_classes, minutes


def _next_units(
    instance: Instance,
    plan: Classes,
    wanted: list[int],
    goes_on: bool,
    tried: set[bytes],
    rng: np.random.Generator,
) -> Ints | None:
    """Return the units of the next part not tried since the last gain, None where all were."""
    for centre in _centres(instance, plan, wanted, goes_on, rng):
        units = _part(instance, plan, centre, rng if goes_on else None)
        key = units.tobytes()
        if len(units) and key not in tried:
            tried.add(key)
            return units
    return None


def _centres(
    instance: Instance, plan: Classes, wanted: list[int], goes_on: bool, rng: np.random.Generator
) -> Iterable[int]:
    """Return hosts to plan around: those wanted, those near people left out, then any held."""
    yield from wanted
    nearest = np.minimum.reduceat(instance.minutes.data, instance.minutes.indptr[:-1])
    for unit in np.flatnonzero(plan.of_unit < 0).tolist():
        span = slice(instance.minutes.indptr[unit], instance.minutes.indptr[unit + 1])
        at = np.flatnonzero(instance.minutes.data[span] <= nearest[unit])
        yield int(instance.minutes.indices[span][at[0]])
    if goes_on and len(plan.hosts):
        yield from rng.permutation(plan.hosts).tolist()


def _part(instance: Instance, plan: Classes, centre: int, rng: np.random.Generator | None) -> Ints:
    """Return the units of the classes nearest a host, and those left out that reach it."""
    by_host = instance.minutes.tocsc()
    span = slice(by_host.indptr[centre], by_host.indptr[centre + 1])
    units, far = by_host.indices[span], by_host.data[span]
    of = plan.of_unit[units]
    near = np.full(len(plan.hosts), np.inf)
    np.minimum.at(near, of[of >= 0], far[of >= 0])
    if rng is not None:
        near = near * rng.uniform(0.5, 1.5, len(near))
    near[plan.hosts == centre] = -1.0
    chosen = [k for k in np.argsort(near, kind="stable")[:N_CLASSES] if np.isfinite(near[k])]
    return np.sort(np.concatenate([np.flatnonzero(np.isin(plan.of_unit, chosen)), units[of < 0]]))


def _planned_anew(
    instance: Instance, plan: Classes, units: Ints, fewest: bool, effort: Effort
) -> Classes | None:
    """Return the plan with the classes of some units planned anew, None without gain."""
    classes = np.unique(plan.of_unit[units])
    classes = classes[classes >= 0]
    hosts = _worthwhile(instance, plan, units, classes)
    part, inside = _cut(instance, plan, units, classes, hosts)
    if not part.minutes.nnz:
        return None
    new = (_solved if part.has_rules else _searched)(part, inside, fewest, effort)
    before, after = (worth(part, p, fewest=fewest) for p in (inside, new))
    if after >= before:
        return None
    others = np.setdiff1d(np.arange(len(plan.hosts)), classes)
    renumber = np.full(len(plan.hosts) + 1, -1)
    renumber[others] = np.arange(len(others))
    of_unit = renumber[plan.of_unit]
    of_unit[units] = np.where(new.of_unit >= 0, new.of_unit + len(others), -1)
    return tidy(
        Classes(hosts=np.concatenate([plan.hosts[others], hosts[new.hosts]]), of_unit=of_unit)
    )


def _solved(part: Instance, inside: Classes, fewest: bool, effort: Effort) -> Classes:
    """Return a part planned by the solver, which knows every rule."""
    arcs = arcs_of(part, inside)
    if arcs is None:
        return inside
    effort.spend(WORK_AN_ARC * len(arcs.unit))
    aim = "fewest" if fewest else "people"
    own = Effort(work=PART_WORK, until=effort.until, told=effort.tell)
    return solve_stage(arcs, part, inside, aim, effort=own, max_nodes=MOST_NODES)[0]


def _searched(part: Instance, inside: Classes, fewest: bool, effort: Effort) -> Classes:
    """Return a part planned by search, which knows sizes and number and is fast."""
    from geoparty.plan.sized_search import Search

    penalty = 10.0 * float(part.minutes.data.max()) * max(1.0, part.max_size / 10)
    search = Search(part, inside, penalty=penalty)
    search.settle()
    waiting = bool(search.load[0])
    most = part.n_sites if waiting or not fewest else len(inside.hosts)
    search.relocate(effort=effort.part(0.3), most=most, enough=0.0)
    if fewest:
        search.close_what_can_be(effort=effort.part(0.3), least=1)
    return search.plan()


def _worthwhile(instance: Instance, plan: Classes, units: Ints, classes: Ints) -> Ints:
    """Return the hosts of a part: those held, and the most promising within the arcs allowed."""
    rows = instance.minutes[units]
    row = np.repeat(np.arange(len(units)), np.diff(rows.indptr))
    far = unit_minutes(plan, instance.minutes)[units]
    now = np.where(np.isnan(far), 2 * rows.data.max(initial=1.0), far)
    gain = np.maximum(now[row] - rows.data, 0.0) * instance.sizes[units][row]
    gains = np.bincount(rows.indices, gain, minlength=instance.n_hosts)
    held = np.unique(plan.hosts[classes])
    gains[held] = np.inf
    if not instance.several:
        gains[np.setdiff1d(plan.hosts, held)] = -1.0
    order = np.argsort(-gains, kind="stable")
    arcs = np.cumsum(np.bincount(rows.indices, minlength=instance.n_hosts)[order])
    room = PART_ARCS if instance.has_rules else SEARCHED_ARCS
    n = max(len(held) + 2, int(np.searchsorted(arcs, room)))
    return np.sort(order[:n][gains[order[:n]] > 0])


def _cut(
    instance: Instance, plan: Classes, units: Ints, classes: Ints, hosts: Ints
) -> tuple[Instance, Classes]:
    """Return the part of an instance with these units and hosts, and the plan inside it."""
    minutes = instance.minutes[units][:, hosts]
    minutes.sort_indices()
    outside = np.delete(plan.hosts, classes)
    needed = np.setdiff1d(np.intersect1d(instance.fixed, plan.hosts[classes]), outside)
    cost = instance.class_cost
    part = replace(
        instance.rows(units),
        minutes=minutes,
        n_sites=min(len(classes) + SPARE_CLASSES, instance.n_sites - len(outside)),
        fixed=np.searchsorted(hosts, needed),
        class_cost=None if cost is None else cost[hosts],
        budget=instance.budget - (0.0 if cost is None else float(cost[outside].sum())),
    )
    renumber = np.full(len(plan.hosts) + 1, -1)
    renumber[classes] = np.arange(len(classes))
    inside = Classes(
        hosts=np.searchsorted(hosts, plan.hosts[classes]), of_unit=renumber[plan.of_unit[units]]
    )
    return part, inside
