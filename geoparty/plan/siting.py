"""What every siting question answers with, and what they check alike."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from geoparty.errors import ArgumentError, Problem
from geoparty.plan.answer import Status
from geoparty.plan.instance import Floats, Ints

Progress = Callable[[int, int], None]
Weights = Floats | Ints | None


@dataclass(frozen=True, kw_only=True)
class Siting:
    """Sites, who goes where, and how good that is.

    ``sites`` are columns of the cost matrix, ascending. ``assignment`` is the column each row goes
    to, -1 where it is left out. ``objective`` is of the rows served; nothing better than ``bound``
    exists among answers that serve as many. ``status`` is ``optimal`` (proven), ``best_found``
    (the time ended first) or ``infeasible``: rows are left out that the question wants served,
    and ``problems`` say why.
    """

    sites: Ints
    assignment: Ints
    objective: float
    bound: float
    status: Status
    seconds: float
    problems: tuple[Problem, ...] = ()

    @property
    def gap(self) -> float:
        """Distance of objective and bound, as a share of the objective."""
        apart = abs(self.objective - self.bound)
        return apart / abs(self.objective) if apart > 0 and self.objective else 0.0

    @property
    def left_out(self) -> Ints:
        """Rows nobody serves."""
        return np.flatnonzero(self.assignment < 0)


def check_sites(
    n_sites: int, p: int | None, fixed: Collection[int], forbidden: Collection[int]
) -> tuple[Ints, Ints]:
    """Return fixed and forbidden sites as arrays.

    Raises
    ------
    ArgumentError
        Sites that are no columns, both fixed and forbidden, more fixed than ``p``, or ``p``
        not from 1 to the number of sites that may be used.
    """
    faults = []
    wanted, barred = (np.unique(np.asarray(list(s), dtype=np.int64)) for s in (fixed, forbidden))
    strange = [int(j) for j in np.union1d(wanted, barred) if not 0 <= j < n_sites]
    if strange:
        params = {"n": len(strange), "names": strange, "n_sites": n_sites}
        faults.append(Problem(key="plan.no_such_site", params=params))
    both = np.intersect1d(wanted, barred).tolist()
    if both:
        params = {"n": len(both), "names": both}
        faults.append(Problem(key="plan.fixed_and_forbidden", params=params))
    most = n_sites - len(barred)
    if p is not None and not max(1, len(wanted)) <= p <= most:
        params = {"p": p, "least": max(1, len(wanted)), "most": most}
        faults.append(Problem(key="plan.bad_p", params=params))
    if faults:
        raise ArgumentError(faults)
    return wanted, barred


def check_weights(weight: Weights, n_rows: int) -> Floats:
    """Return weights as floats, ones where not given.

    Raises
    ------
    ArgumentError
        Not one weight a row, or weights that are negative, infinite or not a number.
    """
    if weight is None:
        return np.ones(n_rows)
    values = np.asarray(weight, dtype=np.float64)
    bad = int((~(np.isfinite(values) & (values >= 0))).sum())
    if values.shape != (n_rows,) or bad:
        params = {"n": n_rows, "given": values.size, "bad": bad}
        raise ArgumentError(Problem(key="plan.bad_weights", params=params))
    return values
