import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geoparty.errors import ArgumentError
from geoparty.travel import raster_minutes, terrain_minutes

MOVES = [(r, c) for r in range(-2, 3) for c in range(-2, 3) if 1 <= r * r + c * c <= 5 and (r, c)]
MOVES = [m for m in MOVES if m not in {(0, 2), (0, -2), (2, 0), (-2, 0)}]


def crossed(r, c, move):
    """Cells a move crosses: two, or four for a knight's."""
    dr, dc = move
    cells = [(r, c), (r + dr, c + dc)]
    if abs(dr) == 2:
        cells += [(r + dr // 2, c), (r + dr // 2, c + dc)]
    if abs(dc) == 2:
        cells += [(r, c + dc // 2), (r + dr, c + dc // 2)]
    return cells


def by_scipy(slow, sources, directions, *, height=None, side=1.0):
    """Minutes by an explicit graph and scipy's Dijkstra."""
    n = slow.size
    rows, columns, costs = [], [], []
    for (r, c), _ in np.ndenumerate(slow):
        for move in MOVES:
            cells = crossed(r, c, move)
            if len(cells) == 4 and directions == 8:
                continue
            if any(not (0 <= a < slow.shape[0] and 0 <= b < slow.shape[1]) for a, b in cells):
                continue
            length = side * np.hypot(*move)
            cost = np.mean([slow[cell] for cell in cells]) * length
            if height is not None:
                slope = (height[r, c] - height[cells[1]]) / length
                cost *= np.exp(3.5 * abs(slope + 0.05) - 0.175)
            if np.isfinite(cost):
                rows.append(r * slow.shape[1] + c)
                columns.append(cells[1][0] * slow.shape[1] + cells[1][1])
                costs.append(cost)
    graph = coo_array((costs, (rows, columns)), shape=(n, n)).tocsr()
    at = [r * slow.shape[1] + c for r, c in sources]
    minutes = dijkstra(graph, indices=at, min_only=True).reshape(slow.shape) / 60
    return np.where(np.isnan(slow), np.nan, minutes)


@st.composite
def grids(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    shape = tuple(rng.integers(1, 24, 2))
    slow = rng.uniform(1, 100, shape)
    slow[rng.random(shape) < 0.2] = np.nan
    slow[0, 0] = rng.uniform(1, 100)
    height = rng.uniform(0, 300, shape)
    sources = [(0, 0), *[tuple(x) for x in np.argwhere(np.isfinite(slow))[:: slow.size // 3 + 1]]]
    return slow, height, sources


@settings(max_examples=20, deadline=None)
@given(grid=grids(), directions=st.sampled_from([8, 16]))
def test_equals_scipy_without_slope(grid, directions):
    slow, _, sources = grid
    got = raster_minutes(slow, sources, directions=directions)
    np.testing.assert_allclose(got, by_scipy(slow, sources, directions), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(grid=grids(), directions=st.sampled_from([8, 16]))
def test_equals_scipy_with_slope(grid, directions):
    slow, height, sources = grid
    got = terrain_minutes(3.6 / slow, height, sources, cell_m=90.0, directions=directions)
    expected = by_scipy(slow, sources, directions, height=height, side=90.0)
    np.testing.assert_allclose(got, expected, rtol=2e-6)


@settings(max_examples=15, deadline=None)
@given(grid=grids())
def test_there_on_slopes_is_back_on_slopes_upside_down(grid):
    slow, height, sources = grid
    there = terrain_minutes(3.6 / slow, height, sources, cell_m=90.0)
    back = terrain_minutes(3.6 / slow, -height, sources, cell_m=90.0, towards=False)
    np.testing.assert_allclose(there, back, rtol=1e-6)


def test_ridden_cells_do_not_feel_slope():
    height = np.arange(12.0).reshape(3, 4) ** 3
    speed = np.full((3, 4), 30.0)
    ridden = terrain_minutes(speed, height, [(0, 0)], cell_m=50, is_walked=np.zeros((3, 4), bool))
    np.testing.assert_allclose(ridden, raster_minutes(6 + 0 * height, [(0, 0)]), rtol=1e-6)


def test_the_limit_and_barriers_stop():
    row = np.array([[60.0, 60.0, 60.0, np.nan, 60.0]])
    got = raster_minutes(row, [(0, 0)], limit_min=1)
    np.testing.assert_array_equal(got, [[0, 1, np.inf, np.nan, np.inf]])


def test_a_sum_just_over_a_minute_is_not_another_minute():
    row = np.full((1, 11), 0.1 * 60)
    got = raster_minutes(row, [(0, 0)], whole_minutes=True, limit_min=1)
    assert got.tolist() == [[0] + [1] * 10]


def test_a_knight_does_not_jump_a_barrier():
    slow = np.ones((2, 3))
    slow[0, 1] = np.nan
    assert raster_minutes(slow, [(0, 0)])[1, 2] == pytest.approx((1 + np.sqrt(2)) / 60)


def test_very_slow_cells_beside_very_fast_ones_are_exact():
    slow = np.full((40, 40), 1.0)
    slow[:, 20] = 1e7
    slow[20, 20] = 3e5
    sources = [(5, 0)]
    np.testing.assert_allclose(
        raster_minutes(slow, sources), by_scipy(slow, sources, 16), rtol=1e-12
    )


@pytest.mark.parametrize("seed", range(3))
def test_ways_that_wind_through_many_tiles_are_exact(seed):
    rng = np.random.default_rng(seed)
    slow = 10 ** rng.uniform(0, 2, (75, 101))
    slow[rng.random(slow.shape) < 0.2] = np.nan
    for wall in range(3, 101, 7):
        slow[:, wall] = np.nan
        slow[rng.integers(0, 75, 2), wall] = 1.0
    height = rng.uniform(0, 40, slow.shape)
    sources = np.argwhere(np.isfinite(slow))[:: 1500 * (seed + 1)]
    np.testing.assert_allclose(
        raster_minutes(slow, sources), by_scipy(slow, sources, 16), rtol=1e-12
    )
    got = terrain_minutes(3.6 / slow, height, sources, cell_m=90.0)
    expected = by_scipy(slow, sources, 16, height=height, side=90.0)
    np.testing.assert_allclose(got, expected, rtol=2e-6)
    limit = float(np.median(got[np.isfinite(got)]))
    within = terrain_minutes(3.6 / slow, height, sources, cell_m=90.0, limit_min=limit)
    np.testing.assert_array_equal(within, np.where(got > limit * (1 + 1e-9), np.inf, got))


def test_finer_cells_come_nearer_to_the_straight_line():
    errors = []
    for n in (5, 9, 17, 33):
        got = raster_minutes(np.full((n, n), 60.0 / (n - 1)), [(0, 0)])
        r, c = np.mgrid[:n, :n] / (n - 1)
        errors.append(np.abs(got - np.hypot(r, c)).max())
    assert errors[-1] < 0.03
    assert max(errors) == errors[0] or max(errors) < 0.03


@pytest.mark.parametrize(
    ("grid", "sources", "words"),
    [
        (np.ones(3), [(0, 0)], "two dimensions"),
        (np.array([[1.0, -1.0], [0.0, 1.0]]), [(0, 0)], "2 of 4 cells"),
        (np.ones((2, 2)), [(0, 2), (-1, 0)], "2 are outside"),
        (np.array([[1.0, np.nan]]), [(0, 1)], "1 on cells nobody"),
    ],
)
def test_what_cannot_be_a_grid_is_refused(grid, sources, words):
    with pytest.raises(ArgumentError, match=words):
        raster_minutes(grid, sources)


def test_elevation_of_another_shape_is_refused():
    with pytest.raises(ArgumentError, match="differ in shape"):
        terrain_minutes(np.ones((2, 2)), np.ones((2, 3)), [(0, 0)], cell_m=30)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("directions", "name", "mean", "nulls"),
    [(16, "knight", "29.522", 31_829), (8, "standard", "29.419", 32_283)],
)
def test_accessmods_own_test(real_data, directions, name, mean, nulls):
    import pyogrio

    folder = real_data / "travel" / "accessmod_demo" / "malawi_ci"
    with rasterio.open(folder / "land_cover_merged.tif") as source:
        cover = source.read(1, masked=True)
        transform = source.transform
    points = pyogrio.read_dataframe(folder / "facilities.gpkg").geometry
    row, column = rasterio.transform.rowcol(transform, points.x.to_numpy(), points.y.to_numpy())
    seconds = np.where(cover.mask, np.nan, 1000 / (50 / 3.6))
    at = np.column_stack([row, column])
    for kind, whole in (("minutes", True), ("seconds", False)):
        got = raster_minutes(seconds, at, directions=directions, limit_min=60, whole_minutes=whole)
        got = np.where(np.isfinite(got), got, np.nan)
        with rasterio.open(folder / f"reference_travel_time_{name}_{kind}.tif") as source:
            expected = source.read(1).astype(float)
        expected[expected < 0] = np.nan
        np.testing.assert_allclose(got * (1 if whole else 60), expected, rtol=1e-12)
        if whole:
            assert f"{np.nanmean(got):.3f}" == mean
            assert np.isnan(got).sum() == nulls
            assert np.nanmax(got) == 60
    with rasterio.open(folder / "dem.tif") as source:
        height = source.read(1, masked=True).astype(float).filled(np.nan)
    speed = np.where(cover.mask, np.nan, 50.0)
    ridden = terrain_minutes(
        speed,
        height,
        at,
        cell_m=1000,
        is_walked=np.zeros(speed.shape, bool),
        directions=directions,
        limit_min=60,
        whole_minutes=True,
    )
    ridden = ridden[np.isfinite(ridden)]
    assert (f"{ridden.mean():.3f}", speed.size - ridden.size) == (mean, nulls)
