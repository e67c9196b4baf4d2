"""Gains, dark levels, azimuths and contrast come back from artefacts imaged by an independent facet model."""

import numpy as np
import pytest
from made_artefacts import PIXEL_NM, cap, image, instrument, pyramids, segment_signals

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact

TURN_DEG = 4.0


def read_over_true(known, frame, face_deg, height):
    """Mean slope along the true one over it, on faces without their edges."""
    from scipy.ndimage import binary_erosion

    slope = load_model("analytic", known)(frame, estimate_calibration(frame, known)).slope
    q, p = np.gradient(height, PIXEL_NM)
    true = np.tan(np.radians(face_deg))
    face = binary_erosion(abs(np.hypot(p, q) - true) < 1e-3 * true, iterations=3)
    return float((slope[0] * p + slope[1] * q)[face].mean() / true**2)


def written(tmp_path, height):
    file = tmp_path / "map.npz"
    np.savez(file, height_nm=height, pixel_size_nm=PIXEL_NM)
    return file


@pytest.mark.parametrize(
    ("segments", "sign", "turn"),
    [
        (4, -1.0, 12.0),
        (3, 1.0, 40.0),
        pytest.param(3, -1.0, 12.0, marks=pytest.mark.slow),
        pytest.param(5, 1.0, 70.0, marks=pytest.mark.slow),
        pytest.param(8, -1.0, 5.0, marks=pytest.mark.slow),
    ],
)
def test_a_pyramid_fixes_the_slope_scale_at_its_angle(segments, sign, turn):
    blank = instrument(segments)
    turned = np.asarray(blank.detector.azimuths_deg) + TURN_DEG
    gain, dark = 1.0 + 0.05 * np.cos(2.0 * np.arange(segments)), 900.0 + 100.0 * np.arange(segments)
    frame = image(pyramids((22.0,), turn_deg=turn, sign=sign), turned, gain=gain, dark=dark)
    outcome = calibrate_on([frame], blank, parse_artefact("pyramid:22"))
    found = outcome.instrument
    off = (np.asarray(found.detector.azimuths_deg) - turned + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(off, 0.0, atol=0.8)
    other = pyramids((22.0,), turn_deg=61.0)
    again = image(other, turned, gain=gain, dark=dark, seed=9)
    assert read_over_true(found, again, 22.0, other) == pytest.approx(1.0, abs=0.01)
    assert any("at 22 degrees only" in words for words in outcome.section.not_fixed)
    assert outcome.section.scale_u < 0.03
    assert estimate_calibration(again, found).calibrated


def test_what_a_pyramid_cannot_tell_it_says_and_what_is_given_it_keeps():
    blank = instrument(4, offset_adu=(500.0,) * 4)
    frame = image(pyramids((22.0,)), blank.detector.azimuths_deg, dark=(500.0,) * 4)
    outcome = calibrate_on([frame], blank, parse_artefact("pyramid:22"))
    np.testing.assert_allclose(outcome.instrument.detector.offset_adu, 500.0, atol=60.0)
    assert not any("dark level" in words for words in outcome.section.not_fixed)
    assert any("contrast changes with tilt" in words for words in outcome.section.not_fixed)


@pytest.mark.parametrize(
    ("segments", "sign"),
    [(3, -1.0), pytest.param(4, 1.0, marks=pytest.mark.slow), pytest.param(6, 1.0, marks=pytest.mark.slow)],
)
def test_a_sphere_fixes_contrast_over_tilt(segments, sign):
    blank = instrument(segments)
    gain, dark = 1.0 + 0.05 * np.cos(np.arange(segments)), 300.0 + 50.0 * np.arange(segments)
    azimuths = blank.detector.azimuths_deg
    frame = image(cap(3500.0, sign=sign), azimuths, gain=gain, dark=dark)
    found = calibrate_on([frame], blank, parse_artefact("sphere:3500")).instrument
    for face in (10.0, 25.0, 38.0):
        other = pyramids((face,), turn_deg=33.0)
        again = image(other, azimuths, gain=gain, dark=dark, seed=5)
        assert read_over_true(found, again, face, other) == pytest.approx(1.0, abs=0.012), face


@pytest.mark.parametrize("shift", [(3.4, -2.7), pytest.param((0.0, 0.0), marks=pytest.mark.slow)])
def test_a_height_map_is_found_where_it_lies(tmp_path, shift):
    rng = np.random.default_rng(2)
    f = np.hypot(np.fft.fftfreq(288)[:, None], np.fft.rfftfreq(288))
    spectrum = np.fft.rfft2(rng.standard_normal((288, 288))) * np.exp(-((f / 0.035) ** 2))
    rough = np.fft.irfft2(spectrum, (288, 288))
    rough *= 0.25 * PIXEL_NM / np.gradient(rough)[0].std()
    moved = np.fft.irfft2(
        np.fft.rfft2(rough)
        * np.exp(-2j * np.pi * (np.fft.fftfreq(288)[:, None] * shift[0] + np.fft.rfftfreq(288) * shift[1])),
        (288, 288),
    )
    blank = instrument(4, beam={"electrons_per_pixel": 2000.0, "adu_per_electron": 8.0})
    gain, dark = np.array([1.02, 0.98, 1.01, 0.99]), np.array([200.0, 150.0, 250.0, 300.0])
    frame = image(moved, blank.detector.azimuths_deg, gain=gain, dark=dark)
    outcome = calibrate_on([frame], blank, parse_artefact(f"height:{written(tmp_path, rough)}"))
    np.testing.assert_allclose(outcome.instrument.detector.gain, gain / gain.mean(), atol=0.012)
    assert f"({shift[0]:.1f}" in outcome.notes[0].replace("-0.0", "0.0") or shift == (0.0, 0.0)
    other = pyramids((20.0,), turn_deg=33.0)
    again = image(other, blank.detector.azimuths_deg, gain=gain, dark=dark, seed=5)
    assert read_over_true(outcome.instrument, again, 20.0, other) == pytest.approx(1.0, abs=0.015)


def test_eight_bits_and_saturated_pixels_do_not_move_the_scale():
    blank = instrument(4)
    shape = pyramids((22.0,), sign=-1.0)
    frame = np.minimum(image(shape, blank.detector.azimuths_deg) // 96, 255).astype(np.uint8)
    found = calibrate_on([frame], blank, parse_artefact("pyramid:22")).instrument
    signal = segment_signals(np.array(np.tan(np.radians(22.0))), np.array(0.0), blank.detector.azimuths_deg)
    assert signal.max() * 2000 * 8 / 96 > 200
    assert read_over_true(found, frame, 22.0, shape) == pytest.approx(1.0, abs=0.015)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("pyramid", "no artefact 'pyramid'"),
        ("pyramid:80", "no artefact"),
        ("cube:3", "say pyramid:DEGREES"),
        ("sphere:-4", "no artefact"),
        ("height:", "no artefact"),
    ],
)
def test_what_is_no_artefact_is_refused(said, line):
    with pytest.raises(InputError, match=line):
        parse_artefact(said)


