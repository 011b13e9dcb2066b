"""Roads that say what cannot be used: what is assumed of them, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty.errors import Problem
from geoparty.settings import MODES, Season, Travel
from geoparty.travel.speeds import names


def find_doubts(
    roads: gpd.GeoDataFrame, seasons: tuple[Season, ...], travel: Travel
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the doubtful roads (what, detail, geometry in the roads' CRS), and the problems.

    ``what``: "unknown_class", "unknown_surface" (taken as the settings say), "zero_length" (left
    out), "unknown_season", "unknown_mode" (the word is passed over). Classes and surfaces that
    most of a layer lacks are counted, and told; each road is in the layer all the same.
    """
    found: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for what, wrong, detail, params in _checks(roads, seasons, travel):
        n = int(wrong.sum())
        if not n:
            continue
        part = pd.DataFrame({"what": what, "geometry": roads.geometry.to_numpy()[wrong]})
        found.append(part.assign(detail=detail[wrong].to_numpy()))
        words = sorted({str(d) for d in detail[wrong].dropna()} - {""})
        said = {"n": n, "total": len(roads), "words": ", ".join(words[:8]), **params}
        problems.append(Problem(key=f"travel.{what}", params=said, severity="warning"))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame({"geometry": []})
    layer = table.reindex(columns=["what", "detail", "geometry"])
    return gpd.GeoDataFrame(layer, geometry="geometry", crs=roads.crs), problems


def _checks(
    roads: gpd.GeoDataFrame, seasons: tuple[Season, ...], travel: Travel
) -> Iterator[tuple[str, np.ndarray[Any, Any], pd.Series[Any], dict[str, str]]]:
    """Yield each kind of doubt, the roads it is about, what they say, and what is assumed."""
    default = {"default": travel.default_class}
    road_class, surface = roads["road_class"], roads["surface"]
    unknown = ~road_class.isin(list(travel.speed_kph)).to_numpy()
    yield "unknown_road_class", unknown, road_class, default
    unknown = ~surface.isin(list(travel.surface_factor)).to_numpy()
    yield "unknown_surface", unknown, surface, default
    length = shapely.length(roads.geometry.to_numpy())
    nothing = pd.Series("", index=roads.index)
    yield "zero_length", ~(length > 0), nothing, {}
    known = {season.name for season in seasons}
    for column in ("closed_seasons", "open_seasons"):
        yield "unknown_road_season", *_unknown(roads, column, known), {"column": column}
    yield "unknown_road_mode", *_unknown(roads, "barred_modes", set(MODES)), {}


def _unknown(
    roads: gpd.GeoDataFrame, column: str, known: set[str]
) -> tuple[np.ndarray[Any, Any], pd.Series[Any]]:
    """Return which roads name something not known in a column of names, and what."""
    if column not in roads or roads[column].isna().all():
        return np.zeros(len(roads), bool), pd.Series("", index=roads.index)
    said = roads[column].map(
        lambda text: "; ".join(n for n in names(text) if n not in known), na_action="ignore"
    )
    said = said.fillna("")
    return (said != "").to_numpy(), said
