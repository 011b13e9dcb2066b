"""What a sample promises: on any communes, consistent, the same for the same seed."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geoparty import read, schema
from geoparty.errors import ArgumentError
from geoparty.project import open_project
from geoparty.sample import Sample, invent_communes, make_sample, write_sample


@pytest.fixture(scope="module")
def made() -> Sample:
    return make_sample(invent_communes(6, seed=2), places_per_commune=25, seed=2)


@pytest.fixture(scope="module")
def dien_bien(real_data: Path) -> Sample:
    communes = read.read_communes(real_data / "boundaries" / "communes_dien_bien.parquet").frame
    border = read.read_border(real_data / "border" / "land_border_from_communes.parquet").frame
    return make_sample(communes, seed=1, border=border)


@settings(max_examples=10, deadline=None)
@given(n=st.integers(3, 40), seed=st.integers(0, 10_000))
def test_invented_communes_share_edges_and_have_no_real_code(n: int, seed: int) -> None:
    communes = invent_communes(n, seed=seed)
    assert len(communes) == n
    assert communes.index.is_unique
    assert communes["commune_name"].is_unique
    assert shapely.coverage_is_valid(communes.geometry.to_numpy())
    assert communes.geometry.geom_type.eq("Polygon").all()
    assert communes.geometry.is_valid.all()
    assert communes.index.str[:2].isin(["98", "99"]).all()


def one_piece(sample: Sample) -> None:
    joined = gpd.sjoin(sample.places, sample.communes[["geometry"]], predicate="intersects")
    assert joined.index.is_unique, "a place where communes overlap"
    assert joined["commune_code_right"].eq(joined["commune_code_left"]).all()
    assert len(joined) == len(sample.places)


def test_every_place_lies_in_its_commune_alone(made: Sample) -> None:
    one_piece(made)


@pytest.mark.realdata
def test_every_place_lies_in_its_real_commune_alone(dien_bien: Sample) -> None:
    one_piece(dien_bien)
    assert dien_bien.communes["is_listed_border"].sum() == 15
    assert (
        dien_bien.places.groupby("commune_code")
        .size()
        .index.equals(dien_bien.communes.index.sort_values())
    )


def test_overlapping_holed_and_scattered_communes() -> None:
    ring = box(103, 21, 103.3, 21.3) - box(103.1, 21.1, 103.2, 21.2)
    scattered = shapely.union_all([box(103.1, 21.1, 103.2, 21.2), box(103.4, 21, 103.401, 21.001)])
    overlap = box(103.25, 21, 103.39, 21.3)
    communes = gpd.GeoDataFrame(
        {"commune_code": ["1", "2", "3"], "commune_name": ["A", "B", "C"]},
        geometry=[ring, scattered, overlap],
        crs=4326,
    )
    one_piece(make_sample(communes, places_per_commune=12, seed=5))


def test_thin_communes_get_their_places() -> None:
    """A sliver that random points miss is filled all the same."""
    line = shapely.LineString([(103, 21), (103.5, 21.5)]).buffer(0.00003)
    communes = gpd.GeoDataFrame(
        {"commune_code": ["1", "2"], "commune_name": ["A", "B"]},
        geometry=[line, box(103.6, 21, 103.7, 21.1)],
        crs=4326,
    )
    one_piece(make_sample(communes, places_per_commune=40, seed=1))


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), mean=st.integers(1, 40))
def test_counts_hang_together(seed: int, mean: int) -> None:
    sample = make_sample(invent_communes(3, seed=seed), places_per_commune=mean, seed=seed)
    counts = sample.counts
    assert len(sample.places) == 3 * mean
    for part, of in (
        ("official_members", "members"),
        ("reinforced_members", "official_members"),
        ("members_over_60", "members"),
        ("graduates", "candidates"),
        ("admitted", "members"),
    ):
        both = counts[[part, of]].dropna()
        assert (both[part] <= both[of]).all(), part
    assert counts.select_dtypes("Int64").fillna(0).ge(0).all(axis=None)
    none = counts["cell_status"] == "none"
    assert counts.loc[none, "cell_id"].isna().all()
    joint = counts[counts["cell_status"] == "joint"]
    assert joint.groupby("cell_id").size().between(2, 4).all()
    assert joint.groupby("cell_id")["commune_code"].nunique().eq(1).all()
    own = counts[counts["cell_status"] == "own"]
    assert own["cell_id"].is_unique
    recent = counts.dropna(subset=["admitted_last_5y", "years_without_admission"])
    assert ((recent["admitted_last_5y"] > 0) == (recent["years_without_admission"] < 5)).all()


@pytest.mark.realdata
def test_gaps_occur_as_often_as_they_do_in_the_mountains(dien_bien: Sample) -> None:
    counts = dien_bien.counts.join(dien_bien.places["place_kind"], on="place_id")
    villages = counts[counts["place_kind"] == "village"]
    share = villages["cell_status"].value_counts(normalize=True)
    assert 0.7 < share["own"] < 0.9
    assert 0.02 < villages["members"].eq(0).mean() < 0.08
    assert 0.02 < villages["reinforced_members"].gt(0).mean() < 0.2
    assert 0.005 < counts["members"].isna().mean() < 0.03, "some rows are not reported"


def test_names_repeat_across_communes_and_not_inside_one() -> None:
    places = make_sample(invent_communes(16, seed=3), places_per_commune=25, seed=3).places
    assert not places.duplicated(["commune_code", "place_name"]).any()
    villages = places[places["place_kind"] == "village"]
    assert villages["place_name"].duplicated().any()
    groups = places[places["place_kind"] == "residential_group"]
    assert groups["place_name"].str.startswith("Tổ dân phố").all()


def test_roads_meet_streams_only_at_fords_and_bridges(made: Sample) -> None:
    crossing = made.roads["is_ford"] | made.roads["has_bridge"]
    assert not (made.roads["is_ford"] & made.roads["has_bridge"]).any()
    streams = shapely.STRtree(made.streams.geometry.to_numpy())
    met = streams.query(made.roads.geometry.to_numpy(), predicate="intersects")[0]
    assert set(np.unique(met)) <= set(np.nonzero(crossing)[0])
    assert made.roads["is_ford"].sum() > 10
    assert made.roads["has_bridge"].sum() > 10


def test_roads_join_all_centres_and_are_noded(made: Sample) -> None:
    ends = shapely.get_coordinates(
        [shapely.get_point(made.roads.geometry.to_numpy(), i) for i in (0, -1)]
    )
    node = np.unique(ends, axis=0, return_inverse=True)[1].reshape(2, -1)
    from scipy import sparse
    from scipy.sparse import csgraph

    n = node.max() + 1
    graph = sparse.coo_array((np.ones(len(made.roads)), (node[0], node[1])), shape=(n, n))
    label = csgraph.connected_components(graph, directed=False)[1]
    tree = shapely.STRtree(shapely.points(np.unique(ends, axis=0)))
    nearest, km = tree.query_nearest(made.centres.geometry.to_numpy(), return_distance=True)
    assert km.max() < 1e-9, "a road ends or forks at every centre"
    assert len(set(label[nearest[1]])) == 1
    assert set(made.roads["road_class"]) <= set(schema.ROAD_CLASSES)
    assert set(made.roads["surface"]) <= set(schema.SURFACES)


def test_some_places_are_off_the_network(made: Sample) -> None:
    crs = made.places.estimate_utm_crs()
    far = made.places.to_crs(crs).distance(made.roads.to_crs(crs).union_all())
    assert 0.01 < (far > 150).mean() < 0.3


def test_streams_run_downhill(made: Sample) -> None:
    streams = made.streams.to_crs(made.terrain.crs).geometry.to_numpy()
    heights = []
    for end in (0, -1):
        xy = shapely.get_coordinates(shapely.get_point(streams, end))
        column, row = ~made.terrain.transform @ xy.T
        heights.append(made.terrain.elevation_m[row.astype(int), column.astype(int)])
    assert (heights[0] >= heights[1]).all()


def test_same_seed_same_bytes_other_seed_other_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(make_sample(invent_communes(4, seed=7), seed=7), tmp_path / name)
    files = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert len(files) >= 11
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path
    other = make_sample(invent_communes(4, seed=8), seed=8)
    first = make_sample(invent_communes(4, seed=7), seed=7)
    assert set(other.places["place_name"]) != set(first.places["place_name"])


def test_written_project_is_read_back_without_a_problem(tmp_path: Path, made: Sample) -> None:
    write_sample(made, tmp_path)
    project = open_project(tmp_path)
    assert project.settings.is_synthetic
    paths = project.input_paths()
    for name in ("communes", "places", "centres", "border", "roads", "streams"):
        got = getattr(read, f"read_{name}")(paths[name][0])
        assert got.problems == (), name
        assert len(got.frame) == len(getattr(made, name)), name
    counts = read.read_counts(paths["counts"][0])
    assert counts.problems == ()
    frame = counts.frame[list(schema.COUNTS)]
    pd.testing.assert_frame_equal(frame, schema.conform(made.counts, schema.COUNTS))
    terrain = read.read_terrain(paths["terrain"][0])
    np.testing.assert_array_equal(terrain.elevation_m, made.terrain.elevation_m)


def test_every_file_says_it_is_synthetic(tmp_path: Path, made: Sample) -> None:
    import openpyxl
    import rasterio

    for path in write_sample(made, tmp_path):
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            assert "GIẢ LẬP" in book.sheetnames[0]
            assert "SYNTHETIC" in book.properties.description
        elif path.suffix == ".tif":
            with rasterio.open(path) as raster:
                assert "SYNTHETIC" in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        else:
            text = path.read_text("utf-8")
            assert "SYNTHETIC" in text or "is_synthetic = true" in text, path.name


def test_communes_without_crs_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no commune polygons with a coordinate system"):
        make_sample(invent_communes(3, seed=1).set_crs(None, allow_override=True))
