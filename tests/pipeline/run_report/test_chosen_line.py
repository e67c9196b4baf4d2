"""The line across the steps that nobody had to draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.pipeline.run_report.chosen_line import choose_line, parse_line

ROWS, COLUMNS = 60, 80
GRID = Grid((4.0, 4.0), (8.0, -12.0))


def stairs(downhill_deg: float, tilt: tuple[float, float] = (0.0, 0.0), noise: float = 0.0, unseen: int = 0) -> Movie:
    """Steps that go down in this direction on the screen, on a plane, as three equal frames."""
    direction = np.array([np.cos(np.radians(downhill_deg)), -np.sin(np.radians(downhill_deg))])
    y, x = np.mgrid[:ROWS, :COLUMNS] * 4.0
    along = direction[0] * x + direction[1] * y
    steepness = -0.4 * np.exp(-((((along + 7.0) % 80.0) - 40.0) ** 2) / (2 * 6.0**2))
    random = np.random.default_rng(1).normal(0.0, noise, (2, ROWS, COLUMNS)) if noise else 0.0
    slope = (direction[:, None, None] * steepness + np.array(tilt)[:, None, None] + random).astype(np.float32)
    height = np.zeros((ROWS, COLUMNS), np.float32)
    height[:unseen], height[:, :unseen] = np.nan, np.nan
    sd = np.full((ROWS, COLUMNS), 0.02, np.float32)

    def read(frame: int) -> SurfaceFrame:
        return SurfaceFrame(frame, float(frame), np.full(ROWS, float(frame)), height, slope, sd)

    return Movie(GRID, (ROWS, COLUMNS), (0, 1, 4), read, {})


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 360.0), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_it_runs_downhill_across_the_steps_whatever_the_mean_plane(downhill, tilt_x, tilt_y):
    chosen = choose_line(stairs(downhill, (tilt_x, tilt_y), noise=0.03))
    (x0, y0), (x1, y1) = chosen.line
    found = np.degrees(np.arctan2(-(y1 - y0), x1 - x0))
    assert abs((found - downhill + 180.0) % 360.0 - 180.0) < 3.0
    assert "steepest descent" in chosen.how and not chosen.given


@pytest.mark.parametrize("downhill, unseen", [(30.0, 0), (200.0, 12), (90.0, 5)])
def test_it_goes_through_the_middle_and_ends_inside_what_was_seen(downhill, unseen):
    (x0, y0), (x1, y1) = choose_line(stairs(downhill, unseen=unseen)).line
    for x, y in ((x0, y0), (x1, y1)):
        assert 8.0 + 4.0 * unseen <= x <= 8.0 + 4.0 * (COLUMNS - 1)
        assert -12.0 + 4.0 * unseen <= y <= -12.0 + 4.0 * (ROWS - 1)
    middle = np.array([8.0 + 2.0 * (unseen + COLUMNS - 1), -12.0 + 2.0 * (unseen + ROWS - 1)])
    normal = np.array([-(y1 - y0), x1 - x0]) / np.hypot(x1 - x0, y1 - y0)
    assert abs(normal @ (middle - (x0, y0))) < 0.1
    assert np.hypot(x1 - x0, y1 - y0) > 0.7 * 4.0 * (min(ROWS, COLUMNS) - unseen)


def test_where_no_direction_stands_out_it_says_so():
    assert "no clear common direction" in choose_line(stairs(0.0, noise=2.0)).how


def test_where_nothing_was_seen_in_all_frames_it_goes_through_the_middle_of_the_field():
    chosen = choose_line(stairs(0.0, unseen=COLUMNS))
    assert chosen.line == ((8.0, 106.0), (324.0, 106.0)) and "no place was seen in all frames" in chosen.how


def test_a_given_line_is_taken_as_it_is():
    assert parse_line("0,12.5,300,-4e1").line == ((0.0, 12.5), (300.0, -40.0))
    assert parse_line("1,2,3,4").given and parse_line("1,2,3,4").words == "1,2,3,4"


@pytest.mark.parametrize("words", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,1,2", "0,0,nan,1", "0,0,inf,1"])
def test_what_is_no_line_is_refused(words):
    with pytest.raises(InputError, match="X0,Y0,X1,Y1"):
        parse_line(words)
