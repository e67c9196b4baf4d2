"""What becomes of signals at the digitiser."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.signal.digitiser import digitise


def written(
    electrons: np.ndarray, gain: float = 8.0, level: float = 100.0, noise: float = 0.0, **how: float
) -> np.ndarray:
    n, rows, _ = electrons.shape
    plain = np.ones((n, rows), np.float32)
    return digitise(
        electrons.astype(np.float32), gain * plain, level * plain, noise, np.random.default_rng(1), **how
    ).astype(float)


def test_gains_and_levels_are_per_segment_and_row() -> None:
    electrons = np.full((2, 3, 5), 10.0, np.float32)
    gain, level = np.array([[1, 2, 3], [4, 5, 6.0]]), np.array([[0, 10, 20], [30, 40, 50.0]])
    found = digitise(electrons, gain.astype(np.float32), level.astype(np.float32), 0.0, np.random.default_rng(1))
    assert found.dtype == np.uint16
    assert found[:, :, 2] == pytest.approx(10 * gain + level)


def test_rounding_error_is_that_of_whole_numbers() -> None:
    electrons = np.random.default_rng(1).random((1, 100, 1000)) * 1000
    error = written(electrons) - (8.0 * electrons + 100.0)
    assert np.abs(error).max() <= 0.51
    assert error.var() == pytest.approx(1.0 / 12.0, rel=0.02) and abs(error.mean()) < 0.01


def test_few_grey_levels_over_full_scale() -> None:
    found = written(np.linspace(0, 9000, 20_000).reshape(1, 1, -1), grey_levels=256)
    values = np.unique(found)
    assert len(values) == 256 and values[0] == 0 and values[-1] == 65535
    assert np.diff(values) == pytest.approx(65535 / 255, abs=1.0)


def test_saturation_and_zero_cut_off() -> None:
    found = written(np.array([[[-50.0, 0.0, 100.0, 9000.0]]]), saturation_adu=4095.0, grey_levels=4096)
    assert found[0, 0] == pytest.approx([0, 100, 900, 4095])
    assert written(np.array([[[1e6]]]))[0, 0, 0] == 65535


def test_read_noise_has_its_size_whatever_the_signal() -> None:
    found = written(np.full((1, 200, 500), 50.0), noise=4.0)
    assert found.mean() == pytest.approx(500.0, abs=0.1)
    assert found.var() == pytest.approx(16.0 + 1.0 / 12.0, rel=0.03)
