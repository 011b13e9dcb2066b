"""A result small enough to draw: three communes in a row, seven places, one class site."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from geoparty import schema
from geoparty.errors import Problem
from geoparty.schema import Results
from geoparty.settings import Settings


def make_results(*, language="vi", is_synthetic=True, names=None) -> Results:
    """Return a result of three communes and seven places, one of each gap level."""
    settings = Settings.model_validate(
        {
            "name": "Thử nghiệm",
            "language": language,
            "is_synthetic": is_synthetic,
            "inputs": {"communes": "xa.gpkg", "places": "thon.xlsx"},
        }
    )
    names = names or [f"Bản {letter}" for letter in "ABCDEFG"]
    return Results(
        communes=_communes(),
        places=_places(names),
        provinces=pd.DataFrame(
            {"n_places": [7]}, index=pd.Index(["11"], name="province_code", dtype="str")
        ),
        sites=_sites(names),
        assignments=pd.DataFrame(
            {
                "place_id": ["P1", "P2"],
                "site_id": ["L1", "L1"],
                "candidates": pd.array([2, 3], dtype="Int64"),
                "travel_min": [0.0, 35.25],
            }
        ),
        account=_account(),
        problems=(
            Problem(key="errors.more", params={"n": 2}, file="thon.xlsx", severity="warning"),
        ),
        roads=_lines([(103.0, 21.05), (103.3, 21.05)], road_class="village"),
        streams=_lines([(103.05, 21.0), (103.05, 21.1)]),
        border=_lines([(103.0, 21.1), (103.3, 21.1)]),
        run={
            "geoparty": "0.1.0",
            "written_at": "2026-03-05T07:08:09+00:00",
            "is_synthetic": is_synthetic,
            "settings": settings.model_dump(mode="json"),
            "plan": {"status": "optimal", "objective_min": 105.75, "bound_min": 105.75, "gap": 0.0},
            "worst": float("inf"),
            "seconds": {"read": 0.1},
        },
    )


def _communes() -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "commune_code": ["03001", "03002", "03003"],
            "commune_name": ["Mường Tè", "Pa Ủ", "Nậm Khao"],
            "commune_type": "xã",
            "province_code": "11",
            "province_name": "Điện Biên",
            "area_km2": [110.5, 109.25, 108.0],
            "is_listed_border": pd.array([True, None, False], dtype="boolean"),
            "is_disadvantaged": pd.array([True, False, None], dtype="boolean"),
            "n_places": pd.array([3, 2, 2], dtype="Int64"),
            "members": pd.array([7, 6, None], dtype="Int64"),
            "is_border": pd.array([False, True, False], dtype="boolean"),
            "border_km": [0.0, 10.4, 0.0],
        },
        geometry=[
            box(west, 21, east, 21.1, ccw=False)
            for west, east in ((103, 103.1), (103.1, 103.2), (103.2, 103.3))
        ],
        crs=schema.CRS,
    )
    return frame.set_index("commune_code")


def _places(names) -> gpd.GeoDataFrame:
    n = len(schema.GAP_LEVELS)
    counts = [0, 2, 4, 3, None, None, 5]
    points = [Point(103.021234567891 + i / 25, 21.03 + i / 100) for i in range(n)]
    frame = gpd.GeoDataFrame(
        {
            "place_id": [f"P{i}" for i in range(n)],
            "place_name": names,
            "place_kind": ["village"] * 5 + ["school", None],
            "commune_code": ["03001"] * 3 + ["03002"] * 2 + ["03003"] * 2,
            "commune_name": ["Mường Tè"] * 3 + ["Pa Ủ"] * 2 + ["Nậm Khao"] * 2,
            "province_code": "11",
            "province_name": "Điện Biên",
            "households": pd.array([40, None, 50, 60, 70, 80, 1250], dtype="Int64"),
            "as_of": pd.to_datetime(["2025-12-31"] * 6 + [None]),
            "members": pd.array(counts, dtype="Int64"),
            "official_members": pd.array(counts, dtype="Int64"),
            "cell_status": ["none", "none", "joint", "own", "own", None, "own"],
            "candidates": pd.array([2, 2, 3, None, 0, 1, 4], dtype="Int64"),
            "gap_level": pd.Categorical(schema.GAP_LEVELS, schema.GAP_LEVELS, ordered=True),
            "risk_reasons": ["", "", "", "", "ageing;no_candidate", None, ""],
            "has_local_members": pd.array(
                [False, True, True, False, True, None, True], dtype="boolean"
            ),
            "is_border": [False] * 3 + [True] * 2 + [False] * 2,
            "is_disadvantaged": pd.array([True] * 3 + [False] * 2 + [None] * 2, dtype="boolean"),
            "location": ["given"] * 6 + ["missing"],
            "centre_min_dry": [10.0, 20.5, 30, 40, 50, 60, np.nan],
            "centre_min_wet": [20.0, 41.0, 60, np.inf, 100, 120, np.nan],
            "cell_min_dry": [5.123456, 2, 3, 0, 0, 0, np.nan],
            "cell_min_wet": [5.5, 4, 6, 0, 0, 0, np.nan],
            "is_cut_off_dry": pd.array([False] * 6 + [None], dtype="boolean"),
            "is_cut_off_wet": pd.array(
                [False] * 3 + [True] + [False] * 2 + [None], dtype="boolean"
            ),
            "priority": pd.array([1, 2, 4, 3, 6, 5, None], dtype="Int64"),
            "file": "thon.xlsx",
            "sheet": "Sheet1",
            "row": range(5, 5 + n),
        },
        geometry=[*points[:6], None],
        crs=schema.CRS,
    )
    return frame.set_index("place_id")


def _sites(names) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "site_id": ["L1"],
            "place_id": ["P1"],
            "place_name": [names[1]],
            "commune_code": ["03001"],
            "commune_name": ["Mường Tè"],
            "n_candidates": pd.array([5], dtype="Int64"),
            "mean_min": [21.15],
            "max_min": [35.25],
        },
        geometry=[Point(103.061234567891, 21.04)],
        crs=schema.CRS,
    )
    return frame.set_index("site_id")


def _account() -> pd.DataFrame:
    rows = [
        ("places", "thon.xlsx", "Sheet1", 5, "matched", "name", 1.0, "P0", "", ""),
        ("places", "thon.xlsx", "Sheet1", 6, "matched", "code", np.nan, "P1", "", ""),
        ("counts", "=cmd()", "Sheet1", 7, "unmatched", "", np.nan, "", "link.none_such", "Bản Z"),
        ("counts", "so.csv", "", 8, "total", "", np.nan, "", "", ""),
    ]
    return pd.DataFrame(rows, columns=list(schema.ACCOUNT))


def _lines(coordinates, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {name: [value] for name, value in columns.items()},
        geometry=[LineString(coordinates)],
        crs=schema.CRS,
    )


@pytest.fixture(scope="session")
def make():
    """Return the maker of results."""
    return make_results


@pytest.fixture
def results() -> Results:
    return make_results()
