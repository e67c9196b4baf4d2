"""Rows that start a little too far left or right, and the mean over sub-pixels."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True)


def to_pixels(fine: F32, supersample: int, shift_px: NDArray[np.float64] | None = None) -> F32:
    """Means over `supersample`² sub-pixels, every row seen `shift_px` pixels further right.

    Parameters
    ----------
    fine
        [n, Y·supersample, X·supersample]; contiguous.
    shift_px
        Per row of pixels, [Y]; content moves to the left where it is positive. In between sub-pixels the signal is
        interpolated by cubic convolution (Keys 1981); at the borders it is continued by its last value.
    """
    if shift_px is None and supersample == 1:
        return fine
    n, rows, columns = fine.shape
    pixels = np.empty((n, rows // supersample, columns // supersample), np.float32)
    shift = np.zeros(pixels.shape[1]) if shift_px is None else np.asarray(shift_px, dtype=np.float64)
    _bin_shifted(fine, supersample, shift * supersample, pixels)
    return pixels


@_compiled  # type: ignore[untyped-decorator]
def _bin_shifted(fine: F32, ss: int, shift: NDArray[np.float64], pixels: F32) -> None:
    n, rows, columns = pixels.shape
    last = fine.shape[2] - 1
    line = np.empty(fine.shape[2], np.float32)
    share = np.float32(1.0 / (ss * ss))
    for r in range(rows):
        whole = int(np.floor(shift[r]))
        f = shift[r] - whole
        w0 = np.float32(((-0.5 * f + 1.0) * f - 0.5) * f)
        w1 = np.float32((1.5 * f - 2.5) * f * f + 1.0)
        w2 = np.float32(((-1.5 * f + 2.0) * f + 0.5) * f)
        w3 = np.float32((0.5 * f - 0.5) * f * f)
        for k in range(n):
            line[:] = np.float32(0.0)
            for s in range(ss):
                line += fine[k, r * ss + s]
            for c in range(columns):
                total = np.float32(0.0)
                for s in range(ss):
                    i = c * ss + s + whole
                    total += (
                        w0 * line[min(max(i - 1, 0), last)]
                        + w1 * line[min(max(i, 0), last)]
                        + w2 * line[min(max(i + 1, 0), last)]
                        + w3 * line[min(max(i + 2, 0), last)]
                    )
                pixels[k, r, c] = total * share
