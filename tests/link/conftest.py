"""Two communes side by side in one province: small enough to draw."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from geoparty.schema import SOURCE_COLUMNS, Read


@pytest.fixture(scope="session")
def communes():
    """Sín Thầu west of 102.1 E, Nà Bủng east of it."""
    return gpd.GeoDataFrame(
        {
            "commune_name": ["Sín Thầu", "Nà Bủng"],
            "province_code": "11",
            "province_name": "Điện Biên",
        },
        geometry=[box(102.0, 22.0, 102.1, 22.1), box(102.1, 22.0, 102.2, 22.1)],
        crs="EPSG:4326",
        index=pd.Index(["03158", "03176"], name="commune_code"),
    )


@pytest.fixture(scope="session")
def read_of():
    """Make a Read of rows (dicts), numbered from 2, with rejected and total rows after them."""

    def make(rows, *, points=None, file="bang.xlsx", rejected=0, totals=0):
        source = pd.DataFrame({"row": range(2, 2 + len(rows) + rejected + totals)})
        source = source.assign(file=file, sheet="")[list(SOURCE_COLUMNS)]
        own, aside = source.iloc[: len(rows)], source.iloc[len(rows) :]
        frame = pd.DataFrame(rows).join(own)
        if points is not None:
            geometry = [Point(p) if p else None for p in points]
            frame = gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326")
        bad = aside.iloc[:rejected].assign(reason="read.bad_value", detail="x")
        return Read(frame, rejected=bad, totals=aside.iloc[rejected:])

    return make
