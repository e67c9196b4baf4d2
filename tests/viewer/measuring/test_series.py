"""Lines followed over time, frame by frame, against metrology's own way through all frames at once."""

from dataclasses import replace

import numpy as np
import pytest
from made_steps import GoingSteps

from eclips4d.core.results import Drift
from eclips4d.metrology.steps.measure import follow_line
from eclips4d.metrology.steps.velocity import mean_velocity
from eclips4d.viewer.measuring import series as series_module
from eclips4d.viewer.measuring.lines_over_time import LinesOverTime, Progress
from eclips4d.viewer.measuring.series import SeriesSoFar
from eclips4d.viewer.measuring.shapes import LineShape

STEPS = GoingSteps(((60.0, 2.0, 4.0), (150.0, 1.0, -6.0)), frames=12, noise=0.006)
LINE = LineShape(((10.0, 29.0), (220.0, 29.0)), 16.0)
STEPS_LATE = replace(STEPS, steps=((-30.0, 5.0, 6.0), (150.0, 1.0, -6.0)), frames=16)
"""The first comes onto the line in the middle of the run."""
BESIDE = LineShape(((10.0, 9.0), (220.0, 9.0)), 8.0)


def read_all(movie, series=None):
    series = series or SeriesSoFar(LINE, movie)
    while (frame := series.next_frame(movie)) is not None:
        series.read(movie.read(frame))
    return series


def test_steps_and_velocities_are_those_of_metrology():
    movie = STEPS.movie()
    series = read_all(movie)
    series.link()
    found = series.answer(movie)
    whole = follow_line(movie, LINE.ends, LINE.width_nm)
    assert found.frames == movie.frames and found.linked == 12
    assert [t.step_id for t in found.tracks] == [t.step_id for t in whole.linked.tracks]
    for ours, theirs in zip(found.tracks, whole.linked.tracks, strict=True):
        np.testing.assert_allclose(ours.position_nm, theirs.column("position_nm"))
        value, u = mean_velocity(whole.sights(theirs), whole.wander)
        assert (ours.mean_nm_s.value, ours.mean_nm_s.random_u) == pytest.approx((value, u))


def test_velocities_are_right_within_their_uncertainty():
    series = read_all(STEPS.movie())
    series.link()
    for track, true in zip(series.answer(STEPS.movie()).tracks, (2.0, 1.0), strict=True):
        assert track.mean_nm_s.normalised_error(true) < 2.0


def test_drift_leaves_more_in_a_step_that_is_seen_for_a_part_of_the_run():
    def drifting(k):
        return replace(STEPS_LATE.frame(k), drift=Drift((0.0, 0.0), (0.0, 0.0), (0.02, 0.02)))

    movie = replace(STEPS_LATE.movie(), read=drifting)
    series = read_all(movie)
    series.link()
    whole = follow_line(movie, LINE.ends, LINE.width_nm)
    spans = []
    for ours, theirs in zip(series.answer(movie).tracks, whole.linked.tracks, strict=True):
        spans.append(float(np.ptp(ours.time_s)))
        # 0.02 pixels of 2 nm over 15 s, and a walk over less.
        assert ours.mean_nm_s.systematic_u == pytest.approx(0.04 / np.sqrt(15.0 * min(spans[-1], 15.0)), rel=1e-3)
        assert ours.mean_nm_s.systematic_u == pytest.approx(whole.drift_u_over(np.ptp(theirs.column("time_s"))))
    assert min(spans) < 11.0 < 14.0 < max(spans)


def test_growing_frame_by_frame_ends_where_reading_all_at_once_ends():
    series = SeriesSoFar(LINE, STEPS.movie(1))
    for count in range(1, 13):
        read_all(STEPS.movie(count), series)
        series.link()
    movie = STEPS.movie()
    once = read_all(movie)
    once.link()
    ours, theirs = series.answer(movie), once.answer(movie)
    np.testing.assert_array_equal(ours.image, theirs.image)
    for a, b in zip(ours.tracks, theirs.tracks, strict=True):
        np.testing.assert_allclose(a.position_nm, b.position_nm)


