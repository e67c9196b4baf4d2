"""What the trust map makes of frames by the exact simulator, with faults and without."""

import numpy as np
import pytest
from shading_walls import instrument, trenches

from eclips4d.core.results import BELIEVED
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.lambert import lambert_law

SHAPE, DOSE, ADU = (128, 144), 800.0, 2.0


def expected(inst):
    """Rounded trenches that shade each other, on copper; electrons per segment and pixel."""
    exact = exact_simulator(inst, SHAPE, law=lambert_law(29.0))
    return exact(trenches(SHAPE, 40.0, 12.0, 110.0)) * (DOSE / exact(np.zeros(SHAPE)).mean())


def counted(electrons, seed=0):
    return (ADU * np.random.default_rng(seed).poisson(electrons)).astype(np.uint16)


@pytest.fixture(scope="module", params=[3, 4])
def made(request):
    """An instrument, what it expects, and its model and calibration."""
    inst = instrument(azimuths_deg=tuple(30.0 + 360.0 / request.param * k for k in range(request.param)))
    electrons = expected(inst)
    return inst, electrons, analytic_model(inst), estimate_calibration(counted(electrons), inst)


def test_a_frame_without_faults_is_believed(made):
    _, electrons, model, calibration = made
    surface = model(counted(electrons, 1), calibration)
    assert np.mean(surface.trust < BELIEVED) < 0.02
    assert np.isnan(surface.residual).all() == (len(electrons) == 3)
    if len(electrons) > 3:
        assert np.median(surface.residual) == pytest.approx(0.67, abs=0.05)  # of |normal| with one degree of freedom


def test_a_streak_of_three_sigma_is_found(made):
    _, electrons, model, calibration = made
    streaky = electrons.copy()
    streaky[:, 60:62, 40:90] += 3.0 * np.sqrt(electrons[:, 60:62, 40:90])
    trust = model(counted(streaky, 2), calibration).trust
    assert np.mean(trust[60:62, 40:90] < BELIEVED) > 0.9
    trust[56:66] = 100
    assert np.mean(trust < BELIEVED) < 0.02


def test_azimuths_that_are_wrong_are_seen_in_all_of_the_frame(made):
    inst, electrons, _, _ = made
    azimuths = tuple(angle + 60.0 for angle in inst.detector.azimuths_deg)
    wrong = inst.model_copy(update={"detector": inst.detector.model_copy(update={"azimuths_deg": azimuths})})
    frame = counted(electrons, 3)
    assert analytic_model(wrong)(frame, estimate_calibration(frame, wrong)).doubted


def test_noise_is_no_frame(made):
    _, electrons, model, calibration = made
    noise = np.random.default_rng(8).integers(0, 5000, electrons.shape).astype(np.uint16)
    assert model(noise, calibration).doubted


def test_the_same_frame_has_the_same_trust(made):
    inst, electrons, model, calibration = made
    frame = counted(electrons, 4)
    one, other = model(frame, calibration), analytic_model(inst)(frame.copy(), calibration)
    np.testing.assert_array_equal(one.trust, other.trust)
    np.testing.assert_array_equal(one.residual, other.residual)
