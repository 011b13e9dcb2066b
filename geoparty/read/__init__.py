"""Any format in, clean frames out: the only stage that opens input files."""

from geoparty.read.boundaries import read_border, read_communes
from geoparty.read.counts import read_counts
from geoparty.read.coverage import Coverage, measure_coverage, repair_coverage
from geoparty.read.crosswalk import read_crosswalk
from geoparty.read.lineage import read_lineage
from geoparty.read.overrides import OVERRIDES, read_overrides
from geoparty.read.places import read_centres, read_places
from geoparty.read.recognise import recognise
from geoparty.read.roads import read_edits, read_roads, read_streams
from geoparty.read.terrain import LandCover, Terrain, read_land_cover, read_terrain

__all__ = [
    "OVERRIDES",
    "Coverage",
    "LandCover",
    "Terrain",
    "measure_coverage",
    "read_border",
    "read_centres",
    "read_communes",
    "read_counts",
    "read_crosswalk",
    "read_edits",
    "read_land_cover",
    "read_lineage",
    "read_overrides",
    "read_places",
    "read_roads",
    "read_streams",
    "read_terrain",
    "recognise",
    "repair_coverage",
]
