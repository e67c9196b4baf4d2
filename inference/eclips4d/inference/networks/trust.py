"""Trust of a corrected frame: that of the closed form, with the uncertainty that the network states."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.kernel import DOUBTED_RESIDUAL, HALF_TRUSTED_SD, TRUSTED_RESIDUAL

F32 = NDArray[np.float32]
Trust = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def corrected_trust(closed: ClosedForm, slope_sd: F32, known: Mask) -> Trust:
    """Where to believe the corrected slopes, 0-100, uint8 [y, x].

    Parameters
    ----------
    closed
        The closed form: what it does not trust at all, such as saturated pixels, is not trusted now.
    slope_sd
        As the network states it.
    known
        False where the network gave no numbers, [y, x]: nothing is trusted there.
    """
    trust = np.empty_like(closed.trust)
    _trust(closed.trust, closed.residual, slope_sd, known, trust)
    return trust


@_compiled  # type: ignore[untyped-decorator]
def _trust(closed: Trust, residual: F32, slope_sd: F32, known: Mask, out: Trust) -> None:
    zero, one, full, half = np.float32(0.0), np.float32(1.0), np.float32(100.0), np.float32(0.5)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            r, ratio = residual[y, x], slope_sd[y, x] / HALF_TRUSTED_SD
            agrees = min(max((DOUBTED_RESIDUAL - r) / (DOUBTED_RESIDUAL - TRUSTED_RESIDUAL), zero), one)
            share = (one if np.isnan(r) else agrees) / (one + ratio * ratio)
            out[y, x] = np.uint8(full * share + half if closed[y, x] > 0 and known[y, x] else zero)
