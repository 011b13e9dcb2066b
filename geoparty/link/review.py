"""What a person still has to decide."""

from __future__ import annotations

import pandas as pd

from geoparty.link.linked import UNDECIDED, Linked


def review(places: Linked, counts: Linked | None = None) -> pd.DataFrame:
    """Return one line for every decision to take, those that settle most rows first.

    Rows written the same way are one decision. Columns: scope and key (what
    :func:`geoparty.link.save_override` saves it under), place_name and commune_name as
    written, file, sheet and row of the first such row, n_rows, outcome, reason (a key of the
    catalogue), detail, and candidates, a tuple of (unit, label, score), best first. Empty
    when every row is decided.
    """
    parts = [linked.undecided for linked in (places, counts) if linked is not None]
    rows = pd.concat([p for p in parts if len(p)] or [parts[0]], ignore_index=True)
    size = rows.groupby(["scope", "key"], sort=False).size().rename("n_rows").reset_index()
    first = rows.drop_duplicates(["scope", "key"]).merge(size, on=["scope", "key"])
    columns = ["scope", "key", "n_rows", *(c for c in UNDECIDED if c not in ("scope", "key"))]
    order = first.sort_values("n_rows", ascending=False, kind="stable", ignore_index=True)
    return order[columns]
