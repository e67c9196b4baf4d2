"""Kymographs as images, velocities drawn on them, axes and labels beside them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.measuring.axes import usual_span, widened
from eclips4d.viewer.measuring.kymograph import Drawn, even_rows
from eclips4d.viewer.measuring.label_places import label_places


def shown(image, span_s, at_s, column):
    rows = image.shape[0]
    return image[int((at_s - span_s[0]) / (span_s[1] - span_s[0]) * rows), column]


@given(
    st.integers(2, 12), st.integers(1, 9), st.floats(0.0, 0.9), st.lists(st.floats(0.6, 1.4), min_size=12, max_size=12)
)
def test_every_sample_is_shown_at_the_moment_when_it_was_seen(frames, columns, scan, pauses):
    starts = np.concatenate([[0.0], np.cumsum(pauses)])[:frames]
    times = starts[:, None] + scan * np.linspace(0.0, 1.0, columns)
    slope = np.arange(frames * columns, dtype=np.float32).reshape(frames, columns)
    image, span_s, frame_s = even_rows(slope, times)
    assert frame_s == pytest.approx(np.median(np.diff(starts)))
    for k in range(frames):
        for j in range(columns):
            assert shown(image, span_s, times[k, j], j) == slope[k, j]


def test_a_long_gap_stays_empty_and_what_was_not_seen_too():
    times = np.array([0.0, 1.0, 2.0, 9.0, 10.0])[:, None] + np.zeros(3)
    slope = np.ones((5, 3), np.float32)
    slope[:, 2] = np.nan
    image, span_s, _ = even_rows(slope, times)
    assert np.isnan(shown(image, span_s, 5.0, 0)) and shown(image, span_s, 9.0, 0) == 1.0
    assert np.isnan(image[:, 2]).all()


def test_samples_outside_the_field_and_frames_without_any_do_no_harm():
    times = np.arange(4.0)[:, None] + np.zeros(3)
    times[1] = np.nan
    times[:, 0] = np.nan
    image, span_s, frame_s = even_rows(np.ones((4, 3), np.float32), times)
    assert np.isfinite(span_s).all() and frame_s == 1.0 and image.shape[1] == 3
    single, _, frame_s = even_rows(np.ones((1, 3), np.float32), np.array([[0.0, 0.5, 1.0]]))
    assert np.isfinite(single).any(axis=0).all() and frame_s > 0


def test_one_image_is_bounded_however_many_frames():
    frames = 3000
    image, _, _ = even_rows(np.zeros((frames, 2), np.float32), np.arange(float(frames))[:, None] + np.zeros(2))
    assert image.shape[0] <= 1024


@given(st.floats(-50, 50), st.floats(0.5, 100), st.floats(0, 500), st.floats(0.1, 10), st.floats(0.1, 5))
def test_a_drawn_velocity_is_covered_by_its_uncertainty(velocity, duration, start, spacing, frame_s):
    drawn = Drawn((start, 1.0), (start + velocity * duration, 1.0 + duration))
    found = drawn.velocity(spacing, frame_s)
    assert found.value == pytest.approx(velocity, abs=1e-6)
    backwards = Drawn(drawn.end, drawn.start).velocity(spacing, frame_s)
    assert backwards.value == pytest.approx(found.value) and backwards.u == pytest.approx(found.u)
    assert found.u >= spacing / math.sqrt(6.0) / duration * (1 - 1e-9)


def test_the_uncertainty_of_a_drawn_velocity_is_that_of_ends_placed_anywhere_within_a_sample_and_a_frame():
    random = np.random.default_rng(5)
    (x0, t0), (x1, t1), spacing, frame_s = (10.0, 2.0), (90.0, 22.0), 4.0, 1.0
    off = random.uniform(-0.5, 0.5, (4, 20000)) * [[spacing], [spacing], [frame_s], [frame_s]]
    found = ((x1 + off[0]) - (x0 + off[1])) / ((t1 + off[2]) - (t0 + off[3]))
    assert Drawn((x0, t0), (x1, t1)).velocity(spacing, frame_s).u == pytest.approx(found.std(), rel=0.03)


def test_a_line_drawn_at_one_moment_is_no_velocity():
    assert math.isnan(Drawn((0.0, 3.0), (50.0, 3.0)).velocity(1.0, 1.0).value)


@given(
    st.lists(st.floats(0, 900), max_size=25).map(sorted),
    st.lists(st.floats(20, 120), min_size=25, max_size=25),
    st.integers(1, 3),
)
def test_labels_never_overlap_nor_leave_the_room(centres, widths, rows):
    widths = widths[: len(centres)]
    placed = [(p, w) for p, w in zip(label_places(centres, widths, (0.0, 900.0), rows), widths, strict=True) if p]
    for (row, left), width in placed:
        assert 0 <= row < rows
        assert left >= -1e-9 and left + width <= 900.0 + 1e-9
    for row in range(rows):
        of_row = [(left, left + width) for (r, left), width in placed if r == row]
        assert all(a[1] < b[0] for a, b in pairwise(of_row))


def test_labels_with_room_stand_centred_in_the_first_row():
    assert label_places([100.0, 300.0], [50.0, 80.0], (0.0, 400.0), 2) == [(0, 75.0), (0, 260.0)]
    assert label_places([100.0] * 4, [50.0] * 4, (0.0, 400.0), 2)[:2] == [(0, 75.0), (1, 75.0)]
    assert label_places([10.0], [50.0], (0.0, 40.0), 2) == [None]


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 50)), min_size=1, max_size=20))
def test_axes_hold_what_is_there_and_never_shrink(steps):
    shown, before = None, None
    for low, size in steps:
        shown = widened(shown, (low, low + size))
        assert shown[0] <= low and shown[1] >= low + size
        assert before is None or (shown[0] <= before[0] and shown[1] >= before[1])
        before = shown


def test_a_span_leaves_few_outliers_aside_and_knows_when_there_is_nothing():
    values = np.concatenate([np.linspace(1.0, 2.0, 200), [1e6], [np.nan]])
    low, high = usual_span(values, np.zeros(values.size))
    assert low < 1.1 and 1.9 < high < 10.0
    assert usual_span(np.full(3, np.nan), np.ones(3)) is None
