"""Border communes: real provinces, the overlap trap, and the list."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geoparty import words
from geoparty.assess import AGREEMENTS, border_communes, border_problems
from geoparty.errors import ArgumentError
from geoparty.settings import Rules

UTM = "EPSG:32648"
X, Y, SIDE = 500_000.0, 2_300_000.0, 5_000.0


def squares(*corners: tuple[float, float], side: float = SIDE) -> gpd.GeoDataFrame:
    shapes = [shapely.box(X + x, Y + y, X + x + side, Y + y + side) for x, y in corners]
    names = [f"C{i}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame({"commune_name": names}, geometry=shapes, crs=UTM)
    return frame.to_crs("EPSG:4326")


def line(x: float = 0.0) -> gpd.GeoDataFrame:
    shape = shapely.LineString([(X + x, Y - 20_000), (X + x, Y + 20_000)])
    return gpd.GeoDataFrame(geometry=[shape], crs=UTM).to_crs("EPSG:4326")


@pytest.mark.realdata
@pytest.mark.parametrize("border", ["land_border_from_communes", "land_border_osm2017"])
@pytest.mark.parametrize(("province", "n"), [("dien_bien", 15), ("son_la", 13), ("nghe_an", 21)])
def test_real_provinces(real_data, province, n, border):
    communes = gpd.read_parquet(real_data / f"boundaries/communes_{province}.parquet")
    lines = gpd.read_parquet(real_data / f"border/{border}.parquet")
    computed = pd.read_csv(real_data / "border/border_communes_computed.csv", dtype={"code": str})
    expected = set(computed.loc[computed["touches_border"], "code"])
    got = border_communes(communes.set_index("code"), lines, rules=Rules())
    assert got["is_border"].sum() == n
    assert set(got.index[got["is_border"]]) == expected & set(communes["code"])


@pytest.mark.realdata
def test_lengths_are_those_of_the_outline(real_data):
    communes = gpd.read_parquet(real_data / "boundaries/communes_nghe_an.parquet")
    lines = gpd.read_parquet(real_data / "border/land_border_from_communes.parquet")
    got = border_communes(communes, lines, rules=Rules())
    assert got["border_km"].sum() == pytest.approx(467.4, rel=0.005)


@pytest.mark.realdata
def test_commune_that_meets_the_border_only_in_an_overlap_is_not_decided(real_data):
    communes = gpd.read_parquet(real_data / "boundaries/communes_lao_cai.parquet")
    communes = communes.set_index("code").rename(columns={"name": "commune_name"})
    lines = gpd.read_parquet(real_data / "border/land_border_from_communes.parquet")
    got = border_communes(communes, lines, rules=Rules())
    assert pd.isna(got.loc["02746", "is_border"])  # Cốc San
    assert got.loc[["02647", "02683"], "is_border"].all()  # Lào Cai, Bát Xát: real contact too
    assert got["is_border"].sum() == 9
    (problem,) = border_problems(communes.join(got))
    assert problem.key == "assess.border_disputed"
    assert "Cốc San" in problem.text("vi")


def test_boundary_shared_with_another_commune_never_counts():
    communes = squares((0, 0), (SIDE, 0), (0, SIDE), (SIDE, SIDE))
    got = border_communes(communes, line(SIDE), rules=Rules())
    assert not got["is_border"].any()


def test_commune_behind_a_strip_is_not_border():
    communes = squares((0, 0), (200, SIDE))
    got = border_communes(communes, line(), rules=Rules(border_tolerance_m=100))
    assert got["is_border"].tolist() == [True, False]
    assert got["border_km"].tolist() == pytest.approx([SIDE / 1000 + 0.2, 0], abs=0.2)


def test_touch_at_a_corner_is_too_short():
    diagonal = shapely.LineString([(X - 10_000, Y + 10_000), (X + 10_000, Y - 10_000)])
    lines = gpd.GeoDataFrame(geometry=[diagonal], crs=UTM).to_crs("EPSG:4326")
    got = border_communes(squares((0, 0)), lines, rules=Rules(border_tolerance_m=30))
    assert got["is_border"].tolist() == [False]
    assert 0 < got["border_km"].iloc[0] < 0.1


def test_overlap_is_reported_and_left_to_the_list():
    communes = squares((0, 0), (0, 0))
    got = border_communes(communes, line(), rules=Rules())
    assert got["is_border"].isna().all()
    assert [p.key for p in border_problems(communes.join(got))] == ["assess.border_disputed"]
    communes["is_listed_border"] = pd.array([True, False], "boolean")
    assert border_communes(communes, line(), rules=Rules())["is_border"].tolist() == [True, False]


def test_without_a_border_the_list_decides():
    communes = squares((0, 0), (SIDE, 0), (2 * SIDE, 0))
    communes["is_listed_border"] = pd.array([True, False, None], "boolean")
    got = border_communes(communes, None, rules=Rules())
    assert got["is_border"].astype(object).tolist() == [True, False, pd.NA]
    assert got["border_km"].isna().all()
    assert set(got["border_agreement"]) == {"not_compared"}
    assert border_problems(communes.join(got)) == ()


def test_boundary_and_list_side_by_side():
    communes = squares((0, 0), (0, SIDE), (SIDE, 0), (SIDE, SIDE), (2 * SIDE, 0))
    communes["is_listed_border"] = pd.array([True, False, True, False, None], "boolean")
    got = border_communes(communes, line(), rules=Rules())
    assert got["is_border"].tolist() == [True, True, True, False, False]
    assert got["border_agreement"].tolist() == [
        "both", "geometry_only", "list_only", "neither", "not_compared",
    ]  # fmt: skip
    assert set(got["border_agreement"]) == set(AGREEMENTS)
    problems = border_problems(communes.join(got))
    assert [(p.key, p.params["names"]) for p in problems] == [
        ("assess.border_geometry_only", ["C1"]),
        ("assess.border_list_only", ["C2"]),
    ]
    assert all(p.severity == "warning" for p in problems)
    for name in AGREEMENTS:
        assert words.text(f"assess.{name}")


def test_commune_without_a_shape_is_left_to_the_list():
    communes = squares((0, 0), (0, SIDE))
    communes.loc[1, "geometry"] = None
    got = border_communes(communes, line(), rules=Rules())
    assert got["is_border"].astype(object).tolist() == [True, pd.NA]
    assert pd.isna(got["border_km"].iloc[1])


@pytest.mark.parametrize("which", ["communes", "border"])
def test_layer_without_crs_is_refused(which):
    layers = {"communes": squares((0, 0)), "border": line()}
    layers[which] = layers[which].set_crs(None, allow_override=True)
    with pytest.raises(ArgumentError, match=which):
        border_communes(layers["communes"], layers["border"], rules=Rules())


def test_row_order_never_matters_and_the_frame_is_kept():
    communes = squares((0, 0), (SIDE, 0), (0, SIDE))
    before = communes.copy()
    got = border_communes(communes, line(), rules=Rules())
    turned = border_communes(communes.iloc[::-1], line(), rules=Rules())
    pd.testing.assert_frame_equal(turned.iloc[::-1], got)
    pd.testing.assert_frame_equal(communes, before)
