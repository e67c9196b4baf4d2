"""What the slopes network says becomes slopes and their sd: corrections of the closed form, in units of its noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.networks.features import Features

F32 = NDArray[np.float32]

OUTPUTS: Final = 3
"""Corrections of dh/dx and dh/dy, logarithm of the sd."""
GROWTH: Final = 0.25
"""An output o corrects by `o·(1 + GROWTH·|o|)` noise units: fine steps within the noise, long ones out of shadows."""
LOG_SD_RANGE: Final = (-6.0, 7.0)
STEEPEST: Final = 4.0
"""Slopes are held within this (76 degrees)."""


@dataclass(frozen=True, slots=True)
class SdFactors:
    """What a model card says of the sd that the network states; as it stands, the network is believed.

    Attributes
    ----------
    slope_sd : float
        Factor on the sd.
    steep_sd : float
        Sd that steep faces have besides, over the slope's square.
    """

    slope_sd: float = 1.0
    steep_sd: float = 0.0

    @classmethod
    def of(cls, coverage: Mapping[str, float]) -> Self:
        """From the `coverage` table of a card; of what it does not say, the network is believed."""
        return cls(**{f.name: float(coverage[f.name]) for f in fields(cls) if f.name in coverage})


BELIEVED: Final = SdFactors()
"""The network's own sd."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def corrected(closed: ClosedForm, features: Features, output: F32, factors: SdFactors = BELIEVED) -> tuple[F32, F32]:
    """Slopes and their sd.

    Parameters
    ----------
    closed
        What the features were made of, [y, x].
    output
        Of the network, [OUTPUTS, Y, X] with the padding.
    factors
        On the sd that the network says: what happens to the slopes afterwards makes them better than it was told.

    Returns
    -------
    slope : float32 [2, y, x]
    slope_sd : float32 [y, x]
        Where the network's output is not finite the closed form stands, slope and sd.
    """
    slope, slope_sd = np.empty_like(closed.slope), np.empty_like(closed.slope_sd)
    units = np.float32(features.noise_unit), np.float32(features.noise_unit * factors.slope_sd)
    _corrected(closed.slope, closed.slope_sd, output, *units, np.float32(factors.steep_sd), slope, slope_sd)
    return slope, slope_sd


@_compiled  # type: ignore[untyped-decorator]
def _corrected(
    closed: F32,
    closed_sd: F32,
    output: F32,
    unit: np.float32,
    sd_unit: np.float32,
    steep: np.float32,
    slope: F32,
    slope_sd: F32,
) -> None:
    growth, one, steepest = np.float32(GROWTH), np.float32(1.0), np.float32(STEEPEST)
    low, high = np.float32(LOG_SD_RANGE[0]), np.float32(LOG_SD_RANGE[1])
    for y in range(slope_sd.shape[0]):
        for x in range(slope_sd.shape[1]):
            o_x, o_y, v = output[0, y, x], output[1, y, x], output[2, y, x]
            if np.isfinite(o_x + o_y + v):
                p = closed[0, y, x] + unit * o_x * (one + growth * abs(o_x))
                q = closed[1, y, x] + unit * o_y * (one + growth * abs(o_y))
                p, q = min(max(p, -steepest), steepest), min(max(q, -steepest), steepest)
                slope[0, y, x], slope[1, y, x] = p, q
                said, more = sd_unit * np.exp(min(max(v, low), high)), steep * (p * p + q * q)
                slope_sd[y, x] = np.sqrt(said * said + more * more)
            else:
                slope[0, y, x], slope[1, y, x] = closed[0, y, x], closed[1, y, x]
                slope_sd[y, x] = closed_sd[y, x]
