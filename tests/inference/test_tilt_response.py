"""What a calibration says of contrast over tilt is undone by inference, noise and own horizon included."""

import msgspec
import numpy as np
import pytest
from made_artefacts import instrument

from eclips4d.core.calibration import Calibration
from eclips4d.core.calibration_settings import CalibrationSettings, GasSettings, ValidFor
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.horizon import HorizonTable, TiltLaw, read_slope
from eclips4d.inference.models import load_model
from eclips4d.inference.tilt_response import TiltTable, tilt_table
from eclips4d.physics.detector import kappa, segment_response

TILTS = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
FALLS = 1.4 - 0.5 * np.sin(np.radians(TILTS)) ** 2


def section(of, falls=FALLS, **said):
    return CalibrationSettings(
        artefact="pyramid:22",
        tilt_deg=TILTS,
        kappa=tuple(kappa(of) * falls),
        kappa_u=(0.01,) * len(TILTS),
        tilt_range_deg=(10.0, 40.0),
        scale_u=0.012,
        **said,
    )


def frame_of(of, p, q, second=0.0, third=0.0, dose=4000.0, noise=None):
    """Segments of facets whose contrast falls with tilt, uint16 [n, y, x], and its flat signal."""
    response = segment_response(of)
    tilt = np.arctan(np.hypot(p, q))
    ratio = 1.4 - 0.5 * np.sin(tilt) ** 2
    lambert = np.einsum("kc,cyx->kyx", response.contrast / response.flat[:, None], np.stack([p, q]))
    azimuth = np.radians(of.detector.azimuths_deg)[:, None, None]
    uphill = np.arctan2(-q, p)
    even = second * np.tan(tilt) ** 2 * np.cos(2 * (uphill - azimuth))
    odd = third * np.tan(tilt) ** 3 * np.cos(3 * (uphill - azimuth))
    signal = np.maximum(1.0 - ratio * lambert + even + odd, 0.0) * dose * np.cos(tilt)
    counted = signal if noise is None else np.random.default_rng(noise).poisson(signal)
    return np.clip(np.rint(counted * 8.0), 0, 65535).astype(np.uint16)


def facets():
    tilt, turn = np.meshgrid(np.radians(np.linspace(0.0, 38.0, 48)), np.linspace(0.0, 2 * np.pi, 64))
    return np.tan(tilt) * np.cos(turn), np.tan(tilt) * np.sin(turn)


@pytest.mark.parametrize("segments", [3, 4, 5])
def test_slopes_are_right_at_all_tilts_without_noise(segments):
    blank = instrument(segments, gain=(1.0,) * segments, offset_adu=(0.0,) * segments)
    p, q = facets()
    known = blank.model_copy(update={"calibration": section(blank, second=(0.03,) * len(TILTS), third=0.012)})
    frame = frame_of(blank, p, q, 0.03, 0.012)
    found = load_model("analytic", known)(frame, estimate_calibration(frame, known)).slope
    # Linear between tilts 10 degrees apart, and a grid of slopes 0.05 apart.
    np.testing.assert_allclose(found[0], p, atol=4e-3)
    np.testing.assert_allclose(found[1], q, atol=4e-3)


def test_noise_does_not_lift_slopes():
    blank = instrument(4, gain=(1.0,) * 4, offset_adu=(0.0,) * 4)
    known = blank.model_copy(update={"calibration": section(blank)})
    true = np.tan(np.radians(30.0))
    p, q = np.full((384, 384), true * np.cos(0.5)), np.full((384, 384), true * np.sin(0.5))
    p[:, ::3], q[:, ::3] = 0.0, 0.0  # something flat for the noise to be measured on
    frame = frame_of(blank, p, q, dose=60.0, noise=3)
    calibration = estimate_calibration(frame, known)
    steep = np.broadcast_to(np.arange(384) % 3 == 1, p.shape)
    surface = load_model("analytic", known)(frame, calibration)
    along = (surface.slope[0] * np.cos(0.5) + surface.slope[1] * np.sin(0.5))[steep]
    assert surface.slope_sd[steep].mean() > 0.1
    assert along.mean() == pytest.approx(true, rel=0.012)
    assert along.std() == pytest.approx(surface.slope_sd[steep].mean(), rel=0.25)


