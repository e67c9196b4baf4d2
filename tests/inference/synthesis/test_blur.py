"""Blur is a Gaussian and its own transpose; a frame tells how much of it there is."""

from __future__ import annotations

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument
from scipy.ndimage import gaussian_filter

from eclips4d.inference.synthesis.blur import blurred
from eclips4d.inference.synthesis.corners import corners_of
from eclips4d.inference.synthesis.electrons import electrons_of
from eclips4d.inference.synthesis.objective import At, passed_by
from eclips4d.inference.synthesis.refine import WEIGHT
from eclips4d.inference.synthesis.response import response_of
from eclips4d.inference.synthesis.search import BLURS_PX, FIRST_KNEE, KNEE, search_with_blur
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.microscope.optics import sub_pixels

SIDE, FINE, WIDTH_PX = 32, 3, 0.35
TOLD = make_instrument()
CALIBRATION = make_calibration(TOLD)


def roof() -> np.ndarray:
    """A pyramid with faces of 50 degrees on fine pixels, nm."""
    y, x = (np.mgrid[: SIDE * FINE, : SIDE * FINE] + 0.5) / FINE - SIDE / 2.0
    across = np.maximum(np.abs(0.8 * x + 0.6 * y + 0.3), np.abs(0.8 * y - 0.6 * x - 0.2))
    return np.clip((11.0 - across) * np.tan(np.radians(50.0)), 0.0, None) * TOLD.scan.pixel_size_xy_nm[0]


def start(width_px: float, blur_px: float = 0.0, knee: float = FIRST_KNEE) -> At:
    """At the true height but for its sharpness, of an image that the exact simulator makes."""
    fine = roof()
    signal = exact_simulator(sub_pixels(TOLD, FINE), fine.shape, threads=1)(fine)
    blurry = np.stack([gaussian_filter(one, width_px * FINE) if width_px else one for one in signal])
    image = blurry.reshape(len(signal), SIDE, FINE, SIDE, FINE).mean(axis=(2, 4))
    raw = np.random.default_rng(3).poisson(image * (1500.0 / np.median(image))).astype(np.uint16)
    truth = fine.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    response = response_of(TOLD, CALIBRATION, (SIDE, SIDE), threads=1)
    corner = corners_of(gaussian_filter(truth, 0.7), 2)
    seen = electrons_of(raw, CALIBRATION)
    return At(corner, response, seen, WEIGHT, knee, passed_by(response, corner), blur_px)


def test_it_is_a_gaussian_and_its_own_transpose() -> None:
    random = np.random.default_rng(0)
    one, other = random.standard_normal((2, 3, 12, 15))
    assert (blurred(one, 0.7) * other).sum() == pytest.approx((one * blurred(other, 0.7)).sum(), rel=1e-4)
    point = np.zeros((1, 41, 41))
    point[0, 20, 20] = 1.0
    spread = blurred(point, 1.5)[0].sum(axis=0)
    assert spread.sum() == pytest.approx(1.0, abs=1e-4)
    assert (spread * (np.arange(41) - 20) ** 2).sum() == pytest.approx(1.5**2, rel=0.02)
    np.testing.assert_array_equal(blurred(one, 0.0), one.astype(np.float32))


def test_the_objective_of_a_blurred_image_has_its_derivative() -> None:
    at = start(WIDTH_PX, WIDTH_PX, KNEE)
    change = gaussian_filter(np.random.default_rng(1).standard_normal(at.corner.shape), 1.5)
    change *= 0.02 * at.pixel_nm[0] / np.abs(change).max()
    there, back = (
        At(at.corner + way * change, at.response, at.seen, at.weight, at.knee, at.passed, at.blur_px)
        for way in (1.0, -1.0)
    )
    assert (at.gradient() * change).sum() == pytest.approx((there.value - back.value) / 2.0, rel=0.02)


def test_a_frame_tells_its_blur_though_most_of_it_is_flat() -> None:
    assert search_with_blur(start(0.0)).at.blur_px <= BLURS_PX[0]
    found = search_with_blur(start(WIDTH_PX))
    assert found.at.blur_px == pytest.approx(WIDTH_PX, abs=0.11)
