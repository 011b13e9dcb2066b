"""The tables of a sample as an office would have typed them, and the truth about each row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geoparty.link import bundled_crosswalk
from geoparty.sample import defects
from geoparty.sample.frames import Sample
from geoparty.sample.noise import generator
from geoparty.sample.office import FIRST_ROW, office_sheet
from geoparty.sample.workbook import PLACE_COLUMNS, worded

LOSSLESS_SHARE, LOSSY_SHARE = 0.3, 0.06
NUMBER_SHARE = 0.01
REPEATED_SHARE = 0.01
WRONG_BY = 7
OLD_COMMUNE_SHARE = 0.15
LEAST = 2
"""Every defect is planted at least so often, where it applies."""
FILE_SHARES = {"counts": 0.6, "counts_tcvn3": 0.2, "counts_vni": 0.2}
"""Files of counts and the share of the communes in each; the later two are in old fonts."""
COUNT_COLUMNS = (
    "commune_name",
    "place_name",
    "members",
    "official_members",
    "reinforced_members",
    "members_over_60",
    "cell_status",
    "cell_id",
    "candidates",
    "graduates",
    "admitted",
    "admitted_last_5y",
    "admission_target",
    "head_is_member",
    "secretary_trained",
)


def make_messy(sample: Sample, *, seed: int, crosswalk: pd.DataFrame | None = None) -> Sample:
    """Return the sample with ``tables`` and ``truth``; its clean frames stay.

    Some rows name a commune of before July 2025 that went whole into theirs: by ``crosswalk``
    (``legacy_code``, ``legacy_name``, ``legacy_type``, ``commune_code``), else the bundled one.
    """
    crosswalk = bundled_crosswalk() if crosswalk is None else crosswalk
    rng = generator(seed, "messy")
    tables = {"places": _places(sample, rng)}
    for name, part in _files(sample, rng).items():
        tables[name] = _counts(sample, part, crosswalk, rng)
    truth = pd.concat([_truth(name, table) for name, table in tables.items()], ignore_index=True)
    shown = {name: table.drop(columns=["place", "defects"]) for name, table in tables.items()}
    return replace(sample, tables=shown, truth=truth)


def _places(sample: Sample, rng: np.random.Generator) -> pd.DataFrame:
    places = sample.places.reset_index()
    places["lon"], places["lat"] = (
        sample.places.geometry.x.to_numpy(),
        sample.places.geometry.y.to_numpy(),
    )
    columns = [c for c in PLACE_COLUMNS if c != "valid_from"]
    table = _typed(pd.DataFrame(places)[columns], places["place_id"])
    _spoil(table, "place_name", defects.LOSSLESS, LOSSLESS_SHARE / 2, rng)
    _spoil(table, "population", {"thousands": defects.thousands}, 0.1, rng)
    _spoil(table, "households", defects.NUMBERS, NUMBER_SHARE, rng)
    _spoil(table, "commune_code", {"code_unpadded": _unpadded}, 0.05, rng)
    _move_points(table, sample, rng)
    return _repeat_some(table, rng).reset_index(drop=True)


def _files(sample: Sample, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Share the communes out to the files, whole; the last counts only."""
    last = sample.counts[sample.counts["as_of"] == sample.counts["as_of"].max()]
    codes = sample.communes.index.to_numpy()
    order = rng.permutation(len(codes))
    cuts = np.round(np.cumsum([0.0, *FILE_SHARES.values()]) * len(codes)).astype(int)
    parts = {}
    for name, low, high in zip(FILE_SHARES, cuts[:-1], cuts[1:], strict=True):
        mine = last["commune_code"].isin(codes[order[low:high]])
        if mine.any():
            parts[name] = last[mine]
    return parts


