"""Directional contrast over tilt as a law of three numbers, and how a facet's signals follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.facet import facet_signals, harmonic, steepest_unclipped

F64 = NDArray[np.float64]

SHAPE_PRIOR = ((-0.2, 0.3), (0.0, 0.2))
"""Mean and sd of the two shape numbers: Lambert's law has (0, 0); a Monte Carlo of copper at 10 keV (-0.38, 0)."""
SECOND_PRIOR, THIRD_PRIOR = ((0.0, 0.03), (0.0, 0.03)), (0.008, 0.006)
"""Mean and sd of what makes up the second and third harmonic: Monte Carlo lobes of Cu, Si, Au, steel and SiO2 at 5, 10
and 20 keV have second harmonics of -0.02 to 0.07 at 20 degrees, third ones of 0.010 to 0.014 at 40 degrees."""
SCALE_PRIOR = (float(np.log(1.3)), 0.25)
"""Mean and sd of ln(contrast over Lambert's): emission lobes lie between 1 and 1.6."""


@dataclass(frozen=True, slots=True)
class ContrastLaw:
    """Contrast over that of Lambert's law: `scale·(1 + bend·x + curl·x²)` with `x = sin²(tilt)`."""

    scale: float
    bend: float = 0.0
    curl: float = 0.0

    def __call__(self, tilt: F64) -> F64:
        """At these tilts, rad; held above a tenth of its value at 0."""
        x = np.sin(tilt) ** 2
        return np.asarray(self.scale * np.maximum(1.0 + self.bend * x + self.curl * x * x, 0.1))


@dataclass(frozen=True, slots=True)
class Harmonics:
    """What lobes that are not round add to the signal of segment k over the flat one.

    `second·slope²·cos 2(azimuth − azimuth_k) + third·slope³·cos 3(azimuth − azimuth_k)`.

    Attributes
    ----------
    second : (float, float)
        At tilt 0, where it falls as metals' do, `1 − 1.5·x` with `x = sin²(tilt)`, and its part that grows with x.
    third : float
    """

    second: tuple[float, float] = (0.0, 0.0)
    third: float = 0.0

    def second_at(self, tilt: F64) -> F64:
        """Coefficient of the second one at these tilts, rad."""
        x = np.sin(tilt) ** 2
        return np.asarray(self.second[0] * (1.0 - 1.5 * x) + self.second[1] * x)

    def __call__(self, slope: F64, azimuths: F64) -> F64:
        """Both together, for slopes [M, 2] and azimuths [n], float64 [M, n]."""
        second = self.second_at(np.arctan(np.hypot(*slope.T)))[:, None]
        return np.asarray(second * harmonic(slope, azimuths, 2) + self.third * harmonic(slope, azimuths, 3))


@dataclass(frozen=True, slots=True)
class FacetShape:
    """Lambert signals of facets over those of a flat spot, for one detector as its file describes it."""

    instrument: Instrument
    linear: F64
    azimuths: F64
    clips_beyond: float

    def __call__(self, slope: F64, turn: F64) -> F64:
        """Signals of facets over that of a flat spot, float64 [M, n].

        Parameters
        ----------
        slope
            [M, 2], array axes.
        turn
            [n], rad: how much further counter-clockwise each segment sits than the file says.
        """
        steep = np.hypot(*slope.T) > self.clips_beyond
        cos, sin = np.cos(turn), np.sin(turn)
        p, q = slope[:, 0:1], slope[:, 1:2]
        turned = np.stack([p * cos - q * sin, p * sin + q * cos])  # [2, M, n]; y runs down
        out = 1.0 - np.einsum("ck,cmk->mk", self.linear, turned)
        if steep.any():
            flat = segment_response(self.instrument).flat
            for k in range(turned.shape[2]):
                out[steep, k] = facet_signals(self.instrument, turned[:, steep, k])[k] / flat[k]
        return np.asarray(out)


def facet_shape(instrument: Instrument) -> FacetShape:
    """Prepare it; own horizons count only where the detector's radii are known."""
    response = segment_response(instrument)
    beyond = steepest_unclipped(instrument) if response.calibrated else np.inf
    linear = np.ascontiguousarray((response.contrast / response.flat[:, None]).T)
    azimuths = np.radians(np.asarray(instrument.detector.azimuths_deg) - instrument.scan.rotation_deg)
    return FacetShape(instrument, linear, azimuths, beyond)