def test_artefacts_that_are_not_there_are_refused(tmp_path):
    blank = instrument(4)
    flat = image(np.zeros((128, 128)), blank.detector.azimuths_deg)
    for said in ("pyramid:22", "sphere:3000", "grating:400"):
        with pytest.raises(InputError):
            calibrate_on([flat], blank, parse_artefact(said))
    with pytest.raises(MissingInputError):
        calibrate_on([flat], blank, parse_artefact(f"height:{tmp_path / 'none.npz'}"))
    with pytest.raises(InputError, match="flat or empty"):
        calibrate_on([flat], blank, parse_artefact(f"height:{written(tmp_path, np.zeros((128, 128)))}"))
    np.savez(tmp_path / "wrong.npz", height=np.zeros((3, 3)))
    with pytest.raises(InputError, match="not a height map"):
        calibrate_on([flat], blank, parse_artefact(f"height:{tmp_path / 'wrong.npz'}"))


def test_a_map_that_is_steep_everywhere_is_refused(tmp_path):
    blank = instrument(4)
    rng = np.random.default_rng(4)
    steep = rng.standard_normal((160, 160)) * 4.0 * PIXEL_NM
    frame = image(steep, blank.detector.azimuths_deg)
    with pytest.raises(InputError, match="gentler slopes"):
        calibrate_on([frame], blank, parse_artefact(f"height:{written(tmp_path, steep)}"))
