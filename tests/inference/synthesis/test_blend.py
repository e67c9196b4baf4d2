"""Two heights of one frame: against the shares that errors of known size ask for."""

import numpy as np
import pytest
import scipy.fft

from eclips4d.inference.synthesis.blend import BANDS_PX, MOST, blended, told_of_slopes
from eclips4d.inference.synthesis.normal_equations import Curvature

SIDE, PIXEL, TOLD = 96, (4.0, 4.0), 400.0
TRUTH = 40.0 * np.cos(np.arange(SIDE) / 9.0) * np.cos(np.arange(SIDE) / 14.0)[:, None]


def counted(seed: int, pixel: tuple[float, float] = PIXEL) -> np.ndarray:
    """What least squares makes of white noise of the slopes, nm."""
    random, shape = np.random.default_rng(seed), (SIDE, SIDE)
    k = [2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in shape]
    curvature = k[0][:, None] / pixel[1] ** 2 + k[1] / pixel[0] ** 2
    curvature[0, 0] = np.inf
    return scipy.fft.idctn(random.normal(size=shape) / np.sqrt(TOLD * curvature), norm="ortho")


def off(height: np.ndarray) -> float:
    return float(np.std(height - TRUTH))


@pytest.mark.parametrize("seed", range(4))
def test_a_good_model_helps_and_a_wrong_one_hardly_harms(seed: int):
    refined = TRUTH + counted(seed)
    good = TRUTH + 0.5 * counted(seed + 50)
    with_good = blended(refined, good, TOLD, PIXEL)
    assert off(refined + with_good.change) < 0.75 * off(refined)
    wrong = 1.3 * TRUTH
    with_wrong = blended(refined, wrong, TOLD, PIXEL)
    assert with_wrong.shares[0] < 0.01
    assert off(refined + with_wrong.change) < 1.1 * off(refined)


def test_shares_are_those_of_both_errors():
    """Two heights that err alike and apart share evenly; of the shortest waves the model has a fifth at most."""
    shares = np.mean([blended(counted(k), counted(k + 50), TOLD, (4.0, 4.0)).shares for k in range(12)], axis=0)
    assert len(shares) == len(BANDS_PX) - 1 and shares[1:] == pytest.approx([0.5] * 3 + [MOST[-1]], abs=0.06)
    same = blended(TRUTH, TRUTH, TOLD, PIXEL)
    assert same.shares == (0.0,) * 5 and np.abs(same.change).max() == 0.0
    alike = blended(counted(1), 0.5 * counted(2) + 0.5 * counted(1), TOLD, PIXEL).shares
    assert all(share <= most for share, most in zip(alike, MOST, strict=True)) and alike[1:] == MOST[1:]


def test_the_mean_height_stays():
    found = blended(counted(1), counted(2) + 7.0, TOLD, PIXEL)
    assert found.change.mean() == pytest.approx(0.0, abs=1e-9)


def test_what_a_pixel_tells_is_its_fisher_information():
    """Two sums, each sensitive to one slope: 3 standard deviations per slope of all four sub-pixels."""
    told = np.zeros((2, 2, 4, 4), np.float32)
    told[0, 0] = told[1, 1] = 3.0 / 4.0
    assert told_of_slopes(Curvature(told, np.zeros((5, 5), np.float32), (1.0, 1.0), 2)) == pytest.approx(3.0**2)
