"""Results fit to circulate: small counts hidden, and nothing left that gives them away.

Counts of persons from 1 to ``mask_below - 1`` are hidden in each place, commune, province, class
and in the whole. Where totals are shown, enough further counts are hidden that no hidden one can
be worked out: those hidden under one shown total number at least two, each could be any of at
least ``mask_below`` values by the totals of its count and the sizes of classes, and more than one
by all counts together (``present.reader``). Zero and unknown are shown as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoparty import schema
from geoparty.assess import priority
from geoparty.present.hiding import Hidden, hide, is_safe
from geoparty.present.reader import PARTS, least_known, worked_out
from geoparty.settings import Rules

PERSON_COUNTS = (
    "members",
    "official_members",
    "reinforced_members",
    "members_over_60",
    "candidates",
    "graduates",
    "admitted_last_5y",
    "admitted",
    "admission_target",
)
"""Counts of persons of a political organisation: these are masked, wholes before their parts."""
_MOST_ROUNDS = 30

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
_TELLING = ("candidates", "years_without_admission")
"""Criteria of the priority that are counts of persons, or tell of one."""
_SEASONAL = ("centre_min_", "cell_min_", "is_cut_off_")


def circulation(
    results: schema.Results, *, mask_below: int | None = None, mark: str | None = None
) -> schema.Results:
    """Return results to hand round: small counts hidden, working columns left out.

    ``mask_below`` is the rule ``mask_below`` of the run if not given; ``mark`` is the words of
    the classification mark that every export then carries, with the date of the data. Hidden
    counts are ``<NA>`` and named in the column ``masked`` (``members;candidates``). Risk
    reasons are hidden where a count they tell of is, and places are ranked without counts of
    persons, which their order would tell of. The account, assignments, problems,
    progress and source rows stay home; so does any column or field not known to be harmless.
    """
    rules = Rules.model_validate(results.run.get("settings", {}).get("rules", {}))
    below = mask_below or rules.mask_below
    places = _kept(results.places, _PLACE_COLUMNS)
    communes = _kept(results.communes, _COMMUNE_COLUMNS)
    provinces = results.provinces
    provinces = provinces[[name for name in provinces if name in _COMMUNE_COLUMNS]]
    hidden = hide_counts(places, below=below, min_official=rules.min_official_members)
    if "priority" in places:
        harmless = tuple(name for name in rules.priority if name not in _TELLING)
        known = rules.model_copy(update={"priority": harmless})
        places = places.assign(priority=priority(places, rules=known))
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
        sites=_sites(results, hidden.get("candidates"), below),
        assignments=results.assignments.iloc[:0],
        account=results.account.iloc[:0],
        problems=(),
        roads=results.roads,
        streams=results.streams,
        border=results.border,
        centres=results.centres,
        run=_run(results.run) | {"circulation": {"mask_below": below, "mark": mark or ""}},
    )


def _sites(results: schema.Results, hidden: Hidden | None, below: int) -> gpd.GeoDataFrame:
    """Return class sites without the sizes that would give a hidden number of candidates away.

    Nor the mean trip where a hidden number weighs in it: with known minutes it is one more sum.
    """
    sites = results.sites
    shown = sites[[name for name in sites if name in {*_SITE_COLUMNS, sites.geometry.name}]]
    size = shown["n_candidates"].astype("Int64")
    small = size.lt(below).fillna(value=False).to_numpy(dtype=bool)
    if hidden is None:
        return _blank(shown, {"n_candidates": small})
    told = results.places[["commune_code", "candidates"]].assign(hidden=hidden.places)
    served = results.assignments[["place_id", "site_id", "candidates"]]
    of_hidden = told.index[told["hidden"]]
    mixed = shown.index.isin(served.loc[served["place_id"].isin(of_hidden), "site_id"])
    telling = _telling_sizes(served, told[told["hidden"]], hidden.communes, below)
    out = _blank(shown, {"n_candidates": small | shown.index.isin(telling)})
    if "mean_min" in out:
        out["mean_min"] = out["mean_min"].mask(mixed)
        listed = np.where(out["masked"].to_numpy() == "", "mean_min", out["masked"] + ";mean_min")
        out["masked"] = np.where(mixed, listed, out["masked"])
    return out


def _telling_sizes(
    served: pd.DataFrame, hidden: pd.DataFrame, closed: frozenset[str], below: int
) -> set[Any]:
    """Return the sites whose size must not be shown; the reader may know who goes where.

    A size may be shown where, commune by commune, the hidden numbers that go into it would be
    safe if their sum were known, and so would those of the commune that go into no size shown.
    Sites that serve a part of a place, or a commune whose total is hidden, show none.
    """
    went = served.merge(hidden, left_on="place_id", right_index=True, suffixes=("_went", ""))
    whole = went["candidates_went"].eq(went["candidates"]).fillna(value=False)
    partly = ~whole | went["commune_code"].astype(str).isin(closed)
    telling = set(went.loc[partly, "site_id"])
    site_of = went.drop_duplicates("place_id").set_index("place_id")["site_id"]
    cells = hidden.assign(site_id=site_of.reindex(hidden.index))
    while True:
        open_ = cells["site_id"].where(~cells["site_id"].isin(telling)).astype("str").fillna("")
        sums = cells.groupby([cells["commune_code"].astype("str"), open_])["candidates"]
        found = sums.agg(["sum", "size"]).reset_index()
        safe = [
            is_safe(int(t), int(n), int(n), below)
            for t, n in zip(found["sum"], found["size"], strict=True)
        ]
        found = found[~np.array(safe, dtype=bool) & ~found["commune_code"].isin(closed)]
        wrong = set(found.loc[found["site_id"].ne(""), "site_id"])
        for commune in set(found.loc[found["site_id"].eq(""), "commune_code"]):
            at = cells["commune_code"].astype("str").eq(commune) & open_.ne("")
            wrong |= set(open_[at].sort_values().iloc[:1])
        wrong = {s for s in site_of.unique() if str(s) in wrong}
        if not wrong:
            return telling
        telling |= wrong


def _run(run: dict[str, Any]) -> dict[str, Any]:
    """Return what describes the run; names of files and scenarios and totals of rows stay home."""
    kept = {name: run[name] for name in _RUN_KEYS if name in run}
    settings = {k: v for k, v in run.get("settings", {}).items() if k != "inputs"}
    plan = run.get("plan", {})
    told = {"status": plan.get("status")} | ({"scenario": ""} if "scenario" in plan else {})
    return kept | {"settings": settings, "plan": told}


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


def hide_counts(places: pd.DataFrame, *, below: int, min_official: int = 3) -> dict[str, Hidden]:
    """Return what to hide of every count of persons, by its name; see ``hiding.hide``.

    A part is hidden where its whole is: six official members shown would say that a hidden
    number of members is six or more, and the total then gives the other hidden one away. Where
    a reader of all counts could still work a value out, more of its commune is hidden.
    """
    also = {name: np.zeros(len(places), dtype=bool) for name in PERSON_COUNTS if name in places}
    closed: dict[str, frozenset[str]] = dict.fromkeys(also, frozenset())
    for _ in range(_MOST_ROUNDS):
        found = _hidden(places, also, closed, below=below, min_official=min_official)
        known = worked_out(places, found, min_official=min_official)
        if not any(cells.any() for cells in known.values()):
            return found
        for name, cells in known.items():
            more, shut = _more(places, name, found[name], cells)
            also[name] = also[name] | found[name].places & cells | more
            closed[name] |= shut
    return {name: _all_of(places, name) for name in also}


def _hidden(
    places: pd.DataFrame,
    also: dict[str, npt.NDArray[np.bool_]],
    closed: dict[str, frozenset[str]],
    *,
    below: int,
    min_official: int,
) -> dict[str, Hidden]:
    """Return what each count hides for itself, for the wholes it is part of, and besides."""
    found: dict[str, Hidden] = {}
    for name in also:
        cells = also[name]
        for whole in (whole for part, whole in PARTS if part == name and whole in found):
            rest = (places[whole] - places[name]).fillna(0).to_numpy(dtype=np.int64)
            cells = cells | found[whole].places | ((rest >= 1) & (rest < below))
        least = least_known(places, name, min_official=min_official)
        found[name] = hide(
            places[name], places, below=below, also=cells, least=least, closed=closed[name]
        )
    return found


def _more(
    places: pd.DataFrame, name: str, found: Hidden, cells: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], frozenset[str]]:
    """Return, for each commune with a value worked out, its next value to hide, or its total."""
    values = places[name].fillna(0).to_numpy(dtype=np.int64)
    codes = places["commune_code"].fillna("").astype(str).to_numpy()
    more, shut = np.zeros(len(places), dtype=bool), set()
    for code in np.unique(codes[cells]):
        shown = np.flatnonzero((codes == code) & (values >= 1) & ~found.places)
        if len(shown):
            more[shown[np.argmin(values[shown])]] = True
        else:
            shut.add(str(code))
    return more, frozenset(shut)


def _all_of(places: pd.DataFrame, name: str) -> Hidden:
    """Return that nothing of a count is shown but zero."""
    communes, provinces = (
        frozenset(places[column].fillna("").astype(str))
        for column in ("commune_code", "province_code")
    )
    some = places[name].fillna(0).gt(0).to_numpy(dtype=bool)
    return Hidden(some, communes, provinces, whole=True)
