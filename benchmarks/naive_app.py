"""A province the plain folium way: one object a commune and a place, values in the script.

Leaflet comes from this server, for there may be no internet; everything else is as in the
introductions to folium and streamlit-folium.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

import folium
import streamlit as st
from streamlit_folium import st_folium

from geoparty.pages.boundaries import address, folder
from geoparty.present.palette import LEVEL_COLOURS

_DOLLAR = "window.$ = html => [new Range().createContextualFragment(html.trim()).firstChild];"
"""All that folium's popups ask of jQuery."""


@st.cache_resource(show_spinner=False)
def results() -> Any:  # noqa: ANN401 - schema.Results
    """Return the results beside the project."""
    return pickle.loads(Path(sys.argv[-1], "results.pickle").read_bytes())  # noqa: S301 - our own


def drawn(province: str) -> folium.Map:
    """Return the map of a province."""
    communes, places = results().communes, results().places
    chosen = folium.Map(location=(16.2, 106.3), zoom_start=6, tiles=None, prefer_canvas=True)
    (folder() / "dollar.js").write_text(_DOLLAR)
    chosen.default_js = [(name, address(f"{name}.js")) for name in ("leaflet", "dollar")]
    chosen.default_css = [("leaflet_css", address("leaflet.css"))]
    own = communes[communes["province_code"].eq(province)]
    folium.GeoJson(
        own[["commune_name", "geometry"]],
        style_function=lambda feature: {"fillColor": "#fbe9bf", "weight": 1},
        tooltip=folium.GeoJsonTooltip(["commune_name"]),
    ).add_to(chosen)
    rows = places[places["province_code"].eq(province) & places["gap_level"].ne("covered")]
    for row in rows.itertuples():
        folium.CircleMarker(
            (row.geometry.y, row.geometry.x),
            radius=4,
            color=LEVEL_COLOURS[row.gap_level],
            fill=True,
            tooltip=row.place_name,
            popup=f"{row.place_name}<br>{row.gap_level}<br>{row.members}, {row.candidates}",
        ).add_to(chosen)
    west, south, east, north = own.total_bounds
    chosen.fit_bounds([[south, west], [north, east]])
    return chosen


def page() -> None:
    """Show a province, and a button that goes to another."""
    st.set_page_config(layout="wide")
    first = st.query_params.get("province", "40")
    province = st.session_state.get("province", first)
    if st.button("other"):
        province = st.session_state["province"] = "38"
    st_folium(drawn(province), key="map", height=530, use_container_width=True)


if __name__ == "__main__":
    page()
