"""What methods for single images are given: the sum of the segments, raw, or band-passed and windowed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

F64 = NDArray[np.float64]

FINE_PX, COARSE_PX = 1.0, 20.0


def raw_sum(raw: NDArray[np.integer]) -> F64:
    """Sum of the segments without its mean."""
    total = raw.astype(np.float64).sum(axis=0)
    return np.asarray(total - total.mean())


def filtered_sum(raw: NDArray[np.integer]) -> F64:
    """Sum of the segments, band-passed by the difference of two Gaussians, under a Hann window."""
    total = raw.astype(np.float64).sum(axis=0)
    window = np.outer(np.hanning(total.shape[0]), np.hanning(total.shape[1]))
    return np.asarray((gaussian_filter(total, FINE_PX) - gaussian_filter(total, COARSE_PX)) * window)


def raw_sums(frames: Sequence[NDArray[np.integer]]) -> list[F64]:
    """Of each frame."""
    return [raw_sum(raw) for raw in frames]


def filtered_sums(frames: Sequence[NDArray[np.integer]]) -> list[F64]:
    """Of each frame."""
    return [filtered_sum(raw) for raw in frames]
