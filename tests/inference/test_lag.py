"""Taking the amplifier's lag back, against the amplifier."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_frames import bumpy_slopes, clean_frame, make_instrument

from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.lag import take_back
from eclips4d.physics.signal.amplifier import lag


@pytest.mark.parametrize("lag_px", [0.25, 0.4, 0.8])
def test_what_the_amplifier_did_is_undone(lag_px: float):
    random = np.random.default_rng(1)
    u = 1.0 + 0.3 * random.random((20, 50), dtype=np.float32)
    slope = random.normal(0.0, 0.5, (2, 20, 50)).astype(np.float32)
    seen = lag(np.stack([u, u * slope[0], u * slope[1]]), lag_px)
    found, brightness = seen[1:] / seen[0], seen[0].copy()
    take_back(found, np.ones((20, 50), np.float32), brightness, math.exp(-1.0 / lag_px))
    np.testing.assert_allclose(brightness[:, 1:], u[:, 1:], rtol=1e-4)
    np.testing.assert_allclose(found[:, :, 1:], slope[:, :, 1:], atol=1e-4)


def test_the_sd_grows_to_that_of_the_noise_before():
    noise = lag(np.random.default_rng(2).standard_normal((1, 400, 400), dtype=np.float32), 0.5)[0]
    sd = np.full((400, 400), noise.std(), np.float32)
    take_back(np.zeros((2, 400, 400), np.float32), sd, np.ones((400, 400), np.float32), math.exp(-2.0))
    assert sd.mean() == pytest.approx(1.0, abs=0.01)


def test_without_a_lag_nothing_changes():
    slope = np.ones((2, 4, 5), np.float32)
    take_back(slope, np.ones((4, 5), np.float32), np.ones((4, 5), np.float32), 0.0)
    assert (slope == 1.0).all()


@pytest.mark.parametrize("lag_px", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("azimuths", [(45, 135, 225, 315), (90, 210, 330)])
def test_the_first_frame_tells_the_lag(lag_px: float, azimuths: tuple[int, ...]):
    """Also under relief, which correlates what is taken for noise over longer distances."""
    instrument = make_instrument(azimuths_deg=azimuths)
    p, q = (np.tile(plane, (4, 4))[:256, :256] for plane in bumpy_slopes())
    counts = np.random.default_rng(3).poisson(clean_frame(instrument, np.stack([p, q]), dose=2000.0)).astype(np.float32)
    frame = np.rint(20.0 * lag(counts, lag_px)).astype(np.uint16)
    found = estimate_calibration(frame, instrument).lag_memory
    assert found == pytest.approx(math.exp(-1.0 / lag_px) if lag_px else 0.0, abs=0.025)
