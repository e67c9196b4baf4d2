"""The kernel that settles planes, against least squares by matrices; and when samples say nothing of a plane."""

import numpy as np

from eclips4d.registration.settling import LEAST_SAMPLES, inverse_of, moments_about, settle

Y, X = np.mgrid[-1.0:1.0:12j, -300.0:300.0:15j]
TERMS = np.stack([np.ones_like(X), X, Y])
REACH = np.abs(TERMS).max(axis=(1, 2))
PLANE = np.array([2.0, -0.01, 3.0])


def heights(plane: np.ndarray) -> np.ndarray:
    return np.tensordot(plane, TERMS, 1)


def test_without_a_cutoff_it_is_least_squares():
    random = np.random.default_rng(1)
    change, given = random.normal(size=X.shape), random.uniform(0.1, 1.0, size=X.shape)
    root = np.sqrt(given).ravel()
    wanted = np.linalg.lstsq((root * TERMS.reshape(3, -1)).T, root * change.ravel(), rcond=None)[0]
    np.testing.assert_allclose(settle(change, TERMS, given, np.zeros(3), np.inf, REACH), wanted, rtol=1e-9)


def test_samples_off_the_plane_and_unknown_ones_count_for_nothing():
    change = heights(PLANE)
    change[:4], change[5, 5] = 1e3, np.nan
    given = np.where(np.isfinite(change), 1.0, 0.0)
    np.testing.assert_allclose(settle(change, TERMS, given, PLANE + 0.01, 9.0, REACH), PLANE, rtol=1e-6)


def test_moments_and_their_inverse_are_those_of_matrices():
    random = np.random.default_rng(2)
    change, given, cutoff = random.normal(size=X.shape), random.uniform(size=X.shape), 1.5
    rest = change - heights(PLANE / 10.0)
    weight = given * np.maximum(1.0 - (rest / cutoff) ** 2, 0.0) ** 2
    count, moments, right = moments_about(change, TERMS, given, PLANE / 10.0, cutoff)
    assert count == np.count_nonzero(weight)
    np.testing.assert_allclose(moments, np.einsum("ajk,bjk,jk->ab", TERMS, TERMS, weight), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(right, np.einsum("ajk,jk->a", TERMS, weight * rest), rtol=1e-9, atol=1e-9)
    spanned, inverse = inverse_of(moments, count)
    assert spanned
    np.testing.assert_allclose(inverse @ moments, np.eye(3), atol=1e-9)


def test_few_samples_or_samples_on_a_line_span_no_plane():
    given = np.zeros(X.shape)
    given.flat[: LEAST_SAMPLES - 1] = 1.0
    for shown in (given, np.where(np.arange(15) == 3, 1.0, 0.0) * np.ones((12, 1))):
        count, moments, _ = moments_about(heights(PLANE), TERMS, np.ascontiguousarray(shown), np.zeros(3), np.inf)
        assert not inverse_of(moments, count + LEAST_SAMPLES * (shown is not given))[0]
    start = PLANE + 1.0
    np.testing.assert_array_equal(settle(heights(PLANE), TERMS, given, start, np.inf, REACH), start)
