"""What a reader of circulated results could work out: every total shown, and what counts mean.

The reader knows all that is shown, that a part is not more than its whole, and what gap levels say
of the counts behind them. A hidden value is safe while some other table, with another value there,
would show the same. Such tables are looked for as whole numbers (scipy's HiGHS); a value for which
none was found counts as worked out, so a mistake hides too much rather than too little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csgraph

from geoparty.present.hiding import Hidden

PARTS = (
    ("official_members", "members"),
    ("reinforced_members", "official_members"),
    ("reinforced_members", "members"),
    ("members_over_60", "members"),
    ("admitted", "admitted_last_5y"),
)
"""A part, and the whole it is not more than."""
_REACH = 8
"""Tables looked at differ from the true one by so much in a value, which keeps the search small."""
_AT_RANDOM = 6
_NODES = 1000
"""Where the search ends: counted, not timed, so that the same table is masked the same way."""
_Floats = npt.NDArray[np.float64]


def least_known(places: pd.DataFrame, name: str, *, min_official: int) -> npt.NDArray[np.int64]:
    """Return the least each hidden value of a count is to a reader who sees the gap levels.

    Examples
    --------
    >>> places = pd.DataFrame({"members": [7, 2], "gap_level": ["covered", "no_cell"]})
    >>> least_known(places, "members", min_official=3).tolist()
    [3, 1]
    """
    least = np.ones(len(places), np.int64)
    if name in ("members", "official_members") and "gap_level" in places:
        own = places["gap_level"].astype(object).isin(("covered", "reinforced")).to_numpy()
        least[own] = min_official
    true = places[name].fillna(1).clip(lower=1).to_numpy(dtype=np.int64)
    return np.asarray(np.minimum(least, true))


def worked_out(
    places: pd.DataFrame, hidden: Mapping[str, Hidden], *, min_official: int
) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which hidden values of each count have one possible value to a reader.

    Examples
    --------
    >>> places = pd.DataFrame(
    ...     {"commune_code": ["a"] * 3, "province_code": "x", "members": [5, 1, 9]}
    ... ).assign(official_members=[5, 0, 9])
    >>> nothing = frozenset()
    >>> hidden = {
    ...     "members": Hidden(np.array([True, True, False]), nothing, nothing, False),
    ...     "official_members": Hidden(np.array([True, False, True]), nothing, nothing, False),
    ... }
    >>> worked_out(places, hidden, min_official=3)["members"].tolist()
    [True, True, False]
    """
    names = [name for name in hidden if hidden[name].places.any()]
    at: dict[str, npt.NDArray[np.int64]] = {}
    n = 0
    for name in names:
        at[name] = np.full(len(places), -1, np.int64)
        rows = np.flatnonzero(hidden[name].places)
        at[name][rows] = np.arange(n, n + len(rows))
        n += len(rows)
    if not n:
        return {name: np.zeros(len(places), np.bool_) for name in hidden}
    true, low = np.empty(n), np.empty(n)
    for name in names:
        cells = hidden[name].places
        true[at[name][cells]] = places[name].to_numpy(dtype=float, na_value=0)[cells]
        low[at[name][cells]] = least_known(places, name, min_official=min_official)[cells]
    constraints = [
        *(_totals(places, hidden[name], at[name], true) for name in names),
        *_relations(places, at, true),
    ]
    system = _System(
        sparse.vstack([c.A for c in constraints], format="csr"),
        np.concatenate([c.lb for c in constraints]),
        np.concatenate([c.ub for c in constraints]),
        true,
        low,
    )
    same: npt.NDArray[np.bool_] = np.append(_never_other(system), [False])
    nowhere = np.full(len(places), -1, np.int64)
    return {name: same[at.get(name, nowhere)] for name in hidden}


