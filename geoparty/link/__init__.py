"""Places and counts matched to communes and places, every row accounted for."""

from geoparty.link.counts import link_counts
from geoparty.link.crosswalk import bundled_crosswalk
from geoparty.link.linked import Linked
from geoparty.link.matching import DECIDED_OUT, Match, match
from geoparty.link.names import name_key, name_keys
from geoparty.link.overrides import save_override, unused_decisions
from geoparty.link.places import link_places
from geoparty.link.review import review

__all__ = [
    "DECIDED_OUT",
    "Linked",
    "Match",
    "bundled_crosswalk",
    "link_counts",
    "link_places",
    "match",
    "name_key",
    "name_keys",
    "review",
    "save_override",
    "unused_decisions",
]
