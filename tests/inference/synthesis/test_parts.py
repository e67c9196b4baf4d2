"""What a refinement consists of: transposes by definition, derivatives by differences, likelihood in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from made_frames import clean_frame, make_calibration, make_instrument

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.synthesis.corners import cells, corners_of, pixels, slopes, spread_pixels, to_corners
from eclips4d.inference.synthesis.curvature import bending
from eclips4d.inference.synthesis.deviance import deviance
from eclips4d.inference.synthesis.electrons import Electrons, electrons_of
from eclips4d.inference.synthesis.newton import newton_step
from eclips4d.inference.synthesis.normal_equations import Curvature, fisher, times, told_by
from eclips4d.inference.synthesis.response import response_of

PIXEL = (3.0, 5.0)


def counted(seed: int, shape: tuple[int, int] = (6, 7), read: float = 4.0) -> tuple[np.ndarray, Electrons]:
    random = np.random.default_rng(seed)
    image = random.uniform(0.4, 1.6, (4, *shape)).astype(np.float32)
    counts = random.poisson(300.0 * image * random.uniform(0.7, 1.3, shape)).astype(np.float32) + np.float32(read)
    return image, Electrons(counts, np.full(4, read), np.full(4, 300.0), np.ones(shape, bool))


def test_corners_and_back_are_transposes() -> None:
    random = np.random.default_rng(0)
    corner, cell, slope = (random.standard_normal(s) for s in ((7, 9), (6, 8), (2, 6, 8)))
    there = (cells(corner) * cell).sum() + (slopes(corner, PIXEL) * slope).sum()
    assert there == pytest.approx((corner * to_corners(cell, slope, PIXEL)).sum(), rel=1e-5)
    image = random.standard_normal((3, 4))
    assert (pixels(cell, 2) * image).sum() == pytest.approx((cell * spread_pixels(image, 2)).sum())


def test_a_plane_is_a_plane_between_corners() -> None:
    y, x = np.mgrid[:5, :6]
    corner = corners_of(0.3 * x * PIXEL[0] - 0.7 * y * PIXEL[1], 2)
    found = slopes(corner, (PIXEL[0] / 2, PIXEL[1] / 2))
    np.testing.assert_allclose(found[0], 0.3, atol=1e-6)
    np.testing.assert_allclose(found[1], -0.7, atol=1e-6)
    assert bending(corner, (PIXEL[0] / 2, PIXEL[1] / 2), 0.1).total < 1e-9


def test_bending_has_its_derivative_and_weight() -> None:
    random = np.random.default_rng(1)
    corner = random.standard_normal((8, 9))
    found = bending(corner, PIXEL, 0.4)
    for place in ((0, 0), (3, 4), (7, 8), (1, 7)):
        change = np.zeros_like(corner)
        change[place] = 1e-5
        numeric = (bending(corner + change, PIXEL, 0.4).total - bending(corner - change, PIXEL, 0.4).total) / 2e-5
        assert found.to_corner[place] == pytest.approx(numeric, rel=1e-5, abs=1e-9)
    # Squares with these weights have the same derivative: what the steps of Gauss and Newton rest on.
    none = Curvature(np.zeros((3, 2, 7, 8), np.float32), found.weight.astype(np.float32), PIXEL, 1)
    np.testing.assert_allclose(times(none, corner.astype(np.float32)), found.to_corner, atol=1e-5)


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_the_curvature_is_what_electrons_tell_of_slopes(supersample: int) -> None:
    """Changes of two surfaces into one another: by the product, and by the matrix of every pixel."""
    random = np.random.default_rng(2)
    image, seen = counted(3)
    fine = tuple(supersample * n for n in image.shape[1:])
    per_slope = random.standard_normal((4, 2, *fine)).astype(np.float32)
    curvature = Curvature(
        told_by(per_slope, image, seen), np.zeros([n + 1 for n in fine], np.float32), PIXEL, supersample
    )
    changes = random.standard_normal((2, *curvature.stiff.shape)).astype(np.float32)
    one, other = (
        supersample**2 * pixels((per_slope * slopes(change.astype(float), PIXEL)).sum(axis=1), supersample)
        for change in changes
    )
    expected = np.einsum("kyx,kmyx,myx->", one, fisher(image, seen).astype(float), other)
    assert (times(curvature, changes[0]) * changes[1]).sum() == pytest.approx(expected, rel=1e-4)
    assert (times(curvature, changes[1]) * changes[0]).sum() == pytest.approx(expected, rel=1e-4)


def test_a_newton_step_makes_a_parabola_least() -> None:
    """What is taken off is what made the gradient: found without its mean, which nothing tells."""
    random = np.random.default_rng(4)
    image, seen = counted(5, (12, 14))
    per_slope = np.ones((4, 2, 12, 14), np.float32) * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])[..., None, None]
    stiff = random.uniform(0.5, 2.0, (13, 15)).astype(np.float32)
    of = Curvature(told_by(per_slope.astype(np.float32), image, seen), stiff, PIXEL, 1)
    y, x = np.mgrid[:13, :15]
    true = np.cos(0.4 * x) + np.sin(0.3 * y + 0.2 * x)
    found = newton_step(of, times(of, true.astype(np.float32)).astype(float))
    np.testing.assert_allclose(found - found.mean(), true - true.mean(), atol=0.1 * np.std(true))


def test_the_deviance_is_that_of_counting_with_the_best_yield() -> None:
    """Without read noise the best yield is all counts over all signals."""
    image, seen = counted(2, read=0.0)
    best = seen.counts.sum(0) / (300.0 * image).sum(0)
    mean = best * 300.0 * image
    expected = 2.0 * (mean - seen.counts + seen.counts * np.log(seen.counts / mean)).sum()
    assert deviance(image, seen).total == pytest.approx(expected, rel=1e-4)


def test_the_deviance_has_its_derivative_and_brightness_says_nothing() -> None:
    image, seen = counted(3)
    found = deviance(image, seen)
    for place in ((0, 0, 0), (3, 5, 6), (2, 3, 1)):
        change = np.zeros_like(image)
        change[place] = 2e-3
        numeric = (deviance(image + change, seen).total - deviance(image - change, seen).total) / 4e-3
        assert found.to_image[place] == pytest.approx(numeric, rel=2e-2, abs=0.5)
    assert deviance(2.0 * image, seen).total == pytest.approx(found.total, rel=1e-4)
    information = fisher(image, seen)
    along_brightness = np.einsum("kjyx,jyx->kyx", information, image)
    assert np.abs(along_brightness).max() < 1e-3 * np.abs(information).max()


def test_electrons_have_a_variance_equal_to_their_mean() -> None:
    instrument = make_instrument()
    flat = np.zeros((2, 96, 96), np.float32)
    clean = clean_frame(instrument, flat, dose=400.0)
    raw = np.random.default_rng(6).poisson(clean).astype(np.uint16)
    seen = electrons_of(raw, make_calibration(instrument))
    for counts in seen.counts:
        assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.06)


def test_rendering_is_what_the_closed_form_reads_back() -> None:
    """Independent of the simulator: the closed form inverts what the response renders of plane facets."""
    instrument = make_instrument()
    calibration = make_calibration(instrument)
    y, x = np.mgrid[:16, :16]
    for p, q in ((0.2, -0.4), (0.9, 0.5)):
        corner = corners_of(instrument.scan.pixel_size_xy_nm[0] * (p * x + q * y), 2)
        response = response_of(instrument, calibration, (16, 16))
        signal = response.simulator(cells(corner), slopes(corner, response.simulator.pixel_nm))
        image = pixels(signal, 2) / response.flat[:, None, None]
        told = np.asarray(calibration.gain) * np.asarray(calibration.flat)
        level = 20000.0 / told.mean()
        dark = np.asarray(calibration.offset_adu)[:, None, None]
        raw = np.rint(image * (level * told)[:, None, None] + dark).astype(np.uint16)
        read = closed_form_slopes(instrument)(raw, calibration).slope[:, 4:12, 4:12].mean(axis=(1, 2))
        np.testing.assert_allclose(read, [p, q], atol=0.004)
