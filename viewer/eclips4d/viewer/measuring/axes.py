"""Axes that widen in steps while frames come, and never shrink by themselves."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Span: TypeAlias = tuple[float, float]

MORE = 0.25
"""Of the range, that is added where it does not hold what there is."""


def widened(shown: Span | None, needed: Span) -> Span:
    """The range shown, or one that holds what is needed with some room where that has left it."""
    low, high = needed
    if shown is None:
        return needed
    room = MORE * max(high - low, 1e-9)
    return (shown[0] if low >= shown[0] else low - room), (shown[1] if high <= shown[1] else high + room)


def usual_span(values: NDArray[np.float64], u: NDArray[np.float64], share: float = 0.02) -> Span | None:
    """From the lowest to the highest, with room for usual uncertainties, few that lie far out left aside; None without
    any.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    spread = u[known & np.isfinite(u)]
    low, high = (float(v) for v in np.quantile(values[known], (share, 1.0 - share)))
    usual = float(np.median(spread)) if spread.size else 0.0
    margin = usual + max(0.1 * (high - low), 0.02 * max(abs(low), abs(high)), 1e-6)
    return low - margin, high + margin
