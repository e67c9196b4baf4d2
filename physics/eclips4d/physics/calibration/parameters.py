"""The numbers of the fit in one vector, with what is known of them beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.contrast import (
    SCALE_PRIOR,
    SECOND_PRIOR,
    SHAPE_PRIOR,
    THIRD_PRIOR,
    ContrastLaw,
    FacetShape,
    Harmonics,
)

F64 = NDArray[np.float64]

GAIN_OPEN, YIELD_OPEN = 0.7, 0.7
"""Sd before the fit: ln of (signal above dark / signal), growth of the yield with tilt."""
TURN_OPEN_DEG, MACHINED_DEG = 15.0, 0.5
"""Sd of the detector's rotation against the file, and of one segment's azimuth against the others': they are machined
and mounted as one piece."""
NO_HARMONICS = Harmonics()
SHARED = 11
"""Numbers that all segments share: ln scale, bend and curl of the law, two of the yield, three of the harmonics, two of
the axis, rotation."""
_KNOWN = 1e-3
"""Sd of ln(signal above dark / signal) where the dark level is given."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the fit determines.

    Attributes
    ----------
    level : float64 [n]
        Signal of a flat spot, dark level included, digital units.
    gain : float64 [n]
        Its part above dark.
    turn : float64 [n]
        Azimuth minus the file's, rad, counter-clockwise on the screen.
    law : ContrastLaw
        Over Lambert's.
    growth : (float, float)
        Yield of a facet over that of a flat spot: `1 + growth·(x, x²)`, `x = sin²(tilt)`.
    harmonics : Harmonics
        What lobes that are not round add.
    axis : (float, float)
        Slope of the artefact's axis, added to every slope but that of the flat surroundings.
    """

    level: F64
    gain: F64
    turn: F64
    law: ContrastLaw
    growth: tuple[float, float] = (0.0, 0.0)
    harmonics: Harmonics = NO_HARMONICS
    axis: tuple[float, float] = (0.0, 0.0)

    @property
    def dark(self) -> F64:
        """Dark level, digital units, float64 [n]."""
        return self.level - self.gain

    def vector(self) -> F64:
        """Flat, with logarithms of what is positive; the inverse of `from_vector`."""
        law, even, together = self.law, self.harmonics, float(self.turn.mean())
        shared = [np.log(law.scale), law.bend, law.curl, *self.growth, *even.second, even.third, *self.axis, together]
        return np.concatenate([np.log(self.level), np.log(self.gain / self.level), self.turn - together, shared])


def from_vector(vector: F64) -> Parameters:
    """The inverse of `Parameters.vector`."""
    n = (len(vector) - SHARED) // 3
    level = np.exp(vector[:n])
    log_scale, bend, curl, v1, v2, s1, s2, third, tx, ty, together = vector[3 * n :]
    return Parameters(
        level=level,
        gain=level * np.exp(vector[n : 2 * n]),
        turn=vector[2 * n : 3 * n] + together,
        law=ContrastLaw(float(np.exp(log_scale)), float(bend), float(curl)),
        growth=(float(v1), float(v2)),
        harmonics=Harmonics((float(s1), float(s2)), float(third)),
        axis=(float(tx), float(ty)),
    )


@dataclass(frozen=True, slots=True)
class Prior:
    """Mean and standard deviation of every number beforehand, in the order of `Parameters.vector`."""

    mean: F64
    sd: F64


@dataclass(frozen=True, slots=True)
class Beforehand:
    """What is taken as known of any detector and any specimen.

    Attributes
    ----------
    machined_deg : float
        Sd of one segment's azimuth against the others'.
    second, third : tuple
        Mean and sd of what makes up the harmonics, as in `contrast`.
    """

    machined_deg: float = MACHINED_DEG
    second: tuple[tuple[float, float], tuple[float, float]] = SECOND_PRIOR
    third: tuple[float, float] = THIRD_PRIOR


USUAL = Beforehand()


def prior(
    level: F64,
    dark: F64 | None = None,
    dose_gain: tuple[float, float] | None = None,
    axis_sd: float = 0.0,
    usual: Beforehand = USUAL,
) -> Prior:
    """Weak knowledge that holds for every detector, and what the instrument file adds.

    Parameters
    ----------
    level
        Signals of a flat spot, about.
    dark
        Dark levels where they are given.
    dose_gain
        Signal above dark that a stated dose means, and its relative sd.
    axis_sd
        Sd of the slope of the artefact's axis; 0 holds it at 0.
    usual
        Of azimuths and harmonics.
    """
    n = len(level)
    gain_mean, gain_sd = np.zeros(n), np.full(n, GAIN_OPEN)
    if dark is not None:
        gain_mean, gain_sd = np.log(np.maximum(level - dark, 1e-3 * level) / level), np.full(n, _KNOWN)
    elif dose_gain is not None:
        gain_mean, gain_sd = np.log(dose_gain[0] / level), np.full(n, dose_gain[1])
    held = max(axis_sd, 1e-9)
    turn = (0.0, float(np.radians(TURN_OPEN_DEG)))
    shared = [
        SCALE_PRIOR,
        *SHAPE_PRIOR,
        (0.0, YIELD_OPEN),
        (0.0, YIELD_OPEN),
        *usual.second,
        usual.third,
        (0.0, held),
        (0.0, held),
        turn,
    ]
    mean = np.concatenate([np.log(level), gain_mean, np.zeros(n), [m for m, _ in shared]])
    azimuth = np.full(n, np.radians(usual.machined_deg))
    sd = np.concatenate([np.full(n, 1.0), gain_sd, azimuth, [s for _, s in shared]])
    return Prior(mean, sd)


def predicted(parameters: Parameters, cells: Cells, shape: FacetShape) -> F64:
    """Signals that these parameters give, float64 [M, n], digital units.

    `dark + gain·yield·(flat − contrast part)`, the contrast part being Lambert's times the law's ratio at that tilt.
    """
    steep = np.hypot(*cells.slope.T) > 0.0
    slope = cells.slope + np.asarray(parameters.axis) * steep[:, None]
    tilt = np.arctan(np.hypot(*slope.T))
    x = np.sin(tilt) ** 2
    grown = 1.0 + parameters.growth[0] * x + parameters.growth[1] * x * x
    lambert = shape(slope, parameters.turn) - 1.0
    even = parameters.harmonics(slope, shape.azimuths + parameters.turn)
    relative = np.maximum(cells.flat + parameters.law(tilt)[:, None] * lambert + even, 0.0)
    return np.asarray(parameters.dark + parameters.gain * grown[:, None] * relative)
