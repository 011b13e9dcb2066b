"""What-if on the Classes page: changed rules answered from the last plan of a province with sizes.

The peer plans again in full within the time the page gives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks import Case, Size
from benchmarks.plan import build_province
from geoparty.plan import ClassPlan, adjust_plan, plan_classes
from geoparty.settings import Classes

Given = SimpleNamespace


def build(size: Size) -> Given:
    """Plan a province once, and list what a planner tries then."""
    drawn = build_province(size)
    places = pd.Index([f"P{i}" for i in range(drawn.cost.shape[0])])
    hosts = pd.Index([f"H{j}" for j in range(drawn.cost.shape[1])])
    demand = pd.Series(drawn.people, index=places)
    rules = Classes(n_sites=drawn.p, time_limit_s=20.0)
    arrays = (demand, hosts, drawn.cost)
    last = plan_classes(*arrays, classes=rules)
    held = set(last.sites["place_id"])
    free = next(h for h in hosts if h not in held)
    first = last.sites["place_id"].iloc[0]
    changes = {
        "fix": {"fixed": (free,)},
        "forbid": {"forbidden": (first,)},
        "move": {"fixed": (free,), "forbidden": (first,)},
        "one more": {"n_sites": drawn.p + 1},
        "one fewer": {"n_sites": drawn.p - 1},
        "smaller": {"max_size": 90},
    }
    wanted = {name: rules.model_copy(update=change) for name, change in changes.items()}
    return Given(arrays=arrays, last=last, wanted=wanted)


def at_once(given: Given) -> dict[str, ClassPlan]:
    """Answer every change from the last plan."""
    return {
        name: adjust_plan(given.last, *given.arrays, classes=rules)
        for name, rules in given.wanted.items()
    }


def in_full(given: Given) -> dict[str, ClassPlan]:
    """Plan anew for every change, 5 seconds each at most."""
    return {
        name: plan_classes(*given.arrays, classes=rules.model_copy(update={"time_limit_s": 5.0}))
        for name, rules in given.wanted.items()
    }


def keeps_rules(given: Given, answers: dict[str, ClassPlan]) -> bool:
    """Tell whether every answer keeps its number and sizes and leaves out few people."""
    return all(
        len(plan.sites) <= rules.n_sites
        and plan.sites["n_candidates"].between(rules.min_size, rules.max_size).all()
        and plan.unserved["candidates"].sum() <= 0.02 * given.arrays[0].sum()
        for plan, rules in zip(answers.values(), given.wanted.values(), strict=True)
    )


def longest(answers: dict[str, ClassPlan]) -> Iterable[tuple[str, float, str]]:
    """Return the seconds of the slowest answer."""
    yield "slowest", float(np.max([plan.seconds for plan in answers.values()])), "s"


CASES = [
    Case(
        name="classes_page",
        build=build,
        run=at_once,
        check=keeps_rules,
        peer=in_full,
        peer_name="planned again, 5 s each",
        figures=longest,
    ),
]
