"""The map: one constant folium map; all that changes travels as one small message."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st
from folium.elements import JSCSSMixin
from folium.template import Template
from shapely import LineString, Point
from streamlit_folium import st_folium

from geoparty.pages.boundaries import address
from geoparty.pages.session import is_opening
from geoparty.present import maps
from geoparty.words import Language

HEIGHT = 520
_MOST_NAMES = 8000
_LEAST_DEG = 0.03
"""The map goes no nearer to what it shows than this to every side."""
_VIETNAM = ((8.4, 102.1), (23.4, 109.5))


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One class of places or of communes: how it is drawn, and what the legend says."""

    label: str
    colour: str
    shape: str | None = None
    size: float = 1.0
    hatch: bool = False


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Something beside the places, such as a crossing: where, what it is, what to say of it."""

    point: Point
    sign: Sign
    tip: str = ""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What one view shows. ``fill`` and ``kinds`` are positions in their signs, -1 leaves out.

    ``spots`` are drawn above the places and never chosen; ``paths`` are lines in degrees, thick.
    The map goes to ``focus`` where there is any, else to the communes filled.
    """

    geo: str
    language: Language
    aria: str
    title: str
    communes: gpd.GeoDataFrame
    fill: np.ndarray[Any, Any]
    fill_signs: Sequence[Sign]
    tips: Sequence[str]
    places: gpd.GeoDataFrame
    kinds: np.ndarray[Any, Any]
    kind_signs: Sequence[Sign]
    place_tips: Sequence[str] = ()
    marked: np.ndarray[Any, Any] | None = None
    pairs: np.ndarray[Any, Any] | None = None
    lines: Sequence[tuple[str, str]] = ()
    fill_title: str = ""
    spots: Sequence[Spot] = ()
    paths: Sequence[LineString] = ()
    focus: Sequence[Point] = ()


class Picture(NamedTuple):
    """A drawing as the layer reads it, but for what is chosen: it may be kept and shown again."""

    text: str
    serial: str
    ids: pd.Index


@dataclass(frozen=True, kw_only=True)
class Click:
    """What was clicked: a place by its id, or a commune with its province."""

    place_id: str | None = None
    commune_code: str | None = None
    province_code: str | None = None


class _Canvas(JSCSSMixin, folium.map.Layer):
    """The house's own map layer; its script never changes, so the map is never rebuilt."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "if (window.__GLOBAL_DATA__) window.__GLOBAL_DATA__.previous_data ="
        " {last_object_clicked_count: 0, last_active_drawing: null};"
        "var {{ this.get_name() }} = geoparty.mount({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__(name="geoparty", control=False)
        self._name = "GeopartyLayer"
        self.default_js = [("geoparty", address("layer.js"))]


class _Constant(folium.Map):
    """The constant map; it was rendered when it was made, and that stays."""

    def own(self) -> _Constant:
        """Return the same map to put one session's message on."""
        fresh = copy.copy(self)
        fresh._children = self._children.copy()  # noqa: SLF001 - a copy shares them
        return fresh

    def render(self, **kwargs: object) -> str:
        """Add nothing to the page: it is all there, and folium compiles what is added anew."""
        return ""


class _Group(folium.FeatureGroup):
    """The group the message travels in."""

    def render(self, **kwargs: object) -> str:
        """Add nothing to the page: the script of the group is taken by itself."""
        return ""


class _Message(folium.map.Layer):
    """One message to the layer, already JSON, in the shape of a folium layer."""

    _template = Template(
        "{% macro script(this, kwargs) %}geoparty.show({{ this.text }});{% endmacro %}"
    )

    def __init__(self, text: str) -> None:
        super().__init__(control=False)
        self._name = "GeopartyMessage"
        self.text = text

    def render(self, **kwargs: object) -> str:
        """Add nothing to the page: the message is the script."""
        return ""


def show(picture: Picture, *, tiles: dict[str, str] | None = None, key: str = "map") -> None:
    """Draw a view; a click on it is read by :func:`take_click` in the run that follows."""
    st.session_state["_map_ids"] = (picture.serial, picture.ids)
    place = st.session_state.get("place")
    point = int(picture.ids.get_loc(place)) if place in picture.ids else None
    selected = {"commune": st.session_state.get("commune"), "point": point}
    chosen = maps.script_json({"selected": selected, "tiles": tiles, "tell": is_opening()})
    group = _Group(control=False)
    _Message(f"{picture.text[:-1]},{chosen[1:]}").add_to(group)
    st_folium(
        _base().own(),
        render=False,
        key=key,
        height=HEIGHT,
        use_container_width=True,
        feature_group_to_add=group,
        returned_objects=["last_object_clicked_count", "last_active_drawing"],
    )


def take_click(key: str = "map") -> Click | None:
    """Return a click made since the last run, once."""
    event = st.session_state.get(key) or {}
    said = (event.get("last_active_drawing") or {}).get("properties") or {}
    if not said or said.get("at") == st.session_state.get("_map_seen"):
        return None
    st.session_state["_map_seen"] = said.get("at")
    if said.get("kind") == "commune":
        return Click(commune_code=str(said.get("code")), province_code=str(said.get("province")))
    serial, ids = st.session_state.get("_map_ids", ("", []))
    at = said.get("id")
    if said.get("message") != serial or not isinstance(at, int) or not 0 <= at < len(ids):
        return None
    return Click(place_id=str(ids[at]))


