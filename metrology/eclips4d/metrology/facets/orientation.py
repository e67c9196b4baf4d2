"""How a crystal lies under the beam, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Orientation:
    """A rotation from the crystal's Cartesian axes to the screen's (X right, Y up, Z towards the detector).

    Attributes
    ----------
    matrix : float64 [3, 3]
        A direction g of the crystal points to `matrix @ g`.
    covariance : float64 [3, 3]
        Of a small rotation vector about the screen's axes, rad².
    """

    matrix: F64
    covariance: F64

    @property
    def u_deg(self) -> float:
        """Root mean square standard uncertainty about the three axes, degrees."""
        return float(np.degrees(np.sqrt(np.trace(self.covariance) / 3.0)))


def from_matrix(matrix: F64, u_deg: float = 0.0) -> Orientation:
    """From a rotation matrix.

    Raises
    ------
    InputError
        It is no rotation.
    """
    turn = np.asarray(matrix, np.float64)
    if turn.shape != (3, 3) or np.abs(turn @ turn.T - np.eye(3)).max() > 1e-6 or np.linalg.det(turn) < 0:
        raise InputError("an orientation must be a rotation matrix", cure="three orthogonal rows, determinant +1")
    return Orientation(turn, np.eye(3) * np.radians(u_deg) ** 2)


def from_euler(angles_deg: tuple[float, float, float], u_deg: float = 0.0) -> Orientation:
    """From Bunge's angles phi1, Phi, phi2 (z, x', z''), which turn the specimen's axes into the crystal's.

    Specimen axes are the screen's: X right, Y up.
    """
    phi1, phi, phi2 = np.radians(angles_deg)
    return from_matrix((_about_z(phi2) @ _about_x(phi) @ _about_z(phi1)).T, u_deg)


def from_directions(up: F64, right: F64, azimuth_deg: float = 0.0, u_deg: float = 0.0) -> Orientation:
    """With one direction of the crystal towards the detector and another one at an azimuth on the screen.

    Parameters
    ----------
    up, right
        [3], on the crystal's Cartesian axes; of `right` only the part normal to `up` counts.
    azimuth_deg
        Of `right` on the screen: 0 right, 90 up.
    """
    z = np.asarray(up, np.float64) / np.linalg.norm(up)
    x = np.asarray(right, np.float64) - (np.asarray(right) @ z) * z
    if np.linalg.norm(x) < 1e-9:
        raise InputError("the two directions of an orientation must differ")
    x = x / np.linalg.norm(x)
    level = np.stack([x, np.cross(z, x), z])
    return from_matrix(_about_z(-np.radians(azimuth_deg)) @ level, u_deg)


def _about_z(angle: float) -> F64:
    """Of axes, not of vectors: coordinates in a frame turned by the angle."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _about_x(angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
