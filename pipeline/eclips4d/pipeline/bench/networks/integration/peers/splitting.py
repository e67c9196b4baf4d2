"""One step of the alternating direction method at every border: over-relaxed, shrunk, its dual brought up to date."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_RELAXED = 1.7
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def shorten(found: F64, split: F64, dual: F64, limit: float) -> None:
    """Bring `split` and `dual`, [k, y, x], up to date: all components of a pixel are shortened together by `limit`."""
    planes, rows, columns = found.shape
    for y in range(rows):
        for x in range(columns):
            square = 0.0
            for k in range(planes):
                relaxed = _RELAXED * found[k, y, x] + (1.0 - _RELAXED) * split[k, y, x]
                dual[k, y, x] -= relaxed
                split[k, y, x] = -dual[k, y, x]
                square += split[k, y, x] * split[k, y, x]
            length = math.sqrt(square)
            kept = 1.0 - limit / length if length > limit else 0.0
            for k in range(planes):
                split[k, y, x] *= kept
                dual[k, y, x] += split[k, y, x]


@_compiled  # type: ignore[untyped-decorator]
def forgive(found: F64, split: F64, dual: F64, root: F64, limit: float, unit: float) -> None:
    """The same for Huber's function of `split·root`, quadratic up to `limit`; of its size where that is 0.

    Parameters
    ----------
    found, split, dual, root
        [2, y, x].
    unit
        A typical sd, by which sizes are counted.
    """
    for k in range(found.shape[0]):
        for y in range(found.shape[1]):
            for x in range(found.shape[2]):
                relaxed = _RELAXED * found[k, y, x] + (1.0 - _RELAXED) * split[k, y, x]
                dual[k, y, x] -= relaxed
                value, weight = -dual[k, y, x], root[k, y, x]
                nearer = value / (1.0 + weight * weight)
                if limit == 0.0:
                    value = math.copysign(max(abs(value) - unit * weight, 0.0), value)
                elif abs(nearer) * weight <= limit:
                    value = nearer
                else:
                    value -= math.copysign(limit * weight, value)
                split[k, y, x] = value
                dual[k, y, x] += value
