"""Minutes by season over roads, terrain and crossings."""

from geoparty.travel.checks import NetworkCheck, network_check, unmeasured
from geoparty.travel.crossings import Crossings, crossings
from geoparty.travel.edits import apply_edits, edits_on_roads
from geoparty.travel.minutes import network_minutes, od_minutes, paired_minutes
from geoparty.travel.network import Network, build_network
from geoparty.travel.raster import raster_minutes, terrain_minutes
from geoparty.travel.report import TravelReport, isolation_level, model, travel_report
from geoparty.travel.routes import routes
from geoparty.travel.surface import Surface, isochrones, minutes_surface

__all__ = [
    "Crossings",
    "Network",
    "NetworkCheck",
    "Surface",
    "TravelReport",
    "apply_edits",
    "build_network",
    "crossings",
    "edits_on_roads",
    "isochrones",
    "isolation_level",
    "minutes_surface",
    "model",
    "network_check",
    "network_minutes",
    "od_minutes",
    "paired_minutes",
    "raster_minutes",
    "routes",
    "terrain_minutes",
    "travel_report",
    "unmeasured",
]
