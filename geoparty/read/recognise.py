"""What each column of a file was taken to mean, to be shown, confirmed and saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd

from geoparty.read.grids import open_file
from geoparty.read.headers import twin_headers
from geoparty.read.tables import TABLE_SUFFIXES, find_sheets
from geoparty.read.vectors import vector_headers

Table = Literal["communes", "places", "counts", "centres", "roads", "lineage", "crosswalk"]
_TWIN = 0.5
_REQUIRED = {
    "communes": ["commune_code", "commune_name"],
    "places": ["place_name"],
    "counts": ["place_id|place_name", "members", "cell_status"],
    "centres": ["commune_code"],
}


def recognise(
    path: Path | str, table: Table, *, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the meaning of every column of a file, sheet by sheet.

    Parameters
    ----------
    path
        The file.
    table
        What the file is a table of.
    columns
        Our column name = the file's own, as confirmed so far.

    Returns
    -------
    DataFrame
        One row per column with a header: ``sheet``, ``header`` (its text), ``column`` (ours, or
        empty), ``score`` (1 our own name, confirmed or exact; less the less sure, 0 unknown).
        Two headers that mean the same column equally well both have it, with score 0.5.
        A confirmed frame goes into ``project.toml`` as ``[inputs.columns.<table>]``.

    Raises
    ------
    InputError
        The file does not open.
    PersonalDataError
        It looks like records of persons.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "counts.csv"
    >>> _ = path.write_text("Thôn,Số ĐV,Chi bộ,Ghi chú", "utf-8")
    >>> recognise(path, "counts")[["header", "column", "score"]].round(2)
        header       column  score
    0     Thôn   place_name   0.99
    1    Số ĐV      members   0.99
    2   Chi bộ  cell_status   0.99
    3  Ghi chú                0.00
    """
    path = open_file(path)
    if path.suffix.lower() in TABLE_SUFFIXES:
        sheets = find_sheets(path, table, required=_REQUIRED.get(table, []), columns=columns)
        found = [(s.grid.name, s.layout.header, s.layout.found) for s in sheets]
    else:
        found = [vector_headers(path, table, columns=columns)]
    rows = []
    for sheet, headers, meaning in found:
        ours = {theirs: name for name, theirs in meaning.columns.items()}
        twins = twin_headers(meaning)
        for header in headers:
            if header:
                name = twins.get(header, ours.get(header, ""))
                sure = _TWIN if header in twins else meaning.scores.get(name, 0.0)
                rows.append((sheet, header, name, sure))
    return pd.DataFrame(rows, columns=["sheet", "header", "column", "score"])
