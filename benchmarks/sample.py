"""Making and writing a sample: a dozen invented communes, and the whole country."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks import Case, Size
from benchmarks.__main__ import REAL_DATA
from geoparty.read import read_communes
from geoparty.sample import Sample, invent_communes, make_sample, write_sample

SEED = 1
PLACES_PER_COMMUNE = 27


def _invented(size: Size) -> gpd.GeoDataFrame:
    return invent_communes(12 if size == "small" else 60, seed=SEED)


def _country(size: Size) -> gpd.GeoDataFrame:
    del size
    return read_communes(REAL_DATA / "boundaries" / "communes_vn.parquet").frame


def _make(communes: gpd.GeoDataFrame) -> Sample:
    return make_sample(communes, places_per_commune=PLACES_PER_COMMUNE, seed=SEED)


def _make_and_write(communes: gpd.GeoDataFrame) -> Sample:
    made = make_sample(communes, places_per_commune=PLACES_PER_COMMUNE, seed=SEED, messy=True)
    with tempfile.TemporaryDirectory() as folder:
        write_sample(made, Path(folder))
    return made


def _is_right(communes: gpd.GeoDataFrame, made: Sample) -> bool:
    """As many places as asked for, each in its own commune and no other; counts of all."""
    polygons = made.communes.geometry.to_numpy()
    points = shapely.STRtree(made.places.geometry.to_numpy())
    commune, place = points.query(polygons, predicate="intersects")
    once = np.array_equal(np.sort(place), np.arange(len(made.places)))
    own = made.communes.index.to_numpy()[commune] == made.places["commune_code"].to_numpy()[place]
    asked = len(communes) * PLACES_PER_COMMUNE
    return bool(once and own.all() and len(made.places) == asked == len(made.counts))


CASES = [
    Case(name="invented_messy_written", build=_invented, run=_make_and_write, check=_is_right),
    Case(
        name="whole_country",
        build=_country,
        run=_make,
        check=_is_right,
        sizes=("full",),
        needs_real_data=True,
    ),
]
