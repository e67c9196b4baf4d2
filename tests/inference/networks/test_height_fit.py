"""The spectrum that is fitted, on heights whose slope errors were drawn with a known one."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from eclips4d.inference.integrate import integrate
from eclips4d.inference.networks import height_fit
from eclips4d.inference.networks.bands import left_of_variance
from eclips4d.inference.networks.height_coverage import JudgedHeight, shares_within
from eclips4d.inference.networks.height_fit import coverage_table, fit_height_coverage
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, difference_sd, slope_errors

PIXEL = (2.0, 3.0)


def heights(sd, draws, seed, blur_px):
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        noise = rng.standard_normal((2, *sd.shape))
        noise = np.stack([gaussian_filter(part, blur_px, mode="wrap", truncate=6.0) for part in noise])
        yield integrate((noise * sd).astype(np.float32), PIXEL)


def test_the_fit_finds_errors_that_are_larger_than_stated_at_long_waves():
    sd = np.full((72, 72), 0.1, np.float32)
    blur, left = 1.2, np.float32(np.sqrt(left_of_variance(1.2)))
    found = [JudgedHeight(1.5 * h, sd, 1.5 * left * sd, PIXEL) for h in heights(sd, 20, 5, blur)]
    spectrum = fit_height_coverage(found)
    assert 1.05 < spectrum.long_wave <= 1.5
    fresh = [JudgedHeight(1.5 * h, sd, 1.5 * left * sd, PIXEL) for h in heights(sd, 30, 6, blur)]
    for r in (10, 32):
        one, _ = shares_within(np.concatenate([f.in_sd(spectrum, r) for f in fresh]))
        assert one == pytest.approx(0.683, abs=0.08), r


def test_what_is_fitted_is_the_variance_that_is_stated():
    rng = np.random.default_rng(2)
    closed = rng.uniform(0.08, 0.12, (80, 96)).astype(np.float32)
    stated = (0.3 * closed + 0.2 * (rng.random(closed.shape) < 0.1)).astype(np.float32)
    frame = JudgedHeight(np.zeros(closed.shape, np.float32), closed, stated, PIXEL, 1.3)
    spectrum = ErrorSpectrum(1.1, 1.6, 1.4, 0.5, 6.0)
    pairs = height_fit._drawn([frame], spectrum, np.random.default_rng(0))
    assert len(pairs) == 2  # over 10 and 32 pixels
    for r, one in zip((10, 32), pairs, strict=True):
        whole = np.square(difference_sd(slope_errors(closed, stated, spectrum, 1.3), PIXEL, r, "x"))
        found = one._variance(spectrum).ravel()
        assert whole.min() * 0.99 < found.min() and found.max() < whole.max() * 1.01
        assert found.mean() == pytest.approx(whole.mean(), rel=0.02)


def test_a_card_gets_all_numbers_and_a_seed_gives_the_same():
    sd = np.full((48, 48), 0.1, np.float32)
    frames = [JudgedHeight(h, sd, np.float32(0.3) * sd, PIXEL) for h in heights(sd, 4, 1, 1.0)]
    table = coverage_table(frames)
    assert table == coverage_table(frames)
    assert ErrorSpectrum.of(table) == fit_height_coverage(frames)
    assert table["pixels_alike"] >= 1.0 and np.isfinite(list(table.values())).all()
