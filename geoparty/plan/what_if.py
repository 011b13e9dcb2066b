"""Plans side by side: more or fewer classes, today's practice, and the change a wish needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty.plan.again import adjust_plan, plan_of
from geoparty.plan.answer import ClassPlan
from geoparty.plan.case import Facts, prepare
from geoparty.plan.classes import NOTHING, plan_classes
from geoparty.plan.greedy import first_plan
from geoparty.plan.improve import most_served
from geoparty.plan.obey import obey
from geoparty.settings import Classes

Progress = Callable[[int, int], None]
MOST_TRIES = 12
TRY_S = 1.0
"""Seconds a search for a plan that serves everybody may take."""


def trade_off(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: Classes,
    n_sites: Iterable[int],
    facts: Facts = NOTHING,
    last: ClassPlan | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what each number of classes costs in travel.

    Each number is planned as :func:`plan_classes` does, all other rules as they are; with a
    ``last`` plan, the better of that and of what :func:`adjust_plan` makes of the last.

    Returns
    -------
    DataFrame
        Index ``n_sites`` (at most so many), columns ``status``, ``n_held``, ``person_hours`` (one
        way), ``bound_hours``, ``mean_min``, ``max_min``, ``n_unserved`` (candidates left out).

    Examples
    --------
    >>> minutes = csr_array([[1.0, 30.0], [30.0, 1.0], [30.0, 1.0]])
    >>> demand, hosts = pd.Series([60, 60, 60], index=list("ABC")), pd.Index(["A", "B"])
    >>> curve = trade_off(
    ...     demand, hosts, minutes, classes=Classes(max_size=200), n_sites=[1, 2]
    ... )
    >>> curve["person_hours"].tolist(), curve["status"].tolist()
    ([32.0, 3.0], ['optimal', 'optimal'])
    """
    numbers = sorted(set(n_sites))
    rows = []
    for done, number in enumerate(numbers):
        if progress is not None:
            progress(done, len(numbers))
        rules = classes.model_copy(update={"n_sites": number})
        made = plan_classes(demand, hosts, minutes, classes=rules, facts=facts)
        if last is not None:
            near = adjust_plan(last, demand, hosts, minutes, classes=rules, facts=facts)
            made = _better(made, near)
        rows.append(_summary(made))
    if progress is not None:
        progress(len(numbers), len(numbers))
    return pd.DataFrame(rows, index=pd.Index(numbers, name="n_sites", dtype="int64"))


def _summary(plan: ClassPlan) -> dict[str, object]:
    served = plan.assignments["candidates"].sum()
    return {
        "status": plan.status,
        "n_held": len(plan.sites),
        "person_hours": plan.person_min / 60,
        "bound_hours": plan.bound_min / 60,
        "mean_min": plan.person_min / served if served else np.nan,
        "max_min": plan.assignments["travel_min"].max() if served else np.nan,
        "n_unserved": int(plan.unserved["candidates"].sum()),
    }


def _better(made: ClassPlan, near: ClassPlan) -> ClassPlan:
    """Return the better of two plans, with the bound of the first."""
    out = [int(plan.unserved["candidates"].sum()) for plan in (made, near)]
    if (out[0], made.objective_min) <= (out[1], near.objective_min):
        return made
    bound = min(made.bound_min, near.objective_min)
    return replace(near, bound_min=bound, gap=1 - bound / near.objective_min)


def compare_with_practice(
    plan: ClassPlan, practices: Mapping[str, pd.Series[float]]
) -> pd.DataFrame:
    """Return person-hours of a plan beside other ways to hold the classes, for the same people.

    Parameters
    ----------
    plan
        A class plan.
    practices
        Minutes one way by ``place_id`` under each practice, such as everybody to the province
        seat, or one class in each commune. NaN is not measured, ``inf`` no way through.

    Returns
    -------
    DataFrame
        Index ``practice``: ``candidates`` compared (served by the plan, with minutes under the
        practice), ``plan_hours`` and ``practice_hours`` of those people one way, ``saved_hours``,
        and ``not_compared``: people the plan serves whom the practice gives no minutes.

    Examples
    --------
    >>> minutes = csr_array([[1.0], [30.0]])
    >>> demand = pd.Series([60, 60], index=["A", "B"])
    >>> plan = plan_classes(
    ...     demand, pd.Index(["A"]), minutes, classes=Classes(n_sites=1, max_size=200)
    ... )
    >>> seat = pd.Series([90.0, 60.0], index=["A", "B"])
    >>> compare_with_practice(plan, {"seat": seat}).iloc[0].tolist()
    [120.0, 31.0, 150.0, 119.0, 0.0]
    """
    rows = plan.assignments
    people = rows["candidates"].astype("float64").to_numpy()
    ours = rows["travel_min"].to_numpy()
    out = {}
    for name, minutes in practices.items():
        theirs = minutes.reindex(rows["place_id"]).to_numpy(dtype=np.float64)
        both = np.isfinite(theirs)
        plan_hours = float((people * ours)[both].sum() / 60)
        practice_hours = float((people * theirs)[both].sum() / 60)
        out[name] = {
            "candidates": people[both].sum(),
            "plan_hours": plan_hours,
            "practice_hours": practice_hours,
            "saved_hours": practice_hours - plan_hours,
            "not_compared": people[~both].sum(),
        }
    columns = ["candidates", "plan_hours", "practice_hours", "saved_hours", "not_compared"]
    return pd.DataFrame.from_dict(out, orient="index", columns=columns).rename_axis("practice")


