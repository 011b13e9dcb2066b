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
from geoparty.travel.noding import Edges, build_edges
from geoparty.travel.pieces import Pieces, cut_edges
from geoparty.travel.water import stream_index

if TYPE_CHECKING:
    from geoparty.read import Terrain
    from geoparty.travel.ways import Ways

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Roads as a graph in metres, with the speeds and seasons they are timed by.

    ``edges`` has one row per stretch of road between nodes and per crossing: ``tail`` and
    ``head`` (rows of ``node_xy``), ``length_m``, ``road_class``, ``surface``, ``road`` (position
    in the roads given), ``is_crossing`` (an edge of no length that closes with the fords),
    ``is_derived`` (a ford that no road names), ``geometry`` in ``crs``. ``streams`` are lines
    in ``crs``: where fords are closed nobody walks across them. ``problems`` lists what was
    assumed.
    """

    crs: CRS
    travel: Travel
    seasons: tuple[Season, ...]
    node_xy: Floats
    edges: gpd.GeoDataFrame
    streams: NDArray[Any]
    terrain: Terrain | None = None
    problems: tuple[Problem, ...] = ()
    _kept: dict[str, Ways] = field(default_factory=dict, repr=False, compare=False)

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
        return cells_from(self.terrain, self.crs, self.travel.cell_m, self.streams)

    @cached_property
    def stream_index(self) -> shapely.STRtree:
        """Spatial index of the streams."""
        return stream_index(self.streams)

    @cached_property
    def pieces(self) -> Pieces:
        """The edges as the graph has them: cut to the size of cells where there are any."""
        most_m = self.cells.cell_m if self.cells is not None else np.inf
        return cut_edges(self.node_xy, self.edges, most_m)

    @cached_property
    def portals(self) -> Walks:
        """Walks between the nodes of roads and the cells around them."""
        if self.cells is None:
            raise ValueError
        return find_walks(self.cells, self.stream_index, self.pieces.node_xy)

    def ways(self, season: Season | str) -> Ways:
        """Return one season ready to search; kept, so that the next question is quick."""
        from geoparty.travel.ways import Ways

        chosen = self.season(season)
        key = chosen.model_dump_json()
        if key not in self._kept:
            self._kept[key] = Ways(self, chosen)
        return self._kept[key]

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
        return self.travel.walk_kph * season.walk_factor * 1000 / 60

    def edge_minutes(self, season: Season) -> Floats:
        """Return minutes to pass each edge: ridden, or walked where that is faster or all.

        A class or surface closed to riding, and a class that is only walked, is walked.
        Closed crossings are ``inf``.
        """
        kph = edge_kph(self.edges, self.travel, season)
        minutes: Floats = self.edges["length_m"].to_numpy(float) / (kph * 1000 / 60)
        if not season.fords_open:
            minutes[self.edges["is_crossing"].to_numpy()] = np.inf
        return minutes


def edge_kph(edges: pd.DataFrame, travel: Travel, season: Season) -> Floats:
    """Return the speed on each edge in one season, kilometres an hour.

    Riding speed is that of the class, times the factor of the surface, times the season's
    factor for the surface; walking speed is taken where riding is closed or slower.
    """
    walk = travel.walk_kph * season.walk_factor
    road_class, surface = edges["road_class"], edges["surface"]
    slowed = {s: f * season.surface_factor.get(s, 1.0) for s, f in travel.surface_factor.items()}
    ride = road_class.map(travel.speed_kph).to_numpy() * surface.map(slowed).to_numpy()
    walked = road_class.isin(travel.walked_classes | season.closed_classes)
    walked |= surface.isin(season.closed_surfaces)
    return np.where(walked.to_numpy(), walk, np.maximum(ride, walk)).astype(float)


def build_network(
    roads: gpd.GeoDataFrame | None,
    *,
    travel: Travel,
    seasons: tuple[Season, ...],
    streams: gpd.GeoDataFrame | None = None,
    terrain: Terrain | None = None,
    area: gpd.GeoDataFrame | None = None,
) -> Network:
    """Build the graph of roads, crossings and banks.

    Parameters
    ----------
    roads
        Lines with the columns of ``schema.ROADS``; those with ``is_noded``, as of an
        OpenStreetMap extract, meet one another only where they share a vertex. None, or no
        rows, gives a network on which nothing can be measured.
    streams
        Lines. A road that meets one and has no bridge there crosses by a ford; where no road
        names it the ford is marked as derived.
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
    schema.require_columns(roads, schema.ROADS, of="roads")
    crs = _crs(roads, area, terrain)
    lines, road = _lines(roads.to_crs(crs))
    table, problems = _known(pd.DataFrame(roads.drop(columns=roads.geometry.name)), travel)
    water = _lines(streams.to_crs(crs))[0] if streams is not None else lines[:0]
    flag = {name: _flag(table, name)[road] for name in ("is_ford", "has_bridge", "is_noded")}
    graph = build_edges(lines, water, **flag)
    edges = _edge_frame(graph, table, road, crs)
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
        streams=np.concatenate([water, graph.water]),
        terrain=terrain,
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


def _known(table: pd.DataFrame, travel: Travel) -> tuple[pd.DataFrame, list[Problem]]:
    """Fill unknown classes and surfaces with the defaults of the settings, and say how many."""
    table = table.copy()
    problems = []
    known_class = table["road_class"].isin(list(travel.speed_kph))
    table["road_class"] = table["road_class"].where(known_class, travel.default_class)
    known_surface = table["surface"].isin(list(travel.surface_factor))
    default = table["road_class"].map(travel.default_surface).fillna("dirt")
    table["surface"] = table["surface"].where(known_surface, default)
    for column, known in (("road_class", known_class), ("surface", known_surface)):
        if not known.all():
            problems.append(
                Problem(
                    key=f"travel.unknown_{column}",
                    params={
                        "n": int((~known).sum()),
                        "total": len(known),
                        "default": travel.default_class,
                    },
                    severity="warning",
                )
            )
    return table, problems


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
        },
        geometry=graph.geometry,
        crs=crs,
    )
