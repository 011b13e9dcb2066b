"""The road network: built once from lines, timed by season."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoparty import schema
from geoparty.errors import ArgumentError, Problem
from geoparty.settings import Season, Travel
from geoparty.travel.cells import Cells, Walks, cells_from, find_walks
from geoparty.travel.doubts import find_doubts
from geoparty.travel.ground import Ground
from geoparty.travel.noding import CONTACT_M, Edges, build_edges
from geoparty.travel.pieces import Pieces, cut_edges, on_own_bank
from geoparty.travel.speeds import edge_minutes, walk_kph
from geoparty.travel.water import UNKNOWN_ORDER, Water

if TYPE_CHECKING:
    from geoparty.read import LandCover, Terrain
    from geoparty.travel.ways import Points, Ways

Floats = NDArray[np.float64]

MOST_POINTS = 8
"""Sets of points a network keeps the ways of: places and targets of a run in every season."""

NEEDED = ("road_class", "surface", "is_ford", "has_bridge")
RULES = ("oneway", "barred_modes", "closed_seasons", "open_seasons")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Roads as a graph in metres, with the speeds and seasons they are timed by.

    ``edges`` has one row per stretch of road between nodes and per crossing: ``tail`` and
    ``head`` (rows of ``node_xy``), ``length_m``, ``road_class``, ``surface``, ``road`` (position
    in the roads given), ``is_crossing`` (an edge of no length that closes with the fords),
    ``is_derived`` (a ford that no road names), ``stream_order`` of what a crossing crosses
    (99: not known), what the roads say of directions, vehicles and seasons, ``geometry`` in
    ``crs``. ``water`` are streams in ``crs``: where fords are closed nobody walks across them.
    ``problems`` lists what was assumed, ``doubts`` the roads it was assumed of.
    """

    crs: CRS
    travel: Travel
    seasons: tuple[Season, ...]
    node_xy: Floats
    edges: gpd.GeoDataFrame
    water: Water
    terrain: Terrain | None = None
    land_cover: LandCover | None = None
    problems: tuple[Problem, ...] = ()
    doubts: gpd.GeoDataFrame | None = None
    _kept: dict[str, Ways] = field(default_factory=dict, repr=False, compare=False)
    _points: dict[bytes, Points] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is no road at all: nothing can be measured."""
        return len(self.edges) == 0 and self.terrain is None

    @cached_property
    def road_rows(self) -> NDArray[np.int64]:
        """Rows of ``edges`` that are stretches of road, not crossings."""
        return np.flatnonzero(~self.edges["is_crossing"].to_numpy())

    @cached_property
    def road_lines(self) -> NDArray[Any]:
        """Geometry of the stretches of road."""
        lines: NDArray[Any] = self.edges.geometry.to_numpy()[self.road_rows]
        return lines

    @cached_property
    def road_tree(self) -> shapely.STRtree:
        """Spatial index of the stretches of road."""
        return shapely.STRtree(self.road_lines)

    @cached_property
    def cells(self) -> Cells | None:
        """Terrain to walk on, in the network's metres."""
        if self.terrain is None:
            return None
        return cells_from(self.terrain, self.crs, self.travel, self.water, self.land_cover)

    @cached_property
    def pieces(self) -> Pieces:
        """The edges as the graph has them: cut at the borders of cells where there are any."""
        cells = self.cells
        lattice = (cells.west, cells.north, cells.cell_m) if cells is not None else None
        return cut_edges(self.node_xy, self.edges, lattice)

    @cached_property
    def portals(self) -> Walks:
        """Walks between the nodes of roads, those by a stream on their own bank, and cells."""
        if self.cells is None:
            raise ValueError
        edges = self.edges
        ends = edges[["tail", "head"]].to_numpy(np.int64)
        over = np.unique(ends[edges["has_bridge"].to_numpy(bool)])
        spots = self.node_xy[over]
        met = self.water.order_met(spots, spots, within_m=2 * CONTACT_M)
        wet = np.concatenate([ends[edges["is_crossing"].to_numpy(bool)].ravel(), over[met > 0]])
        return find_walks(self.cells, self.water, on_own_bank(self.pieces, edges, np.unique(wet)))

    @cached_property
    def ground(self) -> Ground:
        """Walks between roads and cells as a search has them."""
        if self.cells is None:
            raise ValueError
        return Ground.of(self.portals, len(self.pieces.node_xy), self.cells.height_m.shape)

    def ways(self, season: Season | str) -> Ways:
        """Return one season ready to search; kept, so that the next question is quick."""
        from geoparty.travel.ways import Ways

        chosen = self.season(season)
        key = chosen.model_dump_json()
        if key not in self._kept:
            self._kept[key] = Ways(self, chosen)
        return self._kept[key]

    def kept_points(self, xy: Floats) -> Points:
        """Return points with their ways to the network, found once for the same points."""
        from geoparty.travel.ways import Points

        key = xy.tobytes()
        if key not in self._points:
            if len(self._points) >= MOST_POINTS:
                del self._points[next(iter(self._points))]
            self._points[key] = Points.of(self, xy)
        return self._points[key]

    def season(self, season: Season | str) -> Season:
        """Return the season itself, or the one of that name."""
        if isinstance(season, Season):
            return season
        for one in self.seasons:
            if one.name == season:
                return one
        known = ", ".join(s.name for s in self.seasons)
        raise ArgumentError(
            Problem(key="travel.unknown_season", params={"name": season, "known": known})
        )

    def walk_m_per_min(self, season: Season) -> float:
        """Return walking speed on a path, metres a minute."""
        return walk_kph(self.travel, season) * 1000 / 60

    def edge_minutes(self, season: Season) -> tuple[Floats, Floats]:
        """Return minutes along each edge and against it: ridden, or walked where that is faster.

        A class or surface closed to riding, and a class that is only walked, is walked. What
        nobody passes is ``inf``.
        """
        return edge_minutes(self.edges, self.travel, season)


