"""From places, hosts and rules to the siting problem in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty import settings
from geoparty.errors import ArgumentError, Problem, SettingsError
from geoparty.plan.instance import Bools, Floats, Instance, Ints

MOST_PRIORITY = 20.0
"""Longest trips that may be added to a minute, so that weights nearly the same keep sums exact."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What some rules need to know beside candidates and minutes.

    ``commune``: commune of each place, index ``place_id`` (``max_communes``,
    ``political_centres``). ``weight``: how much a minute of each place's candidates counts, 1
    where not given; where not all can be served, who weighs more goes first. ``class_cost``: what
    a class costs at each host, 1 where not given.
    """

    commune: pd.Series[str] | None = None
    weight: pd.Series[float] | None = None
    class_cost: pd.Series[float] | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """The instance, and how it came from the places."""

    instance: Instance
    place: Ints
    """Row of ``demand`` of each unit."""
    host: Ints
    """Position in ``hosts`` of each host of the instance."""
    weight: Floats
    """How much a minute counts, by unit; ``instance.minutes`` are multiplied by it."""
    priority_min: Floats
    """What ``instance.minutes`` of each unit hold beside, so that who weighs more goes first."""
    minutes: csr_array
    """Minutes as they are, units x hosts of the instance."""
    cannot: pd.Series[str]
    """Why rows of ``demand`` with candidates can be in no plan, by row."""
    problems: tuple[Problem, ...]


def check(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    classes: settings.Classes,
    facts: Facts,
) -> None:
    """Raise what makes the question meaningless, all at once."""
    faults = []
    if minutes.shape != (len(demand), len(hosts)):
        rows, columns = minutes.shape
        params = {"rows": rows, "columns": columns, "places": len(demand), "hosts": len(hosts)}
        faults.append(Problem(key="plan.shapes", params=params))
    bad = int((~(minutes.data >= 0)).sum())
    if bad:
        faults.append(Problem(key="plan.bad_minutes", params={"n": bad}))
    values = demand.astype("Float64")
    wrong = ((values < 0) | (values % 1 != 0)).fillna(False).to_numpy(dtype=bool)
    if wrong.any():
        faults.append(named("plan.bad_demand", demand.index[wrong].tolist()))
    twice = [*demand.index[demand.index.duplicated()], *hosts[hosts.duplicated()]]
    if twice:
        faults.append(named("plan.duplicate_ids", twice))
    if facts.weight is not None:
        unfit = ~(np.isfinite(facts.weight) & (facts.weight > 0))
        if unfit.any():
            faults.append(named("plan.bad_priority", facts.weight.index[unfit].tolist()))
    if faults:
        raise ArgumentError(faults)
    if classes.min_size > classes.max_size:
        sizes = {"min_size": classes.min_size, "max_size": classes.max_size}
        raise SettingsError(Problem(key="plan.min_over_max", params=sizes))


def named(key: str, names: Sequence[object], **params: object) -> Problem:
    """Return a problem about places, all named; the text shows the first few."""
    listed = [str(name) for name in names]
    return Problem(key=key, params={"n": len(names), "names": listed, **params})


def mild(problem: Problem) -> Problem:
    """Return a problem as a warning: the result still stands."""
    return Problem(key=problem.key, params=problem.params, severity="warning")


def prepare(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    classes: settings.Classes,
    facts: Facts,
) -> Case:
    """Drop what the rules do not allow, split large places, settle the hosts that must be used."""
    counts = demand.astype("Int64").fillna(0).to_numpy(dtype=np.int64)
    problems = [*_unknown(demand, hosts, classes)]
    host = np.flatnonzero(~hosts.isin(list(classes.forbidden)))
    near = csr_array(minutes, copy=True)[:, host]
    near.sort_indices()
    near = keep(near, _allowed(near, demand.index, hosts[host], classes, facts))
    large = counts > classes.max_size
    never = large & (classes.split == "never")
    near, cannot = _plannable(near, np.where(never, 0, counts), max(1, classes.min_size))
    cannot = pd.concat([cannot, _reasons(np.flatnonzero(never), "plan.too_large")]).sort_index()
    able = ~np.isin(np.arange(len(counts)), cannot.index)
    place, sizes = _split(np.where(able, counts, 0), 1 if classes.split == "any" else None, classes)
    instance = Instance(
        minutes=near[place],
        sizes=sizes,
        min_size=max(1, classes.min_size),
        max_size=classes.max_size,
        n_sites=len(place),
        fixed=np.empty(0, dtype=np.int64),
        **_limits(demand.index[place], hosts[host], classes, facts),
    )
    instance, faults = _with_fixed(instance, hosts[host], classes)
    if large.any() and classes.split == "large":
        split = named("plan.place_split", demand.index[large].tolist(), max_size=classes.max_size)
        faults.append(mild(split))
    weight = _of(facts.weight, demand.index[place])
    first = _priority_min(weight, instance.minutes)
    return Case(
        instance=replace(instance, minutes=_weighted(instance.minutes, weight, first)),
        place=place,
        host=host,
        weight=weight,
        priority_min=first,
        minutes=instance.minutes,
        cannot=cannot,
        problems=(*problems, *faults),
    )


def keep(minutes: csr_array, wanted: Bools) -> csr_array:
    """Return minutes with only the entries wanted, in the order they are stored."""
    rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))[wanted]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=minutes.shape[0]))])
    return csr_array((minutes.data[wanted], minutes.indices[wanted], starts), shape=minutes.shape)


def _allowed(
    near: csr_array,
    places: pd.Index[str],
    hosts: pd.Index[str],
    classes: settings.Classes,
    facts: Facts,
) -> Bools:
    """Return which trips the rules allow: the limit, whom a centre serves, what is decided."""
    row = np.repeat(np.arange(near.shape[0]), np.diff(near.indptr))
    allowed: Bools = near.data <= classes.max_travel_min
    if classes.political_centres and facts.commune is not None:
        commune = facts.commune.reindex(places).astype("str").to_numpy()
        for centre, served in classes.political_centres.items():
            at = hosts.get_indexer([centre])[0]
            mine = near.indices == at
            allowed[mine] &= np.isin(commune[row[mine]], list(served))
    for place, centre in classes.assigned.items():
        i, j = places.get_indexer([place])[0], hosts.get_indexer([centre])[0]
        if i >= 0 and j >= 0:
            allowed = np.where(row == i, near.indices == j, allowed)
    return allowed


def _limits(
    places: pd.Index[str], hosts: pd.Index[str], classes: settings.Classes, facts: Facts
) -> dict[str, Any]:
    """Return what the instance knows of communes and money."""
    limits: dict[str, Any] = {}
    if classes.max_communes and facts.commune is not None:
        codes = pd.factorize(facts.commune.reindex(places).astype("str"))[0]
        limits |= {"group": codes.astype(np.int64), "most_groups": classes.max_communes}
    if classes.budget:
        cost = _of(facts.class_cost, hosts)
        cost[hosts.isin(list(classes.running))] = 0.0
        limits |= {"class_cost": cost, "budget": classes.budget}
    return limits


def _of(values: pd.Series[float] | None, index: pd.Index[str]) -> Floats:
    if values is None:
        return np.ones(len(index))
    return np.array(values.reindex(index).fillna(1.0), dtype=np.float64)


def _priority_min(weight: Floats, minutes: csr_array) -> Floats:
    """Return minutes added to any trip of a person, fewer for those who weigh more.

    Of plans that serve as many people, the one that leaves out those who weigh least then has the
    fewest minutes; where everybody is served the sum is the same in every plan. So much that the
    nearest of those who weigh less never goes before the farthest of those who weigh more, unless
    weights are nearly the same.
    """
    ranks = np.unique(weight)
    if len(ranks) < 2 or not minutes.nnz:
        return np.zeros(len(weight))
    factor = min(float((ranks[1:] / np.diff(ranks)).max()), MOST_PRIORITY)
    first: Floats = (ranks[-1] - weight) * factor * float(minutes.data.max())
    return first


def _weighted(minutes: csr_array, weight: Floats, first: Floats) -> csr_array:
    """Return minutes times weight, and what a trip costs beside."""
    if (weight == 1.0).all():
        return minutes
    each, more = (np.repeat(of_unit, np.diff(minutes.indptr)) for of_unit in (weight, first))
    data = minutes.data * each + more
    return csr_array((data, minutes.indices, minutes.indptr), shape=minutes.shape)


def _plannable(minutes: csr_array, counts: Ints, low: int) -> tuple[csr_array, pd.Series[str]]:
    """Drop hosts that cannot gather a class until none is left; say whom that leaves out."""
    far = (counts > 0) & (np.diff(minutes.indptr) == 0)
    while True:
        people = np.repeat(counts, np.diff(minutes.indptr)).astype(np.float64)
        reach = np.bincount(minutes.indices, weights=people, minlength=minutes.shape[1])
        enough = reach[minutes.indices] >= low
        if enough.all():
            break
        minutes = keep(minutes, enough)
    few = (counts > 0) & (np.diff(minutes.indptr) == 0) & ~far
    rows = [_reasons(np.flatnonzero(far), "plan.no_host")]
    rows.append(_reasons(np.flatnonzero(few), "plan.too_few_nearby"))
    return minutes, pd.concat(rows).sort_index()


def _reasons(rows: Ints, key: str) -> pd.Series[str]:
    return pd.Series(key, index=rows, dtype="str")


def _split(counts: Ints, part: int | None, classes: settings.Classes) -> tuple[Ints, Ints]:
    """Return row and size of each unit: the fewest, nearly equal parts of at most ``part``."""
    parts = -(-counts // (part or classes.max_size))
    place = np.repeat(np.arange(len(counts)), parts)
    nth = np.arange(len(place)) - np.repeat(np.cumsum(parts) - parts, parts)
    base, extra = np.divmod(counts[place], parts[place])
    return place, base + (nth < extra)


def _unknown(
    demand: pd.Series[Any], hosts: pd.Index[str], classes: settings.Classes
) -> list[Problem]:
    faults = []
    asked = {
        "fixed": classes.fixed,
        "forbidden": classes.forbidden,
        "running": classes.running,
        "political_centres": tuple(classes.political_centres),
        "assigned": tuple(classes.assigned.values()),
    }
    for name, ids in asked.items():
        unknown = [p for p in dict.fromkeys(ids) if p not in hosts]
        if unknown:
            faults.append(named("plan.unknown_hosts", unknown, setting=name))
    strange = [p for p in classes.assigned if p not in demand.index]
    if strange:
        faults.append(named("plan.unknown_assigned", strange))
    wanted = {*classes.fixed, *classes.running, *classes.assigned.values()}
    both = [p for p in dict.fromkeys(classes.forbidden) if p in wanted]
    if both:
        faults.append(named("plan.fixed_and_forbidden", both))
    return faults


def _with_fixed(
    instance: Instance, hosts: pd.Index[str], classes: settings.Classes
) -> tuple[Instance, list[Problem]]:
    """Set the number of classes and the hosts that must and can hold one; say what is wrong.

    Classes already running are held beside the number asked for.
    """
    row = np.repeat(instance.sizes, np.diff(instance.minutes.indptr)).astype(np.float64)
    reach = np.bincount(instance.minutes.indices, row, minlength=instance.n_hosts)
    least, faults, able = instance.min_size, [], []
    ids = [*dict.fromkeys(classes.fixed), *dict.fromkeys(classes.assigned.values())]
    running = tuple(dict.fromkeys(classes.running))
    asked = (("running", running), ("fixed", [p for p in dict.fromkeys(ids) if p not in running]))
    for name, names in asked:
        at = hosts.get_indexer(list(names))
        at = at[at >= 0]
        small = at[reach[at] < least]
        if len(small):
            told = named(f"plan.{name}_too_few", hosts[small].tolist(), min_size=least)
            faults.append(mild(told))
        able.append(at[reach[at] >= least])
    n_new = instance.n_units if classes.n_sites == "auto" else classes.n_sites
    most = min(n_new + len(able[0]), instance.n_units)
    wanted = np.concatenate(able)
    if len(wanted) > most:
        params = {"fixed": len(wanted), "n_sites": most}
        faults.append(named("plan.fixed_too_many", hosts[wanted[most:]].tolist(), **params))
    return replace(instance, n_sites=most, fixed=np.sort(wanted[:most])), faults
