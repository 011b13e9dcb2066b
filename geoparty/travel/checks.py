"""Looking a network over before any result: what is loose, broken or far, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty import schema
from geoparty.errors import Problem
from geoparty.settings import Season
from geoparty.travel.graph import both_ways
from geoparty.travel.minutes import points_on
from geoparty.travel.network import Network

Ints = NDArray[np.int64]

BREAK_M = 25.0
"""A loose end this near a road of another part of the network looks like a break."""
REASONS = ("no_point", "no_network", "far_from_roads", "off_terrain", "on_barrier", "no_target")


@dataclass(frozen=True)
class NetworkCheck:
    """What the check found.

    ``layer`` has one row per offender, EPSG:4326: what ("break", "island", "derived_ford",
    "terrain_void", a reason of :func:`unmeasured`, or a doubt of
    :func:`geoparty.travel.doubts.find_doubts`), detail (metres, kilometres of road, cells, the
    word not known), place (index of a place), geometry.
    ``components`` has the parts of the road network when every ford is open: km of road and
    number of places nearest to each, largest first.
    """

    problems: tuple[Problem, ...]
    layer: gpd.GeoDataFrame
    components: pd.DataFrame


def network_check(
    network: Network, places: gpd.GeoSeries, *, targets: gpd.GeoSeries | None = None
) -> NetworkCheck:
    """Check the network for islands, suspicious breaks, derived fords and places far from it.

    ``targets`` are where each place goes to, by position, if they are to be checked as well.
    Nothing is mended: the layer is to be opened in a GIS, and the roads drawn again there.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geoparty.settings import DRY, Travel
    >>> from geoparty.travel import build_network
    >>> one = LineString([(103, 21.5), (103.1, 21.5)])
    >>> two = LineString([(103.1001, 21.5), (103.2, 21.5)])
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": "commune", "surface": "paved", "is_ford": False, "has_bridge": False},
    ...     index=[0, 1], geometry=[one, two], crs="EPSG:4326",
    ... )
    >>> network = build_network(roads, travel=Travel(), seasons=(DRY,))
    >>> places = gpd.GeoSeries([Point(103, 22)], crs="EPSG:4326")
    >>> network_check(network, places).layer["what"].tolist()
    ['break', 'break', 'island', 'far_place']
    """
    part = _parts(network)
    breaks = _breaks(network, part)
    islands, components = _islands(network, part, places)
    far = _places(network, places, targets)
    fords = network.edges[network.edges["is_derived"]]
    derived = pd.DataFrame({"what": "derived_ford", "geometry": fords.geometry.to_numpy()})
    voids = _voids(network)
    parts = [breaks, islands, far, derived, voids]
    if network.doubts is not None:
        parts.append(pd.DataFrame(network.doubts))
    found = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    layer = gpd.GeoDataFrame(
        found.reindex(columns=["what", "detail", "place", "geometry"]),
        geometry="geometry",
        crs=network.crs,
    ).to_crs(schema.CRS)
    problems = _problems(network, breaks, components, far, voids)
    return NetworkCheck(problems, layer, components)


def unmeasured(
    network: Network, places: gpd.GeoSeries, *, targets: gpd.GeoSeries | None = None
) -> pd.Series[Any]:
    """Return why places are not measured, or only roughly; <NA> where nothing is wrong.

    ``no_point``, ``no_network``: minutes are NaN. ``off_terrain``: outside the terrain given,
    ``on_barrier``: in a void of it or on water; walks straight to a road in reach, and is NaN
    where there is none. ``far_from_roads``, without terrain: farther than the farthest walk of
    the settings from every road; minutes are ``inf``. ``no_target``: nothing is wrong with the
    place, but its own of the ``targets``, by position, has no point, or is off the terrain or on
    a barrier with no road in reach; minutes are NaN.
    """
    here = points_on(network, places)
    reason = pd.Series(pd.NA, index=places.index, dtype="str", name="unmeasured")
    if network.is_empty:
        reason[:] = "no_network"
    else:
        has_leg = np.isin(np.arange(len(places)), here.legs.place)
        if network.cells is None:
            reason[~has_leg] = "far_from_roads"
        else:
            reason[~here.is_on_terrain] = "off_terrain"
            reason[~here.is_on_terrain & network.cells.covers(here.xy)] = "on_barrier"
    reason[~here.is_known] = "no_point"
    if targets is not None:
        there = points_on(network, targets)
        reason[reason.isna() & (~there.is_known | there.is_lost)] = "no_target"
    return reason


def season_problems(network: Network, season: Season | str) -> list[Problem]:
    """Return what is odd about one season: it closes everything, or has odd speeds."""
    chosen = network.season(season)
    roads = network.edges.iloc[network.road_rows]
    closed = roads["surface"].isin(chosen.closed_surfaces)
    closed |= roads["road_class"].isin(chosen.closed_classes)
    params = {"season": chosen.name, "n": len(roads)}
    if len(roads) and closed.all():
        return [Problem(key="travel.season_closes_all", params=params, severity="warning")]
    return []


def _parts(network: Network) -> NDArray[np.int32]:
    """Return the part of the road network each node is in, every ford open."""
    tail = network.edges["tail"].to_numpy(np.int64)
    head = network.edges["head"].to_numpy(np.int64)
    return both_ways(tail, head, np.ones(len(tail)), len(network.node_xy)).part


def _breaks(network: Network, part: NDArray[np.int32]) -> pd.DataFrame:
    """Loose ends that stop a few metres short of another part."""
    edges = network.edges
    tail, head = edges["tail"].to_numpy(np.int64), edges["head"].to_numpy(np.int64)
    uses = np.bincount(np.concatenate([tail, head]), minlength=len(network.node_xy))
    loose = np.flatnonzero(uses == 1)
    if not len(loose):
        return pd.DataFrame({"what": [], "detail": [], "geometry": []})
    points = shapely.points(network.node_xy[loose])
    which, row = network.road_tree.query(points, predicate="dwithin", distance=BREAK_M)
    apart = part[tail[network.road_rows[row]]] != part[loose[which]]
    which, row = which[apart], row[apart]
    gap = shapely.distance(points[which], network.road_lines[row])
    nearest = pd.Series(gap).groupby(which).min()
    return pd.DataFrame(
        {
            "what": "break",
            "detail": nearest.to_numpy().round(1),
            "geometry": points[nearest.index.to_numpy(np.int64)],
        }
    )


def _islands(
    network: Network, part: NDArray[np.int32], places: gpd.GeoSeries
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every part of the network but the longest, and the list of all of them."""
    roads = network.edges.iloc[network.road_rows]
    of_edge = part[roads["tail"].to_numpy(np.int64)]
    km = pd.Series(roads["length_m"].to_numpy(float) / 1000).groupby(of_edge).sum()
    legs = points_on(network, places).legs
    nearest = pd.DataFrame({"place": legs.place, "edge": legs.edge}).drop_duplicates("place")
    tail = network.edges["tail"].to_numpy(np.int64)
    n_places = pd.Series(part[tail[nearest["edge"].to_numpy(np.int64)]]).value_counts()
    components = pd.DataFrame({"road_km": km, "n_places": n_places.reindex(km.index).fillna(0)})
    components = components.astype({"n_places": int}).sort_values("road_km", ascending=False)
    lines = (
        gpd.GeoSeries(roads.geometry.to_numpy())
        .groupby(of_edge)
        .agg(lambda s: shapely.multilinestrings(list(s)))
    )
    rest = components.index[1:]
    islands = pd.DataFrame(
        {
            "what": "island",
            "detail": components.loc[rest, "road_km"].round(2).to_numpy(),
            "geometry": lines.reindex(rest).to_numpy(),
        }
    )
    return islands, components.reset_index(drop=True)


