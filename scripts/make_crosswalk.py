# ruff: noqa: INP001 - a script, not a package
"""Make geoparty/link/data/legacy_to_2025.csv from the vietnamadminunits package (MIT).

    pip download --no-deps vietnamadminunits==1.0.4
    python scripts/make_crosswalk.py vietnamadminunits-1.0.4-py3-none-any.whl

The package names units by keys without diacritics; this writes their official codes. It
fails if a key has no unit, or more than one, so that nothing is lost on the way.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "geoparty" / "link" / "data" / "legacy_to_2025.csv"
HEADER = (
    "legacy_code",
    "legacy_name",
    "legacy_type",
    "legacy_district_name",
    "legacy_province_name",
    "commune_code",
)
CORRECTED = {"06970": "06978"}
"""Ba Chẽ (Quảng Ninh) has code 06978 in the official list of July 2025."""


def main(wheel: str) -> None:
    """Write the table."""
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        data = json.loads(archive.read("vietnamadminunits/data/converter_2025.json"))
        database = archive.extract("vietnamadminunits/data/dataset.db", folder)
        connection = sqlite3.connect(database)
        legacy = {
            f"{row[0]}_{row[1]}_{row[2] or ''}": row[3:]
            for row in connection.execute(
                "select provinceKey, districtKey, wardKey, wardCode, wardShort, wardType,"
                " district, districtShort, provinceShort from admin_units_legacy"
            )
        }
        today = {
            (row[0], row[1]): CORRECTED.get(row[2], row[2])
            for row in connection.execute("select provinceKey, wardKey, wardCode from admin_units")
        }
        connection.close()
    lines = sorted(
        {_line(legacy[old], today[province, new]) for province, new, old in _pairs(data)}
    )
    if {line[:5] for line in lines} != {_line(unit, "")[:5] for unit in legacy.values()}:
        raise SystemExit("some old units have no commune of today")
    with TARGET.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(lines)
    sys.stdout.write(f"{len(lines)} lines, {len({line[:5] for line in lines})} old units\n")


def _pairs(data: dict[str, dict[str, dict[str, list[object]]]]) -> list[tuple[str, str, str]]:
    whole = [
        (province, new, str(old))
        for province, communes in data["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
        for new, olds in communes.items()
        for old in olds
    ]
    split = [
        (province, str(new["newWardKey"]), old)  # type: ignore[index]
        for province, units in data["DICT_PROVINCE_WARD_DIVIDED"].items()
        for old, news in units.items()
        for new in news
    ]
    return [*whole, *split]


def _line(unit: tuple[str, ...], code: str) -> tuple[str, ...]:
    own_code, name, kind, district, district_name, province = (value or "" for value in unit)
    if not own_code:  # island districts that had no communes
        name, kind = district_name, district.removesuffix(district_name).strip()
    return own_code, name, kind.lower(), district_name, province, code


if __name__ == "__main__":
    main(sys.argv[1])
