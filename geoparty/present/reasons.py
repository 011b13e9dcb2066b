"""Why each place of a list stands where it stands, beside its rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pandas as pd

from geoparty.assess import priority_reasons
from geoparty.present import labels
from geoparty.settings import Rules
from geoparty.words import Language

Frame = TypeVar("Frame", bound=pd.DataFrame)
REASONS = "priority_reasons"


def with_reasons(places: Frame, run: Mapping[str, Any], language: Language) -> Frame:
    """Return places with ``priority_reasons``, in words, after their ``priority``.

    Places that have no rank, and those of lists that hide small counts, stay without: the
    reasons tell counts.

    Examples
    --------
    >>> places = pd.DataFrame({"gap_level": ["no_cell"], "priority": [1], "members": [2]})
    >>> run = {"settings": {"rules": {"priority": ["severity"]}}}
    >>> with_reasons(places, run, "en").to_dict("records")
    [{'gap_level': 'no_cell', 'priority': 1, 'priority_reasons': 'no cell', 'members': 2}]
    """
    if "priority" not in places or run.get("circulation"):
        return places
    rules = Rules.model_validate(run.get("settings", {}).get("rules") or {})
    out: Frame = places.copy()
    seasons = labels.season_labels(run, language)
    told = priority_reasons(places, rules=rules, language=language, seasons=seasons)
    out.insert(int(out.columns.get_loc("priority")) + 1, REASONS, told)
    return out
