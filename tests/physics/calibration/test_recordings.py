"""The real indent, and recordings with truth as artefacts."""

import numpy as np
import pytest

from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact
from eclips4d.physics.calibration.dome import calculated_ramp, read_ramp
from eclips4d.pipeline.bench.one_face_out import one_face_out
from eclips4d.pipeline.bench.real_frames import one_frame
from eclips4d.pipeline.bench.truth_cases import recorded_cases

pytestmark = pytest.mark.shared


@pytest.mark.slow
def test_each_face_of_the_indent_is_read_by_the_other_three(shared_data):
    data, instrument = one_frame(shared_data / "real" / "vickers")
    out = one_face_out(data, instrument)
    assert out.predicted_rms <= 0.35
    assert out.depth_nm.mean() == pytest.approx(2650.0, rel=0.04)
    read = np.mean(read_ramp(out.field, out.fit.parameters, instrument))
    assert np.mean(calculated_ramp(instrument, out.field.shape)) == pytest.approx(read, rel=0.15)


@pytest.mark.parametrize("name", [pytest.param("frusta", marks=pytest.mark.slow), "spiral"])
def test_a_recording_with_truth_is_an_artefact(shared_data, name):
    folder = shared_data / "recordings"
    case = next(case for case in recorded_cases(folder) if case.name == name)
    detector = case.instrument.detector.model_copy(update={"gain": None, "offset_adu": None})
    blank = case.instrument.model_copy(update={"detector": detector})
    outcome = calibrate_on([case.frames[0].data], blank, parse_artefact(f"height:{folder / name}.truth.npz"))
    p = outcome.fit.parameters
    np.testing.assert_allclose(p.gain / p.gain.mean(), case.truth.gain / np.mean(case.truth.gain), atol=0.006)
    np.testing.assert_allclose(np.degrees(p.turn), 0.0, atol=0.6)
    low, high = outcome.section.tilt_range_deg
    strength = p.law(np.radians((low + high) / 2.0)) * np.mean(p.gain) / np.mean(p.level)
    assert strength == pytest.approx(1.0, abs=0.01)
