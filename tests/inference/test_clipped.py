"""Values clipped by the digitiser: what is filled in makes local means right, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_frames import make_calibration, make_instrument

from eclips4d.inference.clipped import filled
from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.physics.detector import segment_response
from eclips4d.physics.lambert import render

INSTRUMENT = make_instrument(azimuths_deg=(210, 90, 330))
SLOPE = (-0.3, 0.1)


def noisy_tilt(brightest: float, dtype=np.uint16, seed=0):
    """A plane whose brightest segment has this mean over full scale, noise of 8 %; and its calibration."""
    full = np.iinfo(dtype).max
    slope = np.empty((2, 96, 96), np.float32)
    slope[0], slope[1] = SLOPE
    seen = render(slope, segment_response(INSTRUMENT))
    adu = brightest * full * 0.08**2  # variance of the brightest is its mean times this
    electrons = seen * (brightest * full / seen.max() / adu)
    counted = np.random.default_rng(seed).poisson(electrons)
    data = np.clip(np.rint(counted * adu), 1, full).astype(dtype)
    return data, make_calibration(INSTRUMENT, noise_slope=adu)


@pytest.mark.parametrize(("brightest", "dtype"), [(0.97, np.uint16), (1.0, np.uint16), (0.95, np.uint8)])
def test_means_of_slopes_are_as_if_nothing_had_been_clipped(brightest, dtype):
    data, calibration = noisy_tilt(brightest, dtype)
    clipped = (data == np.iinfo(dtype).max).any(axis=0)
    assert 0.2 < clipped.mean() < 0.7
    plain = closed_form_slopes(INSTRUMENT)
    found = replace(plain, fill_clipped=True)(data, calibration)
    room = filled(data, calibration)
    assert room is not None
    means = np.array([(s.mean() - o) for s, o in zip(room[0], room[1].offset_adu, strict=True)])
    cut = np.array([(s.mean() - o) for s, o in zip(data, calibration.offset_adu, strict=True)])
    averaged, clipping = (_slope_of(m) for m in (means, cut))
    assert np.hypot(*averaged) == pytest.approx(np.hypot(*SLOPE), rel=0.012)
    assert np.hypot(*clipping) < 0.975 * np.hypot(*SLOPE)
    assert found.slope.mean(axis=(1, 2)) == pytest.approx(SLOPE, abs=0.015)
    assert (found.trust[clipped] == 0).all() and (found.trust[~clipped] > 0).all()


def _slope_of(mean: np.ndarray) -> np.ndarray:
    u, up, uq = np.linalg.pinv(segment_response(INSTRUMENT).matrix) @ mean
    return np.array([up, uq]) / u


@settings(max_examples=20, deadline=None)
@given(level=st.integers(1, 65534), spots=st.integers(0, 8))
def test_a_frame_with_hardly_anything_clipped_is_left_alone(level, spots):
    data = np.full((3, 96, 96), level, np.uint16)
    data[0].flat[: 100 * spots : 100] = 65535
    calibration = make_calibration(INSTRUMENT)
    assert filled(data, calibration) is None
    plain = closed_form_slopes(INSTRUMENT)
    a, b = plain(data, calibration), replace(plain, fill_clipped=True)(data, calibration)
    assert np.array_equal(a.slope, b.slope) and np.array_equal(a.trust, b.trust)


def test_a_frame_that_is_clipped_everywhere_stays_finite():
    data = np.full((3, 32, 32), 65535, np.uint16)
    found = replace(closed_form_slopes(INSTRUMENT), fill_clipped=True)(data, make_calibration(INSTRUMENT))
    assert np.isfinite(found.slope).all() and not found.trust.any()
