"""Directions on the sphere: slopes and normals, projections, areas.

Normals are in the *screen's* axes: X to the right, Y up, Z towards the detector, so that azimuths count as seen on the
screen, counter-clockwise from the right. A slope (dh/dx, dh/dy) on the array axes, y down, has the normal
(-dh/dx, +dh/dy, 1)/length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def normals_of(slope: F64) -> F64:
    """Unit normals [..., 3] of slopes [..., 2] on the array axes."""
    p, q = slope[..., 0], slope[..., 1]
    return np.asarray(np.stack([-p, q, np.ones_like(p)], axis=-1) / np.sqrt(1.0 + p * p + q * q)[..., None])


def slopes_of(normal: F64) -> F64:
    """Slopes [..., 2] on the array axes of normals [..., 3] that point up."""
    return np.asarray(np.stack([-normal[..., 0], normal[..., 1]], axis=-1) / normal[..., 2:3])


def tilt_rad(slope: F64) -> F64:
    """Angle between normal and beam of slopes [..., 2]."""
    return np.asarray(np.arctan(np.hypot(slope[..., 0], slope[..., 1])))


def azimuth_rad(slope: F64) -> F64:
    """Direction on the screen in which the surface falls, of slopes [..., 2]."""
    return np.asarray(np.arctan2(slope[..., 1], -slope[..., 0]))


def angle_rad(a: F64, b: F64) -> F64:
    """Angle between unit vectors [..., 3], exact for small angles too."""
    cross = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.arctan2(cross, (a * b).sum(axis=-1)))


def slopes_per_steradian(slope: F64) -> F64:
    """Area in the plane of slopes per solid angle at slopes [..., 2]: (1 + p² + q²)^(3/2)."""
    return np.asarray((1.0 + (slope**2).sum(axis=-1)) ** 1.5)


def turned(slope: F64, u_rad: float) -> F64:
    """Covariances [..., 2, 2] of slopes [..., 2] whose directions err by `u_rad` about either axis.

    A turn by a small angle moves the slope along the fall by 1 + slope² as much, across it by the root of that.
    """
    steep = 1.0 + (slope**2).sum(axis=-1)[..., None, None]
    return np.asarray(u_rad**2 * steep * (np.eye(2) + slope[..., :, None] * slope[..., None, :]))


def equal_area(normal: F64) -> F64:
    """Lambert's azimuthal equal-area projection [..., 2] of normals that point up: the hemisphere has radius √2."""
    return np.asarray(normal[..., :2] * np.sqrt(2.0 / (1.0 + normal[..., 2:3])))


def from_equal_area(place: F64) -> F64:
    """The normals [..., 3] at places [..., 2] of that projection."""
    square = (place**2).sum(axis=-1, keepdims=True)
    return np.asarray(np.concatenate([place * np.sqrt(1.0 - square / 4.0), 1.0 - square / 2.0], axis=-1))


def stereographic(normal: F64) -> F64:
    """Stereographic projection [..., 2]: angles true, radius tan(tilt/2), the hemisphere has radius 1."""
    return np.asarray(normal[..., :2] / (1.0 + normal[..., 2:3]))


def rotation(vector: F64) -> F64:
    """Rotation matrix [3, 3] about a vector by its length in rad (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-15:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)
