"""Headers as makers write them, made here: values in our units, whatever stands around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition.image_file import look_at
from eclips4d.acquisition.vendor.fei import fei_header
from eclips4d.acquisition.vendor.header import UNITS, quantity
from eclips4d.acquisition.vendor.texts import hitachi_header, jeol_header, tescan_header
from eclips4d.acquisition.vendor.zeiss import zeiss_header
from eclips4d.core.errors import InputError

SHAPE = (60, 80)
ZEISS = (
    "\r\n0\r\n0\r\n0\r\n3.5e-09\r\n"
    "AP_WD\r\nWD =  8.5 mm\r\nAP_ACTUALKV\r\nEHT = 5.00 kV\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 2.791 nm\r\n"
    "DP_SCAN_ROT\r\nScan Rotation = On\r\nAP_SCANROTATION\r\nScan Rotation = 12.5 °\r\n"
    "DP_DWELL_TIME\r\nDwell Time = 400 ns\r\nAP_LINE_TIME\r\nLine Time = 44.0 ms\r\nAP_IPROBE\r\nI Probe = 250 pA\r\n"
    "AP_STAGE_AT_T\r\nStage at T =   3.0 °\r\nAP_DATE\r\nDate :24 Mar 2017\r\nAP_TIME\r\nTime :12:40:39\r\n"
)
TESCAN = (
    "[MAIN]\r\nCompany=TESCAN\r\nDate=2019-03-12\r\nTime=10:22:13\r\nImageStripSize=12\r\nPixelSizeX=4.1e-008\r\n"
    "PixelSizeY=4.2e-008\r\n[SEM]\r\nHV=15000.0\r\nWD=0.0100\r\nDwellTime=1e-006\r\nScanRotation=0\r\n"
    "PredictedBeamCurrent=1.2e-010\r\nStageTilt=2\r\nChamberPressure=0.01\r\n"
)
HITACHI = (
    "[SemImageFile]\r\nInstructName=SU8230\r\nDate=2019/03/12\r\nTime=10:22:13\r\nDataSize=80x50\r\n"
    "PixelSize=9.921875\r\nAcceleratingVoltage=15000 Volt\r\nDecelerationVoltage=0 Volt\r\nWorkingDistance=8100 um\r\n"
)
JEOL = (
    "$CM_FORMAT JEOL/SEM\n$CM_ACCEL_VOLT 15.00\n$CM_DATE 2019/03/12\n$CM_TIME 10:21:55\n$CM_FULL_SIZE 160 96\n"
    "$$SM_MICRON_BAR 180\n$$SM_MICRON_MARKER 5um\n$$SM_WD 10.0\n"
)
FEI = "[EBeam]\nHV=5000\nWD=0.004\n[Scan]\nPixelWidth=2e-9\n[Image]\nResolutionY=50\n"
TAGGED = [(34118, ZEISS), (50431, TESCAN), (34682, FEI)]


def image(path: Path, tag: int | None = None, text: bytes = b"", **options: object) -> Path:
    data = np.random.default_rng(1).integers(0, 255, SHAPE, dtype=np.uint8)
    extratags = [(tag, 1, len(text), text, True)] if tag else []
    tifffile.imwrite(path, data, extratags=extratags, **options)
    return path


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}])
def test_zeiss(tmp_path: Path, options: dict[str, object]) -> None:
    header = look_at(image(tmp_path / "a.tif", 34118, ZEISS.encode("latin-1"), **options)).header
    assert header.vendor == "Zeiss" and header.rows is None and not header.sense_known
    assert header.start_utc == "2017-03-24T12:40:39+00:00"
    assert header.values == pytest.approx(
        {"working_distance": 8.5, "high_voltage": 5.0, "pixel_width": 2.791, "scan_rotation": 12.5, "dwell": 0.4,
         "line_time": 0.044, "beam_current": 0.25, "specimen_tilt": 3.0}
    )  # fmt: skip


def test_zeiss_rotation_that_is_off_is_none() -> None:
    tags = {"dp_scan_rot": ("Scan Rotation", False), "ap_scanrotation": ("Scan Rotation", 45.0, "°")}
    assert zeiss_header(tags, 1024).values["scan_rotation"] == 0.0


def test_zeiss_rotation_without_a_switch_is_believed() -> None:
    assert zeiss_header({"ap_scanrotation": ("Scan Rotation", 45.0, "°")}, 1024).values["scan_rotation"] == 45.0
    assert "scan_rotation" not in zeiss_header({}, 1024).values


def test_zeiss_pixel_size_by_the_unnamed_numbers() -> None:
    """Software that names none still writes it in front, for an image of 1024 columns."""
    assert zeiss_header({"": (0, 0, 0, 3.5e-9)}, 2048).values["pixel_width"] == pytest.approx(1.75)


@pytest.mark.parametrize("prefix", [b"", bytes(range(32)) + b"\xff\xfe"])
def test_tescan_tag(tmp_path: Path, prefix: bytes) -> None:
    header = look_at(image(tmp_path / "a.tif", 50431, prefix + TESCAN.encode())).header
    check_tescan(header)


def test_tescan_file_beside(tmp_path: Path) -> None:
    path = image(tmp_path / "a.tif")
    (tmp_path / "a-tif.hdr").write_text(TESCAN)
    check_tescan(look_at(path).header)


def check_tescan(header) -> None:
    assert header.vendor == "TESCAN" and header.rows == SHAPE[0] - 12
    assert header.start_utc == "2019-03-12T10:22:13+00:00"
    assert header.values == pytest.approx(
        {"working_distance": 10.0, "high_voltage": 15.0, "pixel_width": 41.0, "pixel_height": 42.0, "dwell": 1.0,
         "beam_current": 0.12, "specimen_tilt": 2.0, "scan_rotation": 0.0, "chamber_pressure": 0.01}
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_hitachi_file_beside(tmp_path: Path, encoding: str) -> None:
    path = image(tmp_path / "a.tif")
    (tmp_path / "a.txt").write_text(HITACHI, encoding=encoding)
    header = look_at(path).header
    assert header.vendor == "Hitachi" and header.rows == 50
    assert header.values == pytest.approx({"high_voltage": 15.0, "working_distance": 8.1, "pixel_width": 9.921875})


def test_a_decelerated_beams_energy_is_not_guessed() -> None:
    assert "high_voltage" not in hitachi_header(HITACHI.replace("Voltage=0 Volt", "Voltage=3500 Volt")).values
    landing = fei_header({"EBeam": {"HV": 5000}, "EBeamDeceleration": {"ModeOn": "On", "LandingEnergy": 1500}})
    assert landing.values["landing_energy"] == 1.5


def test_jeol_file_beside_a_smaller_copy(tmp_path: Path) -> None:
    """The bar counts pixels of the full image, which is twice as wide as this file."""
    path = image(tmp_path / "a.tif")
    (tmp_path / "a.txt").write_text(JEOL)
    header = look_at(path).header
    assert header.vendor == "JEOL" and header.rows == 48
    assert header.values["pixel_width"] == pytest.approx(2 * 5000 / 180)
    assert header.values["high_voltage"] == 15.0 and header.values["working_distance"] == 10.0
    assert header.start_utc == "2019-03-12T10:21:55+00:00"


def test_nobodys_file(tmp_path: Path) -> None:
    path = image(tmp_path / "a.tif")
    (tmp_path / "a.txt").write_text("shopping list")
    assert look_at(path).header.vendor == ""


@pytest.mark.parametrize(
    ("name", "value", "unit", "wanted"),
    [
        ("working_distance", "8100 um", "mm", 8.1),
        ("working_distance", 0.0081, "m", 8.1),
        ("high_voltage", "15 kV", "V", 15.0),
        ("beam_current", 5.2e-10, "A", 0.52),
        ("pixel_width", "1.117 µm", "nm", 1117.0),
        ("dwell", "400 ns", "us", 0.4),
        ("dwell", "400 parsec", "us", None),
        ("dwell", "fast", "us", None),
        ("dwell", float("nan"), "us", None),
        ("dwell", True, "us", None),
    ],
)
def test_numbers_with_units(name: str, value: object, unit: str, wanted: float | None) -> None:
    assert quantity(name, value, unit) == (wanted if wanted is None else pytest.approx(wanted))


@given(name=st.sampled_from(sorted(UNITS)), value=st.one_of(st.text(), st.floats(), st.integers(), st.binary()))
def test_any_value_is_read_or_none(name: str, value: object) -> None:
    found = quantity(name, value, UNITS[name])
    assert found is None or np.isfinite(found)


@settings(max_examples=300)
@given(text=st.text(alphabet=st.sampled_from("$CM_ACEL VOTHWD=0123456789.eE+-umkx\r\n[]"), max_size=200))
def test_any_text_is_read(text: str) -> None:
    for header in (tescan_header(text, 60), hitachi_header(text), jeol_header(text, 80)):
        assert all(np.isfinite(value) for value in header.values.values())


def test_ten_thousand_damaged_texts() -> None:
    random, letters = np.random.default_rng(4), np.frombuffer(b"$=\n 0123456789.-+eumnVolt[]_x", np.uint8)
    for k in range(10_000):
        spoilt = np.frombuffer((TESCAN, HITACHI, JEOL)[k % 3].encode(), np.uint8).copy()
        spoilt[random.integers(0, len(spoilt), 8)] = random.choice(letters, 8)
        text = spoilt[: random.integers(1, len(spoilt) + 1)].tobytes().decode()
        header = (lambda t: tescan_header(t, 60), hitachi_header, lambda t: jeol_header(t, 80))[k % 3](text)
        assert all(np.isfinite(value) for value in header.values.values())
        assert header.rows is None or header.rows >= 0


@pytest.mark.slow
@pytest.mark.parametrize(("tag", "text"), TAGGED)
def test_ten_thousand_damaged_headers(tmp_path: Path, tag: int, text: str) -> None:
    damaged(tmp_path, tag, text, 10_000)


@pytest.mark.parametrize(("tag", "text"), TAGGED)
def test_damaged_headers(tmp_path: Path, tag: int, text: str) -> None:
    damaged(tmp_path, tag, text, 100)


def damaged(tmp_path: Path, tag: int, text: str, times: int) -> None:
    """Read, or refused in one line: nothing else."""
    path = image(tmp_path / "a.tif", tag, text.encode("latin-1"))
    whole, random = path.read_bytes(), np.random.default_rng(tag)
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[0].dataoffsets[0]
    outside = np.r_[0:start, start + SHAPE[0] * SHAPE[1] : len(whole)]
    refused = 0
    for _ in range(times):
        spoilt = bytearray(whole)
        for place in random.choice(outside, 6):
            spoilt[place] = random.integers(0, 256)
        path.write_bytes(bytes(spoilt))
        try:
            look_at(path)
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
    assert 0 < refused < times
