"""Shares of cells inside an outline: straight lines exactly, circles to second order, any noise within bounds."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eclips4d.physics.valid_angle.coverage import coverage


@settings(deadline=None)  # the first call compiles
@given(arrays(float, (5, 6), elements=st.floats(1e-3, 3)), arrays(bool, (5, 6)))
def test_a_share_and_its_complement_make_one(size, outside):
    signed = np.where(outside, -size, size)
    share = coverage(signed)
    assert share.min() >= 0.0 and share.max() <= 1.0
    np.testing.assert_allclose(share + coverage(-signed), 1.0, atol=1e-12)


@settings(deadline=None)
@given(st.floats(0.05, 0.95), st.floats(-0.9, 0.9))
def test_a_straight_line_is_cut_exactly(offset, slope):
    """Area of a unit cell below y = offset + slope·(x − 1/2), where the line leaves through the two sides."""
    assume(abs(slope) / 2 < min(offset, 1 - offset))
    x, y = np.meshgrid([0.0, 1.0], [0.0, 1.0], indexing="ij")
    assert abs(coverage(offset + slope * (x - 0.5) - y)[0, 0] - offset) < 1e-12


def test_a_disc_is_measured_to_second_order():
    errors = []
    for cells in (20, 40, 80):
        axis = np.linspace(-1.5, 1.5, cells + 1)
        x, y = np.meshgrid(axis, axis, indexing="ij")
        area = coverage(1.0 - np.hypot(x, y))[:-1].sum() * (3.0 / cells) ** 2
        errors.append(abs(area - np.pi))
    assert errors[-1] < 2e-3
    assert errors[0] / errors[2] > 10.0


def test_an_edge_along_the_cells_has_no_error():
    signed = np.tile(np.array([-1.0, 0.0, 1.0, 0.0, -1.0]), (8, 1))
    np.testing.assert_array_equal(coverage(signed), np.tile([0.0, 1.0, 1.0, 0.0], (8, 1)))
