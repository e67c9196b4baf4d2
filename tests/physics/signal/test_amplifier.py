"""The lag against the closed forms of a first-order low-pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from eclips4d.physics.signal.amplifier import delay_px, lag, noise_correlation_px


def test_step_response_is_the_exponential() -> None:
    signal = np.zeros((1, 1, 60), np.float32)
    signal[..., 30:] = 1.0
    answer = lag(signal, 2.5)[0, 0]
    assert answer[:30] == pytest.approx(0.0, abs=1e-6)
    assert answer[30:] == pytest.approx(1.0 - np.exp(-np.arange(1, 31) / 2.5), abs=1e-5)


def test_against_an_independent_filter_far_from_the_start() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 3, 400)).astype(np.float32)
    a = np.exp(-1.0 / 1.7)
    wanted = lfilter([1.0 - a], [1.0, -a], noise, axis=-1)
    assert lag(noise.copy(), 1.7)[..., 30:] == pytest.approx(wanted[..., 30:], abs=1e-4)


@pytest.mark.parametrize("time_constant", [0.3, 1.0, 3.0])
def test_white_noise_keeps_its_stated_share_and_correlation_from_the_first_pixel(time_constant: float) -> None:
    filtered = lag(np.random.default_rng(2).standard_normal((1, 20000, 64)).astype(np.float32), time_constant)[0]
    a = np.exp(-1.0 / time_constant)
    assert filtered[:, 40].var() == pytest.approx((1 - a) / (1 + a), rel=0.05)
    assert filtered[:, 0].var() == pytest.approx((1 - a) / (1 + a), rel=0.05)
    for offset in (1, 2, 3):
        product = (filtered[:, 20:-offset] * filtered[:, 20 + offset :]).mean() / filtered[:, 20:].var()
        assert product == pytest.approx(a**offset, abs=0.02)
    means = filtered[:, 20:].mean(1).var() * filtered[:, 20:].shape[1] / filtered[:, 20:].var()
    assert means == pytest.approx(noise_correlation_px(time_constant), rel=0.12)


def test_a_ramp_comes_late_by_the_stated_delay() -> None:
    ramp = np.arange(200, dtype=np.float32)[None, None]
    assert 200 - 1 - lag(ramp.copy(), 2.0)[0, 0, -1] == pytest.approx(delay_px(2.0), rel=1e-3)


def test_without_lag_nothing_changes_and_short_rows_are_no_trouble() -> None:
    signal = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    assert (lag(signal.copy(), 0.0) == signal).all()
    assert np.isfinite(lag(signal.copy(), 5.0)).all()
    assert lag(np.full((1, 1, 1), 3.0, np.float32), 1.0) == pytest.approx(3.0)
    assert noise_correlation_px(0.0) == 1.0 and delay_px(0.0) == 0.0
