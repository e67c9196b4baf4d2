"""Velocities: right, as uncertain as stated, at each row's own time, and turned into the edge's normal."""

import math

import numpy as np
import pytest

from eclips4d.metrology.steps.alias import Within, aliased
from eclips4d.metrology.steps.area import follow_area
from eclips4d.metrology.steps.growth import growth, passages
from eclips4d.metrology.steps.measure import follow_line
from eclips4d.metrology.steps.summary import step_summary
from eclips4d.metrology.steps.table import COLUMNS, event_table, line_growth, step_table
from eclips4d.metrology.steps.velocity import mean_velocity, velocities
from eclips4d.metrology.steps.wander import Sights, Wander, wander_of


def sights(random, frames=30, speed=2.0, noise=0.3, slow=0.0, time_s=5.0):
    time = np.arange(frames) + 0.1
    wander = Wander(1.0, ((slow, time_s),))
    exact = Sights(time, speed * time, np.full(frames, noise))
    return Sights(time, random.multivariate_normal(exact.place_nm, wander.covariance(exact)), exact.u_nm), wander


@pytest.mark.parametrize("slow", [0.0, 0.6])
def test_errors_are_as_stated_when_the_noise_is_known(slow):
    random = np.random.default_rng(0)
    errors, means = [], []
    for _ in range(150):
        seen, wander = sights(random, slow=slow)
        found = velocities(seen, wander)
        errors.append((found.nm_s - 2.0) / found.u_nm_s)
        mean, u = mean_velocity(seen, wander)
        means.append((mean - 2.0) / u)
    share = np.mean(np.abs(errors) < 2)
    assert 0.93 < share < 0.985
    assert 0.9 < np.mean(np.abs(means) < 2) <= 1.0


def test_a_mean_velocity_does_not_depend_on_which_sights_are_sure():
    """A step that speeds up: the line nearest to its way is the same, wherever texture and noise leave it unsure."""
    time = np.arange(12.0)
    place = 2.0 * time + 0.05 * time**2 + 0.004 * time**3
    nearest = np.polyfit(time, place, 1)[0]
    for u in (np.linspace(0.1, 2.0, 12), np.where(time == 3.0, 5.0, 0.2)):
        mean, _ = mean_velocity(Sights(time, place, u, 1.0, 8.0), Wander(1.0))
        assert mean == pytest.approx(nearest, rel=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4, 6, 25])
def test_a_mean_velocity_of_equally_sure_sights_is_that_of_the_line_through_them(count):
    random = np.random.default_rng(count)
    time = np.sort(random.uniform(0.0, 30.0, count))
    place = random.normal(size=count)
    (slope, _), covariance = np.polyfit(time, place, 1, cov="unscaled") if count > 2 else ((np.nan, 0), np.eye(2))
    mean, u = mean_velocity(Sights(time, place, np.full(count, 0.5)), Wander(1.0))
    if count == 2:
        slope, covariance = np.diff(place)[0] / np.diff(time)[0], np.diag([2.0 / np.diff(time)[0] ** 2, 0.0])
    assert mean == pytest.approx(slope)
    assert u >= 0.5 * math.sqrt(covariance[0, 0]) * (1.0 - 1e-9)


def test_a_parabola_serves_at_the_ends():
    time = np.arange(25.0)
    place = 3.0 * time + 0.05 * time**2
    seen = Sights(time, place, np.full(25, 0.01))
    found = velocities(seen, Wander(1.0), 9)
    np.testing.assert_allclose(found.nm_s, 3.0 + 0.1 * time, atol=1e-6)
    assert (found.window_s == 8.0).all()


def test_the_factor_on_stated_uncertainties_is_found():
    random = np.random.default_rng(3)
    tracks = []
    for _ in range(6):
        seen, _ = sights(random, frames=40, noise=0.6)
        tracks.append(Sights(seen.time_s, seen.place_nm, 0.5 * seen.u_nm))
    assert wander_of(tracks, 1.0).factor == pytest.approx(2.0, rel=0.15)
    assert wander_of([], 1.0) == Wander(1.0)


