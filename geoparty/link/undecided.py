"""Rows that a person can decide, and what the decision is saved under."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoparty.link.linked import UNDECIDED
from geoparty.link.overrides import COMMUNE_KEY, Scope, keys
from geoparty.schema import SOURCE_COLUMNS

COMMUNE_REASONS = (
    "link.several_communes",
    "link.in_several_communes",
    "link.code_and_name_differ",
    "link.old_or_new_commune",
    "link.split_commune",
    "link.commune_without_marks",
)
_ONE_FOR_ALL = ("link.no_such_commune", "link.unknown_commune_code", "link.commune_without_marks")
"""Reasons a single decision settles for every row that writes the commune so."""


def undecided_rows(
    rows: pd.DataFrame,
    lines: pd.DataFrame,
    candidates: pd.Series[Any],
    names: dict[str, str],
    *,
    scope: Scope,
    communes: dict[str, str] | None = None,
) -> pd.DataFrame:
    """Return the ambiguous and unmatched rows with columns of :data:`UNDECIDED`.

    ``names`` are the units a row of the scope can be given, ``communes`` those of a commune
    as written, where that is what has to be decided.
    """
    at = lines.index[lines["outcome"].isin(["ambiguous", "unmatched"])]
    source = pd.DataFrame(rows).loc[at]
    shared = lines.loc[at, "reason"].isin(_ONE_FOR_ALL)
    key = (
        keys(source).mask(shared, keys(source, COMMUNE_KEY)) if len(at) else pd.Series(dtype="str")
    )
    known = names | (communes or {})
    return pd.DataFrame(
        {
            "table": scope,
            **{c: source[c] for c in SOURCE_COLUMNS},
            **{c: source.get(c) for c in ("place_name", "commune_name")},
            **{c: lines.loc[at, c] for c in ("outcome", "reason", "detail")},
            "scope": pd.Series(scope, index=at, dtype="object").mask(shared, "communes"),
            "key": key,
            "candidates": candidates.loc[at].map(
                lambda pairs: tuple((u, known.get(u, u), s) for u, s in pairs or ())
            ),
        },
        index=at,
        columns=list(UNDECIDED),
    ).reset_index(drop=True)
