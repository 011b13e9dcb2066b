"""``geoparty boundaries``: defects told, repair offered with its effect, saved when asked."""

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from geoparty import sample
from geoparty.cli import app
from geoparty.pipeline import boundaries_of, check
from geoparty.project import open_project


@pytest.fixture
def overlapping(tmp_path):
    """A project of which the first commune reaches 100 m into its neighbours."""
    communes = sample.invent_communes(4, seed=3)
    sample.write_sample(sample.make_sample(communes, places_per_commune=3, seed=3), tmp_path)
    path = tmp_path / "boundaries" / "communes.geojson"
    frame = gpd.read_file(path)
    wider = list(frame.geometry)
    wider[0] = shapely.buffer(wider[0], 0.001).intersection(shapely.union_all(wider))
    frame.set_geometry(gpd.GeoSeries(wider, crs=frame.crs)).to_file(path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_defects_and_the_effect_of_a_repair_are_told_and_nothing_is_written(overlapping):
    before = {p: p.read_bytes() for p in overlapping.rglob("*") if p.is_file()}
    told = run("boundaries", overlapping, "--lang", "en").output
    assert "places where communes overlap" in told
    assert "What a repair does to areas" in told
    assert {p: p.read_bytes() for p in overlapping.rglob("*") if p.is_file()} == before
    effect = boundaries_of(open_project(overlapping)).effect
    assert effect["change_km2"].min() < 0


def test_repaired_boundaries_are_the_projects_from_then_on(overlapping):
    was = check(open_project(overlapping)).communes
    told = run("boundaries", overlapping, "--repair", "--lang", "en").output
    assert "communes_repaired.gpkg" in told
    project = open_project(overlapping)
    now = boundaries_of(project)
    assert now.coverage.overlaps.empty
    assert now.effect.empty
    communes = check(project).communes
    columns = ["commune_name", "commune_type", "province_name", "is_listed_border"]
    assert communes[columns].astype(str).equals(was[columns].astype(str))
    assert (overlapping / "boundaries" / "communes.geojson").exists()
