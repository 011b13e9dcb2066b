"""What the printed report says: form, sections, tables, before it becomes DOCX or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geoparty import schema, words
from geoparty.present import class_facts, facts, labels
from geoparty.present.block import Block, Cell, Share
from geoparty.words import Language

_MOST_GAPS = 40
_MOST_COMMUNES = 60


@dataclass(frozen=True, kw_only=True)
class Form:
    """The fixed parts of a Party document (Guidance 36-HD/VPTW, 2018); empty ones are dotted."""

    superior: str = ""
    """Organisation above the issuing one."""
    issuer: str = ""
    number: str = ""
    """Number and sign, such as ``12-BC/BTCTU``."""
    place: str = ""
    """Place of issue."""
    on_behalf: str = ""
    """Authority of the signature, such as ``T/M BAN THƯỜNG VỤ``."""
    signer_title: str = ""
    signer: str = ""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of texts; ``widths`` are shares, ``numeric`` columns stand right.

    ``title`` stands above it where the text before does not say what it is.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    numeric: tuple[bool, ...]
    bold_last: bool = False
    title: str = ""


@dataclass(frozen=True)
class Section:
    """A numbered part of the report."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = field(default=())


def shown(cell: Cell, language: Language) -> str:
    """Return a cell of a block as text."""
    if cell is None:
        return ""
    if isinstance(cell, Share):
        return words.number(cell * 100, language, decimals=1) + "%"
    if isinstance(cell, float):
        return words.number(cell, language, decimals=1)
    return words.number(cell, language) if isinstance(cell, int) else str(cell)


def sections(results: schema.Results, language: Language) -> list[Section]:
    """Return the parts of the report in order; a part with nothing to say says so."""
    places = results.places
    return [
        _coverage(results, language),
        _gaps(places, language),
        _border(results.communes, language),
        _seasons(results, language),
        _classes(results, language),
        _sources(results, language),
    ]


def title(results: schema.Results, language: Language) -> tuple[str, str]:
    """Return the kind of document and its subject."""
    found = (str(name) for name in results.places["province_name"].dropna().unique())
    names = sorted(found, key=labels.sort_key)
    subject = words.text("present.report_subject", language)
    if names:
        where = words.listing(names, language)
        subject = words.text("present.report_where", language, subject=subject, where=where)
    return words.text("present.report_kind", language), subject


def as_table(block: Block, language: Language) -> Table:
    """Return a block of figures as a table of texts, its last row in bold if it is the sum."""
    rows = tuple(tuple(shown(cell, language) for cell in row) for row in block.rows)
    columns = max((len(row) for row in rows), default=len(block.headers))
    kinds = [[row[i] for row in block.rows if row[i] is not None] for i in range(columns)]
    numeric = tuple(
        bool(values) and all(isinstance(v, (int, float)) for v in values) for values in kinds
    )
    widths = (3.0, *(1.0 if is_number else 2.0 for is_number in numeric[1:]))
    last = block.rows[-1][0] if block.rows else None
    is_sum = last == words.text("present.sum_all", language)
    return Table(block.headers, rows, widths, numeric, bold_last=is_sum, title=block.title)


def _coverage(results: schema.Results, language: Language) -> Section:
    places = results.places
    n = len(places)
    counts = places["gap_level"].astype(object).value_counts()
    known = n - int(counts.get("unknown", 0))
    gaps = known - int(counts.get("covered", 0))
    text = words.text(
        "present.report_coverage",
        language,
        n=words.number(n, language),
        communes=words.number(places["commune_code"].nunique(), language),
        dates=facts.data_dates(places, language),
        gaps=words.number(gaps, language),
        known=words.number(known, language),
        share=shown(Share(gaps / known), language) if known else "–",
        unknown=words.number(n - known, language),
    )
    blocks = [
        facts.by_level(places, language),
        facts.by_kind(places, language),
        facts.by_province(places, language),
    ]
    tables = tuple(as_table(block, language) for block in blocks if len(block.rows))
    return Section(words.text("present.report_s_coverage", language), (text,), tables)