def _counts(
    sample: Sample, part: pd.DataFrame, crosswalk: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    names = sample.communes["commune_name"]
    columns = list(COUNT_COLUMNS) if names.is_unique else ["commune_code", *COUNT_COLUMNS]
    part = part.reset_index(drop=True)
    table = _typed(part[columns], part["place_id"])
    _spoil(table, "place_name", defects.LOSSLESS, LOSSLESS_SHARE, rng)
    _spoil(table, "place_name", defects.LOSSY, LOSSY_SHARE, rng)
    for column in ("members", "candidates"):
        _spoil(table, column, defects.NUMBERS, NUMBER_SHARE, rng)
    _spoil(table, "official_members", {"more_official": _more}, NUMBER_SHARE, rng)
    kinds = part["commune_code"].map(sample.communes["commune_type"]).fillna("xã")
    table["commune_name"] = _commune_names(table, part["commune_code"], kinds, crosswalk, rng)
    return _with_totals(_repeat_some(table, rng), part, kinds)


def _typed(frame: pd.DataFrame, place: pd.Series) -> pd.DataFrame:
    """Return every cell as the text typed into it, blank where unknown."""
    text = worded(frame).astype(object)
    text = text.where(frame.notna(), "").map(lambda v: v if isinstance(v, str) else f"{v:.10g}")
    return text.assign(place=place.to_numpy(), defects="")


def _spoil(
    table: pd.DataFrame,
    column: str,
    kinds: dict[str, defects.Defect],
    share: float,
    rng: np.random.Generator,
) -> None:
    """Plant each kind of defect in its part of ``share`` of the rows not yet spoiled there."""
    free = rng.permutation(np.nonzero((table[column] != "") & (table["defects"] == ""))[0])
    each = max(LEAST, round(share * len(table) / len(kinds)))
    values, notes = table[column].to_numpy(copy=True), table["defects"].to_numpy(copy=True)
    for name, spoil in kinds.items():
        done, used = 0, []
        for k, i in enumerate(free):
            if done == each:
                break
            text = spoil(values[i], rng)
            if text != values[i]:
                values[i], notes[i] = text, name
                done += 1
                used.append(k)
        free = np.delete(free, used)
    table[column], table["defects"] = values, notes


def _unpadded(text: str, rng: np.random.Generator) -> str:
    """Lose the leading zeros of a code."""
    del rng
    return text.lstrip("0")


def _more(text: str, rng: np.random.Generator) -> str:
    """Write far too many official members."""
    return str(int(text) + int(rng.integers(200, 900)))


def _move_points(table: pd.DataFrame, sample: Sample, rng: np.random.Generator) -> None:
    """Put points into another commune, exchange their coordinates, or leave them out."""
    free = rng.permutation(np.nonzero(table["defects"] == "")[0])
    each = max(LEAST, round(0.005 * len(table)))
    outside, swapped, blank, comma = (free[i * each : (i + 1) * each] for i in range(4))
    code = sample.places["commune_code"].to_numpy()
    for i in outside.tolist():
        other = np.nonzero(code != code[i])[0]
        if len(other):
            j = int(rng.choice(other))
            table.loc[i, ["lon", "lat"]] = table.loc[j, ["lon", "lat"]].to_numpy()
            table.loc[i, "defects"] = "outside_commune"
    table.loc[swapped, ["lon", "lat"]] = table.loc[swapped, ["lat", "lon"]].to_numpy()
    table.loc[blank, ["lon", "lat"]] = ""
    for column in ("lon", "lat"):
        table.loc[comma, column] = table.loc[comma, column].str.replace(".", ",")
    for rows, name in ((swapped, "swapped"), (blank, "no_location"), (comma, "comma_degrees")):
        table.loc[rows, "defects"] = name


def _commune_names(
    table: pd.DataFrame,
    code: pd.Series,
    kind: pd.Series,
    crosswalk: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.Series:
    """Write the kind before most names, some in capitals, and some names of before the reform."""
    name = table["commune_name"].where(
        rng.random(len(table)) < 0.3, kind + " " + table["commune_name"]
    )
    name = name.where(rng.random(len(table)) > 0.05, name.str.upper())
    old = _old_names(code, crosswalk, rng)
    use = (rng.random(len(table)) < OLD_COMMUNE_SHARE) & old.ne("")
    table.loc[use, "defects"] = (table.loc[use, "defects"] + ";old_commune").str.lstrip(";")
    return name.mask(use, old)


def _old_names(code: pd.Series, crosswalk: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Return an old unit that went whole into each row's commune; empty where there is none."""
    unit = ["legacy_code", "legacy_name", "legacy_district_name"]
    whole = crosswalk[~crosswalk.duplicated([c for c in unit if c in crosswalk], keep=False)]
    named = whole["legacy_type"] + " " + whole["legacy_name"]
    choices = named.groupby(whole["commune_code"]).agg(list)
    draw = rng.random(len(code))
    found = code.map(choices)
    return pd.Series(
        [
            c[int(d * len(c))] if isinstance(c, list) else ""
            for c, d in zip(found, draw, strict=True)
        ],
        index=code.index,
    )


def _repeat_some(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Type some rows twice, the second time right after the first."""
    n = max(1, round(REPEATED_SHARE * len(table)))
    rows = rng.choice(len(table), size=min(n, len(table)), replace=False)
    again = table.iloc[rows]
    again = again.assign(defects=(again["defects"] + ";repeated").str.lstrip(";"))
    return pd.concat([table, again]).sort_index(kind="stable")


def _with_totals(table: pd.DataFrame, clean: pd.DataFrame, kind: pd.Series) -> pd.DataFrame:
    """Add a total after each commune's rows and one at the end, of the true counts typed.

    The total of the first commune is wrong: a number was changed and the sum was not.
    """
    counted = [c for c in table.columns if c in clean and str(clean[c].dtype) == "Int64"]
    rows = clean.loc[table.index]
    commune = rows["commune_code"].to_numpy()
    sums = rows[counted].fillna(0).groupby(commune, sort=False).sum()
    last = pd.Series(table.index).groupby(commune, sort=False).max()
    named = "Cộng " + kind.loc[table.index] + " " + rows["commune_name"]
    names = named.groupby(commune, sort=False).first()
    blank = pd.DataFrame("", index=sums.index, columns=table.columns)
    blank[counted] = sums.astype("str")
    blank["commune_name"] = names.loc[sums.index]
    whole = blank.iloc[:1].assign(commune_name="Tổng cộng")
    whole[counted] = sums.sum().astype("str").to_numpy()
    blank.loc[blank.index[0], "members"] = str(sums["members"].iloc[0] + WRONG_BY)
    totals = pd.concat([blank, whole]).assign(place=None, defects="total")
    totals["defects"] = totals["defects"].where(np.arange(len(totals)) > 0, "total;wrong_total")
    totals.index = pd.Index([*last.loc[sums.index], len(clean)])
    both = pd.concat([table, totals]).sort_index(kind="stable")
    return both.reset_index(drop=True)


def _truth(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": name.split("_")[0],
            "file": f"{name}.xlsx",
            "sheet": office_sheet(name),
            "row": FIRST_ROW + np.arange(len(table)),
            "place_id": table["place"].to_numpy(),
            "defects": table["defects"].to_numpy(),
        }
    )
