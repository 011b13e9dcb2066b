"""Travel by season as files: minutes, cut-off groups, crossings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geoparty import files
from geoparty.present.geojson import feature_collection
from geoparty.present.tables import csv_bytes
from geoparty.schema import Results

if TYPE_CHECKING:
    from geoparty.travel import Crossings


def write_travel(results: Results, crossings: Crossings, out: Path) -> list[Path]:
    """Write ``travel.csv``, ``crossings.geojson`` and two tables of crossings.

    ``travel.csv`` has a row a place with its minutes by season and the group it is cut off in;
    no way through is written ``inf``, not measured is empty.

    Raises
    ------
    InputError
        The folder cannot be written, the disk is full, or a file is open elsewhere.
    """
    places = results.places
    minutes = [c for c in places.columns if "_min_" in c or c.startswith("is_cut_off_")]
    named = ["place_name", "commune_code", "commune_name", *minutes]
    table = pd.DataFrame(places[named]).assign(cut_off_group=crossings.groups).reset_index()
    with files.batch(out) as batch:
        batch.write("travel.csv", csv_bytes(table))
        batch.write("crossings.geojson", feature_collection(crossings.frame))
        batch.write("crossings_places.csv", csv_bytes(crossings.places))
        batch.write("crossings_best.csv", csv_bytes(crossings.best.reset_index()))
    return [out / name for name in batch.names]
