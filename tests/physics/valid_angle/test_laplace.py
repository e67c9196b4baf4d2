"""The potential against solutions known in closed form, and the order in which its error falls with the mesh."""

import numpy as np
import pytest
from scipy.special import j0

from eclips4d.core.errors import InputError
from eclips4d.physics.valid_angle.gap import Gap, potential
from eclips4d.physics.valid_angle.laplace import solve_laplace
from eclips4d.physics.valid_angle.mesh import graded_axis


def solved(r, z, exact, fixed):
    return solve_laplace(r, z, fixed, np.where(fixed, exact, 0.0))


def order(errors):
    return np.log2(np.asarray(errors[:-1]) / errors[1:])


def test_between_parallel_plates_the_potential_is_linear_to_rounding():
    r, z = graded_axis((0.0, 3.0), 12), graded_axis((0.0, 1.0, 6.0), 9)
    _, height = np.meshgrid(r, z, indexing="ij")
    got = solved(r, z, height / 6.0, (height == 0.0) | (height == 6.0))
    np.testing.assert_allclose(got, height / 6.0, atol=1e-13)


def test_between_coaxial_cylinders_the_error_falls_with_the_square_of_the_spacing():
    errors = []
    for cells in (8, 16, 32, 64):
        r, z = graded_axis((1.0, 5.0), cells), graded_axis((0.0, 1.0), 3)
        exact = np.repeat(np.log(r)[:, None] / np.log(5.0), z.size, axis=1)
        fixed = np.zeros(exact.shape, bool)
        fixed[[0, -1]] = True
        errors.append(np.abs(solved(r, z, exact, fixed) - exact).max())
    assert errors[-1] < 3e-5
    assert np.all(np.abs(order(errors) - 2.0) < 0.1)


def test_a_field_that_varies_along_and_across_the_axis_is_solved_to_second_order():
    errors = []
    for cells in (8, 16, 32):
        r, z = graded_axis((0.0, 1.0, 3.0), cells), graded_axis((0.0, 2.0), cells)
        radius, height = np.meshgrid(r, z, indexing="ij")
        exact = j0(2.0 * radius) * np.sinh(2.0 * height) / np.sinh(4.0)
        fixed = (height == 0.0) | (height == 2.0) | (radius == 3.0)
        errors.append(np.abs(solved(r, z, exact, fixed) - exact).max())
    assert np.all(np.abs(order(errors) - 2.0) < 0.15)


def aperture(radius, height):
    """A field of 1 V/mm below a grounded plane with a hole of radius 1, none above it (Jackson, section 3.13)."""
    shift = height**2 + radius**2 - 1.0
    root = np.hypot(shift, 2.0 * height)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(height == 0.0, 0.0, np.abs(height) * np.arctan(np.sqrt(2.0 / (root + shift))))
    leak = (np.sqrt(np.maximum(root - shift, 0.0) / 2.0) - angle) / np.pi
    return np.where(height < 0.0, height, 0.0) - leak


def test_the_leak_through_a_hole_in_a_plane_is_jacksons():
    errors = []
    for cells in (8, 16, 32, 64):
        r, z = graded_axis((0.0, 1.0, 4.0), cells), graded_axis((-4.0, 0.0, 4.0), cells)
        radius, height = np.meshgrid(r, z, indexing="ij")
        exact = aperture(radius, height)
        fixed = (radius == 4.0) | (np.abs(height) == 4.0) | ((height == 0.0) & (radius >= 1.0))
        off = np.abs(solved(r, z, exact, fixed) - exact)
        errors.append(off[np.hypot(radius - 1.0, height) > 0.3].max())  # at the rim itself the field has no bound
    assert errors[-1] < 1.2e-3
    assert order(errors)[-1] > 1.7


def test_without_an_electrode_the_potential_is_open():
    axis = np.linspace(0.0, 1.0, 4)
    with pytest.raises(InputError, match="no electrode"):
        solve_laplace(axis, axis, np.zeros((4, 4), bool), np.zeros((4, 4)))


def test_the_gap_between_its_electrodes_and_far_from_its_edges():
    gap = Gap(height=6, inner=1.75, outer=40, pole_piece=8, bore=1.75, detector_v=500, pole_piece_v=-100)
    r, z, got = potential(gap)
    assert np.all(got[:, 0] == 0.0)
    at_detector = got[:, z == 6][:, 0]
    assert np.all(at_detector[(r >= 1.75) & (r <= 40)] == 500.0)
    assert -100 < at_detector[0] < 500  # the hole lets the pole piece through
    middle = got[np.argmin(np.abs(r - 20))]
    np.testing.assert_allclose(middle[z <= 6], 500 * z[z <= 6] / 6, atol=0.2)
    np.testing.assert_allclose(got[-1][z <= 8], -100 * z[z <= 8] / 8, atol=0.2)  # beyond the detector: two plates
    assert got.min() >= -100 - 1e-9 and got.max() <= 500 + 1e-9  # no extremum in free space


def test_a_detector_without_hole_or_bore_is_a_plate():
    _, z, got = potential(Gap(6, 0.0, 30.0, 7, 0.0, 500, 500))
    np.testing.assert_allclose(got[0][z <= 6], 500 * z[z <= 6] / 6, rtol=1e-6)
