"""Villages, groups, schools, stations and offices inside their communes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty import schema
from geoparty.sample.land import Land
from geoparty.sample.names import institution_names, region_of, village_names
from geoparty.sample.noise import Floats, Ints, generator

DECIMALS = 6
NEW_SHARE, NEW_SINCE = 0.02, pd.Timestamp(2021, 1, 1)
"""Villages that are new, and since when."""
DRAWS_PER_PLACE = 8
ROUNDS = 6
SETTLEMENTS = ("village", "residential_group")
HOUSEHOLDS = {"village": (95.0, 0.45), "residential_group": (210.0, 0.4)}
"""Median and log deviation of households."""


def make_places(
    communes: gpd.GeoDataFrame, land: Land, *, places_per_commune: int, seed: int
) -> gpd.GeoDataFrame:
    """Return places inside their own commune and no other, named and peopled.

    ``communes`` is in EPSG:4326 with index ``commune_code``. Villages stand low and near
    water; schools, stations and the office stand in or near villages.
    """
    kinds = _kinds(communes, places_per_commune, generator(seed, "kinds"))
    points = _points(communes, kinds, land, generator(seed, "points"))
    frame = gpd.GeoDataFrame(kinds, geometry=points, crs=schema.CRS)
    frame["commune_code"] = communes.index.to_numpy()[frame["commune"]]
    frame["commune_name"] = communes["commune_name"].to_numpy()[frame["commune"]]
    frame["place_name"] = _names(communes, frame, land, generator(seed, "names"))
    serial = frame.groupby("commune").cumcount() + 1
    frame["place_id"] = frame["commune_code"] + "-" + serial.astype("str").str.zfill(3)
    frame["valid_from"] = _beginnings(frame["place_kind"], generator(seed, "new"))
    people = _people(frame["place_kind"], generator(seed, "people"))
    frame = pd.concat([frame.drop(columns="commune"), people], axis=1).set_index("place_id")
    columns = {k: v for k, v in schema.PLACES.items() if k != "place_id"}
    return schema.conform(frame, columns)[[*columns, "geometry"]]


def _kinds(communes: gpd.GeoDataFrame, mean: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of (commune position, place_kind): about ``mean`` a commune, villages first."""
    n = np.maximum(1, np.round(mean * rng.gamma(25, 1 / 25, len(communes)))).astype(int)
    n += _even_out(n, mean * len(communes))
    urban = communes["commune_type"].eq("phường").fillna(False).to_numpy()
    other = np.where(n < 5, 0, np.round(n * rng.uniform(0.17, 0.27, len(communes)))).astype(int)
    commune = np.repeat(np.arange(len(communes)), n)
    serial = np.arange(len(commune)) - np.repeat(np.cumsum(n) - n, n)
    after = serial - np.repeat(n - other, n)
    kind = np.where(np.repeat(urban, n), "residential_group", "village").astype(object)
    cycle = np.array(["office", "health_station", *["school"] * 3, "school", "school", "office"])
    kind[after >= 0] = cycle[after[after >= 0] % len(cycle)]
    return pd.DataFrame({"commune": commune, "place_kind": kind})


def _even_out(n: NDArray[Any], total: int) -> NDArray[Any]:
    """Return steps of one that bring the sum to ``total`` without leaving a commune empty."""
    short = total - int(n.sum())
    change = np.zeros(len(n), dtype=int)
    order = np.argsort(-n, kind="stable")
    for i in range(abs(short)):
        at = order[i % len(n)]
        if n[at] + change[at] + np.sign(short) >= 1:
            change[at] += np.sign(short)
    return change


def _points(
    communes: gpd.GeoDataFrame, kinds: pd.DataFrame, land: Land, rng: np.random.Generator
) -> NDArray[Any]:
    """Choose among many random spots, good ground first, none twice."""
    commune = kinds["commune"].to_numpy()
    need = np.bincount(commune, minlength=len(communes))
    spot_commune, spots = _spots(communes, need, rng)
    metres = gpd.GeoSeries(shapely.points(spots), crs=schema.CRS).to_crs(land.crs)
    key = _attraction(land, metres.get_coordinates().to_numpy())
    key += rng.gumbel(size=len(spots))
    order = np.lexsort([-key, spot_commune])
    place_at = np.cumsum(np.bincount(spot_commune, minlength=len(communes)))
    start = place_at - np.bincount(spot_commune, minlength=len(communes))
    serial = np.arange(len(commune)) - (np.cumsum(need) - need)[commune]
    chosen = spots[order[start[commune] + serial]]
    return np.asarray(
        shapely.points(_near_villages(chosen, kinds, communes.geometry.to_numpy(), rng))
    )


