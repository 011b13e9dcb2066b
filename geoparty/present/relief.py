"""Hillshade of the project's terrain as one small picture on the map's own projection."""

from __future__ import annotations

import base64
import io
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

MOST_PX = 900
"""Longer side of the picture."""
_MERCATOR = "EPSG:3857"
_SUN = np.radians(315.0)
_FLAT, _CONTRAST = 0.94, 0.45
_RADIUS_M = 6_378_137.0
_QUALITY = 55

Floats = npt.NDArray[np.float64]


class Heights(Protocol):
    """What is needed of a terrain: see :class:`geoparty.read.terrain.Terrain`."""

    @property
    def elevation_m(self) -> npt.NDArray[np.float32]:
        """Rows from the north; NaN where there is none."""
        ...

    @property
    def transform(self) -> Any:  # noqa: ANN401 - affine is not typed
        """From (column, row) to coordinates."""
        ...

    @property
    def crs(self) -> Any:  # noqa: ANN401 - any form pyproj reads
        """Coordinate system of the coordinates."""
        ...


def relief(terrain: Heights, box: Floats, *, most_px: int = MOST_PX) -> dict[str, Any] | None:
    """Return ``{url, bounds}`` of a hillshade inside a box of degrees; None where there is none.

    The terrain is warped to web Mercator first: a picture stretched over degrees would lie
    kilometres off. ``url`` holds the picture itself (WebP, transparent where nothing is known);
    ``bounds`` are ``[[south, west], [north, east]]`` degrees.
    """
    warped, edges = _warped(terrain, box, most_px)
    if warped is None or not np.isfinite(warped).any():
        return None
    west, south, east, north = edges
    pixel_m = (east - west) / warped.shape[1]
    grey = np.clip(_FLAT + _CONTRAST * shade(warped, _ground_m(pixel_m, edges, len(warped))), 0, 1)
    url = "data:image/webp;base64," + base64.b64encode(_picture(grey)).decode("ascii")
    corners = [[_lat(south), _lon(west)], [_lat(north), _lon(east)]]
    return {"url": url, "bounds": [[round(v, 6) for v in corner] for corner in corners]}


def shade(elevation_m: Floats, cell_m: Floats) -> Floats:
    """Return how much brighter than flat ground each cell is, sun at 45 degrees in the north-west.

    ``cell_m`` is the side of the cells of each row. Slopes are Horn's (1981); coarse cells are
    made steeper, because they flatten what they average. Flat is 0, at most about 0.3.

    Examples
    --------
    >>> plane = np.add.outer(np.zeros(3), np.arange(3.0) * 30)  # rises to the east
    >>> bool(shade(plane, np.full(3, 30.0))[1, 1] > 0)  # its face looks at the sun
    True
    """
    padded = np.pad(elevation_m, 1, mode="edge")
    rows, columns = elevation_m.shape
    z = {(i, j): padded[i : rows + i, j : columns + j] for i in range(3) for j in range(3)}
    steeper = np.clip(np.sqrt(cell_m / 30.0), 1.0, 6.0) / (8 * cell_m)
    east = (z[0, 2] + 2 * z[1, 2] + z[2, 2] - z[0, 0] - 2 * z[1, 0] - z[2, 0]) * steeper[:, None]
    south = (z[2, 0] + 2 * z[2, 1] + z[2, 2] - z[0, 0] - 2 * z[0, 1] - z[0, 2]) * steeper[:, None]
    toward = -east * np.sin(_SUN) + south * np.cos(_SUN)
    lit = np.sqrt(0.5) * (1 + toward) / np.sqrt(1 + east**2 + south**2)
    return np.asarray(np.maximum(lit, 0.0) - np.sqrt(0.5))


def _warped(terrain: Heights, box: Floats, most_px: int) -> tuple[Floats | None, list[float]]:
    """Return the heights inside a box on web Mercator, and the box in its metres."""
    from rasterio import Affine
    from rasterio.warp import Resampling, reproject, transform_bounds

    crs = terrain.crs.to_wkt()
    there = transform_bounds(crs, _MERCATOR, *_extent(terrain))
    asked = transform_bounds("EPSG:4326", _MERCATOR, *box)
    edges = [
        *(max(a, b) for a, b in zip(there[:2], asked[:2], strict=True)),
        *(min(a, b) for a, b in zip(there[2:], asked[2:], strict=True)),
    ]
    wide, high = edges[2] - edges[0], edges[3] - edges[1]
    if wide <= 0 or high <= 0:
        return None, edges
    pixel = max(wide, high) / most_px
    shape = (max(2, round(high / pixel)), max(2, round(wide / pixel)))
    out = np.full(shape, np.nan, dtype=np.float32)
    reproject(
        terrain.elevation_m,
        out,
        src_transform=terrain.transform,
        src_crs=crs,
        dst_transform=Affine(wide / shape[1], 0, edges[0], 0, -high / shape[0], edges[3]),
        dst_crs=_MERCATOR,
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=_resampling(terrain, edges, pixel, Resampling),
    )
    return out.astype(float), edges


def _extent(terrain: Heights) -> tuple[float, float, float, float]:
    """Return the least and largest coordinates of the terrain's corners."""
    rows, columns = terrain.elevation_m.shape
    a, b, c, d, e, f = tuple(terrain.transform)[:6]
    x = [a * i + b * j + c for i in (0, columns) for j in (0, rows)]
    y = [d * i + e * j + f for i in (0, columns) for j in (0, rows)]
    return min(x), min(y), max(x), max(y)


def _resampling(terrain: Heights, edges: list[float], pixel: float, ways: Any) -> Any:  # noqa: ANN401
    """Average where the picture is coarser than the terrain, else smooth between cells."""
    from rasterio.warp import transform_bounds

    a, b, c, d = transform_bounds(_MERCATOR, terrain.crs.to_wkt(), *edges)
    cells = max(c - a, d - b) / abs(terrain.transform.a)
    return (
        ways.average
        if cells > max(edges[2] - edges[0], edges[3] - edges[1]) / pixel
        else (ways.cubic_spline)
    )


def _ground_m(pixel_m: float, edges: list[float], rows: int) -> Floats:
    """Return the side of a pixel on the ground, by row: Mercator stretches with latitude."""
    middle = np.linspace(edges[3], edges[1], 2 * rows + 1)[1::2]
    return np.asarray(pixel_m / np.cosh(middle / _RADIUS_M))


def _picture(grey: Floats) -> bytes:
    """Return grey values as WebP, transparent where unknown."""
    from PIL import Image

    known = np.isfinite(grey)
    tone = np.where(known, np.nan_to_num(grey) * 255, 255).astype(np.uint8)
    pixels = np.dstack([tone, tone, tone, np.where(known, 255, 0).astype(np.uint8)])
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def _lon(x: float) -> float:
    return float(np.degrees(x / _RADIUS_M))


def _lat(y: float) -> float:
    return float(np.degrees(np.arctan(np.sinh(y / _RADIUS_M))))