def test_a_law_that_is_lamberts_changes_nothing():
    blank = instrument(4, gain=(1.0,) * 4, offset_adu=(0.0,) * 4)
    same = blank.model_copy(update={"calibration": section(blank, falls=np.ones(len(TILTS)))})
    frame = frame_of(blank, *facets())
    one, two = (load_model("analytic", i)(frame, estimate_calibration(frame, i)).slope for i in (blank, same))
    np.testing.assert_allclose(one, two, atol=2e-5)
    assert tilt_table(Calibration(**empty())) is None


def test_the_table_of_both_slopes_is_lamberts_where_the_law_is():
    blank = instrument(4)
    grid = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 7), np.linspace(-1.5, 1.5, 7)))
    law = TiltLaw(1.0, np.ones_like, np.zeros_like)
    np.testing.assert_allclose(read_slope(blank, grid, law), read_slope(blank, grid), atol=1e-9)


def test_a_calibration_marks_heights_and_says_what_it_does_not_hold_for():
    nominal = instrument(3, inner_radius_mm=None, outer_radius_mm=None, gain=(1.0,) * 3, offset_adu=(0.0,) * 3)
    frame = frame_of(nominal, *facets())
    assert not estimate_calibration(frame, nominal).calibrated
    valid = ValidFor(energy_kev=10.0, distance_mm=6.0, side={"contrast_A": 80.0})
    gas = GasSettings(per_unit={"pressure_h2": 1e-4}, at={"pressure_h2": 50.0})
    known = nominal.model_copy(update={"calibration": section(nominal, valid=valid, gas=gas)})
    good = estimate_calibration(frame, known, side={"contrast_A": 80.0})
    assert good.calibrated and good.artefact == "pyramid:22" and good.kappa_u == pytest.approx(0.012)
    assert good.gas is not None and good.gas.share({"pressure_h2": 50.0}) == good.gas.share(dict(good.gas.at)) > 0.0
    np.testing.assert_allclose(good.contrast, 1.4 * segment_response(nominal).contrast, rtol=1e-6)
    other = estimate_calibration(frame, known, side={"contrast_A": 78.0})
    assert not other.calibrated and other.kappa_u > 0.09
    hotter = known.model_copy(update={"beam": known.beam.model_copy(update={"energy_kev": 20.0})})
    assert hotter.calibration_differences() == ["energy is 20 keV, calibrated at 10 keV"]
    assert not estimate_calibration(frame, hotter).calibrated
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(good), type=Calibration) == good


def test_the_table_is_read_between_its_cells_up_to_where_the_other_one_begins() -> None:
    random, cells, reach = np.random.default_rng(0), 1024, 9.0
    middle = (np.arange(cells) + 0.5) * reach / cells
    table = TiltTable(reach, np.stack([1.0 + 0.1 * middle, 2.0 - 0.1 * middle]).astype(np.float32))
    slope = random.normal(0.0, 0.5, (2, 30, 50)).astype(np.float32)
    sd = random.uniform(0.01, 0.7, slope.shape[1:]).astype(np.float32)
    found, found_sd = slope.copy(), sd.copy()
    other = HorizonTable(0.8, 2.75, np.zeros((3, 111, 111), np.float32))
    table.apply(found, found_sd, other)
    square = (slope.astype(float) ** 2).sum(axis=0)
    less = square - 4.0 * np.minimum(sd**2, 0.25)  # the factor's line goes on below the first cell, growth does not
    gentle = square <= 0.8**2
    assert 0.1 < gentle.mean() < 0.9
    np.testing.assert_allclose(found, np.where(gentle, slope * (1.0 + 0.1 * less), slope), atol=1e-5)
    growth = 2.0 - 0.1 * np.maximum(less, middle[0])
    np.testing.assert_allclose(found_sd, np.where(gentle, sd * growth, sd), atol=1e-5)


def empty():
    return {
        "gain": (1.0,) * 3,
        "offset_adu": (0.0,) * 3,
        "noise_slope_adu": (1.0,) * 3,
        "noise_floor_adu2": (0.1,) * 3,
        "flat": (1.0,) * 3,
        "contrast": ((1.0, 0.0),) * 3,
    }
