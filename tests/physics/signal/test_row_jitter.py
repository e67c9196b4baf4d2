"""Row shifts against the shifted function itself."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.signal.row_jitter import to_pixels


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_rows_are_seen_further_right(supersample: int) -> None:
    shift = np.array([0.0, 0.3, -0.45, 1.25])
    fine = (np.arange(60 * supersample) + 0.5) / supersample - 0.5
    signal = np.sin(2 * np.pi * fine / 17.0)
    image = np.broadcast_to(signal.astype(np.float32), (2, 4 * supersample, len(fine)))
    found = to_pixels(np.ascontiguousarray(image), supersample, shift)
    at = np.arange(60)[None, :] + shift[:, None]
    damped = np.sinc(1 / 17.0) / np.sinc(1 / 17.0 / supersample) if supersample > 1 else 1.0
    assert found[0, :, 3:-3] == pytest.approx(damped * np.sin(2 * np.pi * at / 17.0)[:, 3:-3], abs=2e-3)
    assert (found[0] == found[1]).all()


def test_without_shift_pixels_are_means() -> None:
    fine = np.random.default_rng(1).random((3, 8, 12)).astype(np.float32)
    assert to_pixels(fine, 2) == pytest.approx(fine.reshape(3, 4, 2, 6, 2).mean((2, 4)), rel=1e-5)
    assert to_pixels(fine, 1) is fine
    assert to_pixels(fine, 1, np.zeros(8)) == pytest.approx(fine)


def test_a_constant_stays_constant_up_to_the_border() -> None:
    assert to_pixels(np.full((1, 5, 9), 2.5, np.float32), 1, np.linspace(-3, 3, 5)) == pytest.approx(2.5, rel=1e-6)
