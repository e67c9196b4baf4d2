"""Registration's weights on a riser: against moving an image with registration itself."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.core.results import Drift, Surface
from eclips4d.metrology.budget.resampling import mean_slope_error, step_height_error
from eclips4d.registration.resample import resample

SIDE, FINE = 64, 40


def pixel_means(edge_px: float, width_px: float) -> np.ndarray:
    """Slope 1 between two borders, on whole pixels: means of a finer grid."""
    fine = (np.arange(SIDE * FINE) + 0.5) / FINE - 0.5
    inside = np.abs(fine - edge_px) <= width_px / 2
    return inside.reshape(SIDE, FINE).mean(axis=1)


def surface(row: np.ndarray) -> Surface:
    plane = np.tile(row, (16, 1)).astype(np.float32)
    return Surface(np.stack([plane, plane]), plane, plane, plane, plane, np.zeros(plane.shape, np.uint8))


def test_moving_an_image_changes_narrow_facets_as_stated() -> None:
    width, margin, parts = 6.0, 1.0, (np.arange(8) + 0.5) / 8
    errors = []
    for edge in 31.0 + parts:
        for part in parts:
            moved = resample(surface(pixel_means(edge + part, width)), Drift((0.0, part))).slope[0, 8]
            on = np.abs(np.arange(SIDE) - edge) <= width / 2 - margin
            errors.append(moved[on].mean() - pixel_means(edge, width)[on].mean())
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(mean_slope_error(width, margin), rel=0.1)


def test_wide_facets_and_plateaus_are_left_as_they_are() -> None:
    assert mean_slope_error(30.0, 4.0) < 1e-4
    assert step_height_error(30.0, 12.0, 4.0) < 1e-4


def test_the_narrower_the_facet_the_more_is_lost() -> None:
    errors = [mean_slope_error(width, 1.0) for width in (4.0, 6.0, 10.0, 20.0)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.005
