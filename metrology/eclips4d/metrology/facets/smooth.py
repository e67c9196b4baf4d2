"""Slopes behind a filter just wide enough to see boundaries through the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.gaussian import gaussian_means

Mask = NDArray[np.bool_]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_WIDEST = 3.0
_BOX = 5


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """Slopes behind a filter.

    Attributes
    ----------
    slope : float32 [2, y, x]
    sd : float32 [y, x]
        Of the noise left.
    width_px : float
        Standard deviation of the Gaussian.
    usable : bool [y, x]
        Seen and trusted.
    share : float32 [y, x] or None
        Of the filter that lies on usable pixels; None where all are.
    """

    slope: FloatArray
    sd: FloatArray
    width_px: float
    usable: Mask
    share: FloatArray | None


def smoothed(
    slope: FloatArray, slope_sd: FloatArray, usable: Mask, correlation_px: float, aim: float, finest_px: float = 1.0
) -> Smoothed:
    """Slopes behind a Gaussian, gaps left out of the means.

    Parameters
    ----------
    correlation_px
        Pixels that share one value of the noise.
    aim
        Noise that the smoothed slopes should have; the filter gets no wider than 3 pixels for it.
    finest_px
        The filter's least width.
    """
    together = float(np.sqrt(max(correlation_px, 1.0)))
    there = slope_sd[::5, ::5][usable[::5, ::5]]
    typical = float(np.median(there)) * together if there.size else 1.0
    width = float(np.clip(typical / (2.0 * np.sqrt(np.pi) * aim), finest_px, max(_WIDEST, finest_px)))
    left = together / (2.0 * np.sqrt(np.pi) * width)
    means, share = gaussian_means(slope, usable, width)
    filled = slope_sd if share is None else np.where(usable, slope_sd, np.float32(typical / together))
    return Smoothed(means, evened(filled, left), width, usable, share)


def evened(plane: FloatArray, factor: float) -> FloatArray:
    """`factor` times the mean of a float32 plane [y, x] over 5 × 5 pixels, the borders continued by their last ones."""
    out = np.empty(plane.shape, np.float32)
    _box(np.ascontiguousarray(plane, np.float32), np.float32(factor / _BOX**2), out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _add(out: FloatArray, line: FloatArray) -> None:
    for x in range(out.size):
        out[x] += line[x]


@_compiled  # type: ignore[untyped-decorator]
def _box(plane: FloatArray, factor: np.float32, out: FloatArray) -> None:
    rows, columns = plane.shape
    reach = _BOX // 2
    line = np.empty(columns + 2 * reach, np.float32)
    middle = line[reach : reach + columns]
    for y in range(rows):
        middle[:] = plane[max(y - reach, 0)]
        for j in range(1 - reach, reach + 1):
            _add(middle, plane[min(max(y + j, 0), rows - 1)])
        line[:reach] = middle[0]
        line[reach + columns :] = middle[-1]
        total = out[y]
        total[:] = line[:columns]
        for j in range(1, _BOX):
            _add(total, line[j : j + columns])
        for x in range(columns):
            total[x] *= factor
