"""Minutes by season over roads, terrain and crossings."""

from geoparty.travel.minutes import nearest_minutes, od_minutes, paired_minutes
from geoparty.travel.network import Network, build_network

__all__ = ["Network", "build_network", "nearest_minutes", "od_minutes", "paired_minutes"]
