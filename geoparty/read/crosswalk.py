"""A project's own table from the communes of before to those of today."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from geoparty import schema
from geoparty.read.clean import clean, require_filled
from geoparty.read.inputs import read_input
from geoparty.read.rows import Faults


def read_crosswalk(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> schema.Read:
    r"""Read a crosswalk: one row per old unit and commune of today; a split unit has several.

    Returns
    -------
    Read
        ``frame`` has ``schema.CROSSWALK`` and SOURCE_COLUMNS, all text.

    Raises
    ------
    InputError
        No such file, damaged, protected, or a required column is missing.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "crosswalk.csv"
    >>> text = "legacy_code,legacy_name,legacy_type,commune_code\n03170,Nà Bủng,xã,03176\n"
    >>> _ = path.write_text(text)
    >>> read_crosswalk(path).frame[["legacy_code", "legacy_name", "commune_code"]].iloc[0].tolist()
    ['03170', 'Nà Bủng', '03176']
    """
    required = ["legacy_name", "commune_code"]
    raw = read_input(
        path, "crosswalk", required=required, columns=columns, encoding=encoding, need_crs=False
    )
    faults = Faults(raw.source)
    frame = clean(raw, schema.CROSSWALK, faults)
    for name in required:
        require_filled(frame, [name], faults, headers=raw.headers)
    return raw.account(faults.settle(schema.conform(frame.join(raw.source), schema.CROSSWALK)))