def test_texture_does_not_make_a_still_step_uncertain():
    still = Sights(np.arange(20.0), np.zeros(20), np.full(20, 0.1), 2.0, 10.0)
    going_on = Sights(np.arange(20.0), 4.0 * np.arange(20.0), np.full(20, 0.1), 2.0, 10.0)
    wander = Wander(1.0)
    without = mean_velocity(Sights(still.time_s, still.place_nm, still.u_nm), wander)[1]
    assert mean_velocity(still, wander)[1] == pytest.approx(without, rel=1e-3)
    assert mean_velocity(going_on, wander)[1] > 5 * without


def test_rows_count_at_their_own_time(steps):
    # A steep line over slow rows: between the frame's start and the row's time the step goes on.
    made = steps([steps.going(200, 6.0, -8.0)], shape=(100, 120), line_time_s=0.009, turn_deg=30.0)
    line = ((150.0, 30.0), (330.0, 330.0))
    found = follow_line(made.movie(10), line, 20.0)
    assert len(found.linked.tracks) == 1
    table = step_table([found])
    x, y, t = (table[name].to_numpy() for name in ("x_nm", "y_nm", "time_s"))
    off = (x - 200 - 6.0 * t) * math.cos(math.radians(30)) + (y - 198.0) * math.sin(math.radians(30))
    assert np.abs(off).max() < 0.5
    np.testing.assert_allclose(table["velocity_normal_nm_s"], 6.0 * math.cos(math.radians(30)), rtol=0.05)
    np.testing.assert_allclose(table["normal_deg"], -30.0, atol=1.0)


def test_the_table_tells_height_angle_spacing_and_both_uncertainties(steps, line):
    made = steps([steps.going(150, 2.0, -8.0), steps.going(300, 2.0, -8.0), steps.going(450, 2.0, 6.0)])
    found = follow_line(made.movie(6), line, 30.0)
    table = step_table([found])
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 18 and table["rises"].sum() == 6
    by_step = table.groupby("step_id")
    np.testing.assert_allclose(by_step["height_nm"].mean(), [8.0, 8.0, 6.0], rtol=0.04)
    np.testing.assert_allclose(by_step["spacing_nm"].mean()[:2], 150.0, atol=1.0)
    assert by_step["spacing_nm"].mean().isna().tolist() == [False, False, True]
    whole = np.hypot(table["height_random_u_nm"], table["height_systematic_u_nm"])
    np.testing.assert_allclose(table["height_u_nm"], whole)
    summary = step_summary([found], table)
    assert summary["sights"].tolist() == [6, 6, 6]
    np.testing.assert_allclose(summary["velocity_along_line_nm_s"], 2.0, rtol=0.05)
    assert event_table([found]).empty


def test_growth_is_what_passing_steps_leave_behind(steps, line):
    made = steps([steps.going(100 + 120 * k, 3.0, -8.0) for k in range(4)])
    found = follow_line(made.movie(12), line, 30.0)
    rate = line_growth(found, step_table([found]))
    expected = 4 * 8.0 * 3.0 / found.length_nm
    np.testing.assert_allclose(rate.rate_nm_s, expected, rtol=0.1)
    assert (np.abs(rate.rate_nm_s - expected) < 4 * np.hypot(rate.u_nm_s, rate.systematic_u_nm_s)).all()


def test_growth_of_nothing_is_not_known():
    empty = np.zeros(0)
    rate = growth(np.zeros(0, np.int64), empty, empty, empty, empty, frames=3, length_nm=100.0, slope_scale_u=0.01,
                  drift_u_nm_s=0.0)  # fmt: skip
    assert np.isnan(rate.rate_nm_s).all() and (rate.steps == 0).all()


