"""Units from before 1 July 2025 and the communes they became."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pandas as pd

from geoparty.schema import require_columns

REFORM = date(2025, 7, 1)
"""Districts were abolished and communes merged; codes and names were used again."""
COLUMNS = (
    "legacy_code",
    "legacy_name",
    "legacy_type",
    "legacy_district_name",
    "legacy_province_name",
    "commune_code",
)
"""Columns of a crosswalk: one row per old unit and commune of today; a split unit has several."""


def bundled_crosswalk() -> pd.DataFrame:
    """Return the crosswalk of the whole country: 10,040 old units, 471 of them split.

    From the package vietnamadminunits 1.0.4 (MIT); see ``data/README.md``.

    Examples
    --------
    >>> crosswalk = bundled_crosswalk()
    >>> old = crosswalk[crosswalk["legacy_name"].eq("Sam Mứn")]
    >>> old[["legacy_code", "commune_code"]].to_numpy().tolist()
    [['03355', '03352']]
    """
    path = files(__package__).joinpath("data/legacy_to_2025.csv")
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str")


def legacy_units(crosswalk: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Return the old units that became, in whole or in part, one of these communes.

    Columns: legacy_id (the old code, or name and district where there was none), name with
    its kind, code, district, province, province_today, and targets: the codes of all the
    communes it became.
    """
    require_columns(crosswalk, COLUMNS, of="crosswalk")
    own = crosswalk[list(COLUMNS)].fillna("")
    named = own["legacy_name"] + ", " + own["legacy_district_name"]
    own = own.assign(legacy_id=own["legacy_code"].where(own["legacy_code"] != "", named))
    wanted = own.loc[own["commune_code"].isin(communes.index), "legacy_id"]
    own = own[own["legacy_id"].isin(wanted)]
    today = communes["province_name"] if "province_name" in communes else pd.Series(dtype="str")
    own["province_today"] = own["commune_code"].map(today).astype("str")
    units = own.groupby("legacy_id", sort=True)
    first = units.first()
    return pd.DataFrame(
        {
            "name": (first["legacy_type"] + " " + first["legacy_name"]).str.strip(),
            "code": first["legacy_code"],
            "district": first["legacy_district_name"],
            "province": first["legacy_province_name"],
            "province_today": first["province_today"],
            "targets": units["commune_code"].agg(lambda codes: tuple(sorted(set(codes)))),
        },
        index=first.index,
    ).reset_index()
