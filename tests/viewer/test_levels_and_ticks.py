import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.levels import quantile, rim_angle, robust_levels, round_up
from eclips4d.viewer.scale_bar import bar_length, length_text
from eclips4d.viewer.ticks import tick_texts, ticks


def test_levels_are_the_percentiles_of_what_was_seen():
    image = np.linspace(0, 100, 10_000).reshape(100, 100)
    image[:20] = np.nan
    low, high = robust_levels(image)
    seen = np.sort(image[20:].ravel())
    assert low == pytest.approx(seen[int(0.01 * seen.size)], abs=0.05)
    assert high == pytest.approx(seen[int(0.99 * seen.size)], abs=0.05)


def test_levels_ignore_a_few_wild_pixels():
    rng = np.random.default_rng(1)
    image = rng.normal(size=(400, 400))
    image[3, 3], image[4, 4] = 1e9, -1e9
    low, high = robust_levels(image)
    assert -3 < low < -2
    assert 2 < high < 3


@pytest.mark.parametrize("image", [np.full((4, 4), np.nan), np.zeros((0, 4))])
def test_no_levels_without_pixels(image):
    assert robust_levels(image) is None


def test_a_constant_image_gets_levels_of_some_width():
    low, high = robust_levels(np.full((8, 8), 7e6))
    assert low < 7e6 < high


def test_rim_angle_of_a_plane_is_its_slope_rounded_up():
    slope = np.zeros((2, 16, 16), np.float32)
    slope[0] = math.tan(math.radians(11))
    assert rim_angle(slope) == 15
    slope[:] = np.nan
    assert rim_angle(slope) is None


@given(st.floats(0.1, 1e4))
def test_round_up_is_next_above(value):
    rounded = round_up(value)
    assert value * (1 - 1e-6) <= rounded <= 1.51 * value


@given(st.floats(-3, 9))
def test_scale_bar_is_round_and_fits(exponent):
    visible = 10.0**exponent
    length = bar_length(visible)
    assert 0.09 * visible <= length <= 0.25 * visible * (1 + 1e-6)
    mantissa = length / 10 ** math.floor(math.log10(length) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6


@pytest.mark.parametrize(
    ("nm", "text"), [(500, "500 nm"), (1000, "1 µm"), (2e6, "2 mm"), (0.5, "500 pm"), (20, "20 nm"), (5e4, "50 µm")]
)
def test_scale_bar_text(nm, text):
    assert length_text(nm) == text


@given(st.floats(-1e5, 1e5), st.floats(1e-2, 1e5), st.integers(3, 12))
def test_ticks_are_inside_even_and_told_apart(low, span, most):
    high = low + span
    places = ticks(low, high, most)
    assert 2 <= len(places) <= max(most + 1, 6)
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert all(low - slack <= p <= high + slack for p in places)
    texts = tick_texts(places)
    assert len(set(texts)) == len(texts)
    for place, text in zip(places, texts, strict=True):
        assert float(text.replace("−", "-")) == pytest.approx(place, abs=1e-6 * max(1, abs(place)))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_quantiles_are_those_of_numpy(count, share):
    values = np.random.default_rng(count).standard_normal(count)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), rel=1e-12)