def _places(network: Network, places: gpd.GeoSeries, targets: gpd.GeoSeries | None) -> pd.DataFrame:
    """Return the places that are not measured, or only roughly, with kilometres to the road."""
    reason = unmeasured(network, places, targets=targets)
    told = reason[reason.notna() & ~reason.isin(["no_point", "no_network"])].index
    points = places.loc[told].to_crs(network.crs)
    km = np.full(len(told), np.nan)
    if len(network.road_rows) and len(told):
        which, distance = network.road_tree.query_nearest(
            points.to_numpy(), return_distance=True, all_matches=False
        )
        km[which[0]] = (distance / 1000).round(1)
    names = reason.loc[told].replace({"far_from_roads": "far_place"})
    return pd.DataFrame(
        {
            "what": names.to_numpy(),
            "detail": km,
            "place": np.asarray(told),
            "geometry": points.to_numpy(),
        }
    )


def _problems(
    network: Network,
    breaks: pd.DataFrame,
    components: pd.DataFrame,
    far: pd.DataFrame,
    voids: pd.DataFrame,
) -> tuple[Problem, ...]:
    found = list(network.problems)
    if len(breaks):
        params: dict[str, Any] = {"n": len(breaks), "most_m": int(BREAK_M)}
        found.append(Problem(key="travel.breaks", params=params, severity="warning"))
    if len(components) > 1:
        rest = components.iloc[1:]
        params = {
            "n": len(rest),
            "km": round(float(rest["road_km"].sum()), 1),
            "n_places": int(rest["n_places"].sum()),
        }
        found.append(Problem(key="travel.islands", params=params, severity="warning"))
    for what, rows in far.groupby("what"):
        params = {
            "n": len(rows),
            "km": network.travel.max_walk_to_road_km,
            "names": [str(p) for p in rows["place"]],
        }
        key = "travel.far_places" if what == "far_place" else f"travel.{what}"
        found.append(Problem(key=key, params=params, severity="warning"))
    if network.cells is not None:
        found.extend(_terrain_problems(network, int(voids["detail"].sum())))
    for season in network.seasons:
        found.extend(season_problems(network, season))
    return tuple(found)


