"""The hillshade lies where the land lies, and is lit from the north-west."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import pyproj
import pytest
from affine import Affine
from PIL import Image

from geoparty.present.relief import relief, shade

BOX = np.array([103.0, 8.0, 105.0, 23.0])


def cone(lon, lat, *, cell=0.01):
    """A lone mountain of 2 degrees across, in degrees, with a hole in the north-east corner."""
    west, south, east, north = BOX
    x = np.arange(west, east, cell) + cell / 2
    y = np.arange(north, south, -cell) - cell / 2
    away = np.hypot(x[None] - lon, y[:, None] - lat)
    heights = np.maximum(0, 3000 * (1 - away / 0.5)).astype(np.float32)
    heights[:100, -50:] = np.nan
    transform = Affine(cell, 0, west, 0, -cell, north)
    return SimpleNamespace(elevation_m=heights, transform=transform, crs=pyproj.CRS(4326))


def picture(made):
    data = base64.b64decode(made["url"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)


@pytest.mark.parametrize("lat", [10.0, 15.5, 21.5])
def test_a_summit_is_where_web_mercator_puts_it(lat):
    made = relief(cone(104.0, lat), BOX)
    pixels = picture(made)
    sloped = (np.abs(pixels[:, :, 0] - 240) > 8) & (pixels[:, :, 3] > 0)
    sloped[:, pixels.shape[1] * 3 // 4 :] = False
    rows = np.flatnonzero(sloped.any(axis=1))
    middle = (rows[0] + rows[-1] + 1) / 2 / len(pixels)
    (south, _), (north, _) = made["bounds"]
    mercator = [np.arctanh(np.sin(np.radians(v))) for v in (north, lat, south)]
    wanted = (mercator[0] - mercator[1]) / (mercator[0] - mercator[2])
    assert middle == pytest.approx(wanted, abs=0.005)


def test_slopes_to_the_north_west_are_bright_and_the_unknown_is_left_open():
    pixels = picture(relief(cone(104.0, 15.5), BOX))
    tone, known = pixels[:, :, 0], pixels[:, :, 3]
    rows, columns = tone.shape
    high, wide = round(rows * 0.015), round(columns * 0.1)
    at, middle = rows // 2, columns // 2
    assert tone[at - high, middle - wide] > tone[at + high, middle + wide] + 20
    assert known[2, -3] == 0
    assert known[at, middle] == 255


def test_flat_land_keeps_the_colours_of_the_map():
    assert np.abs(shade(np.full((4, 5), 120.0), np.full(4, 90.0))).max() < 1e-12


def test_land_elsewhere_has_no_picture():
    assert relief(cone(104.0, 15.0), np.array([10.0, 40.0, 11.0, 41.0])) is None
