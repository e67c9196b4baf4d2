"""Channelling factors: their size, their sign, and the pixels they act on."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.signal.channelling import channel, grain_factors

AZIMUTHS = np.radians([45.0, 135.0, 225.0, 315.0])


def test_opposite_segments_differ_by_the_asymmetry() -> None:
    factors = grain_factors(4000, AZIMUTHS, 0.01, 1).astype(float)
    assert (factors[:, 0] - factors[:, 2]).std() == pytest.approx(0.01, rel=0.05)
    assert factors.mean(axis=1) == pytest.approx(1.0, abs=1e-6), "a grain's mean signal stays"
    assert factors[:, 0] + factors[:, 2] == pytest.approx(2.0, abs=1e-6)


def test_a_grain_keeps_its_factors_however_many_there_are() -> None:
    assert (grain_factors(3, AZIMUTHS, 0.01, 1) == grain_factors(9, AZIMUTHS, 0.01, 1)[:3]).all()
    assert (grain_factors(3, AZIMUTHS, 0.01, 1) != grain_factors(3, AZIMUTHS, 0.01, 2)).any()


def test_each_pixel_has_its_grains_factor() -> None:
    random = np.random.default_rng(0)
    signal = random.random((4, 6, 7)).astype(np.float32)
    grain = random.integers(0, 3, (6, 7)).astype(np.int16)
    factors = grain_factors(3, AZIMUTHS, 0.2, 5)
    assert channel(signal.copy(), grain, factors) == pytest.approx(signal * factors[grain].transpose(2, 0, 1))
