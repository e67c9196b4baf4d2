from __future__ import annotations

import pytest

from eclips4d.acquisition.reported import Reported, as_reported
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

TEXT = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
rotation_deg = 359.99
[detector]
distance_mm = 6
working_distance_mm = 8
azimuths_deg = [45, 135, 225, 315]
"""
SAID = parse_instrument(TEXT)


def test_nothing_told_changes_nothing() -> None:
    assert as_reported(SAID, Reported()) == (SAID, ())


def test_the_files_digits_stand_where_the_instrument_says_the_same() -> None:
    told = Reported(energy_kev=10.002, pixel_size_nm=(4.001, 3.999), rotation_deg=0.0, working_distance_mm=8.0)
    merged, differences = as_reported(SAID, told)
    assert (merged.fingerprint, differences) == (SAID.fingerprint, ())


def test_the_instrument_is_believed_and_differences_are_named() -> None:
    merged, differences = as_reported(SAID, Reported(energy_kev=20.0, dwell_us=1.0, pixel_size_nm=(2.0, 2.0)))
    assert (merged.beam.energy_kev, merged.beam.dwell_us, merged.scan.pixel_size_nm) == (20.0, 1.0, (2.0, 2.0))
    assert differences == (
        "beam.energy_kev is 20, the instrument file says 10",
        "scan.pixel_size_nm is 2 x 2, the instrument file says 4 x 4",
    )


def test_the_detector_moves_with_the_working_distance() -> None:
    merged, differences = as_reported(SAID, Reported(working_distance_mm=9.5))
    assert (merged.detector.working_distance_mm, merged.detector.distance_mm) == (9.5, 7.5)
    assert differences == ("detector.working_distance_mm is 9.5, the instrument file says 8",)


def test_a_distance_alone_stays() -> None:
    said = parse_instrument(TEXT.replace("working_distance_mm = 8\n", ""))
    merged, differences = as_reported(said, Reported(working_distance_mm=9.5))
    assert (merged.detector.height_mm, differences) == (6.0, ())


def test_a_reading_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"reports 0.0 as beam.energy_kev"):
        as_reported(SAID, Reported(energy_kev=0.0))
