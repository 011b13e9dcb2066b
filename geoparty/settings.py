"""Planning rules, seasons, speeds and class settings: frozen, documented, dated.

Every result carries the settings it was made with (``run.json``). They come from
``project.toml``; an unknown key is refused with the nearest known one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from geoparty.errors import Problem, SettingsError

RiskReason = Literal[
    "below_minimum",
    "near_minimum",
    "ageing",
    "no_admission_5y",
    "no_candidate",
    "relies_on_reinforced",
    "head_not_member",
]
RISK_REASONS: tuple[RiskReason, ...] = get_args(RiskReason)


Names = Annotated[frozenset[str], PlainSerializer(sorted, return_type=list[str])]
"""A set of names, written in one order so that two runs write the same bytes."""


class Frozen(BaseModel):
    """A settings table: fixed once read, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rules(Frozen):
    """What counts as a gap, a risk and a border commune."""

    in_force_from: date = date(2026, 1, 1)
    """Date these rules were set; shown with every result."""
    min_official_members: int = Field(3, ge=1)
    """A cell needs at least three official members: Party Charter, Article 24(1)."""
    near_minimum_margin: int = Field(0, ge=0)
    """A cell with at most min_official_members + this many official members is near minimum."""
    max_share_over_60: float = Field(0.5, ge=0, le=1)
    """Share of members over 60 above which a cell is ageing."""
    risk_reasons: tuple[RiskReason, ...] = RISK_REASONS
    """Risk reasons that are looked at; leave out those your tables do not report."""
    border_tolerance_m: float = Field(300.0, ge=0, le=1800)
    """A commune whose boundary comes this near the land border coincides with it (Decree
    34/2014/ND-CP, amended 299/2025). Lines of different origin disagree by 270 m on 5 % of the
    border; boundary with another commune beyond it never counts, however near."""
    border_min_length_m: float = Field(400.0, ge=0)
    """Length of boundary that must coincide; less is a touch at a corner or a mapping error."""
    cut_off_min: float = Field(240.0, gt=0)
    """A place farther than this from its commune centre is cut off in that season, as is one
    with no way through."""
    mask_below: int = Field(5, ge=2)
    """Exports for circulation hide counts of persons from 1 to this minus 1."""
    priority: tuple[
        Literal[
            "severity",
            "border",
            "disadvantaged",
            "cut_off_wet",
            "households",
            "candidates",
            "years_without_admission",
        ],
        ...,
    ] = ("severity", "border", "cut_off_wet", "disadvantaged", "candidates", "households")
    """Criteria that order the gap list, most important first."""


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


class Classes(Frozen):
    """How awareness classes are planned."""

    n_sites: int | Literal["auto"] = "auto"
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


class ProgressRules(Frozen):
    """How change over the dates of the counts is judged."""

    term_years: tuple[int, int] = (2026, 2030)
    """First and last calendar year whose admissions are held against the target of the term."""
    founded_within_years: int = Field(10, ge=1)
    """Cells founded within so many years of the date of the counts are told by how."""
    target_percent: dict[str, float] = Field(
        default_factory=lambda: {"no_members": 0.0, "no_cell": 0.0, "admission_rate": 3.0}
    )
    """Percentage each indicator is to reach: 3 to 4 % of members admitted a year is that of
    Resolution 21-NQ/TW (2022); set your own for the others."""
    target_date: date = date(2030, 12, 31)
    """Day by which they are to be reached."""
    snapshot_every: Literal["date", "month", "quarter", "year"] = "month"
    """Counts of one such period make one snapshot, dated by the latest of them: communes that
    report on different days of a month are told together."""
    resamples: int = Field(1000, ge=100, le=100_000)
    """Times communes are drawn again to tell how sure a pace is."""
    group_by: tuple[str, ...] = ()
    """Columns of your list of places to add up by, beside commune, province and kind."""


class Map(Frozen):
    """What the map of the app shows beneath the project's own data."""

    tiles_url: str | None = Field(None, pattern=r"^https?://[^\s\"'<>]*\{z\}[^\s\"'<>]*$")
    """Address of a tile server, "http://localhost:8080/{z}/{x}/{y}.png"; without one the map
    asks nobody. Whoever runs the server sees which tiles are looked at."""
    tiles_attribution: str = ""
    """Whose map it is, shown in its corner."""