def _spots(communes: gpd.GeoDataFrame, need: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw points of which exactly one commune, theirs, holds each; enough for every commune."""
    polygons = communes.geometry.to_numpy()
    shapely.prepare(polygons)
    bounds = shapely.bounds(polygons)
    owners, found = [], []
    have = np.zeros(len(need), dtype=int)
    for _ in range(ROUNDS):
        short = np.nonzero(have < need * 2)[0]
        if not len(short):
            break
        owner = np.repeat(short, need[short] * DRAWS_PER_PLACE)
        low, high = bounds[owner, :2], bounds[owner, 2:]
        xy = np.round(low + rng.random((len(owner), 2)) * (high - low), DECIMALS)
        owner, xy = _held_once(polygons, xy)
        owners.append(owner)
        found.append(xy)
        have += np.bincount(owner, minlength=len(need))
    for i in np.nonzero(have < need)[0].tolist():
        owner, xy = _squeezed(polygons, i, need[i] - have[i], rng)
        owners.append(owner)
        found.append(xy)
    return np.concatenate(owners), np.concatenate(found)


def _held_once(polygons: NDArray[Any], xy: Floats) -> tuple[Ints, Floats]:
    point, polygon = _holders(polygons, xy)
    once = np.bincount(point, minlength=len(xy))[point] == 1
    return polygon[once], xy[point[once]]


def _squeezed(
    polygons: NDArray[Any], i: int, n: int, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Points of a commune too thin to hit by chance: on its triangles, overlaps taken out."""
    tree = shapely.STRtree(polygons)
    others = [j for j in tree.query(polygons[i]).tolist() if j != i]
    alone = shapely.difference(polygons[i], shapely.union_all(polygons[others]))
    alone = polygons[i] if alone.is_empty else alone
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(alone))
    area = shapely.area(triangles)
    pick = rng.choice(len(triangles), size=n, p=area / area.sum())
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[pick, :3]
    share = rng.dirichlet([2, 2, 2], size=n)
    return np.full(n, i), np.einsum("ij,ijk->ik", share, corners)


def _attraction(land: Land, xy: Floats) -> Floats:
    """Log weight of a spot: low ground and a stream near by draw people."""
    node = land.nodes_at(xy)
    height = np.where(node >= 0, land.elevation_m[node], land.elevation_m.max())
    water = np.where(node >= 0, np.log(np.maximum(land.upstream_km2[node], 0.05)), 0.0)
    return np.asarray(-height / 500.0 + 0.3 * water)


def _near_villages(
    chosen: Floats, kinds: pd.DataFrame, polygons: NDArray[Any], rng: np.random.Generator
) -> Floats:
    """Move each school, station and office to within about 400 m of a village it serves.

    One that would leave its commune, or stand where communes overlap, stays where it is.
    """
    commune = kinds["commune"].to_numpy()
    is_settled = kinds["place_kind"].isin(SETTLEMENTS).to_numpy()
    other = np.nonzero(~is_settled)[0]
    first = np.searchsorted(commune, commune[other])
    villages = np.bincount(commune[is_settled], minlength=len(polygons))[commune[other]]
    beside = first + (rng.random(len(other)) * villages).astype(int)
    moved = np.round(chosen[beside] + rng.normal(0, 0.0015, (len(other), 2)), DECIMALS)
    point, polygon = _holders(polygons, moved)
    stays_in = np.zeros(len(other), dtype=bool)
    once = np.bincount(point, minlength=len(other))[point] == 1
    stays_in[point[once]] = polygon[once] == commune[other][point[once]]
    out = chosen.copy()
    out[other[stays_in]] = moved[stays_in]
    return out


def _holders(polygons: NDArray[Any], xy: Floats) -> tuple[Ints, Ints]:
    """Return every (point, polygon) pair in which the polygon holds the point inside it."""
    tree = shapely.STRtree(shapely.points(xy))
    polygon, point = tree.query(polygons, predicate="contains_properly")
    return point, polygon


def _names(
    communes: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, land: Land, rng: np.random.Generator
) -> NDArray[np.object_]:
    metres = frame.geometry.to_crs(land.crs).get_coordinates().to_numpy()
    node = land.nodes_at(metres)
    height = pd.Series(np.where(node >= 0, land.elevation_m[node], 0.0), index=frame.index)
    commune = frame["commune"].to_numpy()
    middle = height.groupby(commune).median().to_numpy()
    lat = frame.geometry.y.groupby(commune).median().to_numpy()
    kinds = frame["place_kind"].to_numpy(dtype=object)
    settled = np.isin(kinds, SETTLEMENTS)
    named = communes["commune_name"].tolist()
    typed = communes["commune_type"].fillna("xã").tolist()
    names = np.empty(len(frame), dtype=object)
    first = np.searchsorted(commune, np.arange(len(communes) + 1))
    for i, (low, high) in enumerate(pairwise(first.tolist())):
        last = low + int(settled[low:high].sum())  # settlements come first
        region, urban = region_of(lat[i], middle[i]), typed[i] == "phường"
        names[low:last] = village_names(region, last - low, urban=urban, rng=rng)
        seats = names[low:last].tolist()
        names[last:high] = institution_names(kinds[last:high].tolist(), named[i], typed[i], seats)
    return names


def _people(kind: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Households log-normal, about 4.6 people each; institutions have none of their own."""
    median, spread = (
        kind.map({k: v[i] for k, v in HOUSEHOLDS.items()}).astype(float).to_numpy() for i in (0, 1)
    )
    households = np.maximum(
        12, np.round(np.exp(np.log(median) + spread * rng.standard_normal(len(kind))))
    )
    population = np.round(households * rng.normal(4.6, 0.35, len(kind)).clip(3.4, 6.0))
    working = np.round(population * rng.normal(0.58, 0.04, len(kind)).clip(0.45, 0.7))
    away = np.round(working * rng.beta(2, 8, len(kind)))
    frame = pd.DataFrame(
        {
            "households": households,
            "population": population,
            "working_age": working,
            "away_workers": away,
        },
        index=kind.index,
    ).astype("Int64")
    frame.loc[rng.random(len(kind)) < 0.04, "away_workers"] = pd.NA
    return frame


def _beginnings(kind: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Return ``valid_from``: a few villages are new, the rest there since nobody knows when."""
    days = pd.to_timedelta(rng.integers(0, 5 * 365, len(kind)), unit="D")
    day = pd.Series(NEW_SINCE + days, index=kind.index).dt.as_unit("s")
    return day.where(kind.eq("village") & (rng.random(len(kind)) < NEW_SHARE))
