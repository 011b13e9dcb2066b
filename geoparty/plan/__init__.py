"""Class sites: instances, solvers and what the answers mean. Only here is the solver known."""

from geoparty.plan.answer import ClassPlan, Status
from geoparty.plan.classes import plan_classes

__all__ = ["ClassPlan", "Status", "plan_classes"]
