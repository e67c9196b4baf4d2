"""Slopes made consistent with their height, against surfaces and noise of known kind."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.integrate import integrate
from eclips4d.inference.networks.consistent import MOST_SD, consistent

PIXEL = (2.0, 3.0)


def surface(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Height and its pixel slopes, smooth."""
    y, x = np.mgrid[:rows, :columns].astype(np.float64)
    height = 4.0 * np.sin(0.11 * x + 0.07 * y) + 0.3 * x
    slope = np.stack(
        [(0.44 * np.cos(0.11 * x + 0.07 * y) + 0.3) / PIXEL[0], 0.28 * np.cos(0.11 * x + 0.07 * y) / PIXEL[1]]
    )
    return height.astype(np.float32), slope.astype(np.float32)


def test_slopes_of_a_surface_stay():
    height, slope = surface(40, 50)
    found = consistent(slope, np.ones((40, 50), np.float32), height, PIXEL)
    np.testing.assert_allclose(found, slope, atol=5e-3)
    np.testing.assert_allclose(found[:, 3:-3, 3:-3], slope[:, 3:-3, 3:-3], atol=3e-4)


def test_half_of_white_noise_has_curl_and_goes():
    _, slope = surface(200, 200)
    noise = np.random.default_rng(1).normal(0.0, 0.02, slope.shape).astype(np.float32)
    sd = np.full(slope.shape[1:], 0.02, np.float32)
    found = consistent(slope + noise, sd, integrate(slope + noise, PIXEL), PIXEL)
    error = (found - slope)[:, 2:-2, 2:-2]
    assert 0.7 < error.std() / 0.02 < 0.85


def test_a_jump_of_the_height_leaves_slopes_within_their_sd():
    slope, sd = np.zeros((2, 20, 20), np.float32), np.full((20, 20), 0.01, np.float32)
    height = np.where(np.arange(20) < 10, 0.0, 50.0).astype(np.float32) * np.ones((20, 1), np.float32)
    found = consistent(slope, sd, height, PIXEL)
    assert np.abs(found).max() == pytest.approx(MOST_SD * 0.01, rel=1e-5)
    assert (found[1] == 0.0).all()


def test_rows_and_columns_are_treated_alike():
    random = np.random.default_rng(2)
    slope, sd = random.normal(size=(2, 31, 17)).astype(np.float32), np.ones((31, 17), np.float32)
    height = random.normal(size=(31, 17)).astype(np.float32)
    found = consistent(slope, sd, height, (1.0, 1.0))
    swapped = consistent(slope[::-1].swapaxes(1, 2).copy(), sd.T.copy(), height.T.copy(), (1.0, 1.0))
    np.testing.assert_allclose(swapped[::-1].swapaxes(1, 2), found, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 2), (3, 4)])
def test_any_size(shape: tuple[int, int]):
    ones = np.ones(shape, np.float32)
    assert np.isfinite(consistent(np.zeros((2, *shape), np.float32), ones, ones, PIXEL)).all()
