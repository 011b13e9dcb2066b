"""Plans side by side: more or fewer classes, today's practice, and the change a wish needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty.plan.answer import ClassPlan
from geoparty.plan.classes import plan_classes
from geoparty.settings import Classes

Progress = Callable[[int, int], None]
MOST_TRIES = 12


def trade_off(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: Classes,
    n_sites: Iterable[int],
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what each number of classes costs in travel.

    Each number is planned as :func:`plan_classes` does, all other rules as they are.

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
        rows.append(_summary(plan_classes(demand, hosts, minutes, classes=rules)))
    if progress is not None:
        progress(len(numbers), len(numbers))
    return pd.DataFrame(rows, index=pd.Index(numbers, name="n_sites", dtype="int64"))


def _summary(plan: ClassPlan) -> dict[str, object]:
    served = plan.assignments["candidates"].sum()
    return {
        "status": plan.status,
        "n_held": len(plan.sites),
        "person_hours": plan.objective_min / 60,
        "bound_hours": plan.bound_min / 60,
        "mean_min": plan.objective_min / served if served else np.nan,
        "max_min": plan.assignments["travel_min"].max() if served else np.nan,
        "n_unserved": int(plan.unserved["candidates"].sum()),
    }


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
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return, rule by rule, the smallest change after which everybody has a class.

    Each rule is changed alone, by halving, within what the data know: ``minutes`` must hold
    trips longer than the limit for the limit to be raised. A search that ends at its time limit
    may name a larger change than needed, never one that is not enough.

    Returns
    -------
    DataFrame
        Index ``rule`` (max_travel_min, min_size, max_size, n_sites): ``now``, ``needed`` (NaN where
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
    ways = _ways(demand, minutes, classes)
    left = _left_out(demand, hosts, minutes, classes)
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
            if _left_out(demand, hosts, minutes, rules):
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
    demand: pd.Series[Any], minutes: csr_array, classes: Classes
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
    return ways


def _left_out(
    demand: pd.Series[Any], hosts: pd.Index[str], minutes: csr_array, classes: Classes
) -> list[str]:
    """Return the places with candidates that a plan under these rules leaves out."""
    unserved = plan_classes(demand, hosts, minutes, classes=classes).unserved
    return [str(p) for p in unserved.loc[unserved["candidates"].notna(), "place_id"]]
