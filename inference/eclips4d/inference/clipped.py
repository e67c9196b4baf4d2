"""Clipped values filled with what their surroundings expect of them.

Where noise lifts part of the pixels beyond the digitiser's full scale, those that are left are too dark on average, and
so is any local mean of them, a network's too: slopes come out too gentle, by 4 % where a third is clipped at a noise of
8 %. The share of clipped pixels around a place tells how far its mean lies from full scale in units of the noise, whose
law is known; a clipped value is then, on average, that mean plus the hazard of the normal law (Tobin's model).
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.special import ndtri

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray

LEAST_SHARE: Final = 1e-3
"""Of a segment's pixels: less clipping than this moves no mean that counts."""
WINDOW_PX: Final = 9
"""Side of the square in which the share of clipped pixels is counted."""
_FULL_SCALE: Final = 32767.0
"""Of what is returned: filled values need room above."""


def filled(data: RawArray, calibration: Calibration) -> tuple[NDArray[np.uint16], Calibration] | None:
    """The frame in coarser digital units with room above full scale, clipped values filled; its calibration.

    Parameters
    ----------
    data
        uint8 or uint16 [n, y, x].

    Returns
    -------
    tuple or None
        None where too little is clipped to matter. Values stay below twice full scale, whatever share is clipped.
    """
    full = float(np.iinfo(data.dtype).max)
    clipped = data == np.iinfo(data.dtype).max
    counts = [int(np.count_nonzero(segment)) for segment in clipped]
    if max(counts) < LEAST_SHARE * clipped[0].size:
        return None
    unit = _FULL_SCALE / full
    out = np.rint(data * np.float32(unit)).astype(np.uint16)
    for k in np.flatnonzero(counts):
        law = calibration.noise_floor_adu2[k], calibration.noise_slope_adu[k] * (full - calibration.offset_adu[k])
        above = _expected_above(clipped[k]) * np.sqrt(max(sum(law), 1.0))
        out[k][clipped[k]] = np.minimum(np.rint((full + above[clipped[k]]) * unit), 2.0 * _FULL_SCALE)
    return out, msgspec.structs.replace(
        calibration,
        offset_adu=tuple(unit * value for value in calibration.offset_adu),
        noise_slope_adu=tuple(unit * value for value in calibration.noise_slope_adu),
        noise_floor_adu2=tuple(unit**2 * value for value in calibration.noise_floor_adu2),
    )


def _expected_above(clipped: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean of a clipped value beyond full scale, in units of the noise, from the share of clipped pixels around."""
    smallest = 0.5 / WINDOW_PX**2
    share = np.clip(uniform_filter(clipped.astype(np.float32), WINDOW_PX), smallest, 1.0 - smallest)
    beyond = -ndtri(share)
    hazard = np.exp(-0.5 * beyond**2) / np.sqrt(2.0 * np.pi) / share
    return np.asarray(hazard - beyond, dtype=np.float32)
