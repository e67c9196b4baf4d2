"""Long-range means of slopes stay the closed form's, shadows excepted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from eclips4d.inference.networks.anchored import BLOCK, REACH_PX, _add_stretched, anchored


def noisy(true: np.ndarray, sd: float, seed: int = 0) -> np.ndarray:
    return (true + np.random.default_rng(seed).normal(0.0, sd, true.shape)).astype(np.float32)


def test_a_bias_that_changes_slowly_goes():
    y, x = np.mgrid[:160, :200]
    true = np.stack([0.2 * np.sin(x / 5.0), 0.1 * np.cos(y / 7.0)]).astype(np.float32)
    bias = (0.02 * np.sin(x / 60.0) + 0.01).astype(np.float32)
    sd = np.full((160, 200), 0.05, np.float32)
    found = anchored(true + bias, noisy(true, 0.05), sd)
    assert np.abs(bias).max() > 0.025
    assert (found - true).std() < 0.004
    assert np.abs((found - true).mean()) < 0.001


def test_what_is_fine_is_left_to_the_network():
    x = np.mgrid[:160, :160][1]
    true = np.stack([np.where(x % 20 < 3, 0.3, 0.0), np.zeros(x.shape)]).astype(np.float32)
    found = anchored(true, noisy(true, 0.05), np.full(x.shape, 0.05, np.float32))
    assert (found - true).std() < 0.05 / 25.0


def test_shadows_are_mended_all_the_same():
    """The closed form is wrong by twenty sd in a trench; the network is right, and stays."""
    true = np.zeros((2, 128, 128), np.float32)
    closed = noisy(true, 0.01)
    closed[0, :, 56:72] += 0.2
    found = anchored(true, closed, np.full((128, 128), 0.01, np.float32))
    assert np.abs(found).max() < 0.003


@pytest.mark.parametrize("shape", [(3, 3), (8, 9), (41, 17)])
def test_any_size_and_nothing_to_say(shape: tuple[int, int]):
    true = np.zeros((2, *shape), np.float32)
    found = anchored(true, true + 5.0, np.full(shape, 0.01, np.float32))
    assert found.shape == (2, *shape)
    np.testing.assert_allclose(found, 0.0, atol=1e-6)


def test_where_all_is_noise_the_mean_is_as_good_as_a_plain_one():
    """A robust estimate that gives noise away costs height at every wavelength beyond its reach."""
    sd, side = 0.05, 512
    closed = noisy(np.zeros((2, side, side), np.float32), sd)
    found = anchored(np.zeros_like(closed), closed, np.full((side, side), sd, np.float32))
    blocks = closed.reshape(2, side // BLOCK, BLOCK, side // BLOCK, BLOCK).mean(axis=(2, 4))
    plain = gaussian_filter(blocks, (0.0, REACH_PX / BLOCK, REACH_PX / BLOCK), mode="reflect")
    middles = found.reshape(2, side // BLOCK, BLOCK, side // BLOCK, BLOCK).mean(axis=(2, 4))
    assert np.corrcoef(middles.ravel(), plain.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("shape", [(1, 5), (24, 40), (41, 17)])
def test_blocks_are_stretched_as_scipy_does(shape: tuple[int, int]):
    blocks = np.random.default_rng(3).normal(size=[-(-side // BLOCK) for side in shape]).astype(np.float32)
    found = np.empty(shape, np.float32)
    _add_stretched(np.zeros(shape, np.float32), blocks, found)
    wide = zoom(blocks, BLOCK, order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(found, wide[: shape[0], : shape[1]], atol=2e-6)
