"""What is kept: all of it, octaves of it, none of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.networks.features import Features
from eclips4d.inference.networks.heads import FOLD, OUTPUTS, PIXEL_PLANES, START, corrected

SHAPE, PADDED, WIDE, UNIT = (90, 85), (96, 96), (256, 256), 0.05


def measured(shape: tuple[int, int] = SHAPE, padded: tuple[int, int] = PADDED) -> tuple[ClosedForm, Features]:
    gradient, rotation = np.random.default_rng(0).normal(0.0, UNIT, (2, 2, *padded)).astype(np.float32)
    slope = np.ascontiguousarray((gradient + rotation)[:, : shape[0], : shape[1]])
    ones = np.ones(shape, np.float32)
    closed = ClosedForm(slope, UNIT * ones, ones, ones, np.ones(shape, np.uint8))
    return closed, Features(np.zeros((1, *padded), np.float32), gradient, rotation, UNIT)


def output_of(turn: float, *octaves: float, padded: tuple[int, int] = PADDED) -> np.ndarray:
    """The same everywhere: shares of the rotation, and of the octaves from the finest on."""
    area = FOLD**2
    shares = np.array([turn, *octaves]) - START
    values = [*[0.0] * (3 * area), *[shares[0]] * area, *[shares[1]] * (2 * area), *np.repeat(shares[2:], 2)]
    blocks = np.empty((OUTPUTS, padded[0] // FOLD, padded[1] // FOLD), np.float32)
    blocks[:] = np.array(values)[:, None, None]
    return blocks


def test_all_that_is_kept_is_the_closed_form():
    closed, features = measured()
    found = corrected(closed, features, output_of(1.0, 1.0, 1.0, 1.0, 1.0))
    np.testing.assert_allclose(found.slope, closed.slope, atol=1e-6)
    np.testing.assert_allclose(found.slope_sd, UNIT, rtol=1e-6)
    assert found.known.all()


def test_without_octaves_white_noise_is_what_a_gaussian_leaves():
    closed, features = measured(WIDE, WIDE)
    found = corrected(closed, features, output_of(0.0, 0.0, 0.0, 0.0, 0.0, padded=WIDE))
    smooth = gaussian_filter(features.gradient, (0.0, 13.0, 13.0))
    inside = np.s_[:, 48:-48, 48:-48]
    assert np.corrcoef(found.slope[inside].ravel(), smooth[inside].ravel())[0, 1] > 0.99
    assert found.slope[inside].std() == pytest.approx(smooth[inside].std(), rel=0.1)


def test_each_octave_that_goes_takes_noise_with_it():
    closed, features = measured()
    kept_so_far = [corrected(closed, features, output_of(0.0, *(k < n for k in range(4)))).slope for n in range(5)]
    sd = [float(slope.std()) / UNIT for slope in kept_so_far]
    assert sd == sorted(sd)


def test_no_number_anywhere_leaves_the_closed_form_there():
    closed, features = measured()
    output = output_of(0.0, 0.0, 0.0, 0.0, 0.0)
    output[2 * FOLD**2, 10, 12] = np.nan
    output[0, 30, 5] = np.inf
    found = corrected(closed, features, output)
    assert not found.known[20, 24] and not found.known[60, 10]
    assert found.known.sum() == found.known.size - 2
    np.testing.assert_array_equal(found.slope[:, ~found.known], closed.slope[:, ~found.known])
    np.testing.assert_array_equal(found.slope_sd[~found.known], closed.slope_sd[~found.known])
    assert np.isfinite(found.slope).all()


def test_an_octave_without_a_number_is_kept():
    closed, features = measured()
    output = output_of(1.0, 1.0, 1.0, 1.0, 1.0)
    output[PIXEL_PLANES * FOLD**2 + 4, 10, 12] = np.nan
    found = corrected(closed, features, output)
    assert found.known.all()
    np.testing.assert_allclose(found.slope, closed.slope, atol=1e-6)
