"""What the instrument file leaves open the image's header fills; what both leave open is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.acquisition.description import described
from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

SIDE = {"high_voltage": 7.0, "beam_current": 0.5, "dwell": 20.0, "pixel_width": 65.1, "pixel_height": 65.1,
        "scan_rotation": 30.0, "line_time": 0.03, "working_distance": 5.0, "specimen_tilt": 2.0}  # fmt: skip
SAYS = VendorSays(vendor="FEI", side=SIDE, sense_known=True)
DETECTOR = "[detector]\nazimuths_deg = [210, 90, 330]\n"
CALIBRATION = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6.1
azimuths_deg = [209, 91, 331]
[calibration]
artefact = "pyramid:22"
tilt_deg = [0, 30]
kappa = [0.6, 0.5]
kappa_u = [0.01, 0.01]
tilt_range_deg = [20, 24]
scale_u = 0.013
[calibration.valid]
energy_kev = 7
distance_mm = 5.0
"""


def made(tmp_path: Path, text: str, says: VendorSays = SAYS, name: str = "instrument.toml"):
    path = tmp_path / name
    path.write_text(text)
    given = None if name == "instrument.toml" else path
    return described(given, tmp_path / "instrument.toml", says, "here")


@pytest.mark.parametrize("name", ["instrument.toml", "detector.toml"])
def test_the_header_fills_what_is_open(tmp_path: Path, name: str) -> None:
    instrument, text = made(tmp_path, DETECTOR, name=name)
    assert (instrument.beam.energy_kev, instrument.beam.current_na, instrument.beam.dwell_us) == (7.0, 0.5, 20.0)
    assert instrument.scan.pixel_size_xy_nm == (65.1, 65.1) and instrument.scan.line_time_s == 0.03
    assert instrument.scan.rotation_deg == 30.0 and instrument.detector.working_distance_mm == 5.0
    assert instrument.specimen == {"tilt_deg": 2.0}
    assert parse_instrument(text) == instrument


def test_the_file_goes_first(tmp_path: Path) -> None:
    text = "[beam]\nenergy_kev = 8\n[scan]\npixel_size_nm = 70\nrotation_deg = 0\n" + DETECTOR + "distance_mm = 6\n"
    instrument, _ = made(tmp_path, text)
    assert (instrument.beam.energy_kev, instrument.scan.pixel_size_xy_nm) == (8.0, (70.0, 70.0))
    assert instrument.scan.rotation_deg == 0.0
    assert (instrument.detector.distance_mm, instrument.detector.working_distance_mm) == (6.0, None)


def test_a_file_that_says_all_keeps_its_words(tmp_path: Path) -> None:
    text = "# by hand\n[beam]\nenergy_kev = 8\n[scan]\npixel_size_nm = 70\n" + DETECTOR + "distance_mm = 6\n"
    assert made(tmp_path, text, VendorSays())[1] == text


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    instrument, _ = made(
        tmp_path, DETECTOR, VendorSays(vendor="x", side=SIDE | {"pixel_height": 70.0}, sense_known=True)
    )
    assert instrument.scan.pixel_size_xy_nm == (65.1, 70.0)


def test_what_nobody_says_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        made(tmp_path, DETECTOR, VendorSays(vendor="JEOL", side={"high_voltage": 15.0}))
    line = str(caught.value)
    assert "JEOL" in line and "[scan] pixel_size_nm" in line and "distance_mm" in line and "energy_kev" not in line
    assert "\n" not in line


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"header of FEI tells .*--instrument"):
        described(None, tmp_path / "instrument.toml", SAYS, "here")


def test_a_rotation_of_unknown_sense_is_asked_for(tmp_path: Path) -> None:
    says = VendorSays(vendor="Zeiss", side=SIDE)
    with pytest.raises(InputError, match=r"rotation_deg = 30 or -30"):
        made(tmp_path, DETECTOR, says)
    instrument, _ = made(tmp_path, "[scan]\nrotation_deg = -30\n" + DETECTOR, says)
    assert instrument.scan.rotation_deg == -30.0


def test_a_calibration_brings_the_detector_and_the_header_the_rest(tmp_path: Path) -> None:
    instrument, text = made(tmp_path, CALIBRATION, name="calibration.toml")
    assert instrument.beam.energy_kev == 7.0 and instrument.scan.pixel_size_xy_nm == (65.1, 65.1)
    assert instrument.detector.azimuths_deg == (209.0, 91.0, 331.0) and instrument.detector.height_mm == 6.1
    assert instrument.calibration_differences() == []
    assert parse_instrument(text) == instrument


def test_a_calibration_without_a_header_is_all_there_is(tmp_path: Path) -> None:
    instrument, text = made(tmp_path, CALIBRATION, VendorSays(), name="calibration.toml")
    assert instrument.beam.energy_kev == 10.0 and text == CALIBRATION


def test_a_table_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="beam"):
        made(tmp_path, "beam = 3\n" + DETECTOR)
