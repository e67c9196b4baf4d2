"""Curves of long runs in few points, with everything that sticks out still there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 800
"""About as many as a plot has screen pixels."""


def outline(values: NDArray[np.float64], most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Indices that keep both ends, the extreme values of every stretch, and holes; all when they are few enough.

    Parameters
    ----------
    values : float64 [curve, point]
        NaN is a hole, in all curves at the same points.
    most : int
        Points to keep, about.
    """
    curves, count = values.shape
    if count <= most:
        return np.arange(count)
    long = -(-count // max(1, most // (2 * curves + 1)))
    padded = np.full((curves, -(-count // long) * long), np.nan)
    padded[:, :count] = values
    pieces = padded.reshape(curves, -1, long)
    holes = np.isnan(pieces)
    lowest = np.where(holes, np.inf, pieces).argmin(axis=2)
    highest = np.where(holes, -np.inf, pieces).argmax(axis=2)
    starts = np.arange(pieces.shape[1]) * long
    kept = np.concatenate([starts + k for k in (*lowest, *highest, holes[0].argmax(axis=1))])
    return np.unique(np.append(kept[kept < count], [0, count - 1]))
