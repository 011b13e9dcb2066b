"""Gap level and risk reasons of each place, with what is not reported left unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema
from geoparty.settings import Rules

_NEEDED = (
    "members",
    "official_members",
    "reinforced_members",
    "members_over_60",
    "cell_status",
    "candidates",
    "admitted",
    "admitted_last_5y",
    "head_is_member",
)
_Floats = npt.NDArray[np.float64]


def gap_levels(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Return each place's gap level, its risk reasons and whether members live there.

    ``no_members``, ``no_cell`` and ``joint_cell`` follow from the cell and from whether anybody
    is counted. An own cell that reaches ``rules.min_official_members`` (Party Charter, Article
    24(1)) only with reinforced members is ``reinforced``; else it is ``at_risk`` when a risk
    reason holds, ``covered`` when every reason in ``rules.risk_reasons`` is known not to hold,
    and ``unknown`` otherwise. A count that is not reported never stands for zero, but what the
    others prove is used: three official members are at least three members.

    Reasons about the size of a cell (``below_minimum``, ``near_minimum``,
    ``relies_on_reinforced``) are of own cells only; the others are told for every place.

    Parameters
    ----------
    frame
        Places with their counts: columns of ``schema.COUNTS``; those absent are not reported.
    rules
        Thresholds, and the risk reasons that are looked at.

    Returns
    -------
    pandas.DataFrame
        On the index of ``frame``: ``gap_level`` (ordered category, most severe first),
        ``risk_reasons`` (known ones joined by ``;``, empty where none holds, ``<NA>`` where none
        is known to hold and one is unknown), ``has_local_members`` (boolean, ``<NA>`` unknown).

    Examples
    --------
    >>> places = pd.DataFrame({"cell_status": ["none", "own", "joint"], "members": [0, 2, None]})
    >>> gap_levels(places, rules=Rules())["gap_level"].tolist()
    ['no_members', 'at_risk', 'joint_cell']
    """
    counts = schema.conform(
        pd.DataFrame(frame[[c for c in _NEEDED if c in frame.columns]]),
        {name: schema.COUNTS[name] for name in _NEEDED},
    )
    reasons = risk_table(counts, rules=rules)
    return pd.DataFrame(
        {
            "gap_level": _levels(counts, reasons, rules=rules),
            "risk_reasons": _joined(reasons[list(rules.risk_reasons)]),
            "has_local_members": _has_local_members(counts),
        },
        index=frame.index,
    )


def risk_table(counts: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Return one nullable boolean column per risk reason, whether looked at or not.

    ``counts`` has the columns of ``schema.COUNTS`` in their types. ``<NA>`` is not known.

    Examples
    --------
    >>> counts = schema.conform(pd.DataFrame({"candidates": [0, 4, None]}), schema.COUNTS)
    >>> risk_table(counts, rules=Rules())["no_candidate"].tolist()
    [True, False, <NA>]
    """
    own = (counts["cell_status"] == "own").astype("boolean").mask(counts["cell_status"].isna())
    admitted = counts["admitted_last_5y"].where(
        counts["admitted_last_5y"].notna() | ~(counts["admitted"] > 0).fillna(False),
        counts["admitted"],
    )
    held = {name: own & known for name, known in _size_reasons(counts, rules=rules).items()}
    held["ageing"] = _ageing(counts, rules=rules)
    held["no_admission_5y"] = admitted == 0
    held["no_candidate"] = counts["candidates"] == 0
    held["head_not_member"] = ~counts["head_is_member"]
    return pd.DataFrame(held, index=counts.index).astype("boolean")


def _size_reasons(counts: pd.DataFrame, *, rules: Rules) -> dict[str, pd.Series[Any]]:
    """Evaluate what depends on official members, each number between the bounds others set."""
    official, reinforced = (
        _floats(counts["official_members"]),
        _floats(counts["reinforced_members"]),
    )
    most = np.where(np.isnan(official), _floats(counts["members"]), official)
    most = np.where(np.isnan(most), np.inf, most)
    least = np.nan_to_num(np.where(np.isnan(official), reinforced, official))
    most_local = most - np.nan_to_num(reinforced)
    least_local = least - np.where(np.isnan(reinforced), least, reinforced)
    minimum = rules.min_official_members
    near = minimum + rules.near_minimum_margin

    def decided(holds: npt.NDArray[np.bool_], fails: npt.NDArray[np.bool_]) -> pd.Series[Any]:
        known = pd.Series(holds, index=counts.index, dtype="boolean")
        return known.mask(~(holds | fails))

    return {
        "below_minimum": decided(most < minimum, least >= minimum),
        "near_minimum": decided(
            (least >= minimum) & (most <= near), (most < minimum) | (least > near)
        ),
        "relies_on_reinforced": decided(
            (least >= minimum) & (most_local < minimum),
            (most < minimum) | (least_local >= minimum),
        ),
    }


def _ageing(counts: pd.DataFrame, *, rules: Rules) -> pd.Series[Any]:
    """Members over 60 over members; nobody to be old is not ageing."""
    members, over_60 = counts["members"], counts["members_over_60"]
    share = over_60.astype("Float64") / members.astype("Float64").mask(members == 0)
    nobody = ((members == 0) | (over_60 == 0)).fillna(False)
    return (share > rules.max_share_over_60).mask(nobody, False)


def _has_local_members(counts: pd.DataFrame) -> pd.Series[Any]:
    members, reinforced = counts["members"], counts["reinforced_members"]
    local = (members - reinforced) > 0
    official_local = ((counts["official_members"] - reinforced) > 0).fillna(False)
    return local.mask((members == 0).fillna(False), False).mask(official_local, True)


def _levels(counts: pd.DataFrame, reasons: pd.DataFrame, *, rules: Rules) -> pd.Categorical:
    status = counts["cell_status"]
    anybody = (
        counts[["members", "official_members", "reinforced_members", "members_over_60"]]
        .gt(0)
        .fillna(False)
        .any(axis=1)
    )
    nobody = (counts["members"] == 0).fillna(False) & ~anybody
    looked_at = reasons[list(rules.risk_reasons)]
    cases = {
        "no_members": (status == "none") & nobody,
        "no_cell": (status == "none") & anybody,
        "joint_cell": status == "joint",
        "reinforced": (status == "own") & reasons["relies_on_reinforced"],
        "at_risk": (status == "own") & looked_at.fillna(False).any(axis=1),
        "covered": (status == "own") & ~looked_at.fillna(True).any(axis=1),
    }
    known = [case.fillna(False).to_numpy(bool) for case in cases.values()]
    number = [schema.GAP_LEVELS.index(name) for name in cases]
    levels = np.select(known, number, default=schema.GAP_LEVELS.index("unknown"))
    return pd.Categorical.from_codes(levels, categories=list(schema.GAP_LEVELS), ordered=True)


def _joined(reasons: pd.DataFrame) -> pd.Series[Any]:
    """Join the names of the columns that hold; unknown only where none does."""
    names = list(reasons.columns)
    holds = reasons.fillna(False).to_numpy(bool) @ (1 << np.arange(len(names)))
    code = np.where((holds == 0) & reasons.isna().any(axis=1), -1, holds)
    found, which = np.unique(code, return_inverse=True)
    texts = [
        None if c < 0 else ";".join(n for i, n in enumerate(names) if c >> i & 1)
        for c in found.tolist()
    ]
    return pd.Series(pd.array(texts, dtype="str").take(which), index=reasons.index)


def _floats(column: pd.Series[Any]) -> _Floats:
    return np.asarray(column.to_numpy("float64", na_value=np.nan), dtype=np.float64)
