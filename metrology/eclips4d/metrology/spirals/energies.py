"""How much of the relief of each block of an image a spiral leaves over (compiled)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.equations import span_of
from eclips4d.metrology.spirals.model import HEIGHT, PASSAGE, PHASE, PLANE_X, PLANE_Y, RISER, SPACING, X, Y, comb_at
from eclips4d.metrology.spirals.winding import BETWEEN, DISTANCE, ROWS, STEEP, UX, UY, compiled, wind

F64 = NDArray[np.float64]


@compiled  # type: ignore[untyped-decorator]
def block_energies(
    slope: F64,
    precision: F64,
    x: F64,
    y: F64,
    t: F64,
    parameters: F64,
    wound: float,
    block: int,
    table: F64,
    energy: F64,
) -> None:
    """Add up squares of residuals and of slopes, both in units of their standard deviation, and how many there are.

    Parameters
    ----------
    slope, precision, x, y, t, parameters, wound, block, table
        As in `model.normal_equations`.
    energy : [rows of blocks, columns of blocks, 3]
        Result, to be zero before.
    """
    row, turn = np.empty((ROWS, precision.shape[1])), wound / (2.0 * math.pi)
    height, riser_nm = parameters[HEIGHT], parameters[RISER]
    for line in range(precision.shape[0]):
        first, last = span_of(precision[line], np.int64(0), precision.shape[1])
        dy, fixed = y[line] - parameters[Y], parameters[PHASE] + parameters[PASSAGE] * t[line]
        wind(x[first:last], dy, parameters[X], fixed, turn, parameters[SPACING], table, row)
        for column in range(first, last):
            p = precision[line, column]
            if p <= 0.0:
                continue
            at = column - first
            sheet = turn / (row[DISTANCE, at] * row[DISTANCE, at])
            comb, _, _ = comb_at(row[BETWEEN, at], riser_nm * row[STEEP, at])
            sx, sy = slope[0, line, column] - parameters[PLANE_X], slope[1, line, column] - parameters[PLANE_Y]
            ex = sx - height * (comb * row[UX, at] - sheet * dy)
            ey = sy - height * (comb * row[UY, at] + sheet * (x[column] - parameters[X]))
            here = energy[line // block, column // block]
            here[0] += (ex * ex + ey * ey) * p
            here[1] += (sx * sx + sy * sy) * p
            here[2] += 2.0
