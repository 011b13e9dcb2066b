"""What a linking function returns: the frame, the account of every row, what is undecided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoparty.errors import Problem, Severity
from geoparty.link.matching import text_of
from geoparty.schema import ACCOUNT, SOURCE_COLUMNS, Read

UNDECIDED = (
    "table",
    *SOURCE_COLUMNS,
    "place_name",
    "commune_name",
    "outcome",
    "reason",
    "detail",
    "scope",
    "key",
    "candidates",
)
"""Columns of ``Linked.undecided``; scope and key are what a decision is saved under, and
candidates a tuple of (unit, label, score), best first."""

Candidates = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Linked:
    """A linked frame, the account of every input row, and the problems met.

    ``account`` has the columns of :data:`geoparty.schema.ACCOUNT` and one line per row of
    the input: its outcomes always add up to ``Read.rows_read``. ``undecided`` has the rows a
    person can decide, see :func:`geoparty.link.review`.
    """

    frame: Any
    account: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    undecided: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(UNDECIDED)))


def account(read: Read, lines: pd.DataFrame, *, table: str) -> pd.DataFrame:
    """Return one line per row of the input, in the order of files, sheets and rows.

    ``lines`` is on the index of ``read.frame`` with outcome, how, score, place_id, reason and
    detail; rows that reading set aside and total rows are added.
    """
    source = list(SOURCE_COLUMNS)
    own = pd.DataFrame(read.frame)[source].join(lines)
    parts = [
        own,
        read.rejected[[*source, "reason", "detail"]].assign(outcome="rejected"),
        read.totals[source].assign(outcome="total"),
    ]
    filled = [part.astype("object") for part in parts if len(part)]
    out = pd.concat(filled, ignore_index=True) if filled else own
    out = out.assign(table=table).reindex(columns=list(ACCOUNT))
    texts = [c for c in ACCOUNT if c not in ("row", "score")]
    out[texts] = out[texts].astype("object").fillna("").astype("str")
    out["row"] = out["row"].astype("Int64")
    out["score"] = out["score"].astype("float64")
    return out.sort_values(source, kind="stable", ignore_index=True)


def row_problems(
    rows: pd.DataFrame, lines: pd.DataFrame, *, severity: Mapping[str, Severity]
) -> Iterator[Problem]:
    """Yield one problem per file, sheet and reason, naming the rows it concerns.

    ``severity`` has the reasons that are told.
    """
    told = lines[lines["reason"].isin(list(severity))]
    found = pd.DataFrame(rows).loc[told.index, list(SOURCE_COLUMNS)]
    found = found.assign(reason=told["reason"], detail=told["detail"].fillna(""))
    found[["file", "sheet"]] = found[["file", "sheet"]].astype("object").fillna("")
    for (file, sheet, reason), group in found.groupby(["file", "sheet", "reason"], sort=True):
        group = group.sort_values("row")
        yield Problem(
            key=str(reason),
            params={"detail": [d for d in dict.fromkeys(group["detail"]) if d]},
            file=str(file) or None,
            sheet=str(sheet) or None,
            rows=tuple(int(r) for r in group["row"].dropna()),
            severity=severity[str(reason)],
        )


def written(rows: pd.DataFrame, columns: Iterable[str]) -> pd.Series[Any]:
    """Return what each row writes in these columns, as one text.

    Examples
    --------
    >>> written(pd.DataFrame({"place_name": ["Bản Mới"], "commune_name": [None]}),
    ...     ["place_name", "commune_name"])[0]
    'Bản Mới'
    """
    used = [text_of(rows[c]).astype("object").fillna("") for c in columns if c in rows]
    texts = [", ".join(part for part in parts if part) for parts in zip(*used, strict=True)]
    return pd.Series(texts or "", index=rows.index, dtype="object")


def with_nearest(
    said: pd.Series[Any], candidates: pd.Series[Any], names: Mapping[str, str]
) -> pd.Series[Any]:
    """Return what is written, an arrow, and the candidates: ``Bản Mơi → Bản Mới (A)``."""

    def label(pairs: Candidates | None) -> str:
        return "; ".join(f"{names.get(unit, '?')} ({unit})" for unit, _ in (pairs or ())[:5])

    near = candidates.map(label, na_action="ignore").astype("object").fillna("")
    return said.where(near == "", said + " → " + near)


def as_text(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return each row as one text, to tell whether two rows say the same."""
    columns = [frame[c].astype("object").where(frame[c].notna(), "") for c in frame]
    rows = ["|".join(map(str, row)) for row in zip(*columns, strict=True)]
    return pd.Series(rows, index=frame.index, dtype="object")
