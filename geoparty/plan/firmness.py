"""How firm a plan's sites are when travel times are not what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoparty.plan.again import adjust_plan
from geoparty.plan.answer import ClassPlan
from geoparty.plan.case import Facts
from geoparty.plan.classes import NOTHING, plan_classes
from geoparty.settings import Classes

A_CLASS_S = 0.5
"""Seconds planning anew around one class may take; it mostly takes less."""
Progress = Callable[[int, int], None]


def site_firmness(
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: Classes,
    shares: Iterable[float] = (0.1, 0.2),
    n_draws: int = 5,
    rng: np.random.Generator,
    others: Mapping[str, csr_array] | None = None,
    facts: Facts = NOTHING,
    last: ClassPlan | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return how often each chosen host stays when travel times are off.

    For every share, each place's and each host's times are scaled at random by up to that much, as
    when a road is better or worse than recorded, and the classes planned again: in full, or with a
    ``last`` plan from it by :func:`adjust_plan`, around every class that would move. ``others`` are
    minutes to plan with instead, such as those of the other season.

    Returns
    -------
    DataFrame
        Index ``place_id`` of the hosts of the plan as it is; a column ``stays_<percent>`` per share
        and ``stays_<name>`` per other matrix, from 0 (never chosen again) to 1 (always).
    """
    plan = last or plan_classes(demand, hosts, minutes, classes=classes, facts=facts)
    chosen = pd.Index(plan.sites["place_id"].unique(), name="place_id")

    def again(matrix: csr_array) -> ClassPlan:
        if last is None:
            return plan_classes(demand, hosts, matrix, classes=classes, facts=facts)
        return adjust_plan(
            last,
            demand,
            hosts,
            matrix,
            classes=_as_many(classes, last),
            facts=facts,
            look=chosen,
            time_limit_s=0.5 + A_CLASS_S * len(last.sites),
        )

    cases = [
        (f"stays_{round(100 * share)}", off_by(minutes, share, rng))
        for share in shares
        for _ in range(n_draws)
    ]
    cases += [(f"stays_{name}", matrix) for name, matrix in (others or {}).items()]
    stays: dict[str, list[Any]] = {}
    for done, (name, matrix) in enumerate(cases):
        if progress is not None:
            progress(done, len(cases))
        stays.setdefault(name, []).append(chosen.isin(again(matrix).sites["place_id"]))
    if progress is not None:
        progress(len(cases), len(cases))
    columns = {name: np.mean(kept, axis=0) for name, kept in stays.items()}
    return pd.DataFrame(columns, index=chosen)


def staying_share(
    last: ClassPlan,
    demand: pd.Series[Any],
    hosts: pd.Index[str],
    minutes: csr_array,
    *,
    classes: Classes,
    facts: Facts = NOTHING,
    shares: Iterable[float] = (0.05, 0.1, 0.2, 0.3, 0.5),
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return, host by host, by how much its trips may lengthen before its class would move.

    All trips to one host are taken to be longer by a share, all others as they are, and the
    classes around it are planned anew.

    Returns
    -------
    DataFrame
        Index ``place_id``: ``firm_to``, the largest of ``shares`` at which the host is still
        chosen together with all smaller ones, 0 where none.
    """
    chosen = pd.Index(last.sites["place_id"].unique(), name="place_id")
    firm = []
    for done, host in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        at, best = hosts.get_loc(host), 0.0
        for share in sorted(shares):
            longer = minutes.copy()
            longer.data = np.where(minutes.indices == at, minutes.data * (1 + share), minutes.data)
            rules = _as_many(classes, last)
            again = adjust_plan(
                last, demand, hosts, longer, classes=rules, facts=facts, look=[host]
            )
            if host not in set(again.sites["place_id"]):
                break
            best = share
        firm.append(best)
    return pd.DataFrame({"firm_to": firm}, index=chosen)


def _as_many(classes: Classes, last: ClassPlan) -> Classes:
    """Return the rules with as many classes as the last plan holds."""
    if classes.n_sites != "auto":
        return classes
    running = len(set(classes.running) & set(last.sites["place_id"]))
    return classes.model_copy(update={"n_sites": max(1, len(last.sites) - running)})


def off_by(minutes: csr_array, share: float, rng: np.random.Generator) -> csr_array:
    """Return minutes scaled at random by place and by host, together by up to a share."""
    rows, columns = (rng.uniform(-share / 2, share / 2, n) for n in minutes.shape)
    out = minutes.copy()
    row = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    out.data = minutes.data * (1 + rows[row] + columns[minutes.indices])
    return out
