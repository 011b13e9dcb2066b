"""Places cut off from their commune centre, by season."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geoparty import schema
from geoparty.settings import Rules, Season


def isolation(minutes: pd.DataFrame, *, seasons: Iterable[Season], rules: Rules) -> pd.DataFrame:
    """Return ``is_cut_off_<season>`` for each place, ``<NA>`` where not measured.

    A place is cut off when its commune centre is more than ``rules.cut_off_min`` minutes away,
    or cannot be reached (``inf``).

    Parameters
    ----------
    minutes
        ``centre_min_<season>`` for each season: ``NaN`` not measured, ``inf`` no way through.

    Examples
    --------
    >>> from geoparty.settings import WET
    >>> minutes = pd.DataFrame({"centre_min_wet": [30.0, float("inf"), float("nan")]})
    >>> isolation(minutes, seasons=[WET], rules=Rules())["is_cut_off_wet"].tolist()
    [False, True, <NA>]
    """
    columns = {f"is_cut_off_{s.name}": f"centre_min_{s.name}" for s in seasons}
    schema.require_columns(minutes, columns.values(), of="minutes")
    return pd.DataFrame(
        {
            name: (minutes[column] > rules.cut_off_min)
            .astype("boolean")
            .mask(minutes[column].isna())
            for name, column in columns.items()
        },
        index=minutes.index,
    )
