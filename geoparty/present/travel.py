"""Travel by season as files: minutes, ways, rasters, cut-off groups, crossings, network check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty import files, travel
from geoparty.present import geojson, labels
from geoparty.present.geojson import feature_collection
from geoparty.present.tables import csv_bytes
from geoparty.schema import Results
from geoparty.settings import Season
from geoparty.words import Language

if TYPE_CHECKING:
    from geoparty.travel import Surface, TravelReport

DECIMALS = 3
"""Of minutes in CSV, as in GeoJSON."""
NO_DATA = -9999.0
"""In rasters: not measured, or no way through; the second band says which."""


@dataclass(frozen=True, kw_only=True)
class SeasonFiles:
    """What is told of one season: ways to the own centre, and minutes from everywhere."""

    season: Season
    routes: gpd.GeoDataFrame
    surface: Surface


def write_travel(
    results: Results, report: TravelReport, seasons: list[SeasonFiles], out: Path
) -> list[Path]:
    """Write everything about travel into a folder and return the paths.

    ``travel.csv`` and ``travel.geojson`` have a row a place: minutes by season, walked and
    ridden, level, what the season adds, group, what would open it, why not measured.
    ``routes_<season>.geojson``, ``minutes_<season>.tif`` (band 1 minutes; band 2: 1 measured,
    2 no way through, 0 not measured), ``isochrones_<season>.geojson``, ``crossings.geojson``,
    ``crossings_places.csv``, ``crossings_best.csv``, ``cut_off_groups.geojson``,
    ``network_check.geojson``, and ``travel.json`` with the speeds and seasons used and the
    model. No way through is written ``inf`` in CSV and null in GeoJSON.

    Raises
    ------
    InputError
        The folder cannot be written, the disk is full, or a file is open elsewhere.
    """
    language = labels.language_of(results.run)
    note = labels.note(results.run, language)
    table = places_table(results, report, seasons)
    layers = _layers(results, report, seasons, table)
    with files.batch(out) as batch:
        plain = pd.DataFrame(table.drop(columns="geometry"))
        batch.write("travel.csv", csv_bytes(plain.round(DECIMALS)))
        for name, frame in layers.items():
            if labels.is_synthetic(results.run):
                frame = frame.assign(is_synthetic=True)
            batch.write(f"{name}.geojson", feature_collection(frame, note=note))
        for name, by_season in (
            ("places", {s: c.places for s, c in report.crossings.items()}),
            ("best", {s: c.best.reset_index() for s, c in report.crossings.items()}),
        ):
            batch.write(f"crossings_{name}.csv", csv_bytes(_stacked(by_season).round(DECIMALS)))
        for one in seasons:
            data = geotiff(one.surface, note=note, season=one.season, values=report.used)
            batch.write(f"minutes_{one.season.name}.tif", data)
        batch.write("travel.json", _travel_json(results, report, batch.sha256(), language))
    return [out / name for name in batch.names]


def places_table(
    results: Results, report: TravelReport, seasons: list[SeasonFiles]
) -> gpd.GeoDataFrame:
    """Return a row a place with everything told of the way there, ``place_id`` first."""
    places = results.places
    flags = [c for c in places.columns if c.startswith("is_cut_off_")]
    table = places[["place_name", "commune_code", "commune_name", *flags]].copy()
    cells = [c for c in places.columns if c.startswith("cell_min_")]
    table[cells] = places[cells]
    table = table.join(report.places[[c for c in report.places if c not in table]])
    for one in seasons:
        for leg in ("walk_min", "ride_min"):
            table[f"{leg}_{one.season.name}"] = one.routes[leg].reindex(table.index)
    table["travel_model"] = report.model
    table["travel_mode"] = report.used["travel"]["mode"]
    return gpd.GeoDataFrame(table, geometry=places.geometry).reset_index()


def _layers(
    results: Results, report: TravelReport, seasons: list[SeasonFiles], table: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers to open in a GIS, by file name."""
    named = results.places[["place_name", "commune_code", "commune_name"]]
    crossing = {s: c.frame.reset_index() for s, c in report.crossings.items()}
    layers = {
        "travel": table,
        "crossings": gpd.GeoDataFrame(_stacked(crossing), geometry="geometry", crs=4326),
        "cut_off_groups": report.groups,
        "network_check": report.check.layer,
    }
    levels = report.used["travel"]["level_min"]
    for one in seasons:
        drawn = named.join(one.routes).set_geometry("geometry", crs=one.routes.crs)
        name = one.season.name
        layers[f"routes_{name}"] = drawn[drawn.geometry.notna()].reset_index()
        layers[f"isochrones_{name}"] = travel.isochrones(one.surface, tuple(levels))
    return {
        name: frame.assign(travel_model=report.model) if name != "travel" else frame
        for name, frame in layers.items()
    }


def _stacked(by_season: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the frames of the seasons under one another, the season first."""
    parts = [frame.assign(season=season) for season, frame in by_season.items()]
    whole = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    return whole[["season", *(c for c in whole if c != "season")]]


def geotiff(
    surface: Surface, *, note: str | None, season: Season, values: Mapping[str, Any]
) -> bytes:
    """Return minutes as a GeoTIFF of two bands: minutes, and whether there is a way."""
    import rasterio

    minutes = surface.travel_min
    reached = np.isfinite(minutes)
    state = np.where(reached, 1, np.where(np.isnan(minutes), 0, 2)).astype(np.float32)
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=minutes.shape[0],
            width=minutes.shape[1],
            count=2,
            dtype="float32",
            crs=surface.crs.to_wkt(),
            transform=surface.transform,
            nodata=NO_DATA,
            compress="deflate",
            predictor=3,
            tiled=True,
            blockxsize=256,
            blockysize=256,
        ) as raster:
            raster.write(np.where(reached, minutes, NO_DATA).astype(np.float32), 1)
            raster.write(state, 2)
            raster.set_band_description(1, f"travel_min_{season.name}")
            raster.set_band_description(2, "1 measured, 2 no way through, 0 not measured")
            raster.set_band_unit(1, "min")
            said = f"{season.label_vi} · {season.label_en}" + (f". {note}" if note else "")
            raster.update_tags(
                TIFFTAG_IMAGEDESCRIPTION=said,
                AREA_OR_POINT="Area",
                TRAVEL=json.dumps(values["travel"], ensure_ascii=False),
                SEASON=season.model_dump_json(),
            )
        return bytes(memory.read())


def _travel_json(
    results: Results, report: TravelReport, outputs: dict[str, str], language: Language
) -> bytes:
    record = {
        "project": results.run.get("project"),
        "is_synthetic": labels.is_synthetic(results.run),
        "note": labels.note(results.run, language),
        "as_of": results.run.get("as_of"),
        "inputs": results.run.get("inputs"),
        "model": report.model,
        **report.used,
        "components": report.check.components.to_dict("records"),
        "problems": [p.text(language) for p in report.check.problems],
        "outputs": outputs,
    }
    text = json.dumps(geojson.plain(record), ensure_ascii=False, allow_nan=False, indent=2)
    return f"{text}\n".encode()
