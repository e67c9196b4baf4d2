"""Sums in one pass against array expressions that say the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.roughness import sums


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(2, 30), st.floats(0.0, 0.6))
def test_sums_leave_out_what_was_not_seen(seed, rows, columns, gaps):
    random, (dx, dy) = np.random.default_rng(seed), (3.0, 2.0)
    z = random.normal(size=(rows, columns)) + 5.0
    z[random.random(z.shape) < gaps] = np.nan
    known = z[np.isfinite(z)]
    count, mean, lowest, highest = sums.span(z)
    assert count == known.size
    if count:
        assert (mean, lowest, highest) == pytest.approx((known.mean(), known.min(), known.max()), rel=1e-12)
        about = known - mean
        expected = [(about**2).sum(), np.abs(about).sum(), (about**3).sum(), (about**4).sum()]
        np.testing.assert_allclose(sums.moments(z, mean), expected, rtol=1e-9, atol=1e-9)
    p, q = (np.diff(z, axis=1) / dx) ** 2, (np.diff(z, axis=0) / dy) ** 2
    added = sum(np.sqrt(1 + a + b) for a in (p[:-1], p[1:]) for b in (q[:, :-1], q[:, 1:])) / 4 - 1
    expected = [np.nansum(p), np.isfinite(p).sum(), np.nansum(q), np.isfinite(q).sum()]
    expected += [np.nansum(added), np.isfinite(added).sum()]
    np.testing.assert_allclose(sums.gradients(z, dx, dy), expected, rtol=1e-9, atol=1e-9)
    p, q = ((p[:-1] + p[1:]) / 2)[::2, ::2], ((q[:, :-1] + q[:, 1:]) / 2)[::2, ::2]
    cube = (1 + p + q) ** 1.5
    expected = [np.nansum((1 + q) / cube), np.nansum((1 + p) / cube), np.isfinite(cube).sum()]
    np.testing.assert_allclose(sums.tilted(z, dx, dy), expected, rtol=1e-9, atol=1e-9)


def test_the_variance_of_the_mean_square_is_a_sum_over_modes():
    random = np.random.default_rng(2)
    waves, modes, variance, pixels = random.normal(size=(9, 11)).astype(np.float32), random.random((9, 11)), 0.3, 40
    noise = variance * modes
    power = np.maximum(waves.astype(float) ** 2 / pixels - noise, 0.0)
    expected = (2 * noise**2 + 4 * noise * power).sum()
    assert sums.power_variance(waves, pixels, modes, variance) == pytest.approx(expected, rel=1e-6)
