"""Segment folders, with and without a vendor's header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import structlog
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.vendor.fei import fei_header
from eclips4d.acquisition.vendor.header import FileHeader
from eclips4d.acquisition.vendor.says import differences, vendor_says, warn_of_differences
from eclips4d.core.instrument import parse_instrument

TOML = """
[beam]
energy_kev = 7
dwell_us = 20
[scan]
pixel_size_nm = 65.1
rotation_deg = 30
[detector]
working_distance_mm = 5
azimuths_deg = [210, 90, 330]
"""
TAGS = {
    "User": {"Date": "09/12/2023", "Time": "05:00:10 PM"},
    "EBeam": {"HV": 7000, "WD": 0.00501, "ScanRotation": 0.5236, "BeamCurrent": 5.2e-10},
    "EScan": {"Dwell": 2e-5, "PixelWidth": 6.51e-8, "LineTime": 0.03},
    "Image": {"ResolutionY": 1024},
    "Detectors": {"Name": "ABS"},
    "ABS": {"Contrast": 82.5, "Brightness": 92.9, "BrightnessDB": ""},
    "Vacuum": {"ChPressure": 0.0014, "Humidity": ""},
}


def test_segments_in_the_order_of_their_names(tmp_path: Path) -> None:
    planes = np.random.default_rng(1).integers(0, 999, (3, 8, 9), dtype=np.uint16)
    for k in (2, 0, 1):
        tifffile.imwrite(tmp_path / f"{'ABC'[k]}.tif", planes[k])
    (tmp_path / "instrument.toml").write_text(TOML)
    with open_source(str(tmp_path)) as source:
        (frame,) = source.frames()
    assert frame.header.segments == ("A", "B", "C")
    assert np.array_equal(frame.data, planes)


def test_vendor_values_in_our_units() -> None:
    said = vendor_says({"A": fei_header(TAGS), "B": fei_header(TAGS | {"ABS": {"Contrast": 70.0}})})
    assert said.rows == 1024 and said.line_time_s == 0.03
    assert said.start_utc == "2023-09-12T17:00:10+00:00"
    assert said.side["high_voltage"] == pytest.approx(7.0)
    assert said.side["working_distance"] == pytest.approx(5.01)
    assert said.side["scan_rotation"] == pytest.approx(30.0, abs=1e-3)
    assert said.side["beam_current"] == pytest.approx(0.52)
    assert (said.side["contrast_A"], said.side["contrast_B"]) == (82.5, 70.0)
    assert "brightness_B" not in said.side
    assert set(said.units) == set(said.side)


def test_a_file_without_vendor_header_says_nothing() -> None:
    said = vendor_says({"A": FileHeader(), "B": FileHeader()})
    assert (said.rows, said.line_time_s, said.start_utc, said.side) == (None, None, None, {})


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("", "", set()),
        ("energy_kev = 7", "energy_kev = 8", {"high_voltage"}),
        ("pixel_size_nm = 65.1", "pixel_size_nm = 70", {"pixel_width"}),
        ("rotation_deg = 30", "rotation_deg = -30", {"scan_rotation"}),
        ("rotation_deg = 30", "rotation_deg = 390", set()),
        ("dwell_us = 20", "dwell_us = 10", {"dwell"}),
    ],
)
def test_differences_are_logged(before: str, after: str, named: set[str]) -> None:
    with structlog.testing.capture_logs() as lines:
        instrument, says = parse_instrument(TOML.replace(before, after)), vendor_says({"A": fei_header(TAGS)})
        warn_of_differences(says, instrument, "here")
    assert {line["value"] for line in lines} == named
    assert [remark.split(" is ")[0] for remark in differences(says, instrument)] == sorted(named)


@pytest.mark.parametrize(("name", "rotation"), [("vickers", 0.0), ("facets", 30.0)])
def test_real_frames(shared_data: Path, name: str, rotation: float) -> None:
    folder = shared_data / "real" / name
    with structlog.testing.capture_logs() as lines, open_source(str(folder)) as source:
        (frame,) = source.frames()
    assert lines == []
    assert frame.data.shape == (3, 1024, 1536)
    assert frame.header.rotation_deg == rotation
    assert frame.header.line_time_s == pytest.approx(0.03176)
    assert frame.header.side["scan_rotation"] == pytest.approx(rotation, abs=1e-3)
    for segment, plane in zip("ABC", frame.data, strict=True):
        assert np.array_equal(plane, tifffile.imread(folder / f"{segment}.tif")[:1024])


def test_real_data_bar_is_cut_where_the_vendor_says(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "real" / "vickers"
    toml = (folder / "instrument.toml").read_text()
    (tmp_path / "instrument.toml").write_text("\n".join(x for x in toml.splitlines() if not x.startswith("rows")))
    for segment in "ABC":
        (tmp_path / f"{segment}.tif").symlink_to(folder / f"{segment}.tif")
    with open_source(str(tmp_path)) as source:
        assert source.info.shape == (3, 1024, 1536)


@pytest.mark.parametrize("name", ["granular_afm", "frusta", "spiral", "stepflow"])
def test_made_recordings(shared_data: Path, name: str) -> None:
    path = shared_data / "recordings" / f"{name}.ome.tif"
    with open_source(str(path)) as source:
        got = np.stack([frame.data for frame in source.frames()])
    assert np.array_equal(got, tifffile.imread(path))