def test_no_frame_is_read_twice():
    steps = replace(STEPS, read=[])
    movie = steps.movie()
    series = read_all(movie)
    series.link()
    series.link()
    assert steps.read == list(range(12))


def test_of_a_long_run_frames_are_left_out_evenly(monkeypatch):
    monkeypatch.setattr(series_module, "MOST_FRAMES", 5)
    series = read_all(STEPS.movie(5))
    assert series.answer(STEPS.movie(5)).frames == (0, 1, 2, 3, 4)
    read_all(STEPS.movie(12), series)
    found = series.answer(STEPS.movie(12))
    assert found.every == 4 and found.frames == (0, 4, 8) and found.wanted == 3
    fresh = read_all(STEPS.movie(12))
    assert fresh.answer(STEPS.movie(12)).frames == found.frames


def test_the_way_of_a_step_lies_on_its_flank_in_the_image():
    movie = STEPS.movie()
    series = read_all(movie)
    series.link()
    found = series.answer(movie)
    track = found.tracks[0]
    for place, time_s in zip(track.position_nm, track.time_s, strict=True):
        row = int((time_s - found.span_s[0]) / (found.span_s[1] - found.span_s[0]) * found.image.shape[0])
        near = found.image[row, : int(track.position_nm.mean() / found.spacing_nm) + 40].astype(float)
        seen = np.where(near == 255, 0, near)
        assert abs(np.argmax(seen) * found.spacing_nm - place) < 12.0


def clock_of(times):
    now = iter(times)
    return lambda: next(now)


def work_through(lines, wanted, movie, *, hurry):
    told = []
    for _ in range(200):
        progress, series = lines.work(movie, wanted, hurry=hurry)
        told += [series] if series is not None else []
        if progress is not Progress.WORKED:
            return progress, told
    raise AssertionError("never done")


def test_the_first_line_is_served_before_the_others():
    lines, movie = LinesOverTime(), STEPS.movie()
    progress, told = work_through(lines, (LINE, BESIDE), movie, hurry=True)
    assert progress is Progress.DONE
    done = [series.line for series in told if series.linked == 12]
    assert done[0] == LINE and set(done) == {LINE, BESIDE}


def test_steps_are_followed_anew_no_more_often_than_it_takes():
    """The clock stands still, so that no time ever passes since the first linking, which took some."""
    ticks = [0.0]

    def clock():
        ticks[0] += 0.001
        return ticks[0]

    lines = LinesOverTime(clock)
    lines.work(STEPS.movie(1), (LINE,), hurry=False)
    lines.work(STEPS.movie(1), (LINE,), hurry=False)
    lines._cost_s[LINE] = 1e6
    progress, _ = work_through(lines, (LINE,), STEPS.movie(4), hurry=False)
    assert progress is Progress.WAITING
    progress, told = work_through(lines, (LINE,), STEPS.movie(4), hurry=True)
    assert progress is Progress.DONE and told[-1].linked == 4


def test_a_line_that_leaves_the_field_is_refused_once_and_others_go_on():
    outside = LineShape(((-500.0, 0.0), (100.0, 0.0)))
    lines, movie = LinesOverTime(), STEPS.movie(2)
    progress, told = work_through(lines, (outside, LINE), movie, hurry=True)
    assert progress is Progress.DONE and told[-1].line == LINE
    assert "outside the field" in lines.refused((outside, LINE))[outside]


def test_lines_that_nobody_asks_for_any_more_are_forgotten():
    lines, movie = LinesOverTime(), STEPS.movie(1)
    for k in range(20):
        line = LineShape(((10.0, 20.0 + k), (220.0, 20.0 + k)))
        work_through(lines, (line,), movie, hurry=True)
    assert len(lines._series) <= 9
