"""From a first class plan to the best within the time, and what is proven of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geoparty.plan.around import plan_around, worth
from geoparty.plan.effort import Effort, Steps
from geoparty.plan.instance import Classes, Instance, left_out, person_minutes
from geoparty.plan.model import Arcs, arcs_of, solve_stage
from geoparty.plan.obey import obey
from geoparty.plan.packing import are_few

if TYPE_CHECKING:
    from geoparty.plan.sized_search import Search

NO_STEPS = Steps(None, 1)
SMALL_ARCS = 1_500
"""Up to this many arcs the solver alone is faster than search and bound."""
FEW_ARCS = 6_000
"""Up to this many arcs left by the bound the solver goes before more search."""
SHAKEN = (0.02, 0.15, 0.5, 1.0)
"""Shares of the effort left that the search goes on with before each try to settle the rest."""
PACK_CELLS = 20_000_000
"""Up to so many arcs times people in a class, whole units are packed exactly."""


@dataclass(frozen=True, kw_only=True)
class Improved:
    """A plan, and what is proven of it."""

    plan: Classes
    least_left_out: float
    least_sites: float
    least_minutes: float


def improve(
    instance: Instance,
    start: Classes,
    *,
    fewest: bool,
    time_limit_s: float,
    steps: Steps = NO_STEPS,
) -> Improved:
    """Return the best plan found from a start; ``steps`` are told stages and work.

    Small cases go to the solver whole. Larger ones are searched and bounded first, and solved
    whole in the time that remains where they fit.
    """
    if not instance.n_units:
        return Improved(plan=start, least_left_out=0, least_sites=0, least_minutes=0)
    arcs = arcs_of(instance, start)
    if arcs is not None and len(arcs.unit) <= SMALL_ARCS:
        unknown = Improved(plan=start, least_left_out=0, least_sites=1, least_minutes=0)
        effort = Effort.of_seconds(time_limit_s, steps.again)
        return _solved(arcs, instance, unknown, fewest=fewest, effort=effort)
    _warm_up()
    effort = Effort.of_seconds(time_limit_s, steps.again)
    if instance.has_rules:
        return _within_rules(instance, start, fewest, effort, steps)
    return _searched(instance, start, fewest, effort, steps)


def most_served(
    instance: Instance, start: Classes, *, time_limit_s: float, steps: Steps = NO_STEPS
) -> tuple[Classes, float]:
    """Return a plan that serves as many people as found, and how many any plan leaves out."""
    effort = Effort.of_seconds(time_limit_s, steps.again)
    arcs = arcs_of(instance, start)
    if not left_out(start, instance.sizes):
        return start, 0.0
    if arcs is not None and len(arcs.unit) <= SMALL_ARCS:
        plan, bound = solve_stage(arcs, instance, start, "left_out", effort=effort)
        return plan, np.ceil(bound - 1e-6)
    plan = serve_more(instance, start, effort.part(0.6))
    n_out = left_out(plan, instance.sizes)
    return plan, _least_left_out(instance, plan, effort.part(0.5)) if n_out else 0.0


def serve_more(instance: Instance, start: Classes, effort: Effort) -> Classes:
    """Return a plan that leaves out as few people as found from a start."""
    _warm_up()
    search, penalty = _search_of(instance.without_rules(), start)
    _serve_all(search, instance.n_sites, effort, enough=0.5 * penalty)
    plan = search.plan()
    if instance.has_rules:
        rng = np.random.default_rng(1)
        plans = [obey(instance, plan), start]
        plan = min(plans, key=lambda p: worth(instance, p, fewest=False))
        plan = plan_around(instance, plan, fewest=False, effort=effort, rng=rng)
    return plan


def _least_left_out(instance: Instance, plan: Classes, effort: Effort) -> float:
    from geoparty.plan import sized_bound

    search, _ = _search_of(instance.without_rules(), plan)
    bound = sized_bound.least_left_out(search, int(search.load[0]), effort)
    return float(np.ceil(bound - 1e-6))


def _search_of(instance: Instance, start: Classes) -> tuple[Search, float]:
    """Return a search from a plan, and what it takes a person left out to cost.

    That is more than all that others travel, so that no shorter plan is had by leaving one out.
    """
    from geoparty.plan.sized_search import Search

    penalty = 10.0 * float(instance.minutes.data.max()) * max(1.0, instance.max_size / 10)
    penalty = max(penalty, 2.0 * person_minutes(start, instance))
    search = Search(instance, start, penalty=penalty)
    search.settle()
    return search, penalty


def _within_rules(
    instance: Instance, start: Classes, fewest: bool, effort: Effort, steps: Steps
) -> Improved:
    """Plan without the rules beside sizes and number, which bounds; then within them."""
    plain = _searched(instance.without_rules(), start, fewest, effort.part(0.4), steps)
    plans = [obey(instance, plain.plan), start]
    plan = min(plans, key=lambda p: worth(instance, p, fewest=fewest))
    rng = np.random.default_rng(1)
    plan = plan_around(instance, plan, fewest=fewest, effort=effort.part(0.8), rng=rng)
    sites = plain.least_sites
    if fewest and len(plan.hosts) > sites:
        sites = max(sites, _least_sites(instance, plan, effort.part(0.3)))
    minutes = least_minutes(instance, plan, effort)
    return replace(plain, plan=plan, least_sites=sites, least_minutes=minutes)


def _least_sites(instance: Instance, plan: Classes, effort: Effort) -> float:
    """Return classes any plan needs that keeps to so many communes and serves as many people."""
    from geoparty.plan import sized_bound

    search, _ = _search_of(replace(instance, class_cost=None, budget=np.inf), plan)
    n_out = left_out(plan, instance.sizes)
    return float(np.ceil(sized_bound.least_sites(search, n_out, effort) - 1e-6))


def part_by_part(
    instance: Instance,
    found: Improved,
    *,
    fewest: bool,
    time_limit_s: float,
    steps: Steps = NO_STEPS,
) -> Improved:
    """Return a plan that planning anew around each of its classes does not better.

    Whole searches end with their time; this looks once everywhere, so that a what-if afterwards
    tells what the change costs and not what the search had missed. Then it goes on at random.
    """
    if person_minutes(found.plan, instance) <= found.least_minutes + 1e-6 * found.least_minutes:
        return found
    effort = Effort.of_seconds(time_limit_s, steps.again)
    plan = plan_around(
        instance,
        found.plan,
        fewest=fewest,
        effort=effort.part(0.6),
        hosts=found.plan.hosts.tolist(),
        rng=np.random.default_rng(1),
    )
    rng = np.random.default_rng(2)
    plan = plan_around(instance, plan, fewest=fewest, effort=effort.part(0.6), rng=rng)
    known = [(left_out(p, instance.sizes), len(p.hosts)) for p in (found.plan, plan)]
    if known[0] == known[1]:
        return replace(found, plan=plan)
    return replace(found, plan=plan, least_minutes=least_minutes(instance, plan, effort))


def least_minutes(instance: Instance, plan: Classes, effort: Effort) -> float:
    """Return minutes no plan with as many classes that serves as many people has less than."""
    from geoparty.plan import sized_bound

    if not len(plan.hosts):
        return 0.0
    plain = replace(instance, n_sites=len(plan.hosts), class_cost=None, budget=np.inf)
    search, penalty = _search_of(plain, plan)
    n_out = left_out(plan, instance.sizes)
    known = search.value - penalty * search.load[0]
    dual = sized_bound.minutes_dual(search, known, n_out, effort)
    return max(0.0, dual.bound - sized_bound.minutes_penalty(search, n_out) * n_out)


def _warm_up() -> None:
    from geoparty.plan import pack_search, sized_bound

    sized_bound.warm_up()
    pack_search.warm_up()


def _solved(
    arcs: Arcs, instance: Instance, found: Improved, *, fewest: bool, effort: Effort
) -> Improved:
    """Solve stage by stage from what was found, keeping the better of the bounds."""
    plan, out, sites = found.plan, found.least_left_out, found.least_sites

    if left_out(plan, instance.sizes) > out:
        plan, bound = solve_stage(arcs, instance, plan, "left_out", effort=effort.part(0.4))
        out = max(out, np.ceil(bound - 1e-6))
    if fewest:
        if len(plan.hosts) > sites:
            plan, bound = solve_stage(arcs, instance, plan, "sites", effort=effort.part(0.5))
            sites = max(sites, np.ceil(bound - 1e-6))
        instance = replace(instance, n_sites=len(plan.hosts))
    plan, bound = solve_stage(arcs, instance, plan, "minutes", effort=effort)
    changed = len(plan.hosts) != len(found.plan.hosts) or (
        left_out(plan, instance.sizes) != left_out(found.plan, instance.sizes)
    )
    return Improved(
        plan=plan,
        least_left_out=out,
        least_sites=sites,
        least_minutes=bound if changed else max(bound, found.least_minutes),
    )


def _searched(
    instance: Instance, start: Classes, fewest: bool, effort: Effort, steps: Steps
) -> Improved:
    """Search and bound: people left out, then classes, then minutes."""
    from geoparty.plan import sized_bound
    from geoparty.plan.fewest import hold_fewest
    from geoparty.plan.sharing import share_out

    search, penalty = _search_of(instance, start)
    most = instance.n_sites
    _serve_all(search, most, effort.part(0.2), enough=0.5 * penalty)
    n_out = int(search.load[0])
    out = sized_bound.least_left_out(search, n_out, effort.part(0.1)) if n_out else 0.0
    steps.next()
    sites = 1.0
    if fewest:
        sites = np.ceil(sized_bound.least_sites(search, n_out, effort.part(0.05)) - 1e-6)
        sites = max(sites, hold_fewest(search, effort.part(0.5)))
        search.close_what_can_be(effort=effort.part(0.2), least=int(sites))
        search.close_with_repair(effort=effort.part(0.2), least=int(sites))
        most = search.held
        search.instance = replace(instance, n_sites=most)
    steps.next()
    share_out(search, effort.part(0.1))
    search.relocate(effort=effort.part(0.25), most=most, enough=0.0)
    share_out(search, effort.part(0.1))
    bound = _shortest(search, n_out, penalty, effort)
    steps.next()
    return Improved(
        plan=search.plan(),
        least_left_out=np.ceil(out - 1e-6),
        least_sites=sites,
        least_minutes=bound,
    )


def _shortest(search: Search, n_out: int, penalty: float, effort: Effort) -> float:
    """Shorten the plan of a search with its number of classes; return the bound on minutes.

    The bound rules out arcs. What is left is settled by branch and bound or by the solver once it
    is small enough; before that, and where it never is, the search goes on from plans slightly
    changed.
    """
    from geoparty.plan import sized_bound

    priced = sized_bound.minutes_penalty(search, n_out) * n_out
    dual = sized_bound.minutes_dual(search, search.value - penalty * n_out, n_out, effort.part(0.4))
    bound, rng = dual.bound - priced, np.random.default_rng(1)
    unit = 1.0 - 1e-6 if search.is_whole else 0.0
    for n, share in enumerate(SHAKEN):
        objective = search.value - penalty * n_out
        goal = objective - max(unit, 1e-7 * objective)
        if bound >= goal:
            return objective
        instance = sized_bound.cut_instance(search, dual, goal + priced)
        arcs = arcs_of(instance, search.plan())
        # cutting lists all classes up to the plan's cost, so it wants a plan that was searched
        can_cut = n > 0 and are_few(instance.n_units, instance.n_sites)
        if arcs is not None and (len(arcs.unit) <= FEW_ARCS or can_cut or share == 1.0):
            least = _settled(search, arcs, instance, effort)
            return min(max(bound, least), search.value - penalty * n_out)
        enough = goal if share < 1.0 else bound
        search.shake(
            effort=effort.part(share), most=search.instance.n_sites, enough=enough, rng=rng
        )
    return bound


def _settled(search: Search, arcs: Arcs, instance: Instance, effort: Effort) -> float:
    """Improve the plan as far as it can be within some arcs; return the bound.

    Branch and bound on whole units where everybody is served and sizes are not too many, the
    solver where they are or somebody is left out.
    """
    from geoparty.plan.pack_search import packed

    if search.load[0] or len(arcs.unit) * instance.max_size > PACK_CELLS:
        plan, bound = solve_stage(arcs, instance, search.plan(), "minutes", effort=effort)
    else:
        plan, bound = packed(arcs, instance, search.plan(), effort=effort)
    search.take(plan)
    return bound


def _serve_all(search: Search, most: int, effort: Effort, *, enough: float) -> None:
    """Relocate and open classes, one more at a time, until nobody is left out."""
    while search.load[0] and not effort.is_over:
        n_out, held = search.load[0], search.held
        search.relocate(effort=effort, most=min(most, held + 1), enough=enough)
        if search.load[0] >= n_out and search.held == held:
            return
