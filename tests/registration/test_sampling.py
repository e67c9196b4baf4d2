"""Reading between pixels against waves, whose values and slopes between pixels are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.registration.sampling import BEFORE, TAPS, weights

SAMPLES = np.arange(TAPS) - BEFORE
FREQUENCY = np.linspace(0.005, 0.4, 200)


def response(weight: np.ndarray) -> np.ndarray:
    """What becomes of exp(2πi f x), by frequency."""
    return np.exp(2j * np.pi * np.outer(FREQUENCY, SAMPLES)) @ weight.astype(float)


def test_on_a_pixel_it_is_the_pixel() -> None:
    assert np.array_equal(weights(0.0)[0], SAMPLES == 0)


@given(st.floats(0.0, 0.999))
def test_waves_are_continued(fraction: float) -> None:
    value, slope = weights(fraction)
    exact = np.exp(2j * np.pi * FREQUENCY * fraction)
    assert np.abs(response(value) - exact)[FREQUENCY < 0.3].max() < 0.04
    slopes = np.abs(response(slope) - 2j * np.pi * FREQUENCY * exact) / (2 * np.pi * FREQUENCY)
    assert slopes[(FREQUENCY > 0.02) & (FREQUENCY < 0.25)].max() < 0.12


@given(st.floats(0.0, 0.999))
def test_it_is_the_same_from_the_other_side(fraction: float) -> None:
    here, there = weights(fraction)[0], weights(1.0 - fraction)[0] if fraction > 0 else weights(0.0)[0]
    mirrored = there[::-1] if fraction > 0 else there
    assert here == pytest.approx(mirrored, abs=2e-4)


@pytest.mark.parametrize("power", [lambda f: 1 / (1 + (f / 0.05) ** 2) ** 2, lambda f: np.exp(-(f**2) / 2 / 0.15**2)])
def test_a_shift_is_misread_by_less_than_half_a_thousandth(power: object) -> None:
    """The solution of sum g (frame(x + s) - reference(x)) = 0 for isotropic structure of this power spectrum."""
    size = power(FREQUENCY) * FREQUENCY  # type: ignore[operator]
    for fraction in np.linspace(0, 0.99, 34):
        turned = response(weights(fraction)[0]) * np.exp(-2j * np.pi * FREQUENCY * fraction)
        wave = 2 * np.pi * FREQUENCY
        assert abs((size * wave * turned.imag).sum() / (size * wave**2 * turned.real).sum()) < 5e-4
