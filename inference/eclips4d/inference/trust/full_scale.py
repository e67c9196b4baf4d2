"""Where an amplifier or the digitiser is at its end: the value that too many pixels share."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray

FEWEST: Final = 20
"""Pixels at the highest value from which it may be an end."""
_NEAR_SD: Final = 0.25
"""Of the noise: an unclipped distribution has more just below its highest value than at it."""


def clipped(data: RawArray, calibration: Calibration) -> NDArray[np.bool_] | None:
    """Pixels of which any segment is at the end of its scale, [y, x]; None where there is none.

    The digitiser's end is known by the type of the pixels. An amplifier's is the segment's highest value, if more
    pixels have it than lie within a quarter of the noise's sd below.
    """
    found: NDArray[np.bool_] | None = None
    for k, segment in enumerate(data):
        highest = int(segment.max())
        at_end = segment == highest
        if highest == np.iinfo(data.dtype).max or _piled_up(segment, at_end, highest, calibration, k):
            found = at_end if found is None else found | at_end
    return found


def _piled_up(
    segment: NDArray[np.uint8] | NDArray[np.uint16],
    at_end: NDArray[np.bool_],
    highest: int,
    calibration: Calibration,
    k: int,
) -> bool:
    count = int(np.count_nonzero(at_end))
    if count < FEWEST or count == segment.size:
        return False
    signal = max(highest - calibration.offset_adu[k], 0.0)
    noise = np.sqrt(calibration.noise_floor_adu2[k] + calibration.noise_slope_adu[k] * signal)
    next_one = int(segment[~at_end].max())
    lowest = min(highest - _NEAR_SD * float(noise), float(next_one))
    return count > int(np.count_nonzero(segment >= lowest)) - count
