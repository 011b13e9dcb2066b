"""GRASS on Andorra's real terrain: the same answers, and differences that have a reason."""

import os
import shutil
import subprocess

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import Resampling, reproject, transform_bounds

from geoparty.travel import raster_minutes, terrain_minutes

CELL_M = 90.0
SPEED_MPS = 1.4
# GRASS's own figures: seconds for a metre on the flat, up, down gently, down steeply
FLAT, UP, GENTLE, STEEP = 0.72, 6.0, 1.9998, -1.9998
GENTLE_SLOPE = -0.2125
SCRIPT = """
set -e
r.in.gdal -o input=z.tif output=z --q
r.in.gdal -o input=s.tif output=s --q
g.region raster=z
r.mapcalc "none = if(isnull(z), null(), 0.0)" --q
v.in.ascii input=p.txt output=p separator=space --q
r.cost -k input=s output=cost start_points=p memory=500 --q
r.walk -k elevation=z friction=none output=walk start_points=p memory=500 --q
for map in cost walk; do
  r.out.gdal -c -f input=$map output=$map.tif nodata=-1 type=Float64 --q
done
"""


def write(path, values, transform):
    profile = {"driver": "GTiff", "count": 1, "dtype": "float64", "nodata": -9999.0}
    height, width = values.shape
    with rasterio.open(
        path, "w", crs="EPSG:32631", transform=transform, height=height, width=width, **profile
    ) as out:
        out.write(np.where(np.isnan(values), -9999.0, values), 1)


@pytest.fixture(scope="module")
def andorra(real_data):
    """Heights in square cells, seconds to cross each by its steepness, and where people start."""
    with rasterio.open(real_data / "dem" / "andorra_srtm3.tif") as source:
        west, south, east, north = transform_bounds(source.crs, "EPSG:32631", *source.bounds)
        transform = Affine(CELL_M, 0, west, 0, -CELL_M, north)
        z = np.full((int((north - south) / CELL_M), int((east - west) / CELL_M)), np.nan)
        reproject(
            rasterio.band(source, 1),
            z,
            dst_transform=transform,
            dst_crs="EPSG:32631",
            dst_nodata=np.nan,
            resampling=Resampling.nearest,
        )
    down, across = np.gradient(z, CELL_M)
    seconds = CELL_M / SPEED_MPS * (1 + 4 * np.hypot(down, across))
    known = np.argwhere(np.isfinite(seconds))
    return z, seconds, transform, known[:: len(known) // 9]


@pytest.fixture(scope="module")
def grass(andorra, tmp_path_factory):
    """What r.cost and r.walk say, knight's moves too."""
    if shutil.which("grass") is None:
        reason = "no GRASS on this machine (apt-get install grass-core)"
        if os.environ.get("GEOPARTY_REQUIRE_GRASS"):
            pytest.fail(reason)
        pytest.skip(reason)
    z, seconds, transform, at = andorra
    here = tmp_path_factory.mktemp("grass")
    write(here / "z.tif", np.where(np.isnan(seconds), np.nan, z), transform)
    write(here / "s.tif", seconds, transform)
    x, y = transform.c + CELL_M * (at[:, 1] + 0.5), transform.f - CELL_M * (at[:, 0] + 0.5)
    np.savetxt(here / "p.txt", np.column_stack([x, y]), fmt="%.4f")
    (here / "go.sh").write_text(SCRIPT, "utf-8")
    for command in (["-c", "EPSG:32631", "-e", "l"], ["l/PERMANENT", "--exec", "bash", "go.sh"]):
        subprocess.run([shutil.which("grass"), *command], cwd=here, check=True, capture_output=True)
    found = []
    for name in ("cost", "walk"):
        with rasterio.open(here / f"{name}.tif") as source:
            values = source.read(1).astype(float)
        found.append(np.where(values < 0, np.nan, values))
    return found


@pytest.mark.realdata
def test_cost_is_that_of_grass_in_every_cell(andorra, grass):
    _, seconds, _, at = andorra
    got = 60 * raster_minutes(seconds, at)
    got[np.isinf(got)] = np.nan
    assert np.isfinite(got).sum() > 100_000
    np.testing.assert_allclose(got, grass[0], rtol=1e-9, atol=1e-6)


def by_grass(slope):
    """Seconds a metre of r.walk: Naismith's rule with Langmuir's for the way down."""
    down = np.where(slope < GENTLE_SLOPE, STEEP, GENTLE)
    return FLAT + np.where(slope >= 0, UP, down) * slope


@pytest.mark.realdata
def test_walks_differ_from_grass_as_tobler_does_from_langmuir(andorra, grass):
    z, seconds, _, at = andorra
    speed = np.where(np.isnan(seconds), np.nan, 3.6 / FLAT)
    got = 60 * terrain_minutes(speed, z, at, cell_m=CELL_M, towards=False)
    got[np.isinf(got)] = np.nan
    reached = np.isfinite(got) & (got > 0)
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(grass[1]))
    # no way can differ by more than the rules do on the slopes there are
    steepest = max(np.nanmax(np.abs(np.diff(z, axis=a))) for a in (0, 1)) / CELL_M * 1.5
    slope = np.linspace(-steepest, steepest, 20_001)
    rules = FLAT * np.exp(3.5 * np.abs(slope + 0.05) - 0.175) / by_grass(slope)
    share = got[reached] / grass[1][reached]
    assert rules.min() * (1 - 1e-6) <= share.min()
    assert share.max() <= rules.max() * (1 + 1e-6)
    # on the slopes people choose the two rules are near one another
    assert 0.7 < np.median(share) < 1.1
