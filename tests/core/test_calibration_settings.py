"""The `[calibration]` section: slips are named, differences are told in words, descriptions are put together."""

import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.instrument_text import to_toml

BARE = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
working_distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""
SECTION = """
[calibration]
artefact = "pyramid:22"
tilt_deg = [0, 20, 40]
kappa = [0.8, 0.75, 0.7]
kappa_u = [0.02, 0.01, 0.03]
tilt_range_deg = [22, 22]
scale_u = 0.013
pixel_scale = [1.02, 0.99]
pixel_scale_u = 0.004
[calibration.valid]
energy_kev = 10
distance_mm = 6
material = "Cu"
[calibration.valid.side]
contrast_A = 80
[calibration.gas]
per_unit = { pressure_h2 = 1e-4, "O2, main" = 2e-4 }
at = { pressure_h2 = 100 }
"""
SLIPS = [
    ("scale_u = 0.013", "scale_u = 0.013\nkapa = 1", "[calibration.kapa] unknown key"),
    ("energy_kev = 10\ndistance_mm", "energy_kv = 10\ndistance_mm", "[calibration.valid.energy_kv] unknown key"),
    ("at = {", "att = {", "[calibration.gas.att] unknown key"),
    ("kappa_u = [0.02, 0.01, 0.03]", "kappa_u = [0.02]", "tilt_deg, kappa and kappa_u need as many values each"),
    ("tilt_deg = [0, 20, 40]", "tilt_deg = [5, 20, 40]", "tilt_deg must start at 0 and increase"),
    ("tilt_deg = [0, 20, 40]", "tilt_deg = [0, 40, 20]", "tilt_deg must start at 0 and increase"),
    ("kappa = [0.8, 0.75, 0.7]", "kappa = [0.8, 0.75, -0.7]", "[calibration.kappa[2]] Input should be greater than 0"),
    (
        "pixel_scale_u = 0.004",
        "pixel_scale_u = -0.004",
        "[calibration.pixel_scale_u] Input should be greater than or equal",
    ),
    ("scale_u = 0.013", "scale_u = 0.013\nsecond = [0.1]", "second needs as many values as tilt_deg, or none"),
]


@pytest.mark.parametrize(("old", "new", "says"), SLIPS, ids=[s for *_, s in SLIPS])
def test_slips_are_named(old, new, says):
    assert old in SECTION
    with pytest.raises(InputError, match=says.replace("[", r"\[").replace("]", r"\]")):
        parse_instrument(BARE + SECTION.replace(old, new))


def test_it_survives_as_text_with_names_of_any_kind():
    known = parse_instrument(BARE + SECTION)
    assert parse_instrument(to_toml(known)) == known
    assert known.calibration.pixel_scale_u == 0.004
    assert known.calibration.gas.dilution().share({"O2, main": 100.0}) == pytest.approx(0.0198, abs=1e-4)


def test_a_description_takes_detector_and_calibration_of_another_and_notes_its_own_settings():
    known = parse_instrument(BARE + SECTION + "[electrodes]\ndetector_v = 0\n")
    other = parse_instrument(
        BARE.replace("energy_kev = 10", "energy_kev = 7").replace("pixel_size_nm = 4", "pixel_size_nm = [10, 20]")
        + '[specimen]\nmaterial = "Si"\n'
    )
    both = other.calibrated_by(known)
    assert both.beam.energy_kev == 7 and both.detector == known.detector
    assert both.scan.pixel_size_nm == pytest.approx((10.2, 19.8))
    assert both.calibration_differences() == [
        "energy is 7 keV, calibrated at 10 keV",
        "material is Si, calibrated on Cu",
    ]
    assert both.calibration_differences({"contrast_A": 70.0})[-1] == "contrast_A is 70, calibrated at 80"
    assert known.calibration_differences({"contrast_A": 80.0}) == []
    assert other.calibration_differences({"contrast_A": 1.0}) == []


def test_ratios_are_over_the_contrast_at_no_tilt():
    assert parse_instrument(BARE + SECTION).calibration.ratio == pytest.approx((1.0, 0.9375, 0.875))
