"""Who may see what on a shared server: roles and areas, denied by default.

One file, ``access.toml``, names people by the e-mail their sign-in vouches for. A person not
named sees nothing. :func:`limit` cuts a run's results down to a person's area *before* they
reach a session, so that pages, downloads and maps cannot show more.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import ValidationError

from geoparty import assess, schema
from geoparty.errors import Problem, SettingsError
from geoparty.pipeline import account_totals
from geoparty.schema import Results
from geoparty.settings import Frozen, faults, not_toml

Role = Literal["viewer", "planner", "reviewer"]
Action = Literal["view", "export", "plan", "decide", "upload"]

ACTIONS: dict[Role, frozenset[Action]] = {
    "viewer": frozenset({"view"}),
    "planner": frozenset({"view", "export", "plan"}),
    "reviewer": frozenset({"view", "export", "plan", "decide", "upload"}),
}
"""What each role may do inside its area."""


class Person(Frozen):
    """One person: e-mail, role, and the area they may see."""

    email: str
    role: Role
    provinces: frozenset[str] = frozenset()
    """Province codes seen whole."""
    communes: frozenset[str] = frozenset()
    """Commune codes seen besides."""
    everywhere: bool = False
    """True for those who see every province and the account of every row."""


class AccessList(Frozen):
    """Everybody who may see something."""

    people: tuple[Person, ...] = ()

    def person(self, email: str | None) -> Person | None:
        """Return the person of that e-mail (letter case does not matter), or None: denied."""
        wanted = (email or "").strip().casefold()
        return next((p for p in self.people if wanted and p.email.casefold() == wanted), None)


@dataclass(frozen=True)
class Denied(Exception):  # noqa: N818 - an answer, not a fault
    """The person may not do this; ``action`` says what."""

    action: str


def read_access(path: Path) -> AccessList:
    """Read ``access.toml``.

    Raises
    ------
    SettingsError
        The file is missing, not TOML, or names unknown keys or roles; nobody is let in then.
    """
    try:
        return AccessList.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except FileNotFoundError:
        raise SettingsError(Problem(key="access.no_file", file=path.name)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(not_toml(error, path.name)) from None
    except ValidationError as error:
        raise SettingsError(faults(error, AccessList, path.name)) from None


def may(person: Person | None, action: Action) -> bool:
    """Return whether a person's role allows an action; nobody may do nothing.

    Examples
    --------
    >>> may(Person(email="a@b.vn", role="viewer"), "export")
    False
    >>> may(None, "view")
    False
    """
    return person is not None and action in ACTIONS[person.role]


def limit(results: Results, person: Person | None) -> Results:
    """Return the results cut down to what a person may see; nothing for nobody.

    Sites that also serve places outside the area lose their size and times (``<NA>``: part of
    them is not this person's to know); rows that belong to no known place, problems that name
    rows, and totals of the whole project go only to those who see everywhere.
    """
    if person is not None and person.everywhere:
        return results
    communes = results.communes[_in_area(results.communes, person)]
    places = results.places[results.places["commune_code"].isin(communes.index)]
    assignments = results.assignments[results.assignments["place_id"].isin(places.index)]
    account = results.account[results.account["place_id"].isin(places.index)]
    return replace(
        results,
        communes=communes,
        places=places,
        provinces=assess.rollup(places, by=["province_code", "province_name"]),
        sites=_sites(results, communes, assignments),
        assignments=assignments,
        account=account,
        problems=(),
        undecided=results.undecided.iloc[:0],
        plan=None,
        answers=None,
        progress=_progress(results.progress, communes),
        run=_run(results.run, places, account),
    )


def _in_area(communes: pd.DataFrame, person: Person | None) -> pd.Series[bool]:
    if person is None:
        return pd.Series(data=False, index=communes.index)
    in_province = communes["province_code"].isin(person.provinces)
    return in_province | communes.index.isin(person.communes)


def _progress(score: Any, communes: pd.DataFrame) -> Any:  # noqa: ANN401
    """Return what the snapshots tell of the places that were in the area on each date."""
    if score is None or communes.empty:
        return None
    return assess.cut(score, score.history["commune_code"].isin(communes.index))


def _sites(results: Results, communes: pd.DataFrame, assignments: pd.DataFrame) -> Any:  # noqa: ANN401
    sites = results.sites[results.sites["commune_code"].isin(communes.index)].copy()
    everyone = results.assignments.groupby("site_id").size()
    ours = assignments.groupby("site_id").size().reindex(everyone.index, fill_value=0)
    shared = sites.index.isin(everyone.index[everyone > ours])
    for column in ("n_candidates", "mean_min", "max_min"):
        sites[column] = sites[column].mask(shared)
    return sites


def _run(run: dict[str, Any], places: pd.DataFrame, account: pd.DataFrame) -> dict[str, Any]:
    """Keep what describes the run; replace or leave out what counts the whole project."""
    kept = {
        key: run[key]
        for key in ("geoparty", "written_at", "project", "is_synthetic", "as_of", "centres")
        if key in run
    }
    levels = places["gap_level"].value_counts().reindex(schema.GAP_LEVELS, fill_value=0)
    told = ("name", "is_synthetic", "language", "rules", "seasons", "travel")
    settings = {key: run["settings"][key] for key in told if key in run["settings"]}
    return kept | {
        "settings": settings,
        "account": account_totals(account),
        "gap_levels": {str(k): int(v) for k, v in levels.items()},
        "plan": {k: run["plan"][k] for k in ("status", "scenario") if k in run["plan"]},
        "inputs": [],
        "seconds": {},
    }


def audit(
    path: Path, *, who: str, action: Action, what: str, area: list[str] | None = None
) -> None:
    """Append one line to the log of who exported or decided what; it carries no counts.

    The line is written in one system call to a file opened for appending, so that two
    planners at once cannot mix or overwrite their lines.
    """
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who,
        "action": action,
        "what": what,
        "area": area or [],
    }
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
