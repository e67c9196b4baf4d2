"""The blur against the exit density itself, the error function of an edge, and conservation of electrons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from eclips4d.physics.emission.spread import Spread
from eclips4d.physics.signal.interaction_blur import blur, mtf, period_at

SPREAD = Spread(core_nm=6.0, core_share=0.3, skirt_nm=25.0)
STEP = (4.0, 5.0)


def test_a_point_spreads_as_the_exit_points_do() -> None:
    image = np.zeros((1, 81, 101), np.float32)
    image[0, 40, 50] = 1.0
    found = blur(image, SPREAD, STEP)[0]
    x, y = (np.arange(101) - 50) * STEP[0], (np.arange(81) - 40) * STEP[1]
    r2 = x[None, :] ** 2 + y[:, None] ** 2
    density = sum(
        share * np.exp(-r2 / (2 * s * s)) / (2 * np.pi * s * s)
        for share, s in ((0.3, SPREAD.core_nm), (0.7, SPREAD.skirt_nm))
    )
    assert found == pytest.approx(density * STEP[0] * STEP[1], abs=8e-6)


def test_an_edge_becomes_two_error_functions() -> None:
    image = np.zeros((1, 8, 400), np.float32)
    image[..., 200:] = 1.0
    x = (np.arange(400) - 199.5) * STEP[0]
    wanted = sum(0.5 * w * (1 + erf(x / s / np.sqrt(2))) for w, s in ((0.3, 6.0), (0.7, 25.0)))
    assert blur(image, SPREAD, STEP)[0, 3] == pytest.approx(wanted, abs=2e-3)


def test_no_electron_is_lost_or_made() -> None:
    image = np.random.default_rng(1).random((3, 40, 57)).astype(np.float32)
    wide = Spread(core_nm=10.0, core_share=0.1, skirt_nm=2000.0)
    assert blur(image, wide, STEP).sum((1, 2)) == pytest.approx(image.sum((1, 2)), rel=1e-5)


def test_a_grating_keeps_the_contrast_of_the_mtf() -> None:
    period = 40.0
    x = (np.arange(200) + 0.5) * 4.0
    image = np.cos(2 * np.pi * x / period)[None, None].astype(np.float32) * np.ones((1, 6, 1), np.float32)
    found = blur(image, SPREAD, (4.0, 4.0))
    assert found == pytest.approx(image * mtf(SPREAD, np.array(1.0 / period)), abs=1e-5)


@pytest.mark.parametrize("contrast", [0.1, 0.5, 0.9])
def test_the_stated_period_has_the_stated_contrast(contrast: float) -> None:
    assert float(mtf(SPREAD, np.array(1.0 / period_at(SPREAD, contrast)))) == pytest.approx(contrast, abs=2e-3)
