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


def rms_error(slope: Slopes, truth: Slopes, where: Mask | None = None) -> float:
    """Rms of the levelled error over both components; NaN where nothing counts."""
    counted = inside(truth.shape)
    error = levelled_error(slope, truth, counted)
    chosen = counted if where is None else counted & where
    return float(np.sqrt(np.mean(error[:, chosen] ** 2))) if chosen.any() else float("nan")


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def ratio_interval(ours: F64, theirs: F64) -> Interval:
    """Geometric mean of paired ratios, and its 95 % interval by Student's t of the logarithms.

    Pairs with a NaN are left out; with fewer than two left the interval is NaN.
    """
    logs = np.log(np.asarray(ours) / np.asarray(theirs))
    logs = logs[np.isfinite(logs)]
    if len(logs) == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    mean = float(logs.mean())
    if len(logs) < 2:
        return Interval(float(np.exp(mean)), float("nan"), float("nan"))
    half = float(student.ppf(0.975, len(logs) - 1)) * float(logs.std(ddof=1)) / np.sqrt(len(logs))
    return Interval(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))