def smallest_changes(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: Classes,
    facts: Facts = NOTHING,
    last: ClassPlan | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return, rule by rule, the smallest change after which everybody has a class.

    Each rule is changed alone, by halving, within what the data know: ``minutes`` must hold
    trips longer than the limit for the limit to be raised. A search that ends at its time limit
    may name a larger change than needed, never one that is not enough. ``last`` is the plan as it
    is, planned here where not given.

    Returns
    -------
    DataFrame
        Index ``rule`` (max_travel_min, min_size, max_size, and n_sites, max_communes or budget
        where they limit): ``now``, ``needed`` (NaN where
        no value of this rule alone will do), ``places``: those that have no class as it is.

    Examples
    --------
    >>> minutes = csr_array([[1.0, 90.0], [150.0, 90.0]])
    >>> demand = pd.Series([20, 5], index=["A", "B"])
    >>> changes = smallest_changes(
    ...     demand, pd.Index(["A", "C"]), minutes, classes=Classes(n_sites=1, max_travel_min=60)
    ... )
    >>> changes.loc["max_travel_min", ["now", "needed"]].tolist()
    [60.0, 90.0]
    """
    last = last or plan_classes(demand, hosts, minutes, classes=classes, facts=facts)
    ways = _ways(demand, minutes, classes, facts)
    asked = last.unserved["candidates"].notna()
    left = [str(p) for p in last.unserved.loc[asked, "place_id"]]
    rows = []
    for done, (rule, (now, values)) in enumerate(ways.items()):
        if progress is not None:
            progress(done, len(ways))
        found = now if not left else np.nan
        low, high = 0, len(values) - 1
        for _ in range(MOST_TRIES):
            if not left or low > high:
                break
            at = (low + high) // 2 if np.isfinite(found) else high
            rules = classes.model_copy(update={rule: values[at]})
            if not _serves_all(demand, hosts, minutes, rules, facts, last):
                if not np.isfinite(found):
                    break
                low = at + 1
            else:
                found, high = float(values[at]), at - 1
        rows.append({"now": now, "needed": found, "places": left})
    if progress is not None:
        progress(len(ways), len(ways))
    return pd.DataFrame(rows, index=pd.Index(ways, name="rule"))


def _ways(
    demand: pd.Series[Any], minutes: csr_array, classes: Classes, facts: Facts
) -> dict[str, tuple[float, list[Any]]]:
    """Return each rule as it is, and its values in the order of how large a change they are."""
    people = max(1, int(demand.sum()))
    longer = np.unique(minutes.data[minutes.data > classes.max_travel_min]).tolist()
    ways: dict[str, tuple[float, list[Any]]] = {
        "max_travel_min": (classes.max_travel_min, longer),
        "min_size": (classes.min_size, list(range(classes.min_size - 1, -1, -1))),
        "max_size": (classes.max_size, list(range(classes.max_size + 1, people + 1))),
    }
    if classes.n_sites != "auto":
        most = list(range(classes.n_sites + 1, min(len(demand), people) + 1))
        ways["n_sites"] = (classes.n_sites, most)
    if classes.max_communes and facts.commune is not None:
        n = facts.commune.nunique()
        ways["max_communes"] = (classes.max_communes, list(range(classes.max_communes + 1, n + 1)))
    if classes.budget:
        dearest = 1.0 if facts.class_cost is None else float(facts.class_cost.max())
        steps = np.linspace(classes.budget, classes.budget + dearest * len(demand), 400)[1:]
        ways["budget"] = (classes.budget, np.ceil(steps).tolist())
    return ways


def _serves_all(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    classes: Classes,
    facts: Facts,
    last: ClassPlan,
) -> bool:
    """Return whether a plan that leaves nobody out is found under these rules."""
    case = prepare(demand, hosts, minutes, classes, facts)
    if len(case.cannot):
        return False
    instance = case.instance
    if not instance.n_units:
        return True
    starts = [obey(instance, plan_of(last, demand, hosts, case))]
    starts.append(obey(instance, first_plan(instance)))
    start = min(starts, key=lambda plan: instance.sizes[plan.of_unit < 0].sum())
    seconds = min(TRY_S, classes.time_limit_s)
    plan, _ = most_served(instance, start, time_limit_s=seconds)
    return bool((plan.of_unit >= 0).all())
