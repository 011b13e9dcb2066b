"""Class sites for places with candidates: rules in, an explained plan out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import pandas as pd
from scipy.sparse import csr_array

from geoparty import settings
from geoparty.plan import told
from geoparty.plan.answer import ClassPlan, Status
from geoparty.plan.case import Case, Facts, check, prepare
from geoparty.plan.effort import Steps
from geoparty.plan.greedy import first_plan
from geoparty.plan.improve import Improved, improve, part_by_part
from geoparty.plan.instance import left_out, person_minutes
from geoparty.plan.longest import inside, outside, shorten_longest, within
from geoparty.plan.obey import obey

N_STEPS = 5
NOTHING = Facts()


def plan_classes(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: settings.Classes,
    facts: Facts = NOTHING,
    progress: Callable[[int, int], None] | None = None,
) -> ClassPlan:
    """Return where classes are held and who goes where.

    The most people are served first, where not all can be those of most weight; then, with
    ``n_sites = "auto"``, the fewest classes; then,
    with ``objective = "longest"``, the shortest longest trip; then the fewest person-minutes of
    travel, each multiplied by its weight. Every class has from ``min_size`` to ``max_size`` people
    and, where asked, places of at most ``max_communes`` communes. One class is one site; a host
    may hold several. With ``n_sites`` given at most that many are held, beside those ``running``;
    with a ``budget`` they cost at most that.

    The questions of the field are settings: p-median is a number of sites, p-centre the same with
    ``longest``, maximal covering a number and a tight ``max_travel_min``, set covering ``auto``.

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
    facts
        Communes, weights and costs of classes, for the rules that need them.
    progress
        Called with steps done and steps in all.

    Returns
    -------
    ClassPlan
        With ``status`` ``infeasible`` or ``partial`` it holds the best plan found, and who is left
        out.

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
    check(demand, hosts, minutes, classes, facts)
    steps = Steps(progress, N_STEPS)
    steps.again()
    case = prepare(demand, hosts, minutes, classes, facts)
    start = obey(case.instance, first_plan(case.instance))
    steps.next()
    left = max(0.5, classes.time_limit_s - (perf_counter() - began))
    share, fewest = 1.0 if classes.objective == "total" else 0.4, classes.n_sites == "auto"
    found = improve(
        case.instance, start, fewest=fewest, time_limit_s=0.6 * share * left, steps=steps
    )
    seconds = 0.4 * share * left
    found = part_by_part(case.instance, found, fewest=fewest, time_limit_s=seconds, steps=steps)
    least_longest = None
    if classes.objective == "longest" and len(found.plan.hosts):
        found, least_longest = _shortest(case, found, classes, 0.6 * left, steps)
    plan = answer(demand, hosts, classes, case, found, perf_counter() - began, least_longest)
    if progress is not None:
        progress(N_STEPS, N_STEPS)
    return plan


def _shortest(
    case: Case, found: Improved, classes: settings.Classes, seconds: float, steps: Steps
) -> tuple[Improved, float]:
    """Shorten the longest trip, then the total within it; return the bound on the longest too."""
    instance, minutes = case.instance, case.minutes
    if classes.n_sites == "auto":
        instance = replace(instance, n_sites=len(found.plan.hosts))
    short = shorten_longest(instance, minutes, found.plan, time_limit_s=0.6 * seconds, steps=steps)
    tight, units = within(instance, minutes, short.longest_min)
    again = improve(
        tight,
        inside(short.plan, units, tight),
        fewest=False,
        time_limit_s=0.4 * seconds,
        steps=Steps(lambda *_: steps.again(), 1),
    )
    plan = outside(again.plan, units, instance.n_units)
    if left_out(plan, instance.sizes) > left_out(short.plan, instance.sizes):
        plan = short.plan
    return replace(found, plan=plan, least_minutes=again.least_minutes), short.bound_min


def answer(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    classes: settings.Classes,
    case: Case,
    found: Improved,
    seconds: float,
    least_longest: float | None = None,
) -> ClassPlan:
    """Put the plan into frames with our ids, and say what is proven."""
    plan = told.in_host_order(found.plan)
    unserved = told.unserved_frame(demand, case, plan, classes)
    problems = [*case.problems, *told.about_unserved(unserved)]
    problems += told.about_proof(plan, found, classes, case)
    problems += told.about_longest(plan, case, least_longest)
    problems += told.about_fixed(hosts, case, plan)
    served = plan.of_unit >= 0
    added = float((case.priority_min * case.instance.sizes)[served].sum())
    objective = person_minutes(plan, case.instance) - added
    bound = min(max(found.least_minutes - added, 0.0), objective)
    gap = 0.0 if objective <= bound else (objective - bound) / objective
    broken = told.not_as_asked(problems)
    proven = gap <= 1e-6 and not any(p.key.endswith("not_proven") for p in problems)
    asked_too_much = bool(
        len(case.cannot) or found.least_left_out > 0 or told.not_as_asked(case.problems)
    )
    short: Status = "infeasible" if asked_too_much else "partial"
    status: Status = short if broken else "optimal" if proven else "best_found"
    return ClassPlan(
        status=status,
        objective_min=objective,
        bound_min=bound,
        gap=gap,
        sites=told.site_frame(hosts, case, plan),
        assignments=told.assignment_frame(demand, case, plan),
        unserved=unserved,
        problems=tuple(problems),
        seconds=seconds,
    )
