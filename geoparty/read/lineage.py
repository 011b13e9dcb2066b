"""Which place became which: merges, splits and changes of id, told by the planner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from geoparty import schema
from geoparty.read.clean import clean, require_filled
from geoparty.read.inputs import read_input
from geoparty.read.rows import Faults


def read_lineage(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> schema.Read:
    r"""Read a table of changes of places: one row per old and new place.

    A merge is several rows with one new place, a split several with one old place.

    Returns
    -------
    Read
        ``frame`` has ``schema.LINEAGE`` and SOURCE_COLUMNS.

    Raises
    ------
    InputError
        No such file, damaged, protected, or a required column is missing.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "lineage.csv"
    >>> text = "Mã thôn cũ,Mã thôn mới,Ngày\nA,C,2025-07-01\nB,C,2025-07-01\nD,,\n"
    >>> _ = path.write_text(text)
    >>> read = read_lineage(path)
    >>> read.frame[["place_id_before", "place_id_after"]].values.tolist(), len(read.rejected)
    ([['A', 'C'], ['B', 'C']], 1)
    """
    required = ["place_id_before", "place_id_after"]
    raw = read_input(
        path, "lineage", required=required, columns=columns, encoding=encoding, need_crs=False
    )
    faults = Faults(raw.source)
    frame = clean(raw, schema.LINEAGE, faults)
    for name in required:
        require_filled(frame, [name], faults, headers=raw.headers)
    return raw.account(faults.settle(schema.conform(frame.join(raw.source), schema.LINEAGE)))
