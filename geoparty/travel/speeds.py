"""How fast each edge of the network is passed in one season, along it and against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoparty.settings import Season, Travel, Vehicle

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def walk_kph(travel: Travel, season: Season) -> float:
    """Return walking speed on a flat path."""
    return travel.walk_kph * season.walk_factor


def edge_kph(edges: pd.DataFrame, travel: Travel, season: Season) -> tuple[Floats, Floats]:
    """Return the speed along each edge and against it, km/h; 0 where nobody passes.

    A vehicle's speed is that of the class, times the factors of the surface and of the season.
    The fastest vehicle the mode allows is taken, where one may pass in that direction; people
    walk where riding is closed or slower, in both directions, and never on a ferry.
    """
    walk, ferry = walk_kph(travel, season), (edges["road_class"] == "ferry").to_numpy()
    least = np.where(ferry, 0.0, walk)
    closed = edges["surface"].isin(season.closed_surfaces)
    closed |= edges["road_class"].isin(season.closed_classes)
    along, against = least.copy(), least.copy()
    vehicles = travel.vehicles
    for name, vehicle in vehicles.items():
        ride = _ridden(edges, vehicle, season)
        ride[closed.to_numpy() | _lists(edges, "barred_modes", name)] = 0.0
        if name == "motorbike":
            ride[edges["road_class"].isin(travel.walked_classes).to_numpy()] = 0.0
        for kph, other in ((along, "backward"), (against, "forward")):
            np.maximum(kph, np.where(_is(edges, "oneway", other), 0.0, ride), out=kph)
    if not vehicles:
        boat = travel.speed_kph.get("ferry", 0.0)
        for kph in (along, against):
            kph[ferry & ~closed.to_numpy()] = boat
    return along, against


def edge_minutes(edges: pd.DataFrame, travel: Travel, season: Season) -> tuple[Floats, Floats]:
    """Return minutes along each edge and against it; ``inf`` where nobody passes."""
    length = edges["length_m"].to_numpy(float)
    shut = is_shut(edges, season)
    both = []
    for kph in edge_kph(edges, travel, season):
        with np.errstate(divide="ignore", invalid="ignore"):
            minutes = np.where(kph > 0, length / (kph * 1000 / 60), np.inf)
        both.append(np.where(shut, np.inf, minutes))
    return both[0], both[1]


def is_shut(edges: pd.DataFrame, season: Season) -> Bools:
    """Return which edges nobody passes: fords the season closes, and what is closed by name.

    A ford is open where the season opens fords, where its stream is small enough for the
    season, or where the road says so (``open_seasons``); a bridge is always open.
    """
    shut = names_season(edges, season)
    if season.fords_open:
        return shut
    ford = edges["is_crossing"].to_numpy(bool) & ~edges["has_bridge"].to_numpy(bool)
    order = edges["stream_order"].to_numpy()
    wet: Bools = (
        ford & (order > season.passable_order) & ~_lists(edges, "open_seasons", season.name)
    )
    return shut | wet


def names_season(edges: pd.DataFrame, season: Season) -> Bools:
    """Return which edges are closed in a season by name."""
    return _lists(edges, "closed_seasons", season.name)


def _ridden(edges: pd.DataFrame, vehicle: Vehicle, season: Season) -> Floats:
    """Return a vehicle's speed on each edge, 0 where it has none."""
    factor = {s: f * season.surface_factor.get(s, 1.0) for s, f in vehicle.surface_factor.items()}
    speed = {c: v * season.class_factor.get(c, 1.0) for c, v in vehicle.speed_kph.items()}
    ride = _valued(edges["road_class"], speed) * _valued(edges["surface"], factor)
    return np.nan_to_num(ride)


def _valued(texts: pd.Series[Any], values: Mapping[str, float]) -> Floats:
    """Return the value of each text, NaN where it has none; a text is looked up once."""
    code, known = pd.factorize(texts)
    value = np.array([*(values.get(text, np.nan) for text in known), np.nan])
    of_each: Floats = value[code]
    return of_each


def _is(edges: pd.DataFrame, column: str, value: str) -> Bools:
    found: Bools = (edges[column] == value).fillna(value=False).to_numpy(bool)
    return found


def _lists(edges: pd.DataFrame, column: str, name: str) -> Bools:
    """Return where a column of names parted by semicolons or commas has one."""
    texts: pd.Series[Any] = edges[column]
    if texts.isna().all():
        return np.zeros(len(edges), bool)
    has = {text: name in names(text) for text in texts.dropna().unique()}
    found: Bools = texts.map(has).fillna(value=False).to_numpy(bool)
    return found


def names(text: str) -> list[str]:
    """Return the names in a text, parted by semicolons or commas.

    Examples
    --------
    >>> names("wet; flood")
    ['wet', 'flood']
    """
    return [part.strip() for part in str(text).replace(",", ";").split(";") if part.strip()]
