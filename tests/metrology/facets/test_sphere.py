"""Directions, projections and rotations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.metrology.facets.sphere import (
    angle_rad,
    azimuth_rad,
    equal_area,
    from_equal_area,
    normals_of,
    rotation,
    slopes_of,
    slopes_per_steradian,
    stereographic,
    tilt_rad,
)

slopes = st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)).map(np.array)


@given(slopes)
def test_slopes_come_back_from_their_normals(slope):
    normal = normals_of(slope)
    assert np.linalg.norm(normal) == pytest.approx(1.0)
    assert slopes_of(normal) == pytest.approx(slope, abs=1e-12)
    assert np.arccos(normal[2]) == pytest.approx(tilt_rad(slope), abs=1e-7)


def test_a_surface_that_falls_upwards_on_the_screen_faces_up():
    # The array's y points down: a height that grows with y falls towards the top of the screen.
    assert np.degrees(azimuth_rad(np.array([0.0, 1.0]))) == pytest.approx(90.0)
    assert normals_of(np.array([0.0, 1.0])) == pytest.approx(np.array([0.0, 1.0, 1.0]) / np.sqrt(2.0))


@given(slopes)
def test_the_equal_area_projection_keeps_solid_angles(slope):
    step = 1e-5
    corners = [equal_area(normals_of(slope + step * np.array(d))) for d in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    area = abs(np.linalg.det([corners[0] - corners[1], corners[2] - corners[3]])) / (2 * step) ** 2
    assert area == pytest.approx(1.0 / slopes_per_steradian(slope), rel=1e-4)


@given(slopes)
def test_equal_area_places_lead_back(slope):
    normal = normals_of(slope)
    assert from_equal_area(equal_area(normal)) == pytest.approx(normal, abs=1e-9)


@given(slopes)
def test_the_stereographic_radius_is_the_tangent_of_half_the_tilt(slope):
    assert np.hypot(*stereographic(normals_of(slope))) == pytest.approx(np.tan(tilt_rad(slope) / 2.0), abs=1e-12)


@given(st.floats(0.01, 3.0), st.integers(0, 99))
def test_a_rotation_turns_by_the_length_of_its_vector(angle, seed):
    axis = np.random.default_rng(seed).standard_normal(3)
    axis /= np.linalg.norm(axis)
    across = np.cross(axis, [0.3, -0.2, 0.9])
    across /= np.linalg.norm(across)
    turned = rotation(angle * axis) @ across
    assert angle_rad(across, turned) == pytest.approx(angle)
    assert np.cross(across, turned) @ axis == pytest.approx(np.sin(angle))
