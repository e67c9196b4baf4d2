"""Velocities drawn by hand on what repeats."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.measuring.aliasing import drawn_aliased, spacing_near
from eclips4d.viewer.measuring.answers import LineSeries, TrackRead
from eclips4d.viewer.measuring.kymograph import Drawn
from eclips4d.viewer.measuring.readout import velocity_row
from eclips4d.viewer.measuring.shapes import LineShape

LINE = LineShape(((0.0, 0.0), (100.0, 0.0)), 4.0)


def track(start_nm, velocity=0.0, *, rises=True, times=(0.0, 1.0, 2.0, 3.0)):
    t = np.array(times)
    rest = [np.zeros(t.size)] * 4
    return TrackRead(1, t, start_nm + velocity * t, *rest, Quantity(velocity, 0.1), rises)


def series(*tracks, frame_s=1.0):
    return LineSeries(LINE, (0, 1, 2, 3), spacing_nm=1.0, frame_s=frame_s, length_nm=100.0, tracks=tracks)


@given(
    spacing=st.floats(2.0, 30.0),
    velocity=st.floats(-50.0, 50.0),
    frame_s=st.floats(0.1, 5.0),
    count=st.integers(2, 5),
)
def test_more_than_half_the_spacing_from_frame_to_frame_is_marked(spacing, velocity, frame_s, count):
    """Two rows of equal steps: by eye a shift by s + k spacings is a shift by s."""
    moved = abs(velocity) * frame_s
    assume(abs(moved - 0.5 * spacing) > 1e-6 * spacing)
    alike = series(*(track(20.0 + k * spacing, times=np.arange(40.0) * frame_s) for k in range(count)), frame_s=frame_s)
    drawn = Drawn((20.0, frame_s), (20.0 + velocity * frame_s, 2 * frame_s))
    nearest = min(np.arange(-9, 10), key=lambda k: abs(moved + k * spacing))
    assert drawn_aliased(drawn, alike) == (nearest != 0)


def test_one_step_alone_and_steps_of_either_sense_repeat_nothing():
    fast = Drawn((20.0, 0.0), (90.0, 1.0))
    assert not drawn_aliased(fast, series(track(20.0)))
    assert not drawn_aliased(fast, series())
    assert not drawn_aliased(fast, series(track(20.0), track(30.0, rises=False)))
    assert drawn_aliased(fast, series(track(20.0), track(30.0, rises=False), track(44.0)))


def test_the_spacing_is_that_of_the_moment_and_of_steps_that_were_there():
    going = track(10.0, 2.0), track(20.0, 5.0), track(80.0, times=(7.0, 8.0, 9.0))
    assert spacing_near(going, (10.0, 0.0)) == pytest.approx(10.0)
    assert spacing_near(going, (10.0, 3.0)) == pytest.approx(19.0)
    assert math.isinf(spacing_near(going, (80.0, 8.0)))


def test_a_row_that_is_noted_says_so():
    assert velocity_row("L1", 3, 1.5, Quantity(1.0, 0.1), aliased=True).quantity == "velocity drawn, aliased"
    assert velocity_row("L1", 3, 1.5, Quantity(1.0, 0.1)).quantity == "velocity drawn"
