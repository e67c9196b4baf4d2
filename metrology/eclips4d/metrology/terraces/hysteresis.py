"""Places that are steep enough together with places that are steep for sure (Canny 1986).

A riser on a rough terrace is gentler in some places than what roughness alone may be; without these its edge has gaps.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.labels import replaced

Labels = NDArray[np.int32]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


_STRIDE = 4
"""Every so manieth row and column tells the usual slope."""


def usual_above(excess: FloatArray, limit: float) -> float:
    """Median of the slopes [2, y, x] above a limit; the limit where there are none."""
    steep = np.hypot(*excess[:, ::_STRIDE, ::_STRIDE])
    above = steep[steep > limit]
    return float(np.median(above)) if above.size else limit


def with_sure(labels: Labels, count: int, excess: FloatArray, limit: float, least: float) -> Labels:
    """Connected places, those left out in which fewer than `least` pixels are steep for sure.

    Parameters
    ----------
    labels : int32 [y, x]
        From 1 to `count`; 0 elsewhere.
    count : int
    excess : float32 [2, y, x]
        Slopes; those above `limit` are sure.
    limit, least : float

    Returns
    -------
    int32 [y, x]
        The labels that are left, their numbers kept.
    """
    sure = np.zeros(count + 1, np.int64)
    _count_sure(labels, excess, np.float32(limit**2), sure)
    return replaced(labels, np.where(sure >= least, np.arange(count + 1), 0).astype(np.int32))


@_compiled  # type: ignore[untyped-decorator]
def _count_sure(labels: Labels, vector: FloatArray, least: np.float32, sure: NDArray[np.int64]) -> None:
    for y in range(labels.shape[0]):
        row, p, q = labels[y], vector[0, y], vector[1, y]
        for x in range(row.size):
            if row[x] > 0 and p[x] * p[x] + q[x] * q[x] > least:
                sure[row[x]] += 1
