"""What every emission law is: a sum of few terms in which the direction and the facet's tilt separate.

Because the terms separate, an image needs the angular integrals of the terms only once per detector, and per pixel the
few amplitudes. Lambert's law is such a sum exactly; tables from Monte Carlo are one to their statistical error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EmissionLaw:
    """Backscattered electrons per steradian, relative to all that a flat spot of the same material emits.

    `f(theta, phi | tilt, psi) = Σ_j amplitude_j(tilt) · polar_j(theta) · cos(order_j · (phi − psi))` above the facet's
    own horizon, 0 below it. theta and phi are measured from the *specimen's* normal, on the screen (0 right, 90° up);
    psi is the screen azimuth of steepest ascent. Integrated over all directions it is the relative yield of the facet,
    1 at tilt 0.

    Attributes
    ----------
    name : str
        `lambert`, or material, energy and detector response of a table.
    order : int64 [J]
        Azimuthal order of each term.
    theta : float64 [A]
        Polar angles of `polar`, rad, rising from 0 to π/2; linear in between.
    polar : float64 [J, A]
        per sr.
    tilt : float64 [B]
        Tilts of `amplitude`, rad, rising from 0; linear in between, constant beyond the last.
    amplitude : float64 [J, B]
        Zero at tilt 0 for every order above 0.
    yield_flat : float
        Backscattered electrons per beam electron of a flat spot; 1 where the law does not know.
    """

    name: str
    order: NDArray[np.int64]
    theta: F64
    polar: F64
    tilt: F64
    amplitude: F64
    yield_flat: float = 1.0

    @property
    def terms(self) -> int:
        """Number of terms."""
        return len(self.order)

    def density(self, theta: F64, phi: F64, slope: tuple[float, float]) -> F64:
        """Electrons per steradian in directions (theta, phi) from a facet of slope (dh/dx, dh/dy), array axes."""
        p, q = slope[0], -slope[1]  # on the screen y runs up
        tilt, psi = np.arctan(np.hypot(p, q)), np.arctan2(q, p)
        total = np.zeros(np.broadcast(theta, phi).shape)
        for j in range(self.terms):
            strength = np.interp(tilt, self.tilt, self.amplitude[j])
            total += strength * np.interp(theta, self.theta, self.polar[j]) * np.cos(self.order[j] * (phi - psi))
        visible = np.cos(theta) - np.sin(theta) * (p * np.cos(phi) + q * np.sin(phi)) > 0.0
        return np.asarray(np.where(visible, np.maximum(total, 0.0), 0.0))
