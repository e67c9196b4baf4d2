"""The fit's own claims: its covariance is the scatter of refits, control limits mean what they say."""

import numpy as np
import pytest
from made_artefacts import instrument, segment_signals

from eclips4d.core.errors import InputError
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.control import changes
from eclips4d.physics.calibration.known import fit_with_known
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings, spread
from eclips4d.physics.calibration.parameters import from_vector


def cells(seed, noise=25.0, dark=800.0, forward=0.0):
    rng = np.random.default_rng(seed)
    tilt, turn = np.meshgrid(np.radians([10.0, 22.0, 35.0]), np.radians(np.arange(0.0, 360.0, 45.0)))
    p, q = (np.concatenate([[0.0], (np.tan(tilt) * f(turn)).ravel()]) for f in (np.cos, np.sin))
    azimuths = instrument(4).detector.azimuths_deg
    signal = (8000.0 * segment_signals(p, q, azimuths, forward) + dark).T
    shape = signal.shape
    return Cells(
        signal=signal + noise * rng.standard_normal(shape),
        sd=np.full(shape, noise),
        slope=np.column_stack([p, q]),
        flat=np.ones(shape),
        pixels=np.full(len(p), 100),
        common=np.zeros(len(p)),
    )


def test_uncertainties_are_the_scatter_of_refits():
    known = instrument(4, offset_adu=(800.0,) * 4)
    fits = [fit_with_known(cells(seed), known) for seed in range(16)]
    azimuths = np.degrees([f.parameters.turn for f in fits])
    stated = spread(fits[0]).azimuth_deg
    assert azimuths.std(axis=0).mean() == pytest.approx(stated.mean(), rel=0.45)
    gains = np.array([f.parameters.gain / f.parameters.gain.mean() for f in fits])
    assert gains.std(axis=0).mean() == pytest.approx(spread(fits[0]).gain.mean(), rel=0.5)


def test_the_vector_and_its_parameters_are_one():
    parameters = fit_with_known(cells(0), instrument(4)).parameters
    np.testing.assert_allclose(from_vector(parameters.vector()).vector(), parameters.vector(), rtol=1e-12)


def test_without_a_dark_level_contrast_and_dark_level_trade():
    open_, given = (
        fit_with_known(cells(0), known) for known in (instrument(4), instrument(4, offset_adu=(800.0,) * 4))
    )
    assert spread(open_).dark_shift > 5 * spread(given).dark_shift
    strength = [f.parameters.law(np.radians(22.0)) * np.mean(f.parameters.gain) for f in (open_, given)]
    assert strength[0] == pytest.approx(strength[1], rel=0.02)
    np.testing.assert_allclose(given.parameters.dark, 800.0, atol=60.0)


def test_a_control_chart_sees_what_changed_and_nothing_else():
    blank = instrument(4, offset_adu=(800.0,) * 4)

    def calibrated(seed, lost=0.0):
        places = cells(seed)
        places.signal[:, 1] = (places.signal[:, 1] - 800.0) * (1.0 - lost) + 800.0
        fit = fit_with_known(places, blank)
        return calibrated_instrument(fit, blank, settings(fit, blank, "pyramid:22", 0.01))

    before = calibrated(0)
    assert all(change.within for change in changes(calibrated(1), before, tuple("ABCD")))
    out = [change.name for change in changes(calibrated(2, lost=0.03), before, tuple("ABCD")) if not change.within]
    assert "gain B" in out and "flat signal over mean B" in out and "azimuth A" not in out
    with pytest.raises(InputError, match="no calibration to compare"):
        changes(before, blank, tuple("ABCD"))


def test_too_few_slopes_are_refused():
    with pytest.raises(InputError, match="fewer than three different slopes"):
        fit_with_known(cells(0).only(np.arange(25) < 2), instrument(4))
