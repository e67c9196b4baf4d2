"""From the signals of one place to its slope, by a fitted calibration: what inference does, for a few mean signals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.contrast import FacetShape
from eclips4d.physics.calibration.parameters import Parameters, predicted

F64 = NDArray[np.float64]


def slope_of(signals: F64, parameters: Parameters, shape: FacetShape, start: tuple[float, float] = (0.0, 0.0)) -> F64:
    """dh/dx, dh/dy of a place, array axes, its yield left free.

    Parameters
    ----------
    signals
        [n], digital units, over the flat field.
    start
        Where to begin.
    """
    n = len(signals)
    one, none = np.ones((1, n)), np.zeros(1)
    bare = Parameters(
        parameters.level, parameters.gain, parameters.turn, parameters.law, harmonics=parameters.harmonics
    )

    def misfit(v: F64) -> F64:
        place = Cells(signals[None], one, v[None, :2], one, np.ones(1, np.int64), none)
        above = predicted(bare, place, shape)[0] - bare.dark
        return np.asarray((bare.dark + v[2] * above - signals) / bare.level)

    return np.asarray(least_squares(misfit, [*start, 1.0]).x[:2], dtype=np.float64)
