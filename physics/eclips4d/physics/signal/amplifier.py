"""The amplifier follows the beam with a lag: a first-order low-pass along the fast scan direction."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_SETTLED = 8.0
"""Time constants after which nothing is left of the start."""

_compiled: Any = numba.njit(cache=True, nogil=True)


def lag(signal: F32, lag_px: float) -> F32:
    """Low-pass the rows of [n, y, x] in place: `s_i = a·s_(i−1) + (1 − a)·x_i` with `a = exp(−1/lag_px)`.

    The recursion is the exact answer of an RC stage to an input that is constant during each dwell time, read at its
    end. Before a row begins the beam has waited around its start, so the filter first runs over the row's first pixels
    backwards; that way the noise of the first pixels is filtered like that of all others.
    """
    if lag_px > 0.0:
        memory = math.exp(-1.0 / lag_px)
        settle = min(math.ceil(_SETTLED * lag_px), signal.shape[-1] - 1)
        _low_pass(signal.reshape(-1, signal.shape[-1]), np.float32(memory), settle)
    return signal


def noise_correlation_px(lag_px: float) -> float:
    """Number of neighbouring pixels that share one value's worth of white noise: `(1 + a)/(1 − a)`."""
    if lag_px <= 0.0:
        return 1.0
    memory = math.exp(-1.0 / lag_px)
    return (1.0 + memory) / (1.0 - memory)


def delay_px(lag_px: float) -> float:
    """By how much a slow signal comes late: `a/(1 − a)` pixels."""
    return 1.0 / math.expm1(1.0 / lag_px) if lag_px > 0.0 else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _low_pass(rows: F32, memory: np.float32, settle: int) -> None:
    new = np.float32(1.0) - memory
    for r in range(rows.shape[0]):
        row = rows[r]
        state = row[settle]
        for i in range(settle - 1, 0, -1):
            state = memory * state + new * row[i]
        for i in range(row.size):
            state = memory * state + new * row[i]
            row[i] = state