def _gaps(places: pd.DataFrame, language: Language) -> Section:
    listed = places[places["priority"].notna()].sort_values("priority", kind="stable")
    names = ("priority", "place_name", "commune_name", "gap_level", "risk_reasons", "members")
    first = listed.head(_MOST_GAPS)
    text = words.text(
        "present.report_gaps",
        language,
        n=words.number(len(listed), language),
        first=words.number(len(first), language),
    )
    table = _frame_table(first, names, (1, 2, 1.6, 1.9, 3, 0.9), language)
    return Section(words.text("present.report_s_gaps", language), (text,), (table,))


def _border(communes: pd.DataFrame, language: Language) -> Section:
    border = communes[communes["is_border"].fillna(value=False).astype(bool)]
    wanted = ("n_places", "n_no_members", "n_no_cell", "n_joint_cell", "n_at_risk", "n_unknown")
    names = ("commune_name", *(name for name in wanted if name in communes))
    text = words.text(
        "present.report_border",
        language,
        n=words.number(len(border), language),
        of=words.number(len(communes), language),
    )
    if border.empty:
        return Section(words.text("present.report_s_border", language), (text,))
    shares = (2.2, *(1.0 for _ in names[1:]))
    table = _frame_table(border.head(_MOST_COMMUNES), names, shares, language)
    sums = [int(border[name].sum()) for name in names[1:]]
    total = (words.text("present.sum_all", language), *(words.number(v, language) for v in sums))
    table = Table(table.headers, (*table.rows, total), table.widths, table.numeric, bold_last=True)
    return Section(words.text("present.report_s_border", language), (text,), (table,))


def _seasons(results: schema.Results, language: Language) -> Section:
    places, rows = results.places, []
    for season, label in labels.season_labels(results.run, language).items():
        name = f"is_cut_off_{season}"
        if name in places:
            cut = int(places[name].fillna(value=False).astype(bool).sum())
            rows.append(
                (label, cut, int(places[name].notna().sum()), int(places[name].isna().sum()))
            )
    headers = ("report_season", "report_cut_off", "report_measured", "report_not_measured")
    block = Block("", tuple(words.text(f"present.{h}", language) for h in headers), tuple(rows))
    minutes = results.run.get("settings", {}).get("rules", {}).get("cut_off_min", 0)
    text = words.text("present.report_seasons", language, minutes=words.number(minutes, language))
    tables = (as_table(block, language),) if rows else ()
    return Section(words.text("present.report_s_seasons", language), (text,), tables)


def _classes(results: schema.Results, language: Language) -> Section:
    heading = words.text("present.report_s_classes", language)
    if results.sites.empty:
        return Section(heading, (words.text("present.report_no_classes", language),))
    block = facts.plan(results, language)
    said = "; ".join(f"{row[0]}: {shown(row[1], language)}" for row in block.rows)
    names = ("place_name", "commune_name", "n_candidates", "mean_min", "max_min")
    table = _frame_table(results.sites, names, (2.2, 2, 1, 1.2, 1.2), language)
    told = [as_table(block, language) for block in class_facts.blocks(results, language)]
    return Section(heading, (said,) if said else (), (table, *told))


def _sources(results: schema.Results, language: Language) -> Section:
    blocks = [
        facts.unknown(results.places, language),
        facts.rules(results.run, language),
        facts.account(results.account, language),
        facts.problems(results, language),
    ]
    tables = tuple(as_table(block, language) for block in blocks if len(block.rows))
    text = words.text("present.report_sources", language)
    return Section(words.text("present.report_s_sources", language), (text,), tables)


def _frame_table(
    frame: pd.DataFrame, names: Sequence[str], widths: Sequence[float], language: Language
) -> Table:
    worded = labels.worded(pd.DataFrame(frame[list(names)]), language)
    hidden = words.text("present.masked", language)
    columns = [
        np.where(
            labels.masked(frame, name), hidden, _shown_column(worded[name], name, language)
        ).tolist()
        for name in names
    ]
    return Table(
        tuple(labels.header(name, {}, language) for name in names),
        tuple(zip(*columns, strict=True)),
        tuple(widths),
        tuple(pd.api.types.is_numeric_dtype(worded[name]) for name in names),
    )


def _shown_column(column: pd.Series[float], name: str, language: Language) -> list[str]:
    if pd.api.types.is_numeric_dtype(column):
        missing = words.text("present.not_reported", language) if name in schema.COUNTS else "–"
        return [missing if pd.isna(v) else words.number(float(v), language) for v in column]
    return ["" if pd.isna(v) else str(v) for v in column.astype(object)]
