"""What the tables of heights make of models that are known to be right, or wrong in a known way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import erf

from eclips4d.inference.networks.height_coverage import JudgedHeight, without_common
from eclips4d.pipeline.bench.networks.heights import recorded, steep, steep_bounds
from eclips4d.pipeline.bench.networks.heights.coverage import share_rows
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.networks.heights.part import real
from eclips4d.pipeline.bench.networks.integration.scores import Score
from eclips4d.pipeline.bench.truth_cases import built_in_case

SHAPE = (80, 80)


def score_of(rms: float) -> Score:
    return Score(rms, (0.6 * rms, 0.5 * rms, 0.6 * rms), 0.0)


def movie_of(*rms: float) -> recorded.Movie:
    flat = np.zeros(SHAPE, np.float32)
    return recorded.Movie(
        (np.zeros((2, *SHAPE), np.float32),) * len(rms), (flat,) * len(rms), tuple(map(score_of, rms))
    )


def test_gentle_recordings_have_a_floor_and_steep_ones_the_closed_form(monkeypatch):
    monkeypatch.setattr(recorded, "floor_of", lambda *_: 1.0)
    case = replace(built_in_case("sim://steps?size=32&frames=1"), name="spiral")
    found = {CLOSED: movie_of(1.08, 1.08), "live": movie_of(1.07, 1.07), "best": movie_of(1.0, 1.2)}
    closed, live, best = recorded.floor_rows(case, found)
    assert closed.met is None and closed.value == pytest.approx(1.08)
    assert live.met and not best.met and live.target == "≤ 1.08"
    _, live, best = recorded.closed_rows(case, found)
    assert live.met is None and live.value == pytest.approx(1.07 / 1.08)
    _, live, _ = recorded.closed_rows(replace(case, name="frusta"), {**found, "live": movie_of(0.5, 0.52)})
    assert live.met and live.value == pytest.approx(np.sqrt(0.5 * 0.52) / 1.08)


def test_the_closed_form_on_a_recording_with_truth_is_near_it():
    case = built_in_case("sim://steps?size=64&frames=2&supersample=2")
    made = recorded.movie(case, CLOSED)
    assert len(made.heights) == len(made.scores) == 2
    assert 0.0 < made.rms.max() < 0.3 * np.std(case.truth.height_nm)
    scale = recorded.scale_rows(case, "live", made)[0]
    assert scale.value == pytest.approx(1.0, abs=0.05)


def test_faces_read_too_gentle_by_a_share_show_that_angle():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    truth = np.zeros((2, *SHAPE), np.float32)
    truth[0] = np.where(x < 40, np.tan(np.radians(45.0)), -np.tan(np.radians(35.26)))
    errors = steep.face_errors(0.99 * truth, truth)
    assert sorted(errors) == [35.26, 45.0]
    for angle, error in errors.items():
        read = np.degrees(np.arctan(0.99 * np.tan(np.radians(angle))))
        assert error == pytest.approx(read - angle, abs=1e-4)
    assert (y >= 0).all()


def test_rows_of_angles_name_the_worst_and_judge_the_mean():
    reads = {
        CLOSED: [steep.Read(score_of(1.0), 1.0, {45.0: 0.5})] * 3,
        "live": [steep.Read(score_of(0.4), 1.0, {45.0: e}) for e in (0.3, -0.2, 0.1)],
    }
    closed, _, live, worst = steep.angle_rows("pyramids", 45.0, reads)
    assert closed.met is None and live.met and live.value == pytest.approx(0.2 / 3.0)
    assert worst.value == pytest.approx(0.3) and worst.met is None
    _, ratio = steep.error_rows("pyramids", reads)
    assert ratio.met and ratio.value == pytest.approx(0.4)


def test_what_frames_share_is_taken_out_and_their_own_scatter_is_kept():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] / 80.0
    truth = np.sin(9.0 * x).astype(np.float32)
    kept = []
    for _ in range(60):
        tilts = rng.normal(0.0, 1.0, 4)
        shared = 40.0 * x - 30.0 * y + 0.2 * truth
        frames = [_judged(shared + tilt * (x - 0.5)) for tilt in tilts]
        left = without_common(frames, truth)
        mean = np.mean([frame.error for frame in left], axis=0)
        assert np.abs(mean).max() < 1e-3
        kept += [float(np.polyfit(x[0], frame.error[0], 1)[0]) for frame in left]
    assert np.std(kept) == pytest.approx(1.0, abs=0.12)


def _judged(error: np.ndarray) -> JudgedHeight:
    even = np.full(SHAPE, 0.1, np.float32)
    return JudgedHeight(error.astype(np.float32), even, even, (1.0, 1.0))


@pytest.mark.parametrize(("factor", "met"), [(1.0, True), (1.5, False), (0.6, False)])
def test_errors_as_large_as_stated_are_covered(factor, met):
    rng = np.random.default_rng(3)
    share, size = share_rows("flat", 10, "live", [factor * rng.standard_normal(20_000) for _ in range(4)])
    assert share.met is met and size.value == pytest.approx(factor, rel=0.02)
    assert share.value == pytest.approx(100.0 * erf(1.0 / (factor * np.sqrt(2.0))), abs=1.0)


def test_the_closed_form_is_a_model_and_real_frames_may_be_missing(tmp_path):
    case = built_in_case("sim://steps?size=32&frames=1")
    held = judged(CLOSED, case.instrument)
    assert held.spectrum.long_wave == 1.0 and held.model.fingerprint
    assert real(None, "vickers") is None and real(tmp_path, "vickers") is None
    (tmp_path / "real" / "vickers").mkdir(parents=True)
    assert real(tmp_path, "vickers") == tmp_path / "real" / "vickers"


def test_slopes_that_are_known_are_put_in_where_they_belong():
    true = np.zeros((2, *SHAPE), np.float32)
    true[0] = np.where(np.mgrid[: SHAPE[0], : SHAPE[1]][1] < 40, 1.0, -1.0)
    of = steep_bounds.Seen(*(np.full_like(true, value) for value in (0.1, 0.2, 0.3)), true)
    assert of.edges[:, 39:41].all() and of.edges.sum() == 2 * SHAPE[0]
    assert of.faces.sum() + of.edges.sum() == of.faces.size
    found = {what: known(of) for what, known in steep_bounds.KNOWN.items()}
    guessed, lit, edges, faces = found.values()
    assert (guessed == of.guessed).all() and (lit == of.lit).all()
    np.testing.assert_array_equal(np.where(of.edges, edges, faces), true)
    np.testing.assert_array_equal(np.where(of.edges, faces, edges), of.guessed)
