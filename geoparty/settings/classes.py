"""Rules of awareness classes and their sites."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from geoparty.settings.tables import Frozen


def _count_or_auto(value: object) -> object:
    if value == "auto" or (type(value) is int and value > 0):
        return value
    # one fault for the user, not one for each of the two kinds
    raise PydanticCustomError("auto", "neither a number of sites nor auto")


class Classes(Frozen):
    """How awareness classes are planned."""

    n_sites: Annotated[int | Literal["auto"], BeforeValidator(_count_or_auto)] = "auto"
    """Number of class sites, or "auto": the fewest that serve everybody."""
    objective: Literal["total", "longest"] = "total"
    """Once as many people as can be are served: "total", the fewest person-minutes of travel;
    "longest", the shortest longest trip first, then the total."""
    budget: float = Field(0.0, ge=0)
    """Money for all classes, in any unit; 0: not limited."""
    class_cost: dict[str, float] = Field(default_factory=dict)
    """What a class costs, in the unit of the budget, by kind of host or by place_id:
    {"school" = 12.0, "office" = 8.0}; 1 where not given."""
    max_travel_min: float = Field(120.0, gt=0)
    """Nobody travels longer than this, minutes one way."""
    min_size: int = Field(15, ge=0)
    """Fewest candidates in a class."""
    max_size: int = Field(100, ge=1)
    """Most candidates in a class."""
    split: Literal["large", "never", "any"] = "large"
    """Whether the candidates of one place may go to several classes: "large", only where they
    are more than one class holds; "never"; "any", wherever it helps."""
    max_communes: int = Field(0, ge=0)
    """Most communes whose candidates meet in one class; 0: not limited."""
    season: str = "dry"
    """Season the classes are held in."""
    fixed: tuple[str, ...] = ()
    """Places (place_id) that must host a class."""
    forbidden: tuple[str, ...] = ()
    """Places (place_id) that must not."""
    running: tuple[str, ...] = ()
    """Places (place_id) where a class is already being held: kept, beside the number of sites
    and the budget asked for."""
    assigned: dict[str, str] = Field(default_factory=dict)
    """Places decided by hand: place_id = place_id of the host they go to."""
    political_centres: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Political centres: place_id = codes of the communes it serves. It may host classes
    whatever its kind, for candidates of those communes alone."""
    host_kinds: tuple[str, ...] = ("school", "village", "residential_group", "office")
    """Kinds of place that may host a class; "commune_centre" is the place nearest the centre of
    each commune."""
    priority_weight: dict[
        Literal["border", "isolated", "long_waiting"], Annotated[float, Field(gt=0)]
    ] = Field(default_factory=dict)
    """How much more a minute of some candidates counts: border (place of a border commune),
    isolated (cut off in any season), long_waiting (no admission for five years or more). Weights
    multiply, and are shown."""
    province_seats: tuple[str, ...] = ()
    """Commune codes of the province seats, to compare with everybody travelling there."""
    district_seats: tuple[str, ...] = ()
    """Commune codes of the old district seats, to compare with everybody travelling to the
    nearest of them."""
    answers: tuple[Literal["practice", "changes", "curve", "firmness"], ...] = (
        "practice",
        "changes",
    )
    """What a run tells beside the plan: practice, its person-hours against today's; changes, the
    smallest that would serve everybody where it does not; curve, what more or fewer classes
    cost; firmness, which sites stay when travel times are off."""
    time_limit_s: float = Field(20.0, gt=0)
    """Time the solver may take; the answer then says how far from proven it is."""
