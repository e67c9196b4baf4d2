"""Grains, crystals, pits and grooves against a slow computation of the same, and their angles."""

import numpy as np
import pytest
from scipy.spatial import Delaunay, cKDTree

from eclips4d.training.surfaces.bumps import BELL, CAP, CONE, PARABOLOID, bumps
from eclips4d.training.surfaces.draws import jittered
from eclips4d.training.surfaces.facets import face_slopes, ridges, triangulated
from eclips4d.training.surfaces.grooves import outlines, seams
from eclips4d.training.surfaces.polyhedra import polyhedra, triangles
from eclips4d.training.surfaces.surface import Canvas

CANVAS = Canvas((30, 44), 2)
X, Y = (np.broadcast_to(a, CANVAS.points).astype(np.float64) for a in (CANVAS.x, CANVAS.y))
PROFILES = {
    CAP: lambda r: np.sqrt(1 - r**2),
    PARABOLOID: lambda r: 1 - r**2,
    CONE: lambda r: 1 - r,
    BELL: lambda r: (1 - r**2) ** 2,
}


@pytest.mark.parametrize("shape", PROFILES)
def test_bumps_are_the_highest_of_all(shape):
    rng = np.random.default_rng(shape)
    at = rng.uniform(-25.0, 25.0, (40, 2))
    radius, tall, base = (rng.uniform(*span, 40) for span in ((1.0, 9.0), (0.5, 3.0), (-1.0, 1.0)))
    got, number = bumps(CANVAS, at, radius, tall, base, shape)
    each = np.full((41, *CANVAS.points), -99.0)
    for k in range(40):
        r = np.hypot(X - at[k, 0], Y - at[k, 1]) / radius[k]
        each[k + 1] = np.where(r < 1.0, base[k] + tall[k] * PROFILES[shape](np.minimum(r, 1.0)), -99.0)
    np.testing.assert_allclose(np.maximum(got, -99.0), each.max(axis=0), atol=1e-5)
    sure = np.sort(each, axis=0)[-1] - np.sort(each, axis=0)[-2] > 1e-5
    np.testing.assert_array_equal(number[sure], each.argmax(axis=0)[sure])


def test_polyhedra_are_the_highest_of_the_lowest_planes():
    rng = np.random.default_rng(3)
    at, foot = rng.uniform(-15.0, 15.0, (6, 2)), rng.uniform(4.0, 8.0, (6, 4))
    angle = rng.uniform(0.0, 6.0, (6, 1)) + 0.5 * np.pi * np.arange(4)
    slope, top = rng.uniform(0.3, 1.3, (6, 4)), rng.uniform(1.0, 9.0, 6)
    planes = np.stack([-slope * np.cos(angle), -slope * np.sin(angle), slope * foot], -1)
    got, _ = polyhedra(CANVAS, at, planes, top, foot.max(axis=1) * np.sqrt(2.0))
    dx, dy = X[..., None] - at[:, 0], Y[..., None] - at[:, 1]
    sides = planes[:, :, 2] + planes[:, :, 0] * dx[..., None] + planes[:, :, 1] * dy[..., None]
    expected = np.maximum(np.minimum(sides.min(axis=-1), top).max(axis=-1), 0.0)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_triangles_interpolate_and_leave_no_hole():
    corner = jittered(np.random.default_rng(1), CANVAS, 9.0, 0.4, 18.0)
    got, number = triangles(CANVAS, corner, 0.3 * corner[:, 0] - 0.7 * corner[:, 1], Delaunay(corner).simplices)
    np.testing.assert_allclose(got, 0.3 * X - 0.7 * Y, atol=1e-4)
    assert number.min() > 0


@pytest.mark.parametrize("seed", range(6))
def test_triangulated_ground_is_continuous_and_made_of_planes(seed):
    relief = triangulated(np.random.default_rng(seed), Canvas((64, 64), 4))
    g_y, g_x = np.gradient(relief.height.astype(np.float64), 0.25)
    for number in np.unique(relief.region)[:20]:
        inside = relief.region == number
        inner = inside[1:-1, 1:-1] & inside[2:, 1:-1] & inside[:-2, 1:-1] & inside[1:-1, 2:] & inside[1:-1, :-2]
        if inner.any():
            assert np.ptp(g_x[1:-1, 1:-1][inner]) < 2e-3
            assert np.ptp(g_y[1:-1, 1:-1][inner]) < 2e-3


@pytest.mark.parametrize("seed", range(8))
def test_both_flanks_of_a_ridge_meet(seed):
    height = ridges(np.random.default_rng(seed), Canvas((48, 48), 6)).height.astype(np.float64)
    jump = np.abs(np.diff(height, axis=1)).max() * 6
    # No flank is steeper than 60 degrees, times the gradient that a bent direction may have.
    assert jump < 2.5 * np.tan(np.radians(60.0))


def test_faces_are_mostly_as_steep_as_crystals_have_them():
    rng = np.random.default_rng(0)
    degrees = np.degrees(np.arctan(np.concatenate([face_slopes(rng, 5) for _ in range(400)])))
    assert 0.5 <= degrees.min() < 2.0
    assert 55.0 < degrees.max() <= 60.0
    assert 0.6 < np.mean((degrees > 20.0) & (degrees < 55.0)) < 0.85


def test_seams_are_where_two_places_are_as_near():
    at = jittered(np.random.default_rng(2), CANVAS, 7.0, 0.45, 14.0)
    away, number = seams(CANVAS, at, 7.0)
    place = np.stack([X, Y], -1)
    distance, index = cKDTree(at).query(place, 2)
    apart = np.linalg.norm(at[index[..., 0]] - at[index[..., 1]], axis=-1)
    expected = 0.5 * (distance[..., 1] ** 2 - distance[..., 0] ** 2) / apart
    np.testing.assert_allclose(away, expected, atol=1e-4)
    # Points of one nearest place have one number, and no two places share it.
    pairs = np.unique(np.stack([index[..., 0].ravel(), number.ravel()], -1)[expected.ravel() > 1e-3], axis=0)
    assert len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def test_round_outline_is_an_exact_distance_and_a_wavy_one_nearly():
    one = np.ones(1)
    at = np.array([[2.0, -1.0]])
    inside = outlines(CANVAS, at, 9.0 * one, one, 0.0 * one, np.array([3]), 0.0 * one)
    expected = 9.0 - np.hypot(X - 2.0, Y + 1.0)
    np.testing.assert_allclose(inside[expected > 0], expected[expected > 0], atol=1e-5)
    assert (inside[expected < -1e-6] < 0.0).all()
    squeezed = outlines(CANVAS, at, 12.0 * one, 0.7 * one, 0.4 * one, np.array([3]), 0.06 * one)
    gradient = np.hypot(*np.gradient(squeezed.astype(np.float64), 0.5))
    near = (squeezed > 0.3) & (squeezed < 1.0)
    assert np.count_nonzero(near) > 50
    assert np.abs(gradient[near] - 1.0).max() < 0.1
