"""Least squares for how a crystal lies, together with what all facets of an image share: slope scale and level.

Measured slopes are (1 + scale) · true slope + level. The scale is known to a stated uncertainty only, and common to all
facets: fitted along with the orientation, under that knowledge, it takes its full part in every angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.facets.propagate import Systematic
from eclips4d.metrology.facets.sphere import rotation, slopes_of

F64 = NDArray[np.float64]

_EXACT = 1e-6
"""Standard uncertainty of what is said to be exact."""
_ITERATIONS = 12
_LOWEST = 0.05
"""Planes whose normal rises less than this over the horizon cannot be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Lie:
    """How a crystal lies and what its image shares.

    Attributes
    ----------
    matrix : float64 [3, 3]
        Crystal to screen.
    shared : float64 [3]
        Error of the slope scale (relative) and level (dh/dx, dh/dy).
    covariance : float64 [6, 6]
        Of a small rotation vector about the screen's axes (rad) and of `shared`.
    chi2 : float
        Weighted squares of the misfit, those of what was known beforehand included.
    """

    matrix: F64
    shared: F64
    covariance: F64
    chi2: float = 0.0

    @property
    def orientation(self) -> Orientation:
        """The rotation with its uncertainty."""
        return Orientation(self.matrix, self.covariance[:3, :3])


def known(orientation: Orientation, systematic: Systematic) -> Lie:
    """What is known before facets are looked at."""
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = orientation.covariance + _EXACT**2 * np.eye(3)
    spread = (systematic.scale_u, systematic.level_u, systematic.level_u)
    covariance[3:, 3:] = np.diag(np.maximum(spread, _EXACT) ** 2)
    return Lie(orientation.matrix, np.zeros(3), covariance)


def predicted(lie: Lie, normals: F64) -> tuple[F64, F64]:
    """Slopes [n, 2] that planes would show, and their derivatives [n, 2, 6] by rotation and shared errors.

    Parameters
    ----------
    normals : float64 [n, 3]
        On the crystal's axes; of planes that are turned up, see `is_up`.
    """
    turned = normals @ lie.matrix.T
    true = slopes_of(turned)
    x, y, z = turned.T
    zero = np.zeros_like(x)
    # Columns: change of (X, Y, Z) with rotations about X, Y and Z.
    by = np.stack([np.stack([zero, z, -y], -1), np.stack([-z, zero, x], -1), np.stack([y, -x, zero], -1)], -2)
    dp = (-by[..., 0, :] + (x / z)[:, None] * by[..., 2, :]) / z[:, None]
    dq = (by[..., 1, :] - (y / z)[:, None] * by[..., 2, :]) / z[:, None]
    gain = 1.0 + lie.shared[0]
    level = np.broadcast_to(np.eye(2), (len(x), 2, 2))
    jacobian = np.concatenate([gain * np.stack([dp, dq], 1), true[..., None], level], axis=2)
    return gain * true + lie.shared[1:], jacobian


def is_up(lie: Lie, normals: F64) -> NDArray[np.bool_]:
    """Which planes can be seen."""
    return np.asarray(normals @ lie.matrix[2] > _LOWEST, np.bool_)


def adjusted(before: Lie, normals: F64, slopes: F64, covariances: F64, weights: F64 | None = None) -> Lie:
    """Fit rotation, scale and level to facets whose planes are known.

    Parameters
    ----------
    before
        What is known without these facets, its covariance the prior's; the fit starts there.
    normals, slopes, covariances, weights
        Of the facets: planes on the crystal's axes [n, 3], measured slopes [n, 2], their covariances [n, 2, 2], and
        how much each counts.
    """
    precision = np.linalg.inv(before.covariance)
    information = np.linalg.inv(covariances) * (1.0 if weights is None else weights[:, None, None])
    matrix, shared, moved = before.matrix, before.shared, np.zeros(6)
    normal = precision
    chi2 = 0.0
    for _ in range(_ITERATIONS):
        seen, jacobian = predicted(Lie(matrix, shared, before.covariance), normals)
        off = slopes - seen
        chi2 = float(np.einsum("ni,nij,nj->", off, information, off) + moved @ precision @ moved)
        normal = np.einsum("nia,nij,njb->ab", jacobian, information, jacobian) + precision
        step = np.linalg.solve(normal, np.einsum("nia,nij,nj->a", jacobian, information, off) - precision @ moved)
        step[:3] *= min(1.0, 0.3 / max(float(np.linalg.norm(step[:3])), 1e-12))
        matrix, shared, moved = rotation(step[:3]) @ matrix, shared + step[3:], moved + step
        if np.abs(step).max() < 1e-9:
            break
    return Lie(matrix, shared, np.asarray(np.linalg.inv(normal)), chi2)


def from_directions_seen(planes: F64, seen: F64) -> F64:
    """The rotation [3, 3] that brings planes' normals [n, 3] closest to those seen [n, 3] (Wahba's problem, by SVD)."""
    left, _, right = np.linalg.svd(seen.T @ planes)
    sign = np.diag([1.0, 1.0, np.linalg.det(left @ right)])
    return np.asarray(left @ sign @ right)
