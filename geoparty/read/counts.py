"""Tables of counts per place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from geoparty import schema
from geoparty.read.clean import ABOVE, clean, require_filled
from geoparty.read.inputs import read_input
from geoparty.read.rows import Faults
from geoparty.read.totals import check_totals

_PARTS = {
    "official_members": "read.more_official",
    "reinforced_members": "read.more_reinforced",
    "members_over_60": "read.more_over_60",
}
"""Counts that are part of ``members``, and what to say when they are more."""
_WHOSE = frozenset({"place_id", "place_name", "commune_code", "commune_name", "as_of"})
"""Columns without which a row is of no place, or of no date."""


def read_counts(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    as_of: date | None = None,
    encoding: str | None = None,
) -> schema.Read:
    r"""Read a table of counts per place (.xlsx, .xls, .ods, .csv, or a vector file).

    Blanks and dashes are not reported (``<NA>``), never zero. A bad value is told, and unknown;
    numbers that contradict each other are both. Rows are set aside, with the reason, only where
    a bad value leaves it open which place or date they are of.

    Parameters
    ----------
    path
        The file.
    columns
        Our column name = the file's own; other columns are recognised by their headers.
    as_of
        Date of the counts where the table has no such column.
    encoding
        ``tcvn3`` or ``vni``: convert the columns that are in it; ``unicode``: convert none.

    Returns
    -------
    Read
        ``frame`` has ``schema.COUNTS`` and SOURCE_COLUMNS.

    Raises
    ------
    InputError
        No such file, damaged, protected, or a required column is missing.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "counts.csv"
    >>> _ = path.write_text("Mã thôn,Số đảng viên,Chi bộ\nA,3,riêng\nB,,ghép\nC,-1,riêng\n")
    >>> read = read_counts(path)
    >>> read.frame[["place_id", "members", "cell_status", "row"]]
      place_id  members cell_status  row
    0        A        3         own    2
    1        B     <NA>       joint    3
    2        C     <NA>         own    4
    >>> [(p.key, p.rows, p.params["detail"]) for p in read.problems]
    [('read.negative', (4,), ['-1'])]
    """
    required = ["place_id|place_name", "members", "cell_status"]
    raw = read_input(
        path, "counts", required=required, columns=columns, encoding=encoding, need_crs=False
    )
    faults = Faults(raw.source)
    frame = clean(raw, schema.COUNTS | ABOVE, faults, doubt=frozenset(schema.COUNTS) - _WHOSE)
    require_filled(frame, ["place_id", "place_name"], faults, headers=raw.headers)
    contradicted = pd.Series(data=False, index=frame.index)
    for part, key in _PARTS.items():
        if part in frame:
            more = (frame[part] > frame["members"]).fillna(value=False)
            shown = frame[part].astype("str") + " > " + frame["members"].astype("str")
            faults.add(more, key, then="doubt", column=raw.headers[part], detail=shown)
            frame[part] = frame[part].mask(more)
            contradicted |= more
    frame["members"] = frame["members"].mask(contradicted)
    if "as_of" not in frame and as_of is not None:
        frame["as_of"] = pd.Timestamp(as_of)
    frame = schema.conform(frame.join(raw.source), schema.COUNTS)
    read = faults.settle(frame)
    off = check_totals(
        raw.totals, read.frame, schema.COUNTS, headers=raw.headers, incomplete=read.rejected
    )
    return raw.account(read, *off)
