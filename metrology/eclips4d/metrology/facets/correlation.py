"""How many pixels share one value of the noise, as it is within facets."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.facets.sums import Labels

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_REACH = 2
_ROWS_APART = 3


def correlation_px(labels: Labels, slope: FloatArray, means: F64, enough: int) -> float:
    """Sum of the correlations of the slopes' deviations from their label's mean over 5 × 5 pixels.

    That many pixels share one value of the noise. The median over labels, because one that is bent has much more. 1
    where no label has `enough` pixels.

    Parameters
    ----------
    labels : int32 [y, x]
        0 where nothing is compared.
    slope : float32 [2, y, x]
    means : float64 [label, 2]
        Of labels from 1 on.
    """
    table = np.zeros((len(means) + 1, 2), np.float32)
    table[1:] = np.nan_to_num(means)
    raw = np.zeros((len(table), 4))
    _correlate(labels, slope, table, raw)
    raw[0] = 0.0
    together, alone, pairs, pixels = raw[(raw[:, 3] * _ROWS_APART >= enough) & (raw[:, 1] > 0.0)].T
    if not len(pixels):
        return 1.0
    # Pairs beyond a facet's edge are missing: what is found is scaled to whole neighbourhoods.
    whole = (2 * _REACH + 1) ** 2 - 1
    return float(np.median(1.0 + together / alone * (whole * pixels / np.maximum(pairs, 1.0))))


@_compiled  # type: ignore[untyped-decorator]
def _deviations(labels: Labels, slope: FloatArray, table: FloatArray, out: FloatArray) -> None:
    """Slopes [2, x] of a row less their label's mean; 0 where there is no label."""
    for x in range(labels.size):
        k = labels[x]
        out[0, x] = slope[0, x] - table[k, 0] if k else np.float32(0.0)
        out[1, x] = slope[1, x] - table[k, 1] if k else np.float32(0.0)


@_compiled  # type: ignore[untyped-decorator]
def _correlate(labels: Labels, slope: FloatArray, table: FloatArray, out: F64) -> None:
    """Of every label: products of deviations with their neighbours, squares, numbers of neighbours and of pixels."""
    rows, columns = labels.shape
    inner = max(columns - 2 * _REACH, 0)
    sp, sq, n = np.empty(inner, np.float32), np.empty(inner, np.float32), np.empty(inner, np.int32)
    off = np.empty((2 * _REACH + 1, 2, columns), np.float32)
    for y in range(_REACH, rows - _REACH, _ROWS_APART):
        own = labels[y, _REACH : _REACH + inner]
        sp[:], sq[:], n[:] = 0.0, 0.0, -1
        for line in range(2 * _REACH + 1):
            v = y - _REACH + line
            _deviations(labels[v], slope[:, v], table, off[line])
            # Loops over whole rows, shifted, one for each sum: these are what compilers turn into vectors.
            for shift in range(2 * _REACH + 1):
                other = labels[v, shift : shift + inner]
                p, q = off[line, 0, shift : shift + inner], off[line, 1, shift : shift + inner]
                for x in range(inner):
                    sp[x] += p[x] if other[x] == own[x] else np.float32(0.0)
                for x in range(inner):
                    sq[x] += q[x] if other[x] == own[x] else np.float32(0.0)
                for x in range(inner):
                    n[x] += np.int32(1) if other[x] == own[x] else np.int32(0)
        p, q = off[_REACH, 0, _REACH : _REACH + inner], off[_REACH, 1, _REACH : _REACH + inner]
        for x in range(inner):
            row = out[own[x]]
            row[0] += p[x] * (sp[x] - p[x]) + q[x] * (sq[x] - q[x])
            row[1] += p[x] * p[x] + q[x] * q[x]
            row[2] += n[x]
            row[3] += 1.0
