"""An indent read with a model in the loop, its noise and its edges, on frames of which both are known."""

from __future__ import annotations

import numpy as np
import pytest
from made_artefacts import image, instrument, pyramids
from scipy.ndimage import gaussian_filter

from eclips4d.physics.calibration.pyramid import Pyramid
from eclips4d.pipeline.bench.networks.heights.edge_width import edge_sigma, ridges
from eclips4d.pipeline.bench.networks.heights.indent import Indent, find_pyramid, left_out_angles, noise_of

SHAPE = (160, 176)
PYRAMID = Pyramid(row=81.3, column=90.2, azimuth=0.3, rim=52.0, indent=True)


def sharp_slopes(askew=0.0) -> np.ndarray:
    """Four faces of 22 degrees and the flat around, [2, y, x]."""
    shifted = Pyramid(PYRAMID.row, PYRAMID.column + askew, PYRAMID.azimuth, PYRAMID.rim, PYRAMID.indent)
    along, across = shifted.distances(SHAPE, 1.0)
    slope = np.zeros((2, *SHAPE))
    for k, face in enumerate(PYRAMID.slopes(np.radians(22.0))):
        inside = (along[k] >= np.abs(across[k])) & (along[k] < PYRAMID.rim)
        slope[:, inside] = face[:, None]
    return slope


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.1])
@pytest.mark.parametrize("noise", [0.0, 0.07])
def test_edges_come_out_as_wide_as_they_were_made(sigma, noise):
    blurred = np.stack([gaussian_filter(part, sigma) for part in sharp_slopes(askew=0.8)])
    blurred += noise * np.random.default_rng(0).standard_normal(blurred.shape)
    found = edge_sigma(blurred, ridges(PYRAMID, SHAPE, 1.0))
    assert found == pytest.approx(sigma, rel=0.08 if noise else 0.03)


def test_noise_is_that_of_pixels_not_of_faces_or_dirt():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] / 100.0
    slope = sharp_slopes() + 0.05 * rng.standard_normal((2, *SHAPE)) + 0.1 * np.stack([x * x, x * y])
    slope[:, rng.random(SHAPE) < 0.03] += 3.0
    seen = Indent(np.zeros((3, *SHAPE), np.uint16), instrument(), PYRAMID)
    assert noise_of(seen, slope) == pytest.approx(0.05, rel=0.05)


def test_a_made_indent_is_read_by_three_of_its_faces():
    detector = instrument(segments=4)
    data = image(pyramids((22.0,), size=224, sign=-1.0, share=0.2), detector.detector.azimuths_deg, dose=1500.0)
    seen = Indent(data, detector, find_pyramid(np.asarray(data, dtype=np.float64), detector))
    angles = left_out_angles(seen, "analytic")
    assert np.sqrt(np.mean((angles - 22.0) ** 2)) < 0.25
