"""Tables of four numbers an entry, against bilinear interpolation of the numbers themselves."""

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.packed import look_up, packed


@pytest.mark.parametrize("numbers", [1, 4, 6])
def test_look_ups_are_bilinear_over_the_normal(numbers):
    random, points = np.random.default_rng(numbers), 33
    values = random.uniform(-2.0, 3.0, (numbers, points, points)).astype(np.float32)
    values[0] = 7.0  # a number without any range
    p, q = random.uniform(-3.0, 3.0, (2, LANES)).astype(np.float32)
    table, apart = packed(values), LANES + 3
    out = np.full(table.scale.size * apart, np.nan, np.float32)
    look_up(table, p, q, 0, out, 2, apart)
    even, norm = np.linspace(-1.0, 1.0, points), np.sqrt(1.0 + p**2 + q**2)
    for k in range(numbers):
        expected = RegularGridInterpolator((even, even), values[k])(np.stack([q / norm, p / norm], axis=1))
        np.testing.assert_allclose(out[2 + k * apart :][:LANES], expected, atol=1e-4)


def test_numbers_are_rounded_to_a_share_of_their_range():
    values = np.random.default_rng(1).uniform(0.0, 5.0, (4, 9, 9)).astype(np.float32)
    table = packed(values)
    for k in range(4):
        level = (table.words >> np.uint64(16 * k)) & np.uint64(0xFFFF)
        told = table.least[k] + table.scale[k] * level.astype(np.float64)
        assert np.abs(told - values[k].ravel()).max() < 0.51 * 5.0 / 65535 + 1e-6
