"""Change over time to take away: ``progress.csv``, ``progress.xlsx``, ``progress.geojson``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import files, words
from geoparty.assess import Progress
from geoparty.present import geojson, labels, progress_book, tables
from geoparty.words import Language

CHANGE_COLUMNS = (
    "place_id",
    "place_id_before",
    "place_id_after",
    "place_name",
    "place_kind",
    "commune_code",
    "commune_name",
    "province_code",
    "province_name",
    "date_before",
    "date_after",
    "change",
    "why",
    "level_before",
    "level_after",
    "related",
    "is_renamed",
    "is_moved",
    "place_name_before",
    "commune_code_before",
    "commune_name_before",
)
"""Properties of ``progress.geojson``."""


def write_progress(
    progress: Progress, places: gpd.GeoDataFrame, out: Path, *, run: Mapping[str, Any]
) -> list[Path]:
    """Write the three files into a folder and return their paths.

    Files are written beside their place and moved there together; see :func:`progress_files`.

    Raises
    ------
    InputError
        The folder cannot be written, the disk is full, or a file is open elsewhere.
    """
    with files.batch(out) as batch:
        for name, data in progress_files(progress, places, run=run).items():
            batch.write(name, data)
    return [out / name for name in batch.names]


def progress_files(
    progress: Progress, places: gpd.GeoDataFrame, *, run: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return the files by name.

    ``progress.csv`` has every indicator of every date and area, one a line, with numerator,
    denominator and how many places reported; ``progress.xlsx`` a summary, the balances, the
    places that changed, the indicators and the outlook, in the language of the run;
    ``progress.geojson`` every place with what became of it between the two dates compared.

    Parameters
    ----------
    progress
        :func:`geoparty.assess.track`.
    places
        Index ``place_id``, with geometry (None where not known): for the map.
    run
        ``settings`` (language, is_synthetic) and ``written_at``, as in ``run.json``.
    """
    language = labels.language_of(run)
    changes = changes_frame(progress, places)
    note = labels.note(run, language)
    return {
        "progress.csv": tables.csv_bytes(indicator_table(progress, language, note=note)),
        "progress.xlsx": progress_book.book_bytes(progress, changes, run=run),
        "progress.geojson": geojson.feature_collection(
            changes.assign(is_synthetic=True) if labels.is_synthetic(run) else changes, note=note
        ),
    }


def indicator_table(
    progress: Progress, language: Language, *, note: str | None = None
) -> pd.DataFrame:
    """Return the indicators with their names in words beside the coded columns."""
    table = progress.indicators.copy()
    at = table.columns.get_loc("indicator") + 1
    table.insert(at, "indicator_name", table["indicator"].map(indicator_names(language)))
    table["percent"] = table["percent"].round(3)
    return table.assign(note=note) if note else table


def indicator_names(language: Language) -> dict[str, str]:
    """Return the name of every indicator.

    Examples
    --------
    >>> indicator_names("en")["no_cell"]
    'Places without a cell'
    """
    known = words.catalogue("assess")
    return {
        key.removeprefix("ind_"): entry[language]
        for key, entry in known.items()
        if key.startswith("ind_")
    }


def changes_frame(progress: Progress, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what became of each place with its name, commune and point.

    A place that is no longer listed keeps the name and commune it had; ``<column>_before`` is
    what a renamed or moved one had. Empty where there is only one date.
    """
    if progress.comparison is None or progress.compared is None:
        empty = pd.DataFrame(columns=list(CHANGE_COLUMNS))
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=places.crs))
    after, before = progress.comparison.after, progress.comparison.before
    changes = progress.comparison.changes.copy()
    for name in CHANGE_COLUMNS:
        if name in after.columns and name not in changes.columns:
            now = after[name].reindex(changes["place_id_after"]).array
            was = before[name].reindex(changes["place_id_before"]).array
            was = pd.Series(was, index=changes.index)
            changes[name] = pd.Series(now, index=changes.index).fillna(was)
            if f"{name}_before" in CHANGE_COLUMNS:
                other = (was != changes[name]).fillna(False) & was.notna()
                changes[f"{name}_before"] = was.where(other)
    first, last = progress.compared
    changes = changes.assign(date_before=first.isoformat(), date_after=last.isoformat())
    geometry = places.geometry.reindex(changes.index)
    frame = changes.reset_index().reindex(columns=list(CHANGE_COLUMNS))
    return gpd.GeoDataFrame(frame, geometry=geometry.to_numpy(), crs=places.crs)
