"""What every scene is: a surface h(x, y, t), its yield and its grains, on lines that each have their own time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Labels = Mapping[str, str | float | FloatArray]
"""True values by name, the unit in the name."""


class Lines(NamedTuple):
    """What a scene is on horizontal lines, [lines, count] each.

    Attributes
    ----------
    height : float64
        nm, towards the detector.
    relative_yield : float64
        Backscatter yield over that of the main material.
    grain : int16
        Number of the crystal grain; 0 everywhere where there is one.
    """

    height: FloatArray
    relative_yield: FloatArray
    grain: NDArray[np.int16]


class Scene(Protocol):
    """A surface h(x, y, t) and its yield; x to the right, y down, from the field's centre, nm."""

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        ...

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines.

        Parameters
        ----------
        x0_nm, y_nm, t_s
            First point, height on the screen and moment of each line, [lines].
        step_nm, count
            Points per line and their distance.
        """
        ...

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        ...

    def labels(self) -> Labels:
        """What a perfect measurement of the scene would find beyond its heights."""
        ...


def of_one_material(height: FloatArray) -> Lines:
    """Lines of one material and one grain."""
    return Lines(height, np.ones(height.shape), np.zeros(height.shape, np.int16))
