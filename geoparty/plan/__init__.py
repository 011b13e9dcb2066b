"""Class sites: instances, solvers and what the answers mean. Only here is the solver known."""

from importlib import import_module
from typing import TYPE_CHECKING

from geoparty.plan.again import adjust_plan
from geoparty.plan.answer import ClassPlan, Status
from geoparty.plan.case import Facts
from geoparty.plan.classes import plan_classes
from geoparty.plan.firmness import site_firmness, staying_share
from geoparty.plan.scenarios import (
    compare_plans,
    load_scenarios,
    read_scenarios,
    save_scenario,
)
from geoparty.plan.siting import Siting
from geoparty.plan.what_if import compare_with_practice, smallest_changes, trade_off

if TYPE_CHECKING:
    from geoparty.plan.center import p_center
    from geoparty.plan.cover import max_cover, set_cover
    from geoparty.plan.median import p_median
    from geoparty.plan.sized import capacitated

__all__ = [
    "ClassPlan",
    "Facts",
    "Siting",
    "Status",
    "adjust_plan",
    "capacitated",
    "compare_plans",
    "compare_with_practice",
    "load_scenarios",
    "max_cover",
    "p_center",
    "p_median",
    "plan_classes",
    "read_scenarios",
    "save_scenario",
    "set_cover",
    "site_firmness",
    "smallest_changes",
    "staying_share",
    "trade_off",
]

_LATE = {
    "capacitated": "sized",
    "max_cover": "cover",
    "p_center": "center",
    "p_median": "median",
    "set_cover": "cover",
}


def __getattr__(name: str) -> object:
    """Import solvers where they are used: their kernels load numba."""
    if name not in _LATE:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
