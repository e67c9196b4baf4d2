"""Instrument files: every slip is one line that names the file, the key, the value and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.instrument import load_instrument, parse_instrument

GOOD = """
[beam]
energy_kev = 10
current_na = 0.5
[scan]
pixel_size_nm = 4
rotation_deg = 0.0
line_time_s = 0.015
rows = 1024
frame_times_s = [0, 5, 10]
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
gap_mm = 0.3
offset_mm = [0, 0]
azimuths_deg = [45, 135, 225, 315]
gain = [1, 1, 1, 1]
offset_adu = [0, 0, 0, 0]
[specimen]
material = "Cu"
"""

SLIPS = [
    ("energy_kev = 10", "energy_kev = 10\ncolour = 1", "[beam.colour] unknown key; remove it"),
    ("[beam]\nenergy_kev = 10\ncurrent_na = 0.5", "", "[beam] this key is missing; add it"),
    ("[specimen]", "[detektor]", "[detektor] unknown key; remove it"),
    ("distance_mm = 6", "distance_mm = -6", "[detector.distance_mm] Input should be greater than 0, not -6;"),
    ("distance_mm = 6", "distance_mm = nan", "[detector.distance_mm] Input should be a finite number"),
    ("distance_mm = 6", 'distance_mm = "6"', "[detector.distance_mm] Input should be a valid number, not '6'"),
    ("distance_mm = 6", "distance_mm = true", "[detector.distance_mm] Input should be a valid number, not True"),
    ("distance_mm = 6", "", "distance_mm or working_distance_mm is needed"),
    ("gain = [1, 1, 1, 1]", "gain = [1, 1, 1]", "gain has 3 values for 4 segments"),
    ("gain = [1, 1, 1, 1]", "gain = [1, 1, 0, 1]", "[detector.gain[2]] Input should be greater than 0, not 0"),
    ("offset_adu = [0, 0, 0, 0]", "offset_adu = [0]", "offset_adu has 1 values for 4 segments"),
    ("gap_mm = 0.3", "openings_deg = [90, 90]", "openings_deg has 2 values for 4 segments"),
    ("azimuths_deg = [45, 135, 225, 315]", "azimuths_deg = [45, 135]", "[detector.azimuths_deg] Tuple should have"),
    ("azimuths_deg = [45, 135,", "azimuths_deg = [45, 405,", "azimuths_deg has one azimuth twice"),
    ("inner_radius_mm = 1.75", "", "inner_radius_mm and outer_radius_mm belong together"),
    ("inner_radius_mm = 1.75", "inner_radius_mm = 8", "outer_radius_mm must exceed inner_radius_mm"),
    ("pixel_size_nm = 4", "pixel_size_nm = -4", "[scan.pixel_size_nm[0]] Input should be greater than 0, not -4"),
    ("pixel_size_nm = 4", "pixel_size_nm = [4]", "[scan.pixel_size_nm[1]] this key is missing"),
    ("frame_times_s = [0, 5, 10]", "frame_times_s = [0, 5, 5]", "frame_times_s must increase"),
    ("rows = 1024", "rows = 0", "[scan.rows] Input should be greater than 0, not 0"),
    ("line_time_s = 0.015", "line_time_s = -1", "[scan.line_time_s] Input should be greater than or equal to 0"),
    ("[beam]", "[beam", "not valid TOML"),
]


@pytest.mark.parametrize(("old", "new", "says"), SLIPS, ids=[says for *_, says in SLIPS])
def test_slip_is_one_line_with_file_key_and_cure(tmp_path: Path, old, new, says):
    assert old in GOOD
    file = tmp_path / "run.toml"
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        load_instrument(file)
    line = str(refusal.value)
    assert line.startswith(f"{file}: ")
    assert says in line
    assert "\n" not in line
    assert refusal.value.exit_code == 2


def test_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(MissingInputError, match="no instrument file; write one beside the recording or give --instr"):
        load_instrument(tmp_path / "run.toml")


def test_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path):
    (tmp_path / "run.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "run.toml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_instrument(path)


def test_one_pixel_size_stands_for_both():
    assert parse_instrument(GOOD).scan.pixel_size_xy_nm == (4.0, 4.0)
    two = GOOD.replace("pixel_size_nm = 4", "pixel_size_nm = [4, 5]")
    assert parse_instrument(two).scan.pixel_size_xy_nm == (4.0, 5.0)


def test_working_distance_stands_in_for_the_distance():
    text = GOOD.replace("distance_mm = 6", "working_distance_mm = 7.5")
    assert parse_instrument(text).detector.height_mm == 7.5


def test_fingerprint_sees_every_value_but_the_frame_times():
    base = parse_instrument(GOOD).fingerprint
    assert parse_instrument(GOOD.replace("[0, 5, 10]", "[0, 6]")).fingerprint == base
    for old, new in (("gap_mm = 0.3", "gap_mm = 0.2"), ("[1, 1, 1, 1]", "[1, 1, 1, 1.1]"), ("Cu", "Fe")):
        assert parse_instrument(GOOD.replace(old, new)).fingerprint != base


def test_recording_that_differs_from_its_file_is_refused():
    instrument = parse_instrument(GOOD)
    instrument.check_recording(segments=4, frames=3, where="run.ome.tif")
    with pytest.raises(InputError, match=r"run.ome.tif: 3 channels, but the instrument file has 4 azimuths"):
        instrument.check_recording(segments=3, frames=3, where="run.ome.tif")
    with pytest.raises(InputError, match=r"run.ome.tif: 2 frames, but frame_times_s has 3 values"):
        instrument.check_recording(segments=4, frames=2, where="run.ome.tif")


@pytest.mark.shared
def test_every_shared_instrument_file_is_read(shared_data: Path):
    files = sorted(shared_data.glob("recordings/*.toml")) + sorted(shared_data.glob("real/*/instrument.toml"))
    assert files
    for file in files:
        assert load_instrument(file).segments >= 3
