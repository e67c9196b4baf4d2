"""The lobe: exact recovery of a known one, and its separation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.physics.emission import lobe as lobe_module
from eclips4d.physics.emission.contrast import directional_contrast
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.lobe import DEGREES, cosine_to_facet, fit_lobe, law_of, lobe
from eclips4d.physics.emission.tally import AZIMUTH_CELLS, POLAR_CELLS, TILTS_DEG, facets

SHAPE = tuple(degree + 1 for degree in DEGREES)


def lambert_coefficients():
    found = np.zeros(SHAPE)
    found[0, 0, 0] = 1 / np.pi
    return found


def exact_counts(electrons):
    """Lambert's law integrated over the cells far more finely than the fit does."""
    theta = (np.arange(POLAR_CELLS * 20) + 0.5) * np.pi / 2 / (POLAR_CELLS * 20)
    side = (np.arange(AZIMUTH_CELLS * 20) + 0.5) * np.pi / (AZIMUTH_CELLS * 20)
    solid = 2 * np.sin(theta)[:, None] * (theta[1] - theta[0]) * (side[1] - side[0])
    cells = []
    for tilt in np.radians(TILTS_DEG):
        cosine = np.maximum(cosine_to_facet(np.cos(theta)[:, None], np.cos(tilt), side), 0)
        cells.append((solid * cosine / np.pi).reshape(POLAR_CELLS, 20, AZIMUTH_CELLS, 20).sum(axis=(1, 3)))
    return np.array(cells) * (facets().per_tilt * electrons)[:, None, None]


def test_lambert_is_recovered_from_its_counts():
    counts = exact_counts(1e7)
    fit = fit_lobe(counts, counts, 10_000_000)
    law, exact = law_of("", fit.coefficients, 1.0), lambert_law()
    theta, phi = np.radians(np.arange(2.5, 90, 5.0))[:, None], np.radians(np.arange(0, 360, 15.0))
    for tilt_deg in (0.0, 15.0, 45.0, 75.0):
        slope = (np.tan(np.radians(tilt_deg)), 0.0)
        facet = cosine_to_facet(np.cos(theta), np.cos(np.radians(tilt_deg)), phi)
        off = np.abs(law.density(theta, phi, slope) - exact.density(theta, phi, slope))[facet > 0.1]
        assert off.max() < 0.005
    assert directional_contrast(law, np.radians(20.0)) == pytest.approx(0.523, abs=0.003)


def test_scatter_of_counts_gives_chi2_one():
    counts = np.random.default_rng(4).poisson(exact_counts(100_000)).astype(float)
    fit = fit_lobe(counts, counts, 100_000)
    assert fit.chi2 == pytest.approx(1.0, abs=0.06)
    assert fit.residual < 4.5


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_separated_terms_add_up_to_the_lobe(seed):
    coefficients = np.random.default_rng(seed).normal(size=SHAPE)
    before = lobe_module._SMALLEST_TERM
    lobe_module._SMALLEST_TERM = 1e-12
    try:
        law = law_of("", coefficients, 1.0)
    finally:
        lobe_module._SMALLEST_TERM = before
    i, j, phi = 60, 37, 0.7
    strength = law.amplitude[:, j] * law.polar[:, i] * np.cos(law.order * phi)
    a, t = np.cos(law.theta[i]), np.cos(law.tilt[j])
    assert strength.sum() == pytest.approx(
        float(lobe(coefficients, a, cosine_to_facet(a, t, np.array(phi)), t)), abs=1e-9
    )
    assert np.all(law.amplitude[law.order > 0, 0] == 0)


def test_lambert_needs_two_terms():
    law = law_of("", lambert_coefficients(), 1.0)
    assert list(law.order) == [0, 1]
