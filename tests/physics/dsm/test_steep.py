"""Which pixels anything can overtop, against all pairs of them."""

import numpy as np
import pytest

from eclips4d.physics.dsm.steep import overtopped
from eclips4d.physics.dsm.tiles import TILE, tiles_of


def at_once(work, first, last):
    work(first, last)


def found_over(height, pixel, floor, bands=1):
    return overtopped(height, tiles_of(height, pixel, floor, at_once), pixel, floor, at_once, bands)


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (3.0, 5.0)])
@pytest.mark.parametrize("spikes", [1, 6])
def test_no_pixel_that_another_overtops_is_left_out(pixel, spikes):
    random = np.random.default_rng(9)
    height = np.zeros((3 * TILE + 5, 4 * TILE), np.float32)
    for _ in range(spikes):
        height[random.integers(height.shape[0]), random.integers(height.shape[1])] = random.uniform(5.0, 60.0)
    y, x = (axis.ravel() for axis in np.mgrid[: height.shape[0], : height.shape[1]])
    over = np.zeros(height.shape, bool)
    floor = 0.9
    for row, column in np.argwhere(height > 0.0):
        distance = np.hypot((x - column) * pixel[0], (y - row) * pixel[1]).reshape(height.shape)
        over |= (height[row, column] - height > floor * distance) & (distance > 0.0)
    found = found_over(height, pixel, floor)
    assert found is not None and found.shape == height.shape
    assert found[over].all()
    assert found.mean() < max(2.0 * over.mean(), 0.02)


def test_what_is_nowhere_steep_is_not_looked_at():
    tilted = 0.8 * 4.0 * np.arange(40, dtype=np.float32)[None] * np.ones((40, 1), np.float32)
    assert found_over(tilted, (4.0, 4.0), 0.9) is None


@pytest.mark.parametrize("bands", [2, 5])
def test_bands_of_rows_overtop_as_the_whole_does(bands):
    random = np.random.default_rng(3)
    height = random.uniform(0.0, 5.0, (9 * TILE + 3, 3 * TILE)).astype(np.float32)
    height[5 * TILE - 2, TILE] = 120.0  # reaches over several tiles
    whole, divided = (found_over(height, (4.0, 5.0), 0.9, count) for count in (1, bands))
    assert whole is not None and 0.05 < whole.mean() < 0.95
    np.testing.assert_array_equal(divided, whole)


def test_where_a_tile_is_steep_all_over_no_pixel_is_asked():
    height = np.zeros((4 * TILE, 6 * TILE), np.float32)
    height[:, : 2 * TILE] = 8.0 * np.arange(2 * TILE, dtype=np.float32)
    found = found_over(height, (4.0, 4.0), 0.9)
    assert found is not None
    assert found[:, : 2 * TILE - 1].all()


def test_tiles_are_as_high_and_as_steep_as_their_pixels():
    random = np.random.default_rng(2)
    height = random.uniform(0.0, 9.0, (3 * TILE + 3, 2 * TILE + 5)).astype(np.float32)
    tiles = tiles_of(height, (4.0, 5.0), 0.9, at_once)
    across = np.pad(np.diff(height, axis=1), [(0, 0), (0, 1)]) / 4.0
    down = np.pad(np.diff(height, axis=0), [(0, 1), (0, 0)]) / 5.0
    for b in range(4):
        for a in range(3):
            of = (slice(b * TILE, (b + 1) * TILE), slice(a * TILE, (a + 1) * TILE))
            steep = np.hypot(across, down)[of]
            assert tiles.highest[b, a] == height[of].max()
            assert tiles.lowest[b, a] == height[of].min()
            assert tiles.steepest[b, a] >= steep.max() * (1.0 - 1e-6)
            assert tiles.steep[b, a] == pytest.approx((steep > 0.9).mean())
