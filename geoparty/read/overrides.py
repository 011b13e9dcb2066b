"""Human decisions on linking, kept in the project beside its inputs."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from geoparty.errors import InputError, Problem

OVERRIDES = ("date", "table", "key", "decision", "unit_name", "reason")
"""Columns of the overrides file; ``key`` is the row as written, ``decision`` the unit."""

_FORMULA, _ESCAPED = r"^(?='*[=+\-@\t\r\n])", r"^'(?='*[=+\-@\t\r\n])"


def read_overrides(path: Path | str) -> pd.DataFrame:
    r"""Read the decisions people took on rows that could not be linked; none if there is no file.

    Returns
    -------
    DataFrame
        Columns of :data:`OVERRIDES`, all text; rows without key or decision are left out.

    Raises
    ------
    InputError
        The file is not UTF-8 text, or lacks a column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "overrides.csv"
    >>> len(read_overrides(path))
    0
    >>> _ = path.write_text("date,table,key,decision,unit_name,reason\n"
    ...     "2026-05-01,counts,||||xã nà bủng||bản cũ,A,Bản Mới,renamed\n")
    >>> read_overrides(path)["decision"].tolist()
    ['A']
    """
    path = Path(path)
    if not path.is_file():
        return pd.DataFrame(columns=list(OVERRIDES), dtype="str")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            rows = list(csv.reader(stream, delimiter=";" if ";" in head else ","))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            Problem(key="link.override_not_text", params={"why": str(error)}, file=path.name)
        ) from None
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in OVERRIDES if name not in header]
    if missing:
        raise InputError(
            Problem(key="link.override_columns", params={"names": missing}, file=path.name)
        )
    width = len(header)
    frame = pd.DataFrame(
        [(r + [""] * width)[:width] for r in rows[1:]], columns=header, dtype="str"
    )
    frame = frame.replace(_ESCAPED, "", regex=True)
    return frame.loc[(frame["key"] != "") & (frame["decision"] != ""), list(OVERRIDES)].reset_index(
        drop=True
    )


def overrides_bytes(overrides: pd.DataFrame) -> bytes:
    """Return the overrides file; no spreadsheet takes a text in it for a formula.

    Such a text gets a leading apostrophe, which :func:`read_overrides` takes away again.
    """
    safe = overrides.replace(_FORMULA, "'", regex=True)
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")
