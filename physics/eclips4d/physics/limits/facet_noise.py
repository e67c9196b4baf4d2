"""Cramér-Rao bound of a pixel's slope, flat or on a facet of any tilt, for any emission law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import quadrature
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.valid_angle.acceptance import Acceptance
from eclips4d.physics.valid_angle.directions import acceptance

F64 = NDArray[np.float64]

_STEP = 1e-3
_POLAR_CELLS, _AZIMUTHS = 64, 128


@dataclass(frozen=True, slots=True)
class FacetSignals:
    """Electrons per segment from a facet, over all that a flat spot emits; other facets' shadows left out.

    Attributes
    ----------
    law : EmissionLaw
    theta, phi : float64 [n or 1, nodes]
        Directions in which each segment lies.
    solid_angle : float64 [n, nodes]
        The sr they stand for.
    """

    law: EmissionLaw
    theta: F64
    phi: F64
    solid_angle: F64

    def __call__(self, slope: tuple[float, float]) -> F64:
        """Signals of a facet of slope (dh/dx, dh/dy), array axes; float64 [n]."""
        return np.asarray((self.law.density(self.theta, self.phi, slope) * self.solid_angle).sum(axis=1))

    def derivative(self, slope: tuple[float, float]) -> F64:
        """Change of the signals per unit of dh/dx and of dh/dy, float64 [n, 2]."""
        p, q = slope
        along_x = self((p + _STEP, q)) - self((p - _STEP, q))
        along_y = self((p, q + _STEP)) - self((p, q - _STEP))
        return np.column_stack([along_x, along_y]) / (2.0 * _STEP)

    def kappa(self) -> float:
        """Directional contrast near the level: the segments' own, weighted by what they collect."""
        flat, change = self((0.0, 0.0)), self.derivative((0.0, 0.0))
        return float(np.hypot(*change.T).sum() / flat.sum())


def facet_signals_by(law: EmissionLaw, instrument: Instrument) -> FacetSignals:
    """Signals by this law into this detector from the field's centre, on straight paths unless electrodes bend them."""
    if instrument.detector.polygons_mm is not None or instrument.electrodes is not None:
        return _by_table(law, acceptance(instrument, polar_cells=_POLAR_CELLS, azimuths=_AZIMUTHS))
    x, y, weight = (part.reshape(instrument.segments, -1) for part in quadrature(instrument))
    theta = np.arctan(np.hypot(x, y))
    return FacetSignals(law, theta, np.arctan2(y, x), weight * np.pi / np.cos(theta))


def _by_table(law: EmissionLaw, accepted: Acceptance) -> FacetSignals:
    edges = accepted.theta_edges
    cell = (np.cos(edges[:-1]) - np.cos(edges[1:])) * (2.0 * np.pi / accepted.azimuths)
    phi, theta = np.meshgrid(accepted.phi, accepted.theta, indexing="ij")
    solid_angle = (accepted.share * cell).reshape(accepted.segments, -1)
    seen = solid_angle.any(axis=0)
    return FacetSignals(law, theta.ravel()[None, seen], phi.ravel()[None, seen], solid_angle[:, seen])


def slope_covariance(
    signals: FacetSignals, electrons: float, excess_noise: float = 1.0, slope: tuple[float, float] = (0.0, 0.0)
) -> F64:
    """Smallest covariance of (dh/dx, dh/dy) of one pixel whose yield is unknown.

    `S_k = u·s_k(slope)` with variances `excess_noise·S_k` and u free.

    Parameters
    ----------
    electrons
        Counted per segment on a flat area, mean over the segments.

    Returns
    -------
    float64 [2, 2]
        For n equal segments near the level: `2F/(kappa²·n·electrons)` on the diagonal.
    """
    here, flat = signals(slope), signals((0.0, 0.0))
    scale = electrons / flat.mean()
    change = np.column_stack([here, signals.derivative(slope)]) * scale
    information = (change / (excess_noise * here * scale)[:, None]).T @ change
    return np.asarray(np.linalg.inv(information)[1:, 1:])


def angle_sd_deg(
    signals: FacetSignals, electrons: float, excess_noise: float, facet_deg: float, azimuth_deg: float
) -> float:
    """Sd of one pixel's inclination on a facet rising towards an azimuth (array axes: 0 right, 90 down)."""
    rise, azimuth = np.tan(np.radians(facet_deg)), np.radians(azimuth_deg)
    uphill = np.array([np.cos(azimuth), np.sin(azimuth)])
    p, q = (rise * uphill).tolist()
    variance = float(uphill @ slope_covariance(signals, electrons, excess_noise, (p, q)) @ uphill)
    return float(np.degrees(np.sqrt(variance) / (1.0 + rise**2)))


def scale_error_deg(facet_deg: float, scale_u: float) -> float:
    """Error of a facet's angle from an error of the slope scale: `sin(2·angle)/2` times it."""
    return float(np.degrees(np.sin(2.0 * np.radians(facet_deg)) / 2.0 * scale_u))
