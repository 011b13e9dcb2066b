"""A plan in arrays told in frames with our ids: sites, who goes where, who is left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from geoparty import settings
from geoparty.errors import Problem
from geoparty.plan.case import Case, mild, named
from geoparty.plan.improve import Improved
from geoparty.plan.instance import Classes, Floats, unit_minutes

_NOT_AS_ASKED = ("plan.left_", "plan.fixed_", "plan.unknown_hosts", "plan.unknown_assigned")


def not_as_asked(problems: Iterable[Problem]) -> bool:
    """Return whether any of the problems makes a plan one that was not asked for."""
    return any(problem.key.startswith(_NOT_AS_ASKED) for problem in problems)


def in_host_order(plan: Classes) -> Classes:
    """Return the plan numbered by host, then by first unit: equal plans look equal."""
    first = np.array(
        [np.flatnonzero(plan.of_unit == k)[0] for k in range(len(plan.hosts))], dtype=np.int64
    )
    order = np.lexsort((first, plan.hosts))
    renumber = np.append(np.argsort(order), -1)
    return Classes(hosts=plan.hosts[order], of_unit=renumber[plan.of_unit])


def _site_ids(n: int) -> pd.Index[str]:
    return pd.Index([f"S{k:03d}" for k in range(1, n + 1)], dtype="str", name="site_id")


def site_frame(hosts: pd.Index[str], case: Case, plan: Classes) -> pd.DataFrame:
    """Return the sites of a plan: host, people, mean and longest trip."""
    minutes, sizes = unit_minutes(plan, case.minutes), case.instance.sizes
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


def assignment_frame(demand: pd.Series[Any], case: Case, plan: Classes) -> pd.DataFrame:
    """Return who goes where: candidates, minutes and the weight of a minute."""
    served = np.flatnonzero(plan.of_unit >= 0)
    rows = pd.DataFrame(
        {
            "place": case.place[served],
            "site": plan.of_unit[served],
            "candidates": case.instance.sizes[served],
            "travel_min": unit_minutes(plan, case.minutes)[served],
            "weight": case.weight[served],
        }
    )
    rows = rows.groupby(["place", "site"], as_index=False).agg(
        {"candidates": "sum", "travel_min": "first", "weight": "first"}
    )
    return pd.DataFrame(
        {
            "place_id": pd.array(demand.index[rows["place"]].to_numpy(), dtype="str"),
            "site_id": pd.array(_site_ids(len(plan.hosts))[rows["site"]].to_numpy(), dtype="str"),
            "candidates": rows["candidates"].astype("Int64"),
            "travel_min": rows["travel_min"].astype("float64"),
            "weight": rows["weight"].astype("float64"),
        }
    )


def unserved_frame(
    demand: pd.Series[Any], case: Case, plan: Classes, classes: settings.Classes
) -> pd.DataFrame:
    """List who is left out and why, in the order of the places."""
    units = np.flatnonzero(plan.of_unit < 0)
    parts = pd.Series(case.instance.sizes[units], index=case.place[units], dtype="Int64")
    partly = parts.groupby(level=0).sum()
    wholly = demand.iloc[case.cannot.index].set_axis(case.cannot.index).astype("Int64")
    missing = np.flatnonzero(demand.isna())
    people = pd.concat([partly, wholly, pd.Series(pd.NA, index=missing, dtype="Int64")])
    fits = _why_not(case, plan, classes)
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


def _why_not(case: Case, plan: Classes, classes: settings.Classes) -> str:
    """Return what keeps another class from being held for those a plan leaves out."""
    instance = case.instance
    if classes.n_sites != "auto" and len(plan.hosts) >= instance.n_sites:
        return "plan.no_room"
    if instance.class_cost is not None:
        left = instance.budget - instance.class_cost[plan.hosts].sum()
        if left < instance.class_cost[instance.class_cost > 0].min(initial=np.inf):
            return "plan.no_budget"
    return "plan.sizes_not_met" if instance.group is None else "plan.communes_not_met"


def about_unserved(unserved: pd.DataFrame) -> list[Problem]:
    """Return one problem per reason, the places named."""
    out = []
    for reason, rows in unserved.groupby("reason", sort=True):
        names = rows["place_id"].tolist()
        if reason == "plan.not_reported":
            out.append(mild(named("plan.unknown_places", names)))
        else:
            people = int(rows["candidates"].sum())
            out.append(mild(named(f"plan.left_{str(reason)[5:]}", names, people=people)))
    return out


def about_fixed(hosts: pd.Index[str], case: Case, plan: Classes) -> list[Problem]:
    """Name the hosts that had to hold a class and do not."""
    lacking = case.host[np.setdiff1d(case.instance.fixed, plan.hosts)]
    problem = named("plan.fixed_not_held", hosts[lacking].tolist())
    return [mild(problem)] if len(lacking) else []


def about_proof(
    plan: Classes, found: Improved, classes: settings.Classes, case: Case
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
    return [mild(p) for p in out]


def about_longest(plan: Classes, case: Case, least: float | None) -> list[Problem]:
    """Say where a shorter longest trip is not ruled out."""
    longest = float(np.nanmax(np.append(unit_minutes(plan, case.minutes), 0.0)))
    if least is None or longest <= least + 1e-6:
        return []
    params = {"longest": round(longest), "least": round(least)}
    return [mild(Problem(key="plan.longest_not_proven", params=params))]
