"""Class sites for places with candidates: rules in, an explained plan out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty import settings
from geoparty.errors import ArgumentError, Problem, SettingsError
from geoparty.plan.answer import ClassPlan, Status
from geoparty.plan.greedy import first_plan
from geoparty.plan.improve import Improved, improve
from geoparty.plan.instance import (
    Bools,
    Classes,
    Floats,
    Instance,
    Ints,
    person_minutes,
    unit_minutes,
)

N_STEPS = 5
NOT_AS_ASKED = ("plan.left_", "plan.fixed_", "plan.unknown_hosts")
"""Problems that make a plan one that was not asked for."""


def plan_classes(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: settings.Classes,
    progress: Callable[[int, int], None] | None = None,
) -> ClassPlan:
    """Return where classes are held and who goes where.

    The most people are served first; then, with ``n_sites = "auto"``, the fewest classes; then
    the fewest person-minutes of travel. All candidates of a place go to one class; a place with
    more than ``max_size`` is split into the fewest, nearly equal parts. Every class has from
    ``min_size`` to ``max_size`` people. One class is one site; a host may hold several. With
    ``n_sites`` given at most that many are held.

    Parameters
    ----------
    demand
        Candidates per place, index ``place_id``. Missing is not reported: such places are listed
        in ``unserved`` and never planned as zero. Places with zero need no class.
    hosts
        ``place_id`` of the places that may hold a class.
    minutes
        ``demand`` x ``hosts``, minutes one way; stored entries are reachable, zeros are stored.
    classes
        The rules: number, sizes, limit, fixed and forbidden hosts, time limit.
    progress
        Called with steps done and steps in all.

    Returns
    -------
    ClassPlan
        With ``status`` ``infeasible`` it holds the best partial plan, and who is left out.

    Raises
    ------
    ArgumentError
        Shapes do not fit, ids are repeated, minutes or candidates are negative or no numbers.
    SettingsError
        ``min_size`` is larger than ``max_size``.

    Examples
    --------
    >>> minutes = csr_array([[1.0, 30.0], [20.0, 10.0], [40.0, 2.0]])
    >>> plan = plan_classes(
    ...     pd.Series([9, 9, 9], index=["A", "B", "C"]),
    ...     pd.Index(["A", "C"]),
    ...     minutes,
    ...     classes=settings.Classes(n_sites=2, min_size=5),
    ... )
    >>> plan.status, plan.objective_min
    ('optimal', 117.0)
    >>> plan.assignments[["place_id", "site_id"]].to_numpy().tolist()
    [['A', 'S001'], ['B', 'S002'], ['C', 'S002']]
    """
    began = perf_counter()
    _check(demand, hosts, minutes, classes)
    steps = iter(range(6))

    def step() -> None:
        if progress is not None:
            progress(next(steps), N_STEPS)

    step()
    case = _prepare(demand, hosts, minutes, classes)
    start = first_plan(case.instance)
    step()
    found = improve(
        case.instance,
        start,
        fewest=classes.n_sites == "auto",
        time_limit_s=max(0.5, classes.time_limit_s - (perf_counter() - began)),
        step=step,
    )
    plan = _answer(demand, hosts, classes, case, found, perf_counter() - began)
    if progress is not None:
        progress(N_STEPS, N_STEPS)
    return plan


@dataclass(frozen=True, kw_only=True)
class _Case:
    """The instance, and how it came from the places."""

    instance: Instance
    place: Ints
    """Row of ``demand`` of each unit."""
    host: Ints
    """Position in ``hosts`` of each host of the instance."""
    cannot: pd.Series[str]
    """Why rows of ``demand`` with candidates can be in no plan, by row."""
    problems: tuple[Problem, ...]


def _check(
    demand: pd.Series[Any], hosts: pd.Index[str], minutes: csr_array, classes: settings.Classes
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
        faults.append(_named("plan.bad_demand", demand.index[wrong].tolist()))
    twice = [*demand.index[demand.index.duplicated()], *hosts[hosts.duplicated()]]
    if twice:
        faults.append(_named("plan.duplicate_ids", twice))
    if faults:
        raise ArgumentError(faults)
    if classes.min_size > classes.max_size:
        sizes = {"min_size": classes.min_size, "max_size": classes.max_size}
        raise SettingsError(Problem(key="plan.min_over_max", params=sizes))


def _named(key: str, names: Sequence[object], **params: object) -> Problem:
    """Return a problem about places, all named; the text shows the first few."""
    listed = [str(name) for name in names]
    return Problem(key=key, params={"n": len(names), "names": listed, **params})


def _prepare(
    demand: pd.Series[Any], hosts: pd.Index[str], minutes: csr_array, classes: settings.Classes
) -> _Case:
    """Drop forbidden hosts and far arcs, split large places, settle the fixed hosts."""
    counts = demand.astype("Int64").fillna(0).to_numpy(dtype=np.int64)
    problems = [*_unknown(hosts, classes)]
    host = np.flatnonzero(~hosts.isin(list(classes.forbidden)))
    near = csr_array(minutes, copy=True)[:, host]
    near.sort_indices()
    near = _keep(near, near.data <= classes.max_travel_min)
    near, cannot = _plannable(near, counts, max(1, classes.min_size))
    able = ~np.isin(np.arange(len(counts)), cannot.index)
    place, sizes = _split(np.where(able, counts, 0), classes.max_size)
    n_sites = len(place) if classes.n_sites == "auto" else classes.n_sites
    instance = Instance(
        minutes=near[place],
        sizes=sizes,
        min_size=max(1, classes.min_size),
        max_size=classes.max_size,
        n_sites=min(n_sites, len(place)),
        fixed=np.empty(0, dtype=np.int64),
    )
    fixed, faults = _fixed(instance, hosts[host], classes)
    large = demand.index[counts > classes.max_size].tolist()
    if large:
        split = _named("plan.place_split", large, max_size=classes.max_size)
        faults.append(_mild(split))
    return _Case(
        instance=replace(instance, fixed=fixed),
        place=place,
        host=host,
        cannot=cannot,
        problems=(*problems, *faults),
    )


def _keep(minutes: csr_array, keep: Bools) -> csr_array:
    rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))[keep]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=minutes.shape[0]))])
    return csr_array((minutes.data[keep], minutes.indices[keep], starts), shape=minutes.shape)


def _plannable(minutes: csr_array, counts: Ints, low: int) -> tuple[csr_array, pd.Series[str]]:
    """Drop hosts that cannot gather a class until none is left; say whom that leaves out."""
    far = (counts > 0) & (np.diff(minutes.indptr) == 0)
    while True:
        people = np.repeat(counts, np.diff(minutes.indptr)).astype(np.float64)
        reach = np.bincount(minutes.indices, weights=people, minlength=minutes.shape[1])
        enough = reach[minutes.indices] >= low
        if enough.all():
            break
        minutes = _keep(minutes, enough)
    few = (counts > 0) & (np.diff(minutes.indptr) == 0) & ~far
    rows = np.flatnonzero(far | few)
    reasons = np.where(far[rows], "plan.no_host", "plan.too_few_nearby")
    return minutes, pd.Series(reasons, index=rows, dtype="str")


def _split(counts: Ints, most: int) -> tuple[Ints, Ints]:
    """Return row and size of each unit: the fewest, nearly equal parts of at most ``most``."""
    parts = -(-counts // most)
    place = np.repeat(np.arange(len(counts)), parts)
    nth = np.arange(len(place)) - np.repeat(np.cumsum(parts) - parts, parts)
    base, extra = np.divmod(counts[place], parts[place])
    return place, base + (nth < extra)


def _mild(problem: Problem) -> Problem:
    return Problem(key=problem.key, params=problem.params, severity="warning")


def _unknown(hosts: pd.Index[str], classes: settings.Classes) -> list[Problem]:
    faults = []
    for name in ("fixed", "forbidden"):
        unknown = [p for p in getattr(classes, name) if p not in hosts]
        if unknown:
            faults.append(_named("plan.unknown_hosts", unknown, setting=name))
    both = [p for p in classes.fixed if p in classes.forbidden]
    if both:
        faults.append(_named("plan.fixed_and_forbidden", both))
    return faults


def _fixed(
    instance: Instance, hosts: pd.Index[str], classes: settings.Classes
) -> tuple[Ints, list[Problem]]:
    """Return the fixed hosts that can hold a class, and what is wrong with the others."""
    wanted = np.unique(hosts.get_indexer(list(dict.fromkeys(classes.fixed))))
    wanted = wanted[wanted >= 0]
    by_host = instance.minutes.tocsc()
    reach = np.array(
        [
            instance.sizes[by_host.indices[by_host.indptr[h] : by_host.indptr[h + 1]]].sum()
            for h in wanted
        ]
    )
    least = max(1, classes.min_size)
    faults = []
    small = wanted[reach < least] if len(wanted) else wanted
    if len(small):
        faults.append(_mild(_named("plan.fixed_too_few", hosts[small].tolist(), min_size=least)))
    able = np.setdiff1d(wanted, small)
    if len(able) > instance.n_sites:
        over = hosts[able[instance.n_sites :]].tolist()
        params = {"fixed": len(able), "n_sites": instance.n_sites}
        faults.append(_named("plan.fixed_too_many", over, **params))
    return able[: instance.n_sites], faults


def _answer(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    classes: settings.Classes,
    case: _Case,
    found: Improved,
    seconds: float,
) -> ClassPlan:
    """Put the plan into frames with our ids, and say what is proven."""
    plan = _in_host_order(found.plan)
    unserved = _unserved(demand, case, plan, classes)
    problems = [*case.problems, *_about(unserved), *_about_proof(plan, found, classes, case)]
    problems += _about_fixed(hosts, case, plan)
    objective = person_minutes(plan, case.instance)
    bound = min(found.least_minutes, objective)
    gap = 0.0 if objective <= bound else (objective - bound) / objective
    broken = any(p.key.startswith(NOT_AS_ASKED) for p in problems)
    proven = gap <= 1e-6 and not any(p.key.endswith("not_proven") for p in problems)
    status: Status = "infeasible" if broken else "optimal" if proven else "best_found"
    assignments = _assignments(demand, case, plan)
    return ClassPlan(
        status=status,
        objective_min=objective,
        bound_min=bound,
        gap=gap,
        sites=_sites(hosts, case, plan),
        assignments=assignments,
        unserved=unserved,
        problems=tuple(problems),
        seconds=seconds,
    )


def _in_host_order(plan: Classes) -> Classes:
    """Return the plan numbered by host, then by first unit: equal plans look equal."""
    first = np.array(
        [np.flatnonzero(plan.of_unit == k)[0] for k in range(len(plan.hosts))], dtype=np.int64
    )
    order = np.lexsort((first, plan.hosts))
    renumber = np.append(np.argsort(order), -1)
    return Classes(hosts=plan.hosts[order], of_unit=renumber[plan.of_unit])


def _site_ids(n: int) -> pd.Index[str]:
    return pd.Index([f"S{k:03d}" for k in range(1, n + 1)], dtype="str", name="site_id")


def _sites(hosts: pd.Index[str], case: _Case, plan: Classes) -> pd.DataFrame:
    minutes, sizes = unit_minutes(plan, case.instance.minutes), case.instance.sizes
    served = plan.of_unit >= 0
    of, n = plan.of_unit[served], len(plan.hosts)
    loads = plan.loads(sizes)
    total = np.bincount(of, (minutes * sizes)[served], minlength=n)
    longest: Floats = np.zeros(n)
    np.maximum.at(longest, of, minutes[served])
    columns = {
        "place_id": pd.array(hosts[case.host[plan.hosts]].to_numpy(), dtype="str"),
        "n_candidates": pd.array(loads, dtype="Int64"),
        "mean_min": total / np.maximum(loads, 1),
        "max_min": longest,
    }
    return pd.DataFrame(columns, index=_site_ids(n))


def _assignments(demand: pd.Series[Any], case: _Case, plan: Classes) -> pd.DataFrame:
    served = np.flatnonzero(plan.of_unit >= 0)
    rows = pd.DataFrame(
        {
            "place": case.place[served],
            "site": plan.of_unit[served],
            "candidates": case.instance.sizes[served],
            "travel_min": unit_minutes(plan, case.instance.minutes)[served],
        }
    )
    rows = rows.groupby(["place", "site"], as_index=False).agg(
        {"candidates": "sum", "travel_min": "first"}
    )
    return pd.DataFrame(
        {
            "place_id": pd.array(demand.index[rows["place"]].to_numpy(), dtype="str"),
            "site_id": pd.array(_site_ids(len(plan.hosts))[rows["site"]].to_numpy(), dtype="str"),
            "candidates": rows["candidates"].astype("Int64"),
            "travel_min": rows["travel_min"].astype("float64"),
        }
    )


def _unserved(
    demand: pd.Series[Any], case: _Case, plan: Classes, classes: settings.Classes
) -> pd.DataFrame:
    """List who is left out and why, in the order of the places."""
    units = np.flatnonzero(plan.of_unit < 0)
    full = classes.n_sites != "auto" and len(plan.hosts) >= case.instance.n_sites
    parts = pd.Series(case.instance.sizes[units], index=case.place[units], dtype="Int64")
    partly = parts.groupby(level=0).sum()
    wholly = demand.iloc[case.cannot.index].set_axis(case.cannot.index).astype("Int64")
    missing = np.flatnonzero(demand.isna())
    people = pd.concat([partly, wholly, pd.Series(pd.NA, index=missing, dtype="Int64")])
    fits = "plan.no_room" if full else "plan.sizes_not_met"
    reason = pd.concat(
        [
            pd.Series(fits, index=partly.index, dtype="str"),
            case.cannot,
            pd.Series("plan.not_reported", index=missing, dtype="str"),
        ]
    )
    columns = {"candidates": people, "reason": reason}
    out = pd.DataFrame(columns).sort_index()
    out.insert(0, "place_id", pd.array(demand.index[out.index].to_numpy(), dtype="str"))
    return out.reset_index(drop=True)


def _about(unserved: pd.DataFrame) -> list[Problem]:
    """Return one problem per reason, the places named."""
    out = []
    for reason, rows in unserved.groupby("reason", sort=True):
        names = rows["place_id"].tolist()
        if reason == "plan.not_reported":
            out.append(_mild(_named("plan.unknown_places", names)))
        else:
            people = int(rows["candidates"].sum())
            out.append(_mild(_named(f"plan.left_{str(reason)[5:]}", names, people=people)))
    return out


def _about_fixed(hosts: pd.Index[str], case: _Case, plan: Classes) -> list[Problem]:
    lacking = case.host[np.setdiff1d(case.instance.fixed, plan.hosts)]
    problem = _named("plan.fixed_not_held", hosts[lacking].tolist())
    return [_mild(problem)] if len(lacking) else []


def _about_proof(
    plan: Classes, found: Improved, classes: settings.Classes, case: _Case
) -> list[Problem]:
    """Say what is not proven, and where fewer classes are held than allowed."""
    out, used = [], len(plan.hosts)
    out_people = int(case.instance.sizes[plan.of_unit < 0].sum())
    if out_people > found.least_left_out:
        out.append(Problem(key="plan.most_not_proven", params={"people": out_people}))
    if classes.n_sites == "auto":
        if used > found.least_sites:
            params = {"used": used, "least": int(found.least_sites)}
            out.append(Problem(key="plan.fewest_not_proven", params=params))
    elif used < classes.n_sites:
        params = {"used": used, "n_sites": classes.n_sites}
        out.append(Problem(key="plan.fewer_sites", params=params))
    return [_mild(p) for p in out]
