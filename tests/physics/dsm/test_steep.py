"""Which tiles anything can overtop, against all pairs of pixels."""

import numpy as np
import pytest

from eclips4d.physics.dsm.shade import TILE
from eclips4d.physics.dsm.steep import overtopped_tiles


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (3.0, 5.0)])
def test_no_pixel_that_another_overtops_is_left_out(pixel):
    random = np.random.default_rng(9)
    height = np.zeros((3 * TILE + 5, 4 * TILE), np.float32)
    for _ in range(6):
        height[random.integers(height.shape[0]), random.integers(height.shape[1])] = random.uniform(5.0, 60.0)
    y, x = (axis.ravel() for axis in np.mgrid[: height.shape[0], : height.shape[1]])
    over = np.zeros(height.shape, bool)
    floor = 0.9
    for row, column in np.argwhere(height > 0.0):
        distance = np.hypot((x - column) * pixel[0], (y - row) * pixel[1]).reshape(height.shape)
        over |= (height[row, column] - height > floor * distance) & (distance > 0.0)
    tiles = overtopped_tiles(height, pixel, floor)
    assert tiles.shape == (4, 4)
    for row, column in np.argwhere(over):
        assert tiles[row // TILE, column // TILE]
    assert not overtopped_tiles(np.zeros((40, 40), np.float32), pixel, floor).any()
    assert not tiles.all() or over.mean() > 0.3
