"""The inversion on recordings of an independent microscope model, and on real frames."""

import numpy as np
import pytest
import tifffile

from eclips4d.core.instrument import load_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model


@pytest.mark.shared
def test_dark_level_and_noise_of_uncalibrated_frames(shared_data):
    path = shared_data / "recordings" / "stepflow"
    inst = load_instrument(path.with_suffix(".toml"))
    data = tifffile.imread(path.with_suffix(".ome.tif"), key=range(4))
    with np.load(path.with_suffix(".truth.npz")) as truth:
        gain, offset, excess = truth["gain"], truth["offset_adu"], truth["excess_noise"]
    got = estimate_calibration(data, inst)
    signal = data.mean(axis=(1, 2))
    # neither gain nor dark level is stated: what remains open of the one is open of the other
    assert abs(np.mean(got.offset_adu) - offset.mean()) < got.kappa_u * signal.mean()
    assert 0.02 < got.kappa_u < 0.06
    assert np.mean(got.noise_slope_adu) == pytest.approx(8.0 * excess.mean() * gain.mean(), rel=0.05)
    np.testing.assert_allclose(got.gain, gain / gain.mean(), atol=0.05)  # the plane is not observable


@pytest.mark.shared
def test_residual_shows_no_misfit_where_nothing_is_occluded(shared_data):
    path = shared_data / "recordings" / "spiral"
    inst = load_instrument(path.with_suffix(".toml"))
    data = tifffile.imread(path.with_suffix(".ome.tif"), key=range(4))
    surface = load_model("analytic", inst)(data, estimate_calibration(data, inst))
    assert np.median(surface.residual**2) == pytest.approx(0.455, abs=0.03)  # median of chi² with one degree
    assert surface.trust.mean() > 98
