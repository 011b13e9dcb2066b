"""One sheet -> rows of data with where they came from; totals and notes apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from geoparty.errors import Problem
from geoparty.read import layout as lay
from geoparty.read.grids import Grid, Row, is_filled
from geoparty.read.headers import MISSPELT
from geoparty.read.raw import Raw, other_columns

_FILL_DOWN = frozenset(
    {"place_id", "place_name", "commune_code", "commune_name", "as_of", "cell_id", "cell_status"}
)
"""Columns whose vertically merged cells hold for every row they cover."""
_ASIDE = {"repeated": "read.repeated_header", "footer": "read.footer"}


@dataclass(frozen=True)
class Sheet:
    """A grid and what its header says."""

    grid: Grid
    layout: lay.Layout

    @property
    def fonts(self) -> dict[str, str]:
        """Legacy encoding of the fonts of each recognised column, where known."""
        known = self.grid.fonts
        return {ours: known[at] for ours, at in self.layout.place.items() if at in known}

    def missing(self, required: list[str]) -> list[str]:
        """Return the required columns that the sheet lacks."""
        known = self.layout.found.columns
        return [name for name in required if not any(o in known for o in name.split("|"))]


@dataclass
class _Kept:
    """Rows of one kind: their numbers and the cells of the recognised columns."""

    numbers: list[int] = field(default_factory=list)
    cells: list[list[object]] = field(default_factory=list)
    parts: list[pd.DataFrame] = field(default_factory=list)

    def pack(self, names: list[str]) -> None:
        """Make a compact frame of what was gathered since the last time."""
        frame = pd.DataFrame(self.cells, columns=names, dtype="object")
        texts = frame.map(lambda cell: isinstance(cell, str)).all()
        self.parts.append(frame.astype({name: "str" for name in names if texts[name]}))
        self.cells = []

    def frame(self, names: list[str]) -> pd.DataFrame:
        """Return the cells of all rows."""
        self.pack(names)
        whole = [part for part in self.parts if len(part)]
        return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=names)


def read_sheet(sheet: Sheet, path: Path, *, with_others: bool) -> Raw:
    """Return the rows of one sheet below its header, totals, notes and signatures apart.

    ``with_others`` keeps the columns that are not ours as well.
    """
    place = sheet.layout.place
    known = set(sheet.layout.found.columns.values())
    free = other_columns(sheet.layout.header, known) if with_others else {}
    names = [*place, *free]
    at = [*place.values(), *free.values()]
    kept: dict[str, _Kept] = {kind: _Kept() for kind in ("data", "total", "repeated", "footer")}
    groups: list[tuple[int, str]] = []
    number = 0
    for block in sheet.grid.blocks():
        for row in block:
            number += 1
            if number <= sheet.layout.first or not is_filled(row):
                continue
            kind = lay.row_kind(row, sheet.layout, place)
            if kind == "data" and kept["footer"].numbers and not lay.has_values(row, place):
                kind = "footer"
            if kind == "group":
                groups.append((number, _unit(row, sheet.layout)))
            rows = kept["total" if kind == "group" else kind]
            rows.numbers.append(number)
            rows.cells.append([row[i] if i < len(row) else None for i in at])
        for rows in kept.values():
            rows.pack(names)
    sources = {kind: _source(rows.numbers, sheet.grid.name, path) for kind, rows in kept.items()}
    cells, merged = _fill_merged(kept["data"].frame(names), sources["data"], sheet)
    raw = Raw(
        cells=cells[[*place]],
        others=cells[[*free]],
        source=sources["data"],
        headers=dict(sheet.layout.found.columns),
        problems=(*_notes(sheet, path), *merged, *_aside_notes(kept, sheet, path)),
        totals=sources["total"].join(kept["total"].frame(names)[[*place]]),
    )
    return _with_unit(_with_date(raw, sheet), sheet, groups)


def _unit(row: Row, layout: lay.Layout) -> str:
    texts = [layout.decode(cell) for cell in row if isinstance(cell, str) and cell.strip()]
    return next((unit for text in texts if (unit := lay.unit_name(text))), "")


def _source(numbers: list[int], sheet: str, path: Path) -> pd.DataFrame:
    source = pd.DataFrame({"row": pd.Series(numbers, dtype="int64")})
    source.insert(0, "sheet", pd.Series(sheet, index=source.index, dtype="str"))
    source.insert(0, "file", pd.Series(path.name, index=source.index, dtype="str"))
    return source


def _fill_merged(
    cells: pd.DataFrame, source: pd.DataFrame, sheet: Sheet
) -> tuple[pd.DataFrame, list[Problem]]:
    """Fill merged names down; a number merged over several rows is nobody's."""
    problems = []
    names = {at: ours for ours, at in sheet.layout.place.items()}
    for top, left, bottom, _ in sheet.grid.merges:
        ours = names.get(left)
        covered = source["row"].between(max(top, sheet.layout.first) + 1, bottom + 1)
        if ours is None or bottom == top or covered.sum() < 2:
            continue
        if ours in _FILL_DOWN:
            cells.loc[covered, ours] = cells.loc[covered, ours].iloc[0]
            continue
        cells[ours] = cells[ours].astype("object")
        cells.loc[covered, ours] = None
        problems.append(
            Problem(
                key="read.merged_number",
                params={"detail": ""},
                file=str(source["file"].iloc[0]),
                sheet=sheet.grid.name or None,
                rows=tuple(int(row) for row in source.loc[covered, "row"]),
                column=sheet.layout.found.columns[ours],
            )
        )
    return cells, problems