def build_network(
    roads: gpd.GeoDataFrame | None,
    *,
    travel: Travel,
    seasons: tuple[Season, ...],
    streams: gpd.GeoDataFrame | None = None,
    terrain: Terrain | None = None,
    land_cover: LandCover | None = None,
    area: gpd.GeoDataFrame | None = None,
) -> Network:
    """Build the graph of roads, crossings and banks.

    Parameters
    ----------
    roads
        Lines with road_class, surface, is_ford and has_bridge, and what else of
        ``schema.ROADS`` is known; those with ``is_noded``, as of an OpenStreetMap extract, meet
        one another only where they share a vertex. None, or no rows, gives a network on which
        nothing can be measured without terrain.
    streams
        Lines, with ``stream_order`` where known. A road that meets one and has no bridge there
        crosses by a ford; where no road names it the ford is marked as derived.
    land_cover
        Classes of ``travel.land_cover_kph``, walked off the roads; needs terrain.
    area
        Polygons of the area planned for; only chooses the metric CRS. Without it the roads do.

    Raises
    ------
    ArgumentError
        No CRS, or a column of ``schema.ROADS`` is missing.

    Examples
    --------
    >>> from shapely import LineString
    >>> one = LineString([(103.0, 21.5), (103.1, 21.5)])
    >>> two = LineString([(103.05, 21.5), (103.05, 21.6)])
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": "commune", "surface": "paved", "is_ford": False, "has_bridge": False},
    ...     index=[0, 1], geometry=[one, two], crs="EPSG:4326",
    ... )
    >>> build_network(roads, travel=Travel(), seasons=()).edges["length_m"].round(-2).tolist()
    [5200.0, 5200.0, 11100.0]
    """
    if roads is None:
        roads = gpd.GeoDataFrame(columns=[*schema.ROADS], geometry=[], crs=schema.CRS)
    schema.require_columns(roads, NEEDED, of="roads")
    crs = _crs(roads, area, terrain)
    metric = roads.to_crs(crs)
    lines, road = _lines(metric)
    table = pd.DataFrame(roads.drop(columns=roads.geometry.name))
    doubts, problems = find_doubts(metric, seasons, travel)
    table = _known(table.reindex(columns=[*schema.ROADS, "is_noded"]), travel)
    water = _water(streams, crs)
    flags = ("is_ford", "has_bridge", "is_noded")
    ford, bridge, noded = (_flag(table, name)[road] for name in flags)
    bridge |= (table["road_class"] == "ferry").to_numpy()[road]
    closes = bridge & table["closed_seasons"].notna().to_numpy()[road]
    graph = build_edges(
        lines, water.lines, is_ford=ford | closes, has_bridge=bridge & ~closes, is_noded=noded
    )
    edges = _edge_frame(graph, table, road, crs)
    edges.loc[edges["is_crossing"], "has_bridge"] = bridge[graph.line][graph.is_crossing]
    edges["stream_order"] = _orders(edges, water)
    n_derived = int(graph.is_derived.sum())
    if n_derived:
        problems.append(
            Problem(key="travel.derived_fords", params={"n": n_derived}, severity="warning")
        )
    if not len(lines):
        key = "travel.no_roads" if terrain is None else "travel.no_roads_on_terrain"
        problems.append(Problem(key=key, severity="warning"))
    elif terrain is None:
        problems.append(Problem(key="travel.no_terrain", severity="warning"))
    return Network(
        crs=crs,
        travel=travel,
        seasons=tuple(seasons),
        node_xy=graph.node_xy,
        edges=edges,
        water=Water(
            np.concatenate([water.lines, graph.water]),
            np.pad(water.order, (0, len(graph.water)), constant_values=UNKNOWN_ORDER),
        ),
        terrain=terrain,
        land_cover=land_cover if terrain is not None else None,
        doubts=doubts,
        problems=tuple(problems),
    )


