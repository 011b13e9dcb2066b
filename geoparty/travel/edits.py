"""The planner's own changes to the roads: drawn roads, closures, bridges and fords."""

from __future__ import annotations

from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty import schema
from geoparty.errors import ArgumentError, Problem

Edit = Literal["road", "closed", "bridge", "ford"]
EDITS: tuple[Edit, ...] = get_args(Edit)

CLOSED_M = 3.0
"""How much of a road a closure takes away to either side: more than ends are joined over."""
SPAN_M = 60.0
"""How much of a road around a point a bridge or a ford is taken to be."""


def apply_edits(roads: gpd.GeoDataFrame, edits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the roads with the planner's edits made, a new frame with a RangeIndex.

    Parameters
    ----------
    roads
        Lines with the columns of ``schema.ROADS``.
    edits
        Points or lines in any CRS with a column ``edit``: ``road`` adds a line (with whatever
        columns of ``schema.ROADS`` it has), ``closed`` takes away what lies within 3 m of it, or
        closes it in the ``seasons`` it names, ``bridge`` and ``ford`` make one of the road
        within 60 m of a point, or along a line. Made in the order: roads drawn, bridges,
        fords, closures.

    Raises
    ------
    ArgumentError
        An unknown kind of edit, or a layer without CRS.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> one = LineString([(103.0, 21.5), (103.1, 21.5)])
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["commune"], "surface": "paved", "is_ford": False, "has_bridge": False},
    ...     geometry=[one], crs="EPSG:4326",
    ... )
    >>> built = gpd.GeoDataFrame({"edit": ["bridge"]}, geometry=[Point(103.05, 21.5)], crs=4326)
    >>> apply_edits(roads, built)["has_bridge"].tolist()
    [True, False]
    """
    _check(roads, edits)
    crs = (roads if len(roads) else edits).estimate_utm_crs()
    edited, drawn = roads.to_crs(crs), edits.to_crs(crs)
    kind = drawn["edit"]
    added = drawn[kind == "road"]
    edited = pd.concat([edited, added[[c for c in edited.columns if c in added]]])
    edited = edited.reset_index(drop=True)
    for name, values in (
        ("bridge", {"has_bridge": True, "is_ford": False}),
        ("ford", {"has_bridge": False, "is_ford": True}),
    ):
        edited = _change(edited, drawn[kind == name].geometry.to_numpy(), values)
    closures = drawn[kind == "closed"]
    named = closures.get("seasons", pd.Series(None, index=closures.index, dtype="str"))
    away = closures.geometry.to_numpy()[named.isna().to_numpy()]
    if len(away):
        edited = _cut(edited, shapely.union_all(shapely.buffer(away, CLOSED_M)))[1]
    for seasons, group in closures.groupby(named):
        edited = _change(
            edited, group.geometry.to_numpy(), {"closed_seasons": str(seasons)}, CLOSED_M
        )
    return edited.to_crs(schema.CRS)


def edits_on_roads(roads: gpd.GeoDataFrame, edits: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Tell which edits have a road, of the layer or drawn, where they are.

    A closure, bridge or ford that has none changes nothing. Both layers in EPSG:4326.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> one = LineString([(103.0, 21.5), (103.1, 21.5)])
    >>> roads = gpd.GeoDataFrame(geometry=[one], crs=4326)
    >>> marks = [Point(103.05, 21.5), Point(103.05, 21.5003), Point(103.05, 21.5003)]
    >>> kinds = {"edit": ["closed", "closed", "bridge"]}
    >>> edits_on_roads(roads, gpd.GeoDataFrame(kinds, geometry=marks, crs=4326)).tolist()
    [True, False, True]
    """
    metres = edits.to_crs(edits.estimate_utm_crs())
    is_wide = metres["edit"].isin(["bridge", "ford"]) & metres.geom_type.str.contains("Point")
    zones = metres.buffer(np.where(is_wide, SPAN_M, CLOSED_M)).to_crs(schema.CRS)
    is_drawn = edits["edit"].eq("road")
    drawn = np.flatnonzero(is_drawn)
    at, on = edits.geometry.iloc[drawn].sindex.query(zones, predicate="intersects")
    met = np.zeros(len(edits), dtype=bool)
    met[at[drawn[on] != at]] = True  # a drawn road is not its own road
    met[roads.sindex.query(zones, predicate="intersects")[0]] = True
    return pd.Series(met, index=edits.index)


def _check(roads: gpd.GeoDataFrame, edits: gpd.GeoDataFrame) -> None:
    schema.require_columns(edits, ["edit"], of="edits")
    if roads.crs is None or edits.crs is None:
        raise ArgumentError(Problem(key="travel.no_crs"))
    unknown = sorted({str(e) for e in edits["edit"]} - set(EDITS))
    if unknown:
        params = {"unknown": unknown, "known": list(EDITS)}
        raise ArgumentError(Problem(key="travel.unknown_edit", params=params))


def _change(
    roads: gpd.GeoDataFrame,
    marks: NDArray[Any],
    values: dict[str, Any],
    span_m: float = SPAN_M,
) -> gpd.GeoDataFrame:
    """Give the roads under some marks other values, cutting them out of what they are part of."""
    if not len(marks):
        return roads
    is_point = shapely.get_dimensions(marks) == 0
    zone = shapely.union_all(shapely.buffer(marks, np.where(is_point, span_m, CLOSED_M)))
    inside, outside = _cut(roads, zone)
    return pd.concat([inside.assign(**values), outside], ignore_index=True)


def _cut(
    roads: gpd.GeoDataFrame, zone: shapely.Geometry
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return what of the roads lies inside a zone, and what outside."""
    parts = []
    for geometry in (roads.geometry.intersection(zone), roads.geometry.difference(zone)):
        part = roads.set_geometry(geometry)
        parts.append(part[~part.geometry.is_empty].reset_index(drop=True))
    return parts[0], parts[1]
