"""The composition with a network that says anything: equivariance, gaps, sizes, and what no network may change."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator.features import MULTIPLE, PLANES, Workspace, features, noise_unit
from eclips4d.inference.integrator.heads import Layout, layout
from eclips4d.inference.integrator.pinn import Integrator, integrate_weighted
from eclips4d.inference.integrator.sharpened import sharpened

PIXEL = (1.0, 1.0)


@dataclass(frozen=True)
class Nonsense:
    """A network of random numbers: every output depends on the planes of its block."""

    layout: Layout
    size: float = 1.0
    engine: str = "none"
    precision: str = "f32"

    @property
    def channels(self):
        return self.layout.channels

    def blocks(self, shape):
        return None

    def __call__(self, planes):
        fold, (inputs, outputs) = self.layout.fold, self.layout.channels
        rng = np.random.default_rng(5)
        blocks = planes.reshape(inputs, planes.shape[1] // fold, fold, planes.shape[2] // fold, fold).mean(axis=(2, 4))
        mixed = np.einsum("ki,iyx->kyx", rng.normal(0.0, self.size, (outputs, inputs)), blocks)
        return np.tanh(mixed).astype(np.float32) * np.float32(self.size)


LAYOUTS = [Layout(4, weighted=False), Layout(2, weighted=True)]


def noisy(shape, seed=0):
    rng = np.random.default_rng(seed)
    slope = np.cumsum(rng.normal(size=(2, *shape)), axis=2).astype(np.float32) * 0.02
    sd = np.exp(rng.normal(0.0, 0.3, shape)).astype(np.float32) * 0.1
    return slope + sd * rng.normal(size=(2, *shape)).astype(np.float32), sd


@pytest.mark.parametrize("of", LAYOUTS)
def test_a_layout_is_read_off_the_planes(of):
    assert layout(of.channels) == of
    with pytest.raises(InputError, match="no integrator"):
        Integrator(PIXEL, Nonsense(Layout(3, weighted=False)))


@settings(max_examples=15, deadline=None)
@given(power=st.integers(-12, 12), of=st.sampled_from(LAYOUTS), sd_too=st.booleans(), seed=st.integers(0, 9))
def test_scaled_slopes_give_scaled_height(power, of, sd_too, seed):
    """By a power of two to the last bit, whether the sd is scaled or not."""
    slope, sd = noisy((48, 56), seed)
    height = integrate_weighted(slope, sd, PIXEL, network=Nonsense(of), iterations=3)
    factor = np.float32(2.0**power)
    scaled = integrate_weighted(
        slope * factor, sd * (factor if sd_too else 1), PIXEL, network=Nonsense(of), iterations=3
    )
    np.testing.assert_array_equal(scaled, height * factor)


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(-50, 50).filter(lambda f: abs(f) > 0.01), of=st.sampled_from(LAYOUTS))
def test_any_factor_scales_the_height_but_for_rounding(factor, of):
    slope, sd = noisy((48, 56))

    @dataclass(frozen=True)
    class Even(Nonsense):
        """Corrections that are odd and weights that are even in the slopes."""

        def __call__(self, planes):
            planes = planes.copy()
            odd = super().__call__(np.concatenate([planes[:7], 0 * planes[7:]]))
            even = super().__call__(np.concatenate([np.abs(planes[:7]), planes[7:]]))
            area = self.layout.fold**2
            return np.concatenate([odd[: 2 * area], even[2 * area :]])

    height = integrate_weighted(slope, sd, PIXEL, network=Even(of), iterations=3)
    scaled = integrate_weighted(slope * np.float32(factor), sd, PIXEL, network=Even(of), iterations=3)
    np.testing.assert_allclose(scaled, height * factor, atol=2e-4 * np.ptp(height) * abs(factor))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(2, 70),
    columns=st.integers(2, 70),
    of=st.sampled_from([*LAYOUTS, None]),
    lost=st.floats(0.0, 1.0),
    seed=st.integers(0, 99),
)
def test_finite_for_any_size_and_any_gaps(rows, columns, of, lost, seed):
    slope, sd = noisy((rows, columns), seed)
    rng = np.random.default_rng(seed)
    slope[:, rng.random((rows, columns)) < lost] = rng.choice([np.nan, np.inf, -np.inf])
    sd[rng.random((rows, columns)) < 0.3 * lost] = rng.choice([np.nan, 0.0, np.inf])
    valid = rng.random((rows, columns)) >= 0.3 * lost
    network = None if of is None else Nonsense(of)
    height = integrate_weighted(slope, sd, PIXEL, valid=valid, network=network, iterations=4)
    assert height.shape == (rows, columns) and height.dtype == np.float32
    assert np.isfinite(height).all()
    assert abs(height.mean()) < 1e-4 * (np.ptp(height) + 1e-6)


@pytest.mark.parametrize("of", [*LAYOUTS, None])
def test_nothing_measured_is_flat(of):
    nothing = np.full((2, 40, 40), np.nan, np.float32)
    network = None if of is None else Nonsense(of, size=0.0)
    height = integrate_weighted(nothing, np.full((40, 40), 0.1, np.float32), PIXEL, network=network, iterations=2)
    assert (height == 0.0).all()


@pytest.mark.parametrize("of", LAYOUTS)
def test_a_silent_network_only_sharpens(of):
    slope, _ = noisy((64, 48))
    sd, pixel = np.full((64, 48), 0.1, np.float32), (2.0, 1.5)
    height = integrate_weighted(slope, sd, pixel, network=Nonsense(of, size=0.0), iterations=3)
    unit = features_unit(slope, pixel)
    plain = sharpened(integrate(slope, pixel), (unit * pixel[0], unit * pixel[1]))
    taken_for_walls = 3e-3  # noise in which steps are looked for
    np.testing.assert_allclose(height, plain, atol=taken_for_walls * np.ptp(plain))


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(2, 40), columns=st.integers(2, 40), dx=st.floats(0.5, 3), dy=st.floats(0.5, 3))
def test_without_network_and_with_even_noise_it_is_plain_least_squares(rows, columns, dx, dy):
    slope, _ = noisy((rows, columns))
    height = integrate_weighted(slope, np.full((rows, columns), 0.3, np.float32), (dx, dy), iterations=5)
    plain = integrate(slope, (dx, dy))
    np.testing.assert_allclose(height, plain, atol=2e-6 * np.ptp(plain))


def test_without_network_a_gap_is_crossed_as_the_surroundings_go():
    """A plane with a hole and a noisy half: the plane comes back."""
    shape = (60, 60)
    y, x = np.mgrid[:60, :60]
    slope = np.stack([np.full(shape, 0.3), np.full(shape, -0.2)]).astype(np.float32)
    slope[:, 20:35, 22:40] = np.nan
    height = integrate_weighted(slope, np.full(shape, 0.1, np.float32), PIXEL, iterations=4)
    plane = 0.3 * x - 0.2 * y
    np.testing.assert_allclose(height, plane - plane.mean(), atol=2e-3)


def test_the_noisy_half_does_not_spoil_the_quiet_one():
    rng, shape = np.random.default_rng(0), (64, 64)
    sd = np.full(shape, 0.01, np.float32)
    sd[:, :32] = 0.3
    slope = (rng.normal(size=(2, *shape)) * sd).astype(np.float32)
    quiet = np.s_[:, 34:]
    plain, weighted = (integrate_weighted(slope, s, PIXEL, iterations=8)[quiet] for s in (np.ones_like(sd), sd))
    assert np.std(weighted) < 0.25 * np.std(plain)


def test_long_wavelengths_of_a_careless_network_stay_those_of_least_squares():
    """A network that tilts everything by a tenth of the noise unit: on the coarse grid the measured slopes win."""
    slope, _ = noisy((256, 256))
    sd = np.full((256, 256), 0.1, np.float32)

    @dataclass(frozen=True)
    class Careless(Nonsense):
        def __call__(self, planes):
            out = np.zeros((self.channels[1], planes.shape[1] // 4, planes.shape[2] // 4), np.float32)
            out[:16] = 0.1
            out[-1] = -20.0  # no trust in itself
            return out

    off = integrate_weighted(slope, sd, PIXEL, network=Careless(LAYOUTS[0])) - integrate(slope, PIXEL)
    unit = features_unit(slope)
    tilted = 0.1 * unit * 1.025 * (np.arange(256) - 127.5)
    assert np.std(tilted) > 1.0 * unit
    assert np.std(off) < 0.05 * np.std(tilted)


def features_unit(slope, pixel=PIXEL):
    from eclips4d.inference.integrator.borders import border_slopes

    border = np.empty_like(slope)
    border_slopes(slope, border)
    return noise_unit(border, np.asarray(pixel, np.float32) / np.float32(np.sqrt(pixel[0] * pixel[1])))


def test_the_unit_is_the_noise_whatever_the_relief():
    """White noise of 0.05 on a slope field without curl."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:192, :192] / 30.0
    relief = np.stack([np.cos(x) * np.sin(y), np.sin(x) * np.cos(y)])
    slope = (relief + 0.05 * rng.normal(size=(2, 192, 192))).astype(np.float32)
    assert features_unit(slope) == pytest.approx(0.05, rel=0.1)


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(1, 80), columns=st.integers(1, 80))
def test_planes_cover_the_image_and_are_finite(rows, columns):
    rng = np.random.default_rng(0)
    border = rng.normal(size=(2, rows, columns)).astype(np.float32) * 1e3
    measured = rng.random((rows, columns)) > 0.2
    weight = rng.random((2, rows, columns)).astype(np.float32) * measured
    variance, space = np.ones((rows, columns), np.float32), Workspace((rows, columns))
    seen = features(border, weight, variance, measured, PIXEL, space)
    assert seen.planes.shape[0] == len(PLANES)
    assert all(
        side % MULTIPLE == 0 and side - MULTIPLE < given <= side
        for side, given in zip(seen.planes.shape[1:], (rows, columns), strict=True)
    )
    assert np.isfinite(seen.planes).all() and np.abs(seen.planes).max() <= 40.0


def test_plain_least_squares_is_that_of_the_classical_model() -> None:
    slope = np.random.default_rng(11).normal(size=(2, 70, 90)).astype(np.float32)
    exact = integrate(slope, (3.0, 5.0))
    np.testing.assert_allclose(Integrator((3.0, 5.0)).plain(slope), exact, atol=2e-5 * np.abs(exact).max())