def _totals(
    places: pd.DataFrame, found: Hidden, at: npt.NDArray[np.int64], true: _Floats
) -> LinearConstraint:
    """Return the sums of hidden values that follow from every total shown.

    A total above others tells of what is under hidden ones only; the rest is known already.
    """
    rows, sums = np.flatnonzero(found.places), []
    for column, away in (("commune_code", found.communes), ("province_code", found.provinces)):
        codes = places[column].fillna("").astype(str).to_numpy()[rows]
        sums += [rows[codes == code] for code in np.unique(codes) if code not in away]
        rows = rows[np.isin(codes, list(away))]
    sums += [] if found.whole or not len(rows) else [rows]
    lengths = [len(one) for one in sums]
    which = np.repeat(np.arange(len(sums)), lengths)
    columns = at[np.concatenate(sums)] if sums else np.empty(0, np.intp)
    matrix = sparse.csr_array(
        (np.ones(len(columns)), (which, columns)), shape=(len(sums), len(true))
    )
    known = matrix @ true
    return LinearConstraint(matrix, known, known)


def _relations(
    places: pd.DataFrame, at: Mapping[str, npt.NDArray[np.int64]], true: _Floats
) -> list[LinearConstraint]:
    """Return, place by place, that a part is not more than its whole."""
    nowhere, found = np.full(len(places), -1), []
    for part, whole in PARTS:
        if part not in places or whole not in places:
            continue
        a, b = at.get(part, nowhere), at.get(whole, nowhere)
        less = (places[part] - places[whole]).to_numpy(dtype=float, na_value=np.nan)
        most = np.zeros(len(places))
        least = np.full(len(places), -np.inf)
        if (part, whole) == ("reinforced_members", "members") and "has_local_members" in places:
            local = places["has_local_members"].astype("boolean")
            most[local.fillna(False).to_numpy(dtype=bool)] = -1
            least[~local.fillna(True).to_numpy(dtype=bool)] = 0
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(((a >= 0) | (b >= 0)) & (less <= most) & (less >= least))
        signs = np.concatenate([np.ones(len(rows)), -np.ones(len(rows))])
        columns = np.concatenate([a[rows], b[rows]])
        which = np.tile(np.arange(len(rows)), 2)
        real = columns >= 0
        matrix = sparse.csr_array(
            (signs[real], (which[real], columns[real])), shape=(len(rows), len(true))
        )
        shown = less[rows] - matrix @ true
        found.append(LinearConstraint(matrix, least[rows] - shown, most[rows] - shown))
    return found


@dataclass(frozen=True)
class _System:
    """What is known of the hidden values: sums of them, and the least each is."""

    sums: sparse.csr_array
    least: _Floats
    most: _Floats
    true: _Floats
    low: _Floats

    def of(self, cells: npt.NDArray[np.bool_]) -> _System:
        """Return the part about some values that no sum ties to the others."""
        part = self.sums[:, np.flatnonzero(cells)]
        rows = np.flatnonzero(np.diff(part.indptr))
        return _System(
            part[rows], self.least[rows], self.most[rows], self.true[cells], self.low[cells]
        )

    def stays(self, push: _Floats) -> npt.NDArray[np.bool_]:
        """Tell which values are the true ones in a table of whole numbers far towards ``push``."""
        found = milp(
            -push,
            integrality=np.ones(len(push)),
            bounds=Bounds(np.maximum(self.low, self.true - _REACH), self.true + _REACH),
            constraints=LinearConstraint(self.sums, self.least, self.most),
            options={"mip_rel_gap": 0.01, "node_limit": _NODES},
        )
        if found.x is None:
            return np.ones(len(push), dtype=bool)
        return np.asarray(np.abs(np.round(found.x) - self.true) < 0.5)


def _never_other(system: _System) -> npt.NDArray[np.bool_]:
    """Tell which values were the same in every table found, each pushed up and down.

    Values that no chain of sums ties together are pushed at once.
    """
    rng = np.random.default_rng(0)
    groups = csgraph.connected_components(system.sums.T @ system.sums, directed=False)[1]
    same = np.ones(len(system.true), dtype=bool)
    tried = np.zeros(len(same), dtype=bool)
    turn = 0
    while (left := np.flatnonzero(same & ~tried)).size:
        cells = np.isin(groups, groups[left])
        push = np.where(same, rng.uniform(-1, 1, len(same)), 0)
        if turn >= _AT_RANDOM:
            one_each = left[np.unique(groups[left], return_index=True)[1]]
            tried[one_each] = True
            push = np.isin(np.arange(len(same)), one_each).astype(float)
        part = system.of(cells)
        for way in (push, -push):
            same[cells] &= part.stays(way[cells])
        turn += 1
    return same
