"""Compiled loops against the libraries whose place they take."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import KDTree

from eclips4d.metrology.terraces import along, hysteresis, inside, lenders, rays, risers
from eclips4d.metrology.terraces.nearest import any_nearer, nearest, sorted_into_cells
from eclips4d.metrology.terraces.spread import clipped


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.floats(0.02, 3.0), st.floats(0.05, 2.0))
def test_the_nearest_point_is_that_of_a_tree(seed, count, size, reach):
    random = np.random.default_rng(seed)
    points, at = random.random((count, 4)), 1.4 * random.random((80, 4)) - 0.2
    cells = sorted_into_cells(points, size)
    far, expected = KDTree(points).query(at)
    np.testing.assert_array_equal(nearest(cells, at, reach), np.where(far < reach, expected, -1))
    limit = far * random.choice([0.999, 1.001], 80)
    np.testing.assert_array_equal(any_nearer(cells, at, limit), far < limit)


def test_gaps_along_a_line_are_closed_from_that_line_alone():
    random = np.random.default_rng(4)
    values = random.normal(size=(1, 60))
    values[0, [0, 1, 7, 8, 9, 29, 30, 44, 59]] = np.nan
    starts, pixels = np.array([0, 30, 60]), np.column_stack([np.zeros(60, np.int64), np.arange(60)])
    found = along.read(values.astype(np.float32), pixels, starts)
    for part in (slice(0, 30), slice(30, 60)):
        line, at = values[0, part], np.arange(30)
        known = np.isfinite(line)
        np.testing.assert_allclose(found[part], np.interp(at, at[known], line[known]), rtol=1e-6)
    assert np.isnan(along.read(np.full((1, 60), np.nan, np.float32), pixels, starts)).all()


def test_running_means_are_those_of_scipy():
    values = np.random.default_rng(5).normal(size=70)
    found = along.averaged(values, 4, np.array([True, False]), np.array([0, 30, 70]))
    np.testing.assert_allclose(found[:30], ndimage.uniform_filter1d(values[:30], 9, mode="wrap"), atol=1e-12)
    np.testing.assert_allclose(found[30:], ndimage.uniform_filter1d(values[30:], 9, mode="nearest"), atol=1e-12)
    np.testing.assert_allclose(
        along.medians(values, np.array([0, 30, 70])), [np.median(values[:30]), np.median(values[30:])]
    )


def test_a_clipped_mean_is_that_of_the_points_within():
    p, q = np.random.default_rng(7).normal(size=(2, 500))
    inside = (p - 0.5) ** 2 + (q + 0.2) ** 2 <= 1.3**2
    count, mean_p, mean_q, spread = clipped(p, q, 0.5, -0.2, 1.3)
    assert count == inside.sum()
    assert (mean_p, mean_q) == pytest.approx((p[inside].mean(), q[inside].mean()), rel=1e-12)
    assert spread == pytest.approx(p[inside].var() + q[inside].var(), rel=1e-12)


def riser_map(seed, share, rows=31, columns=44):
    """Terraces 1 to 3 in smooth patches, risers (0) between, something unseen (-1)."""
    random = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(random.normal(size=(rows, columns)), 3.0)
    level = np.digitize(smooth, np.quantile(smooth, [1 / 3, 2 / 3]))
    label = np.where(random.random(smooth.shape) < share, 0, level + 1).astype(np.int32)
    label[np.abs(ndimage.laplace(smooth)) > np.quantile(np.abs(ndimage.laplace(smooth)), 0.6)] = 0
    label[:2, :5] = -1
    return label, random.normal(size=label.shape).astype(np.float32) + 4.0 * level.astype(np.float32)


def label_at(label, place, way, far):
    """Label of a place on the way, -1 beyond the image."""
    pixel = tuple(int(np.floor(p + 0.5 + far * w)) for p, w in zip(place, way, strict=True))
    return pixel, int(label[pixel]) if all(0 <= p < n for p, n in zip(pixel, label.shape, strict=True)) else -1


def landing(label, place, way, reach):
    """One way, pixel by pixel: how far, and which label."""
    for far in range(1, reach + 1):
        wanted = label_at(label, place, way, far)[1]
        if wanted:
            return far, wanted
    return 0, 0


def read(label, height, place, way, landed, most, radius):
    """How far behind its landing a way reads a terrace, and the mean of the disc there."""
    far, wanted = landed
    depth = most
    while depth > radius and label_at(label, place, way, far + 2 * depth)[1] != wanted:
        depth //= 2
    depth = max(depth, radius)
    pixel, there = label_at(label, place, way, far + depth)
    middle = pixel if there == wanted else label_at(label, place, way, far)[0]
    y, x = np.indices(label.shape)
    disc = ((y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2) & (label == wanted)
    return depth, float(height[disc].astype(float).mean())


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.5), st.sampled_from([2, 6, 40]))
def test_ways_end_where_steps_of_a_pixel_would(seed, share, reach):
    label, height = riser_map(seed, share)
    places = np.argwhere(label == 0).astype(np.int32)
    # Halves, quarters and so on are exact in every arithmetic, so that no way runs on a border by chance.
    angle = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, len(places))
    uphill = (np.rint(np.column_stack([np.sin(angle), np.cos(angle)]) * 1024.0) / 1024.0).astype(np.float32)
    ends, beside = np.zeros((len(places), 3), np.float32), np.zeros((len(places), 2), np.int32)
    state = np.zeros(len(places), np.uint8)
    rays.walk(height, label, places, uphill, reach, 3, 0.5, ends, beside, state)
    for k in range(0, len(places), 5):
        ways = (-uphill[k], uphill[k])
        low, high = (landing(label, places[k], way, reach) for way in ways)
        if low[1] > 0 and high[1] > 0:
            assert tuple(beside[k]) == (low[1], high[1])
            most = max(low[0] + high[0], 3)
            (into_low, lower), (into_high, upper) = (
                read(label, height, places[k], way, landed, most, 3)
                for way, landed in zip(ways, (low, high), strict=True)
            )
            apart = low[0] + into_low + high[0] + into_high
            np.testing.assert_allclose(ends[k], [lower, upper, apart], rtol=1e-5, atol=1e-5)
            if abs(upper - lower - 0.5) > 1e-4:
                assert state[k] == (rays.FOUND if upper - lower > 0.5 else rays.REJECTED)
        else:
            assert state[k] == (rays.OUTSIDE if low[1] and high[1] else rays.REJECTED)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(3, 5), (6, 1), (12, 1)]))
def test_a_place_borrows_from_the_nearest_that_faces_alike(seed, how):
    random, (reach, least) = np.random.default_rng(seed), how
    label = (random.random((24, 30)) < 0.5).astype(np.int32)
    places = np.argwhere(label == 0).astype(np.int32)
    # No two of these directions have a cosine near the limit of 0.7.
    angle = random.integers(0, 16, len(places)) * (np.pi / 8.0)
    uphill = np.column_stack([np.sin(angle), np.cos(angle)]).astype(np.float32)
    state = random.choice([rays.REJECTED, rays.OUTSIDE, rays.FOUND], len(places)).astype(np.uint8)
    beside = np.arange(2 * len(places), dtype=np.int32).reshape(-1, 2)
    ends, before, asked = np.zeros((len(places), 3), np.float32), beside.copy(), state.copy()
    lenders.borrow(
        places, lenders.lenders_of(label, places, state), uphill, rays.OUTSIDE, reach, least, ends, beside, state
    )
    for k in np.flatnonzero(asked == rays.OUTSIDE):
        off = np.abs(places - places[k])
        good = (off.max(axis=1) <= reach) & (asked == rays.FOUND) & (uphill @ uphill[k] > 0.7)
        far = np.where(good, (off.astype(int) ** 2).sum(axis=1), 10**6)
        # Those in the corners of the square count, but do not lend.
        if good.sum() >= least and far.min() <= reach**2:
            assert state[k] == rays.FOUND
            assert tuple(beside[k]) == tuple(before[np.argmin(far)])
        else:
            assert state[k] == rays.OUTSIDE


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.integers(1, 9))
def test_what_is_steep_is_told_by_the_steepest_nearby(seed, rows, columns, size):
    random = np.random.default_rng(seed)
    excess = random.normal(size=(2, rows, columns)).astype(np.float32)
    seen = random.random((rows, columns)) < 0.8
    excess[:, ~seen] = np.nan
    square = np.where(seen, (excess**2).sum(axis=0), np.float32(0.0))
    peak = ndimage.maximum_filter(square[::2, ::2], size).repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns]
    limit = np.maximum(np.float32(0.7) ** 2, np.float32(0.3) ** 2 * peak)
    found = risers.steep(excess, seen, 0.7, 0.3, size)
    doubtful = np.abs(square - limit) < 1e-5 * limit
    np.testing.assert_array_equal(found | doubtful, (seen & (square > limit)) | doubtful)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 20), st.floats(0.0, 1.0))
def test_a_rim_around_labels_is_left_out(seed, rows, columns, share):
    random = np.random.default_rng(seed)
    labels = (random.integers(1, 9, (rows, columns)) * (random.random((rows, columns)) < share)).astype(np.int32)
    seen = random.random((rows, columns)) < 0.8
    np.testing.assert_array_equal(risers.apart_from(labels, seen), seen & ~ndimage.binary_dilation(labels > 0))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_places_stay_that_are_steep_for_sure_somewhere(seed, least):
    random = np.random.default_rng(seed)
    labels, count = ndimage.label(random.random((24, 31)) < 0.4)
    excess = random.normal(size=(2, *labels.shape)).astype(np.float32)
    sure = np.bincount(labels[np.hypot(*excess.astype(float)) > 1.5], minlength=count + 1) >= least
    expected = np.where(sure[labels], labels, 0)
    np.testing.assert_array_equal(hysteresis.with_sure(labels.astype(np.int32), count, excess, 1.5, least), expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.05))
def test_the_slope_inside_is_the_mean_of_what_is_surrounded_by_terrace(seed, share):
    random = np.random.default_rng(seed)
    terrace = np.where(random.random((30, 37)) < share, 0, 1).astype(np.int32)
    excess = random.normal(size=(2, *terrace.shape)).astype(np.float32)
    arm = np.zeros((2 * inside.INSET_PX + 1,) * 2, bool)
    for place in ((0, 4), (8, 4), (4, 0), (4, 8), (4, 4)):
        arm[place] = True
    well = ndimage.binary_erosion(terrace > 0, arm)
    np.testing.assert_allclose(
        inside.slope_inside(terrace, excess), excess[:, well].astype(float).mean(axis=1), atol=1e-6
    )
