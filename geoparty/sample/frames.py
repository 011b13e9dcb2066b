"""What the generator gives: one frame per input of a project."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geoparty.read import Terrain


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A made-up project, in frames with the columns of ``schema``.

    ``communes``, ``centres`` and ``places`` are indexed by code and id; all geometry is
    EPSG:4326. ``places`` and ``counts`` are always clean. With ``messy=True``, ``tables``
    holds what an office would have typed instead (``places`` and ``counts``, all text, total
    and repeated rows among them) and ``truth`` says, for each of those rows, which place it
    is (``place_id``, missing for totals) and which defects were planted (``defects``, joined
    by ``;``).
    """

    name: str
    command: str
    """The command that makes it again."""
    communes: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame
    border: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    counts: pd.DataFrame
    roads: gpd.GeoDataFrame
    streams: gpd.GeoDataFrame
    terrain: Terrain
    tables: dict[str, pd.DataFrame] | None = None
    truth: pd.DataFrame | None = None
