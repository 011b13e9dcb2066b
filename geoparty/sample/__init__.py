"""Synthetic projects on any commune polygons, and templates for new ones."""

from geoparty.sample.frames import Sample
from geoparty.sample.invent import invent_communes
from geoparty.sample.make import make_sample
from geoparty.sample.new import write_new
from geoparty.sample.write import write_committed, write_sample

__all__ = [
    "Sample",
    "invent_communes",
    "make_sample",
    "write_committed",
    "write_new",
    "write_sample",
]
