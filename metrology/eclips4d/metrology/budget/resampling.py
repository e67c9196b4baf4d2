"""What moving a frame by a fraction of a pixel does to a reading: the weights of registration on a riser's profile.

The weights add up to 1 and keep straight lines, so a plateau or a wide facet is left as it is; what is narrower than
some four pixels loses contrast, and beside an edge it rings. Here the real weights are put on the profile of a riser,
at all places of the pixels against it and all fractions, and the reading is made on the result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.interpolation import TAPS, six_point

F64 = NDArray[np.float64]

_PLACES = 8
"""Of the pixel grid against the riser, and fractions of a pixel moved."""
_REACH_PX, _WIDE_PX = 96, 80.0
"""Half length of the profile, and what counts as no wider: nothing happens in its middle."""


def mean_slope_error(width_px: float, margin_px: float) -> float:
    """Relative error of the mean slope of a facet between flats, root mean square over places and fractions.

    Parameters
    ----------
    width_px, margin_px
        Of the facet along its slope; what the mean leaves out at either border.
    """
    half = min(width_px, _WIDE_PX) / 2.0

    def window(at: F64) -> F64:
        inside = np.abs(at) <= max(half - margin_px, 0.0)
        if not inside.any():
            inside = np.abs(at) == np.abs(at).min()
        return np.asarray(inside / inside.sum())

    return _error(lambda at: np.clip(at, -half, half), window)


def step_height_error(run_px: float, plateau_px: float, margin_px: float) -> float:
    """Relative error of a step height between the means of two plateaus beside a riser of `run_px`."""
    run_px = min(run_px, _WIDE_PX)
    half = run_px / 2.0
    near = half + min(margin_px, _WIDE_PX / 4.0)
    far = near + min(plateau_px, _WIDE_PX / 4.0)

    def window(at: F64) -> F64:
        upper, lower = (at > near) & (at <= far), (at < -near) & (at >= -far)
        return np.asarray(upper / max(upper.sum(), 1) - lower / max(lower.sum(), 1))

    # The height is the integral of the slope profile, whose rise over the riser is 1.
    ramp = max(run_px, 1e-3)
    return _error(lambda at: _integral(at, ramp / 2.0) / ramp, window)


def _integral(at: F64, half: float) -> F64:
    """Integral of the height profile from −half to `at`: pixel means are its differences."""
    within = np.clip(at, -half, half)
    return np.asarray(0.5 * (within + half) ** 2 + 2.0 * half * np.maximum(at - half, 0.0))


def _error(integral: Callable[[F64], F64], window: Callable[[F64], F64]) -> float:
    """Root mean square of the moved reading less the unmoved one.

    Parameters
    ----------
    integral
        Of the profile, so that pixel means are exact.
    window
        Weights of the reading at places of pixel centres.
    """
    whole = np.arange(-_REACH_PX, _REACH_PX + 1, dtype=np.float64)
    errors = []
    for place in (np.arange(_PLACES) + 0.5) / _PLACES:
        target = whole[TAPS:-TAPS] + place
        exact = integral(target + 0.5) - integral(target - 0.5)
        for fraction in (np.arange(_PLACES) + 0.5) / _PLACES:
            # A sample lies at target − fraction; the place wanted is `fraction` beyond it.
            samples = whole + place - fraction
            mean = integral(samples + 0.5) - integral(samples - 0.5)
            weight = six_point(fraction).astype(np.float64)
            moved = sum(weight[k] * mean[TAPS - 2 + k : mean.size - TAPS - 2 + k] for k in range(TAPS))
            errors.append(float((window(target) * (moved - exact)).sum()))
    return float(np.sqrt(np.mean(np.square(errors))))
