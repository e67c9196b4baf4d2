"""The plane of what does not move: closed forms, invariances, and how much may move."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integrated_noise import integrated_noise, pixel_plane, random_plane

from eclips4d.registration.height_samples import Lattice
from eclips4d.registration.static_plane import fit_plane, plane_near, plane_of

SHAPE, PIXEL_NM, NOISE_NM = (320, 320), 4.0, 0.18
LATTICE = Lattice(SHAPE, (PIXEL_NM, PIXEL_NM))
TERMS = LATTICE.terms()


def swept(share: float, step_nm: float, phase: float, bands: int = 6) -> np.ndarray:
    """Rise of the bands that a train of oblique steps has passed, [y, x]."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return step_nm * (((0.8 * x + 0.6 * y) * bands / SHAPE[0] + phase) % 1.0 < share)


def fitted(share: float, step_nm: float, seed: int, weight: np.ndarray | None = None):
    random = np.random.default_rng(seed)
    plane, rise = random_plane(random), swept(share, step_nm, random.uniform())
    earlier, later = (integrated_noise(random, SHAPE, NOISE_NM) for _ in range(2))
    change = LATTICE.sample(later + rise) - LATTICE.sample(earlier) + plane_of(plane, TERMS)
    known = None if weight is None else LATTICE.sample((rise == 0) * 1.0)
    return fit_plane(change, TERMS, known), plane


def pulls(share: float, step_nm: float, runs: int = 12, **more) -> np.ndarray:
    """Errors over stated standard deviations, [runs, 3]."""
    both = [fitted(share, step_nm, seed, **more) for seed in range(runs)]
    return np.array(
        [(fit.plane - plane) / np.hypot(np.sqrt(np.diag(fit.covariance)), fit.creep) for fit, plane in both]
    )


def test_a_plane_without_noise_is_found_exactly():
    plane = np.array([2.5, -0.02, 0.013])
    fit = fit_plane(plane_of(plane, TERMS), TERMS)
    np.testing.assert_allclose(fit.plane, plane, rtol=1e-9)
    assert fit.static_share == 1.0 and fit.rival_share == 0.0


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_bands_that_rose_do_not_count(share):
    """Without noise the answer is a closed form: what stayed, stayed."""
    plane = np.array([-1.0, 0.004, 0.002])
    change = LATTICE.sample(swept(share, 7.0, 0.3)) + plane_of(plane, TERMS)
    np.testing.assert_allclose(fit_plane(change, TERMS).plane, plane, atol=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3, 0.4])
@pytest.mark.parametrize("step_nm", [1.0, 4.0, 12.0])
def test_stated_sd_holds_for_any_moving_share_up_to_two_fifths(share, step_nm):
    found = pulls(share, step_nm)
    assert np.abs(found.mean(axis=0)).max() < 3.0
    assert np.sqrt((found**2).mean(axis=0)).max() < 1.6


@pytest.mark.parametrize("share", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_with_the_static_area_known_most_may_move(share):
    found = pulls(share, 4.0, runs=6, weight=np.array(True))
    assert np.abs(found.mean(axis=0)).max() < 3.0


def test_half_and_half_shows_in_the_rival():
    fit, _ = fitted(0.5, 4.0, 1)
    assert fit.rival_share > 0.75 * fit.static_share


def test_least_squares_is_moved_by_what_this_is_not():
    """The comparison that says why: a step that passed one side is no tilt."""
    rise = LATTICE.sample(5.0 * (np.arange(320) > 200) * np.ones((320, 1)))
    noisy = rise + LATTICE.sample(integrated_noise(np.random.default_rng(5), SHAPE, NOISE_NM))
    ordinary = np.linalg.lstsq(TERMS.reshape(3, -1).T, noisy.ravel(), rcond=None)[0]
    assert abs(ordinary[0]) > 1.5 and abs(fit_plane(noisy, TERMS).plane[0]) < 0.1


noisy_change = LATTICE.sample(integrated_noise(np.random.default_rng(6), SHAPE, 0.2) + swept(0.3, 3.0, 0.1))


@settings(max_examples=15, deadline=None)
@given(st.floats(-50, 50), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_plane_more_is_that_plane_more(offset, tilt_x, tilt_y):
    more = np.array([offset, tilt_x, tilt_y])
    before, after = fit_plane(noisy_change, TERMS), fit_plane(noisy_change + plane_of(more, TERMS), TERMS)
    np.testing.assert_allclose(after.plane - before.plane, more, atol=1e-6)
    np.testing.assert_allclose(after.covariance, before.covariance, rtol=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_heights_in_other_units_give_the_plane_in_those(scale):
    before, after = fit_plane(noisy_change, TERMS), fit_plane(noisy_change * scale, TERMS)
    np.testing.assert_allclose(after.plane, before.plane * scale, rtol=1e-6, atol=1e-9 * scale)
    np.testing.assert_allclose(after.covariance, before.covariance * scale**2, rtol=1e-5)
    assert after.static_share == pytest.approx(before.static_share)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([(1, 1), (1, -1), (-1, 1), (-1, -1)]))
def test_a_turned_image_gives_the_turned_plane(turn):
    before, after = fit_plane(noisy_change, TERMS), fit_plane(noisy_change[:: turn[0], :: turn[1]], TERMS)
    np.testing.assert_allclose(after.plane, before.plane * np.array([1, turn[1], turn[0]]), atol=2e-3 * 0.2)


def test_what_was_not_seen_does_not_matter():
    hidden = noisy_change.copy()
    hidden[:3], hidden[:, -2:] = np.nan, np.nan
    fit = fit_plane(hidden, TERMS)
    assert np.isfinite(fit.plane).all() and abs(fit.plane[0] - fit_plane(noisy_change, TERMS).plane[0]) < 0.1


@pytest.mark.parametrize("change", [np.full(TERMS[0].shape, np.nan), np.where(TERMS[1] == TERMS[1, 0, 5], 0.0, np.nan)])
def test_nothing_to_go_by(change):
    assert fit_plane(change, TERMS) is None


def test_a_plane_alone_is_that_of_the_whole_fit():
    near = np.array([0.1, 0.0, 0.0])
    np.testing.assert_array_equal(
        plane_near(noisy_change, TERMS, near), fit_plane(noisy_change, TERMS, None, near).plane
    )
    assert plane_near(noisy_change + 1000.0, TERMS, np.zeros(3)) is None


def test_nothing_near_the_expected_plane():
    assert fit_plane(noisy_change + 1000.0, TERMS, near=np.zeros(3)) is None


def test_pixel_planes_are_the_planes_of_the_lattice():
    plane = np.array([1.0, 0.02, -0.03])
    np.testing.assert_allclose(LATTICE.sample(pixel_plane(SHAPE, plane, PIXEL_NM)), plane_of(plane, TERMS), atol=1e-9)
