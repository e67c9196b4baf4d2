"""The potential between the mesh's nodes: its gradient is a field along which energy is conserved."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Interpolant(NamedTuple):
    """Bicubic spline in Hermite's form.

    Attributes
    ----------
    r, z : float64 [R], [Z]
        Node positions, mm.
    value : float64 [R, Z, 4]
        U, ∂U/∂r, ∂U/∂z, ∂²U/∂r∂z at the nodes; V and mm.
    """

    r: F64
    z: F64
    value: F64


def interpolant(r: F64, z: F64, potential: F64) -> Interpolant:
    """Spline through node values [R, Z]; r[0] is the axis, where the radial field vanishes."""
    from scipy.interpolate import CubicSpline  # slow to import, and most instruments have no field

    along_r = CubicSpline(r, potential, axis=0, bc_type=("clamped", "not-a-knot")).derivative()(r)
    along_z = CubicSpline(z, potential, axis=1).derivative()(z)
    mixed = CubicSpline(r, along_z, axis=0, bc_type=("clamped", "not-a-knot")).derivative()(r)
    return Interpolant(r, z, np.ascontiguousarray(np.stack([potential, along_r, along_z, mixed], axis=-1)))


@_compiled  # type: ignore[untyped-decorator]
def field_at(field: Interpolant, r: float, z: float) -> tuple[float, float, float]:
    """U, ∂U/∂r and ∂U/∂z at one place; beyond the mesh its last cell is continued."""
    i = min(max(int(np.searchsorted(field.r, r)) - 1, 0), field.r.size - 2)
    j = min(max(int(np.searchsorted(field.z, z)) - 1, 0), field.z.size - 2)
    dr, dz = field.r[i + 1] - field.r[i], field.z[j + 1] - field.z[j]
    s, t = (r - field.r[i]) / dr, (z - field.z[j]) / dz
    u = u_r = u_z = 0.0
    for a in range(2):
        f, f1, g, g1 = _hermite(s, a, dr)
        for b in range(2):
            p, p1, q, q1 = _hermite(t, b, dz)
            node = field.value[i + a, j + b]
            u += f * p * node[0] + g * p * node[1] + f * q * node[2] + g * q * node[3]
            u_r += f1 * p * node[0] + g1 * p * node[1] + f1 * q * node[2] + g1 * q * node[3]
            u_z += f * p1 * node[0] + g * p1 * node[1] + f * q1 * node[2] + g * q1 * node[3]
    return u, u_r, u_z


@_compiled  # type: ignore[untyped-decorator]
def _hermite(s: float, end: int, width: float) -> tuple[float, float, float, float]:
    """Weights of value and slope at one end of a cell, each with its derivative."""
    if end == 0:
        value, value_1 = (1.0 + 2.0 * s) * (1.0 - s) ** 2, 6.0 * s * (s - 1.0) / width
        return value, value_1, s * (1.0 - s) ** 2 * width, (1.0 - s) * (1.0 - 3.0 * s)
    value, value_1 = s * s * (3.0 - 2.0 * s), 6.0 * s * (1.0 - s) / width
    return value, value_1, s * s * (s - 1.0) * width, s * (3.0 * s - 2.0)
