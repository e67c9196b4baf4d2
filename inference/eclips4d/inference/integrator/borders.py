"""Slopes and weights where heights are compared: at the borders between neighbouring pixels.

The border to the right of a pixel (below it) is stored at that pixel; the last column (row) is no border and holds 0.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER
from eclips4d.inference.integrator.median import median
from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

SD_RANGE: Final = (1.0 / 16.0, 16.0)
"""Of slope sd over its median: what is noisier still counts as that."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def sanitised(slope: F32, slope_sd: F32, valid: Mask | None) -> tuple[F32, F32, Mask | None]:
    """Finite slopes, the variance relative to the median's, and where nothing was measured.

    Parameters
    ----------
    slope
        [2, y, x]; NaN and infinity count as not measured.
    slope_sd
        [y, x], in any unit; NaN, infinity and negative values count as not measured.
    valid
        [y, x]: False where nothing was measured, whatever the slopes say.

    Returns
    -------
    slope : float32 [2, y, x]
        Gaps filled from their surroundings.
    variance : float32 [y, x]
        Of a slope, 1 where it is as noisy as the median.
    measured : bool [y, x] or None
        None where everything was measured.
    """
    slope = np.ascontiguousarray(slope, dtype=np.float32)
    slope_sd = np.ascontiguousarray(slope_sd, dtype=np.float32)
    sample = slope_sd[::4, ::4] if slope_sd.size > 4096 else slope_sd
    known = sample[np.isfinite(sample) & (sample >= 0.0)]
    usual = median(known) if known.size else 0.0
    variance, measured = np.empty_like(slope_sd), np.empty(slope_sd.shape, np.bool_)
    per_median = np.float32(1.0 / usual if usual > 0.0 else 0.0)
    rows, lost = len(slope_sd), [0, 0]

    def half(part: int) -> None:
        first, last = part * rows // 2, (part + 1) * rows // 2
        lost[part] = _judge(slope, slope_sd, valid, per_median, first, last, variance, measured)

    for_both(half, slope_sd.size)
    if not any(lost):
        return slope, variance, None
    return filled(slope, measured), variance, measured


@_compiled  # type: ignore[untyped-decorator]
def _judge(
    slope: F32, slope_sd: F32, valid: Any, per_median: np.float32, first: int, last: int, variance: F32, measured: Mask
) -> int:
    """Fills `variance` (1 where there is no median) and `measured` in the rows `first` to `last`.

    Returns in how many pixels nothing was measured.
    """
    columns, most = slope_sd.shape[1], np.float32(SD_RANGE[1] ** 2)
    lost = 0
    for y in range(first, last):
        if per_median > np.float32(0.0):
            _relative_variance(slope_sd[y], per_median, variance[y])
        else:
            variance[y] = np.float32(1.0)
        here = _judge_row(slope[0, y], slope[1, y], slope_sd[y], measured[y])
        if valid is not None:
            for x in range(columns):
                if measured[y, x] and not valid[y, x]:
                    measured[y, x] = False
                    here += 1
        if here:
            for x in range(columns):
                if not measured[y, x]:
                    variance[y, x] = most
        lost += here
    return lost


@_compiled  # type: ignore[untyped-decorator]
def _relative_variance(sd: F32, per_median: np.float32, out: F32) -> None:
    low, high = np.float32(SD_RANGE[0]), np.float32(SD_RANGE[1])
    for x in range(sd.size):
        relative = sd[x] * per_median
        lifted = relative if relative > low else low
        within = lifted if lifted < high else high
        out[x] = within * within


@_compiled  # type: ignore[untyped-decorator]
def _judge_row(p: F32, q: F32, sd: F32, measured: Mask) -> int:
    """Fills `measured` and returns in how many pixels nothing was."""
    zero, infinite = np.float32(0.0), np.float32(np.inf)
    lost = 0
    for x in range(sd.size):
        # A sum is finite only where all of it is; what overflows is as good as infinite.
        good = (abs(p[x]) + abs(q[x]) + sd[x] < infinite) & (sd[x] >= zero)
        measured[x] = good
        lost += not good
    return lost


