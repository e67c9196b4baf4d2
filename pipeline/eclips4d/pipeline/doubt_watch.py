"""Frames of which nothing is to be believed, told as events: the first of a series, and that it is a series; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from eclips4d.core.results import Surface

SERIES: Final = 5
"""Frames in a row from which not the frames but the calibration, or the detector, is to be doubted."""
FRAME, RUN, AGAIN = (
    "frame nowhere to be believed",
    "no frame is to be believed any more: is the calibration this detector's?",
    "frames are believed again",
)


class DoubtWatch:
    """Remembers how many frames in a row were doubted as a whole."""

    def __init__(self) -> None:
        self._in_row = 0

    def take(self, surface: Surface) -> tuple[str, dict[str, float]] | None:
        """What there is to tell of the next frame: the event and its values."""
        return self.hear(surface.doubted, lambda: typical_residual(surface))

    def hear(self, doubted: bool, residual: Callable[[], float]) -> tuple[str, dict[str, float]] | None:
        """As `take`, of a surface that is told of; its typical residual is asked for where it is to be told."""
        if not doubted:
            series, self._in_row = self._in_row >= SERIES, 0
            return (AGAIN, {}) if series else None
        self._in_row += 1
        if self._in_row not in (1, SERIES):
            return None
        typical = residual()
        return FRAME if self._in_row == 1 else RUN, {} if math.isnan(typical) else {"residual": round(typical, 2)}


def typical_residual(surface: Surface) -> float:
    """Median of what is known of the residual, NaN where nothing is."""
    known = surface.residual[np.isfinite(surface.residual)]
    return float(np.median(known)) if known.size else math.nan
