"""How far a height is from the truth: in all, by wavelength, and in the height of its steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.pipeline.bench.scores import levelled

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

SHORT_PX, LONG_OF_FIELD = 20.0, 0.25
BANDS = ("> N/4", "20 px–N/4", "< 20 px")
"""Wavelengths."""


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one height.

    Attributes
    ----------
    rms : float
        nm, after levelling.
    bands : tuple of float
        The same by `BANDS`; squares add up to that of the whole.
    step : float
        Height of steps over the true one, minus 1.
    """

    rms: float
    bands: tuple[float, float, float]
    step: float


def score(height: F64, truth: F64, counted: Mask) -> Score:
    """Of a height whose mean and plane say nothing; NaN in it is an error without end."""
    if not np.isfinite(height[counted]).all():
        return Score(np.inf, (np.inf, np.inf, np.inf), np.nan)
    error = np.nan_to_num(levelled(height - truth, counted))
    return Score(
        rms=float(np.sqrt(np.mean(error[counted] ** 2))),
        bands=_bands(error, float(counted.mean())),
        step=_regressed(height, truth, counted) - 1.0,
    )


def _bands(error: F64, share: float) -> tuple[float, float, float]:
    """Rms per band of wavelengths, by the cosine transform; pixels that do not count are 0."""
    power = scipy.fft.dctn(error, type=2, norm="ortho") ** 2 / (error.size * share)
    rows, columns = (np.arange(count) / (2.0 * count) for count in error.shape)
    frequency = np.hypot(rows[:, None], columns)
    high = 1.0 / SHORT_PX
    low = min(1.0 / (LONG_OF_FIELD * max(error.shape)), high)
    chosen = (frequency < low, (frequency >= low) & (frequency < high), frequency >= high)
    long, middle, short = (float(np.sqrt(power[where].sum())) for where in chosen)
    return long, middle, short


def _regressed(height: F64, truth: F64, counted: Mask) -> float:
    """Levelled height regressed on the levelled truth."""
    found, true = levelled(height, counted)[counted], levelled(truth, counted)[counted]
    return float((found * true).sum() / (true * true).sum())
