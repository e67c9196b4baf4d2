"""Walls that were read too low: surfaces in closed form whose slopes are spoilt as a detector spoils them."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator.heads import Layout
from eclips4d.inference.integrator.one_sided import OneSided
from eclips4d.inference.integrator.pinn import integrate_weighted
from eclips4d.inference.integrator.readings import across, excess, readings, share_of
from eclips4d.inference.integrator.solve import Laplacian, solve

PIXEL = (1.0, 1.0)
NOISE = 0.02


@dataclass(frozen=True)
class Silent:
    """A network that corrects nothing and relies on all alike."""

    engine: str = "none"
    precision: str = "f32"

    @property
    def channels(self):
        return Layout(2, weighted=True).channels

    def blocks(self, shape):
        return None

    def __call__(self, planes):
        return np.zeros((self.channels[1], planes.shape[1] // 2, planes.shape[2] // 2), np.float32)


def mean_slopes(height):
    """Pixel means of the slopes of a surface that is plane between pixel centres, [2, y, x]."""
    along = [np.diff(np.pad(height, [(int(a == k), int(a == k)) for a in (0, 1)], "edge"), axis=k) for k in (1, 0)]
    right, below = (
        0.5 * (d.take(range(1, d.shape[k]), k) + d.take(range(d.shape[k] - 1), k))
        for d, k in zip(along, (1, 0), strict=True)
    )
    return np.stack([right, below]).astype(np.float32)


def terrace_height(side=96):
    """A screw dislocation: its riser ends in the image, so that the way round the core tells its height."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2.0
    return 4.0 * np.arctan2(y, x) / (2.0 * np.pi)


def screw(share, seed=0):
    """Slopes of which only a share of the riser is read, and the height."""
    height = terrace_height()
    slope = mean_slopes(height)
    slope = np.where(np.abs(slope) > 1.0, np.float32(share) * slope, slope)
    noise = np.random.default_rng(seed).normal(0.0, NOISE, slope.shape)
    return (slope + noise).astype(np.float32), np.full(height.shape, NOISE, np.float32), height


def error(height, truth):
    return float(np.std(height - truth))


def test_the_way_round_tells_what_a_riser_hides():
    slope, sd, truth = screw(share=0.5)
    plain = error(integrate(slope, PIXEL), truth)
    assert error(integrate_weighted(slope, sd, PIXEL, network=Silent(), iterations=4), truth) < 0.5 * plain


def test_doubted_pixels_tell_of_walls():
    """Where the risers' pixels are not valid they are read all the same."""
    slope, sd, truth = screw(share=0.5)
    valid = np.abs(slope).max(axis=0) < 0.5
    found = integrate_weighted(slope, sd, PIXEL, valid=valid, network=Silent(), iterations=4)
    assert error(found, truth) < 0.5 * error(integrate(slope, PIXEL), truth)


def test_a_smooth_surface_stays_what_least_squares_gives():
    y, x = np.mgrid[:80, :96] / 12.0
    height = 3.0 * np.sin(x) * np.cos(y)
    slope = np.stack([3.0 * np.cos(x) * np.cos(y), -3.0 * np.sin(x) * np.sin(y)]) / 12.0
    slope = (slope + np.random.default_rng(1).normal(0.0, NOISE, slope.shape)).astype(np.float32)
    sd = np.full(height.shape, NOISE, np.float32)
    found = integrate_weighted(slope, sd, PIXEL, network=Silent(), iterations=4)
    assert np.std(found - integrate(slope, PIXEL)) < 0.02 * np.std(height)


@settings(max_examples=8, deadline=None)
@given(power=st.integers(-12, 12), sd_too=st.booleans())
def test_scaled_slopes_give_scaled_walls(power, sd_too):
    """By a power of two to the last bit, whether the sd is scaled or not."""
    slope, sd, _ = screw(share=0.5)
    factor = np.float32(2.0**power)
    height = integrate_weighted(slope, sd, PIXEL, network=Silent(), iterations=2)
    scaled = integrate_weighted(slope * factor, sd * (factor if sd_too else 1), PIXEL, network=Silent(), iterations=2)
    np.testing.assert_array_equal(scaled, height * factor)


def test_what_dazzles_is_not_read():
    """Slopes whose sd is beyond all others' are no lower bounds, and what is filled in for them is not either."""
    slope, sd, _ = screw(share=1.0)
    slope[:, 20:30, 20:30], sd[20:30, 20:30] = 8.0, 8.0
    read = readings(slope, sd, sd < 1.0, NOISE)
    assert (read.readable[:, 20:29, 20:29] == 0.0).all() and (read.doubted == 0.0).all()
    assert np.abs(read.border[:, 20:29, 20:29]).max() < 1.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_nothing_stands_out_of_a_facet(sign):
    face = np.full((2, 30, 30), sign * 0.8, np.float32)
    assert (excess(face, 3) == 0.0).all()
    face[0, :, 15] = sign * 2.0
    found = excess(face, 3)
    assert found[0, 5, 15] == pytest.approx(1.2) and (found[0, :, :12] == 0.0).all()


def test_a_share_is_half_at_its_threshold():
    one = np.ones(3, np.float32)
    np.testing.assert_allclose(share_of(3.0 * one, one, 3.0), 0.5)
    assert share_of(0.0 * one, one, 3.0).max() == 0.0


def test_means_across_a_riser_keep_their_sum():
    border = np.zeros((2, 20, 20), np.float32)
    border[0, :, 9] = 1.0
    np.testing.assert_allclose(across(border)[0].sum(axis=1), 1.0)
    assert (across(border)[1] == 0.0).all()


def test_without_walls_it_is_weighted_least_squares():
    rng = np.random.default_rng(3)
    target = rng.normal(size=(2, 40, 30)).astype(np.float32)
    target[0, :, -1] = target[1, -1] = 0.0
    one = np.ones_like(target)
    laplacian = Laplacian((40, 30), PIXEL)
    found = OneSided(target, one, 0.0 * one, one).fitted(np.zeros((40, 30), np.float32), laplacian, 3, 10)
    np.testing.assert_allclose(found, solve(target, None, laplacian, 0), atol=1e-3)
