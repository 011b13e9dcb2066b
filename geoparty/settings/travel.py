"""Seasons, vehicles, speeds, and what isolates a place."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from geoparty.settings.tables import Frozen, Names


class Season(Frozen):
    """What one season closes and slows."""

    name: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    """Short name, used in column names: ``centre_min_<name>``."""
    label_vi: str
    label_en: str
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    """Months of the year, 1 to 12."""
    fords_open: bool = True
    """Whether fords and unbridged crossings can be passed."""
    passable_order: int = Field(0, ge=0)
    """Where fords are not open, streams of this order (Strahler) or less can be crossed all the
    same; streams whose order is not known cannot."""
    closed_classes: Names = frozenset()
    """Road classes that cannot be ridden (people still walk them)."""
    closed_surfaces: Names = frozenset()
    """Surfaces that cannot be ridden (people still walk them)."""
    surface_factor: dict[str, float] = Field(default_factory=dict)
    """Riding speed on a surface is multiplied by this (0 to 1)."""
    class_factor: dict[str, float] = Field(default_factory=dict)
    """Riding speed on a road class is multiplied by this (0 to 1)."""
    walk_factor: float = Field(1.0, gt=0, le=1)
    """Walking speed is multiplied by this."""


DRY = Season(name="dry", label_vi="Mùa khô", label_en="Dry season", months=(11, 12, 1, 2, 3, 4))
WET = Season(
    name="wet",
    label_vi="Mùa mưa",
    label_en="Wet season",
    months=(5, 6, 7, 8, 9, 10),
    fords_open=False,
    closed_surfaces=frozenset({"dirt"}),
    surface_factor={"gravel": 0.7, "paved": 0.9},
    walk_factor=0.8,
)


Mode = Literal["foot", "bicycle", "motorbike", "car", "fastest"]
MODES: tuple[Mode, ...] = get_args(Mode)


class Vehicle(Frozen):
    """How fast one vehicle goes; a road class without a speed is walked."""

    speed_kph: dict[str, float]
    """Speed by road class, dry and paved, km/h."""
    surface_factor: dict[str, float]
    """Speed on a surface against paved."""


BICYCLE = Vehicle(
    speed_kph=dict.fromkeys(("national", "provincial", "district", "commune"), 14.0)
    | {"village": 12.0, "track": 8.0, "ferry": 6.0},
    surface_factor={"paved": 1.0, "gravel": 0.8, "dirt": 0.6},
)
CAR = Vehicle(
    speed_kph={
        "national": 50.0,
        "provincial": 42.0,
        "district": 35.0,
        "commune": 25.0,
        "village": 15.0,
        "track": 8.0,
        "ferry": 6.0,
    },
    surface_factor={"paved": 1.0, "gravel": 0.7, "dirt": 0.4},
)


class Travel(Frozen):
    """How fast people go.

    Speeds of vehicles, their factors and the detour factor are assumptions for rural roads in
    mountains, taken from no standard: set your own where known.
    """

    mode: Mode = "motorbike"
    """What people ride where it can be ridden: foot, bicycle, motorbike or car; "fastest" takes
    the fastest of them on every stretch, as if each stood ready there. The rest is walked."""
    speed_source: str = (
        "Riding, and what seasons slow: assumptions of this program, from no standard; set what "
        "your office measures. Walking, and 0.6 of it off paths: Tobler (1993). Land cover: "
        "AccessMod 5 manual, example by density of vegetation; its classes matched by us."
    )
    """Where the speeds come from; written with every result."""
    walk_kph: float = Field(5.04, gt=0, le=8)
    """Walking on a flat path: Tobler (1993), 6 exp(-3.5 |0 + 0.05|)."""
    off_path_factor: float = Field(0.6, gt=0, le=1)
    """Walking off a path against on it, where land cover is not given: Tobler (1993)."""
    land_cover_kph: dict[str, float] = Field(
        default_factory=lambda: {
            "10": 2.0,
            "20": 3.0,
            "30": 4.0,
            "40": 4.0,
            "50": 5.0,
            "60": 5.0,
            "70": 2.0,
            "80": 0.0,
            "90": 2.0,
            "95": 2.0,
            "100": 4.0,
        }
    )
    """Walking off roads on the flat by land cover value, km/h; 0 is a barrier. Values of ESA
    WorldCover (10 trees, 20 shrubs, 30 grass, 40 crops, 50 built, 60 bare, 70 snow, 80 water,
    90 wetland, 95 mangroves, 100 moss) with speeds of AccessMod's manual (built and bare 5, low
    vegetation 4, medium 3, dense 2); those of snow, wetland, mangroves and moss are assumed."""
    detour_factor: float = Field(1.3, ge=1)
    """Walked length over straight length, where terrain is not given."""
    max_walk_to_road_km: float = Field(15.0, gt=0)
    """A place farther than this from every road is reported, and not reached by road."""
    speed_kph: dict[str, float] = Field(
        default_factory=lambda: {
            "national": 45.0,
            "provincial": 40.0,
            "district": 35.0,
            "commune": 28.0,
            "village": 20.0,
            "track": 12.0,
            "path": 5.04,
            "ferry": 6.0,
        }
    )
    """Speed of a motorbike by road class, dry and paved, km/h."""
    surface_factor: dict[str, float] = Field(
        default_factory=lambda: {"paved": 1.0, "gravel": 0.75, "dirt": 0.55}
    )
    """Speed of a motorbike on a surface against paved."""
    bicycle: Vehicle = BICYCLE
    """Speeds of a bicycle."""
    car: Vehicle = CAR
    """Speeds of a car."""
    walked_classes: Names = frozenset({"path"})
    """Road classes that are only walked."""
    level_min: tuple[float, ...] = (30.0, 60.0, 120.0, 240.0)
    """Minutes that part the levels of isolation, rising."""
    cell_m: float = Field(90.0, gt=0)
    """Side of the cells people walk on, where terrain is given; never finer than the terrain."""
    default_class: str = "village"
    """Class of a road whose class is not known."""
    default_surface: dict[str, str] = Field(
        default_factory=lambda: {
            "national": "paved",
            "provincial": "paved",
            "district": "paved",
            "commune": "gravel",
            "village": "dirt",
            "track": "dirt",
            "path": "dirt",
            "ferry": "paved",
        }
    )
    """Surface by road class where it is not known."""

    @property
    def vehicles(self) -> dict[str, Vehicle]:
        """Vehicles the mode lets people ride, by name."""
        motorbike = Vehicle(speed_kph=self.speed_kph, surface_factor=self.surface_factor)
        all_ = {"bicycle": self.bicycle, "motorbike": motorbike, "car": self.car}
        return all_ if self.mode == "fastest" else {k: v for k, v in all_.items() if k == self.mode}
