"""Scenarios: class settings by name, kept in the project folder.

A scenario is the project's class settings with a list of changes, so that plans compare; one JSON
file each under ``scenarios/``, written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from geoparty.errors import InputError, Problem
from geoparty.files import write_whole
from geoparty.plan.answer import ClassPlan
from geoparty.settings import Classes

FOLDER = "scenarios"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A name, and what it changes in the class settings (``{"n_sites": 12}``).

    Raises
    ------
    InputError
        The name cannot be a file name, or a change is no class setting.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that are no file names, and changes that are no settings."""
        if not self.name.strip() or set(self.name) & set('/\\:*?"<>|\0') or self.name[0] == ".":
            raise InputError(Problem(key="plan.scenario_name", params={"name": self.name}))
        strange = [k for k in self.changes if k not in Classes.model_fields]
        if strange:
            params = {"name": self.name, "names": strange}
            raise InputError(Problem(key="plan.scenario_changes", params=params))

    def classes(self, base: Classes) -> Classes:
        """Return the class settings with the changes.

        Raises
        ------
        InputError
            A changed value is not allowed.

        Examples
        --------
        >>> Scenario(name="Ít lớp", changes={"n_sites": 3}).classes(Classes()).n_sites
        3
        """
        try:
            return Classes.model_validate(base.model_dump() | dict(self.changes))
        except ValidationError as error:
            names = [str(fault["loc"][0]) for fault in error.errors()]
            params = {"name": self.name, "names": names}
            raise InputError(Problem(key="plan.scenario_values", params=params)) from None


def save_scenario(folder: Path, scenario: Scenario) -> Path:
    """Write a scenario into a project folder, over one of the same name; return its file."""
    path = folder / FOLDER / f"{scenario.name}.json"
    data = {"name": scenario.name, "changes": dict(scenario.changes)}
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    return write_whole(path, f"{text}\n".encode())


def load_scenarios(folder: Path) -> list[Scenario]:
    """Return the scenarios of a project folder by name.

    Raises
    ------
    InputError
        Files that are no scenarios, all at once.
    """
    scenarios, faults = [], []
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            data = json.loads(path.read_text("utf-8"))
            scenarios.append(Scenario(name=data["name"], changes=dict(data["changes"])))
        except (ValueError, KeyError, TypeError) as error:
            why = error.text("en") if isinstance(error, InputError) else str(error)
            params = {"why": why}
            faults.append(Problem(key="plan.scenario_file", params=params, file=path.name))
    if faults:
        raise InputError(faults)
    return scenarios


def compare_plans(plans: Mapping[str, ClassPlan]) -> pd.DataFrame:
    """Return plans side by side.

    Returns
    -------
    DataFrame
        Index ``scenario``: status, n_sites, person_hours (one way), gap, mean_min, median_min,
        max_min (per person), smallest and largest class, n_unserved (candidates left out).
    """
    rows = {name: _row(plan) for name, plan in plans.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenario")


def _row(plan: ClassPlan) -> dict[str, object]:
    people = plan.assignments["candidates"].astype("int64").to_numpy()
    minutes = np.repeat(plan.assignments["travel_min"].to_numpy(), people)
    served, size = len(minutes) > 0, plan.sites["n_candidates"]
    return {
        "status": plan.status,
        "n_sites": len(plan.sites),
        "person_hours": plan.person_min / 60,
        "gap": plan.gap,
        "mean_min": minutes.mean() if served else np.nan,
        "median_min": np.median(minutes) if served else np.nan,
        "max_min": minutes.max() if served else np.nan,
        "smallest_class": size.min() if served else pd.NA,
        "largest_class": size.max() if served else pd.NA,
        "n_unserved": int(plan.unserved["candidates"].sum()),
    }
