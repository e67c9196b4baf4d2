"""Drifts as arrays, and their error."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift


def starts(drifts: Iterable[Drift]) -> NDArray[np.float64]:
    """Where the content lies at each frame's start, px, [T, 2]."""
    return np.array([drift.start for drift in drifts])


def rms_error(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Rms length of the error vectors of all frames but the first, which is right by definition, px."""
    return float(np.sqrt(((found - truth)[1:] ** 2).sum(axis=1).mean()))
