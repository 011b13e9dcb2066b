"""Places and counts matched to communes and places, every row accounted for."""

from geoparty.link.counts import link_counts
from geoparty.link.linked import Linked
from geoparty.link.matching import Match, match
from geoparty.link.names import name_key, name_keys
from geoparty.link.places import link_places

__all__ = ["Linked", "Match", "link_counts", "link_places", "match", "name_key", "name_keys"]
