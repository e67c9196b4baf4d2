"""What a microscope needs to know of a scene."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes import Lines

FloatArray = NDArray[np.float64]


class Surface(Protocol):
    """A surface that changes, and the gauges beside it: the part of `scenes.Scene` that can be seen."""

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """See `Scene.lines`."""
        ...

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        ...
