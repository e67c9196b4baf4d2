"""Errors of slopes against truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Slopes = NDArray[np.floating]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

MARGIN_PX = 4
"""Left out at the image's edge, where filters see less."""


def inside(shape: tuple[int, ...], margin: int = MARGIN_PX) -> Mask:
    """Pixels that count, bool [y, x]."""
    mask = np.zeros(shape[-2:], bool)
    mask[margin:-margin, margin:-margin] = True
    return mask


def levelled_error(slope: Slopes, truth: Slopes, counted: Mask | None = None) -> F64:
    """Slope minus truth without its mean over what counts, float64 [2, y, x]: the mean plane cannot be observed."""
    counted = inside(truth.shape) if counted is None else counted
    error = np.asarray(slope, dtype=np.float64) - truth
    return np.asarray(error - error[:, counted].mean(axis=1)[:, None, None])


def rms_error(slope: Slopes, truth: Slopes, where: Mask | None = None, level: Mask | None = None) -> float:
    """Rms of the levelled error over both components; NaN where nothing counts.

    Parameters
    ----------
    where
        Pixels that count; all when absent.
    level
        Pixels whose mean error is taken out; all when absent.
    """
    counted = inside(truth.shape)
    error = levelled_error(slope, truth, counted if level is None else counted & level)
    chosen = counted if where is None else counted & where
    return float(np.sqrt(np.mean(error[:, chosen] ** 2))) if chosen.any() else float("nan")


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def ratio_interval(ours: F64, theirs: F64) -> Interval:
    """Geometric mean of paired ratios, and its 95 % interval by Student's t of the logarithms; NaN pairs left out."""
    found = mean_interval(np.log(np.asarray(ours) / np.asarray(theirs)))
    return Interval(*(float(np.exp(value)) for value in (found.mean, found.low, found.high)))


def difference_interval(ours: F64, theirs: F64) -> Interval:
    """Mean of paired differences, and its 95 % interval; NaN pairs left out."""
    return mean_interval(np.asarray(ours) - np.asarray(theirs))


def mean_interval(values: F64) -> Interval:
    """Mean of what is finite, with Student's interval; NaN with fewer than two values."""
    values = values[np.isfinite(values)]
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = float(student.ppf(0.975, len(values) - 1)) * float(values.std(ddof=1)) / np.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)
