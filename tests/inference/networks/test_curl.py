"""Slopes split into those of a surface and the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.networks.curl import rotational
from eclips4d.pipeline.bench.networks.slopes.peers import curl_free


def white(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, *shape)).astype(np.float32)


@pytest.mark.parametrize("pixel", [(1.0, 1.0), (2.0, 3.0)])
def test_slopes_of_a_surface_have_none(pixel: tuple[float, float]) -> None:
    rows, columns = 40, 56
    y, x = (np.arange(n) + 0.5 for n in (rows, columns))
    slope = np.zeros((2, rows, columns))
    for ky, kx, amplitude in ((1, 3, 1.0), (7, 2, 0.4), (0, 5, 0.3), (30, 41, 0.2)):
        wave_y, wave_x = np.pi * ky / rows, np.pi * kx / columns
        slope[0] -= amplitude * wave_x / pixel[0] * np.cos(wave_y * y)[:, None] * np.sin(wave_x * x)
        slope[1] -= amplitude * wave_y / pixel[1] * np.sin(wave_y * y)[:, None] * np.cos(wave_x * x)
    assert np.abs(rotational(slope.astype(np.float32), pixel)).max() < 1e-5


def test_half_of_white_noise_is_rotation() -> None:
    slope = white((128, 128))
    assert rotational(slope, (1.0, 1.0)).std() ** 2 == pytest.approx(0.5, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(2, 33), columns=st.integers(2, 33), seed=st.integers(0, 99))
def test_a_projection_of_any_size(rows: int, columns: int, seed: int) -> None:
    slope = white((rows, columns), seed)
    turning = rotational(slope, (1.0, 1.0))
    np.testing.assert_allclose(rotational(turning, (1.0, 1.0)), turning, atol=1e-5)
    assert abs(float(np.vdot(turning, slope - turning))) < 1e-3


def test_as_by_fourier_transform_of_mirror_images() -> None:
    """Apart from waves of two pixels, whose direction nothing tells."""
    slope = white((48, 64), 3)
    for _ in range(2):
        slope = (np.roll(slope, 1, 1) + 2.0 * slope + np.roll(slope, -1, 1)) / 4.0
        slope = ((np.roll(slope, 1, 2) + 2.0 * slope + np.roll(slope, -1, 2)) / 4.0).astype(np.float32)
    np.testing.assert_allclose(slope - rotational(slope, (1.0, 1.0)), curl_free(slope), atol=0.01 * slope.std())
