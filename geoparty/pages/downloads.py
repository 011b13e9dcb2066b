"""Downloads of exactly what a table holds, in the formats people ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from geoparty import words
from geoparty.pages import gate, signin
from geoparty.pages.mapview import Sign
from geoparty.pages.speech import number, say
from geoparty.pages.table import shown
from geoparty.pages.view import View
from geoparty.present import (
    Folders,
    Legend,
    csv_bytes,
    feature_collection,
    geopackage_bytes,
    kml_bytes,
    labels,
)
from geoparty.present.reasons import REASONS, with_reasons

_OF_PLACE = (
    "place_id",
    "place_name",
    "place_kind",
    "commune_code",
    "commune_name",
    "province_code",
    "members",
    "cell_status",
    "candidates",
    "gap_level",
    "risk_reasons",
    "has_local_members",
    "is_border",
    "is_disadvantaged",
)
_OF_SEASON = ("centre_min", "cell_min", "is_cut_off")
_HEADINGS = {
    "gaps": "gaps_heading",
    "border": "border_heading",
    "isolation": "isolation_heading",
    "class": "classes_heading",
}
"""What a phone calls the places of a file, by the first word of its name."""
_TYPES = {
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "kml": "application/vnd.google-earth.kml+xml",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html",
}


Foldered = Callable[[gpd.GeoDataFrame], Folders]
"""Tells how places are grouped for a phone."""


@dataclass(frozen=True, kw_only=True)
class AsOnMap:
    """What stands on the map for each place, told in a column of its own and drawn in QGIS."""

    column: str
    names: Sequence[str]
    signs: Sequence[Sign]
    kinds: Callable[[gpd.GeoDataFrame], npt.NDArray[np.int64]]
    """Positions in ``names`` and ``signs``, for places."""

    def folders(self, places: gpd.GeoDataFrame) -> Folders:
        """Return places grouped by what stands on the map."""
        kinds = self.kinds(places)
        colours = np.array([sign.colour for sign in self.signs], dtype=object)
        names = [sign.label for sign in self.signs]
        return Folders(labels=names, of=kinds, colours=colours[kinds])

    def legend(self) -> Legend:
        """Return the signs by name."""
        told = {
            name: (sign.label, sign.colour, str(sign.shape))
            for name, sign in zip(self.names, self.signs, strict=True)
        }
        return Legend(self.column, told)


def offer(
    view: View,
    frame: gpd.GeoDataFrame,
    columns: Sequence[str],
    *,
    name: str,
    key: str,
    folders: Foldered | None = None,
    on_map: AsOnMap | None = None,
) -> None:
    """Offer a frame to those who may export: its rows, in its order, built when asked for."""
    is_place = "gap_level" in frame
    _offer(view, lambda: frame, columns, len(frame), is_place, folders, on_map, name=name, key=key)


def offer_places(
    view: View,
    *,
    name: str,
    key: str,
    on_map: AsOnMap | None = None,
) -> None:
    """Offer the places of a view, which are worked out only when asked for.

    ``on_map`` groups them for a phone and draws them in QGIS; by gap level where not given.
    """
    columns, n = place_columns(view), view.n_places
    folders = None if on_map is None else on_map.folders
    _offer(view, lambda: view.places, columns, n, True, folders, on_map, name=name, key=key)


def place_columns(view: View) -> tuple[str, ...]:
    """Return the properties of a place in GeoJSON, as in the outputs of a run."""
    seasons = [season.name for season in view.settings.seasons]
    of_season = [f"{stem}_{season}" for stem in _OF_SEASON for season in seasons]
    return (*_OF_PLACE, *of_season, "priority", REASONS)


def _offer(
    view: View,
    rows: Callable[[], gpd.GeoDataFrame],
    columns: Sequence[str],
    n: int,
    is_place: bool,
    folders: Foldered | None,
    on_map: AsOnMap | None,
    *,
    name: str,
    key: str,
) -> None:
    if not view.may("export"):
        return
    t = view.language
    made: dict[str, Callable[[], bytes]] = {
        "geojson": lambda: geojson(view, rows(), columns),
        "gpkg": lambda: geopackage(view, rows(), columns, name=name, on_map=on_map),
        "csv": lambda: csv(view, rows(), columns),
    }
    if is_place:
        made["kml"] = lambda: kml(view, rows(), name=name, folders=folders)
    with st.container(horizontal=True):
        for kind, make in made.items():
            label = say(f"download_{kind}", t, n=number(n, t))
            button(view, label, make, file=f"{name}.{kind}", key=f"{key}_{kind}")


def offer_list(
    view: View, shown: pd.DataFrame, frame: gpd.GeoDataFrame, *, name: str, key: str
) -> None:
    """Offer a list to those who may export: as it is on screen, and as shapes in its order."""
    if not view.may("export"):
        return
    t = view.language
    note = labels.note(view.results.run, t)
    made: dict[str, Callable[[], bytes]] = {
        "geojson": lambda: feature_collection(
            frame.assign(row=range(1, len(frame) + 1)), note=note
        ),
        "csv": lambda: csv_bytes(labels.worded(shown.reset_index(), t), language=t),
    }
    with st.container(horizontal=True):
        for kind, make in made.items():
            label = say(f"download_{kind}", t, n=number(len(shown), t))
            button(view, label, make, file=f"{name}.{kind}", key=f"{key}_{kind}")


def button(view: View, label: str, make: Callable[[], bytes], *, file: str, key: str) -> None:
    """Offer one file, made when it is asked for; what is taken out is logged."""

    def data() -> bytes:
        signin.log(view.who, "export", file, view.project.folder)
        return gate.made_for(view.who, make())

    st.download_button(
        label,
        data=data,
        file_name=file,
        mime=_TYPES[file.rpartition(".")[2]],
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )


def geojson(view: View, frame: gpd.GeoDataFrame, columns: Sequence[str]) -> bytes:
    """Return a frame as GeoJSON."""
    picked = _picked(view, frame, columns)
    names = [c for c in picked.columns if c != picked.geometry.name]
    return feature_collection(picked, names, note=labels.note(view.results.run, view.language))


def geopackage(
    view: View,
    frame: gpd.GeoDataFrame,
    columns: Sequence[str],
    *,
    name: str,
    on_map: AsOnMap | None = None,
) -> bytes:
    """Return a frame as a GeoPackage with a style for QGIS."""
    run, t = view.results.run, view.language
    layer = _picked(view, frame, columns)
    if on_map is not None:
        layer.insert(0, on_map.column, np.array(on_map.names, object)[on_map.kinds(frame)])
    legend = None if on_map is None else on_map.legend()
    return geopackage_bytes({name: layer}, legend=legend, language=t, note=labels.note(run, t))


def kml(
    view: View, frame: gpd.GeoDataFrame, *, name: str, folders: Foldered | None = None
) -> bytes:
    """Return places as KML for a phone, under the heading of their page."""
    run, t = view.results.run, view.language
    title = say(_HEADINGS[name.partition("_")[0]], t)
    return kml_bytes(
        frame,
        name=title,
        language=t,
        note=labels.note(run, t),
        run=run,
        folders=folders and folders(frame),
    )


def csv(view: View, frame: gpd.GeoDataFrame, columns: Sequence[str]) -> bytes:
    """Return a frame as CSV for Excel, headers and values in words."""
    picked, t = pd.DataFrame(_picked(view, frame, columns)), view.language
    table = shown(view, picked, columns)
    for name, header in zip((c for c in columns if c in picked), table.columns, strict=True):
        if pd.api.types.is_float_dtype(picked[name]) and np.isinf(picked[name]).any():
            no_way = words.text("present.no_way", t)
            table[header] = table[header].astype(object).mask(np.isinf(picked[name]), no_way)
    return csv_bytes(table, language=t)


def _picked(view: View, frame: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the columns of those that are there, the index among them if asked for."""
    if REASONS in columns:
        frame = with_reasons(frame, view.results.run, view.language)
    named = frame if frame.index.name in frame.columns else frame.reset_index()
    there = [c for c in columns if c in named.columns]
    return named[[*there, named.geometry.name]]
