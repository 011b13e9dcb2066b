"""What people take away: GeoJSON, Excel, maps, reports, in their language."""

from geoparty.present.geojson import feature_collection
from geoparty.present.outputs import map_html, write_outputs

__all__ = ["feature_collection", "map_html", "write_outputs"]