class Inputs(Frozen):
    """Files of the project, relative to its folder. Only communes and places are required."""

    communes: str
    """Commune polygons: any file GDAL reads, or GeoParquet."""
    places: str
    """Villages, groups, schools, stations: points, or a table (.xlsx, .csv) with lon and lat."""
    counts: tuple[str, ...] = ()
    """Tables of counts per place, one or several dates."""
    centres: str | None = None
    """Points of the commune centres (commune_code). Without it the middle of the commune is
    used, and said."""
    border: str | None = None
    """Lines of the national land border."""
    roads: str | None = None
    """Road lines: road_class, surface, is_ford, has_bridge; or an OpenStreetMap .osm.pbf."""
    streams: str | None = None
    """Stream lines; a road that meets one without a bridge is a ford."""
    terrain: str | None = None
    """Elevation raster, metres."""
    land_cover: str | None = None
    """Raster of land cover classes, any CRS and cell size; needs terrain."""
    edits: str | None = None
    """Your own changes to the roads: a layer with a column edit (road, closed, bridge, ford)."""
    crosswalk: str | None = None
    """Table from old communes to those of today; without it the bundled one is used."""
    lineage: str | None = None
    """Table of places that merged, split, ended or changed their id: place_id_before,
    place_id_after, on."""
    overrides: str = "overrides.csv"
    """Human decisions on linking, read again at every run."""
    encoding: dict[
        Literal["communes", "places", "counts", "centres", "roads"],
        Literal["tcvn3", "vni", "unicode"],
    ] = Field(default_factory=dict)
    """Per input, the old encoding its text is in, once confirmed: counts = "tcvn3"."""
    crs: dict[
        Literal["communes", "places", "centres", "border", "roads", "streams", "edits"], str
    ] = Field(default_factory=dict)
    """Per input, its coordinate system where the file states none or a wrong one: EPSG code
    or VN-2000 meridian, places = "103-00"."""
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Per input, our column name = the file's own:
    [inputs.columns.communes] commune_code = "code". Files that differ: "Số ĐV | Đảng viên";
    nothing after a bar, or nothing at all, says that a file lacks the column."""


class Settings(Frozen):
    """Everything ``project.toml`` says."""

    name: str = ""
    """Name of the project, on maps and reports."""
    language: Literal["vi", "en"] = "vi"
    is_synthetic: bool = False
    """True for made-up data: every output then says so."""
    inputs: Inputs
    rules: Rules = Rules()
    seasons: tuple[Season, ...] = (DRY, WET)
    travel: Travel = Travel()
    classes: Classes = Classes()
    progress: ProgressRules = ProgressRules()
    map: Map = Map()

    def season(self, name: str) -> Season:
        """Return the season of that name, or raise SettingsError naming those there are."""
        for season in self.seasons:
            if season.name == name:
                return season
        known = ", ".join(s.name for s in self.seasons)
        raise SettingsError(
            Problem(key="settings.unknown_season", params={"name": name, "known": known})
        )


def parse_settings(data: dict[str, Any], *, file: str = "project.toml") -> Settings:
    """Check a parsed ``project.toml`` and return its settings.

    Raises
    ------
    SettingsError
        All faults at once: unknown keys with the nearest known one, wrong types and values.

    Examples
    --------
    >>> inputs = {"communes": "c.geojson", "places": "p.csv"}
    >>> parse_settings({"inputs": inputs}).rules.min_official_members
    3
    >>> parse_settings({"inputs": inputs, "rule": {}})
    Traceback (most recent call last):
    geoparty.errors.SettingsError: file project.toml: unknown key "rule"; did you mean "rules"?
    """
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(list(_problems(error, file))) from None
    contradictions = list(_contradictions(settings, file))
    if contradictions:
        raise SettingsError(contradictions)
    settings.season(settings.classes.season)
    return settings


def _contradictions(settings: Settings, file: str) -> Iterator[Problem]:
    """Yield what is right key by key and wrong together."""
    classes = settings.classes
    if classes.min_size > classes.max_size:
        sizes = {"smallest": classes.min_size, "largest": classes.max_size}
        yield Problem(key="settings.sizes_contradict", params=sizes, file=file)
    kept = {*classes.fixed, *classes.running, *classes.assigned.values()}
    both = sorted(kept & set(classes.forbidden))
    if both:
        named = {"n": len(both), "names": ", ".join(both[:3])}
        yield Problem(key="settings.fixed_and_forbidden", params=named, file=file)
    names = [season.name for season in settings.seasons]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(key="settings.season_twice", params={"name": name}, file=file)


def _problems(error: ValidationError, file: str) -> Iterator[Problem]:
    for fault in error.errors(include_url=False):
        loc = [str(part) for part in fault["loc"]]
        where = ".".join(loc)
        if fault["type"] == "extra_forbidden":
            known = _known_keys(loc[:-1])
            near = difflib.get_close_matches(loc[-1], known, n=1, cutoff=0.0)
            yield Problem(
                key="settings.unknown_key",
                params={"key": where, "near": near[0] if near else ""},
                file=file,
            )
        elif fault["type"] == "missing":
            yield Problem(key="settings.missing_key", params={"key": where}, file=file)
        else:
            params = {"key": where, "value": repr(fault["input"])[:80], "why": fault["msg"]}
            yield Problem(key="settings.bad_value", params=params, file=file)


def _known_keys(loc: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in loc:
        if part.isdigit():
            continue
        if part == "seasons":
            model = Season
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
