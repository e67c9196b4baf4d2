"""A frame as counted electrons: what the likelihood of a rendered surface is asked of.

A value with variance `floor + slope·(value − offset)` has, after division by `slope` and shifted by the floor's share,
a variance equal to its mean: the mean and the variance of counted electrons, whose likelihood it is given
[Snyder et al., J. Opt. Soc. Am. A 10, 1014 (1993)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.inference.lag import MOST

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Electrons:
    """Counts of one frame.

    Attributes
    ----------
    counts : float32 [n, y, x]
        With `shift`, never negative.
    shift : float64 [n]
        Counts that no signal makes: what read noise adds to the variance.
    per_flat : float64 [n]
        Counts of segment k above the shift where the yield is 1 and the surface flat.
    used : bool [y, x]
        False where a segment is saturated.
    """

    counts: F32
    shift: F64
    per_flat: F64
    used: NDArray[np.bool_]


def electrons_of(data: RawArray, calibration: Calibration) -> Electrons:
    """Dark levels taken off, the amplifier's lag taken back, one unit of variance per unit of signal.

    Parameters
    ----------
    data
        One frame, [n, y, x].
    calibration
        In the frame's own gas.
    """
    memory = min(calibration.lag_memory, MOST)
    white = (1.0 + memory) / (1.0 - memory)
    slope = np.asarray(calibration.noise_slope_adu) * white
    shift = np.asarray(calibration.noise_floor_adu2) * white / slope**2
    dark = np.asarray(calibration.offset_adu)
    signal = (data - dark[:, None, None]).astype(np.float32)
    signal[:, :, 1:] = (signal[:, :, 1:] - np.float32(memory) * signal[:, :, :-1]) / np.float32(1.0 - memory)
    counts = signal / slope[:, None, None].astype(np.float32) + shift[:, None, None].astype(np.float32)
    full = (data == np.iinfo(data.dtype).max).any(axis=0)
    per_flat = np.asarray(calibration.gain) * np.asarray(calibration.flat) / slope
    return Electrons(np.maximum(counts, np.float32(0.0)), shift, per_flat, ~full)