def picture(drawing: Drawing) -> Picture:
    """Return a drawing as ``present/layer.js`` reads it."""
    places = drawing.places
    ids = "\n".join(map(str, places.index.to_numpy(object)))
    serial = hashlib.sha256(ids.encode()).hexdigest()[:12]
    is_shown = drawing.fill >= 0
    shown = drawing.communes.index[is_shown]
    near = [point.wkt for point in drawing.focus[:1]]
    message = {
        "serial": serial,
        "geo": drawing.geo,
        "fill": _letters(drawing.fill),
        "palette": [{"colour": s.colour, "hatch": s.hatch} for s in drawing.fill_signs],
        "tips": list(drawing.tips),
        "marks": None if drawing.marked is None else _letters(drawing.marked.astype(int)),
        "points": _points(drawing) if len(places) else None,
        "kinds": [
            {"colour": s.colour, "shape": s.shape, "size": s.size}
            for s in (*drawing.kind_signs, *_spot_signs(drawing))
        ],
        "spots": _spots(drawing),
        "paths": [{"r": np.round(shapely.get_coordinates(p), 5).tolist()} for p in drawing.paths],
        "pairs": None if drawing.pairs is None else np.round(drawing.pairs, 5).tolist(),
        "view": "/".join([drawing.geo, *shown[:1], *shown[-1:], str(len(shown)), *near]),
        "bounds": _bounds(drawing.communes.geometry.to_numpy()[is_shown])
        if not near
        else _around(drawing.focus),
        "legend": {"title": drawing.title, "rows": _legend(drawing)},
        "aria": drawing.aria,
        "words": maps.spoken(drawing.language),
    }
    return Picture(maps.script_json(message), serial, places.index)


@st.cache_resource(show_spinner=False)
def _base() -> _Constant:
    """Return the constant map: no tiles, Leaflet and the layer from this server."""
    base = _Constant(
        location=(16.2, 106.3),
        zoom_start=6,
        tiles=None,
        zoomSnap=0.1,
        minZoom=4,
        maxZoom=17,
        zoomAnimation=False,
    )
    base.default_js = [("leaflet", address("leaflet.js"))]
    base.default_css = [("leaflet_css", address("leaflet.css"))]
    canvas = _Canvas()
    canvas.add_to(base)
    base._id, canvas._id = "div", "div_0"  # noqa: SLF001 - the names st_folium would give them
    folium.Map.render(base)  # type: ignore[no-untyped-call]
    return base


def _letters(values: np.ndarray[Any, Any]) -> str:
    """Return small numbers as letters from "0"; negative ones as "-"."""
    codes = np.where(values < 0, ord("-"), values + ord("0")).astype(np.uint8)
    return codes.tobytes().decode("ascii")


def _points(drawing: Drawing) -> dict[str, Any]:
    """Return the points; every place has one, so that positions are ids enough."""
    points = maps.points(drawing.places.geometry.to_numpy(), drawing.place_tips, drawing.kinds)
    keys = ("x", "y", "k", "n") if len(drawing.places) <= _MOST_NAMES else ("x", "y", "k")
    return {key: points[key] for key in keys}


def _spot_signs(drawing: Drawing) -> list[Sign]:
    return list(dict.fromkeys(spot.sign for spot in drawing.spots))


def _spots(drawing: Drawing) -> dict[str, Any] | None:
    """Return the spots as points of their own; their signs follow those of the places."""
    if not drawing.spots:
        return None
    signs, first = _spot_signs(drawing), len(drawing.kind_signs)
    kinds = [first + signs.index(spot.sign) for spot in drawing.spots]
    shapes = np.array([spot.point for spot in drawing.spots], dtype=object)
    points = maps.points(shapes, [spot.tip for spot in drawing.spots], kinds)
    return {key: points[key] for key in ("x", "y", "k", "n")}


def _bounds(shapes: np.ndarray[Any, Any]) -> list[list[float]]:
    if not len(shapes):
        return [list(corner) for corner in _VIETNAM]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return [[south, west], [north, east]]


def _around(points: Sequence[Point]) -> list[list[float]]:
    west, south, east, north = shapely.MultiPoint(list(points)).buffer(_LEAST_DEG).bounds
    return [[south, west], [north, east]]


def _legend(drawing: Drawing) -> list[dict[str, Any]]:
    """Return the rows of the legend; classes that do not occur are left out."""
    present = set(pd.unique(drawing.kinds)) if len(drawing.places) else set()
    rows: list[dict[str, Any]] = [
        {"label": s.label, "colour": s.colour, "shape": s.shape}
        for i, s in enumerate(drawing.kind_signs)
        if i in present
    ]
    rows += [{"label": s.label, "colour": s.colour, "shape": s.shape} for s in _spot_signs(drawing)]
    fills = set(pd.unique(drawing.fill))
    if drawing.fill_title:
        rows.append({"label": drawing.fill_title, "heading": True})
    rows += [
        {"label": s.label, "colour": s.colour, "hatch": s.hatch}
        for i, s in enumerate(drawing.fill_signs)
        if i in fills
    ]
    styles = {
        "border": ("#7a1f5c", 3, [9, 4, 2, 4]),
        "road": ("#7a4f16", 1.6, []),
        "stream": ("#6ba3d6", 1.4, []),
        "marked": ("#7a1f5c", 2.4, []),
        "pair": ("#333", 1, [4, 3]),
    }
    for kind, label in drawing.lines:
        colour, width, dash = styles[kind]
        rows.append({"label": label, "colour": colour, "line": width, "dash": dash})
    return rows