def _terrain_problems(network: Network, void: int) -> list[Problem]:
    """Return what is odd about the terrain: voids, classes of land cover without a speed."""
    terrain, cover, found = network.terrain, network.land_cover, []
    if terrain is not None and void:
        params: dict[str, Any] = {"n": void, "total": terrain.elevation_m.size}
        found.append(Problem(key="travel.terrain_voids", params=params, severity="warning"))
    if cover is not None:
        values, n = np.unique(cover.value[cover.value >= 0], return_counts=True)
        odd = ~np.isin(values.astype(str), list(network.travel.land_cover_kph))
        if odd.any():
            words = ", ".join(map(str, values[odd][:10]))
            params = {"n": int(n[odd].sum()), "total": cover.value.size, "words": words}
            found.append(
                Problem(key="travel.unknown_land_cover", params=params, severity="warning")
            )
    return found


def _voids(network: Network) -> pd.DataFrame:
    """Return the holes of the terrain: voids with terrain all around, not those off its rim."""
    from rasterio.features import shapes
    from scipy.ndimage import label

    nothing = pd.DataFrame({"what": [], "detail": [], "geometry": []})
    terrain = network.terrain
    if terrain is None:
        return nothing
    void = np.isnan(terrain.elevation_m)
    part, _ = label(void, structure=np.ones((3, 3)))
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    holes = np.where(np.isin(part, rim), 0, part).astype(np.int32)
    if not holes.any():
        return nothing
    n_cells = np.bincount(holes.ravel())
    found = list(shapes(holes, holes > 0, connectivity=8, transform=terrain.transform))
    outlines = gpd.GeoSeries([shapely.geometry.shape(s) for s, _ in found], crs=terrain.crs)
    which = [int(value) for _, value in found]
    lines = outlines.to_crs(network.crs).to_numpy()
    return pd.DataFrame({"what": "terrain_void", "detail": n_cells[which], "geometry": lines})
