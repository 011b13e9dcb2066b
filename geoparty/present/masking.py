"""Results fit to circulate: small counts hidden, and nothing left that gives them away.

Counts of persons from 1 to ``mask_below - 1`` are hidden in each place, commune, province and
in the whole. Where totals are shown, enough further counts are hidden that no hidden one can
be worked out: those hidden under one shown total number at least two, and each could be any
of at least ``mask_below`` values. Zero and unknown are shown as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema

PERSON_COUNTS = (
    "members",
    "official_members",
    "reinforced_members",
    "members_over_60",
    "candidates",
    "graduates",
    "admitted",
    "admitted_last_5y",
    "admission_target",
)
"""Counts of persons of a political organisation: these are masked."""

_PARTS = {
    "official_members": "members",
    "reinforced_members": "members",
    "members_over_60": "members",
}
"""A part and its whole, beside each other in a place: a small rest is as telling as a part."""

_PLACE_COLUMNS = (
    *("place_name", "place_kind", "commune_code", "commune_name", "province_code"),
    *("province_name", "households", "population", "working_age", "away_workers", "as_of"),
    *PERSON_COUNTS,
    *("cell_status", "gap_level", "risk_reasons", "has_local_members", "is_border"),
    *("is_disadvantaged", "location", "priority"),
)
_COMMUNE_COLUMNS = (
    *(name for name in schema.COMMUNES if name != "commune_code"),
    *("is_border", "border_km", "border_agreement", "n_places", "households", "population"),
    *(f"n_{level}" for level in schema.GAP_LEVELS),
    *PERSON_COUNTS,
    *(f"n_reported_{name}" for name in PERSON_COUNTS),
)
_SITE_COLUMNS = (
    *("place_id", "place_name", "commune_code", "commune_name", "n_candidates"),
    *("mean_min", "max_min"),
)
_RUN_KEYS = ("geoparty", "written_at", "project", "is_synthetic", "as_of", "gap_levels")
_SEASONAL = ("centre_min_", "cell_min_", "is_cut_off_")


@dataclass(frozen=True)
class Hidden:
    """What must not be shown of one count: by place, commune and province, and the whole."""

    places: npt.NDArray[np.bool_]
    communes: frozenset[str]
    provinces: frozenset[str]
    whole: bool


def circulation(
    results: schema.Results, *, mask_below: int | None = None, mark: str | None = None
) -> schema.Results:
    """Return results to hand round: small counts hidden, working columns left out.

    ``mask_below`` is the rule ``mask_below`` of the run if not given; ``mark`` is the words of
    the classification mark that every export then carries, with the date of the data. Hidden
    counts are ``<NA>`` and named in the column ``masked`` (``members;candidates``). Risk
    reasons are hidden where a count they tell of is. The account, assignments, problems,
    progress and source rows stay home; so does any column or field not known to be harmless.
    """
    below = mask_below or results.run.get("settings", {}).get("rules", {}).get("mask_below", 5)
    places = _kept(results.places, _PLACE_COLUMNS)
    communes = _kept(results.communes, _COMMUNE_COLUMNS)
    provinces = results.provinces
    provinces = provinces[[name for name in provinces if name in _COMMUNE_COLUMNS]]
    hidden = hide_counts(places, below=below)
    places = _blank(places, {name: h.places for name, h in hidden.items()})
    for name, found in hidden.items():
        communes = _blank(communes, {name: _named(communes.index, found.communes)})
        codes = provinces.index.get_level_values(0).astype(str)
        provinces = _blank(provinces, {name: _named(codes, found.provinces)})
    if "risk_reasons" in places:
        any_hidden = places["masked"].ne("")
        places["risk_reasons"] = places["risk_reasons"].mask(any_hidden)
        places.loc[any_hidden, "masked"] += ";risk_reasons"
    return schema.Results(
        communes=communes,
        places=places,
        provinces=provinces,
        sites=_sites(results.sites, below),
        assignments=results.assignments.iloc[:0],
        account=results.account.iloc[:0],
        problems=(),
        roads=results.roads,
        streams=results.streams,
        border=results.border,
        centres=results.centres,
        run=_run(results.run) | {"circulation": {"mask_below": below, "mark": mark or ""}},
    )


def _sites(sites: gpd.GeoDataFrame, below: int) -> gpd.GeoDataFrame:
    shown = sites[[name for name in sites if name in {*_SITE_COLUMNS, sites.geometry.name}]]
    size = shown["n_candidates"].astype("Int64")
    return _blank(shown, {"n_candidates": size.lt(below).fillna(value=False).to_numpy(dtype=bool)})


def _run(run: dict[str, Any]) -> dict[str, Any]:
    """Return what describes the run; names of files and totals of rows stay home."""
    kept = {name: run[name] for name in _RUN_KEYS if name in run}
    settings = {k: v for k, v in run.get("settings", {}).items() if k != "inputs"}
    return kept | {"settings": settings, "plan": {"status": run.get("plan", {}).get("status")}}


def _kept(frame: gpd.GeoDataFrame, names: Sequence[str]) -> gpd.GeoDataFrame:
    shown = [
        name
        for name in frame.columns
        if name in names or name == frame.geometry.name or str(name).startswith(_SEASONAL)
    ]
    return frame[shown].assign(masked="")


def _blank(frame: Any, hidden: dict[str, npt.NDArray[np.bool_]]) -> Any:  # noqa: ANN401
    """Return a frame with cells hidden and named in its column ``masked``."""
    out = frame.copy()
    if "masked" not in out:
        out["masked"] = ""
    for name, cells in hidden.items():
        if name in out and cells.any():
            out[name] = out[name].astype("Int64").mask(cells)
            joined = np.where(out["masked"].to_numpy() == "", name, out["masked"] + ";" + name)
            out["masked"] = np.where(cells, joined, out["masked"])
    return out


def _named(codes: pd.Index[Any], hidden: frozenset[str]) -> npt.NDArray[np.bool_]:
    return np.array([str(code) in hidden for code in codes], dtype=bool)


def _telling_rest(places: pd.DataFrame, name: str, below: int) -> npt.NDArray[np.bool_]:
    """Return where a part leaves a small rest of its whole, which would be as telling."""
    if name not in _PARTS or _PARTS[name] not in places:
        return np.zeros(len(places), dtype=bool)
    rest = (places[_PARTS[name]] - places[name]).fillna(0).to_numpy(dtype=np.int64)
    return np.asarray((rest >= 1) & (rest < below))


def hide_counts(places: pd.DataFrame, *, below: int) -> dict[str, Hidden]:
    """Return what to hide of every count of persons, by its name; see :func:`hide`.

    A part is hidden where its whole is: six official members shown would say that a hidden
    number of members is six or more, and the total then gives the other hidden one away.
    """
    found: dict[str, Hidden] = {}
    for name in PERSON_COUNTS:
        if name not in places:
            continue
        also = _telling_rest(places, name, below)
        if _PARTS.get(name) in found:
            also = also | found[_PARTS[name]].places
        found[name] = hide(places[name], places, below=below, also=also)
    return found


def hide(
    values: pd.Series[Any],
    units: pd.DataFrame,
    *,
    below: int,
    also: npt.NDArray[np.bool_] | None = None,
) -> Hidden:
    """Return what to hide of one count so that no small value shows or can be worked out.

    ``units`` has commune_code and province_code for each value; totals of both and of the
    whole are taken to be known to the reader, who also knows that every hidden value is at
    least 1. ``also`` are values to hide besides the small ones.

    Examples
    --------
    >>> units = pd.DataFrame({"commune_code": ["a"] * 4, "province_code": ["x"] * 4})
    >>> values = pd.Series(pd.array([2, 9, 30, 0], dtype="Int64"))
    >>> hide(values, units, below=5).places.tolist()
    [True, True, False, False]
    """
    known = values.fillna(0).to_numpy(dtype=np.int64)
    small = (known >= 1) & (known < below)
    if also is not None:
        small |= also & (known >= 1)
    communes = _communes(known, small, units["commune_code"])
    provinces: dict[str, _Group] = {}
    codes = units["province_code"].fillna("").astype(str).to_numpy()
    for commune in communes:
        province = provinces.setdefault(codes[commune.positions[0]], _Group("", []))
        province.children.append(commune)
        commune.hidden = not commune.cover(below)
    for code, province in provinces.items():
        province.code = code
        province.hidden = not province.cover(below)
    whole = _Group("", list(provinces.values()))
    is_hidden = not whole.cover(below)
    places = np.zeros(len(known), dtype=bool)
    for commune in communes:
        places[commune.positions[: commune.n_hidden]] = True
    return Hidden(
        places,
        frozenset(commune.code for commune in communes if commune.hidden),
        frozenset(code for code, province in provinces.items() if province.hidden),
        is_hidden,
    )


def _safe(total: int, n: int, below: int) -> bool:
    """Whether ``n`` hidden values of at least 1 and a known sum could each be enough others."""
    return n == 0 or (n >= 2 and total - n + 1 >= below)


@dataclass
class _Commune:
    """Values of one commune above zero, those to hide first, then from the smallest."""

    code: str
    positions: npt.NDArray[np.intp]
    values: npt.NDArray[np.int64]
    n_hidden: int
    hidden: bool = False

    @property
    def total(self) -> int:
        return int(self.values.sum())

    def exposed(self) -> tuple[int, int]:
        """Return sum and number of the hidden values."""
        return int(self.values[: self.n_hidden].sum()), self.n_hidden

    def cover(self, below: int) -> bool:
        """Hide more values until the total gives none away; False if it must be hidden."""
        while not _safe(*self.exposed(), below):
            if self.n_hidden == len(self.values):
                return False
            self.n_hidden += 1
        return True

    def hide(self) -> None:
        """Hide the total, and a value if it could be added up from all the values."""
        self.hidden = True
        self.n_hidden = max(self.n_hidden, 1)


@dataclass
class _Group:
    """A province, or the whole: the units in it."""

    code: str
    children: list[Any]
    hidden: bool = False

    @property
    def total(self) -> int:
        return sum(child.total for child in self.children)

    def exposed(self) -> tuple[int, int]:
        """Return sum and number of the hidden values under hidden totals."""
        pairs = [child.exposed() for child in self.children if child.hidden]
        return sum(total for total, _ in pairs), sum(n for _, n in pairs)

    def cover(self, below: int) -> bool:
        """Hide more totals, the smallest first, until the total above gives none away."""
        shown = sorted((c for c in self.children if not c.hidden), key=lambda c: c.total)
        for child in shown:
            if _safe(*self.exposed(), below):
                return True
            child.hide()
        return _safe(*self.exposed(), below)

    def hide(self) -> None:
        """Hide the total, and one in it if it could be added up from all of them."""
        self.hidden = True
        if not any(child.hidden for child in self.children):
            min(self.children, key=lambda c: c.total).hide()


def _communes(
    known: npt.NDArray[np.int64], small: npt.NDArray[np.bool_], codes: pd.Series[Any]
) -> list[_Commune]:
    """Return the communes that have a value above zero, in the order of their codes."""
    positions = np.flatnonzero(known >= 1)
    names = codes.fillna("").astype(str).to_numpy()[positions]
    order = np.lexsort([known[positions], ~small[positions], names])
    positions, names = positions[order], names[order]
    if not len(positions):
        return []
    starts = np.flatnonzero(names[1:] != names[:-1]) + 1
    return [
        _Commune(str(names[starts_at]), part, known[part], int(small[part].sum()))
        for starts_at, part in zip([0, *starts], np.split(positions, starts), strict=True)
    ]
