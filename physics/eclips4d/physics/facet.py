"""Signals of a steep facet: Lambert emission cut off by the facet's own horizon, exactly.

A facet tilted by more than 90° minus the detector's outermost take-off angle hides part of the detector from itself.
There the linear law of `detector` counts negative electrons; this module does not.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import quadrature

F64 = NDArray[np.float64]

_BLOCK = 512

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def facet_signals(instrument: Instrument, slope: F64) -> F64:
    """Signal of every segment per unit yield, other facets' shadows left out.

    Parameters
    ----------
    slope
        dh/dx, dh/dy along the array axes, [2, …].

    Returns
    -------
    float64 [n, …]
        Equal to `flat − contrast·slope` as long as no segment dips below the facet's horizon.
    """
    x, y, weight = (values.reshape(instrument.segments, -1) for values in quadrature(instrument))
    p, q = (np.ascontiguousarray(part, dtype=np.float64).ravel() for part in slope)
    signals = np.empty((instrument.segments, p.size))
    _sum_above_horizon(x, -y, weight, p, q, signals)
    return signals.reshape(instrument.segments, *slope.shape[1:])


def steepest_unclipped(instrument: Instrument) -> float:
    """Slope up to which no segment dips below a facet's own horizon, whatever the direction."""
    x, y, _ = quadrature(instrument)
    return float(1.0 / np.hypot(x, y).max())


def harmonic(slope: F64, azimuths: F64, order: int) -> F64:
    """Slope to the power of `order` times cos order·(azimuth of the slope − azimuth of the segment).

    A lobe that is not Lambert's adds such terms to the segments' signals.

    Parameters
    ----------
    slope
        [M, 2], array axes.
    azimuths
        Of the segments on the screen, rad, [n].

    Returns
    -------
    float64 [M, n]
    """
    uphill = slope[:, 0] - 1j * slope[:, 1]  # on the screen y runs up
    return np.asarray((uphill[:, None] ** order * np.exp(-1j * order * azimuths)).real)


@_compiled  # type: ignore[untyped-decorator]
def _sum_above_horizon(x: F64, y: F64, weight: F64, p: F64, q: F64, signals: F64) -> None:
    signals[:] = 0.0
    for start in range(0, p.size, _BLOCK):
        here = slice(start, min(start + _BLOCK, p.size))
        pi, qi = p[here], q[here]
        for k in range(signals.shape[0]):
            total = signals[k, here]
            for j in range(x.shape[1]):
                xj, yj, wj = x[k, j], y[k, j], weight[k, j]
                for i in range(pi.size):
                    total[i] += wj * max(1.0 - xj * pi[i] - yj * qi[i], 0.0)
