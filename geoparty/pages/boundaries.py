"""Commune shapes for the map: simplified together, packed small, served by this server.

Only boundaries and lines of the land go this way; places and counts travel on the session's
own channel.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import streamlit as st
import streamlit.components.v1 as components

from geoparty.pages import gate
from geoparty.present import maps
from geoparty.schema import Results

_NAME = "geoparty_map"


@st.cache_resource(show_spinner=False)
def folder() -> Path:
    """Return the folder this server serves map files from, with Leaflet and our layer in it."""
    where = Path(tempfile.mkdtemp(prefix="geoparty-map-"))
    present = files("geoparty.present")
    for name in ("vendor/leaflet.js", "vendor/leaflet.css", "layer.js"):
        (where / Path(name).name).write_bytes(present.joinpath(name).read_bytes())
    return where


def address(name: str) -> str:
    """Return where the map's frame finds a file of :func:`folder`, on this server."""
    components.declare_component(_NAME, path=str(folder()))
    return f"../{__name__}.{_NAME}/{name}"


def publish(data: bytes, suffix: str, *, area: str) -> str:
    """Put a file where the map can fetch it, named by its content; return its address.

    On a shared server only people of the area get it.
    """
    name = f"{hashlib.sha256(data).hexdigest()[:20]}{suffix}"
    gate.boundaries().add(name, area)
    path = folder() / name
    if not path.exists():
        path.write_bytes(data)
    return address(name)


def packed(results: Results, communes: gpd.GeoDataFrame) -> bytes:
    """Return communes and the lines among them as the map layer reads them, compressed.

    ``communes`` keep their order; the layer's messages speak of them by position.
    """
    data = maps.geo(
        communes,
        border=results.border,
        roads=results.roads,
        streams=results.streams,
        terrain=results.terrain,
        around=results.communes,
    )
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 6, mtime=0)