def _with_date(raw: Raw, sheet: Sheet) -> Raw:
    if "as_of" in raw.cells or raw.source.empty:
        return raw
    stated = lay.stated_date((sheet.grid.name, *sheet.layout.titles))
    if stated is None:
        return raw
    note = _note("read.date_from_title", sheet, raw, {"date": f"{stated:%d/%m/%Y}"})
    return replace(
        raw,
        cells=raw.cells.assign(as_of=pd.Series(stated, index=raw.cells.index, dtype="object")),
        headers={**raw.headers, "as_of": ""},
        problems=(*raw.problems, note),
    )


def _with_unit(raw: Raw, sheet: Sheet, groups: list[tuple[int, str]]) -> Raw:
    """Take the commune from the headings of groups, or the sheet's name, where no column has it."""
    has_column = {"commune_code", "commune_name"} & set(raw.cells)
    if has_column or raw.source.empty:
        return raw
    named = [(at, unit) for at, unit in groups if unit]
    whole = next(
        (u for t in (sheet.grid.name, *sheet.layout.titles) if (u := lay.unit_name(t))), None
    )
    if named:
        starts = [at for at, _ in named]
        which = pd.Series(starts).searchsorted(raw.source["row"])
        units = [named[i - 1][1] if i else whole for i in which]
    elif whole:
        units = [whole] * len(raw.source)
    else:
        return raw
    note = _note("read.unit_from_heading", sheet, raw, {"unit": named[0][1] if named else whole})
    return replace(
        raw,
        cells=raw.cells.assign(
            commune_name=pd.Series(units, index=raw.cells.index, dtype="object")
        ),
        headers={**raw.headers, "commune_name": ""},
        problems=(*raw.problems, note),
    )


def _note(key: str, sheet: Sheet, raw: Raw, params: dict[str, Any]) -> Problem:
    return Problem(
        key=key,
        params=params,
        file=str(raw.source["file"].iloc[0]),
        sheet=sheet.grid.name or None,
        severity="warning",
    )


def _notes(sheet: Sheet, path: Path) -> list[Problem]:
    found = sheet.layout.found
    return [
        Problem(
            key="read.header_guessed",
            params={"name": ours},
            file=path.name,
            sheet=sheet.grid.name or None,
            column=theirs,
            severity="warning",
        )
        for ours, theirs in found.columns.items()
        if found.scores[ours] <= MISSPELT
    ]


def _aside_notes(kept: dict[str, _Kept], sheet: Sheet, path: Path) -> list[Problem]:
    return [
        Problem(
            key=key,
            params={"detail": ""},
            file=path.name,
            sheet=sheet.grid.name or None,
            rows=tuple(kept[kind].numbers),
            severity="warning",
        )
        for kind, key in _ASIDE.items()
        if kept[kind].numbers
    ]