def test_drift_leaves_more_in_a_window_than_in_the_whole_run(steps, line):
    made = steps([steps.going(150, 2.0, -8.0), steps.going(300, 2.0, -8.0)])
    found = follow_line(made.movie(26), line, 30.0)
    table = step_table([found], window=11)
    # Columns are known to 0.02 pixels of 4 nm; a walk over 25 s goes 0.4 ** 0.5 of that in 10 s.
    np.testing.assert_allclose(table["velocity_along_line_systematic_u_nm_s"], 0.08 * math.sqrt(0.4) / 10.0, rtol=1e-6)
    summary = step_summary([found], table)
    np.testing.assert_allclose(summary["velocity_along_line_systematic_u_nm_s"], 0.08 / 25.0, rtol=0.02)
    rate = line_growth(found, table)
    np.testing.assert_allclose(rate.systematic_u_nm_s, 0.0051 * 16.0 / found.length_nm, rtol=0.1)


def test_a_gap_is_what_it_was_while_both_steps_were_seen(steps):
    # Two steps 80 nm apart go on by 50 nm a frame; the one ahead is gone after three of eight frames.
    def ahead(t):
        return (100.0 + 50.0 * t, -8.0) if t < 2.9 else None

    made = steps([steps.going(20.0, 50.0, -8.0), ahead], shape=(60, 100), line_time_s=0.001)
    middle = 0.5 * 59 * 4.0
    found = follow_line(made.movie(8), ((10.0, middle), (390.0, middle)), 20.0)
    table = step_table([found])
    assert sorted(table.groupby("step_id").size()) == [3, 8]
    assert table["aliased"].all()


def test_passages_are_interpolated():
    time = np.array([0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(passages(time, np.array([0.0, 4.0, 8.0, 2.0]), 5.0), [1.25, 2.5])
    assert passages(time, np.array([0.0, 1.0, 2.0, 3.0]), 5.0).size == 0


def test_steps_that_go_too_far_from_frame_to_frame_are_aliased(steps):
    # 0.7 of the spacing per frame look like -0.3: within the frame they are seen to go the other way.
    made = steps([steps.going(80.0 * k - 1200, 56.0, -8.0) for k in range(30)], shape=(60, 160), line_time_s=0.015)
    middle = 0.5 * 59 * 4.0
    found = follow_line(made.movie(8), ((10.0, middle), (620.0, middle)), 20.0)
    table = step_table([found])
    assert table["aliased"].mean() > 0.9
    slow = steps([steps.going(80.0 * k - 1200, 4.0, -8.0) for k in range(30)], shape=(60, 160), line_time_s=0.015)
    assert not step_table([follow_line(slow.movie(8), ((10.0, middle), (620.0, middle)), 20.0)])["aliased"].any()


def test_aliasing_needs_a_neighbour_and_evidence():
    assert aliased(60.0, None, 100.0, 1.0)
    assert not aliased(40.0, None, 100.0, 1.0)
    assert not aliased(60.0, None, math.inf, 1.0)
    assert aliased(-30.0, Within(70.0, 5.0), 100.0, 1.0)
    assert not aliased(-30.0, Within(70.0, 40.0), 100.0, 1.0)
    assert not aliased(math.nan, None, 100.0, 1.0)


def test_a_step_has_one_number_over_an_area(steps):
    made = steps([steps.going(150 + 110 * k, 2.0, -8.0) for k in range(4)], shape=(80, 160), turn_deg=20.0)
    middle = 0.5 * 79 * 4.0
    lines = follow_area(made.movie(8), ((20.0, middle), (610.0, middle)), 160.0, 4)
    numbers = [sorted(t.step_id for t in found.linked.tracks if len(t.seen) == 8) for found in lines]
    shared = set(numbers[0]).intersection(*numbers[1:])
    assert len(shared) >= 3
    table = step_table(lines)
    for step in shared:
        own = table[table["step_id"] == step]
        off = own["x_nm"] + own["y_nm"] * math.tan(math.radians(20.0)) - 2.0 * own["time_s"]
        assert np.ptp(off) < 6.0