def filled(slope: F32, measured: Mask) -> F32:
    """Gaps filled by the mean of what is measured around, from ever coarser grids as far as needed (push-pull).

    All 0 where nothing is measured at all.
    """
    weight = measured.astype(np.float32)
    return np.asarray(_pull(np.where(measured, slope, np.float32(0.0)), weight), dtype=np.float32)


def _pull(total: F32, weight: F32) -> F32:
    """Weighted sums `total` [k, y, x] over `weight` [y, x]; where that is 0, what a grid twice as coarse says."""
    mean = total / np.maximum(weight, np.float32(1e-20))
    gap = weight <= 0.0
    if not gap.any() or weight.size == 1:
        return np.asarray(np.where(gap, np.float32(0.0), mean), dtype=np.float32)
    coarse = _pull(_halved(total), _halved(weight))
    rows, columns = weight.shape
    fine = coarse.repeat(2, axis=-2).repeat(2, axis=-1)[..., :rows, :columns]
    return np.asarray(np.where(gap, fine, mean), dtype=np.float32)


def _halved(image: F32) -> F32:
    """Sums of 2 × 2 pixels; a last odd row or column stands alone."""
    for axis in (-2, -1):
        image = np.add.reduceat(image, np.arange(0, image.shape[axis], 2), axis=axis)
    return image


def borders_of(slope: F32, variance: F32, measured: Mask | None, border: F32, weight: F32) -> None:
    """Fills slopes and weights at the borders, [2, y, x] each."""

    def one(k: int) -> None:
        if k == 0:
            border_slopes(slope, border)
        else:
            border_weights(variance, measured, weight)

    for_both(one, variance.size)


@_compiled  # type: ignore[untyped-decorator]
def border_slopes(slope: F32, out: F32) -> None:
    """Mean slope under the triangle between two pixels, to fourth order inside, second at the edge; [2, y, x]."""
    rows, columns = slope.shape[1:]
    inner, outer, half, zero = np.float32(INNER), np.float32(OUTER), np.float32(0.5), np.float32(0.0)
    q, below = slope[1], out[1]
    for y in range(rows):
        p, right = slope[0, y], out[0, y]
        right[columns - 1] = zero
        if columns > 1:
            right[0] = half * (p[0] + p[1])
            right[columns - 2] = half * (p[columns - 2] + p[columns - 1])
        for x in range(1, columns - 2):
            right[x] = inner * (p[x] + p[x + 1]) + outer * (p[x - 1] + p[x + 2])
        if y + 1 >= rows:
            below[y] = zero
        elif y == 0 or y + 2 >= rows:
            for x in range(columns):
                below[y, x] = half * (q[y, x] + q[y + 1, x])
        else:
            for x in range(columns):
                below[y, x] = inner * (q[y, x] + q[y + 1, x]) + outer * (q[y - 1, x] + q[y + 2, x])


@_compiled  # type: ignore[untyped-decorator]
def border_weights(variance: F32, measured: Any, out: F32) -> None:
    """One over the mean variance of the two pixels, 0 where either was not measured, into `out` [2, y, x].

    `measured` is [y, x] of bool, or None where everything was measured.
    """
    rows, columns = variance.shape
    two, zero = np.float32(2.0), np.float32(0.0)
    for y in range(rows):
        for x in range(columns):
            out[0, y, x] = two / (variance[y, x] + variance[y, x + 1]) if x + 1 < columns else zero
            out[1, y, x] = two / (variance[y, x] + variance[y + 1, x]) if y + 1 < rows else zero
        if measured is not None:
            for x in range(columns):
                if x + 1 < columns and not (measured[y, x] and measured[y, x + 1]):
                    out[0, y, x] = zero
                if y + 1 < rows and not (measured[y, x] and measured[y + 1, x]):
                    out[1, y, x] = zero
