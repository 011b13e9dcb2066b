"""Roads, streams and places of an OpenStreetMap extract, by their tags.

Meanings are those of the OpenStreetMap wiki (Key:highway, Key:access, Key:oneway, Key:ford,
Key:smoothness, Key:seasonal). Each row says which way or node it comes from: ``sheet`` is
``way`` or ``node`` and ``row`` its number in OpenStreetMap.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoparty import schema
from geoparty.errors import InputError, Problem
from geoparty.read.osm_fords import Lines, part_at_fords
from geoparty.read.osm_xml import read_xml
from geoparty.read.pbf import Extract, Ints, Tags, read_pbf
from geoparty.read.raw import Raw
from geoparty.read.sources import refuse_pointers

ENDINGS = (".osm.pbf", ".pbf", ".osm")

_ACCESS = {
    "bicycle": ("bicycle", "vehicle", "access"),
    "motorbike": ("motorcycle", "motor_vehicle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
"""Tags that say whether a vehicle may pass, the most particular first."""
_BARRED = frozenset({"no", "private", "military"})
_MOTORWAYS = frozenset({"motorway", "motorway_link"})
"""Barred to bicycles and motorbikes in Viet Nam, unless a tag of their own says otherwise."""
_TOO_ROUGH = {
    "impassable": frozenset(_ACCESS),
    "very_horrible": frozenset({"bicycle", "car"}),
    "horrible": frozenset({"car"}),
}
_SMOOTH = {"excellent": "paved", "good": "paved", "intermediate": "gravel", "bad": "gravel"}
_ROUGH = ("very_bad", "horrible", "very_horrible", "impassable")
_FORWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})
_BOTH = frozenset({"no", "false", "0"})
_ROUND = frozenset({"roundabout", "circular"})
_DRY_ONLY = frozenset({"yes", "dry_season", "dry"})
_STREAMS = frozenset({"river", "stream", "tidal_channel", "canal"})
_PLACES = frozenset(
    {
        *("city", "town", "village", "hamlet", "isolated_dwelling"),
        *("suburb", "quarter", "neighbourhood"),
    }
)


def is_extract(path: Path) -> bool:
    """Whether a file is an OpenStreetMap extract that is read here, by its ending."""
    return path.name.lower().endswith(ENDINGS)


def _read(path: Path) -> Extract:
    refuse_pointers(path)
    return read_xml(path) if path.suffix.lower() == ".osm" else read_pbf(path)


def osm_roads(path: Path) -> Raw:
    """Read roads and ferries with what their tags say of riding them.

    A ford on a node is a short stretch of its road. ``cells`` has the columns of
    ``schema.ROADS``: words for ``road_class`` and ``surface`` are OpenStreetMap's own.
    """
    extract = _read(path)
    tags = extract.way_tags
    ferry = tags.having("route")
    ferry = ferry[tags.get("route", ferry) == "ferry"]
    way = np.union1d(tags.having("highway"), ferry)
    if not len(way):
        raise InputError(Problem(key="read.no_rows", file=path.name))
    fords = extract.node_tags.having("ford")
    fords = fords[extract.node_tags.get("ford", fords) != "no"]
    lines, missed = part_at_fords(_lines(extract, way), fords, len(extract.node_id))
    cells = _road_cells(tags, way).iloc[lines.of].reset_index(drop=True)
    cells["is_ford"] = (cells["is_ford"] | lines.is_ford).astype("object")
    problems = [Problem(key="read.nodes_missing", params={"n": lines.n_short}, severity="warning")]
    problems.append(Problem(key="read.fords_off_roads", params={"n": missed}, severity="warning"))
    problems.append(_unread_oneway(tags, way, extract.way_id[way]))
    told = [p for p in problems if p.params["n"]]
    headers = {name: name for name in cells} | {"road_class": "highway", "has_bridge": "bridge"}
    raw = _raw(path, "way", extract.way_id[way][lines.of], cells, lines.geometry())
    return replace(raw, headers=headers, problems=tuple(replace(p, file=path.name) for p in told))


def osm_streams(path: Path) -> Raw:
    """Read rivers, streams and canals that run in the open; ditches and culverts are left out."""
    extract = _read(path)
    tags = extract.way_tags
    way = tags.having("waterway")
    kind = pd.Series(tags.get("waterway", way))
    covered = _said(tags, "tunnel", way)
    way = way[(kind.isin(_STREAMS) & ~covered).to_numpy()]
    lines = _lines(extract, way)
    return _raw(path, "way", extract.way_id[way], pd.DataFrame(), lines.geometry())


def osm_places(path: Path) -> Raw:
    """Read villages, hamlets, quarters and towns: nodes with a name."""
    extract = _read(path)
    tags = extract.node_tags
    node = tags.having("place")
    node = node[pd.Series(tags.get("place", node)).isin(_PLACES).to_numpy()]
    cells = pd.DataFrame(
        {
            "place_name": tags.get("name", node),
            "place_kind": tags.get("place", node),
            "population": tags.get("population", node),
        }
    )
    degrees = extract.place[node] / 1e7
    raw = _raw(path, "node", extract.node_id[node], cells, shapely.points(degrees))
    headers = {"place_name": "name", "place_kind": "place", "population": "population"}
    return replace(raw, headers=headers)


def _raw(
    path: Path, sheet: str, number: Ints, cells: pd.DataFrame, geometry: NDArray[np.object_]
) -> Raw:
    source = pd.DataFrame({"file": path.name, "sheet": sheet, "row": number})
    return Raw(cells, source, {}, geometry=gpd.GeoSeries(geometry, crs=schema.CRS), crs=schema.CRS)


def _lines(extract: Extract, way: Ints) -> Lines:
    node, of = extract.nodes_of(way)
    first = np.concatenate([[0], extract.way_end])[way]
    n_short = int((np.bincount(of, minlength=len(way)) < extract.way_end[way] - first).sum())
    whole = np.arange(len(way))
    return Lines(extract.place[node] / 1e7, node, of, whole, np.zeros(len(way), bool), n_short)


def _road_cells(tags: Tags, way: Ints) -> pd.DataFrame:
    """Return what the tags of ways say, in the words of ``schema.ROADS``."""
    highway = pd.Series(tags.get("highway", way))
    smoothness = pd.Series(tags.get("smoothness", way))
    surface = pd.Series(tags.get("surface", way))
    for other in (tags.get("tracktype", way), smoothness.map(_SMOOTH)):
        surface = surface.where(surface.notna(), other)
    surface = surface.where(surface.notna() | ~smoothness.isin(_ROUGH), "dirt")
    oneway = pd.Series(tags.get("oneway", way))
    forward = oneway.isin(_FORWARD) | (
        oneway.isna()
        & (pd.Series(tags.get("junction", way)).isin(_ROUND) | (highway == "motorway"))
    )
    seasonal = pd.Series(tags.get("seasonal", way)).isin(_DRY_ONLY)
    return pd.DataFrame(
        {
            "road_class": highway.where(highway.notna(), "ferry"),
            "surface": surface,
            "is_ford": _said(tags, "ford", way),
            "has_bridge": (_said(tags, "bridge", way) | _said(tags, "tunnel", way)).astype(object),
            "oneway": np.select([forward, oneway.isin(_BACKWARD)], ["forward", "backward"], "both"),
            "barred_modes": _barred(tags, way, highway, smoothness),
            "closed_seasons": seasonal.map({True: "wet", False: None}),
        }
    )


def _unread_oneway(tags: Tags, way: Ints, number: Ints) -> Problem:
    """Tell the ways whose one-way tag says none of what is read here."""
    oneway = pd.Series(tags.get("oneway", way))
    unread = (oneway.notna() & ~oneway.isin(_FORWARD | _BACKWARD | _BOTH)).to_numpy()
    said = {"n": int(unread.sum()), "total": len(way), "words": sorted(set(oneway[unread]))}
    rows = tuple(number[unread].tolist())
    key = "read.unknown_oneway"
    return Problem(
        key=key, params=said, sheet="way", rows=rows, column="oneway", severity="warning"
    )


def _said(tags: Tags, key: str, at: Ints) -> pd.Series[bool]:
    """Whether a tag is there and is not "no"."""
    value = pd.Series(tags.get(key, at), dtype="object")
    return value.notna() & (value != "no")


def _barred(
    tags: Tags, way: Ints, highway: pd.Series[str], smoothness: pd.Series[str]
) -> pd.Series[str]:
    """Return which vehicles may not or cannot pass, ``bicycle;motorbike;car``."""
    modes: NDArray[np.object_] = np.full(len(way), "", dtype=object)
    for mode, keys in _ACCESS.items():
        value = pd.Series(tags.get(keys[0], way))
        for key in keys[1:]:
            value = value.where(value.notna(), tags.get(key, way))
        barred = value.isin(_BARRED)
        if mode != "car":
            barred |= value.isna() & highway.isin(_MOTORWAYS)
        barred |= smoothness.isin([s for s, whom in _TOO_ROUGH.items() if mode in whom])
        modes = np.where(barred, np.where(modes == "", mode, modes + ";" + mode), modes)
    return pd.Series(modes, dtype="object").where(modes != "")
