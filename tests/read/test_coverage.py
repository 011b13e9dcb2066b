"""Overlaps, gaps and repeated points of commune polygons: measured, and repaired on request."""

import geopandas as gpd
import pytest
import shapely

from geoparty.read import measure_coverage, read_communes, repair_coverage


def frame(*shapes):
    codes = [f"0000{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=list(shapes), index=codes, crs=4326)


def test_squares_that_touch_have_no_defects():
    found = measure_coverage(frame(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)))
    assert found.overlaps.empty
    assert found.gaps.empty
    assert found.problems == ()
    assert found.communes["n_repeated_points"].tolist() == [0, 0]
    assert found.communes["invalid_edge_km"].tolist() == [0, 0]


def test_overlap_gap_parts_and_repeated_points_are_measured():
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    inner = shapely.box(1, 1, 2, 1.9)
    twice = shapely.Polygon([(3, 0), (4, 0), (4, 0), (4, 3), (3, 3)])
    over = shapely.box(3.5, 0, 5, 3) | shapely.box(6, 6, 7, 7)
    found = measure_coverage(frame(ring, inner, twice, over))
    assert found.overlaps[["code_a", "code_b"]].to_numpy().tolist() == [["00002", "00003"]]
    assert found.overlaps.geometry[0].equals(shapely.box(3.5, 0, 4, 3))
    assert found.gaps["codes"].tolist() == ["00000 00001"]
    assert found.gaps.geometry[0].equals(shapely.box(1, 1.9, 2, 2))
    assert found.communes["n_parts"].tolist() == [1, 1, 1, 2]
    assert found.communes["n_repeated_points"].tolist() == [0, 0, 1, 0]
    assert [p.key for p in found.problems] == ["read.overlaps", "read.gaps"]


def test_repair_states_its_effect_and_leaves_nothing():
    rough = frame(shapely.box(0, 0, 0.1, 0.1), shapely.box(0.0995, 0, 0.2, 0.1))
    repaired, effect = repair_coverage(rough)
    assert measure_coverage(repaired).problems == ()
    assert repaired.index.equals(rough.index)
    assert (effect["change_km2"] < 0).sum() == 1
    assert repaired.geometry.union_all().symmetric_difference(rough.union_all()).area < 1e-9


@pytest.mark.realdata
def test_real_defects_are_those_known(real_data):
    communes = read_communes(real_data / "boundaries" / "communes_dien_bien.parquet").frame
    found = measure_coverage(communes)
    assert (found.communes["invalid_edge_km"] > 0).sum() == 5
    assert found.communes["invalid_edge_km"].sum() == pytest.approx(3.8, abs=0.1)
    assert found.communes["n_repeated_points"].sum() == 2004
    assert (found.communes["n_parts"] > 1).sum() == 1
    assert (found.overlaps["area_m2"] > 100).sum() == 0
    assert found.gaps["area_m2"].round().tolist() == [148]
