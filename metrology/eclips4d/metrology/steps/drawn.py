"""Whether a velocity that is drawn on a kymograph by hand can be told from another one.

Steps that follow each other at a distance D look the same when all have moved on by D. From frame to frame a kymograph
shows motion up to a multiple of D only: a line drawn along steps that move by more than half of D joins each with the
neighbour of where it was, and v + k D per frame is drawn just as well for every whole k.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.alias import HALF

F64 = NDArray[np.float64]

COVERED = 2.0
"""Standard uncertainties of the velocity by which it must stay below the limit."""
LEAST_ALIKE = 0.3
"""Correlation of a profile with itself, moved on, from which on it repeats."""
NEARLY = 0.8


class Told(StrEnum):
    """How far a drawn velocity is told from those that differ by a step's distance per frame."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"
    """Within its uncertainty it may be more than half of the distance per frame."""
    ALIASED = "aliased"
    """It is more than that."""


@dataclass(frozen=True, slots=True)
class DrawnMotion:
    """A drawn velocity against the distance of the steps.

    Attributes
    ----------
    told : Told
    limit_nm_s : float
        Half of the distance per frame; infinite where nothing repeats.
    modulo_nm_s : float
        The distance per frame: velocities that differ by it look alike.
    """

    told: Told
    limit_nm_s: float
    modulo_nm_s: float


def drawn_motion(velocity: Quantity, spacing_nm: float, frame_s: float) -> DrawnMotion:
    """Judge a drawn velocity.

    Parameters
    ----------
    velocity : Quantity
        Along the line, nm/s.
    spacing_nm : float
        From the drawn step to the nearest one of the same sense, or `repeat_nm`; infinite where there is none.
    frame_s : float
        From frame to frame.
    """
    modulo = spacing_nm / frame_s if frame_s > 0.0 else math.inf
    limit, speed = HALF * modulo, abs(velocity.value)
    u = velocity.u if math.isfinite(velocity.u) else 0.0
    if speed > limit:
        return DrawnMotion(Told.ALIASED, limit, modulo)
    return DrawnMotion(Told.DOUBTFUL if speed + COVERED * u > limit else Told.CLEAR, limit, modulo)


def nearest_nm(place_nm: float, others_nm: F64) -> float:
    """Distance to the nearest of some steps at one time, the step itself left out; infinite where there is none."""
    apart = np.abs(np.asarray(others_nm, np.float64) - place_nm)
    apart = apart[np.isfinite(apart) & (apart > 0.0)]
    return float(apart.min()) if apart.size else math.inf


def repeat_nm(slope: F64, spacing_nm: float) -> float:
    """After which distance the profiles of a kymograph repeat; infinite where they do not.

    For lines on which no steps are found: the lag at which a profile, moved on, is most like itself again.

    Parameters
    ----------
    slope : float [frame, distance]
        Along the line; NaN where nothing was seen.
    spacing_nm : float
        From sample to sample.
    """
    seen = np.isfinite(slope)
    centred = np.where(seen, slope - np.nanmean(slope, axis=1, keepdims=True) if seen.any() else 0.0, 0.0)
    samples = slope.shape[1]
    products, pairs = (
        np.fft.irfft(np.abs(np.fft.rfft(rows, 2 * samples, axis=1)) ** 2, axis=1)[:, :samples]
        for rows in (centred, seen.astype(np.float64))
    )
    together = products.sum(axis=0) / np.maximum(pairs.sum(axis=0), 1.0)
    alike = together / max(float(together[0]), 1e-300)
    alike = alike[: samples // 2]
    below = np.flatnonzero(alike <= 0.0)
    if not below.size or alike[below[0] :].max() < LEAST_ALIKE:
        return math.inf
    # Twice the distance is as good as the distance: the first of the best counts.
    near = np.flatnonzero(alike[below[0] :] > NEARLY * alike[below[0] :].max()) + below[0]
    first = near[near < near[0] + max(int(below[0]), 1)]
    return float(first[np.argmax(alike[first])]) * spacing_nm
