"""What ``geoparty travel`` writes, by the command a user types."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from typer.testing import CliRunner

from geoparty import cli
from geoparty.pipeline import running


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("travel") / "p"
    asked = ["--invented", "3", "--places-per-commune", "8", "--seed", "2"]
    with pytest.MonkeyPatch.context() as patch:
        # who asks of travel waits for no class plan
        patch.setattr(running, "_plan", None)
        for command in (["sample", str(folder), *asked], ["travel", str(folder)]):
            told = CliRunner().invoke(cli.app, command)
            assert told.exit_code == 0, told.output
    return folder / "out"


def test_minutes_are_walked_and_ridden_and_written_as_people_read_them(out):
    places = pd.read_csv(out / "travel.csv", dtype={"place_id": str})
    for season in ("dry", "wet"):
        way = places[[f"walk_min_{season}", f"ride_min_{season}"]]
        total = places[f"centre_min_{season}"]
        near = np.isfinite(total)
        assert near.any()
        assert (way[near] >= 0).all(axis=None)
        np.testing.assert_allclose(way[near].sum(axis=1), total[near], atol=0.002)
    text = pd.read_csv(out / "travel.csv", dtype=str)
    for column in ("walk_min_wet", "ride_min_wet", "cell_min_dry"):
        assert not text[column].str.contains(r"\.\d{4}|e-", na=False).any()
    wet, dry = places["centre_min_wet"], places["centre_min_dry"]
    later = places["later_min_wet"]
    np.testing.assert_allclose(later[near], (wet - dry)[near], atol=0.002)


def test_best_crossings_stand_for_one_group_each(out):
    crossings = gpd.read_file(out / "crossings.geojson")
    best = crossings[crossings["is_best_of_group"].astype(bool)]
    assert not best.duplicated(["season", "group"]).any()
    groups = gpd.read_file(out / "cut_off_groups.geojson")
    named = groups[groups["best_crossing"] != ""].set_index(["season", "group"])["best_crossing"]
    assert named.to_dict() == best.set_index(["season", "group"])["crossing_id"].to_dict()


def test_a_raster_tells_no_way_from_not_measured(out):
    with rasterio.open(out / "minutes_wet.tif") as file:
        minutes, state = file.read()
        assert ((minutes != file.nodata) == (state == 1)).all()
        assert set(np.unique(state)) <= {0, 1, 2}
        assert "Riding" in json.loads(file.tags()["TRAVEL"])["speed_source"]
