"""Circulation of slopes: none for surfaces, of variance one for noise, as large as it is for vortices."""

import numpy as np
import pytest

from eclips4d.inference.trust.turn import REACH, turned


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (3.0, 5.0)])
def test_noise_has_variance_one(pixel):
    random = np.random.default_rng(5)
    sd = random.uniform(0.05, 0.06, (150, 160)).astype(np.float32)
    slope = (random.normal(size=(2, 150, 160)) * sd).astype(np.float32)
    out = np.empty((150, 160), np.float32)
    turned(slope, sd, pixel, out)
    assert 0.94 < out[4:-4, 4:-4].std() < 1.06


def test_a_surface_turns_nothing_and_a_vortex_does():
    y, x = np.mgrid[:40, :50] * 4.0
    sd = np.full((40, 50), 0.1, np.float32)
    out = np.empty((40, 50), np.float32)
    surface = np.stack([0.002 * x + 0.001 * y, 0.001 * x - 0.003 * y]).astype(np.float32)
    turned(surface, sd, (4.0, 4.0), out)
    assert np.abs(out).max() < 1e-3
    # dh/dy = c·x, dh/dx = −c·y: the way round a square of side s is 2·c·s².
    turned(np.stack([-0.01 * y, 0.01 * x]).astype(np.float32), sd, (4.0, 4.0), out)
    side = 2 * REACH * 4.0
    sd_of_sum = 0.1 * 4.0 * np.sqrt(4.0 * (2.0 * REACH - 0.5))
    np.testing.assert_allclose(out[10, 20], 2.0 * 0.01 * side**2 / sd_of_sum, rtol=1e-4)
