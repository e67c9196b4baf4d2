"""A frame as a whole: whether it can be one of this instrument, by this calibration."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.median import median
from eclips4d.inference.trust.misfit import Misfit

F32 = NDArray[np.float32]

MISFIT_SD: Final = 3.0
MISFIT: Final = 0.1
"""A frame in which half of all pixels misfit by more, in units of noise and as a share of the signal, is none."""
IMBALANCE: Final = 0.03
"""Share of the signal by which segments may be out of balance, whatever the surface: half a gain's error."""
TURN: Final = 0.2
"""Power of the slopes' circulation over that of their flux: tan² of the angle by which azimuths are wrong."""
_SEEN: Final = 0.35
"""Circulation beyond the noise's, in units of that, from which it is believed."""
_HELD: Final = 25.0
_MEDIAN: Final = 0.6745
"""Of the size of normal numbers."""


def whole_frame(left: Misfit, circulation: F32, flux: F32) -> str:
    """Why nothing of a frame is to be believed; empty where nothing speaks against it.

    All of pixels spread evenly over it, [y, x].

    Parameters
    ----------
    circulation, flux
        Of slopes as measured, before anything is made of them, over their sd; see `turn`.
    """
    noise = np.float32(1.0) / left.precision
    if not _median(noise) < 1.0:
        return "there is no signal"
    for beside in left.beside:
        # Over the mean signal of a segment: all of them together have a sd smaller by the root of their number.
        share = beside * noise * np.float32(np.sqrt(len(left.beside) + 3.0))
        if _median(np.abs(beside)) > MISFIT_SD * _MEDIAN and _median(np.abs(share)) > MISFIT * _MEDIAN:
            return "the segments are not those of one surface"
        if abs(_median(share)) > IMBALANCE:
            return "the segments are out of balance: gains or dark levels are wrong"
    # As they are, for walls have nearly all of the flux; and held, for a fault may have nearly all of the circulation.
    held, free = ([_beyond_noise(plane, most) for plane in (circulation, flux)] for most in (_HELD, np.inf))
    if held[0] > _SEEN and all(around > TURN * max(out, 0.0) for around, out in (held, free)):
        return "the slopes are no surface's: azimuths are wrong, or the frame is none"
    return ""


def _median(values: F32) -> float:
    """Of numbers; NaN where any is none."""
    if not np.isfinite(values).all():
        return float("nan")
    return median(values.ravel())


def _beyond_noise(deviation: F32, most: float) -> float:
    """Mean square less that of noise, of values whose square is 1 for it and counts no more than `most`."""
    return float(np.mean(np.minimum(np.square(deviation, dtype=np.float64), most))) - 1.0
