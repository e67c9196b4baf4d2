"""Height uncertainty after a network against Monte Carlo: noise is drawn, filtered, integrated and compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from eclips4d.inference.height_noise import height_noise
from eclips4d.inference.integrate import integrate
from eclips4d.inference.networks.bands import Band, left_of_variance, narrowest_blur
from eclips4d.inference.networks.difference_noise import blurred_away, white_difference_variance
from eclips4d.inference.networks.height_coverage import JudgedHeight, shares_within
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, difference_sd, height_sd, slope_errors

PIXEL = (2.0, 3.0)
SHAPE = (60, 84)


def uneven_sd(shape=SHAPE) -> np.ndarray:
    """Slope noise with a noisy spot and a noisier strip."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    spot = 0.3 * np.exp(-((x - 60.0) ** 2 + (y - 20.0) ** 2) / 30.0)
    return (0.05 + spot + 0.04 * (x < 20)).astype(np.float32)


def heights(sd, draws, seed=0, blur_px=0.0, pixel=PIXEL):
    """Heights integrated from drawn slope errors, one at a time."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        noise = rng.standard_normal((2, *sd.shape))
        if blur_px:
            noise = np.stack([gaussian_filter(part, blur_px, mode="wrap", truncate=6.0) for part in noise])
        yield integrate((noise * sd).astype(np.float32), pixel)


def judged(sd, draws, seed, blur_px=0.0):
    """What a filter that leaves the stated variance would make."""
    left = np.float32(np.sqrt(left_of_variance(blur_px)))
    return [JudgedHeight(h, sd, sd * left, PIXEL) for h in heights(sd, draws, seed, blur_px)]


def test_differences_of_uneven_white_noise_are_those_that_are_drawn():
    sd, draws, distances = uneven_sd(), 900, (1, 4, 12, 25)
    sums = {(r, axis): 0.0 for r in distances for axis in ("x", "y")}
    for h in map(np.float64, heights(sd, draws)):
        for r in distances:
            sums[r, "x"] += (h[:, r:] - h[:, :-r]) ** 2 / draws
            sums[r, "y"] += (h[r:] - h[:-r]) ** 2 / draws
    for (r, axis), drawn in sums.items():
        stated = white_difference_variance(sd, PIXEL, r, axis)
        assert stated.shape == drawn.shape
        ratio = stated / drawn
        assert np.median(ratio) == pytest.approx(1.0, abs=0.04), (r, axis)
        # A pair by itself: the scatter of 900 draws is 4.7 %; mirrored variances near the edges cost a few per cent.
        assert np.quantile(np.abs(ratio - 1.0), 0.9) < 0.2, (r, axis)


@settings(max_examples=12, deadline=None)
@given(
    rows=st.integers(12, 40),
    columns=st.integers(12, 40),
    dx=st.floats(0.5, 4.0),
    dy=st.floats(0.5, 4.0),
    sd=st.floats(0.01, 1.0),
)
def test_differences_turn_with_the_image_and_grow_with_pixel_and_noise(rows, columns, dx, dy, sd):
    even = np.full((rows, columns), sd, np.float32)
    along_x = white_difference_variance(even, (dx, dy), 7, "x")
    np.testing.assert_allclose(white_difference_variance(even.T.copy(), (dy, dx), 7, "y").T, along_x, rtol=1e-9)
    twice = white_difference_variance(2 * even, (3 * dx, 3 * dy), 7, "x")
    np.testing.assert_allclose(twice, 36 * along_x, rtol=1e-5)


def test_far_from_edges_differences_grow_with_the_logarithm_of_the_distance():
    even = np.ones((384, 384), np.float32)
    middle = {r: white_difference_variance(even, (1.0, 1.0), r, "x")[192, 192 - r // 2] for r in (2, 8, 16, 32)}
    assert sorted(middle.values()) == list(middle.values())
    # The limit's slope over ln r is 1/π; free edges, some ten distances away, hold it down by a few per cent.
    assert (middle[32] - middle[8]) / np.log(4.0) == pytest.approx(1.0 / np.pi, rel=0.05)
    assert middle[16] == pytest.approx((np.log(16.0) + 0.85) / np.pi, rel=0.02)


@pytest.mark.parametrize("shape", [(64, 80), (37, 50)])
def test_neutral_numbers_are_the_closed_forms(shape):
    sd, noise = uneven_sd(shape), height_noise(shape, PIXEL)
    errors = slope_errors(sd, sd.copy(), ErrorSpectrum())
    np.testing.assert_allclose(height_sd(errors, noise, PIXEL), noise.of(sd), rtol=1e-4)
    for r in (1, 9, 30):
        white = np.sqrt(white_difference_variance(sd, PIXEL, r, "x"))
        np.testing.assert_allclose(difference_sd(errors, PIXEL, r, "x"), white, rtol=1e-5)
    assert errors.pixels_alike == pytest.approx(1.0)
    assert ErrorSpectrum.of({"long_wave": 1.3, "threshold": 2.0}) == ErrorSpectrum(long_wave=1.3)


def test_what_a_filter_leaves_of_slopes_tells_what_is_left_of_heights():
    even, blur, draws = np.full((128, 160), 0.1, np.float32), 1.6, 60
    frames = judged(even, draws, 3, blur)
    errors = slope_errors(frames[0].closed_sd, frames[0].slope_sd, ErrorSpectrum())
    assert errors.noise.blur_px == pytest.approx(blur, rel=0.01)
    assert errors.pixels_alike == pytest.approx(4.0 * np.pi * blur**2, rel=0.02)
    noise = height_noise(even.shape, PIXEL)
    drawn = np.sqrt(np.mean([np.square(f.error, dtype=np.float64) for f in frames], axis=0))
    stated = height_sd(errors, noise, PIXEL)
    inside = np.s_[10:-10, 10:-10]
    assert (drawn[inside] / stated[inside]).mean() == pytest.approx(1.0, abs=0.04)
    assert (stated[inside] < 0.9 * noise.of(even)[inside]).all()  # short waves are gone
    for r in (1, 4, 12, 40):
        one, two = shares_within(np.concatenate([f.in_sd(ErrorSpectrum(), r) for f in frames]))
        assert one == pytest.approx(0.683, abs=0.03) and two == pytest.approx(0.95, abs=0.02), r


def test_an_uncertain_spot_makes_heights_uncertain_around_it():
    shape = (96, 96)
    closed, stated = np.full(shape, 0.1, np.float32), np.full(shape, 0.04, np.float32)
    quiet = difference_sd(slope_errors(closed, stated, ErrorSpectrum(patch_px=2.0)), PIXEL, 10, "x")
    stated[40:48, 40:48] = 0.5
    errors = slope_errors(closed, stated, ErrorSpectrum(patch_px=2.0))
    more = difference_sd(errors, PIXEL, 10, "x") / quiet
    assert more.min() >= 1.0 - 1e-6 and more[44, 34] > 5.0 and more[5, 5] < 1.6
    height = height_sd(errors, height_noise(shape, PIXEL), PIXEL)
    assert height[44, 44] > 2.0 * height[5, 5]


@settings(max_examples=20, deadline=None)
@given(blur=st.floats(0.2, 6.0), r=st.integers(1, 300))
def test_a_filter_takes_no_more_than_there_is(blur, r):
    assert 0.0 < blurred_away((1.0, 1.0), blur) < blurred_away((1.0, 1.0), blur * 1.3)
    whole = white_difference_variance(np.ones((16, 700), np.float32), (1.0, 1.0), r, "x").min()
    assert 0.0 < blurred_away((1.0, 1.0), blur, r) < whole
    assert blurred_away((1.0, 1.0), blur, r) == pytest.approx(blurred_away((1.0, 1.0), blur, r, "y"), rel=1e-3)


def test_a_lagging_amplifiers_noise_weighs_more_at_long_waves():
    even = np.full((64, 64), 0.1, np.float32)
    errors = slope_errors(even, even, ErrorSpectrum(), noise_correlation_px=1.5)
    assert errors.pixels_alike == pytest.approx(1.5, rel=0.01)
    alone = slope_errors(even, even, ErrorSpectrum())
    far, near = ((difference_sd(errors, PIXEL, r, "x") / difference_sd(alone, PIXEL, r, "x")).mean() for r in (50, 1))
    assert 1.1 < far < np.sqrt(1.5) and near < far


def test_patches_that_average_out_leave_distant_heights_alone():
    """Noise behind both filters of a band, drawn wave by wave, against what is stated of it."""
    shape, band, draws = (96, 128), Band(0.8, 4.0), 80
    ky, kx = 2.0 * np.pi * np.fft.fftfreq(shape[0])[:, None], 2.0 * np.pi * np.fft.fftfreq(shape[1])
    k2 = kx**2 + ky**2
    passed = np.sqrt(np.exp(-(band.blur_px**2) * k2) - np.exp(-(band.outer_px**2) * k2))
    rng, sd = np.random.default_rng(4), 0.2
    drawn = []
    for _ in range(draws):
        noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((2, *shape))) * passed).real
        drawn.append(integrate((sd * noise).astype(np.float32), PIXEL).astype(np.float64))
    closed = np.full(shape, 1e-6, np.float32)
    stated = np.full(shape, sd * np.sqrt(left_of_variance(band.blur_px)), np.float32)
    errors = slope_errors(closed, stated, ErrorSpectrum(patch_px=band.blur_px, held_px=band.held_px))
    inside = np.s_[16:-16, 16:-16]
    found = np.sqrt(np.mean(np.square(drawn), axis=0))[inside].mean()
    assert height_sd(errors, height_noise(shape, PIXEL), PIXEL)[inside].mean() == pytest.approx(found, rel=0.05)
    said = {r: difference_sd(errors, PIXEL, r, "x")[inside].mean() for r in (2, 6, 20, 60)}
    for r, one in said.items():
        apart = np.sqrt(np.mean([np.square(h[:, r:] - h[:, :-r]) for h in drawn], axis=0))[inside].mean()
        assert one == pytest.approx(apart, rel=0.06), r
    assert said[60] < 1.05 * said[20]  # white noise would go on growing
    twice = slope_errors(closed, stated, ErrorSpectrum(beyond=2.0, patch_px=band.blur_px, held_px=band.held_px))
    np.testing.assert_allclose(
        difference_sd(twice, PIXEL, 6, "x"), 2.0 * difference_sd(errors, PIXEL, 6, "x"), rtol=1e-3
    )


def test_a_band_without_an_end_is_its_filter():
    shape, even = (40, 50), np.ones((40, 50), np.float32)
    white = white_difference_variance(even, PIXEL, 7, "x")
    kept = 1.0 - blurred_away(PIXEL, 1.3, 7, "x") / white
    np.testing.assert_allclose(Band(1.3).kept(shape, PIXEL, 7, "x"), kept, rtol=1e-5)
    assert (Band(1.3, 50.0).kept(shape, PIXEL, 7, "x") <= kept + 1e-9).all()
    for blur in (0.3, 1.0, 7.0):
        assert narrowest_blur(np.array(left_of_variance(blur))) == pytest.approx(blur, rel=0.01)
