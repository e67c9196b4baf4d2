"""Gaussian means of images over what was seen; they end at three standard deviations."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.registration.blur import blurred

Mask = NDArray[np.bool_]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

TRUNCATED_SD = 3.0
_LEAST_SHARE = 1e-6


def gaussian_means(images: FloatArray, seen: Mask, sd_px: float) -> tuple[FloatArray, FloatArray | None]:
    """Images behind a Gaussian, gaps left out of the means and the borders continued by their last pixels.

    Parameters
    ----------
    images : float32 [c, y, x]
    seen : bool [y, x]
        What counts; elsewhere the images may be NaN.
    sd_px : float
        Standard deviation of the Gaussian.

    Returns
    -------
    float32 [c, y, x]
        Means, in gaps as well where anything that was seen is near.
    float32 [y, x] or None
        Share of the Gaussian that lies on what was seen; None where that is all of the image.
    """
    if seen.all():
        return _gaussian(np.ascontiguousarray(images, np.float32), sd_px), None
    filled = np.empty((len(images) + 1, *seen.shape), np.float32)
    _fill(np.asarray(images, np.float32), seen, filled)
    means = _gaussian(filled, sd_px)
    _divide(means)
    return means[:-1], means[-1]


def _gaussian(images: FloatArray, sd_px: float) -> FloatArray:
    return blurred(images, sd_px, reach=TRUNCATED_SD, continued=True)


@_compiled  # type: ignore[untyped-decorator]
def _fill(images: FloatArray, seen: Mask, out: FloatArray) -> None:
    """Images, 0 in the gaps, and behind them what was seen."""
    for c in range(images.shape[0]):
        for y in range(seen.shape[0]):
            image, there, row = images[c, y], seen[y], out[c, y]
            for x in range(row.size):
                row[x] = image[x] if there[x] else np.float32(0.0)
    for y in range(seen.shape[0]):
        there, row = seen[y], out[-1, y]
        for x in range(row.size):
            row[x] = np.float32(1.0) if there[x] else np.float32(0.0)


@_compiled  # type: ignore[untyped-decorator]
def _divide(means: FloatArray) -> None:
    """All but the last by the last."""
    for y in range(means.shape[1]):
        share = means[-1, y]
        for c in range(means.shape[0] - 1):
            row = means[c, y]
            for x in range(row.size):
                row[x] *= np.float32(1.0) / max(share[x], np.float32(_LEAST_SHARE))
