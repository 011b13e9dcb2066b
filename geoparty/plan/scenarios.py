"""Scenarios: class settings by name, kept in the project folder, so that plans compare.

One JSON file each under ``scenarios/``, written whole or not at all, so that two planners never
overwrite each other's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from geoparty.errors import InputError, Problem
from geoparty.files import locked, write_whole
from geoparty.plan.answer import ClassPlan
from geoparty.settings import Classes

FOLDER = "scenarios"
_OWN = Classes()


def save_scenario(
    folder: Path, name: str, classes: Classes, *, seen: Classes | None = None
) -> Path:
    """Keep class settings of a project folder under a name; return the file.

    ``seen`` is what the planner saw under this name, None for nothing.

    Raises
    ------
    InputError
        Somebody else has kept other settings under this name since; or it cannot be written.
    """
    code = hashlib.sha256(name.encode()).hexdigest()[:12]
    data = {
        "name": name,
        "classes": classes.model_dump(mode="json"),
        "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    path = folder / FOLDER / f"{code}.json"
    with locked(path):
        if _kept(path) not in (None, seen, classes):
            raise InputError(Problem(key="files.changed_meanwhile", params={"what": name}))
        return write_whole(path, text.encode())


def load_scenarios(folder: Path, *, base: Classes = _OWN) -> dict[str, Classes]:
    """Return the scenarios of a project folder by name.

    Raises
    ------
    InputError
        Files that are no scenarios, all at once.
    """
    found, faults = read_scenarios(folder, base=base)
    if faults:
        raise InputError(faults)
    return found


def read_scenarios(
    folder: Path, *, base: Classes = _OWN
) -> tuple[dict[str, Classes], list[Problem]]:
    """Return the scenarios of a project folder by name, and files that are none.

    Older versions could write ``changes`` to the settings of the project (``base``) instead of
    all of them; a scenario saved since under the same name counts.
    """
    older: dict[str, Classes] = {}
    newer: dict[str, Classes] = {}
    faults = []
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            name, classes, is_whole = _read(path, base)
        except (ValueError, KeyError, TypeError) as error:
            params = {"why": str(error)}
            faults.append(Problem(key="plan.scenario_file", params=params, file=path.name))
            continue
        (newer if is_whole else older)[name] = classes
    return older | newer, faults


def _kept(path: Path) -> Classes | None:
    """Return what a file has settled, None where it is no scenario."""
    try:
        return _read(path, _OWN)[1]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(path: Path, base: Classes) -> tuple[str, Classes, bool]:
    """Return name and settings of a scenario, and whether the file has all of them."""
    data = json.loads(path.read_text("utf-8"))
    is_whole = "classes" in data
    values = data["classes"] if is_whole else base.model_dump() | dict(data["changes"])
    return str(data["name"]), Classes.model_validate(values), is_whole


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
