"""Everything a project file says."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from geoparty.errors import Problem, SettingsError
from geoparty.settings.classes import Classes
from geoparty.settings.rules import ProgressRules, Rules
from geoparty.settings.tables import Frozen
from geoparty.settings.travel import DRY, WET, Season, Travel


class Map(Frozen):
    """What the map of the app shows beneath the project's own data."""

    tiles_url: str | None = Field(None, pattern=r"^https?://[^\s\"'<>]*\{z\}[^\s\"'<>]*$")
    """Address of a tile server, "http://localhost:8080/{z}/{x}/{y}.png"; without one the map
    asks nobody. Whoever runs the server sees which tiles are looked at."""
    tiles_attribution: str = ""
    """Whose map it is, shown in its corner."""


_Layer = Literal["communes", "places", "centres", "border", "roads", "streams", "edits"]


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
    crs: dict[Literal[_Layer, "terrain", "land_cover"], str] = Field(default_factory=dict)
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
