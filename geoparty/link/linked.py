"""What a linking function returns, and the account of every row behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoparty.errors import Problem
from geoparty.schema import ACCOUNT, SOURCE_COLUMNS, Read


@dataclass(frozen=True)
class Linked:
    """A linked frame, the account of every input row, and the problems met.

    ``account`` has the columns of :data:`geoparty.schema.ACCOUNT` and one line per row of
    the input: its outcomes always add up to ``Read.rows_read``.
    """

    frame: Any
    account: pd.DataFrame
    problems: tuple[Problem, ...] = ()


def account(read: Read, lines: pd.DataFrame, *, table: str) -> pd.DataFrame:
    """Return one line per row of the input, in the order of files, sheets and rows.

    ``lines`` is on the index of ``read.frame`` with outcome, how, score, place_id, reason and
    detail; rows that reading set aside and total rows are added.
    """
    source = list(SOURCE_COLUMNS)
    parts = [
        read.frame[source].join(lines),
        read.rejected[[*source, "reason", "detail"]].assign(outcome="rejected"),
        read.totals[source].assign(outcome="total"),
    ]
    filled = [pd.DataFrame(part).astype("object") for part in parts if len(part)]
    out = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(ACCOUNT))
    out = out.assign(table=table).reindex(columns=list(ACCOUNT))
    texts = [c for c in ACCOUNT if c not in ("row", "score")]
    out[texts] = out[texts].fillna("").astype("str")
    out["row"] = out["row"].astype("Int64")
    out["score"] = out["score"].astype("float64")
    return out.sort_values(source, kind="stable", ignore_index=True)


def row_problems(
    rows: pd.DataFrame, lines: pd.DataFrame, *, texts: dict[str, str]
) -> Iterable[Problem]:
    """Yield one problem per file, sheet and reason, naming the rows it concerns.

    ``texts`` says which reasons are told and with which severity.
    """
    told = lines[lines["reason"].isin(list(texts))]
    found = rows.loc[told.index, list(SOURCE_COLUMNS)].assign(
        reason=told["reason"], detail=told["detail"].fillna("")
    )
    found["file"], found["sheet"] = found["file"].fillna(""), found["sheet"].fillna("")
    for (file, sheet, reason), group in found.groupby(["file", "sheet", "reason"], sort=True):
        ordered = group.sort_values("row")
        yield Problem(
            key=str(reason),
            params={"n": len(group), "detail": _first_details(ordered["detail"])},
            file=str(file) or None,
            sheet=str(sheet) or None,
            rows=tuple(int(r) for r in ordered["row"].dropna()),
            severity="error" if texts[str(reason)] == "error" else "warning",
        )


def as_text(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return each row as one text, to tell whether two rows say the same."""
    columns = [frame[c].astype("object").where(frame[c].notna(), "") for c in frame]
    rows = ["|".join(map(str, row)) for row in zip(*columns, strict=True)]
    return pd.Series(rows, index=frame.index, dtype="object")


def _first_details(details: pd.Series[Any]) -> str:
    known = list(dict.fromkeys(d for d in details if d))
    return "; ".join(known[:3]) + ("; ..." if len(known) > 3 else "")
