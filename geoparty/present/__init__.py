"""What people take away: GeoJSON, Excel, maps, reports, in their language."""

from geoparty.present.geojson import feature_collection
from geoparty.present.geopackage import geopackage_bytes
from geoparty.present.kml import kml_bytes
from geoparty.present.outputs import map_html, write_outputs
from geoparty.present.tables import csv_bytes

__all__ = [
    "csv_bytes",
    "feature_collection",
    "geopackage_bytes",
    "kml_bytes",
    "map_html",
    "write_outputs",
]
