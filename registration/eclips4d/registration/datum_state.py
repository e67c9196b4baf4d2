"""What the datum remembers from frame to frame, and how two planes add up."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.height_samples import PackedSamples
from eclips4d.registration.static_plane import PlaneFit

Vector = NDArray[np.float64]

STATE_VERSION = 1


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A frame whose datum is known: its height at the patches, its noise (nm, NaN when nobody says), its datum.

    `variance` (row by row) is of what is random, and adds up; `creep` is a bias, and adds up as it is.
    """

    sequence: int
    samples: PackedSamples
    height_sd_nm: float
    plane: tuple[float, ...] = (0.0,) * 3
    variance: tuple[float, ...] = (0.0,) * 3
    creep: tuple[float, ...] = (0.0,) * 3


class DatumState(msgspec.Struct, frozen=True, array_like=True):
    """What later frames depend on: about 6 KiB.

    `strays` is the mean square by which the plane changes from one frame to the next, `noise_nm` the sd of a sample's
    change.
    """

    shape: tuple[int, int]
    pixel_size_xy_nm: tuple[float, float]
    reference_sequence: int
    reference: Known | None = None
    last: Known | None = None
    strays: tuple[float, ...] | None = None
    noise_nm: float = math.nan


def added(earlier: Known, frame: Known, fit: PlaneFit) -> Known:
    """The frame, its datum that of the earlier one and the plane between them."""
    return msgspec.structs.replace(
        frame,
        plane=floats(np.add(earlier.plane, fit.plane)),
        variance=floats(np.add(earlier.variance, np.diag(fit.covariance))),
        creep=floats(np.add(earlier.creep, fit.creep)),
    )


def sd_of(known: Known) -> Vector:
    """Standard deviations of its datum, random part and bias together, [3]."""
    return np.asarray(np.sqrt(np.asarray(known.variance) + np.square(known.creep)), np.float64)


def floats(values: Vector) -> tuple[float, ...]:
    """As a state holds them."""
    return tuple(float(v) for v in values)
