"""Sums over labelled pixels in one pass: numbers, means, second moments, places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray

F64 = NDArray[np.float64]
Labels = NDArray[np.int32]

# Sums may be taken in any order, which vectors need.
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
_inlined: Any = numba.njit(inline="always")


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of every label from 1 on; those without pixels have NaN.

    Attributes
    ----------
    n : float64 [label]
    mean : float64 [label, 2]
        Of dh/dx and dh/dy.
    covariance : float64 [label, 2, 2]
        Of these among the pixels.
    variance : float64 [label]
        Mean square of the slope sd.
    """

    n: F64
    mean: F64
    covariance: F64
    variance: F64


def sums_over(labels: Labels, count: int, slope: FloatArray, slope_sd: FloatArray) -> Sums:
    """Sums over the pixels of labels 1 to `count`; 0 belongs to none.

    Parameters
    ----------
    labels : int32 [y, x]
    slope : float32 [2, y, x]
    slope_sd : float32 [y, x]
    """
    raw = np.zeros((count + 1, 7))
    _add(labels, slope, slope_sd, raw)
    n = raw[1:, 0]
    with np.errstate(invalid="ignore"):
        p, q, pp, pq, qq, variance = (raw[1:, 1:] / n[:, None]).T
    off = pq - p * q
    square = np.stack([np.stack([pp - p * p, off], -1), np.stack([off, qq - q * q], -1)], -1)
    return Sums(n, np.stack([p, q], -1), square, variance)


def places_of(labels: Labels, count: int) -> tuple[F64, F64]:
    """Numbers of pixels [label] and mean column and row [label, 2] of labels 1 to `count`; NaN without pixels."""
    raw = np.zeros((count + 1, 3))
    _add_places(labels, raw)
    n = raw[1:, 0]
    with np.errstate(invalid="ignore"):
        return n, raw[1:, 1:] / n[:, None]


@_compiled  # type: ignore[untyped-decorator]
def _add(labels: Labels, slope: FloatArray, slope_sd: FloatArray, out: F64) -> None:
    rows, columns = labels.shape
    for y in range(rows):
        start = 0
        while start < columns:
            k, end = labels[y, start], start + 1
            while end < columns and labels[y, end] == k:
                end += 1
            if k:
                _add_run(slope[0, y, start:end], slope[1, y, start:end], slope_sd[y, start:end], out[k])
            start = end


@_inlined  # type: ignore[untyped-decorator]
def _add_run(dx: FloatArray, dy: FloatArray, slope_sd: FloatArray, out: F64) -> None:
    """Pixels side by side in a row that have one label."""
    sp, sq, spp, spq, sqq, total = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for x in range(dx.size):
        p, q, sd = np.float64(dx[x]), np.float64(dy[x]), np.float64(slope_sd[x])
        sp += p
        sq += q
        spp += p * p
        spq += p * q
        sqq += q * q
        total += sd * sd
    out[0] += dx.size
    out[1] += sp
    out[2] += sq
    out[3] += spp
    out[4] += spq
    out[5] += sqq
    out[6] += total


@_compiled  # type: ignore[untyped-decorator]
def _add_places(labels: Labels, out: F64) -> None:
    rows, columns = labels.shape
    for y in range(rows):
        start = 0
        for x in range(1, columns + 1):
            if x == columns or labels[y, x] != labels[y, start]:
                row, n = out[labels[y, start]], x - start
                row[0] += n
                row[1] += 0.5 * n * (start + x - 1)
                row[2] += n * y
                start = x
