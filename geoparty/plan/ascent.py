"""What the climbs of the bounds share: the volume algorithm's direction, steps and patience.

Barahona and Anbil (2000), The volume algorithm: producing primal solutions with a subgradient
method. Mathematical Programming 87.
"""

from __future__ import annotations

from geoparty.kernels import compiled
from geoparty.plan.instance import Floats

SIZE, WEIGHT = 0.5, 0.1
"""Share of the way to the goal a first step goes, and how much the newest direction counts."""
EVERY = 50
"""Steps after which the weight is looked at."""


@compiled
def turned(direction: Floats, left: Floats, weight: float) -> float:
    """Blend ``direction``, in place, with what is ``left`` unserved; return how they agreed."""
    agree = 0.0
    for i in range(direction.size):
        agree += left[i] * direction[i]
        direction[i] = weight * left[i] + (1 - weight) * direction[i]
    return agree


@compiled
def paced(
    is_better: bool,
    stale: int,
    size: float,
    agree: float,
    patience: int,
    shrink: float,
) -> tuple[int, float]:
    """Return how many steps now gained nothing, and the size of the next one."""
    if is_better:
        return 0, min(2.0, size * (1.1 if agree >= 0 else 1.02))
    stale += 1
    return stale, size * shrink if stale % patience == 0 else size


@compiled
def eased(weight: float, best: float, before: float, goal: float) -> float:
    """Return the weight of the newest direction: less where the last steps gained little."""
    return max(weight * 0.5, 0.002) if best - before < 0.01 * (goal - best) else weight


@compiled
def step_from(
    price: Floats,
    direction: Floats,
    low: Floats,
    high: Floats,
    size: float,
    goal: float,
    best: float,
    trial: Floats,
) -> bool:
    """Set ``trial`` a step from ``price``, within ``low`` and ``high``; False at a standstill."""
    norm = 0.0
    for i in range(price.size):
        v = direction[i]
        if not ((v > 0 and price[i] >= high[i]) or (v < 0 and price[i] <= low[i])):
            norm += v * v
    if norm < 1e-12:
        return False
    length = size * (1.02 * (goal - best) + 1e-9 * abs(goal)) / norm
    for i in range(price.size):
        trial[i] = min(max(price[i] + length * direction[i], low[i]), high[i])
    return True
