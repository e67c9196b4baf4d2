"""The accuracy benchmark's own arithmetic, and its bars on the recordings with truth."""

import io

import numpy as np
import pytest
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench import accuracy, over_floor, scores
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.truth_cases import built_in_case, recorded_cases
from eclips4d.pipeline.bench.vickers import indent_faces
from eclips4d.pipeline.commands.bench import bench


def test_height_error_ignores_planes_margins_and_unseen_places():
    y, x = np.mgrid[0:80, 0:100]
    truth = np.sin(x / 9.0) + np.cos(y / 7.0)
    height = truth + 3.0 + 0.1 * x - 0.2 * y
    height[:10], height[30:34, 40:50] = 1e6, np.nan
    assert scores.height_error(height, truth) == pytest.approx(0.0, abs=1e-9)
    bumpy = height + np.where((x + y) % 2, 0.5, -0.5)
    assert scores.height_error(bumpy, truth) == pytest.approx(0.5, rel=1e-3)


def test_slope_scale_and_face_angle_of_exact_slopes():
    pixel, wave = 2.0, 30.0
    y, x = np.mgrid[0:120, 0:120] * pixel
    height = 10 * np.sin(x / wave) * np.cos(y / wave)
    slope = 10 / wave * np.stack([np.cos(x / wave) * np.cos(y / wave), -np.sin(x / wave) * np.sin(y / wave)])
    assert scores.slope_scale([1.03 * slope], [height], pixel) == pytest.approx(1.03, abs=1e-3)
    tilted = 1.03 * slope + np.array([0.3, -0.2])[:, None, None]
    assert scores.slope_scale([tilted], [height], pixel, levelled=True) == pytest.approx(1.03, abs=1e-3)
    roof = np.abs(x - 100.0) * np.tan(np.radians(35.26))
    sides = np.stack([np.sign(x - 100.0) * np.tan(np.radians(35.4)), np.zeros_like(x)])
    assert scores.face_angle([sides], [roof], pixel, 35.26) == pytest.approx(35.4, abs=1e-6)
    assert np.isnan(scores.face_angle([sides], [roof], pixel, 50.0))


def test_curl_over_divergence_is_the_square_of_the_wrong_turn():
    rng = np.random.default_rng(0)
    height = np.cumsum(np.cumsum(rng.standard_normal((200, 200)), axis=0), axis=1)
    q, p = np.gradient(height)
    assert scores.curl_over_divergence(np.stack([p, q])) < 1e-20
    turn = np.radians(30)
    turned = np.stack([p * np.cos(turn) - q * np.sin(turn), p * np.sin(turn) + q * np.cos(turn)])
    assert scores.curl_over_divergence(turned) == pytest.approx(np.tan(turn) ** 2, rel=1e-6)


def test_faces_of_a_made_indent():
    y, x = np.mgrid[0:400, 0:500].astype(float)
    turn = np.radians(20)
    a, b = (x - 260) * np.cos(turn) + (y - 190) * np.sin(turn), (y - 190) * np.cos(turn) - (x - 260) * np.sin(turn)
    depth = np.minimum(np.maximum(np.abs(a), np.abs(b)) - 110, 0) * np.tan(np.radians(22.0))
    q, p = np.gradient(depth)
    noise = 0.05 * np.random.default_rng(0).standard_normal((2, 400, 500))
    faces = indent_faces(2.5 * np.stack([p, q]) + noise)
    np.testing.assert_allclose(faces.angles_deg, 22.0, atol=0.1)
    assert faces.scale == pytest.approx(0.4, rel=5e-3)
    assert faces.rms_deg < 0.1


def test_drift_error_is_a_vector_rms():
    assert scores.drift_error(np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros((2, 2))) == pytest.approx(5 / np.sqrt(2))


def test_built_in_recording_is_scored_without_any_data():
    out = io.StringIO()
    rows = accuracy.run_accuracy(None, Console(file=out, width=120))
    tables = {row.table for row in rows}
    chain = {row.what.split(": ")[1]: row for row in rows if row.table.startswith("whole chain")}
    assert chain["drift error, px"].value < 1.0
    scale = chain[f"{scores.RESOLVED_SCALE}, levelled"]
    assert scale.value == pytest.approx(1.0, abs=0.05) and scale.met is None
    assert {"closed form, true drift and gains", "whole chain, everything estimated"} <= tables
    assert all(np.isfinite(row.value) for row in rows)
    assert not [row for row in rows if row.met is False]
    assert "over floor" in out.getvalue()


def test_built_in_floor_is_that_of_the_chain_s_own_resampling():
    case = built_in_case("sim://copper-redox?size=96&frames=2&seed=4")
    plain = over_floor.floor_of(case.instrument, case.truth, [])
    assert 0 < plain < 10 * case.pixel_nm


def test_without_a_dose_there_is_no_floor():
    case = built_in_case("sim://copper-redox?size=96&frames=2&seed=4")
    beam = case.instrument.beam.model_copy(update={"electrons_per_pixel": None})
    silent = case.instrument.model_copy(update={"beam": beam})
    with pytest.raises(InputError, match="no noise floor without a dose"):
        over_floor.floor_of(silent, case.truth, [])
    row = over_floor.over_floor_row("table", "error", 1.0, silent, case.truth)
    assert np.isnan(row.value) and "no dose stated" in row.what and row.met is None
    assert over_floor.over_floor_row("table", "error", 1.0, silent, case.truth, bar=2.0).met is False


@pytest.mark.parametrize(("met", "code"), [(None, 0), (True, 0), (False, 1)])
def test_the_command_s_exit_code_tells_a_missed_bar(monkeypatch, met, code):
    monkeypatch.setattr(accuracy, "run_accuracy", lambda data, console: [Row("table", "what", 1.0, "≤ 0", met)])
    assert bench("accuracy") == code


@pytest.mark.shared
@pytest.mark.slow
def test_closed_form_meets_its_bars_on_every_recording(shared_data):
    rows = [row for case in recorded_cases(shared_data / "recordings") for row in accuracy.closed_form_rows(case)]
    assert len({row.what.split(":")[0] for row in rows}) == 4
    assert not [row for row in rows if row.met is False]


@pytest.mark.shared
@pytest.mark.slow
def test_real_frames_meet_their_bars(shared_data):
    facets = accuracy.facet_rows(shared_data / "real" / "facets")
    indent = accuracy.vickers_rows(shared_data / "real" / "vickers")
    assert not [row for row in facets + indent if row.met is False]
    right, ignored, wrong = (row.value for row in facets)
    assert right < ignored < wrong
