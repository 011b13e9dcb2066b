"""Rasters of minutes and isochrones agree with what places are told."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from shapely import box
from travel_country import CRS as METRIC
from travel_country import EAST, NORTH, TRAVEL, hilly, line, network, points, roads, streams

from geoparty.present.travel import NO_DATA, geotiff
from geoparty.settings import WET
from geoparty.travel import Surface, isochrones, minutes_surface, network_minutes

ROADS = roads(line((0, 500), (2800, 2500)), line((1400, 0), (1400, 2900)))
RIVER = streams(line((2000, -90_000), (2000, 90_000)))


@pytest.mark.parametrize("on_terrain", [True, False])
def test_a_cell_says_what_a_place_in_its_middle_is_told(on_terrain):
    terrain = hilly(3, n=30) if on_terrain else None
    travel = TRAVEL.model_copy(update={"cell_m": 100.0})
    net = network(ROADS, RIVER, travel=travel, terrain=terrain)
    centre = points((100, 600))
    got = minutes_surface(net, centre, season="wet")
    rows, columns = np.divmod(np.arange(got.travel_min.size), got.travel_min.shape[1])
    x, y = got.transform @ (columns + 0.5, rows + 0.5)
    places = points(*zip(x - EAST, y - NORTH, strict=True))
    told = network_minutes(net, places, centre, season="wet").to_numpy()
    mine = got.travel_min.ravel()
    both = ~np.isnan(mine)
    assert both.mean() > 0.9
    assert np.array_equal(np.isinf(mine[both]), np.isinf(told[both]))
    near = both & np.isfinite(told)
    assert (mine[near] >= told[near] - 1e-3).all()
    assert np.median(mine[near] - told[near]) < 1.0


def test_outside_the_area_nothing_is_told():
    net = network(ROADS)
    west = points((0, 0)).set_axis([0])
    area = type(west)([box(EAST, NORTH, EAST + 1400, NORTH + 2900)], crs=METRIC)
    got = minutes_surface(net, points((100, 600)), season="dry", area=area)
    assert got.transform.c == pytest.approx(EAST)
    assert np.isfinite(got.travel_min).all()


def test_isochrones_cover_what_is_measured_and_a_raster_tells_no_way_from_not_measured(tmp_path):
    minutes = np.full((40, 40), 10.0)
    minutes[:, 20:] = 45
    minutes[:, 30:] = np.inf
    minutes[:10] = np.nan
    here = Surface(minutes, Affine(100, 0, EAST, 0, -100, NORTH), CRS(METRIC))
    bands = isochrones(here, (30.0, 60.0))
    assert bands["area_km2"].tolist() == [6.0, 3.0, 3.0]
    assert bands["is_reached"].tolist() == [True, True, False]
    assert bands.crs == "EPSG:4326"
    path = tmp_path / "m.tif"
    used = {"travel": TRAVEL.model_dump(mode="json")}
    path.write_bytes(geotiff(here, note=None, season=WET, values=used))
    with rasterio.open(path) as raster:
        assert raster.crs == METRIC
        assert raster.nodata == NO_DATA
        got, state = raster.read()
    assert (got[minutes == 10] == 10).all()
    assert np.unique(state[10:, 30:]).tolist() == [2]
    assert np.unique(state[:10]).tolist() == [0]
    assert (got[:, 30:] == NO_DATA).all()
