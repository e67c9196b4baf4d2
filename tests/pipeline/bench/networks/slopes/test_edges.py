"""Widths, heights and transfer of edges that are known in closed form."""

import numpy as np
import pytest
from scipy.special import erf

from eclips4d.pipeline.bench.networks.judge.risers import HEIGHT_PX, named_risers
from eclips4d.pipeline.bench.networks.judge.truth import true_slopes
from eclips4d.pipeline.bench.networks.slopes.edges import (
    BIN_PX,
    REACH_PX,
    Profile,
    dip,
    mtf50,
    profile,
    step_height,
    transfer,
    width,
)

AT = np.arange(-REACH_PX + BIN_PX / 2, REACH_PX, BIN_PX)


def _bell(sd, height=1.0, centre=0.0):
    return height * np.exp(-((AT - centre) ** 2) / (2 * sd**2)) / (sd * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("sd", [0.5, 1.2, 2.0])
def test_width_of_an_error_function(sd):
    assert width(Profile(AT, _bell(sd))) == pytest.approx(2.5631 * sd, abs=0.03)


@pytest.mark.parametrize("sd", [0.5, 1.0])
def test_half_transfer_of_a_gaussian(sd):
    found = Profile(AT, _bell(sd))
    assert mtf50(found) == pytest.approx(np.sqrt(np.log(2) / 2) / (np.pi * sd), rel=0.02)
    np.testing.assert_allclose(transfer(found)[:40], np.exp(-2 * (np.pi * sd * np.arange(40) / 100) ** 2), atol=0.01)


def test_height_is_the_integral_and_a_pair_dips():
    assert step_height(Profile(AT, _bell(0.8, 0.37))) == pytest.approx(0.37, rel=1e-3)
    apart = Profile(AT, _bell(1.0, 1.0, -3.0) + _bell(1.0, 1.0, 3.0))
    assert dip(apart, 6.0) == pytest.approx(2 * np.exp(-4.5), rel=0.1)
    assert dip(Profile(AT, _bell(3.5)), 6.0) >= 1.0
    assert dip(Profile(AT, -_bell(1.0)), 6.0) == np.inf


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_image_of_rounded_risers_is_measured_at_any_angle(seed):
    risers, sd = named_risers("risers:1", seed), 1.3
    across = risers.across((128, 128))
    normal = np.zeros((128, 128))
    for centre, sign in zip(risers.centre_px, risers.sign, strict=True):
        normal += (
            sign
            * 0.2
            * np.diff(erf((across - centre + np.array([[[-0.01]], [[0.01]]])) / (np.sqrt(2) * sd)), axis=0)[0]
            / 0.04
        )
    angle = np.radians(risers.turn_deg)
    found = profile(np.stack([normal * np.cos(angle), -normal * np.sin(angle)]), risers)
    assert width(found) == pytest.approx(2.5631 * sd, rel=0.03)
    assert step_height(found) == pytest.approx(0.2, rel=0.02)


def test_the_truth_of_a_riser_is_as_high_as_said_and_hardly_wider_than_a_pixel():
    risers = named_risers("risers:0.5", 1)
    found = profile(true_slopes(risers.surface(20.0), 20.0, (96, 96)), risers)
    assert step_height(found) == pytest.approx(HEIGHT_PX, rel=0.01)
    # A box of half a pixel, and pixels a whole one wide along both axes.
    assert 0.8 < width(found) < 1.5
