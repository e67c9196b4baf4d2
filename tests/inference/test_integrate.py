"""Integration and its noise against exact surfaces, a dense least-squares solver and Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.height_noise import height_noise
from eclips4d.inference.integrate import INNER, OUTER, integrate


def pixel_means(k, m, phase, shape, pixel):
    """Height and slopes of sin(kx + phase)·cos(my), averaged over pixels exactly."""
    dx, dy = pixel
    x, y = (np.arange(shape[1]) + 0.5) * dx, (np.arange(shape[0]) + 0.5) * dy
    sx, sy = np.sinc(k * dx / 2 / np.pi), np.sinc(m * dy / 2 / np.pi)
    h = np.outer(np.cos(m * y) * sy, np.sin(k * x + phase) * sx)
    p = np.outer(np.cos(m * y) * sy, k * np.cos(k * x + phase) * sx)
    q = np.outer(-m * np.sin(m * y) * sy, np.sin(k * x + phase) * sx)
    return h, np.stack([p, q]).astype(np.float32)


@pytest.mark.parametrize(("wavelength_px", "tolerance"), [(8, 0.008), (12, 0.002), (20, 0.0006), (40, 0.0002)])
def test_pixel_means_of_fine_structure_are_kept(wavelength_px, tolerance):
    pixel = (2.0, 2.0)
    k = 2 * np.pi / (wavelength_px * 2.0)
    h, slope = pixel_means(k, 0.6 * k, 0.3, (120, 144), pixel)
    error = integrate(slope, pixel) - h
    assert (error - error.mean()).std() < tolerance * h.std()


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    dx=st.floats(0.5, 5),
    dy=st.floats(0.5, 5),
    a=st.floats(-1, 1),
    b=st.floats(-1, 1),
)
def test_a_plane_comes_back_on_any_shape_and_pixel(rows, columns, dx, dy, a, b):
    slope = np.empty((2, rows, columns), np.float32)
    slope[0], slope[1] = a, b
    y, x = np.mgrid[0:rows, 0:columns]
    plane = a * x * dx + b * y * dy
    np.testing.assert_allclose(integrate(slope, (dx, dy)), plane - plane.mean(), atol=2e-3)


def test_equals_dense_least_squares_over_all_borders():
    """Brute force: one equation per border, each divided by its pixel size, solved by lstsq."""
    rows, columns, pixel = 7, 9, (1.5, 2.5)
    slope = np.random.default_rng(0).normal(size=(2, rows, columns)).astype(np.float32)
    index = np.arange(rows * columns).reshape(rows, columns)
    equations, right = [], []
    for axis, d in ((1, pixel[0]), (0, pixel[1])):
        s, i = np.moveaxis(slope[1 - axis], axis, -1), np.moveaxis(index, axis, -1)
        for line, at in zip(s, i, strict=True):
            for c in range(len(line) - 1):
                row = np.zeros(rows * columns)
                row[at[c + 1]], row[at[c]] = 1 / d, -1 / d
                inside = 0 < c < len(line) - 2
                full = INNER * (line[c] + line[c + 1]) + OUTER * (line[c - 1] + line[c + 2]) if inside else None
                right.append(full if inside else (line[c] + line[c + 1]) / 2)
                equations.append(row)
    dense = np.linalg.lstsq(np.array(equations), np.array(right), rcond=None)[0].reshape(rows, columns)
    np.testing.assert_allclose(integrate(slope, pixel), dense - dense.mean(), atol=1e-5)


@pytest.mark.parametrize(("shape", "pixel"), [((64, 64), (1.0, 1.0)), ((48, 80), (2.0, 1.0))])
def test_height_sd_is_what_monte_carlo_finds_at_every_place(shape, pixel):
    rng, repeats = np.random.default_rng(0), 1500
    square = np.zeros(shape)
    for _ in range(repeats):
        square += integrate(rng.standard_normal((2, *shape), dtype=np.float32), pixel).astype(float) ** 2
    ratio = height_noise(shape, pixel).of(np.ones(shape, np.float32)) / np.sqrt(square / repeats)
    assert np.abs(ratio - 1).max() < 0.12  # a sample sd over 1500 scatters by 1.8 %
    assert ratio.mean() == pytest.approx(1.0, abs=0.01)
    sd = height_noise(shape, pixel).factor
    assert sd[0, 0] > sd[0, shape[1] // 2] > sd[shape[0] // 2, shape[1] // 2]


def test_white_noise_factor_is_the_tabulated_one():
    """Free boundaries, 1024 pixels: rms 1.20 pixels of slope sd with border slopes as measured; less with slopes as
    pixel means, whose interpolation to the borders damps the finest noise."""
    factor = height_noise((1024, 1024), (1.0, 1.0)).factor
    assert 1.10 < np.sqrt((factor**2).mean()) < 1.20


def test_height_sd_follows_noise_that_varies_over_the_image():
    shape = (96, 128)
    sd = np.full(shape, 0.02, np.float32)
    sd[:, :64] *= 4
    rng, square = np.random.default_rng(1), np.zeros(shape)
    for _ in range(800):
        noise = rng.standard_normal((2, *shape), dtype=np.float32) * sd
        square += integrate(noise, (1.0, 1.0)).astype(float) ** 2
    ratio = height_noise(shape, (1.0, 1.0)).of(sd) / np.sqrt(square / 800)
    assert ratio.min() > 0.65 and ratio.max() < 1.35
    assert np.sqrt((ratio**2).mean()) == pytest.approx(1.0, abs=0.05)