def _flag(table: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Return a column of yes and no, unknown ones and those of a column not given as no."""
    if name not in table:
        return np.zeros(len(table), bool)
    flag: NDArray[np.bool_] = table[name].astype("boolean").fillna(value=False).to_numpy(bool)
    return flag


def _crs(roads: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None, terrain: Terrain | None) -> CRS:
    """Return the UTM zone of the area, of the roads, or of the terrain."""
    for frame in (area, roads):
        if frame is not None and len(frame):
            if frame.crs is None:
                raise ArgumentError(Problem(key="travel.no_crs"))
            return CRS(frame.estimate_utm_crs())
    if terrain is None:
        return CRS("EPSG:3857")
    corner = gpd.GeoSeries.from_xy([terrain.transform.c], [terrain.transform.f], crs=terrain.crs)
    return CRS(corner.estimate_utm_crs())


def _lines(frame: gpd.GeoDataFrame) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the single lines of a frame, flat, and the row each came from."""
    parts = frame.geometry.to_numpy()
    row = np.arange(len(parts))
    if (shapely.get_type_id(parts) != 1).any():
        parts, row = shapely.get_parts(parts, return_index=True)
    if shapely.has_z(parts).any():
        parts = shapely.force_2d(parts)
    keep = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    return parts[keep], row[keep]


def _known(table: pd.DataFrame, travel: Travel) -> pd.DataFrame:
    """Fill unknown classes and surfaces with the defaults of the settings."""
    table = table.copy()
    known_class = table["road_class"].isin(list(travel.speed_kph))
    table["road_class"] = table["road_class"].where(known_class, travel.default_class)
    known_surface = table["surface"].isin(list(travel.surface_factor))
    default = table["road_class"].map(travel.default_surface).fillna("dirt")
    table["surface"] = table["surface"].where(known_surface, default)
    return table


def _water(streams: gpd.GeoDataFrame | None, crs: CRS) -> Water:
    """Return streams in metres with their order."""
    if streams is None or not len(streams):
        return Water(np.zeros(0, dtype=object), np.zeros(0, np.int16))
    lines, row = _lines(streams.to_crs(crs))
    order = np.full(len(streams), UNKNOWN_ORDER, np.int16)
    if "stream_order" in streams:
        given = streams["stream_order"].fillna(UNKNOWN_ORDER).clip(1, UNKNOWN_ORDER)
        order = given.to_numpy(np.int16)
    return Water(lines, order[row])


def _orders(edges: gpd.GeoDataFrame, water: Water) -> NDArray[np.int16]:
    """Return the order of the stream each crossing crosses, unknown where none is drawn."""
    crossing = np.flatnonzero(edges["is_crossing"].to_numpy())
    order = np.zeros(len(edges), np.int16)
    met = water.order_on(edges.geometry.to_numpy()[crossing], within_m=2 * CONTACT_M)
    order[crossing] = np.where(met > 0, met, UNKNOWN_ORDER)
    return order


def _edge_frame(
    graph: Edges, table: pd.DataFrame, road: NDArray[np.int64], crs: CRS
) -> gpd.GeoDataFrame:
    row = road[graph.line]
    return gpd.GeoDataFrame(
        {
            "tail": graph.tail,
            "head": graph.head,
            "length_m": graph.length_m,
            "road_class": table["road_class"].to_numpy()[row],
            "surface": table["surface"].to_numpy()[row],
            "road": row,
            "is_crossing": graph.is_crossing,
            "is_derived": graph.is_derived,
            "has_bridge": _flag(table, "has_bridge")[row],
            **{name: table[name].to_numpy()[row] for name in RULES},
        },
        geometry=graph.geometry,
        crs=crs,
    )
