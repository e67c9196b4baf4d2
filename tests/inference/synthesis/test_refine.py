"""A refined height is nearer to the truth than the one it began with, on frames of the exact simulator."""

from __future__ import annotations

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument

from eclips4d.core.errors import InputError
from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.integrate import integrate
from eclips4d.inference.synthesis.refine import refine
from eclips4d.physics.bsesm.render import exact_simulator

SIDE, FINE = 40, 3
FOUR = make_instrument(outer_radius_mm=10.0)
"""Sees so far aside that walls of the pit hide it from each other."""


def pit(pixel_nm: float) -> np.ndarray:
    """A square pit with walls of 55 degrees, on fine pixels, nm."""
    y, x = (np.mgrid[: SIDE * FINE, : SIDE * FINE] + 0.5) / FINE - SIDE / 2.0
    across = np.maximum(np.abs(x + 0.3), np.abs(y - 0.2))
    return np.clip((across - 13.0) * np.tan(np.radians(55.0)), -12.0, 0.0) * pixel_nm


def error(height: np.ndarray, truth: np.ndarray) -> float:
    difference = (height - truth)[4:-4, 4:-4]
    y, x = np.mgrid[: difference.shape[0], : difference.shape[1]]
    plane = np.stack([np.ones(difference.size), x.ravel(), y.ravel()], axis=1)
    return float(np.std(difference.ravel() - plane @ np.linalg.lstsq(plane, difference.ravel(), rcond=None)[0]))


@pytest.fixture(scope="module")
def seen() -> tuple[np.ndarray, np.ndarray]:
    fine = pit(FOUR.scan.pixel_size_xy_nm[0])
    signal = exact_simulator(FOUR, (SIDE, SIDE), supersample=FINE, threads=1)(fine)
    raw = np.random.default_rng(7).poisson(signal * (3000.0 / np.median(signal))).astype(np.uint16)
    return raw, fine.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def test_nearer_to_the_truth(seen: tuple[np.ndarray, np.ndarray]) -> None:
    raw, truth = seen
    calibration = make_calibration(FOUR)
    before = integrate(closed_form_slopes(FOUR)(raw, calibration).slope, FOUR.scan.pixel_size_xy_nm)
    told: list[int] = []
    found = refine(raw, before, FOUR, calibration, threads=1, report=lambda done, most, step: told.append(done))
    assert error(found.height, truth) < 0.5 * error(before, truth)
    assert told == list(range(1, 1 + len(told))) and len(told) >= len(found.steps) - 1
    assert found.steps[-1].deviance < 0.7 * found.steps[0].deviance
    assert np.median(found.residual) < np.median(found.residual_before)
    again = refine(raw, before, FOUR, calibration, threads=1)
    np.testing.assert_array_equal(again.height, found.height)


def test_a_scale_cannot_be_bought(seen: tuple[np.ndarray, np.ndarray]) -> None:
    """Begun with heights that are a tenth too large, it comes back to what the calibration says."""
    raw, truth = seen
    calibration = make_calibration(FOUR)
    start = truth + 0.1 * (truth - truth.mean())
    found = refine(raw, start, FOUR, calibration, threads=1).height
    flat, true = (h - h.mean() for h in (found.astype(float), truth))
    assert (flat * true).sum() / (true * true).sum() == pytest.approx(1.0, abs=0.01)


def test_heights_of_another_shape_are_refused(seen: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(InputError, match="do not cover"):
        refine(seen[0], np.zeros((8, 8)), FOUR, make_calibration(FOUR))
