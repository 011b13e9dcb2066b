r"""Prices of the p-median where sites are many: the bound made smooth, climbed by its slope.

At prices :math:`v` the bound is :math:`\sum_i v_i` and the value :math:`\rho_j = \sum_i \min(0,
c_{ij} - v_i)` of the open sites and the :math:`q` cheapest free ones. Opening free sites in part
at a cost of :math:`\mu` times their entropy makes it smooth (Nesterov 2005):

.. math::

    y_j = \frac{1}{1 + e^{(\rho_j - \tau) / \mu}}, \quad \sum_{j\ \text{free}} y_j = q

and its slope is :math:`1 - \sum_{j: c_{ij} < v_i} y_j`. So it is climbed by L-BFGS (Byrd, Lu,
Nocedal and Zhu 1995), :math:`\mu` made smaller and smaller. Where thousands of sites are worth
nearly the same, that comes within a hundredth of a per cent in steps by the hundred, where the
volume algorithm is still far off after thousands.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geoparty.kernels import compiled
from geoparty.plan.instance import Bools, Floats, Ints
from geoparty.plan.median_kernels import FREE, OPEN, chosen_value, weigh
from geoparty.plan.rows import Rows

Levels = tuple[tuple[float, int], ...]
"""Widths :math:`\\mu`, as shares of what a free site costs at the goal, and steps at each."""
MEMORY = 12
"""Steps L-BFGS remembers."""
FAR = 40.0
"""Widths beyond which a site is open or closed for good."""


@compiled
def open_at(values: Floats, state: Ints, width: float, level: float, part: Floats) -> float:
    """Set how far free sites are open at a level; return by how much more at a higher one."""
    rise = 0.0
    for j in range(values.size):
        if state[j] == FREE:
            z = (values[j] - level) / width
            part[j] = 0.0 if z > FAR else 1.0 if z < -FAR else 1.0 / (1.0 + np.exp(z))
            rise += part[j] * (1.0 - part[j])
    return rise / width


@compiled
def find_level(
    values: Floats, state: Ints, n_free: int, width: float, level: float, part: Floats
) -> float:
    """Return the level at which ``n_free`` sites are open in all, from a guess (Newton)."""
    free = state == FREE
    n = free.sum()
    part[:] = 0.0
    if n_free <= 0 or n_free >= n:
        part[free] = 1.0 if n_free > 0 else 0.0
        return level
    low, high = values[free].min() - FAR * width, values[free].max() + FAR * width
    if not low < level < high:
        level = 0.5 * (low + high)
    for _ in range(200):
        rise = open_at(values, state, width, level, part)
        beyond = part.sum() - n_free
        if abs(beyond) < 1e-10 * n_free or high - low < 1e-12 * width:
            break
        if beyond > 0:
            high = level
        else:
            low = level
        level -= beyond / max(rise, 1e-12 / width)
        if not low < level < high:
            level = 0.5 * (low + high)
    return level


@compiled
def smooth_choice(values: Floats, state: Ints, width: float, part: Floats) -> float:
    """Return the value of the open sites and of free ones open in part, their entropy paid."""
    total = 0.0
    for j in range(values.size):
        y = part[j]
        if state[j] == OPEN:
            total += values[j]
        elif y > 0.0:
            total += values[j] * y
            if y < 1.0:
                total += width * (y * np.log(y) + (1.0 - y) * np.log1p(-y))
    return total


@compiled
def smoothed_value(
    start: Ints,
    site: Ints,
    cost: Floats,
    price: Floats,
    state: Ints,
    n_free: int,
    width: float,
    level: float,
    values: Floats,
    part: Floats,
    slope: Floats,
    chosen: Bools,
) -> tuple[float, float, float]:
    """Return the bound that prices give, smooth and as it is, and the level; set its slope."""
    total = weigh(start, site, cost, price, values)
    level = find_level(values, state, n_free, width, level, part)
    smooth = smooth_choice(values, state, width, part)
    for j in range(part.size):
        if state[j] == OPEN:
            part[j] = 1.0
    for i in range(start.size - 1):
        top, left = price[i], 1.0
        for k in range(start[i], start[i + 1]):
            if cost[k] >= top:
                break
            left -= part[site[k]]
        slope[i] = left
    return total + smooth, total + chosen_value(values, state, n_free, chosen), level


class _Enough(Exception):  # noqa: N818 - no error: the search for prices ends here
    """Nothing more is to be gained, or the time is over."""


class _Climb:
    """The smoothed bound as a function to be minimised, and the best prices it met."""

    def __init__(
        self, rows: Rows, state: Ints, n_free: int, goal: float, is_over: Callable[[], bool]
    ) -> None:
        self.rows, self.state, self.n_free = rows, state, n_free
        self.goal, self.is_over = goal, is_over
        n, m = rows.n_rows, rows.n_sites
        self.slope, self.now, self.part = np.empty(n), np.empty(m), np.empty(m)
        self.chosen = np.empty(m, dtype=bool)
        self.bound, self.level, self.width, self.smooth = -np.inf, np.nan, 1.0, -np.inf
        self.price, self.values, self.share = np.empty(n), np.empty(m), np.empty(m)

    def __call__(self, price: Floats) -> tuple[float, Floats]:
        """Return the smoothed bound and its slope, both turned round."""
        rows = self.rows
        self.smooth, bound, self.level = smoothed_value(
            rows.start, rows.site, rows.cost, price, self.state, self.n_free, self.width,
            self.level, self.now, self.part, self.slope, self.chosen,
        )  # fmt: skip
        if bound > self.bound:
            self.bound = bound
            self.price[:], self.values[:], self.share[:] = price, self.now, self.part
        if bound >= self.goal or self.is_over():
            raise _Enough
        return -self.smooth, -self.slope


def smoothed_bound(
    rows: Rows,
    state: Ints,
    n_free: int,
    dearest: Floats,
    goal: float,
    levels: Levels,
    price: Floats,
    values: Floats,
    share: Floats,
    is_over: Callable[[], bool],
) -> float:
    """Improve prices and return the bound, as :func:`median_kernels.volume_bound` does.

    ``is_over`` is asked at every step.
    """
    from scipy.optimize import Bounds, minimize

    climb = _Climb(rows, state, n_free, goal, is_over)
    low = dearest.copy()
    reached = rows.lengths > 0
    low[reached] = np.minimum(rows.cost[rows.start[:-1][reached]], dearest[reached])
    at = np.clip(price, low, dearest)
    try:
        for width, steps in levels:
            climb.width = width * max(abs(goal), 1e-9) / max(1, n_free)
            options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": MEMORY, "ftol": 1e-12}
            at = minimize(
                climb, at, jac=True, method="L-BFGS-B", bounds=Bounds(low, dearest), options=options
            ).x
    except _Enough:
        pass
    price[:], values[:], share[:] = climb.price, climb.values, climb.share
    return climb.bound
