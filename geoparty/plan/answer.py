"""What a plan is: its sites, who goes where, who is left out, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geoparty.errors import Problem

Status = Literal["optimal", "best_found", "partial", "infeasible"]


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """Class sites and the places each serves.

    ``status`` is ``optimal`` (proven), ``best_found`` (at the time limit; see ``gap``),
    ``infeasible`` (proven: no plan meets all that was asked for) or ``partial``: not all of it
    is met, and it is not proven that it cannot be. In the last two ``sites`` hold the best plan
    found, and ``unserved`` and ``problems`` say who is left out and why.

    ``objective_min`` is person-minutes of travel, one way, of everybody served, each multiplied by
    its ``weight``; ``person_min`` is the same without weights. No plan with as many classes that
    serves as many people, of as much weight, has less than ``bound_min``; ``gap`` is their
    difference over ``objective_min``.

    ``sites``, index ``site_id``: place_id, n_candidates, mean_min (per person), max_min.
    ``assignments``: place_id, site_id, candidates, travel_min, weight; one row per place, more only
    where a place is split. ``unserved``: place_id, candidates, reason (a catalogue key).
    """

    status: Status
    objective_min: float
    bound_min: float
    gap: float
    sites: pd.DataFrame
    assignments: pd.DataFrame
    unserved: pd.DataFrame
    problems: tuple[Problem, ...]
    seconds: float

    @property
    def person_min(self) -> float:
        """Person-minutes of travel, one way, of everybody served."""
        people = self.assignments["candidates"].astype("float64")
        return float((people * self.assignments["travel_min"]).sum())
