"""A plan under changed rules from the last one, at once: only what the change touches moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty import settings
from geoparty.errors import Problem
from geoparty.plan.answer import ClassPlan, Status
from geoparty.plan.around import plan_around
from geoparty.plan.case import Case, Facts, check, mild, prepare
from geoparty.plan.classes import NOTHING, answer
from geoparty.plan.effort import Effort
from geoparty.plan.improve import Improved
from geoparty.plan.instance import Classes, Instance, Ints, unit_minutes
from geoparty.plan.obey import obey, serve_waiting, tidy


def adjust_plan(
    last: ClassPlan,
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: settings.Classes,
    facts: Facts = NOTHING,
    look: Collection[str] = (),
    time_limit_s: float = 0.8,
) -> ClassPlan:
    """Return a plan under these rules that starts from ``last`` and changes what it must.

    Classes no longer allowed are closed, those that must be held are opened, and the classes
    around each change, and around the hosts to ``look`` at, are planned anew. Nothing is proven:
    ``status`` is at best ``best_found`` and ``gap`` is NaN.

    Examples
    --------
    >>> from geoparty.plan import plan_classes
    >>> minutes = csr_array([[1.0, 30.0], [20.0, 10.0], [40.0, 2.0]])
    >>> demand, hosts = pd.Series([9, 9, 9], index=["A", "B", "C"]), pd.Index(["A", "C"])
    >>> rules = settings.Classes(n_sites=2, min_size=5)
    >>> last = plan_classes(demand, hosts, minutes, classes=rules)
    >>> one = rules.model_copy(update={"n_sites": 1})
    >>> adjust_plan(last, demand, hosts, minutes, classes=one).objective_min
    378.0
    """
    began = perf_counter()
    check(demand, hosts, minutes, classes, facts)
    case = prepare(demand, hosts, minutes, classes, facts)
    instance = case.instance
    before = plan_of(last, demand, hosts, case)
    start = obey(instance, before)
    effort = Effort.of_seconds(max(0.2, time_limit_s - (perf_counter() - began)))
    touched = _touched(instance, before, start, grew=len(start.hosts) < instance.n_sites)
    looked_at = hosts[case.host].get_indexer(list(look))
    plan = plan_around(
        instance,
        serve_waiting(instance, start),
        fewest=classes.n_sites == "auto",
        effort=effort,
        hosts=dict.fromkeys([*touched, *looked_at[looked_at >= 0].tolist()]),
        rng=np.random.default_rng(1),
    )
    found = Improved(plan=plan, least_left_out=0.0, least_sites=np.inf, least_minutes=0.0)
    made = answer(demand, hosts, classes, case, found, perf_counter() - began)
    quick = mild(Problem(key="plan.quick_answer"))
    status: Status = "best_found" if made.status == "optimal" else made.status
    return replace(made, gap=np.nan, problems=(*made.problems, quick), status=status)


def plan_of(last: ClassPlan, demand: pd.Series[Any], hosts: pd.Index[str], case: Case) -> Classes:
    """Return a plan in the arrays of a case; trips the case does not have are left out."""
    of_host = pd.Series(np.arange(len(case.host)), index=hosts[case.host])
    at = of_host.reindex(last.sites["place_id"]).to_numpy()
    number = pd.Series(np.arange(len(last.sites)), index=last.sites.index)
    rows = last.assignments
    parts = pd.DataFrame(
        {
            "place": demand.index.get_indexer(rows["place_id"]),
            "site": number.reindex(rows["site_id"]).to_numpy(),
            "people": rows["candidates"].to_numpy(dtype=np.int64),
        }
    )
    of_unit = _spread(parts, case)
    known = np.isfinite(at)
    of_unit[~np.append(known, False)[of_unit]] = -1
    placed = np.where(known, at, 0).astype(np.int64)
    plan = Classes(hosts=placed, of_unit=of_unit)
    return tidy(_within_reach(plan, case.instance))


def _spread(parts: pd.DataFrame, case: Case) -> Ints:
    """Return the class of each unit: those of a place go to its classes one after another."""
    n_places = case.place.max(initial=-1) + 1
    parts = parts[(parts["place"] >= 0) & (parts["place"] < n_places)]
    first = np.full(n_places, -1)
    first[parts["place"][::-1]] = parts["site"][::-1]
    of_unit = first[case.place]
    for place, some in parts[parts["place"].duplicated(keep=False)].groupby("place"):
        units = np.flatnonzero(case.place == place)
        ends = np.cumsum(case.instance.sizes[units]) - 0.5 * case.instance.sizes[units]
        nth = np.searchsorted(np.cumsum(some["people"].to_numpy()), ends, side="right")
        of_unit[units] = np.append(some["site"].to_numpy(), -1)[np.minimum(nth, len(some))]
    return of_unit


def _within_reach(plan: Classes, instance: Instance) -> Classes:
    row = np.repeat(np.arange(instance.n_units), np.diff(instance.minutes.indptr))
    own = np.append(plan.hosts, -1)[plan.of_unit]
    has = np.zeros(instance.n_units, dtype=bool)
    has[row[instance.minutes.indices == own[row]]] = True
    return Classes(hosts=plan.hosts, of_unit=np.where(has, plan.of_unit, -1))


def _touched(instance: Instance, before: Classes, after: Classes, *, grew: bool) -> list[int]:
    """Return the hosts whose class is new, whose people were cut, and where one more helps most."""
    now = np.append(after.hosts, -1)[after.of_unit]
    then = np.append(before.hosts, -1)[before.of_unit]
    moved = np.unique(np.concatenate([now[now != then], then[now != then], instance.fixed]))
    hosts = [int(j) for j in moved if j >= 0]
    if grew:
        hosts += _far(instance, after)
    return hosts


def _far(instance: Instance, plan: Classes) -> list[int]:
    """Return the hosts that bring most people nearer, best first, a few of them."""
    row = np.repeat(np.arange(instance.n_units), np.diff(instance.minutes.indptr))
    now = unit_minutes(plan, instance.minutes)
    gain = np.nan_to_num(now[row] - instance.minutes.data).clip(min=0) * instance.sizes[row]
    gains = np.bincount(instance.minutes.indices, gain, minlength=instance.n_hosts)
    return [int(j) for j in np.argsort(-gains, kind="stable")[:6] if gains[j] > 0]
