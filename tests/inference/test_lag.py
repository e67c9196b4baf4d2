"""Taking the amplifier's lag back, against the amplifier."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.lag import memory_of, take_back
from eclips4d.physics.signal.amplifier import lag, noise_correlation_px


@pytest.mark.parametrize("lag_px", [0.25, 0.4, 0.9])
def test_what_the_amplifier_did_is_undone(lag_px: float):
    random = np.random.default_rng(1)
    u = 1.0 + 0.3 * random.random((20, 50), dtype=np.float32)
    slope = random.normal(0.0, 0.5, (2, 20, 50)).astype(np.float32)
    seen = lag(np.stack([u, u * slope[0], u * slope[1]]), lag_px)
    found, brightness = seen[1:] / seen[0], seen[0].copy()
    take_back(found, np.ones((20, 50), np.float32), brightness, memory_of(noise_correlation_px(lag_px)))
    np.testing.assert_allclose(brightness[:, 1:], u[:, 1:], rtol=1e-4)
    np.testing.assert_allclose(found[:, :, 1:], slope[:, :, 1:], atol=1e-4)


def test_the_sd_grows_to_that_of_the_noise_before():
    noise = lag(np.random.default_rng(2).standard_normal((1, 400, 400), dtype=np.float32), 0.5)[0]
    sd = np.full((400, 400), noise.std(), np.float32)
    take_back(
        np.zeros((2, 400, 400), np.float32), sd, np.ones((400, 400), np.float32), memory_of(noise_correlation_px(0.5))
    )
    assert sd.mean() == pytest.approx(1.0, abs=0.01)


def test_white_noise_is_left_alone():
    assert memory_of(1.0) == memory_of(1.015) == memory_of(0.9) == 0.0
    slope = np.ones((2, 4, 5), np.float32)
    take_back(slope, np.ones((4, 5), np.float32), np.ones((4, 5), np.float32), 0.0)
    assert (slope == 1.0).all()
