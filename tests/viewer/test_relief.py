"""The surface as triangles, against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eclips4d.viewer.picture import Grid, ReliefAsked, SurfaceImage
from eclips4d.viewer.relief import AMBIENT, LIGHT, MOST_SIDE, brightness, faces, relief, thinned, visible_stretch


def image(height):
    return SurfaceImage(0, np.asarray(height, np.float32), None, None)


def made(height, asked=None, colours=None, levels=None, last=None, pixel=(4.0, 4.0)):
    grid = Grid(pixel, np.shape(height))
    return relief(image(height), grid, asked or ReliefAsked(), colours, levels, last)


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9)))
def test_a_triangle_has_only_corners_that_have_a_height(known):
    corners = faces(known)
    assert known.ravel()[corners].all()
    whole = known[:-1, :-1] & known[1:, :-1] & known[:-1, 1:] & known[1:, 1:]
    assert len(corners) == 2 * whole.sum()
    assert len({tuple(sorted(face)) for face in corners.tolist()}) == len(corners)


def test_triangles_cover_the_field_once_and_face_upwards():
    shape = made(np.random.default_rng(1).normal(size=(7, 9)), ReliefAsked(stretch=3.0))
    a, b, c = (shape.vertices[shape.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    assert (normal[:, 2] > 0).all() or (normal[:, 2] < 0).all()
    assert np.abs(normal[:, 2]).sum() / 2 == pytest.approx(6 * 4.0 * 8 * 4.0)


def test_x_goes_to_the_right_rows_come_nearer_and_heights_are_stretched():
    height = np.zeros((5, 5), np.float32)
    height[0, 4] = 7.0
    shape = made(height, ReliefAsked(stretch=10.0), pixel=(2.0, 3.0))
    peak = shape.vertices[shape.vertices[:, 2].argmax()]
    np.testing.assert_allclose(peak[:2], (4.0, 6.0))
    assert np.ptp(shape.vertices[:, 2]) == pytest.approx(70.0)
    assert shape.reach_nm == (0.0, 7.0)


@given(
    st.floats(0.01, 1e4).flatmap(lambda span: st.tuples(st.just(span), st.floats(10.0, 1e5))),
)
def test_heights_are_stretched_by_a_round_number_and_never_shrunk(span_and_width):
    span, width = span_and_width
    stretch = visible_stretch((0.0, span), width)
    assert stretch >= 1.0
    assert f"{stretch:.0e}"[0] in "125"
    if stretch > 1.0:
        assert 0.11 < stretch * span / width < 0.31


def test_the_stretch_stays_with_the_levels():
    low, high = (made(k * np.eye(6), levels=(0.0, 1.0)).stretch for k in (1.0, 5.0))
    assert low == high


def test_large_fields_are_thinned_by_means():
    height = np.random.default_rng(2).normal(size=(2 * MOST_SIDE, 2 * MOST_SIDE)).astype(np.float32)
    shape = made(height)
    assert shape.step_px == 2 and len(shape.vertices) == MOST_SIDE**2
    block = height[:2, :2].mean()
    np.testing.assert_allclose(thinned(height, 2)[0, 0], block, rtol=1e-5)


def test_pixels_without_a_height_do_not_count_in_means():
    height = np.full((4, 4), np.nan, np.float32)
    height[0, 1] = 3.0
    found = thinned(height, 2)
    assert found[0, 0] == 3.0 and np.isnan(found[0, 1])


@pytest.mark.parametrize("gx, gy", [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (-0.3, 0.2)])
def test_a_plane_is_as_bright_as_lambert_says(gx, gy):
    y, x = np.mgrid[:6, :6] * 2.0
    normal = np.array([-gx, gy, 1.0]) / np.sqrt(1 + gx**2 + gy**2)
    expected = AMBIENT + (1 - AMBIENT) * max(0.0, normal @ LIGHT)
    np.testing.assert_allclose(brightness(gx * x + gy * y, (2.0, 2.0), 1.0), expected, rtol=1e-5)


def test_nothing_is_made_twice_and_nothing_of_nothing():
    grid = Grid((1.0, 1.0), (4, 4))
    surface = image(np.eye(4))
    first = relief(surface, grid, ReliefAsked(), None, (0.0, 1.0), None)
    assert relief(surface, grid, ReliefAsked(), None, (0.0, 1.0), first) is first
    assert relief(surface, grid, ReliefAsked(2.0), None, (0.0, 1.0), first) is not first
    assert made(np.full((4, 4), np.nan)) is None
