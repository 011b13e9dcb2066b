"""Everything of a sample, made in the order things depend on each other."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoparty import read, schema
from geoparty.errors import ArgumentError, Problem
from geoparty.sample.border import invent_border, list_border, near_border
from geoparty.sample.counts import make_counts
from geoparty.sample.frames import Sample
from geoparty.sample.invent import PROVINCES
from geoparty.sample.land import Land, make_land, stream_lines
from geoparty.sample.messy import make_messy
from geoparty.sample.noise import Floats
from geoparty.sample.places import DECIMALS, make_places
from geoparty.sample.roads import make_roads

REMOTE_KM = 25.0
"""A place this far from its centre, in straight line, is as remote as any."""
DISADVANTAGED_SHARE = 0.4


def make_sample(
    communes: gpd.GeoDataFrame,
    *,
    places_per_commune: int = 30,
    seed: int = 1,
    n_snapshots: int = 1,
    messy: bool = False,
    border: gpd.GeoDataFrame | None = None,
    crosswalk: pd.DataFrame | None = None,
) -> Sample:
    """Return a made-up project on commune polygons, the same for the same seed.

    Parameters
    ----------
    communes
        Polygons with a CRS and the columns of ``schema.COMMUNES`` (``commune_code`` may be the
        index), as ``read_communes`` or :func:`invent_communes` give them. Overlaps, holes and
        several parts are fine: every place lies inside its own commune and no other.
    places_per_commune
        Mean number of places, schools and offices included; at least one in each commune.
    n_snapshots
        Years of counts, the last on 31 December 2025; new places have none of before.
    messy
        Also give the tables as an office would have typed them, and what is wrong in them.
    border
        Lines of the land border; without it the western side of the outline, said to be invented.
    crosswalk
        Communes of before July 2025 that some rows of a messy table name; the bundled one if
        not given.

    Raises
    ------
    ArgumentError
        No communes, no CRS, or columns are missing.

    Examples
    --------
    >>> from geoparty.sample import invent_communes
    >>> made = make_sample(invent_communes(3, seed=1), places_per_commune=4, seed=1)
    >>> len(made.places), len(made.counts), made.places.index[0]
    (12, 12, '98001-001')
    """
    communes = _checked(communes)
    border = invent_border(communes) if border is None else near_border(communes, border)
    land = make_land(communes.to_crs(communes.estimate_utm_crs()), seed=seed)
    places = make_places(communes, land, places_per_commune=places_per_commune, seed=seed)
    centres = _centres(communes, places)
    at, centre_at = (f.to_crs(land.crs).get_coordinates().to_numpy() for f in (places, centres))
    streams = stream_lines(land, seed=seed)
    roads = make_roads(land, centre_at, at, streams, seed=seed)
    centre_of = centre_at[centres.index.get_indexer(places["commune_code"])]
    remoteness = _remoteness(at, centre_of, land)
    communes = communes.assign(
        is_listed_border=list_border(communes, border, disagree=messy, seed=seed),
        is_disadvantaged=_disadvantaged(communes, places, remoteness),
    )
    counts = make_counts(places, remoteness, seed=seed, n_snapshots=n_snapshots)
    sample = Sample(
        name="Dự án giả lập · Synthetic sample",
        command=_command(communes, places_per_commune, seed, n_snapshots, messy=messy),
        communes=communes,
        centres=centres,
        border=border,
        places=places,
        counts=counts,
        roads=_to_degrees(roads),
        streams=_to_degrees(streams),
        terrain=_terrain(land),
    )
    return make_messy(sample, seed=seed, crosswalk=crosswalk) if messy else sample


def _command(
    communes: gpd.GeoDataFrame, mean: int, seed: int, n_snapshots: int, *, messy: bool
) -> str:
    """Return the command line that makes the sample again."""
    invented = communes["province_code"].isin([code for code, _ in PROVINCES]).all()
    source = f"--invented {len(communes)}" if invented else "--communes FILE"
    options = f"{source} --places-per-commune {mean} --seed {seed}"
    options += f" --snapshots {n_snapshots}" if n_snapshots > 1 else ""
    return f"geoparty sample . {options}{' --messy' if messy else ''}"


def _checked(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = communes.reset_index() if communes.index.name == "commune_code" else communes
    schema.require_columns(frame, ["commune_code", "commune_name", "geometry"], of="communes")
    if not len(frame) or frame.crs is None:
        raise ArgumentError(Problem(key="sample.no_communes"))
    frame = schema.conform(frame, schema.COMMUNES).set_index("commune_code").to_crs(schema.CRS)
    return frame[[c for c in schema.COMMUNES if c != "commune_code"] + ["geometry"]]


def _centres(communes: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return each commune's office, or where it has none its first place."""
    seat = places.assign(first=places["place_kind"].ne("office"))
    seat = seat.sort_values(["commune_code", "first"], kind="stable")
    seat = seat.drop_duplicates("commune_code").set_index("commune_code").reindex(communes.index)
    return gpd.GeoDataFrame(
        {"commune_name": communes["commune_name"]}, geometry=seat.geometry, crs=places.crs
    )


def _remoteness(at: Floats, centre: Floats, land: Land) -> Floats:
    """Return distance from the centre and height above it, 0 to 1."""
    km = np.hypot(*(at - centre).T) / 1000
    climb = land.elevation_m[land.nodes_at(at)] - land.elevation_m[land.nodes_at(centre)]
    return np.asarray(np.clip(km / REMOTE_KM + np.maximum(climb, 0) / 2500, 0, 1))


def _disadvantaged(
    communes: gpd.GeoDataFrame, places: gpd.GeoDataFrame, remoteness: Floats
) -> pd.Series:
    """Return what is given, else the remoter communes, never a phường."""
    if communes["is_disadvantaged"].notna().any():
        return communes["is_disadvantaged"]
    mean = pd.Series(remoteness).groupby(places["commune_code"].to_numpy()).mean()
    mean = mean.reindex(communes.index).fillna(0)
    limit = mean.quantile(1 - DISADVANTAGED_SHARE)
    rural = communes["commune_type"].ne("phường").fillna(True)
    return ((mean > limit) & rural).astype("boolean")


def _to_degrees(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return EPSG:4326 at six decimals; equal points stay equal, so junctions stay junctions."""
    frame = lines.to_crs(schema.CRS)
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, DECIMALS))
    return frame.set_geometry(gpd.GeoSeries(rounded, index=frame.index, crs=schema.CRS))


def _terrain(land: Land) -> read.Terrain:
    grid = np.full(land.node.shape, np.nan, dtype=np.float32)
    grid[land.node >= 0] = np.round(land.elevation_m)
    crs: Any = pyproj.CRS.from_user_input(land.crs)
    return read.Terrain(grid, land.transform, crs)
