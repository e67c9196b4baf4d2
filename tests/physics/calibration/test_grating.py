"""Pixel size and shear from gratings whose every line is known."""

import numpy as np
import pytest
from made_artefacts import instrument

from eclips4d.core.errors import InputError
from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact
from eclips4d.physics.calibration.grating import fit_grating


def crossed(sx, sy, shear, turn_deg, pitch=400.0, size=320, both=True, seed=0):
    y, x = np.mgrid[:size, :size].astype(float)
    right, down, turn = sx * (x + shear * y), sy * y, np.radians(turn_deg)
    u, v = right * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - right * np.sin(turn)
    wave = 0.2 * np.cos(2 * np.pi * u / pitch) + (0.2 * np.cos(2 * np.pi * v / pitch) if both else 0.0)
    return np.random.default_rng(seed).poisson(np.stack([500 * (1 + wave)] * 3)).astype(float)


@pytest.mark.parametrize(
    ("sx", "sy", "shear", "turn"),
    [(20.3, 19.8, 0.004, 3.0), (19.0, 21.0, -0.01, -8.0), (20, 20, 0, 0)],
)
def test_a_cross_grating_tells_both_scales_and_shear(sx, sy, shear, turn):
    found = fit_grating(crossed(sx, sy, shear, turn), 400.0, (20.0, 20.0))
    assert found.pixel_scale == pytest.approx((sx / 20.0, sy / 20.0), rel=3e-4)
    assert found.shear == pytest.approx(shear, abs=3e-4)
    assert found.pixel_scale_u < 1e-3


def test_lines_in_one_direction_tell_one_factor():
    found = fit_grating(crossed(20.4, 20.4, 0.0, 12.0, both=False), 400.0, (20.0, 20.0))
    assert found.pixel_scale == pytest.approx((1.02, 1.02), rel=3e-4)
    assert found.shear is None


def test_a_wrong_pitch_is_refused():
    with pytest.raises(InputError, match="no grating of 900 nm"):
        fit_grating(crossed(20.0, 20.0, 0.0, 0.0), 900.0, (20.0, 20.0))


def test_the_pitch_and_the_image_are_in_what_is_written():
    blank = instrument(3)
    blank = blank.model_copy(update={"scan": blank.scan.model_copy(update={"pixel_size_nm": (20.0, 20.0)})})
    outcome = calibrate_on([crossed(20.2, 20.2, 0.0, 5.0).astype(np.uint16)], blank, parse_artefact("grating:400"))
    seen = outcome.grating.pixel_scale_u
    assert 0.0 < seen < 1e-3
    assert outcome.section.pixel_scale_u == pytest.approx(np.hypot(seen, 0.005), rel=1e-2)
